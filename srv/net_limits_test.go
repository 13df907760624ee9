package srv

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// At the limit of connections accepting stops, and goes on when one has ended. Nobody is turned away.
func TestConnsLimit(t *testing.T) { eachTCP(t, testConnsLimit) }

func testConnsLimit(t *testing.T, start starter) {
	noLeaks(t)
	s := quietServer(newScripts())
	s.Limits.Conns = 2
	dial := start(t, s)
	var open []*client
	for range 2 {
		c := connect(t, dial)
		c.send(followUp)
		c.expect(ok("next"))
		open = append(open, c)
	}
	for range 6 { // in the kernel's accept queue
		c := connect(t, dial)
		c.send(followUp)
		open = append(open, c)
	}
	time.Sleep(10 * time.Millisecond)
	for i := range 6 {
		assert.EqualValues(t, 2+i, s.Stats().Accepted)
		assert.Equal(t, 2, s.Stats().Conns)
		open[i].Close()
		open[i+2].expect(ok("next"))
	}
	open[6].Close()
	open[7].Close()
}

func TestConnsPerAddrLimit(t *testing.T) { eachTCP(t, testConnsPerAddrLimit) }

func testConnsPerAddrLimit(t *testing.T, start starter) {
	noLeaks(t)
	s := quietServer(newScripts())
	s.Limits.ConnsPerAddr = 2
	dial := start(t, s)
	from := func(host string) dialer {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}
		return func() (net.Conn, error) { return d.Dial("tcp", s.Addrs()[0].String()) }
	}
	var open []*client
	for range 2 {
		c := connect(t, dial)
		c.send(followUp)
		c.expect(ok("next"))
		open = append(open, c)
	}
	c := connect(t, dial)
	out, _ := c.rest()
	assert.Empty(t, out, "one too many")
	assert.Equal(t, 2, s.Stats().Conns)
	if other, err := from("127.0.0.2")(); err == nil { // all of 127/8 is here on Linux only
		assert.Equal(t, ok("next"), undated(t, exchange(t, func() (net.Conn, error) { return other, nil }, followUp)))
	}
	open[0].Close()
	eventually(t, func() bool { return s.Stats().Conns == 1 }, "one has gone")
	assert.Equal(t, ok("next"), undated(t, exchange(t, dial, followUp)))
	open[1].Close()
	eventually(t, func() bool { return s.Stats().Conns == 0 }, "all have gone")
	s.mu.Lock()
	assert.Empty(t, s.perAddr, "addresses are forgotten")
	s.mu.Unlock()
}

// The limit per address is none for those who have no address.
func TestConnsPerAddrOfUnixSockets(t *testing.T) {
	noLeaks(t)
	s := quietServer(newScripts())
	s.Limits.ConnsPerAddr = 1
	dial := overUnix.start(t, s)
	for range 3 {
		c := connect(t, dial)
		defer c.Close()
		c.send(followUp)
		c.expect(ok("next"))
	}
}

// TestTimeouts has real clocks run out, on every transport.
func TestTimeouts(t *testing.T) {
	const short = 80 * time.Millisecond
	const enough = 4 * short // for a handshake as well
	tests := []struct {
		name, in string
		timeouts Timeouts
		want     string
	}{
		{"silent", "", Timeouts{Head: short}, ""},
		{"head", "GET / HTTP/1.1\r\nHos", Timeouts{Head: enough}, refusal(408, ErrHeadTimeout)},
		{"idle", followUp, Timeouts{Idle: short}, ok("next")},
		{"head of the next", followUp + "GET / HTTP/1.1\r\nHos", Timeouts{Head: enough}, ok("next") + refusal(408, ErrHeadTimeout)},
		{"content", on("/b", head("POST", "copy", "1.1", "Content-Length: 9")) + "abc", Timeouts{Rate: short}, refusal(408, ErrContentTimeout)},
		{"content behind the head", on("/b", head("POST", "flush,copy", "1.1", "Content-Length: 9")) + "abc", Timeouts{Rate: short}, answer("200 OK", "", chunkLine)},
		{"unread content", on("/b", head("POST", "write:a", "1.1", "Content-Length: 9")) + "abc", Timeouts{Rate: short}, ok("a")},
		{"linger", on("/b", get("write:a", closeLine)), Timeouts{}, bye("a")},
	}
	noLeaks(t)
	type outcome struct{ name, out, want string }
	outcomes := make(chan outcome)
	runs := 0
	for _, tr := range transports {
		for _, test := range tests {
			s := quietServer(newScripts())
			s.Timeouts = test.timeouts
			s.Timeouts.Grace = short
			dial := tr.start(t, s)
			runs++
			go func() { outcomes <- outcome{tr.name + ", " + test.name, sendAndWait(dial, test.in), test.want} }()
		}
	}
	for range runs {
		o := <-outcomes
		assert.Equal(t, o.want, undated(t, o.out), o.name)
	}
}

// sendAndWait sends in, no FIN, and returns what comes back until the server closes the connection in good order.
func sendAndWait(dial dialer, in string) string {
	c, err := dial()
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, in)
	out, err := io.ReadAll(c)
	if err != nil {
		return string(out) + err.Error()
	}
	return string(out)
}

