//go:build amd64 || arm64

package srv

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
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
		before := s.Stats().Stolen
		c.send(plain(path + "?stuck"))
		eventually(t, func() bool { return s.Stats().Stolen > before }, "the loop is not stolen")
		for range 3 {
			other.ask(path, "hello") // and the watchdog looks again meanwhile
			time.Sleep(2 * watchInterval)
		}
		close(gate)
		c.expect(ok("hello"))
	}
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

// However many handlers block at a time, few goroutines stay when they are done, and fewer when nothing needs them.
func TestFollowers(t *testing.T) {
	noLeaks(t)
	const burst = 200
	g := newGates()
	s := loopServer(1, routes{"/": route("/", true, hello), "/block": route("/block", false, g.holdUpTheLoop)})
	dial := startLoops(t, s)
	l := s.loops.loops[0]
	followers := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.followers)
	}
	before := runtime.NumGoroutine()
	var clients []*client
	for range burst {
		c := connect(t, dial)
		c.send(plain("/block"))
		clients = append(clients, c)
	}
	eventually(t, func() bool { return g.inside.Load() == burst }, "they do not run side by side")
	go func() {
		for range burst {
			g.open <- struct{}{}
		}
	}()
	for _, c := range clients {
		c.expect(ok("hello"))
		assert.LessOrEqual(t, followers(), followersMax)
	}
	eventually(t, func() bool { return runtime.NumGoroutine() <= before+followersMax }, "too many goroutines stay")
	for followers() > followersLow { // each time is a second, which passes more quickly here
		l.mu.Lock()
		l.trimmed -= trimInterval
		l.mu.Unlock()
		was := followers()
		l.wake()
		eventually(t, func() bool { return followers() < was || was <= followersLow }, "the loop does not trim")
	}
	assert.LessOrEqual(t, followers(), followersLow)
	eventually(t, func() bool { return runtime.NumGoroutine() <= before+followersLow }, "goroutines are left")
	clients[0].ask("/", "hello")
}

