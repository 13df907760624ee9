//go:build !purego

package parser

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// vectorPaths are the passes, with the largest Host that they look at.
var vectorPaths = map[path]int{pathAVX2: 31, pathAVX512: 63}

// sameAsTwin runs a pass and its twin over b, as s says, and requires that they do the same. It returns what the pass made of s.
func sameAsTwin(t *testing.T, b []byte, s fieldSection) fieldSection {
	t.Helper()
	in := bytes.Clone(b)
	twin := s
	twinPass(b, &twin.pass, &twin.index, vectorPaths[usedPath])
	s.run(b)
	require.Equal(t, in, b, "a pass does not write")
	want, got := &twin.pass, &s.pass
	message := fmt.Sprintf("%q from %d in state %d", b, want.pos, want.state)
	require.Equal(t, want.pos, got.pos, message)
	if want.pos == 0 {
		return s
	}
	require.Equal(t, []any{want.entries, want.start, want.done, want.noted, want.hostOK}, []any{got.entries, got.start, got.done, got.noted, got.hostOK}, message)
	if want.state == passRequest {
		require.Equal(t, []int{want.target, want.query}, []int{got.target, got.query}, message)
	}
	wantLines, wantFirst := twin.index.Raw()
	gotLines, gotFirst := s.index.Raw()
	require.Equal(t, wantLines[1:1+want.entries/2], gotLines[1:1+got.entries/2], message)
	if want.entries&1 == 1 {
		require.Equal(t, wantLines[1+want.entries/2].Colon, gotLines[1+got.entries/2].Colon, message)
	}
	if !want.noted {
		return s
	}
	require.Equal(t, []any{want.base, want.seen, want.repeated}, []any{got.base, got.seen, got.repeated}, message)
	if want.capitals == 1 || want.capitals == 0 && want.state == passRequest { // a pass that goes on need not know
		require.Equal(t, want.capitals != 0, got.capitals != 0, message)
	}
	for seen := uint64(want.seen); seen != 0; seen &= seen - 1 {
		id := bits.TrailingZeros64(seen)
		require.Equal(t, wantFirst[id], gotFirst[id], "%s, first %s", message, hdr.ID(id))
	}
	if blocks := (want.pos - want.base + 63) / 64; want.whole {
		require.Equal(t, want.names[:blocks], got.names[:blocks], message)
	}
	return s
}

// eachVectorPath calls f with every path that has passes.
func eachVectorPath(t *testing.T, f func(t *testing.T)) {
	eachPath(t, func() {
		if usedPath != pathWords {
			t.Run(usedPath.String(), f)
		}
	})
}

// Every size up to 300 octets, at the very end of what may be read, and with room behind, where octets lie that must not matter.
func TestPassSizes(t *testing.T) {
	eachVectorPath(t, func(t *testing.T) {
		p := newGuardedPage(t)
		var s fieldSection
		for _, in := range twinHeads() {
			for size := range min(len(in), 300) + 1 {
				s.pass = pass{state: passRequest, whole: true}
				for _, room := range []int{0, 1, passSlack - 1, passSlack} {
					b := p.before(in[:size] + strings.Repeat("\r\n:x", 16)[:room])
					sameAsTwin(t, b[:size], s)
				}
			}
		}
	})
}

func TestPassAlignments(t *testing.T) {
	eachVectorPath(t, func(t *testing.T) {
		p := newGuardedPage(t)
		var s fieldSection
		for align := range 64 {
			for _, in := range twinHeads()[:40] {
				s.pass = pass{state: passRequest, whole: true}
				b := p.behind(strings.Repeat("x", align) + in)
				sameAsTwin(t, b[align:], s)
			}
		}
	})
}

// From every octet on, in the state that the machine has there.
func TestPassResumes(t *testing.T) {
	eachVectorPath(t, func(t *testing.T) {
		for _, in := range twinHeads() {
			var h Head
			b := append(make([]byte, 0, len(in)+passSlack), in...)
			best := usedPath
			for size := range min(len(in), 300) {
				usedPath = pathWords
				h.Reset(Limits{})
				n, e := h.Parse(b[:size])
				usedPath = best
				if n > 0 || e != 0 {
					break
				}
				if h.phase == inFields && h.section.phase != inSectionEnd {
					h.section.enter()
					sameAsTwin(t, b, h.section)
				}
			}
		}
	})
}

// Sections of more lines than there is room for, and of more octets than one pass takes.
func TestPassBounds(t *testing.T) {
	eachVectorPath(t, func(t *testing.T) {
		for _, in := range []string{strings.Repeat("a:\r\n", 400), strings.Repeat("X-Name: "+strings.Repeat("v", 200)+"\r\n", 30)} {
			in = "GET / HTTP/1.1\r\n" + in + "\r\n"
			for room := range 70 {
				var s fieldSection
				s.pass = pass{state: passRequest, whole: true}
				b := []byte(in[:min(len(in), passSize-room)])
				sameAsTwin(t, b, s)
			}
		}
	})
}

// Only the letters of names change, whatever is around them, and nothing outside of what may be written.
func TestPassFold(t *testing.T) {
	eachVectorPath(t, func(t *testing.T) {
		page := newGuardedPage(t)
		folds := 0
		for _, in := range twinHeads() {
			var want []byte
			for align := range 70 {
				var s fieldSection
				s.pass = pass{state: passRequest, whole: true}
				room := page.before(strings.Repeat("A", align) + in + strings.Repeat("B: c\r\n", 64))
				b := room[align : align+len(in)]
				if s.run(b); !s.pass.noted {
					break
				}
				want = append(want[:0], room...)
				s.index.Set(s.pass.start, s.pass.entries/2, 0, 0)
				s.index.Fold(want[align:])
				if s.pass.fold(b[:s.pass.pos]) {
					folds++
				} else {
					s.index.Fold(b)
				}
				require.Equal(t, want, []byte(room), "%q", in)
			}
		}
		require.NotZero(t, folds)
	})
}

func TestNameSlots(t *testing.T) {
	taken := map[uint32]hdr.ID{}
	for id := hdr.Unknown + 1; id < hdr.IDCount; id++ {
		slot := nameSlot(id.String())
		require.Zero(t, taken[slot], "%s and %s share a slot", id, taken[slot])
		require.Less(t, len(id.String()), 32)
		taken[slot] = id
	}
}
