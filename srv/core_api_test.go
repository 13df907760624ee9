package srv

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/hdr"
	"barewire/parser"
	"barewire/writer"
)

// serveOne runs one request through the core, and returns what comes back without its Date.
func serveOne(t *testing.T, in string, h HandlerFunc) string {
	t.Helper()
	route := &Route{Name: "/one", Handler: h}
	s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
	return undated(t, string(newFakePort(t, []byte(in)).run(s).out))
}

func TestRequest(t *testing.T) {
	tests := []struct {
		in                               string
		id                               parser.Method
		form                             parser.Form
		method, target, path, query, url string // url is Host
		minor                            int
	}{
		{"GET /a%20/../b?c=d&e HTTP/1.1\r\nHost: h:80\r\n\r\n", parser.MethodGet, parser.OriginForm, "GET", "/a%20/../b?c=d&e", "/a%20/../b", "c=d&e", "h:80", 1},
		{"PUT http://other/x? HTTP/1.1\r\nHost: h\r\n\r\n", parser.MethodPut, parser.AbsoluteForm, "PUT", "http://other/x?", "/x", "", "other", 1},
		{"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", parser.MethodOptions, parser.AsteriskForm, "OPTIONS", "*", "*", "", "h", 1},
		{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", parser.MethodConnect, parser.AuthorityForm, "CONNECT", "a:1", "a:1", "", "a:1", 1},
		{"BREW /pot HTTP/1.0\r\n\r\n", 0, parser.OriginForm, "BREW", "/pot", "/pot", "", "", 0},
	}
	for _, test := range tests {
		serveOne(t, test.in, func(w *Response, r *Request) {
			assert.Equal(t, test.id, r.MethodID())
			assert.Equal(t, test.form, r.Form())
			assert.Equal(t, test.minor, r.Minor())
			for want, got := range map[string][]byte{
				"method " + test.method: r.Method(), "target " + test.target: r.Target(), "path " + test.path: r.Path(),
				"query " + test.query: r.Query(), "host " + test.url: r.Host(),
			} {
				_, want, _ := strings.Cut(want, " ")
				assert.Equal(t, want, string(got), test.in)
				assert.Equal(t, len(got), cap(got), "an append must not reach what follows")
			}
			assert.Equal(t, "192.0.2.7:49152", r.Remote().String())
			assert.Nil(t, r.Param("none"))
			assert.Nil(t, r.Rest())
			assert.Nil(t, r.Field("None"))
		})
	}
}

func TestQueryValue(t *testing.T) {
	for target, want := range map[string]any{
		"/?a=1": "1", "/?b=2&a=1": "1", "/?a=1&a=2": "1", "/?a": "", "/?a=": "", "/?a=b=c": "b=c", "/?&&a=1&": "1", "/?a=%20+": "%20+",
		"/": nil, "/?": nil, "/?b=a": nil, "/?A=1": nil, "/?ab=1": nil, "/?%61=1": nil,
	} {
		serveOne(t, "GET "+target+" HTTP/1.1\r\nHost: a\r\n\r\n", func(w *Response, r *Request) {
			v := r.QueryValue("a")
			if want == nil || want == "" {
				assert.Empty(t, v, target)
				return
			}
			assert.Equal(t, want, string(v), target)
			assert.Equal(t, len(v), cap(v), target)
		})
	}
}

// A Router's captures are found by name. There are at most eight, and none of an earlier request.
func TestCaptures(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "*", "i"}
	route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
		for i, name := range names {
			if string(r.Path()) == "/none" || i >= maxCaptures {
				assert.Nil(t, r.Param(name), name)
				continue
			}
			assert.Equal(t, string(r.Path()[i:i+2]), string(r.Param(name)), name)
			assert.Equal(t, 2, cap(r.Param(name)))
		}
		assert.Equal(t, string(r.Param("*")), string(r.Rest()))
	})}
	s := &Server{Router: routerFunc(func(r *Request) *Route {
		for i, name := range names {
			if string(r.Path()) != "/none" {
				r.Capture(name, i, i+2)
			}
		}
		return route
	})}
	p := newFakePort(t, []byte("GET /0123456789 HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n")).run(s)
	assert.Equal(t, ok("")+ok(""), undated(t, string(p.out)))
}

