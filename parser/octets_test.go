package parser

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

func TestClasses(t *testing.T) {
	const unreserved, subDelims = plainDigits + plainLetters + "-._~", "!$&'()*+,;="
	for c := range 256 {
		c := byte(c)
		for class, want := range map[uint8]bool{
			classToken:   oneOf(c, plainTchar),
			classValue:   plainValueOctet(c),
			classTarget:  oneOf(c, plainTarget) && !oneOf(c, "[]%"),
			classRegName: oneOf(c, unreserved+subDelims),
			classHex:     oneOf(c, plainDigits+"abcdefABCDEF"),
			classDigit:   oneOf(c, plainDigits),
			classQuoted:  plainValueOctet(c) && !oneOf(c, `"\`),
		} {
			require.Equal(t, want, is(c, class), "%q, class %#x", c, class)
		}
		s := string([]byte{c})
		require.Equal(t, hdr.IsToken(s), is(c, classToken), "hdr knows another tchar")
		require.Equal(t, hdr.IsValue(s), is(c, classValue), "hdr knows another value")
	}
	for i, c := range []byte("0123456789abcdef") {
		require.EqualValues(t, i, hexValue(c))
		require.EqualValues(t, i, hexValue(strings.ToUpper(string(c))[0]))
	}
}

// scanners with the octets that their runs consist of.
var scanners = map[string]struct {
	scan func(b []byte, i int) int
	in   func(c byte) bool
}{
	"token":  {scanToken, func(c byte) bool { return oneOf(c, plainTchar) }},
	"value":  {scanValue, plainValueOctet},
	"target": {scanTarget, func(c byte) bool { return oneOf(c, plainTarget) && !oneOf(c, "[]%?") }},
}

func sameAsPlainScan(t *testing.T, name string, b []byte, i int) {
	t.Helper()
	want := i
	for want < len(b) && scanners[name].in(b[want]) {
		want++
	}
	require.Equal(t, want, scanners[name].scan(b, i), "%q from %d", b, i)
}

// Every octet at every place of a word, between others that the masks might be led astray by.
func TestScanners(t *testing.T) {
	for name := range scanners {
		t.Run(name, func(t *testing.T) {
			for _, around := range []byte{'a', 'Z', '-', '0', ';', '~', '_', 0xff, 0x80, '\t', ' '} {
				for size := range 19 {
					b := []byte(strings.Repeat(string([]byte{around}), size))
					for i := range size {
						for c := range 256 {
							b[i] = byte(c)
							sameAsPlainScan(t, name, b, 0)
						}
						b[i] = around
					}
					sameAsPlainScan(t, name, b, size/2)
					sameAsPlainScan(t, name, b, size)
				}
			}
		})
	}
}

func TestScannersRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name := range scanners {
		for range 20_000 {
			b := make([]byte, r.IntN(40))
			for i := range b {
				if b[i] = byte(r.Uint32()); r.IntN(8) > 0 { // mostly octets of the run
					b[i] = "abcXYZ019-_.~!$+*'"[r.IntN(18)]
				}
			}
			sameAsPlainScan(t, name, b, r.IntN(len(b)+1))
		}
	}
}

// A scanner must not look behind the end of its slice, however much there is.
func TestScannersStop(t *testing.T) {
	whole := []byte(strings.Repeat("a", 64))
	for name, s := range scanners {
		for size := range 40 {
			for i := range size + 1 {
				require.Equal(t, size, s.scan(whole[:size], i), name)
			}
		}
	}
}

func TestErrorTable(t *testing.T) {
	rules := map[string]Error{}
	for e := Error(1); e < ErrorCount; e++ {
		require.Regexp(t, `^[a-z]+(-[a-z0-9]+)*$`, e.Rule())
		require.NotContains(t, rules, e.Rule(), "two errors with one rule")
		rules[e.Rule()] = e
		require.Regexp(t, `^[A-Za-z][^\n]*[^.\n]$`, e.Text(), e.Rule())
		require.Regexp(t, `^RFC (3986|6585|9110|9112) section [1-9][0-9]*(\.[0-9]+)*$`, e.Section(), e.Rule())
		require.Contains(t, []int{400, 413, 414, 417, 431, 501, 502, 505}, e.Status(), e.Rule())
		require.Equal(t, "parser: "+e.Text(), e.Error())
	}
	var err error = BareLF
	require.ErrorIs(t, err, BareLF)
	for _, e := range []Error{0, ErrorCount, 255} {
		require.Equal(t, "none", e.Rule(), fmt.Sprint(uint8(e)))
		require.Zero(t, e.Status())
		require.Empty(t, e.Section())
	}
}

func TestMethodOf(t *testing.T) {
	for m := Method(1); m < MethodCount; m++ {
		name := m.String()
		require.NotEmpty(t, name)
		require.LessOrEqual(t, len(name), MethodSize)
		require.Equal(t, m, MethodOf([]byte(name)))
		require.Zero(t, MethodOf([]byte(strings.ToLower(name))), "case matters")
		require.Zero(t, MethodOf([]byte(name+"X")))
		require.Zero(t, MethodOf([]byte(name[:len(name)-1]+"_")))
	}
	for _, name := range []string{"", "G", "BREW", "GETGETGET"} {
		require.Zero(t, MethodOf([]byte(name)), name)
	}
	require.Equal(t, "GET", MethodGet.String())
	require.Equal(t, "CONNECT", MethodConnect.String())
	require.Equal(t, "PATCH", MethodPatch.String())
	require.Equal(t, "VERSION-CONTROL", MethodVersionControl.String())
	require.Empty(t, Method(0).String())
	require.Empty(t, MethodCount.String())
	for in, want := range map[string]Method{"GET": MethodGet, "HEAD": MethodHead, "get": 0, "GETS": 0, "MKCOL": MethodMkcol} {
		var h Head
		h.Reset(Limits{})
		b := []byte(in + " / HTTP/1.1\r\nHost: a\r\n\r\n")
		_, e := h.Parse(b)
		require.Zero(t, e)
		require.Equal(t, want, h.MethodID(), in)
		require.Equal(t, in, string(h.Method(b)))
	}
}
