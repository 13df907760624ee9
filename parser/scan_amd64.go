//go:build !purego

package parser

import "barewire/hdr"

// tables are the constants of the passes. A class of octets is stored as what the instructions want: for AVX-512 as bits of a byte for
// each ASCII octet; for AVX2 as a byte for each low nibble, with a bit for each high nibble that makes an octet of the class.
type tables struct {
	class   [128]uint8 // the not... bits below, and that of capitals; 0x7b for controls but HTAB, CR and LF
	high    [32]uint8  // the bit of each high nibble
	token   [32]uint8
	control [32]uint8
	target  [32]uint8
	regName [32]uint8
	digit   [32]uint8
	spread  [32]uint8 // the byte that has the bit of an octet
	bits    [32]uint8 // and the bit
	ends    [64]uint8 // from 32-n on: n octets 0xff, then 0
	numbers [64]uint8 // 0 to 63
	slots   [256]hdr.ID
	names   [hdr.IDCount][32]uint8 // with the colon, and 0xff behind it
	folds   [hdr.IDCount][32]uint8 // or-ed to octets: 0x20 where there is a letter, 0xff behind the colon

	// One octet, four times over.
	notASCII, notToken, notTarget, notRegName, notDigit, isControl, isCapital four
	cr, lf, colon, question                                                   four
	nibble, capitalA, letterCount, toSigned, lastSigned, caseBit              four
}

type four [4]uint8

func fourOf(c uint8) four { return four{c, c, c, c} }

// nameFactor is the factor of the hash of names in the passes: of the last four octets, with the CR LF before a name that is shorter, the
// first octet, and the size. It was found by trial, and puts every well-known name into a slot of its own.
const nameFactor = 0x56efd00d

var vectorTables = makeTables()

func makeTables() (t tables) {
	t.makeClasses()
	for i := range 32 {
		t.spread[i], t.bits[i], t.ends[i] = uint8(i/8), 1<<(i%8), 0xff
	}
	for i := range t.numbers {
		t.numbers[i] = uint8(i)
	}
	for id := hdr.Unknown + 1; id < hdr.IDCount; id++ {
		name := id.String()
		t.slots[nameSlot(name)] = id
		for i := range t.names[id] {
			t.names[id][i], t.folds[id][i] = 0xff, 0xff
		}
		for i, c := range name + ":" {
			t.names[id][i], t.folds[id][i] = uint8(c), 0
			if c >= 'a' {
				t.folds[id][i] = 0x20
			}
		}
	}
	t.cr, t.lf, t.colon, t.question = fourOf('\r'), fourOf('\n'), fourOf(':'), fourOf('?')
	t.nibble, t.caseBit = fourOf(15), fourOf('a'-'A')
	t.capitalA, t.letterCount = fourOf('A'), fourOf(26)
	t.toSigned, t.lastSigned = fourOf(0x80-'A'), fourOf(0x80+26)
	return t
}

// nameSlot is the hash of a well-known name in lower case.
func nameSlot(name string) uint32 {
	var last uint32
	padded := "\r\n" + name
	for i := range 4 {
		last |= uint32(padded[len(padded)-4+i]|0x20) << (8 * i)
	}
	return (last + 8*uint32(len(name)) + 4*uint32(name[0]&31)) * nameFactor >> 24
}

func (t *tables) makeClasses() {
	const notToken, notTarget, notRegName, notDigit, capital, control, obsText = 0x40, 0x20, 0x10, 0x08, 0x04, 0x7b, 0x80
	t.notASCII, t.isControl, t.isCapital = fourOf(obsText), fourOf(control), fourOf(capital)
	t.notToken, t.notTarget = fourOf(obsText|notToken), fourOf(obsText|notTarget)
	t.notRegName, t.notDigit = fourOf(obsText|notRegName), fourOf(obsText|notDigit)
	for c := range uint8(128) {
		low, high := c&15, uint8(1)<<(c>>4)
		mark := func(class uint8, not uint8, rows *[32]uint8) {
			if is(c, class) {
				rows[low] |= high
				rows[low+16] |= high
			} else {
				t.class[c] |= not
			}
		}
		mark(classToken, notToken, &t.token)
		mark(classTarget, notTarget, &t.target)
		mark(classRegName, notRegName, &t.regName)
		mark(classDigit, notDigit, &t.digit)
		if c >= 'A' && c <= 'Z' {
			t.class[c] |= capital
		}
		if !is(c, classValue) && c != '\r' && c != '\n' {
			t.class[c] = control
			t.control[low] |= high
			t.control[low+16] |= high
		}
	}
	for i := range uint8(8) {
		t.high[i], t.high[i+16] = 1<<i, 1<<i
	}
}

// run is the pass over b that s.pass describes, on the used path.
func (s *fieldSection) run(b []byte) {
	lines, first := s.index.Raw()
	if usedPath == pathWords {
		s.pass.words(b, lines, first)
	} else {
		passVector(b, &s.pass, &lines[0], &first[0])
	}
}

// fold lowers the letters of the names that a whole pass over the head b found. It returns false, and does nothing, for a head that is too small.
func (p *pass) fold(b []byte) bool {
	switch size := len(b) - len("\r\n"); {
	case usedPath == pathAVX512 && size >= 64:
		foldAVX512(b[:size], p.base, &p.names[0], &vectorTables)
	case usedPath == pathAVX2 && size >= p.base+32:
		foldAVX2(b[:size], p.base, &p.names[0], &vectorTables)
	default:
		return false
	}
	return true
}

// passVector goes on in the one of the two below that is the used path.
//
//go:noescape
func passVector(b []byte, p *pass, lines *hdr.Line, first *uint8)

//go:noescape
func passAVX2(b []byte, p *pass, lines *hdr.Line, first *uint8)

//go:noescape
func passAVX512(b []byte, p *pass, lines *hdr.Line, first *uint8)

// foldAVX2 lowers the letters of b that have a bit in names, which starts with the octet at offset base. It writes from base to the end of b, which
// is at least 32 octets.
//
//go:noescape
func foldAVX2(b []byte, base int, names *uint64, t *tables)

// foldAVX512 is foldAVX2 for at least 64 octets of b. It may write some before base, as they are.
//
//go:noescape
func foldAVX512(b []byte, base int, names *uint64, t *tables)
