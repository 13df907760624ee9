package files

import (
	"barewire/hdr"
)

// coding is a content coding (RFC 9110 section 8.4.1) that a file may be there in. Of two that a client likes as much, the greater
// one is taken.
type coding uint8

const (
	codingIdentity coding = iota
	codingGzip
	codingBrotli
	codingCount
)

var codings = [codingCount]struct{ name, suffix string }{
	codingGzip:   {"gzip", ".gz"},
	codingBrotli: {"br", ".br"},
}

// ranks says how much a client likes each coding: 0 is not at all.
type ranks [codingCount]int16

const (
	unlisted  = 1    // identity, without a word about it
	rankScale = 2000 // of the quality 1.000
)

// acceptable reads Accept-Encoding (RFC 9110 section 12.5.3). Without the field, and where it lists nothing, there is only identity.
func acceptable(fields hdr.View) (r ranks) {
	if !fields.Has(hdr.AcceptEncoding) {
		r[codingIdentity] = unlisted
		return r
	}
	const never = -1
	star := int16(never)
	for i := range r {
		r[i] = never
	}
	name := hdr.AcceptEncoding.String()
	for i := range fields.Len() {
		n, list := fields.At(i)
		if string(n) != name {
			continue
		}
		for last := false; !last; {
			var element []byte
			element, list, last = hdr.NextElement(list)
			token, rank, ok := weighted(element)
			switch {
			case !ok:
			case string(token) == "*":
				star = rank
			case hdr.EqualFold(token, "identity"):
				r[codingIdentity] = rank
			case hdr.EqualFold(token, "gzip"), hdr.EqualFold(token, "x-gzip"):
				r[codingGzip] = rank
			case hdr.EqualFold(token, "br"):
				r[codingBrotli] = rank
			}
		}
	}
	for i := range r {
		switch {
		case r[i] != never:
		case star != never:
			r[i] = star
		case i == int(codingIdentity):
			r[i] = unlisted
		default:
			r[i] = 0
		}
	}
	return r
}

// weighted cuts an element of a list, "token" or "token;q=0.5", and returns the weight as a rank.
func weighted(element []byte) (token []byte, rank int16, ok bool) {
	for i, c := range element {
		if c == ';' {
			rank, ok = weight(hdr.TrimOWS(element[i+1:]))
			return hdr.TrimOWS(element[:i]), rank, ok
		}
	}
	return element, rankScale, len(element) > 0
}

// weight reads q=0.5 (RFC 9110 section 12.4.2).
func weight(b []byte) (rank int16, ok bool) {
	if len(b) < 3 || len(b) > len("q=0.123") || b[0]|0x20 != 'q' || b[1] != '=' || b[2] > '1' || len(b) > 3 && b[3] != '.' {
		return 0, false
	}
	rank, unit := int16(0), int16(rankScale)
	for i := 2; i < len(b); i++ {
		if i == 3 {
			continue
		}
		if b[i]-'0' > 9 {
			return 0, false
		}
		rank += int16(b[i]-'0') * unit
		unit /= 10
	}
	return rank, rank <= rankScale
}

// choose returns the version that the client likes most, nil if it accepts none.
func (r *ranks) choose(versions *[codingCount]*version) (best *version) {
	top := int16(0)
	for c, v := range versions {
		if v != nil && r[c] > 0 && r[c] >= top {
			best, top = v, r[c]
		}
	}
	return best
}
