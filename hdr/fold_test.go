package hdr_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// foldPlain is what Fold does, an octet at a time and spelled out.
func foldPlain(b []byte) {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
}

// Every octet is folded at every place of every length, between neighbours that would carry into it if anything did.
func TestFold(t *testing.T) {
	for n := range 65 {
		for _, around := range []byte{0x00, 'A', 'Z', '[', 0x7f, 0x80, 0xff} {
			for c := range 256 {
				at := (c*7 + n) % max(n, 1)
				got := bytes.Repeat([]byte{around}, n+2)
				if n > 0 {
					got[1+at] = byte(c)
				}
				want := bytes.Clone(got)
				foldPlain(want[1 : 1+n])
				hdr.Fold(got[1 : 1+n])
				require.Equal(t, want, got, "length %d, %#02x at %d among %#02x", n, c, at, around)
			}
		}
	}
}

func TestFoldEveryLane(t *testing.T) {
	for lane := range 16 {
		for c := range 256 {
			got := []byte("AZaz[@`{\x00\xff\xc1\xdaAZaz")
			got[lane] = byte(c)
			want := bytes.Clone(got)
			foldPlain(want)
			hdr.Fold(got)
			require.Equal(t, want, got, "%#02x in lane %d", c, lane)
		}
	}
}

func TestFoldRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		got := make([]byte, r.IntN(65))
		for i := range got {
			got[i] = byte(r.Uint32())
		}
		want := bytes.Clone(got)
		foldPlain(want)
		hdr.Fold(got)
		require.Equal(t, want, got)
	}
}

func TestEqualFold(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			x, y := []byte{byte(a)}, []byte{byte(b)}
			foldPlain(x)
			foldPlain(y)
			want := x[0] == y[0]
			if hdr.EqualFold([]byte{byte(a)}, []byte{byte(b)}) != want {
				require.Failf(t, "octets", "%#02x and %#02x: want %v", a, b, want)
			}
		}
	}
	assert.True(t, hdr.EqualFold("", []byte(nil)))
	assert.True(t, hdr.EqualFold("Content-LENGTH", []byte("cONTENT-length")))
	assert.False(t, hdr.EqualFold("keep", "kee"))
	assert.False(t, hdr.EqualFold("keep", "\u212aeep"), "the Kelvin sign is no k")
	assert.False(t, hdr.EqualFold("\u0130d", "id"), "nor is a capital I with a dot an i")
}
