package parser

import "barewire/hdr"

// A pass goes over a head 64 octets at a time, with vector instructions, and finds in each block at once what the machine of
// [fieldSection] finds octet by octet: the ends of names and lines, and whether anything is unusual. A block becomes masks of 64 bits, one for
// each octet, the first octet being the lowest bit:
//
//	octets  ␊Host: a␍␊X-Y:b␍␊␍␊
//	CR      ........1......1.1.
//	LF      1........1......1.1
//	T       .1111..1..111.1....  tchars
//	L       .1........1......1.  LF<<1 | carry: starts of lines
//	E       .....1.......1...1.  (T + L + carry) &^ T: ends of names. The addition carries through the tchars behind the start of a line.
//	END     .................1.  L & CR: the empty line
//
// What is unusual shows in CR<<1 ^ LF, a CR or LF alone; in E &^ (COLON | END), a name that does not end with a colon; in E & L & COLON, an empty
// name; and among the controls.
//
// The bits of E | CR, as offsets, are the index of the section: a colon and a CR for each line. The first is the CR of the request line, behind
// whose LF the first field line starts as any other does.
//
// A pass never refuses anything. It is done with a block when the block is whole and there is nothing unusual in it, or when the section ends in
// it; from the first other block on the machine decides, which finds every error where it is. So the outcome is that of the machine alone
// for every input and cut. And the number of looks at an octet is bounded: one by the pass that is done with its block, or one by a pass that is not
// and one by the machine, which is done with all that it has seen, and behind which the next pass starts; and one for its name or its Host. A pass with
// words may take three instead of one, for the colon, for the end of the line, and for the name: so there are at most five.
type pass struct {
	pos     int // where to start; then the next octet to look at
	entries int // offsets in the index: two for each line, and one for a colon whose line has not ended
	state   int // what pos is in: passRequest, passName, passLineStart, passLineEnd, or 0 in a value
	start   int // of the first field line
	base    int // of the first block: of the one that the end of the target is in, or at pos where there is no request line

	target, query  int // of a request line, as in Head
	seen, repeated hdr.Bits
	capitals       uint64 // not 0: a name may not be in lower case
	done           bool   // the section has ended
	noted          bool   // and seen, repeated, capitals and hostOK are set
	hostOK         bool   // Host has a common form, and is valid
	whole          bool   // the pass started at start
	names          [passBlocks]uint64
}

// Values of pass.state.
const (
	passLineStart = 1 << iota
	passLineEnd   // the CR was seen
	passName
	passRequest // at the start of a request line
)

const (
	passBlocks = 64              // of 64 octets, in one pass
	passSize   = 64 * passBlocks // octets in one pass
	passSlack  = 64              // octets that must be readable behind a head for its names to be noted
	passMin    = 80              // octets that are worth a pass where a head goes on
	passLines  = 32              // most lines that one block can add

	hostID   = hdr.Host
	maxCount = hdr.MaxCount
)

// A path is a way to go over a head. The paths differ in speed alone.
type path uint8

const (
	pathWords path = iota // words of eight octets
	pathAVX2
	pathAVX512
)

// String returns the name of the path.
func (p path) String() string { return [...]string{"words", "AVX2", "AVX-512"}[p] }

// Path returns the name of what heads are gone over with on this processor, for benchmarks and logs: "AVX-512", "AVX2", or "words", which is
// eight octets at a time without vector instructions. The build tag purego leaves words alone.
func Path() string { return usedPath.String() }

// usedPath is the fastest path that this processor has. Tests try the others.
var usedPath = bestPath()

