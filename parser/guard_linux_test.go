package parser

import (
	"os"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A guardedPage is memory with pages before and behind it that nobody may touch: to read one octet beyond it is a fault.
type guardedPage []byte

func newGuardedPage(t *testing.T) guardedPage {
	size := os.Getpagesize()
	m, err := syscall.Mmap(-1, 0, 3*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(m)) })
	require.NoError(t, syscall.Mprotect(m[:size], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(m[2*size:], syscall.PROT_NONE))
	return guardedPage(m[size : 2*size : 2*size])
}

// before returns a copy of s that ends where the page does.
func (p guardedPage) before(s string) []byte {
	b := p[len(p)-len(s):]
	copy(b, s)
	return b
}

// behind returns a copy of s that begins where the page does.
func (p guardedPage) behind(s string) []byte {
	copy(p, s)
	return p[:len(s):len(s)]
}

// run calls f with every part of in that begins with it, at both ends of the page, and again with all of it.
func (p guardedPage) run(t *testing.T, in string, f func(part, all []byte)) {
	if len(in) > len(p) {
		return
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for size := range len(in) + 1 {
		require.NotPanics(t, func() {
			f(p.before(in[:size]), nil)
			f(p.behind(in[:size]), nil)
			f(nil, p.before(in))
		}, "%q, of which %d octets", in, size)
	}
}

// Nothing outside of the slice that is given is read, however short that is.
func TestGuardPages(t *testing.T) {
	eachPath(t, func() { t.Run(usedPath.String(), testGuardPages) })
}

func testGuardPages(t *testing.T) {
	p := newGuardedPage(t)
	var heads, contents []string
	for _, cases := range [][]headCase{requestLineCases, fieldSectionCases, hostCases, framingCases} {
		for _, c := range cases {
			heads = append(heads, unmarked(t, c))
		}
	}
	for _, c := range targetCases {
		heads = append(heads, unmarked(t, c)+"\r\nHost: host\r\n\r\n")
	}
	for _, c := range patternCases {
		heads = append(heads, c.in)
	}
	for _, c := range chunkedCases {
		contents = append(contents, c.in)
	}
	for _, c := range chunkedRefusedCases {
		contents = append(contents, unmarked(t, c))
	}

	t.Run("request heads", func(t *testing.T) {
		for _, in := range heads {
			var h Head
			p.run(t, in, guardedHead(&h, func() { h.Reset(Limits{}) }))
		}
	})
	t.Run("response heads", func(t *testing.T) {
		for _, c := range statusLineCases {
			var h ResponseHead
			p.run(t, unmarked(t, c), guardedHead(&h, func() { h.Reset(Limits{}, MethodGet) }))
		}
	})
	t.Run("chunked content", func(t *testing.T) {
		for _, in := range contents {
			var c Content
			read := func(b []byte) {
				for len(b) > 0 && !c.Done() {
					_, n, e := c.Next(b)
					if e != 0 || n == 0 {
						return
					}
					for _, value := range c.Trailers(b).All() {
						_ = value
					}
					b = b[n:]
				}
			}
			p.run(t, in, func(part, all []byte) {
				if all == nil {
					c.Reset(FramingChunked, -1, -1)
				}
				read(part)
			})
		}
	})
}

// guardedHead parses a head anew with part, or goes on with all of it.
func guardedHead(h head, reset func()) func(part, all []byte) {
	return func(part, all []byte) {
		if all == nil {
			reset()
			all = part
		}
		n, e := h.Parse(all)
		see(h, all, n, e) // looks at all that a complete head gives
	}
}

// unmarked is the input of a case.
func unmarked(t *testing.T, c headCase) string {
	if c.err == 0 {
		return c.in
	}
	in, _ := unmark(t, c.in)
	return in
}
