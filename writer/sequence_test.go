package writer_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
	"barewire/writer"
)

// sequence makes calls on one Response as its input says, sensible or not. It keeps what left, and what a recipient should
// make of it.
type sequence struct {
	t        *testing.T
	in       []byte
	w        writer.Response
	method   string
	minor    int
	out      []byte
	interims []int
	head     writer.Head
	content  []byte // of a GET
	owed     int64  // octets of an open span, which the caller has yet to send
	trailers *hdr.Set
}

func (q *sequence) next() byte {
	if len(q.in) == 0 {
		return 0
	}
	c := q.in[0]
	q.in = q.in[1:]
	return c
}

// text takes up to the next 0xfe.
func (q *sequence) text() []byte {
	text, rest, _ := bytes.Cut(q.in, []byte{0xfe})
	q.in = rest
	return text
}

// fields takes up to three lines. What hdr refuses, or what net/http makes something else of, is left out.
func (q *sequence) fields() *hdr.Set {
	s := new(hdr.Set)
	for range q.next() % 4 {
		switch c := q.next(); c % 3 {
		case 0: // any well-known name, most of all those that must not pass
			require.NoError(q.t, s.Add(hdr.ID(1+c%byte(hdr.IDCount-1)).String(), "1"))
		case 1:
			_ = s.AddBytes(append([]byte("X-"), q.text()...), q.text())
		case 2:
			_ = s.Add(string(q.text()), string(q.text()))
		}
	}
	return s
}

// keep takes over the outcome of a call. A refused one must have changed nothing.
func (q *sequence) keep(before writer.Response, out []byte, err error) bool {
	if err != nil {
		require.IsType(q.t, writer.ErrState, err)
		require.Equal(q.t, before, q.w)
		require.Equal(q.t, len(q.out), len(out))
		return false
	}
	require.True(q.t, bytes.HasPrefix(out, q.out))
	q.out = out
	return true
}

