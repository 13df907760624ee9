package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

const patience = 20 * time.Second

// peer is one end of a connection in a test: the client's, or a scripted upstream's. What goes wrong on it fails the test and ends the
// goroutine.
type peer struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func newPeer(t *testing.T, nc net.Conn) *peer {
	nc.SetDeadline(time.Now().Add(patience))
	return &peer{nc, t, bufio.NewReader(nc)}
}

func (p *peer) must(err error) {
	if err != nil {
		p.t.Helper()
		p.t.Errorf("%s: %v", p.LocalAddr(), err)
		p.t.FailNow()
	}
}

func (p *peer) send(octets string) {
	p.t.Helper()
	_, err := io.WriteString(p.Conn, octets)
	p.must(err)
}

// head returns octets up to and with the next empty line.
func (p *peer) head() string {
	p.t.Helper()
	var b []byte
	for !bytes.HasSuffix(b, []byte("\r\n\r\n")) {
		c, err := p.r.ReadByte()
		p.must(err)
		b = append(b, c)
	}
	return string(b)
}

// take returns the next n octets.
func (p *peer) take(n int) string {
	p.t.Helper()
	b := make([]byte, n)
	_, err := io.ReadFull(p.r, b)
	p.must(err)
	return string(b)
}

// expect takes the octets given, and says so if others come.
func (p *peer) expect(octets string) {
	p.t.Helper()
	if got := p.take(len(octets)); got != octets {
		p.must(fmt.Errorf("got %q, want %q", got, octets))
	}
}

// rest returns all that comes before the end, and whether the end is a FIN.
func (p *peer) rest() (octets string, fin bool) {
	p.t.Helper()
	b, err := io.ReadAll(p.r)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		p.must(err)
	}
	return string(b), err == nil
}

// closeWrite sends a FIN, unless the other end is gone.
func (p *peer) closeWrite() { p.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// reset ends the connection by RST.
func (p *peer) reset() { reset(p.Conn.(*net.TCPConn)) }

// response reads one response as net/http does, and its content up to its end or break.
func (p *peer) response(method string) (r *http.Response, content string, err error) {
	p.t.Helper()
	r, err = http.ReadResponse(p.r, &http.Request{Method: method})
	p.must(err)
	b, err := io.ReadAll(r.Body)
	return r, string(b), err
}

// upstream runs the script on each connection to a listener, whose URL it returns. A connection is closed when its script is done.
func upstream(t *testing.T, script func(u *peer)) string {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer nc.Close()
				script(newPeer(t, nc))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return "http://" + l.Addr().String()
}

// answering is an upstream that answers each request head with the octets given, and closes.
func answering(t *testing.T, octets string) string {
	return upstream(t, func(u *peer) {
		u.head()
		u.send(octets)
	})
}

// refusing is the URL of an upstream that does not listen.
func refusing(t *testing.T) string {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return "http://" + l.Addr().String()
}

// newProxy returns a Proxy that waits as long as a test does. It keeps no connection: that is what the tests in pool_test.go are for.
func newProxy(t *testing.T, upstream string) *Proxy {
	p, err := New(upstream)
	require.NoError(t, err)
	p.Timeout, p.IdleTime = patience, -1
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

// serve runs a server with the proxy under /httpbin/ and returns its address. Once the test's clients
// are closed, no connection may stay.
func serve(t *testing.T, p *Proxy) string { return serveOn(t, srv.EngineAuto, p) }

func serveOn(t *testing.T, engine srv.Engine, p *Proxy) string {
	m := route.New()
	m.Any("/httpbin/*", p.ServeHTTP).ContentSize(-1)
	m.Any("/whole", p.ServeHTTP)
	m.Handle("OPTIONS", "*", p)
	m.Handle("CONNECT", "*", p)
	return run(t, &srv.Server{Router: m, Engine: engine})
}

func run(t *testing.T, s *srv.Server) string {
	s.Log = slog.New(slog.DiscardHandler)
	require.NoError(t, s.Listen("127.0.0.1:0"))
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		assert.Eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, patience, time.Millisecond)
		s.Close()
		assert.NoError(t, <-ended)
	})
	return s.Addrs()[0].String()
}

// noLeaks sees to it that the test leaves no goroutine behind. What makes an upstream, the first thing in each test, calls it.
func noLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				b := make([]byte, 1<<20)
				t.Errorf("%d goroutines, were %d:\n%s", runtime.NumGoroutine(), before, b[:runtime.Stack(b, true)])
				return
			}
		}
	})
}

// dial connects a client to the server.
func dial(t *testing.T, addr string) *peer {
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	return newPeer(t, nc)
}

// do sends one request and returns all that comes back.
func do(t *testing.T, addr, request string) (octets string, fin bool) {
	c := dial(t, addr)
	c.send(request)
	return c.rest()
}

const (
	get   = "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	get10 = "GET /httpbin/x HTTP/1.0\r\n\r\n"
	head  = "HEAD /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
)

// fields returns the head's lines without the status line and Date.
func fields(head string) []string {
	var lines []string
	for _, line := range strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n")[1:] {
		if !strings.HasPrefix(strings.ToLower(line), "date: ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// chunks undoes the chunked coding and returns each chunk and the trailer lines. whole is false when the octets end before the last
// chunk.
func chunks(t *testing.T, octets string) (list, trailers []string, whole bool) {
	t.Helper()
	for {
		line, rest, ok := strings.Cut(octets, "\r\n")
		if !ok {
			return list, nil, false
		}
		var size int
		_, err := fmt.Sscanf(line, "%x", &size)
		require.NoError(t, err, "chunk-size %q", line)
		if size == 0 {
			section, ok := strings.CutSuffix(rest, "\r\n")
			if section = strings.TrimSuffix(section, "\r\n"); section != "" {
				trailers = strings.Split(section, "\r\n")
			}
			return list, trailers, ok
		}
		if len(rest) < size+2 {
			return list, nil, false
		}
		require.Equal(t, "\r\n", rest[size:size+2])
		list, octets = append(list, rest[:size]), rest[size+2:]
	}
}