// The limit of connections is kept to exactly, by however many loops, and everybody has their turn.
func TestConnsLimitOfLoops(t *testing.T) {
	noLeaks(t)
	const most, clients = 5, 60
	var inside, worst atomic.Int32
	s := loopServer(3, routes{"/": route("/", false, func(w *Response, r *Request) {
		if n := inside.Add(1); n > most {
			worst.Store(n)
		}
		time.Sleep(time.Millisecond)
		inside.Add(-1)
		hello(w, r)
	})})
	s.Limits.Conns = most
	dial := startLoops(t, s)
	var group sync.WaitGroup
	var over atomic.Bool
	for range clients {
		group.Go(func() {
			assert.Equal(t, bye("hello"), undated(t, sendAndWait(dial, strings.Replace(plain("/"), "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1))))
		})
	}
	go func() {
		group.Wait()
		over.Store(true)
	}()
	taken := false // the listener out
	for !over.Load() {
		n := s.Stats().Conns
		assert.LessOrEqual(t, n, most)
		s.loops.mu.Lock()
		taken = taken || !s.loops.listening
		s.loops.mu.Unlock()
		time.Sleep(100 * time.Microsecond)
	}
	assert.Zero(t, worst.Load())
	assert.EqualValues(t, clients, s.Stats().Accepted)
	assert.True(t, taken, "the listener stays in")
	eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections are left")
	s.loops.mu.Lock()
	assert.True(t, s.loops.listening, "the listener is back")
	s.loops.mu.Unlock()
	assert.False(t, s.loops.full.Load())
}

// Who is in the accept queue when Shutdown begins is answered.
func TestShutdownEmptiesAcceptQueue(t *testing.T) {
	for _, loops := range []int{1, 3} {
		noLeaks(t)
		s := loopServer(loops, routes{"/": route("/", true, hello)})
		s.Limits.Conns = 1
		s.Timeouts.Grace = 5 * time.Second // for a machine that is slow to send what was written
		dial := startLoops(t, s)
		first := connect(t, dial)
		first.ask("/", "hello")
		var queue []*client
		for range 20 {
			c := connect(t, dial)
			c.send(plain("/"))
			queue = append(queue, c)
		}
		assert.EqualValues(t, 1, s.Stats().Accepted)
		done := shutdown(t, s)
		for _, c := range queue {
			c.expect(bye("hello"))
			c.Close()
		}
		first.ends()
		first.Close()
		assert.NoError(t, within(t, done, "Shutdown does not return"))
		assert.EqualValues(t, 21, s.Stats().Accepted)
		assert.Zero(t, s.Stats().InFlight)
		_, err := dial()
		assert.Error(t, err)
	}
}

// Close resets the connections of handlers, wherever they are: parked, stuck on the loop, or busy beside it.
func TestCloseResetsHandlers(t *testing.T) {
	noLeaks(t)
	g := newGates()
	errs := make(chan error, 2)
	s := loopServer(2, routes{
		"/": route("/", true, hello), "/stuck": route("/stuck", true, g.holdUpTheLoop), "/block": route("/block", false, g.holdUpTheLoop),
		"/read": route("/read", true, func(w *Response, r *Request) {
			g.inside.Add(1)
			_, err := r.Content().WriteTo(w)
			errs <- err
		}),
		"/write": route("/write", true, func(w *Response, r *Request) {
			g.inside.Add(1)
			var err error
			for err == nil {
				_, err = w.Write(pattern)
			}
			errs <- err
		}),
	})
	dial := startLoops(t, s)
	var clients []*client
	for _, in := range []string{plain("/stuck"), plain("/block"), plain("/write"), "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"} {
		c := connect(t, dial)
		c.send(in)
		clients = append(clients, c)
	}
	idle := connect(t, dial)
	idle.ask("/", "hello")
	eventually(t, func() bool { return g.inside.Load() == 4 }, "the handlers do not start")
	require.NoError(t, s.Close())
	for _, c := range clients {
		c.isReset()
	}
	idle.rest() // in one way or the other
	for range 2 {
		assert.Error(t, within(t, errs, "a handler does not end"))
	}
	eventually(t, func() bool { return s.Stats().InFlight == 2 }, "the others go on")
	g.open <- struct{}{}
	g.open <- struct{}{}
	eventually(t, func() bool { return s.Stats().InFlight == 0 && s.Stats().Conns == 0 }, "something is left")
}

// An event for a connection that was closed meanwhile does nothing to the next one with its descriptor.
func TestStaleEvents(t *testing.T) {
	noLeaks(t)
	s := loopServer(1, routes{"/": route("/", true, hello)})
	dial := startLoops(t, s)
	stranger := &runner{l: s.loops.loops[0]}
	same := 0
	for range 100 {
		c := connect(t, dial)
		c.ask("/", "hello")
		eventually(t, func() bool { return resting(s) }, "it does not rest")
		var at *loopConn
		var gen uint32
		s.loops.table.all(func(c *loopConn) {
			if c.word.v.Load()&uint64(isOpen) != 0 {
				at = c
				gen, _ = c.word.state()
			}
		})
		require.NotNil(t, at)
		c.Close()
		eventually(t, func() bool { return s.Stats().Conns == 0 }, "it does not end")
		eventually(t, func() bool { now, _ := at.word.state(); return now == gen+1 }, "its generation does not end")
		next := connect(t, dial)
		next.ask("/", "hello")
		eventually(t, func() bool { return resting(s) }, "it does not rest")
		was := at.word.v.Load()
		for _, bits := range []uint32{evRead, evWrite, evFIN, evError, evLook, events} {
			stranger.do(task{at, gen, bits})
		}
		assert.Equal(t, was, at.word.v.Load())
		next.ask("/", "hello")
		next.Close()
		eventually(t, func() bool { return s.Stats().Conns == 0 }, "it does not end")
		if was&uint64(isOpen) != 0 {
			if same++; same == 3 {
				return
			}
		}
	}
	t.Log("no descriptor was used again")
}

// fewVar in the environment makes this program a server with that many descriptors.
const fewVar = "BAREWIRE_TEST_FEW"

// TestServeFew serves with few descriptors until its standard input ends. To each line it answers with the processor time that it has used, in
// microseconds.
func TestServeFew(t *testing.T) {
	few, _ := strconv.ParseUint(os.Getenv(fewVar), 10, 64)
	if few == 0 {
		t.Skip("runs in a process of its own, for TestFewDescriptors")
	}
	s := loopServer(2, routes{"/": route("/", true, hello)})
	s.Limits.Conns = -1
	s.Timeouts = Timeouts{Head: -1, Idle: -1}
	startLoops(t, s)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: few, Max: few}))
	fmt.Println(s.Addrs()[0])
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var u syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		fmt.Println((u.Utime.Nano() + u.Stime.Nano()) / 1000)
	}
}

// A process that is out of descriptors neither spins nor ends. It serves those that it has, and the others when there is room.
func TestFewDescriptors(t *testing.T) {
	const clients = 100
	server := exec.Command(os.Args[0], "-test.run=^TestServeFew$")
	server.Env = append(os.Environ(), fewVar+"=60")
	in, err := server.StdinPipe()
	require.NoError(t, err)
	pipe, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	defer func() {
		in.Close()
		assert.NoError(t, server.Wait())
	}()
	out := bufio.NewScanner(pipe)
	line := func() string {
		require.True(t, out.Scan())
		return out.Text()
	}
	addr := line()
	var open []*client
	for range clients {
		c := connect(t, func() (net.Conn, error) { return net.Dial("tcp", addr) })
		c.send(plain("/"))
		open = append(open, c)
	}
	open[0].expect(ok("hello"))
	time.Sleep(50 * time.Millisecond)
	used := func() int {
		fmt.Fprintln(in)
		n, err := strconv.Atoi(line())
		require.NoError(t, err)
		return n
	}
	for before, i := used(), 0; ; i++ { // a while with next to no time used: if it spun there would be none
		time.Sleep(200 * time.Millisecond)
		now := used()
		if now-before < 50_000 {
			break
		}
		before = now
		require.Less(t, i, 20, "it spins")
	}
	open[0].ask("/", "hello")
	open[0].Close()
	for _, c := range open[1:] {
		c.expect(ok("hello"))
		c.Close()
	}
}
