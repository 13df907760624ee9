package parser

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// body is all that can be seen of a decoded message body.
type body struct {
	content  string
	size     int // octets consumed; 0 after an error, before which it depends on the cuts
	err      Error
	off      int // of the error, from the start of the body
	done     bool
	trailers string
}

// newContent makes a decoder at the start of a body.
type newContent func() *Content

func bodies(f Framing, size, limit int64) newContent {
	return func() *Content {
		c := new(Content)
		c.Reset(f, size, limit)
		return c
	}
}

func chunkedBodies(limit int64) newContent { return bodies(FramingChunked, -1, limit) }

// decode decodes in as it arrives: up to each of the sizes cuts, which ascend, and then all of it. It keeps only what Next did not
// consume, in a fresh buffer for every call unless in is long, and checks what Next promises.
func decode(t require.TestingT, start newContent, in string, cuts ...int) (o body) {
	c, whole := start(), []byte(in)
	var content []byte
	for _, size := range append(cuts, len(in)) {
		for {
			b := whole[o.size:size:size]
			if len(in) < 600 {
				b = bytes.Clone(b)
			}
			data, n, e := c.Next(b)
			if e != 0 { // nothing consumed, and the same error for ever
				require.Zero(t, n)
				require.Empty(t, data)
				again, n2, e2 := c.Next(b)
				require.Empty(t, again)
				require.Zero(t, n2)
				require.Equal(t, e, e2, "the error changes")
				require.Equal(t, e, c.End())
				require.False(t, c.Done())
				return body{content: string(content), err: e, off: o.size + c.ErrorOff()}
			}
			require.LessOrEqual(t, n, len(b))
			require.Equal(t, len(data), cap(data), "data is not capped")
			require.LessOrEqual(t, len(data), n)
			if len(data) > 0 {
				require.Same(t, &b[n-1], &data[len(data)-1], "data is not the end of what was consumed")
			}
			content = append(content, data...)
			o.size += n
			if c.Done() {
				o.done, o.content = true, string(content)
				o.trailers = seeFields(c.Trailers(b))
				_, n, e = c.Next(b)
				require.Zero(t, n)
				require.Zero(t, e)
				require.Zero(t, c.End())
				require.Zero(t, c.Left())
				return o
			}
			require.Zero(t, c.Trailers(b).Len(), "trailers before the end")
			if len(in) < 600 {
				require.Equal(t, in[o.size-n:size], string(b), "octets were changed")
			}
			if n == 0 {
				break
			}
		}
	}
	o.content = string(content)
	return o
}

// decodeEveryWay decodes in whole, cut at every position (of a long one at some), and octet by octet, and requires the
// same outcome each time.
func decodeEveryWay(t testing.TB, start newContent, in string) body {
	t.Helper()
	want := decode(t, start, in)
	all := make([]int, len(in))
	for i := range all {
		all[i] = i
		if len(in) < 600 || i < 40 || i > len(in)-40 || i%997 == 0 || i > want.off-5 && i < want.off+5 {
			require.Equal(t, want, decode(t, start, in, i), "cut at %d", i)
		}
	}
	require.Equal(t, want, decode(t, start, in, all...), "octet by octet")
	if want.err != 0 && want.off < len(in) {
		early := decode(t, start, in[:want.off+1])
		require.Equal(t, want, early, "not known after %d octets", want.off+1)
		if want.off > 0 {
			require.Zero(t, decode(t, start, in[:want.off]).err, "known before")
		}
	}
	return want
}

func TestContentLength(t *testing.T) {
	for _, c := range []struct {
		name  string
		start newContent
		in    string
		want  body
		end   Error // when the peer ends here; 0 if the content is complete
	}{
		{"none", bodies(FramingNone, 0, 10), "GET /", body{done: true}, 0},
		{"none with limit 0", bodies(FramingNone, 0, 0), "", body{done: true}, 0},
		{"size 0", bodies(FramingLength, 0, 0), "GET /", body{done: true}, 0},
		{"exact", bodies(FramingLength, 5, -1), "hello", body{content: "hello", size: 5, done: true}, 0},
		{"more behind", bodies(FramingLength, 5, 5), "helloGET /", body{content: "hello", size: 5, done: true}, 0},
		{"not all there", bodies(FramingLength, 5, 5), "hell", body{content: "hell", size: 4}, Truncated},
		{"nothing there", bodies(FramingLength, 5, 5), "", body{}, Truncated},
		{"beyond the limit", bodies(FramingLength, 6, 5), "hello!", body{err: ContentTooLarge}, ContentTooLarge},
		{"beyond the limit 0", bodies(FramingLength, 1, 0), "", body{err: ContentTooLarge}, ContentTooLarge},
		{"huge without limit", bodies(FramingLength, math.MaxInt64, -1), "hello", body{content: "hello", size: 5}, Truncated},
		{"close", bodies(FramingClose, -1, -1), "hello", body{content: "hello", size: 5}, 0},
		{"close, nothing", bodies(FramingClose, -1, 0), "", body{}, 0},
		{"close, at the limit", bodies(FramingClose, -1, 5), "hello", body{content: "hello", size: 5}, 0},
		{"close, beyond the limit", bodies(FramingClose, -1, 5), "hello!", body{content: "hello", err: ContentTooLarge, off: 5}, ContentTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, decodeEveryWay(t, c.start, c.in))
			d := c.start()
			for b := []byte(c.in); ; {
				_, n, e := d.Next(b)
				if b = b[n:]; n == 0 || e != 0 {
					break
				}
			}
			require.Equal(t, c.end, d.End())
			require.Equal(t, c.end == 0, d.Done(), "after End")
		})
	}
}

func TestContentState(t *testing.T) {
	var c Content
	c.Reset(FramingLength, 5, 10)
	require.False(t, c.Done())
	require.EqualValues(t, 5, c.Left())
	data, n, e := c.Next([]byte("he"))
	require.Equal(t, "he", string(data))
	require.Equal(t, 2, n)
	require.Zero(t, e)
	require.EqualValues(t, 3, c.Left())
	require.Zero(t, c.Trailers(nil).Len())

	c.Reset(FramingChunked, -1, 10)
	require.EqualValues(t, -1, c.Left())
	c.Reset(FramingClose, -1, 10)
	require.EqualValues(t, -1, c.Left())
	require.Zero(t, c.End())
	require.True(t, c.Done())
	c.Reset(FramingNone, 0, 10)
	require.True(t, c.Done())
	require.Zero(t, c.Left())

	// A refusal and a trailer section leave nothing behind for the next message.
	c.Reset(FramingChunked, -1, 10)
	_, _, e = c.Next([]byte("x"))
	require.Equal(t, ChunkSizeSyntax, e)
	require.Zero(t, c.Trailers(nil).Len())
	c.Reset(FramingChunked, -1, 10)
	require.Zero(t, c.ErrorOff())
	require.Equal(t, body{content: "ab", size: 18, done: true, trailers: "\"x\": \"y\"\n"}, decode(t, func() *Content { return &c }, "2\r\nab\r\n0\r\nX: y\r\n\r\n"+"more"))
}
