package fuzz

import (
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
	"barewire/parser"
	"barewire/writer"
)

// FuzzRoundTrip: what writer makes of a response, parser reads back as the same response, and no octet more.
func FuzzRoundTrip(f *testing.F) {
	f.Add(200, "Server", "barewire", []byte("hello"), 2, int64(-1), "X-After", "later", true, false)
	f.Add(304, "ETag", `"a"`, []byte(""), 1, int64(5), "", "", false, false)
	f.Add(204, "A", "\tb c ", []byte("x"), 1, int64(-1), "", "", false, true)
	f.Add(200, "Set-Cookie", "a=b, c", []byte("0\r\n\r\n"), 1, int64(5), "Trailer", "x", true, true)
	f.Fuzz(func(t *testing.T, status int, name, value string, content []byte, pieces int, size int64, trailer, late string, minor11, head bool) {
		var fields, trailers hdr.Set
		if fields.Add(name, value) != nil {
			t.Skip()
		}
		trailing := trailers.Add(trailer, late) == nil && writer.CheckTrailer(trailer) == nil
		if !trailing {
			trailers.Reset()
		}
		minor, method := 0, parser.MethodGet
		if minor11 {
			minor = 1
		}
		if head {
			method = parser.MethodHead
		}
		if size >= 0 {
			size = int64(len(content))
		}

		var w writer.Response
		w.Reset(head, minor)
		wire, err := w.Begin(nil, &writer.Head{Status: status, Fields: &fields, Size: size})
		if err != nil {
			require.Empty(t, wire)
			return
		}
		hasContent := w.HasContent()
		for rest := content; len(rest) > 0; {
			n := max(1, min(len(rest), len(content)/max(1, pieces%8)))
			wire, err = w.Content(wire, rest[:n])
			if err != nil {
				require.False(t, hasContent)
				break
			}
			rest = rest[n:]
		}
		if wire, err = w.End(wire, &trailers); err != nil {
			return // content was declared for a response that has none
		}

		var h parser.ResponseHead
		h.Reset(parser.Limits{Head: -1}, method)
		n, e := h.Parse(wire)
		require.Zero(t, e, "%q", wire)
		require.Positive(t, n)
		require.Equal(t, status, h.Status())
		require.Equal(t, hdr.TrimOWS(value), string(h.Fields(wire).Get(name)))
		var c parser.Content
		c.Reset(h.Framing(), h.Size(), -1)
		var got []byte
		rest := wire[n:]
		for !c.Done() && len(rest) > 0 {
			data, n, e := c.Next(rest)
			require.Zero(t, e, "%q", wire)
			require.True(t, n > 0, "%q", wire)
			got = append(got, data...)
			if c.Done() && h.Framing() == parser.FramingChunked && trailing {
				require.Equal(t, hdr.TrimOWS(late), string(c.Trailers(rest).Get(trailer)))
			}
			rest = rest[n:]
		}
		require.Zero(t, c.End())
		require.Empty(t, rest)
		if hasContent {
			require.Equal(t, string(content), string(got))
		} else {
			require.Empty(t, got)
		}
		require.Equal(t, w.Persistent(), h.Persistent())
	})
}
