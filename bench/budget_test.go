package bench

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// patience is how long a client waits for what has to come.
const patience = 10 * time.Second

// A cost is what a path may allocate: how many allocations each request makes in the whole process, on each engine, and if any, why.
type cost struct {
	name      string
	loop, net float64
	reason    string
	ask
}

// none stands for an engine that does not have the path.
const none = -1

// An ask is what is sent for a path, and what comes back.
type ask struct {
	in     []string // written one after the other, with a moment between them
	early  string   // an interim response, which comes after the first of in
	want   string   // status code, a space, and the content as it is framed
	count  int      // of answers, all like that; 1 if it is 0
	conns  int      // not 0: each request has a connection, which the server ends, and so many of them are open at a time
	tls    bool
	linux  bool // elsewhere the calls of the system that it makes, by way of os, allocate
	server func(*srv.Server)
}

const (
	aBuffer     = "a buffer beyond 16 KiB, which no pool keeps"
	aWatch      = "on the net engine, the error by which net wakes the goroutine that watches for a reset, before each wait and at the end"
	aContext    = "the context; on the net engine also as for OnLost"
	aStat       = "os.Root looks for it: nothing is kept of a name that no file has"
	aRecord     = "crypto/tls, for each record read"
	aConn       = "the connection on the net engine: 7 in net, 3 in srv"
	aConnBuffer = "the connection on the net engine; " + aBuffer
	aConnError  = "the connection on the net engine; net's error, twice when its timer is early"
	aConnStack  = "the connection on the net engine; the log's line, with the stack"
	aConnHijack = "the connection, which the handler gets as a net.Conn"
)