// A handler takes as long as it likes, also when it reads and writes in between.
func TestSlowHandler(t *testing.T) {
	const short = 50 * time.Millisecond // a busy machine may keep the client from sending for some of it
	for _, tr := range transports {
		if tr.name == "pipe" {
			continue // its client reads while the server writes, if it is not too slow itself
		}
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
				for {
					time.Sleep(3 * short)
					piece, err := r.Content().Next()
					if err != nil {
						assert.Equal(t, io.EOF, err)
						break
					}
					w.Write(piece)
					time.Sleep(3 * short)
					assert.NoError(t, w.Flush())
				}
				time.Sleep(3 * short)
			})}
			s := &Server{Router: routerFunc(func(*Request) *Route { return route }), Timeouts: Timeouts{Rate: short}}
			c := connect(t, tr.start(t, s))
			defer c.Close()
			for range 2 {
				c.send(post("", "hello"))
				c.expect(chunked("hello"))
			}
		})
	}
}

// A client that stops reading is cut off: the handler learns it, and the client can tell that the response is not whole.
func TestSlowReader(t *testing.T) {
	for _, tr := range transports {
		for _, script := range []string{"content", "file"} {
			if script == "file" && (tr.name == "pipe" || tr.name == "Unix socket") {
				continue // as over TLS, as over TCP
			}
			t.Run(tr.name+", "+script, func(t *testing.T) {
				noLeaks(t)
				file := tempFile(t, len(pattern))
				handlerErr := make(chan error, 1)
				route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
					err := w.Flush() // the size is not known: a close-delimited response
					for err == nil {
						if script == "file" {
							err = w.SendFile(file, 0, int64(len(pattern)))
						} else {
							_, err = w.Write(pattern)
						}
					}
					handlerErr <- err
				})}
				s := &Server{Router: routerFunc(func(*Request) *Route { return route }), Timeouts: Timeouts{Rate: 10 * time.Millisecond}}
				dial := tr.start(t, s)
				for _, version := range []string{"1.0", "1.1"} {
					c := connect(t, dial)
					c.send(head("GET", "", version))
					assert.Equal(t, ErrSendTimeout, <-handlerErr)
					out, err := c.rest()
					if version == "1.1" {
						assert.False(t, strings.HasSuffix(out, zero), "looks whole")
					} else if tr.name == "TCP" {
						assert.ErrorIs(t, err, syscall.ECONNRESET, "looks whole")
					}
					c.Close()
				}
				eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections left")
				assert.EqualValues(t, 2, s.Stats().Aborted)
			})
		}
	}
}

// A response that ends with the connection is cut off by a reset, others just end too early.
func TestAbortOverTCP(t *testing.T) { eachTCP(t, testAbortOverTCP) }

func testAbortOverTCP(t *testing.T, start starter) {
	noLeaks(t)
	s := quietServer(newScripts())
	dial := start(t, s)
	tests := []struct {
		script, version, want string
		reset                 bool
	}{
		{"write:ab,flush,panic:x", "1.1", answer("200 OK", openChunks("ab"), chunkLine), false},
		{"write:ab,flush,abort", "1.1", answer("200 OK", openChunks("ab"), chunkLine), false},
		{"size:3,write:ab,flush", "1.1", answer("200 OK", "ab", "Content-Length: 3"), false},
		{"write:ab,flush,goexit", "1.1", answer("200 OK", openChunks("ab"), chunkLine), false},
		{"write:ab,flush,panic:x", "1.0", answer("200 OK", "ab", closeLine), true},
		{"write:ab,flush,abort", "1.0", answer("200 OK", "ab", closeLine), true},
		{"write:ab,flush,goexit", "1.0", answer("200 OK", "ab", closeLine), true},
		{"write:ab,goexit", "1.1", refusal(500, ErrHandler), false},
		{"write:ab,panic:x", "1.0", refusal(500, ErrHandler), false},
	}
	for _, test := range tests {
		for _, path := range []string{"/i", "/b"} {
			c := connect(t, dial)
			c.name = test.script
			c.send(on(path, head("GET", test.script, test.version)))
			c.expect(test.want)
			if test.reset {
				c.isReset()
			} else {
				c.ends()
			}
			c.Close()
		}
	}
	eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "something left")
	assert.EqualValues(t, 2*6, s.Stats().Panics)
}

// runtime.Goexit ends the connection's goroutine, and nothing stays behind.
func TestGoexit(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			s := quietServer(sc)
			var done atomic.Int32
			s.OnDone = func(*Response, *Request) { done.Add(1) }
			dial := tr.start(t, s)
			for _, script := range []string{"goexit", "context,goexit", "write:a,flush,context,goexit", "hijack:x,goexit"} {
				c := connect(t, dial)
				c.send(on("/i", get("write:first")) + on("/b", get(script)))
				c.expect(ok("first"))
				out, _ := c.rest()
				assert.NotContains(t, out, zero)
				c.Close()
			}
			eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "something left")
			assert.EqualValues(t, 7, done.Load())
		})
	}
}