// The fields of a response can be changed until its head is made, and some are the server's alone.
func TestResponseFields(t *testing.T) {
	out := serveOne(t, followUp, func(w *Response, r *Request) {
		assert.NoError(t, w.Set("A", "1"))
		assert.NoError(t, w.Add("a", "2"))
		assert.NoError(t, w.AddBytes([]byte("A"), []byte("3")))
		assert.NoError(t, w.SetBytes("B", []byte("4")))
		assert.NoError(t, w.Set("C", "5"))
		w.Del("c")
		assert.Equal(t, "1", string(w.Get("A")))
		assert.Nil(t, w.Get("C"))
		for _, name := range []string{"Transfer-Encoding", "trailer", "KEEP-ALIVE", "Proxy-Connection", "Connection"} {
			assert.Equal(t, writer.ErrField, w.Set(name, "x"), name)
			assert.Equal(t, writer.ErrField, w.Add(name, "x"), name)
			assert.Equal(t, writer.ErrField, w.SetBytes(name, []byte("x")), name)
			assert.Equal(t, writer.ErrField, w.AddBytes([]byte(name), []byte("x")), name)
		}
		for _, size := range []string{"", "-1", "+1", "1a", "0x1", " 1", "1 ", "1.0", "1234567890123456789"} {
			assert.Equal(t, hdr.ErrValue, w.Set("Content-Length", size), size)
		}
		for _, bad := range []string{"a\r\nX: y", "a\nb", "a\x00"} {
			assert.Error(t, w.Set("D", bad))
			assert.Error(t, w.Add("D", bad))
			assert.Error(t, w.SetBytes("D", []byte(bad)))
			assert.Error(t, w.AddBytes([]byte(bad), nil))
		}
		assert.False(t, w.Began())
		assert.NoError(t, w.Flush())
		assert.True(t, w.Began())
		assert.Equal(t, ErrBegan, w.Set("E", "6"))
		assert.Equal(t, ErrBegan, w.Add("E", "6"))
		assert.Equal(t, ErrBegan, w.SetBytes("E", nil))
		assert.Equal(t, ErrBegan, w.AddBytes([]byte("E"), nil))
		w.SetStatus(500)
		w.SetSize(1)
		assert.Equal(t, 200, w.Status())
		w.WriteString("hello")
		assert.EqualValues(t, 5, w.Sent())
	})
	assert.Equal(t, answer("200 OK", openChunks("hello")+zero, "A: 1", "a: 2", "A: 3", "B: 4", chunkLine), out)
}

// Codes that are not of a final response are mistakes of the program.
func TestSetStatus(t *testing.T) {
	for code, fine := range map[int]bool{-1: false, 0: false, 99: false, 100: false, 101: false, 199: false, 200: true, 299: true, 599: true, 600: false, 1000: false} {
		serveOne(t, followUp, func(w *Response, r *Request) {
			if fine {
				assert.NotPanics(t, func() { w.SetStatus(code) }, code)
				assert.Equal(t, code, w.Status())
			} else {
				assert.Panics(t, func() { w.SetStatus(code) }, code)
			}
		})
	}
}

// A file that cannot be read is no reason to wait, and no response that looks whole.
func TestSendFileUnreadable(t *testing.T) { eachTCP(t, testSendFileUnreadable) }

func testSendFileUnreadable(t *testing.T, start starter) {
	closed := tempFile(t, 10)
	closed.Close()
	dir, err := os.Open(t.TempDir())
	assert.NoError(t, err)
	defer dir.Close()
	for name, f := range map[string]*os.File{"closed": closed, "directory": dir} {
		out := serveOne(t, followUp, func(w *Response, r *Request) {
			assert.Equal(t, ErrAborted, w.SendFile(f, 0, 5), name)
			_, err := w.WriteString("x")
			assert.Equal(t, ErrAborted, err)
		})
		assert.Equal(t, answer("200 OK", "", "Content-Length: 5"), out, name)

		noLeaks(t)
		failed := make(chan error, 1)
		route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) { failed <- w.SendFile(f, 0, 5) })}
		c := connect(t, start(t, &Server{Router: routerFunc(func(*Request) *Route { return route })}))
		c.send(followUp)
		c.expect(answer("200 OK", "", "Content-Length: 5"))
		c.ends()
		assert.Equal(t, ErrAborted, <-failed, name)
	}
}

// A range that no file has is a mistake of the handler's, and none of it leaves.
func TestSendFileInvalid(t *testing.T) {
	f := tempFile(t, 10)
	for _, r := range [][2]int64{{-1, 5}, {0, -1}, {-1, 0}} {
		out := serveOne(t, followUp, func(w *Response, _ *Request) { assert.Equal(t, os.ErrInvalid, w.SendFile(f, r[0], r[1])) })
		assert.True(t, strings.HasPrefix(out, "HTTP/1.1 500 Internal Server Error\r\n"), out)
	}
}

// Read and WriteTo are an io.Reader and an io.WriterTo as those are meant.
func TestContentReader(t *testing.T) {
	in := post("", "hello world")
	serveOne(t, in, func(w *Response, r *Request) {
		n, err := r.Content().Read(nil)
		assert.Zero(t, n)
		assert.NoError(t, err)
		n64, err := r.Content().WriteTo(&failingWriter{after: 4})
		assert.EqualValues(t, 4, n64)
		assert.Equal(t, errInjected, err)
	})
	serveOne(t, in, func(w *Response, r *Request) {
		b := make([]byte, 100)
		n, err := r.Content().Read(b)
		assert.Equal(t, "hello world", string(b[:n]))
		assert.NoError(t, err)
		for range 3 {
			n, err = r.Content().Read(b)
			assert.Zero(t, n)
			assert.True(t, err == io.EOF)
		}
		n64, err := r.Content().WriteTo(w)
		assert.Zero(t, n64)
		assert.NoError(t, err)
	})
}

// failingWriter takes so many octets and no more.
type failingWriter struct{ after int }

func (f *failingWriter) Write(p []byte) (int, error) { return min(f.after, len(p)), errInjected }
