package parser

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// randomHeads makes heads of which most are valid or nearly so, with sizes around those of words and blocks. It gives the same ones every time.
type randomHeads struct{ *rand.Rand }

func (r randomHeads) one(of ...string) string { return of[r.IntN(len(of))] }

// rarely returns true once in n times.
func (r randomHeads) rarely(n int) bool { return r.IntN(n) == 0 }

func (r randomHeads) octets(size int, set string) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = set[r.IntN(len(set))]
	}
	return string(b)
}

// size returns a size that is often near a multiple of 8, 32 or 64.
func (r randomHeads) size(most int) int {
	multiple := []int{0, 8, 16, 32, 64, 128, 192, 256}[r.IntN(8)]
	if r.rarely(2) {
		multiple = 0
	}
	return min(max(0, multiple-5+r.IntN(10)), most)
}

// cased returns a name in lower case with some of its letters, or all, in upper case.
func (r randomHeads) cased(name string) string {
	switch r.IntN(4) {
	case 0:
		return name
	case 1:
		return strings.ToUpper(name)
	}
	b := []byte(name)
	for i, c := range b {
		if c >= 'a' && c <= 'z' && r.rarely(2) {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// name is a well-known name, one that differs from such a one by an octet, or any.
func (r randomHeads) name() string {
	known := hdr.ID(1 + r.IntN(int(hdr.IDCount)-1)).String()
	at := r.IntN(len(known))
	switch r.IntN(8) {
	case 0:
		return r.octets(1+r.size(200), plainTchar)
	case 1:
		return r.cased(known[:at] + r.octets(1, plainTchar) + known[at+1:])
	case 2:
		return r.cased(known + r.octets(1, plainTchar))
	}
	return r.cased(known)
}

func (r randomHeads) target() string {
	t := "/" + r.octets(r.size(300), plainDigits+plainLetters+"-._~!$&'()*+,;=:@/")
	for r.rarely(3) {
		at := 1 + r.IntN(len(t))
		t = t[:at] + r.one("?", "?", "%4f") + t[at:]
	}
	if r.rarely(15) {
		return r.one("*", "", "http://a", "http://a/b?c", "a:80", "//", "http://[::1]:8/")
	}
	return t
}

func (r randomHeads) host() string {
	h := r.octets(r.size(66), plainLetters+plainDigits+"-._~!$&'()*+,;=")
	switch r.IntN(8) {
	case 0:
		h = r.one("[::1]", "a%41", "a/b", "a b", "a@", "\xff")
	case 1, 2:
		h += ":" + r.octets(r.IntN(7), plainDigits)
	}
	return r.one(" ", " ", " ", "", "\t", "  ") + h + r.one("", "", "", " ")
}

func (r randomHeads) line() string {
	switch r.IntN(40) {
	case 0:
		return r.cased("content-length") + ": " + r.octets(1+r.IntN(20), plainDigits)
	case 1:
		return r.cased("connection") + ": " + r.one("keep-alive", "Keep-Alive", "close", "keep-alive ", "te, close")
	case 2:
		return r.cased("transfer-encoding") + ":" + r.one(" chunked", "chunked", " gzip, chunked", "")
	case 3:
		return r.cased("expect") + ": 100-continue"
	}
	const value = plainDigits + plainLetters + " :;,=/()._-+\"\\<>[]{}~@`|\t\x80\xff\xc3\xa9"
	return r.name() + ":" + r.one("", " ", " ", "\t ") + r.octets(r.size(130), value) + r.one("", "", " ")
}

// head returns a head with the start line given, and perhaps octets behind it, or a fault or two.
func (r randomHeads) head(start string) string {
	l := []string{start}
	for range r.IntN(9) {
		l = append(l, r.line())
	}
	if r.rarely(30) {
		l = append(l, slices.Repeat([]string{"a:"}, r.IntN(300))...)
	}
	if !r.rarely(10) {
		l = slices.Insert(l, 1+r.IntN(len(l)), r.cased("host")+":"+r.host())
	}
	s := lines(l...) + r.one("", "", "\x00\r\n:a", lines("GET / HTTP/1.1", "Host: a"))
	for r.rarely(4) {
		at := r.IntN(len(s))
		s = s[:at] + r.one("", r.octets(1, "\r\n:\t \x00\x7f\x80\xff\x1fA_@`"), s[at:at+1]+r.octets(1, "\r\n:\t \x00")) + s[at+1:]
	}
	return s
}

// cuts returns sizes at which a head arrives.
func (r randomHeads) cuts(size int) (cuts []int) {
	if r.rarely(3) {
		for at := r.IntN(size + 1); at < size; at += 1 + r.IntN(200) {
			cuts = append(cuts, at)
		}
		return cuts
	}
	cuts = []int{r.IntN(size + 1), r.IntN(size + 1), r.IntN(size + 1)}
	slices.Sort(cuts)
	return cuts
}

// Every path, with the head whole and cut, does what the plain parser does.
func TestRandomHeads(t *testing.T) {
	const count = 4000
	r := randomHeads{rand.New(rand.NewPCG(1, 2))}
	cutter := randomHeads{rand.New(rand.NewPCG(3, 4))} // another, so that the heads do not depend on how many paths there are
	limits := []Limits{{}, {}, {}, {-1, -1, -1}, {Target: 40, Head: 300, Fields: 3}, {Target: 100, Head: 200}, {Head: 130, Fields: 1}, {Fields: 16}}
	accepted, refused := 0, 0
	same := func(start newHead, in string, l Limits, asPlain func(got outcome)) {
		var want outcome
		eachPath(t, func() {
			got := parseWhole(start, in)
			if usedPath == pathWords {
				want = got
				asPlain(got)
			}
			require.Equal(t, want, got, "%q, limits %v, with %s", in, l, usedPath)
			for range 2 {
				cuts := cutter.cuts(len(in))
				require.Equal(t, want, parseCut(t, start, in, cuts...), "%q, limits %v, with %s, cut at %v", in, l, usedPath, cuts)
			}
		})
		if want.n > 0 {
			accepted++
		} else if want.err != 0 {
			refused++
		}
	}
	var request Head // used again and again, as in a connection
	var response ResponseHead
	for range count {
		l := limits[r.IntN(len(limits))]
		in := r.head(r.one("", "", "", "", "", "", "\r\n") + r.one("GET", "GET", "POST", "HEAD", "OPTIONS", "CONNECT", "C", "get", r.octets(r.IntN(35), plainTchar)) +
			" " + r.target() + " HTTP/" + r.one("1.1", "1.1", "1.1", "1.1", "1.1", "1.0", "1.2", "2.0"))
		same(func() head { request.Reset(l); return &request }, in, l, func(got outcome) { sameAsPlain(t, l, in, got) })

		method := []Method{MethodGet, MethodHead, MethodConnect}[r.IntN(3)]
		in = r.head("HTTP/1." + r.one("1", "1", "0", "2") + " " + r.one("200", "304", "204", "101", "599", "600") + " " + r.octets(r.size(130), plainLetters+" \t\xff"))
		same(func() head { response.Reset(l, method); return &response }, in, l, func(got outcome) { responseSameAsPlain(t, l, method, in, got) })
	}
	require.Greater(t, accepted, count/5)
	require.Greater(t, refused, count/5)
	t.Logf("%d accepted, %d refused", accepted, refused)
}
