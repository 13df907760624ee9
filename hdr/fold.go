package hdr

import "encoding/binary"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// Fold lowers the ASCII letters of b in place and leaves every other octet alone. Field names are compared without
// regard to case (RFC 9110 section 5.1), so folding a received name once makes every later comparison a plain one.
//
// Eight octets go at a time: adding 0x3f to the low seven bits of an octet carries into bit 7 from 'A' (0x41) on, adding 0x25 from
// 'Z'+1 (0x5b) on. The octets with the first carry and without the second are the capitals; octets above 0x7f are
// masked out, and the carry bit moved down by two is exactly the 0x20 to set. The last word may overlap the one before, since
// folding twice does no harm.
func Fold(b []byte) {
	n := len(b)
	if n < 8 {
		foldShort(b)
		return
	}
	if n <= 16 {
		first, last := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
		binary.LittleEndian.PutUint64(b, first|capitals(first)>>2)
		binary.LittleEndian.PutUint64(b[n-8:], last|capitals(last)>>2)
		return
	}
	// Loaded first: a load that overlaps a store just made would have to wait for it.
	last := binary.LittleEndian.Uint64(b[n-8:])
	for i := 0; i < n-8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i : i+8])
		binary.LittleEndian.PutUint64(b[i:i+8], w|capitals(w)>>2)
	}
	binary.LittleEndian.PutUint64(b[n-8:], last|capitals(last)>>2)
}

// foldShort folds up to 7 octets: 4 and more as two words of 4 that overlap.
func foldShort(b []byte) {
	n := len(b)
	if n < 4 {
		for i, c := range b {
			b[i] = lower(c)
		}
		return
	}
	w := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	if c := capitals(w); c != 0 {
		w |= c >> 2
		binary.LittleEndian.PutUint32(b, uint32(w))
		binary.LittleEndian.PutUint32(b[n-4:], uint32(w>>32))
	}
}

// capitals returns a word with bit 7 set in each octet of w that is in 'A' to 'Z'.
func capitals(w uint64) uint64 {
	low := w &^ highs
	return (low + 0x3f*ones) &^ (low + 0x25*ones) &^ w & highs
}

// others returns a word with bit 7 set in each octet of w that is neither a letter nor '-'.
func others(w uint64) uint64 {
	low := w &^ highs
	lower := low | 0x20*ones
	letters := (lower + 0x1f*ones) &^ (lower + 0x05*ones)
	hyphens := (low ^ '-'*ones) + 0x7f*ones // bit 7 is clear where w has '-'
	return (hyphens&^letters | w) & highs
}

func lower(c byte) byte {
	if c-'A' < 26 {
		c |= 0x20
	}
	return c
}

// EqualFold reports whether a and b are the same but for the case of ASCII letters. It never applies Unicode
// folding, by which U+212A would be a 'k'.
func EqualFold[A, B ~string | ~[]byte](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}
