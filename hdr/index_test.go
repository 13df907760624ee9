package hdr

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// indexed is the index of one line with the name, noted, from offset start on in the octets returned.
func indexed(name string, start int) (*Index, []byte) {
	b := []byte(strings.Repeat("A", start) + name + ": Value\r\n")
	var x Index
	x.Reset(start)
	x.Add(start+len(name), len(b)-2)
	x.Note(b)
	return &x, b
}

// One capital, wherever it is in a name of whatever size, is found by Note and lowered by Fold; nothing around it is.
func TestIndexFold(t *testing.T) {
	for start := range 10 {
		for size := 1; size < 40; size++ {
			for at := range size + 1 { // none when at is size
				name := []byte(strings.Repeat("x", size))
				if at < size {
					name[at] = "AMZ"[at%3]
				}
				x, b := indexed(string(name), start)
				want := append(bytes.Clone(b[:start]), append(bytes.ToLower(name), b[start+size:]...)...)
				x.Fold(b)
				require.Equal(t, string(want), string(b), "start %d", start)
			}
		}
	}
}

// Note knows the names that Lookup knows, wherever they are, and no other.
func TestIndexNote(t *testing.T) {
	for start := range 10 {
		for id := ID(1); id < IDCount; id++ {
			for _, name := range []string{id.String(), strings.ToUpper(id.String()), id.String() + "x", "x" + id.String(), id.String()[1:]} {
				x, _ := indexed(name, start)
				want := Lookup([]byte(name))
				require.Equal(t, want.Bit()&^Unknown.Bit(), x.seen, "%q at %d", name, start)
			}
		}
	}
}

// An index that a parser fills by itself is the one that Add and Note make.
func TestIndexSet(t *testing.T) {
	want, b := indexed("HOST", 3)
	var x Index
	x.Add(1, 2)
	lines, first := x.Raw()
	lines[0], lines[1], first[Host] = Line{CR: 1}, Line{7, uint16(len(b) - 2)}, 1
	x.Set(3, 1, Host.Bit(), 0)
	require.Equal(t, *want, x)
	x.Fold(b)
	require.Equal(t, "AAAhost: Value\r\n", string(b))
	require.Equal(t, "Value", string(x.View(b).ByID(Host)))
	x.SetCount(0)
	require.Zero(t, x.View(b).Len())
	require.Equal(t, 3, x.LineStart(0))
}