func (q *sequence) step() {
	before := q.w
	switch op := q.next(); op % 8 {
	case 0:
		code, fields := int(op)/8*7+90, q.fields()
		out, err := q.w.Interim(q.out, code, fields)
		if q.keep(before, out, err) && q.minor > 0 {
			q.interims = append(q.interims, code)
		}
	case 1, 2:
		h := writer.Head{Status: int(q.next())*4 + int(q.next()%4), Fields: q.fields(), Size: int64(q.next()) - 32, Close: op&8 != 0}
		if op&16 != 0 {
			h.Status = []int{200, 204, 205, 304, 206, 404, 500, 599}[h.Status%8]
		}
		if op&32 != 0 {
			h.Reason = string(q.text())
		}
		if op&64 != 0 {
			h.Trailer = q.text()
		}
		if op&128 != 0 {
			h.Date = []byte("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
			h.Date[6+int(q.next())%31] = q.next()
		}
		out, err := q.w.Begin(q.out, &h)
		if q.keep(before, out, err) {
			q.head = h
		}
	case 3, 4:
		p := q.text()
		if out, err := q.w.Content(q.out, p); q.keep(before, out, err) {
			q.content = append(q.content, p...)
		}
	case 5:
		n := int64(q.next()) - 3
		if out, err := q.w.Span(q.out, n); q.keep(before, out, err) {
			q.owed = n
			q.content = append(q.content, bytes.Repeat([]byte("s"), int(n))...)
		}
	case 6:
		if q.owed > 0 && q.w.HasContent() {
			q.out = append(q.out, bytes.Repeat([]byte("s"), int(q.owed))...)
		}
		q.owed = 0
		out, err := q.w.EndSpan(q.out)
		q.keep(before, out, err)
	case 7:
		trailers := q.fields()
		if out, err := q.w.End(q.out, trailers); q.keep(before, out, err) {
			q.trailers = trailers
		}
	}
}

// check completes a copy of what left so far, in the plainest way, and has net/http read it: if that finds one whole
// response with the right content, what left so far is the beginning of one.
func (q *sequence) check() {
	c := *q
	c.out = bytes.Clone(q.out)
	c.content = bytes.Clone(q.content)
	if !c.w.Began() {
		c.head = writer.Head{Status: 200, Size: 3}
		c.must(c.w.Begin(c.out, &c.head))
	}
	if c.owed > 0 && c.w.HasContent() {
		c.out = append(c.out, bytes.Repeat([]byte("s"), int(c.owed))...)
	}
	if out, err := c.w.EndSpan(c.out); err == nil {
		c.out = out
	}
	if left := c.w.Left(); left > 0 && !c.w.Done() && c.method != "HEAD" {
		rest := bytes.Repeat([]byte("r"), int(left))
		c.must(c.w.Content(c.out, rest))
		c.content = append(c.content, rest...)
	}
	if !c.w.Done() {
		c.must(c.w.End(c.out, nil))
	}
	c.compare()
}

func (q *sequence) must(out []byte, err error) {
	require.NoError(q.t, err)
	q.out = out
}

func (q *sequence) compare() {
	t := q.t
	requireFraming(t, q.out)
	raw, next := q.out, ""
	if q.w.Framing() != writer.FramingClose || q.method == "HEAD" {
		next = "HTTP/1.1 200 next"
		raw = append(bytes.Clone(raw), next...)
	}
	m := reread(t, raw, q.method)
	require.Equal(t, next, m.rest, "%q", q.out)
	require.Len(t, m.interims, len(q.interims))
	for i, code := range q.interims {
		require.Equal(t, code, m.interims[i].StatusCode)
	}
	require.Equal(t, q.head.Status, m.StatusCode)
	reason := q.head.Reason
	if reason == "" {
		reason = writer.StatusText(q.head.Status)
	}
	require.Equal(t, textproto.TrimString(reason), textproto.TrimString(m.Status[3:]))
	require.Equal(t, m.Close, !q.w.Persistent())
	require.Equal(t, int64(len(q.content)), q.w.Sent())
	if q.w.HasContent() {
		require.Equal(t, string(q.content), m.body)
	} else {
		require.Empty(t, m.body)
	}
	requireFields(t, q.head.Fields, m.Header)
	if q.w.Framing() == writer.FramingChunked && q.method != "HEAD" {
		requireFields(t, q.trailers, m.Trailer)
	}
}

// requireFields checks that every line of s has arrived, in order.
func requireFields(t *testing.T, s *hdr.Set, got http.Header) {
	t.Helper()
	if s == nil {
		return
	}
	want := http.Header{}
	for name, value := range s.All() {
		want.Add(textproto.CanonicalMIMEHeaderKey(string(name)), string(value))
	}
	for name, values := range want {
		require.Equal(t, values, got[name], name)
	}
}

// run makes at most 24 calls and checks after each.
func run(t *testing.T, in []byte) *sequence {
	q := &sequence{t: t, in: in}
	request := q.next()
	q.method = []string{"GET", "HEAD"}[request&1]
	q.minor = int(request >> 1 & 1)
	q.w.Reset(q.method == "HEAD", q.minor)
	q.check()
	for range 24 {
		if len(q.in) == 0 {
			break
		}
		q.step()
		q.check()
	}
	return q
}

// Random calls, most of them sensible and in a sensible order.
func TestSequences(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	ended := map[writer.Framing]int{}
	for range 4000 {
		var in strings.Builder
		in.WriteByte(byte(r.Uint32()))
		in.WriteString(pick("", "", "\x10\x00", "\x10\x01\x01link\xfea\xfe"))
		in.WriteString(pick("\x12\x00\x00\x00\x25", "\x12\x00\x00\x00\x00", "\x12\x00\x00\x00\x00",
			"\x1a\x00\x00\x01\x01a\xfeb\xfe\x00", "\x12\x00\x01\x00\x20", "\x12\x00\x02\x00\x20", "\x12\x00\x03\x00\x28",
			"\x52\x00\x00\x00\x00etag\xfe", ""))
		for range r.IntN(8) {
			in.WriteString(pick("\x03abcde\xfe", "\x03\xfe", "\x05\x08\x06", "\x05\x07\x06", "\x06", "\x03a\xfe", "\x07\x01\x00\x10",
				"\x12\x00\x00\x00\x25", string(rune(r.IntN(128)))))
		}
		in.WriteString(pick("\x07\x00", "\x07\x01\x01a\xfeb\xfe", "\x07\x01\x00\x17", ""))
		if q := run(t, []byte(in.String())); q.w.Done() {
			ended[q.w.Framing()]++
		}
	}
	for framing := writer.FramingNone; framing <= writer.FramingClose; framing++ {
		require.Greater(t, ended[framing], 200, "sequences come to an end in every framing")
	}
}

// FuzzResponse decodes octets to a request and calls on the Response to it; whatever is called, what leaves is the
// beginning of one well-formed response.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("\x02\x12\x00\x00\x00\x25\x03hello\xfe\x07\x00"))         // Content-Length
	f.Add([]byte("\x02\x12\x00\x00\x00\x00\x03hello\xfe\x05\x08\x06\x07")) // chunked with a span
	f.Add([]byte("\x00\x12\x00\x00\x00\x00\x03hello\xfe\x07"))             // close-delimited
	f.Add([]byte("\x03\x52\x00\x00\x01\x02a\xfeb\xfe\x00etag\xfe\x03hello\xfe\x07\x01\x01c\xfed\xfe"))
	f.Add([]byte("\x02\x50\x00\x10\x00\x12\x01\x00\x00\x20\x03x\xfe\x07"))
	f.Add([]byte("\x02\x92\x00\x00\x00\x21\x08\x41\x07"))
	f.Fuzz(func(t *testing.T, in []byte) { run(t, in) })
}
