package srv

import (
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// An allocCase is a request, or several, on a connection that is kept alive, and the allocations that each time of sending it costs the
// whole process.
type allocCase struct {
	name    string
	route   Route
	handler HandlerFunc
	in      []string // written one after the other, with a moment between them
	early   string   // what of the answer comes before the last of in is written
	want    string   // without Date lines
	most    float64
	server  func(*Server)
}

var helloBytes = []byte("hello")

func hello(w *Response, _ *Request) { w.Write(helloBytes) }

func echoContent(w *Response, r *Request) {
	for {
		p, err := r.Content().Next()
		if err != nil {
			return
		}
		w.Write(p)
	}
}

func sendTrailers(w *Response, r *Request) {
	echoContent(w, r)
	for _, v := range r.Trailers().All() {
		w.Write(v)
	}
	w.Announce("X-Sum", "X-More")
	w.SetTrailer("X-Sum", helloBytes)
}

var allocCases = []allocCase{
	{name: "GET, inline", route: Route{Inline: true}, handler: hello, in: []string{get("")}, want: ok("hello")},
	{name: "GET, may block", handler: hello, in: []string{get("")}, want: ok("hello")},
	{name: "GET, OnDone", handler: hello, in: []string{get("")}, want: ok("hello"), server: func(s *Server) { s.OnDone = func(*Response, *Request) {} }},
	{name: "GET, HTTP/1.0", handler: hello, in: []string{head("GET", "", "1.0", keepLine)}, want: answer("200 OK", "hello", "Content-Length: 5", keepLine)},
	{name: "HEAD", route: Route{Inline: true}, handler: hello, in: []string{head("HEAD", "", "1.1")}, want: answer("200 OK", "", "Content-Length: 5")},
	{name: "batch of 16", route: Route{Inline: true}, handler: hello, in: []string{strings.Repeat(get(""), 16)}, want: strings.Repeat(ok("hello"), 16)},
	{name: "batch of 16, may block", handler: hello, in: []string{strings.Repeat(get(""), 16)}, want: strings.Repeat(ok("hello"), 16)},
	{name: "head in two pieces", handler: hello, in: []string{get("")[:20], get("")[20:]}, want: ok("hello")},
	{name: "head in three pieces", handler: hello, in: []string{get("")[:1], get("")[1:3], get("")[3:]}, want: ok("hello")},

	{name: "404", route: Route{Inline: true}, handler: func(w *Response, _ *Request) { w.SetStatus(404) }, in: []string{get("")},
		want: answer("404 Not Found", "", "Content-Length: 0")},
	{name: "405", route: Route{Inline: true}, handler: func(w *Response, _ *Request) {
		w.SetStatus(405)
		w.Set("Allow", "GET, HEAD")
		w.WriteString("no")
	}, in: []string{head("DELETE", "", "1.1")}, want: answer("405 Method Not Allowed", "no", "Allow: GET, HEAD", "Content-Length: 2")},
	{name: "no Router", server: func(s *Server) { s.Router = nil }, in: []string{get("")}, want: answer("404 Not Found", "", "Content-Length: 0")},

	{name: "Content-Length", handler: echoContent, in: []string{post("", "hello world")}, want: ok("hello world")},
	{name: "Content-Length, in pieces", handler: echoContent, in: []string{head("POST", "", "1.1", "Content-Length: 10"), "hello", "world"}, want: ok("helloworld")},
	{name: "Content-Length, inline", route: Route{Inline: true}, handler: echoContent, in: []string{post("", "hello world")}, want: ok("hello world")},
	{name: "40 KiB", handler: func(w *Response, r *Request) { r.Content().WriteTo(discard{}) }, in: []string{post("", k40)}, want: ok("")},
	{name: "Read", handler: func(w *Response, r *Request) {
		var p [4]byte
		for err := error(nil); err == nil; {
			var n int
			n, err = r.Content().Read(p[:])
			w.Write(p[:n])
		}
	}, in: []string{post("", "hello world")}, want: ok("hello world")},
	{name: "unread content", route: Route{Inline: true}, handler: hello, in: []string{post("", "hello world")}, want: ok("hello")},
	{name: "100 (Continue)", handler: echoContent, in: []string{head("POST", "", "1.1", "Content-Length: 5", "Expect: 100-continue"), "hello"},
		early: "HTTP/1.1 100 Continue\r\n\r\n", want: ok("hello")},
	{name: "chunked in", handler: echoContent, in: []string{send("", "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n")}, want: ok("hello world")},
	{name: "chunked out", handler: func(w *Response, _ *Request) {
		w.Flush()
		w.Write(helloBytes)
		w.Flush()
		w.WriteString("world")
	}, in: []string{get("")}, want: chunked("hello", "world")},
	{name: "40 KiB out", handler: func(w *Response, _ *Request) { w.Write(pattern[:40<<10]) }, in: []string{get("")},
		want: chunked(k40[:16<<10], k40[16<<10:32<<10], k40[32<<10:])},
	{name: "40 KiB out with size", handler: func(w *Response, _ *Request) {
		w.SetSize(40 << 10)
		w.Write(pattern[:40<<10])
	}, in: []string{get("")}, want: ok(k40)},
	{name: "trailers in and out", handler: sendTrailers, in: []string{send("", "5\r\nhello\r\n0\r\nX-In: y\r\n\r\n")},
		want: answer("200 OK", "6\r\nhelloy\r\n0\r\nX-Sum: hello\r\n\r\n", chunkLine, "Trailer: X-Sum, X-More")},
	{name: "interim", handler: func(w *Response, _ *Request) {
		w.Interim(103, hdr.Field{Name: "Link", Value: "</a>"})
	}, in: []string{get("")}, want: answer("103 Early Hints", "", "Link: </a>") + ok("")},
	{name: "file", handler: func(w *Response, _ *Request) { w.SendFile(allocFile, 10, 5) }, in: []string{get("")}, want: ok("abcde")},

	{name: "accessors", handler: func(w *Response, r *Request) {
		w.Write(r.Method())
		w.Write(r.Path())
		w.Write(r.QueryValue("a"))
		w.Write(r.Host())
		w.Write(r.Field("x-some"))
		w.Write(r.Fields().ByID(hdr.Accept))
		w.Write(r.Param("p"))
		if r.Remote().IsValid() && r.Minor() == 1 && r.Content().Size() == 0 {
			w.Set("Server", "x")
			w.SetBytes("X-Other", r.Rest())
			w.Del("Server")
		}
	}, in: []string{"GET /do?b=1&a=2 HTTP/1.1\r\nHost: a\r\nX-Some: y\r\nAccept: z\r\n\r\n"},
		want: answer("200 OK", "GET/do2ayzo", "X-Other: d", "Content-Length: 11")},

	// A context is allocated, with a goroutine that watches over the connection.
	{name: "Context", handler: func(w *Response, r *Request) { r.Context() }, in: []string{get("")}, want: ok(""), most: 16},
}

var allocFile *os.File

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// TestAllocs counts what the whole process allocates while requests are answered over TCP: nothing, for whatever does not say otherwise.
func TestAllocs(t *testing.T) { eachTCP(t, testAllocs) }

func testAllocs(t *testing.T, start starter) {
	skipAllocs(t)
	allocFile = tempFile(t, 100)
	for _, test := range allocCases {
		t.Run(test.name, func(t *testing.T) {
			noLeaks(t)
			route := test.route
			route.Handler = test.handler
			s := &Server{Log: slog.New(slog.DiscardHandler), Router: routerFunc(func(r *Request) *Route {
				r.Capture("p", 2, 3)
				r.Capture("*", 1, 2)
				return &route
			})}
			if test.server != nil {
				test.server(s)
			}
			in := make([][]byte, len(test.in))
			for i, piece := range test.in {
				in[i] = []byte(piece)
			}
			dial := start(t, s)
			c := connect(t, dial)
			defer c.Close()
			early := make([]byte, len(test.early))
			out := make([]byte, len(test.want)+len(finals.FindAllString(test.want, -1))*dateSize)
			exchange := func() {
				for i, piece := range in {
					if i > 0 {
						time.Sleep(20 * time.Microsecond) // the server is to see the pieces apart
					}
					if i == len(in)-1 {
						if _, err := io.ReadFull(c, early); err != nil {
							t.Fatal(err)
						}
					}
					if _, err := c.Write(piece); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := io.ReadFull(c, out); err != nil {
					t.Fatal(err)
				}
			}
			exchange()
			require.Equal(t, test.early, string(early))
			require.Equal(t, test.want, undated(t, string(out)))
			assert.LessOrEqual(t, allocsPerRun(exchange), test.most)
		})
	}
}

func skipAllocs(t *testing.T) {
	t.Helper()
	if poison {
		t.Skip("a poisoned build makes what the handler sees anew for every request")
	}
}

// allocsPerRun returns how many allocations there are in the process for each call of f, in the mean, to one half.
func allocsPerRun(f func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would empty pools
	const runs = 50
	least := 1e9
	for range 5 { // now and then a pool has what is asked for on another core
		for range 10 {
			f()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			f()
		}
		runtime.ReadMemStats(&after)
		if least = min(least, float64((after.Mallocs-before.Mallocs)*2/runs)/2); least == 0 {
			break
		}
	}
	return least
}

// TestAllocsOfRefusals counts what the connection core allocates for a connection whose request is refused, from first to last.
func TestAllocsOfRefusals(t *testing.T) {
	skipAllocs(t)
	s := quietServer(newScripts())
	s.Limits.Target = 1900 // what fits into pooled memory
	for _, in := range []string{
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nb c: d\r\n\r\n",
		"GET /" + strings.Repeat("a", 2000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		head("POST", "", "1.1", "Content-Length: 99999999"),
		"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n",
		"GET /half HTTP/1.1\r\nHo", // and the deadline
	} {
		for _, cut := range []int{len(in), 20} {
			for _, loop := range []bool{false, true} {
				p := newFakePort(t)
				p.lean, p.loop, p.end = true, loop, endSilent
				all := slices(in, cut)
				once := func() {
					p.pieces, p.out, p.fins, p.limit = append(p.pieces[:0], all...), p.out[:0], 0, 1<<20
					p.conn, p.inAt, p.outAt = conn{}, p.now, p.now
					p.run(s)
				}
				p.pieces = make([][]byte, 0, len(all))
				keep := p.pieces
				assert.Zero(t, allocsPerRun(func() { p.pieces = keep; once() }), "%.30q cut by %d, loop %v", in, cut, loop)
				assert.True(t, strings.HasPrefix(string(p.out), "HTTP/1.1 4"), "%q", p.out)
			}
		}
	}
}

// A new connection costs little, and an idle one keeps no more than that.
func TestAllocsOfConnections(t *testing.T) { eachTCP(t, testAllocsOfConnections) }

func testAllocsOfConnections(t *testing.T, start starter) {
	skipAllocs(t)
	noLeaks(t)
	s := quietServer(newScripts())
	dial := start(t, s)
	out := make([]byte, len(ok("next"))+dateSize)
	request := []byte(followUp)
	idle := func() net.Conn {
		c, err := dial()
		require.NoError(t, err)
		c.Write(request)
		_, err = io.ReadFull(c, out)
		require.NoError(t, err)
		return c
	}
	const conns = 100
	open := make([]net.Conn, 0, conns)
	for range 10 {
		idle().Close()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range conns {
		open = append(open, idle())
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, (int64(after.HeapAlloc)-int64(before.HeapAlloc))/conns, int64(4<<10), "octets of heap for each, the client's end included")
	for _, c := range open {
		c.Close()
	}
}
