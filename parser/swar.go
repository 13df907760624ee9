package parser

import (
	"encoding/binary"
	"math/bits"
)

// The scanners below find the end of a run of octets of one class. They look at eight octets at a time ("SIMD within a
// register"): a load, a dozen operations that set bit 7 of every octet worth a closer look, and a test for zero. What
// is worth a closer look is looked up in the table of classes, and if it belongs to the run after all, which is rare, the
// run goes on behind it. The table has the last word, so the masks may stop too often, but never too late.
//
// Behind the end of b a word is filled up with NUL, which no class has, so that every run ends at the latest there.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	lows  = 0x7f7f7f7f7f7f7f7f
)

func load(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// word returns the eight octets of b from i on, with NUL for those behind the end.
func word(b []byte, i int) uint64 {
	if i >= 0 && i <= len(b)-8 {
		return load(b[i : i+8])
	}
	return lastWord(b, i)
}

func lastWord(b []byte, i int) (w uint64) {
	for j := len(b) - 1; j >= i; j-- {
		w = w<<8 | uint64(b[j])
	}
	return w
}

// wordIn is word for b of eight octets or more: no loop, no call.
func wordIn(b []byte, i int) uint64 {
	if i >= 0 && i <= len(b)-8 {
		return load(b[i : i+8])
	}
	return load(b[len(b)-8:]) >> (8 * uint(i+8-len(b)))
}

// firstOctet returns which octet of a word has the lowest bit of a mask, 0 to 7, counted as in memory.
func firstOctet(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }

// scanToken returns the offset of the first octet of b, from i on, that is not tchar, or len(b).
func scanToken(b []byte, i int) int {
	for {
		mask := tokenStops(word(b, i))
		if mask == 0 {
			i += 8
			continue
		}
		if i += firstOctet(mask); i >= len(b) || !is(b[i], classToken) {
			return i
		}
		i++
	}
}

// scanValue returns the offset of the first octet of b, from i on, that cannot stand in a field value, or len(b).
func scanValue(b []byte, i int) int {
	for {
		mask := valueStops(word(b, i))
		if mask == 0 {
			i += 8
			continue
		}
		if i += firstOctet(mask); i >= len(b) || !is(b[i], classValue) {
			return i
		}
		i++
	}
}

// scanTarget returns the offset of the first octet of b, from i on, that is '?' or not of classTarget, or len(b).
func scanTarget(b []byte, i int) int {
	for {
		mask := targetStops(word(b, i))
		if mask == 0 {
			i += 8
			continue
		}
		if i += firstOctet(mask); i >= len(b) || !is(b[i], classTarget) || b[i] == '?' {
			return i
		}
		i++
	}
}

// tokenStops marks the octets of w that are neither letters nor '-'.
func tokenStops(w uint64) uint64 {
	hyphen := w ^ '-'*ones
	hyphen = (hyphen&lows + lows) | hyphen // bit 7 is clear where w has '-'
	return (^letters(w) & hyphen & highs) | w&highs
}

// targetStops marks the octets of w that are neither letters nor in '&' to ';', which is
// &'()*+,-./0123456789:; and nothing that a request-target cannot have.
func targetStops(w uint64) uint64 {
	low := w & lows
	middle := (low + (0x80-'&')*ones) &^ (low + (0x7f-';')*ones)
	return (^(letters(w) | middle) | w) & highs
}

// regNameStops marks the octets of w that are neither letters nor digits, '-' nor '.'.
func regNameStops(w uint64) uint64 {
	low := w & lows
	digits := (low + (0x80-'0')*ones) &^ (low + (0x7f-'9')*ones)
	marks := (low + (0x80-'-')*ones) &^ (low + (0x7f-'.')*ones)
	return (^(letters(w) | digits | marks) | w) & highs
}

// letters sets bit 7 of each octet of w that, without its own bit 7, is an ASCII letter.
func letters(w uint64) uint64 {
	low := (w | 0x20*ones) & lows
	return (low + (0x80-'a')*ones) &^ (low + (0x7f-'z')*ones)
}

// valueStops marks the octets of w below SP and DEL. Borrows and carries make it unreliable behind the first octet marked, or the
// first 0xff: there it may mark too much.
func valueStops(w uint64) uint64 {
	return ((w - ' '*ones) | (w + ones)) &^ w & highs
}

// valueDoubts is valueStops in fewer steps: no bit 7 is set only if no octet of w is below SP, DEL or above.
func valueDoubts(w uint64) uint64 { return (w - ' '*ones) | (w + ones) }
