package writer_test

import (
	"bytes"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
	"barewire/writer"
)

const dateLine = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

// set makes a Set of "Name: value" lines.
func set(t testing.TB, lines ...string) *hdr.Set {
	t.Helper()
	s := new(hdr.Set)
	for _, line := range lines {
		require.NoError(t, s.Parse([]byte(line+"\r\n")), line)
	}
	return s
}

// to makes the Response to a request, such as "GET 1.1".
func to(request string) (w writer.Response, method string) {
	method, version, _ := strings.Cut(request, " 1.")
	w.Reset(method == "HEAD", int(version[0]-'0'))
	return w, method
}

// answer renders a whole response whose content comes in pieces.
func answer(t *testing.T, w *writer.Response, h writer.Head, trailers *hdr.Set, pieces ...string) []byte {
	t.Helper()
	out, err := w.Begin(nil, &h)
	require.NoError(t, err)
	for _, p := range pieces {
		out, err = w.Content(out, []byte(p))
		require.NoError(t, err)
	}
	out, err = w.End(out, trailers)
	require.NoError(t, err)
	return out
}

func TestResponse(t *testing.T) {
	const (
		getTwo   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
		chunked  = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		keepHead = "Connection: keep-alive\r\n\r\n"
	)
	hello := []string{"hel", "", "lo"}
	tests := []struct {
		name, request string
		head          writer.Head
		content       []string
		trailers      *hdr.Set
		want          string
		framing       writer.Framing
		closes        bool
	}{
		{"size known", "GET 1.1", writer.Head{Status: 200, Size: 2}, []string{"hi"}, nil,
			getTwo, writer.FramingLength, false},
		{"size known, to 1.0", "GET 1.0", writer.Head{Status: 200, Size: 2}, []string{"hi"}, nil,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + keepHead + "hi", writer.FramingLength, false},
		{"size zero", "GET 1.1", writer.Head{Status: 404}, nil, nil,
			"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},
		{"size not known", "GET 1.1", writer.Head{Status: 200, Size: -1}, hello, nil,
			chunked + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", writer.FramingChunked, false},
		{"size not known, nothing comes", "GET 1.1", writer.Head{Status: 200, Size: -1}, nil, nil,
			chunked + "0\r\n\r\n", writer.FramingChunked, false},
		{"size not known, to 1.0", "GET 1.0", writer.Head{Status: 200, Size: -1}, hello, nil,
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", writer.FramingClose, true},
		{"any negative size", "GET 1.1", writer.Head{Status: 200, Size: math.MinInt64}, nil, nil,
			chunked + "0\r\n\r\n", writer.FramingChunked, false},
		{"minor versions to come", "GET 1.9", writer.Head{Status: 200, Size: -1}, nil, nil,
			chunked + "0\r\n\r\n", writer.FramingChunked, false},
		{"large chunk", "GET 1.1", writer.Head{Status: 200, Size: -1}, []string{strings.Repeat("x", 0x1abc)}, nil,
			chunked + "1abc\r\n" + strings.Repeat("x", 0x1abc) + "\r\n0\r\n\r\n", writer.FramingChunked, false},

		{"HEAD, size known", "HEAD 1.1", writer.Head{Status: 200, Size: 2}, nil, nil,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", writer.FramingLength, false},
		{"HEAD, content is counted", "HEAD 1.1", writer.Head{Status: 200, Size: 2}, []string{"hi"}, nil,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", writer.FramingLength, false},
		{"HEAD, size not known", "HEAD 1.1", writer.Head{Status: 200, Size: -1, Trailer: []byte("ETag")}, hello, set(t, `ETag: "a"`),
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n", writer.FramingChunked, false},
		{"HEAD, size not known, to 1.0", "HEAD 1.0", writer.Head{Status: 200, Size: -1}, hello, nil,
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", writer.FramingClose, true},

		{"204", "GET 1.1", writer.Head{Status: 204, Size: 0}, nil, nil,
			"HTTP/1.1 204 No Content\r\n\r\n", writer.FramingNone, false},
		{"204, whatever the size", "GET 1.1", writer.Head{Status: 204, Size: 7}, []string{""}, set(t, "ETag: a"),
			"HTTP/1.1 204 No Content\r\n\r\n", writer.FramingNone, false},
		{"204, size not known, to 1.0", "GET 1.0", writer.Head{Status: 204, Size: -1}, nil, nil,
			"HTTP/1.1 204 No Content\r\n" + keepHead, writer.FramingNone, false},
		{"205", "GET 1.1", writer.Head{Status: 205, Size: -1}, nil, nil,
			"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},
		{"205, whatever the size", "HEAD 1.0", writer.Head{Status: 205, Size: 7}, nil, nil,
			"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n" + keepHead, writer.FramingLength, false},
		{"304, size known", "GET 1.1", writer.Head{Status: 304, Size: 700}, nil, nil,
			"HTTP/1.1 304 Not Modified\r\nContent-Length: 700\r\n\r\n", writer.FramingNone, false},
		{"304, size not known", "GET 1.1", writer.Head{Status: 304, Size: -1}, nil, nil,
			"HTTP/1.1 304 Not Modified\r\n\r\n", writer.FramingNone, false},
		{"304 to HEAD", "HEAD 1.0", writer.Head{Status: 304, Size: 0}, nil, nil,
			"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n" + keepHead, writer.FramingNone, false},

		{"close", "GET 1.1", writer.Head{Status: 200, Size: 2, Close: true}, []string{"hi"}, nil,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", writer.FramingLength, true},
		{"close, chunked", "GET 1.1", writer.Head{Status: 200, Size: -1, Close: true}, []string{"hi"}, nil,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n", writer.FramingChunked, true},
		{"close, to 1.0", "GET 1.0", writer.Head{Status: 204, Close: true}, nil, nil,
			"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", writer.FramingNone, true},
		{"upgrade", "GET 1.1", writer.Head{Status: 426, Fields: set(t, "Upgrade: h2c")}, nil, nil,
			"HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 0\r\nConnection: upgrade\r\n\r\n", writer.FramingLength, false},
		{"upgrade and close", "GET 1.1", writer.Head{Status: 426, Close: true, Fields: set(t, "upgrade: h2c")}, nil, nil,
			"HTTP/1.1 426 Upgrade Required\r\nupgrade: h2c\r\nContent-Length: 0\r\nConnection: close, upgrade\r\n\r\n", writer.FramingLength, true},
		{"upgrade, to 1.0", "GET 1.0", writer.Head{Status: 426, Fields: set(t, "Upgrade: h2c")}, nil, nil,
			"HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 0\r\nConnection: keep-alive, upgrade\r\n\r\n",
			writer.FramingLength, false},

		{"fields and date", "GET 1.1", writer.Head{Status: 200, Date: []byte(dateLine), Fields: set(t, "Server: b", "Via: a", "via: c")}, nil, nil,
			"HTTP/1.1 200 OK\r\n" + dateLine + "Server: b\r\nVia: a\r\nvia: c\r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},
		{"a Date among the fields wins", "GET 1.1", writer.Head{Status: 200, Date: []byte(dateLine), Fields: set(t, "date: today")}, nil, nil,
			"HTTP/1.1 200 OK\r\ndate: today\r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},
		{"empty fields", "GET 1.1", writer.Head{Status: 200, Fields: new(hdr.Set)}, nil, nil,
			"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},
		{"reason", "GET 1.1", writer.Head{Status: 200, Reason: "Fine \xfc"}, nil, nil,
			"HTTP/1.1 200 Fine \xfc\r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},
		{"unregistered status", "GET 1.1", writer.Head{Status: 599}, nil, nil,
			"HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n", writer.FramingLength, false},

		{"trailers", "GET 1.1", writer.Head{Status: 200, Size: -1, Trailer: []byte("ETag, X-Sum")}, []string{"hi"}, set(t, `ETag: "a"`, "X-Sum: 2"),
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag, X-Sum\r\n\r\n2\r\nhi\r\n0\r\nETag: \"a\"\r\nX-Sum: 2\r\n\r\n",
			writer.FramingChunked, false},
		{"trailers that nobody announced", "GET 1.1", writer.Head{Status: 200, Size: -1}, nil, set(t, "X-Sum: 0"),
			chunked + "0\r\nX-Sum: 0\r\n\r\n", writer.FramingChunked, false},
		{"empty trailers", "GET 1.1", writer.Head{Status: 200, Size: -1}, nil, new(hdr.Set),
			chunked + "0\r\n\r\n", writer.FramingChunked, false},
		{"no trailers after Content-Length", "GET 1.1", writer.Head{Status: 200, Size: 2, Trailer: []byte("X-Sum")}, []string{"hi"}, set(t, "X-Sum: 2"),
			getTwo, writer.FramingLength, false},
		{"no trailers to 1.0", "GET 1.0", writer.Head{Status: 200, Size: -1, Trailer: []byte("X-Sum")}, []string{"hi"}, set(t, "X-Sum: 2"),
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi", writer.FramingClose, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, method := to(tt.request)
			out := answer(t, &w, tt.head, tt.trailers, tt.content...)
			assert.Equal(t, tt.want, string(out))
			assert.Equal(t, tt.framing, w.Framing())
			assert.Equal(t, !tt.closes, w.Persistent())
			assert.True(t, w.Done())
			content := strings.Join(tt.content, "")
			assert.Equal(t, int64(len(content)), w.Sent())

			requireFraming(t, out)
			if method == "HEAD" {
				content = ""
			}
			const next = "HTTP/1.1 200 the next response"
			if tt.framing == writer.FramingClose && method != "HEAD" {
				assert.Equal(t, content, reread(t, out, method).body)
				return
			}
			m := reread(t, append(out, next...), method)
			assert.Equal(t, content, m.body)
			assert.Equal(t, next, m.rest, "the response ends where the next one starts")
			assert.Equal(t, tt.head.Status, m.StatusCode)
			assert.Equal(t, tt.closes, m.Close)
			if tt.trailers != nil && tt.framing == writer.FramingChunked && method != "HEAD" {
				for name, value := range tt.trailers.All() {
					assert.Equal(t, string(value), m.Trailer.Get(string(name)))
				}
			}
		})
	}
}

func TestBeginErrors(t *testing.T) {
	field := func(line string) writer.Head { return writer.Head{Status: 200, Fields: set(t, "Server: a", line)} }
	trailer := func(list string) writer.Head { return writer.Head{Status: 200, Size: -1, Trailer: []byte(list)} }
	date := func(line string) writer.Head { return writer.Head{Status: 200, Date: []byte(line)} }
	tests := []struct {
		name string
		head writer.Head
		want error
	}{
		{"no status", writer.Head{}, writer.ErrStatus},
		{"interim status", writer.Head{Status: 199}, writer.ErrStatus},
		{"101", writer.Head{Status: 101}, writer.ErrStatus},
		{"status of four digits", writer.Head{Status: 1000}, writer.ErrStatus},
		{"negative status", writer.Head{Status: -200}, writer.ErrStatus},
		{"CRLF in the reason", writer.Head{Status: 200, Reason: "OK\r\nInjected: 1"}, writer.ErrStatus},
		{"NUL in the reason", writer.Head{Status: 200, Reason: "\x00"}, writer.ErrStatus},
		{"status before field", writer.Head{Status: 1, Fields: set(t, "Connection: a")}, writer.ErrStatus},
		{"Content-Length", field("content-length: 5"), writer.ErrField},
		{"Transfer-Encoding", field("Transfer-Encoding: chunked"), writer.ErrField},
		{"Connection", field("CONNECTION: close"), writer.ErrField},
		{"Keep-Alive", field("Keep-Alive: timeout=5"), writer.ErrField},
		{"Proxy-Connection", field("Proxy-Connection: close"), writer.ErrField},
		{"Trailer", field("Trailer: ETag"), writer.ErrField},
		{"CRLF in the announcement", trailer("ETag\r\nInjected: 1"), writer.ErrField},
		{"forbidden name announced", trailer("ETag, content-length"), writer.ErrField},
		{"empty name announced", trailer("ETag,"), writer.ErrField},
		{"no name announced", trailer("a b"), writer.ErrField},
		{"announcement is checked though not sent", writer.Head{Status: 200, Size: 0, Trailer: []byte("\n")}, writer.ErrField},
		{"short date", date("Date: today\r\n"), writer.ErrField},
		{"date without a name", date("Sun, 06 Nov 1994 08:49:37 GMT"), writer.ErrField},
		{"date of another name", date("Data: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), writer.ErrField},
		{"date without CRLF", date("Date: Sun, 06 Nov 1994 08:49:37 GMT. "), writer.ErrField},
		{"two dates", date(dateLine + dateLine), writer.ErrField},
	}
	for _, tt := range tests {
		for _, request := range []string{"GET 1.1", "GET 1.0", "HEAD 1.1"} {
			t.Run(tt.name+" "+request, func(t *testing.T) {
				w, _ := to(request)
				before := w
				out, err := w.Begin([]byte("kept"), &tt.head)
				assert.Equal(t, tt.want, err)
				assert.Equal(t, "kept", string(out))
				assert.Equal(t, before, w)
			})
		}
	}
}

// A Date line is trusted by no more than its looks: with any other octet than visible ones and SP in its value it is refused.
func TestBeginDateOctets(t *testing.T) {
	value := len("Date: ")
	for i := value; i < len(dateLine)-2; i++ {
		for c := range 256 {
			line := []byte(dateLine)
			line[i] = byte(c)
			var want error
			if c < 0x20 || c > 0x7e {
				want = writer.ErrField
			}
			w, _ := to("GET 1.1")
			_, err := w.Begin(nil, &writer.Head{Status: 200, Date: line})
			require.Equal(t, want, err, "%q", line)
		}
	}
}

func TestInterim(t *testing.T) {
	w, _ := to("GET 1.1")
	out, err := w.Interim(nil, 100, nil)
	require.NoError(t, err)
	out, err = w.Interim(out, 103, set(t, "Link: </style.css>; rel=preload", "Date: today"))
	require.NoError(t, err)
	out, err = w.Interim(out, 199, new(hdr.Set))
	require.NoError(t, err)
	assert.False(t, w.Began())
	assert.Equal(t, "HTTP/1.1 100 Continue\r\n\r\n"+
		"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nDate: today\r\n\r\n"+
		"HTTP/1.1 199 \r\n\r\n", string(out))
	out = append(out, answer(t, &w, writer.Head{Status: 200, Size: 2}, nil, "hi")...)
	m := reread(t, out, "GET")
	require.Len(t, m.interims, 3)
	assert.Equal(t, "</style.css>; rel=preload", m.interims[1].Header.Get("Link"))
	assert.Equal(t, "hi", m.body)

	got, err := w.Interim(out, 100, nil)
	assert.Equal(t, writer.ErrState, err, "after the response")
	assert.Equal(t, out, got)
}

func TestInterimErrors(t *testing.T) {
	tests := []struct {
		name   string
		code   int
		fields *hdr.Set
		want   error
	}{
		{"101", 101, nil, writer.ErrStatus},
		{"final", 200, nil, writer.ErrStatus},
		{"too small", 99, nil, writer.ErrStatus},
		{"negative", -100, nil, writer.ErrStatus},
		{"Content-Length", 103, set(t, "Content-Length: 0"), writer.ErrField},
		{"Transfer-Encoding", 103, set(t, "Transfer-Encoding: chunked"), writer.ErrField},
		{"Connection", 103, set(t, "Connection: close"), writer.ErrField},
		{"Upgrade", 103, set(t, "Upgrade: h2c"), writer.ErrField},
		{"Trailer", 103, set(t, "Trailer: ETag"), writer.ErrField},
	}
	for _, tt := range tests {
		for _, request := range []string{"GET 1.1", "GET 1.0"} {
			t.Run(tt.name+" "+request, func(t *testing.T) {
				w, _ := to(request)
				before := w
				out, err := w.Interim([]byte("kept"), tt.code, tt.fields)
				assert.Equal(t, tt.want, err)
				assert.Equal(t, "kept", string(out))
				assert.Equal(t, before, w)
			})
		}
	}
	w, _ := to("GET 1.0")
	out, err := w.Interim([]byte("kept"), 103, set(t, "Link: a"))
	assert.NoError(t, err)
	assert.Equal(t, "kept", string(out), "HTTP/1.0 knows no interim responses")
}

// Every call in every state but its own says ErrState.
func TestStates(t *testing.T) {
	calls := map[string]func(w *writer.Response) ([]byte, error){
		"Interim": func(w *writer.Response) ([]byte, error) { return w.Interim(nil, 100, nil) },
		"Begin":   func(w *writer.Response) ([]byte, error) { return w.Begin(nil, &writer.Head{Status: 200, Size: 9}) },
		"Content": func(w *writer.Response) ([]byte, error) { return w.Content(nil, []byte("a")) },
		"nothing": func(w *writer.Response) ([]byte, error) { return w.Content(nil, nil) },
		"Span":    func(w *writer.Response) ([]byte, error) { return w.Span(nil, 1) },
		"no Span": func(w *writer.Response) ([]byte, error) { return w.Span(nil, 0) },
		"EndSpan": func(w *writer.Response) ([]byte, error) { return w.EndSpan(nil) },
		"End":     func(w *writer.Response) ([]byte, error) { return w.End(nil, set(t, "Host: a")) },
	}
	begun, _ := to("GET 1.1")
	_, err := begun.Begin(nil, &writer.Head{Status: 200, Size: -1})
	require.NoError(t, err)
	inSpan := begun
	_, err = inSpan.Span(nil, 1)
	require.NoError(t, err)
	ended := begun
	_, err = ended.End(nil, nil)
	require.NoError(t, err)
	idle, _ := to("GET 1.1")

	for state, tt := range map[string]struct {
		w       writer.Response
		allowed []string
	}{
		"idle":    {idle, []string{"Interim", "Begin"}},
		"content": {begun, []string{"Content", "nothing", "Span", "no Span", "End"}},
		"span":    {inSpan, []string{"EndSpan"}},
		"done":    {ended, nil},
	} {
		for name, call := range calls {
			w := tt.w
			out, err := call(&w)
			if slices.Contains(tt.allowed, name) {
				assert.NotEqual(t, writer.ErrState, err, "%s in %s", name, state)
				continue
			}
			assert.Equal(t, writer.ErrState, err, "%s in %s", name, state)
			assert.Empty(t, out)
			assert.Equal(t, tt.w, w, "%s in %s", name, state)
		}
	}
}

func TestContentSize(t *testing.T) {
	for _, request := range []string{"GET 1.1", "GET 1.0", "HEAD 1.1"} {
		t.Run(request, func(t *testing.T) {
			w, method := to(request)
			assert.Equal(t, int64(-1), w.Left(), "before Begin")
			out, err := w.Begin(nil, &writer.Head{Status: 200, Size: 5})
			require.NoError(t, err)
			head := len(out)
			assert.Equal(t, int64(5), w.Left())
			out, err = w.Content(out, []byte("abc"))
			require.NoError(t, err)
			assert.Equal(t, int64(2), w.Left())

			before := w
			for range 2 {
				got, err := w.Content(out, []byte("def"))
				assert.Equal(t, writer.ErrLong, err)
				assert.Equal(t, out, got)
				got, err = w.Span(out, 3)
				assert.Equal(t, writer.ErrLong, err)
				assert.Equal(t, out, got)
				_, err = w.Span(out, math.MaxInt64)
				assert.Equal(t, writer.ErrLong, err)
			}
			assert.Equal(t, before, w)

			if method == "HEAD" {
				assert.Len(t, out, head)
				_, err = w.End(out, nil)
				assert.NoError(t, err, "HEAD needs no content")
				return
			}
			got, err := w.End(out, nil)
			assert.Equal(t, writer.ErrShort, err)
			assert.Equal(t, out, got)
			assert.Equal(t, before, w)
			out, err = w.Content(out, []byte("de"))
			require.NoError(t, err)
			assert.Zero(t, w.Left())
			assert.Equal(t, int64(5), w.Sent())
			out, err = w.End(out, nil)
			require.NoError(t, err)
			assert.Equal(t, "abcde", string(out[head:]))
		})
	}
}

func TestNoContent(t *testing.T) {
	for _, status := range []int{204, 205, 304} {
		for _, request := range []string{"GET 1.1", "HEAD 1.1", "GET 1.0"} {
			w, _ := to(request)
			out, err := w.Begin(nil, &writer.Head{Status: status, Size: 5})
			require.NoError(t, err)
			before := w
			got, err := w.Content(out, []byte("a"))
			assert.Equal(t, writer.ErrContent, err)
			assert.Equal(t, out, got)
			got, err = w.Span(out, 1)
			assert.Equal(t, writer.ErrContent, err)
			assert.Equal(t, out, got)
			assert.Equal(t, before, w)
			assert.False(t, w.HasContent())
			assert.Zero(t, w.Left())
			_, err = w.End(out, nil)
			assert.NoError(t, err)
		}
	}
}

func TestSpan(t *testing.T) {
	file := strings.Repeat("file", 100)
	for _, tt := range []struct {
		request string
		size    int64
		want    string
		has     bool
	}{
		{"GET 1.1", 402, "a" + file + "b", true},
		{"GET 1.1", -1, "1\r\na\r\n190\r\n" + file + "\r\n1\r\nb\r\n0\r\n\r\n", true},
		{"GET 1.0", -1, "a" + file + "b", true},
		{"HEAD 1.1", 402, "", false},
		{"HEAD 1.1", -1, "", false},
	} {
		t.Run(tt.request, func(t *testing.T) {
			w, method := to(tt.request)
			assert.False(t, w.HasContent(), "not before Begin")
			out, err := w.Begin(nil, &writer.Head{Status: 200, Size: tt.size})
			require.NoError(t, err)
			head := len(out)
			assert.Equal(t, tt.has, w.HasContent())
			out, _ = w.Content(out, []byte("a"))
			for _, n := range []int64{0, -1, math.MinInt64} {
				_, err = w.Span(nil, n)
				assert.Equal(t, writer.ErrSize, err)
			}
			out, err = w.Span(out, int64(len(file)))
			require.NoError(t, err)
			if w.HasContent() {
				out = append(out, file...)
			}
			out, err = w.EndSpan(out)
			require.NoError(t, err)
			assert.Equal(t, int64(401), w.Sent())
			out, _ = w.Content(out, []byte("b"))
			out, err = w.End(out, nil)
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(out[head:]))
			if tt.has {
				assert.Equal(t, "a"+file+"b", reread(t, out, method).body)
			}
		})
	}
}

// The count of unbounded content stops at the largest int64 instead of going round.
func TestSpanHuge(t *testing.T) {
	w, _ := to("GET 1.1")
	_, err := w.Begin(nil, &writer.Head{Status: 200, Size: -1})
	require.NoError(t, err)
	out, err := w.Span(nil, math.MaxInt64-1)
	require.NoError(t, err)
	assert.Equal(t, "7ffffffffffffffe\r\n", string(out))
	_, err = w.EndSpan(nil)
	require.NoError(t, err)
	assert.Equal(t, int64(-1), w.Left())
	_, err = w.Span(nil, 2)
	assert.Equal(t, writer.ErrLong, err)
	_, err = w.Content(nil, []byte("a"))
	assert.NoError(t, err)
	assert.Equal(t, int64(math.MaxInt64), w.Sent())
	_, err = w.End(nil, nil)
	assert.NoError(t, err)
}

func TestEndTrailerErrors(t *testing.T) {
	for _, head := range []writer.Head{{Status: 200, Size: -1}, {Status: 200, Size: 0}, {Status: 204}} {
		for _, line := range []string{"Content-Length: 0", "host: a", "Transfer-Encoding: chunked", "Set-Cookie: a=b", "Date: a", "Trailer: a"} {
			w, _ := to("GET 1.1")
			_, err := w.Begin(nil, &head)
			require.NoError(t, err)
			before := w
			out, err := w.End([]byte("kept"), set(t, "ETag: a", line))
			assert.Equal(t, writer.ErrField, err, line)
			assert.Equal(t, "kept", string(out))
			assert.Equal(t, before, w)
			_, err = w.End(nil, set(t, "ETag: a"))
			assert.NoError(t, err)
		}
	}
}

func TestReset(t *testing.T) {
	var w writer.Response
	assert.False(t, w.Began())
	assert.False(t, w.Done())
	assert.False(t, w.Persistent())
	_, err := w.Begin(nil, &writer.Head{Status: 304, Size: 1, Close: true})
	require.NoError(t, err)
	assert.True(t, w.Began())
	assert.False(t, w.Done())
	_, err = w.End(nil, nil)
	require.NoError(t, err)
	assert.True(t, w.Done())

	w.Reset(false, 1)
	assert.Equal(t, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
		string(answer(t, &w, writer.Head{Status: 200, Size: 1}, nil, "a")), "nothing is left of the response before")
}

// Several responses go into one slice, as for pipelined requests, each rendered behind what is there already.
func TestPipelined(t *testing.T) {
	var out []byte
	var err error
	for i, request := range []string{"GET 1.1", "HEAD 1.1", "GET 1.1", "GET 1.1"} {
		w, _ := to(request)
		out, err = w.Begin(out, &writer.Head{Status: 200, Size: int64(i%2) - 1})
		require.NoError(t, err)
		out, _ = w.Content(out, nil)
		out, err = w.End(out, nil)
		if err != nil {
			out, _ = w.Content(out, []byte("x"))
			out, err = w.End(out, nil)
		}
		require.NoError(t, err)
	}
	for i, method := range []string{"GET", "HEAD", "GET", "GET"} {
		m := reread(t, out, method)
		assert.Equal(t, http.StatusOK, m.StatusCode, i)
		out = []byte(m.rest)
	}
	assert.Empty(t, out)
}

func TestAllocs(t *testing.T) {
	fields, trailers := set(t, "Server: b", "Content-Type: text/plain", "Upgrade: a"), set(t, `ETag: "a"`)
	dst, content := make([]byte, 0, 4<<10), bytes.Repeat([]byte("a"), 300)
	var date writer.Date
	unix, failures := int64(0), 0
	heads := []writer.Head{
		{Status: 200, Fields: fields, Size: 300},
		{Status: 200, Fields: fields, Size: -1, Trailer: []byte("ETag"), Close: true},
		{Status: 299, Reason: "Odd", Fields: fields, Size: 123456789},
		{Status: 1, Fields: fields},
	}
	for _, request := range []string{"GET 1.1", "HEAD 1.1", "GET 1.0"} {
		fresh, _ := to(request)
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			for i := range heads {
				unix++
				w, h := fresh, &heads[i]
				h.Date = date.Line(unix)
				dst, _ = w.Interim(dst[:0], 103, fields)
				dst, _ = w.Interim(dst, 103, trailers)
				dst, _ = w.Begin(dst, h)
				dst, _ = w.Content(dst, content)
				dst, _ = w.Span(dst, 10)
				dst, _ = w.EndSpan(dst)
				var err error
				if dst, err = w.End(dst, trailers); err != nil {
					failures++
				}
			}
		}), request)
	}
	assert.NotZero(t, failures)
}
