//go:build amd64 || arm64

package srv

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loopServer is a quiet server of routes with some loops.
func loopServer(loops int, m Router) *Server {
	return &Server{Engine: EngineLoop, Loops: loops, Router: m, Timeouts: Timeouts{Grace: 50 * time.Millisecond}}
}

// startLoops serves s until the test ends. The engine is there when it returns.
func startLoops(t testing.TB, s *Server) dialer {
	dial := startTCP(t, s)
	eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.loops != nil
	}, "the engine does not begin")
	return dial
}

// route is a Route whose name is its path.
func route(path string, inline bool, h HandlerFunc) *Route {
	return &Route{Name: path, Inline: inline, Handler: h}
}

func plain(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" }

// ask sends a request for a path, and expects an answer.
func (c *client) ask(path, want string) {
	c.t.Helper()
	c.send(plain(path))
	c.expect(ok(want))
}

// A Router that is stuck loses the loop as a handler does, also before there is a Route to blame.
func TestStuckOutsideHandlers(t *testing.T) {
	noLeaks(t)
	inline, block := route("/inline", true, hello), route("/block", false, hello)
	var stuck atomic.Pointer[chan struct{}]
	s := loopServer(1, routerFunc(func(r *Request) *Route {
		if string(r.Query()) == "stuck" {
			<-*stuck.Load()
		}
		if string(r.Path()) == "/inline" {
			return inline
		}
		return block
	}))
	dial := startTCP(t, s)
	for i, path := range []string{"/block", "/inline", "/inline", "/inline", "/inline"} {
		gate := make(chan struct{})
		stuck.Store(&gate)
		c, other := connect(t, dial), connect(t, dial)
		if i == 1 {
			c.ask(path, "hello")
		}
		c.send(plain(path + "?stuck"))
		eventually(t, func() bool { return s.Stats().Stolen == uint64(i+1) }, "the loop is not stolen")
		for range 3 {
			other.ask(path, "hello") // and the watchdog looks again meanwhile
			time.Sleep(2 * watchInterval)
		}
		close(gate)
		c.expect(ok("hello"))
	}
	assert.Zero(t, atomic.LoadUint32(&block.demotion.until))
}

// The time that an inline handler takes is not the client's: it has its whole time to send the next request.
func TestSlowInlineHandlerLeavesIdleTime(t *testing.T) {
	eachTCP(t, func(t *testing.T, start starter) {
		noLeaks(t)
		const idle = 200 * time.Millisecond
		again := func() bool { // false on a machine so busy that the client has been idle for too long indeed
			s := &Server{Router: routes{"/": route("/", true, hello), "/slow": route("/slow", true, func(w *Response, r *Request) {
				time.Sleep(idle + idle/4)
				hello(w, r)
			})}, Timeouts: Timeouts{Idle: idle}}
			c := connect(t, start(t, s))
			defer s.Close()
			defer c.Close()
			c.ask("/slow", "hello")
			time.Sleep(idle / 4)
			c.send(plain("/"))
			n, _ := io.ReadFull(c, make([]byte, len(ok("hello"))))
			return n > 0
		}
		for i := 0; !again(); i++ {
			require.Less(t, i, 5, "the connection is closed although it was idle for a moment only")
		}
	})
}

// Connections of the net engine count as well, and when they make room, the loops accept again.
func TestConnsLimitOfBothEngines(t *testing.T) {
	noLeaks(t)
	s := loopServer(2, routes{"/": route("/", true, hello)})
	s.Limits.Conns = 2
	dialLoop := startLoops(t, s)
	e := listenTCP(t)
	serveOn(t, s, func() error { return e.serve(s) })
	var open []*client
	for range 2 {
		c := connect(t, e.dial)
		c.ask("/", "hello")
		open = append(open, c)
	}
	c := connect(t, dialLoop)
	c.send(plain("/"))
	eventually(t, s.loops.full.Load, "the loops do not notice the limit")
	open[0].Close()
	c.expect(ok("hello"))
	assert.Equal(t, 2, s.Stats().Conns)
}

// Answers that the socket has not taken yet are not cut off by Shutdown: the client has as long for them as always.
func TestShutdownSendsWhatIsUnsent(t *testing.T) {
	noLeaks(t)
	const size = 10_000
	s := loopServer(1, routes{"/": route("/", true, func(w *Response, r *Request) { w.Write(pattern[:size]) })})
	startLoops(t, s)
	c := connect(t, narrow(s))
	full := func() (yes bool) {
		s.loops.table.all(func(c *loopConn) { yes = yes || uint32(c.word.v.Load())&(isOpen|isBusy|isFull) == isOpen|isFull })
		return yes
	}
	n := 0
	for ; !full(); n++ {
		c.send(plain("/"))
		eventually(t, func() bool { return s.Stats().Requests == uint64(n+1) && (full() || resting(s)) }, "no answer")
	}
	done := shutdown(t, s)
	time.Sleep(150 * time.Millisecond)
	c.expect(strings.Repeat(ok(string(pattern[:size])), n))
	c.ends()
	assert.NoError(t, within(t, done, "Shutdown does not return"))
}

// resting reports whether nobody owns any connection.
func resting(s *Server) bool {
	yes := true
	s.loops.table.all(func(c *loopConn) { yes = yes && !c.word.serving() })
	return yes
}

// narrow dials s with a small receive buffer, so that the server's socket takes little.
func narrow(s *Server) dialer {
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
		return err
	}}
	return func() (net.Conn, error) { return d.Dial("tcp", s.Addrs()[0].String()) }
}

var _ = syscall.EAGAIN
var _ sync.Mutex