var budget = []cost{
	{"GET, inline", 0, 0, "", ask{in: get("/inline"), want: "200 hello"}},
	{"GET, may block", 0, 0, "", ask{in: get("/block"), want: "200 hello"}},
	{"GET, path with a name and a wildcard", 0, 0, "", ask{in: get("/named/a/b/c"), want: "200 ab/c"}},
	{"GET, head in two pieces", 0, 0, "", ask{in: []string{"GET /inline HT", "TP/1.1\r\nHost: a\r\n\r\n"}, want: "200 hello"}},
	{"GET of a browser", 0, 0, "", ask{in: []string{strings.Replace(browserHead, "/en/", "/named/", 1)}, want: "200 productscategory/index.html"}},
	{"GET, head of 6,000 octets in two pieces", 0, 0, "", ask{in: []string{tall(6000)[:5000], tall(6000)[5000:]}, want: "200 hello"}},
	{"GET, head of 12,000 octets", 0, 0, "", ask{in: []string{tall(12_000)}, want: "200 hello"}},
	{"GET, head of 20,000 octets", 4, 4, aBuffer, ask{in: []string{tall(20_000)}, want: "200 hello"}},
	{"HEAD", 0, 0, "", ask{in: []string{"HEAD" + get("/inline")[0][3:]}, want: "200 "}},
	{"GET, HTTP/1.0, kept alive", 0, 0, "", ask{in: []string{"GET /inline HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}, want: "200 hello"}},
	{"16 GETs pipelined, inline", 0, 0, "", ask{in: []string{strings.Repeat(get("/inline")[0], 16)}, want: "200 hello", count: 16}},
	{"16 GETs pipelined, may block", 0, 0, "", ask{in: []string{strings.Repeat(get("/block")[0], 16)}, want: "200 hello", count: 16}},

	{"content with Content-Length, inline", 0, 0, "", ask{in: post("/echo-inline", sized), want: "200 hello world"}},
	{"content with Content-Length, may block", 0, 0, "", ask{in: post("/echo", sized), want: "200 hello world"}},
	{"content in two pieces", 0, 0, "", ask{in: []string{post("/echo", half)[0], " world"}, want: "200 hello world"}},
	{"content of 100,000 octets", 0, 0, "", ask{in: []string{"POST /discard HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + largeFile}, want: "200 100000"}},
	{"content that nobody reads", 0, 0, "", ask{in: post("/inline", sized), want: "200 hello"}},
	{"content, chunked", 0, 0, "", ask{in: post("/echo", chunks+"\r\n"), want: "200 hello world"}},
	{"Expect: 100-continue", 0, 0, "", ask{in: []string{"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", "hello"},
		early: "HTTP/1.1 100 Continue\r\n\r\n", want: "200 hello"}},
	{"trailers in", 0, 0, "", ask{in: post("/trailers-in", chunks+"X-Sum: 1\r\n\r\n"), want: "200 1"}},
	{"trailers out", 0, 0, "", ask{in: get("/trailers-out"), want: "200 5\r\nhello\r\n0\r\nX-Sum: h\r\n\r\n"}},
	{"response, streamed", 0, 0, "", ask{in: get("/stream"), want: "200 5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"}},
	{"response of 100,000 octets", 0, 0, "", ask{in: get("/large"), want: "200 " + largeFile}},
	{"interim response, 103", 0, 0, "", ask{in: get("/interim"), early: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", want: "200 hello"}},

	{"404", 0, 0, "", ask{in: get("/nowhere"), want: "404 404 Not Found\n"}},
	{"405", 0, 0, "", ask{in: []string{"DELETE" + get("/inline")[0][3:]}, want: "405 405 Method Not Allowed\n"}},
	{"501", 0, 0, "", ask{in: []string{"BREW" + get("/inline")[0][3:]}, want: "501 501 Not Implemented\n"}},
	{"OPTIONS", 0, 0, "", ask{in: []string{"OPTIONS" + get("/inline")[0][3:]}, want: "204 "}},
	{"access log on", 0, 0, "", ask{in: get("/inline"), want: "200 hello", server: logAccess}},
	{"OnLost, told of nothing", 0, 1, aWatch, ask{in: get("/lost"), want: "200 hello"}},
	{"Context()", 2, 3, aContext, ask{in: get("/context"), want: "200 hello"}},

	{"file, cached", 0, 0, "", ask{in: get("/files/small"), want: "200 " + smallFile, linux: true}},
	{"file, cached, HEAD", 0, 0, "", ask{in: []string{"HEAD" + get("/files/small")[0][3:]}, want: "200 ", linux: true}},
	{"file, cached, 304", 0, 0, "", ask{in: get("/files/small", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"), want: "304 ", linux: true}},
	{"file, cached, range", 0, 0, "", ask{in: get("/files/small", "Range: bytes=100-199"), want: "206 " + smallFile[:100], linux: true}},
	{"file, sendfile", 0, 0, "", ask{in: get("/files/large"), want: "200 " + largeFile, linux: true}},
	{"file, sendfile, range", 0, 0, "", ask{in: get("/files/large", "Range: bytes=100-90099"), want: "206 " + largeFile[:90_000], linux: true}},
	{"file, none of the name", 7, 7, aStat, ask{in: get("/files/nothing"), want: "404 404 Not Found\n", linux: true}},

	{"proxied GET, warm pool", 0, 1, aWatch, ask{in: get("/proxy/block"), want: "200 hello"}},
	{"proxied POST, warm pool", 0, 1, aWatch, ask{in: post("/proxy/echo", chunks+"\r\n"), want: "200 hello world"}},
	{"proxied POST, content in two pieces", 0, 2, aWatch, ask{in: []string{post("/proxy/echo", half)[0], " world"}, want: "200 hello world"}},
	{"proxied GET of 100,000 octets, spliced", 0, 1, aWatch, ask{in: get("/proxy/files/large"), want: "200 " + largeFile, linux: true}},
	{"proxied GET with digest, warm pool", 0, 1, aWatch, ask{in: get("/digest/block"), want: "200 5\r\nhello\r\n0\r\n" +
		"X-Content-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\nX-Content-Length: 5\r\n\r\n"}},

	{"TLS: GET", none, 1, aRecord, ask{in: get("/block"), want: "200 hello", tls: true}},
	{"TLS: 16 GETs pipelined", none, 1, aRecord, ask{in: []string{strings.Repeat(get("/block")[0], 16)}, want: "200 hello", count: 16, tls: true}},
	{"TLS: content in two pieces", none, 2, aRecord, ask{in: []string{post("/echo", half)[0], " world"}, want: "200 hello world", tls: true}},
	{"TLS: file of 100,000 octets", none, 1, aRecord, ask{in: get("/files/large"), want: "200 " + largeFile, linux: true, tls: true}},

	{"connection with one GET", 0, 10, aConn, ask{in: get("/inline", "Connection: close"), want: "200 hello", conns: 1}},
	{"refused, malformed", 0, 10, aConn, ask{in: []string{"GET /inline HTTP/1.1\r\n\r\n"}, want: "400", conns: 1}},
	{"refused, head too large", 4, 14, aConnBuffer, ask{in: get("/" + strings.Repeat("a", 17<<10)), want: "414", conns: 1}},
	{"refused, content too large", 0, 10, aConn, ask{in: []string{"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"}, want: "413", conns: 1}},
	{"refused, OnRefuse set", 0, 10, aConn, ask{in: []string{"GET /inline HTTP/1.1\r\n\r\n"}, want: "400", conns: 1,
		server: func(s *srv.Server) { s.OnRefuse = func(*srv.Refusal) {} }}},
	{"timeout of a head, 408", 0, 12, aConnError, ask{in: []string{"GET /inl"}, want: "408", conns: 50, server: hastenHead}},
	{"timeout of content, 408", 0, 12, aConnError, ask{in: post("/echo", half), want: "408", conns: 10, server: hastenContent}},
	{"handler aborts", 0, 10, aConn, ask{in: get("/abort"), want: "200 5\r\nhello\r\n", conns: 1}},
	{"handler panics", 8, 18, aConnStack, ask{in: get("/panic"), want: "500", conns: 1}},
	{"hijacked", 9, 11, aConnHijack, ask{in: get("/hijack"), want: "101 ", conns: 1}},
}

const (
	half   = "Content-Length: 11\r\n\r\nhello"
	sized  = half + " world"
	chunks = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n"
)

var (
	smallFile = strings.Repeat("s", 10_000)
	largeFile = strings.Repeat("l", 100_000)
)

func get(target string, lines ...string) []string {
	return []string{"GET " + target + " HTTP/1.1\r\n" + strings.Join(append(lines, "Host: a"), "\r\n") + "\r\n\r\n"}
}

// tall is a request with a head of so many octets and some more.
func tall(size int) string {
	return get("/inline", strings.Repeat("Cookie: "+strings.Repeat("c", 990)+"\r\n", size/1000)+"A: b")[0]
}

func post(target, rest string) []string {
	return []string{"POST " + target + " HTTP/1.1\r\nHost: a\r\n" + rest}
}

// TestAllocationBudget measures what every path allocates. With -v it says how much, and prints the table.
func TestAllocationBudget(t *testing.T) {
	table := "\n| path | loop | net | why |\n|---|---:|---:|---|\n"
	for _, c := range budget {
		require.Equal(t, max(c.loop, c.net) > 0, c.reason != "", "%s: what costs has a reason, and what does not has none", c.name)
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", c.name, amount(c.loop), amount(c.net), c.reason)
	}
	t.Log(table)
	if instrumented {
		t.Skip("this build allocates to find mistakes")
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"small": smallFile, "large": largeFile} {
		path, modified := filepath.Join(dir, name), time.Unix(784111777, 0)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		require.NoError(t, os.Chtimes(path, modified, modified))
	}
	for _, c := range budget {
		for _, e := range []struct {
			name    string
			engine  srv.Engine
			allowed float64
		}{{"loop", srv.EngineLoop, c.loop}, {"net", srv.EngineNet, c.net}} {
			if e.allowed == none {
				continue
			}
			t.Run(c.name+"/"+e.name, func(t *testing.T) {
				switch {
				case c.conns > 0 && !counted:
					t.Skip("here the client would be counted, too")
				case c.linux && runtime.GOOS != "linux":
					t.Skip("here looking at a file allocates")
				}
				measured := c.measure(t, e.engine, dir, e.allowed)
				t.Logf("measured %v, allowed %v", measured, e.allowed)
				assert.LessOrEqual(t, measured, e.allowed, "allocations of %q on the %s engine: %v allowed, %v measured", c.name, e.name, e.allowed, measured)
			})
		}
	}
}

// TestAllocationsAreSeen measures a handler that allocates.
func TestAllocationsAreSeen(t *testing.T) {
	if instrumented {
		t.Skip("this build allocates to find mistakes")
	}
	for name, engine := range map[string]srv.Engine{"loop": srv.EngineLoop, "net": srv.EngineNet} {
		t.Run(name, func(t *testing.T) {
			a := ask{in: get("/allocating"), want: "200 hello"}
			assert.Equal(t, 1.0, a.measure(t, engine, t.TempDir(), 1))
		})
	}
}

func amount(n float64) string {
	if n == none {
		return "-"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// measure returns how many allocations each request makes in the process, in the mean, to one half. It is content with what is allowed.
func (a *ask) measure(t *testing.T, engine srv.Engine, dir string, allowed float64) float64 {
	c := a.connect(t, a.start(t, engine, dir))
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would empty pools
	each := max(a.conns, 1)
	runs := max(50/each, 1)
	exchange := func() bool {
		for range runs {
			// A client that was held up between connecting and writing may be too late: that says nothing.
			if err := c.exchange(); errors.Is(err, syscall.ECONNRESET) {
				return false
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return true
	}
	exchange()
	// Pools are filled for each processor apart, as goroutines come to it, and some things are done once a second: the least of a few
	// measurements has that behind it.
	least := math.Inf(1)
	for range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if !exchange() {
			continue
		}
		runtime.ReadMemStats(&after)
		if least = min(least, math.Round(float64(after.Mallocs-before.Mallocs)*2/float64(runs*each))/2); least <= allowed {
			break
		}
	}
	if out := c.last(); out != nil {
		n, err := a.parse(out)
		require.NoError(t, err, "%.200q", out)
		require.Equal(t, len(out), n)
	}
	return least
}

// parse returns the size of the answers, io.ErrUnexpectedEOF if they are not complete, or says what is wrong with them.
func (a *ask) parse(out []byte) (n int, err error) {
	status, content, compared := strings.Cut(a.want, " ")
	for range max(a.count, 1) {
		if !bytes.HasPrefix(out[n:], []byte("HTTP/1.1 "+status+" ")) && len(out[n:]) > len("HTTP/1.1 200 ") {
			return n, errors.New("not what was to be answered")
		}
		head := bytes.Index(out[n:], []byte("\r\n\r\n"))
		if head < 0 {
			return n, io.ErrUnexpectedEOF
		}
		n += head + 4
		switch rest := out[n:]; {
		case !compared:
			n = len(out)
		case bytes.HasPrefix(rest, []byte(content)):
			n += len(content)
		case strings.HasPrefix(content, string(rest)):
			return n, io.ErrUnexpectedEOF
		default:
			return n, errors.New("not the content that was to come")
		}
	}
	return n, nil
}

// A budgetClient asks without an allocation.
type budgetClient interface {
	exchange() error
	last() []byte // answer, or nil if it cannot be read
}

func (a *ask) connect(t *testing.T, addr *net.TCPAddr) budgetClient {
	if a.conns > 0 {
		return newRawClient(addr.AddrPort(), a.conns, strings.Join(a.in, ""))
	}
	nc, err := net.DialTCP("tcp", nil, addr)
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	c := &keptClient{Conn: nc, w: nc, early: make([]byte, len(a.early)), sealed: a.tls}
	for _, in := range a.in {
		c.in = append(c.in, []byte(in))
	}
	r := io.Reader(nc)
	if a.tls {
		tc := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		r, c.w = tc, tc
	}
	// The first answers say how large the others are, which differ in nothing but the date. The second one is free of what TLS says once.
	out := make([]byte, 256<<10)
	for range 2 {
		c.size = 0
		require.NoError(t, c.ask())
		n := 0
		for err = io.ErrUnexpectedEOF; err == io.ErrUnexpectedEOF; _, err = a.parse(out[:n]) {
			m, err := r.Read(out[n:])
			require.NoError(t, err, "%.200q", out[:n])
			n += m
		}
		require.NoError(t, err, "%.200q", out[:n])
		c.out = out[:n]
	}
	if a.tls {
		c.out = make([]byte, c.size)
	}
	return c
}

// keptClient asks again and again on one connection. Over TLS it reads what comes without opening it, which would allocate.
type keptClient struct {
	net.Conn
	w          io.Writer
	in         [][]byte
	early, out []byte
	sealed     bool
	size       int // of what was read through the client
}

func (c *keptClient) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.size += n
	return n, err
}

// ask writes the request.
func (c *keptClient) ask() error {
	for i, in := range c.in {
		if i > 0 {
			time.Sleep(20 * time.Microsecond) // the server is to see the pieces apart
		}
		if _, err := c.w.Write(in); err != nil {
			return err
		}
		if i == 0 {
			if _, err := io.ReadFull(c.Conn, c.early); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *keptClient) exchange() error {
	if err := c.ask(); err != nil {
		return err
	}
	_, err := io.ReadFull(c.Conn, c.out)
	return err
}

func (c *keptClient) last() []byte {
	if c.sealed {
		return nil
	}
	return c.out
}
