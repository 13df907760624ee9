package hdr

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpan(t *testing.T) {
	b := []byte("Host: \t a b\t \r\nX: y\r\nConnection:\r\nVia: \t \r\nhost: c\r\n")
	var x Index
	x.Reset(0)
	for off := 0; off < len(b); {
		size := bytes.IndexByte(b[off:], '\r')
		x.Add(off+bytes.IndexByte(b[off:], ':'), off+size)
		off += size + 2
	}
	x.Note(b)
	v := x.View(b)
	for id, want := range map[ID]string{Host: "a b", Connection: "", Via: ""} {
		start, end := x.Span(b, id)
		require.Equal(t, want, string(b[start:end]), id.String())
		require.Equal(t, string(v.ByID(id)), string(b[start:end]), id.String())
	}
	start, end := x.Span(b, Via)
	require.Equal(t, start, end)
	require.Equal(t, byte('\r'), b[end], "a value of white space ends where the line does")
}