func TestListenLocalhost(t *testing.T) {
	noLeaks(t)
	s := quietServer(newScripts())
	require.NoError(t, s.Listen("localhost:0"))
	serveOn(t, s, s.Run)
	addrs := s.Addrs()
	families := 1
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		l.Close()
		families = 2
	}
	require.Len(t, addrs, families)
	for _, addr := range addrs {
		a := addr.(*net.TCPAddr)
		assert.True(t, a.IP.IsLoopback())
		assert.Equal(t, addrs[0].(*net.TCPAddr).Port, a.Port)
		assert.Equal(t, ok("next"), undated(t, exchange(t, func() (net.Conn, error) { return net.Dial("tcp", addr.String()) }, followUp)))
	}
}

func TestListenInUse(t *testing.T) {
	noLeaks(t)
	for _, busy := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", busy)
		if err != nil {
			continue // no such family
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for _, addr := range []string{l.Addr().String(), "localhost:" + port} {
			s := quietServer(newScripts())
			assert.ErrorIs(t, s.Listen(addr), syscall.EADDRINUSE, addr)
			assert.Empty(t, s.Addrs())
		}
		l.Close()
		// Nothing was left bound in the other family.
		for _, host := range []string{"127.0.0.1", "localhost"} {
			s := quietServer(newScripts())
			require.NoError(t, s.Listen(net.JoinHostPort(host, port)))
			require.NoError(t, s.Close())
		}
	}
}

func TestListenSeveral(t *testing.T) {
	noLeaks(t)
	s := quietServer(newScripts())
	assert.Equal(t, ErrListen, s.Run())
	assert.Empty(t, s.Addrs())
	assert.Error(t, s.Listen("no port"))
	assert.Error(t, s.Listen("127.0.0.1:99999"))
	for range 3 {
		require.NoError(t, s.Listen("127.0.0.1:0"))
	}
	require.Len(t, s.Addrs(), 3)
	serveOn(t, s, s.Run)
	for _, addr := range s.Addrs() {
		assert.Equal(t, ok("next"), undated(t, exchange(t, func() (net.Conn, error) { return net.Dial("tcp", addr.String()) }, followUp)))
	}
}

func TestEngines(t *testing.T) {
	wants := map[Engine]error{EngineAuto: nil, EngineNet: nil, EngineLoop: nil}
	if !loopBuilt {
		wants[EngineLoop] = ErrEngine
	}
	for engine, want := range wants {
		s := &Server{Engine: engine}
		assert.Equal(t, want, s.Listen("127.0.0.1:0"), engine)
		require.NoError(t, s.Close())
	}
}

// flakyListener fails a few times before it accepts, and in the end for good.
type flakyListener struct {
	net.Listener
	errs []error
	good error
}

func (l *flakyListener) Accept() (net.Conn, error) {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, err
	}
	if l.good != nil {
		return nil, l.good
	}
	return l.Listener.Accept()
}

// Errors that pass do not end accepting, the others are returned, and close the server's other listeners.
func TestAcceptErrors(t *testing.T) {
	noLeaks(t)
	newListener := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		return l
	}
	var log strings.Builder
	s := quietServer(newScripts())
	s.Log = textLog(&log)
	l := newListener()
	flaky := &flakyListener{Listener: l, errs: []error{
		&net.OpError{Op: "accept", Err: syscall.EMFILE}, &net.OpError{Op: "accept", Err: syscall.ECONNABORTED}, syscall.ENOBUFS,
	}}
	func() {
		t.Run("passing", func(t *testing.T) {
			serveOn(t, s, func() error { return s.Serve(flaky) })
			assert.Equal(t, ok("next"), undated(t, exchange(t, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }, followUp)))
		})
	}()
	assert.Equal(t, 1, strings.Count(log.String(), "accept failed"), "rate-limited: %s", log.String())

	s = quietServer(newScripts())
	s.Engine = EngineNet
	assert.Equal(t, errInjected, s.Serve(&flakyListener{Listener: newListener(), good: errInjected}))
	require.NoError(t, s.Listen("127.0.0.1:0"))
	s.bound = append(s.bound, &flakyListener{Listener: newListener(), good: errInjected})
	assert.Equal(t, errInjected, s.Run(), "Run ends with the first failure")
	_, err := net.Dial("tcp", s.Addrs()[0].String())
	assert.Error(t, err, "the others are closed")
}

// ServeConn serves in the calling goroutine until the connection ends.
func TestServeConn(t *testing.T) {
	noLeaks(t)
	s := quietServer(newScripts())
	near, far := net.Pipe()
	served := make(chan error)
	go func() { served <- s.ServeConn(far) }()
	c := connect(t, func() (net.Conn, error) { return near, nil })
	c.send(followUp)
	c.expect(ok("next"))
	assert.Equal(t, 1, s.Stats().Conns)
	c.Close()
	assert.NoError(t, <-served)
	assert.Zero(t, s.Stats().Conns)

	require.NoError(t, s.Close())
	near, far = net.Pipe()
	assert.Equal(t, ErrClosed, s.ServeConn(far))
	_, err := near.Write([]byte("x"))
	assert.True(t, errors.Is(err, io.ErrClosedPipe))
}
