package files

import (
	"math"

	"barewire/hdr"
)

// maxRanges is how many ranges are answered one by one. A request for more gets the whole file.
const maxRanges = 64

// part is a piece of a representation: size octets from offset from on.
type part struct{ from, size int64 }

func (p part) end() int64 { return p.from + p.size }

// verdict is what a Range field comes to.
type verdict uint8

const (
	ignored       verdict = iota // malformed, in other units, or too many ranges: the whole is sent
	satisfiable                  // parts are sent
	unsatisfiable                // valid, but there are no such octets: 416
)

// parseRange reads a Range field (RFC 9110 section 14.2) for a representation of size octets. It appends the parts that there are
// to parts, cut to what there is, in the order asked for. Parts that overlap or touch are joined where the first of them stands,
// so that no octet is sent twice.
func parseRange(parts []part, value []byte, size int64) ([]part, verdict) {
	const unit = "bytes="
	if len(value) < len(unit) || !hdr.EqualFold(value[:len(unit)], unit) {
		return parts, ignored
	}
	list, count := value[len(unit):], 0
	for last := false; !last; {
		var spec []byte
		spec, list, last = hdr.NextElement(list)
		if len(spec) == 0 {
			continue
		}
		p, there, ok := parseSpec(spec, size)
		if count++; !ok || count > maxRanges {
			return parts, ignored
		}
		if there {
			parts = join(parts, p)
		}
	}
	switch {
	case count == 0, size == 0 && len(parts) > 0: // the end of an empty file is there, but no Content-Range can say so
		return parts, ignored
	case len(parts) == 0:
		return parts, unsatisfiable
	}
	return parts, satisfiable
}

// parseSpec reads one range-spec: first-last, first- or -suffix. there says whether it is satisfiable (RFC 9110 section 14.1.2).
func parseSpec(spec []byte, size int64) (p part, there, ok bool) {
	first, n := number(spec)
	if n >= len(spec) || spec[n] != '-' {
		return part{}, false, false
	}
	last, m := number(spec[n+1:])
	switch {
	case n+1+m != len(spec), n == 0 && m == 0:
		return part{}, false, false
	case n == 0:
		suffix := min(last, size)
		return part{size - suffix, suffix}, last > 0, true
	case m == 0:
		last = math.MaxInt64
	case last < first || last == first && last == math.MaxInt64 && less(spec[n+1:], spec[:n]):
		return part{}, false, false
	}
	if first >= size {
		return part{}, false, true
	}
	return part{first, min(last, size-1) - first + 1}, true, true
}

// number reads the digits that b starts with and returns their count. A number too large for its type becomes the largest one.
func number(b []byte) (v int64, n int) {
	for ; n < len(b) && b[n]-'0' <= 9; n++ {
		if digit := int64(b[n] - '0'); v > (math.MaxInt64-digit)/10 {
			v = math.MaxInt64
		} else {
			v = v*10 + digit
		}
	}
	return v, n
}

// less compares two numbers of any size in digits.
func less(a, b []byte) bool {
	for len(a) > 0 && a[0] == '0' {
		a = a[1:]
	}
	for len(b) > 0 && b[0] == '0' {
		b = b[1:]
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return string(a) < string(b)
}

// join adds p to parts that neither overlap nor touch each other, and leaves them so: those that p reaches become one, where the first
// of them is.
func join(parts []part, p part) []part {
	first := -1
	kept := parts[:0]
	for _, q := range parts {
		if p.from > q.end() || q.from > p.end() {
			kept = append(kept, q)
			continue
		}
		from := min(p.from, q.from)
		p = part{from, max(p.end(), q.end()) - from}
		if first < 0 {
			first = len(kept)
			kept = append(kept, p)
		}
	}
	if first < 0 {
		return append(kept, p)
	}
	kept[first] = p
	return kept
}