// scan lets a pass go over a head from its start. It returns the size of a head that is accepted with that, else 0: the pass may have got to
// the end of the head, or behind the request line, or nowhere.
func (h *Head) scan(b []byte) int {
	b = b[:min(len(b), passSize, h.limits.Head)]
	s := &h.section
	p := &s.pass
	p.pos, p.entries, p.state, p.done, p.noted, p.hostOK, p.whole = 0, 0, passRequest, false, false, false, true
	s.run(b)
	if p.pos == 0 || p.start-len(" HTTP/1.1\r\n")-p.target > h.limits.Target {
		p.done = false
		return 0
	}
	h.target, h.query, h.version = p.target, p.query, p.start-len("HTTP/1.1\r\n")
	count := p.entries / 2
	if usedPath == pathWords && p.done && p.seen.Has(hdr.Host) { // the other paths have done it
		lines, first := s.index.Raw()
		if l := lines[first[hdr.Host]]; b[l.Colon+1] == ' ' {
			_, bad := checkHost(b, int(l.Colon)+2, int(l.CR))
			p.hostOK = bad < 0
		}
	}
	if !p.hostOK || p.repeated.Has(hdr.Host) || count > h.limits.Fields || b[p.target] != '/' || b[0] == 'C' { // as in CONNECT
		h.phase = inFields
		s.index.Reset(p.start)
		s.phase, s.count, s.pos, s.colon = lineStart, h.limits.Fields, p.start, 0
		s.passed(b)
		return 0
	}
	s.index.Set(p.start, count, p.seen, p.repeated)
	b = b[:p.pos]
	if h.method = MethodGet; p.target != len("GET ") || uint32(load(b)) != get {
		h.method = MethodOf(b[:p.target-1])
	}
	h.path, h.minor, h.persistent = p.target, 1, true
	if !s.isPlain(b, p.seen, p.repeated) {
		if off, e := h.checkMessage(b, p.seen, p.repeated); e != 0 {
			h.refuse(e, off)
			return 0
		}
	}
	h.phase, h.pos = complete, len(b)
	if p.capitals != 0 {
		s.fold(b)
	}
	return len(b)
}

// scan lets passes go on in b, which ends where the head must. It returns true if one got to the end of the section.
func (s *fieldSection) scan(b []byte) bool {
	for {
		x, from := &s.index, s.pos
		w := b[:min(len(b), from+passSize, x.LineStart(x.Count())+FieldLineSize)]
		if len(w) < from+passMin || x.Count() > hdr.MaxCount-passLines || s.phase == inSectionEnd {
			return false
		}
		s.enter()
		s.run(w)
		if s.passed(w) {
			return true
		}
		if s.pos-from < passSize/2 {
			return false
		}
	}
}

// enter prepares a pass that goes on where the machine is.
func (s *fieldSection) enter() {
	p, x := &s.pass, &s.index
	lines, _ := x.Raw()
	n := x.Count()
	p.pos, p.entries, p.state, p.start = s.pos, 2*n, 0, x.LineStart(0)
	p.done, p.noted, p.hostOK, p.whole = false, false, false, s.phase == lineStart && n == 0
	switch s.phase {
	case lineStart:
		p.state = passLineStart
	case inName:
		p.state = passName
	case inValue:
		lines[n+1].Colon = uint16(s.colon)
		p.entries++
	case inLineEnd:
		p.state = passLineEnd
		lines[n+1] = hdr.Line{Colon: uint16(s.colon), CR: uint16(s.pos - 1)}
		p.entries += 2
	}
}

// passed lets the machine go on where the pass over b is. It returns true if that got to the end of the section.
func (s *fieldSection) passed(b []byte) bool {
	p, x := &s.pass, &s.index
	lines, _ := x.Raw()
	count := p.entries / 2
	switch {
	case p.done && count <= s.count:
		s.pos = p.pos
		x.SetCount(count)
		if p.noted {
			x.Set(p.start, count, p.seen, p.repeated)
		}
		return true
	case p.pos == s.pos:
		return false
	case p.done || b[p.pos-1] == '\n':
		s.phase = lineStart
	case b[p.pos-1] == '\r':
		s.phase, s.colon = inLineEnd, int(lines[count].Colon)
		count--
	case p.entries&1 == 1:
		s.phase, s.colon = inValue, int(lines[count+1].Colon)
	default:
		s.phase = inName
	}
	s.pos = p.pos
	if count > s.count || count == s.count && s.phase != lineStart { // the machine refuses it where the line too many starts
		count, s.phase = s.count, lineStart
		x.SetCount(count)
		s.pos = x.LineStart(count)
	}
	p.done, p.noted = false, false
	x.SetCount(count)
	return false
}

// note recognises the well-known names of a complete section.
func (s *fieldSection) note(b []byte) (seen, repeated hdr.Bits) {
	if s.pass.noted {
		return s.pass.seen, s.pass.repeated
	}
	return s.index.Note(b)
}

// fold lowers the letters of the names of a complete and accepted section.
func (s *fieldSection) fold(b []byte) {
	if p := &s.pass; p.noted && (p.capitals == 0 || p.whole && p.fold(b)) {
		return
	}
	s.index.Fold(b)
}
