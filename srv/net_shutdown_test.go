package srv

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shutdown shuts the server down in the background, and returns once that has begun.
func shutdown(t testing.TB, s *Server) (done <-chan error) {
	t.Helper()
	c := make(chan error, 1)
	go func() { c <- s.Shutdown(context.Background()) }()
	eventually(t, s.draining.Load, "Shutdown does not begin")
	return c
}

// within receives from c, and fails the test when nothing comes.
func within[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		require.Fail(t, what)
	}
	return v
}

// Idle connections are closed by Shutdown, those that have sent nothing get a moment, and Shutdown returns then.
func TestShutdownIdle(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			s := quietServer(newScripts())
			s.Timeouts.Grace = 20 * time.Millisecond
			dial := tr.start(t, s)
			fresh := connect(t, dial)
			var idle []*client
			for range 3 {
				c := connect(t, dial)
				c.send(followUp)
				c.expect(ok("next"))
				idle = append(idle, c)
			}
			require.NoError(t, s.Shutdown(t.Context()))
			assert.Zero(t, s.Stats().Conns)
			for _, c := range append(idle, fresh) {
				c.ends()
				c.Close()
			}
			_, err := dial()
			assert.Error(t, err)
			require.NoError(t, s.Shutdown(t.Context()), "twice is fine")
			require.NoError(t, s.Close(), "and so is Close")
			require.NoError(t, s.Close())
		})
	}
}

// Requests on their way are finished, and their connections closed. Neither Shutdown nor Run returns before.
func TestShutdownInFlight(t *testing.T) {
	tests := []struct{ name, script, before, want string }{
		{"not begun", "gate,write:a", "", bye("a")},
		{"begun", "write:a,flush,gate,write:b", answer("200 OK", openChunks("a"), chunkLine), openChunks("b") + zero},
		{"begun with size", "size:2,write:a,flush,gate,write:b", answer("200 OK", "a", "Content-Length: 2"), "b"},
		{"with a context", "context,gate,context,write:a", "", bye("a")},
		{"reading", "gate,copy", "", bye("")},
	}
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			for _, test := range tests {
				noLeaks(t)
				sc := newScripts()
				s := quietServer(sc)
				dial := tr.start(t, s)
				var clients []*client
				for range 3 {
					c := connect(t, dial)
					c.name = test.name
					c.send(on("/b", get(test.script)))
					c.expect(test.before)
					within(t, sc.inGat, "handler does not start")
					clients = append(clients, c)
				}
				done := shutdown(t, s)
				select {
				case <-done:
					assert.Fail(t, "Shutdown does not wait")
				case <-s.ended:
					assert.Fail(t, "Run does not wait")
				case <-time.After(5 * time.Millisecond):
				}
				assert.Equal(t, 3, s.Stats().InFlight)
				close(sc.gate)
				for _, c := range clients {
					c.expect(test.want)
					c.ends()
					c.Close()
				}
				assert.NoError(t, within(t, done, "Shutdown does not return"))
				assert.Zero(t, s.Stats().InFlight)
				assert.NotContains(t, sc.seen(), "context context canceled")
			}
		})
	}
}

// A request that the client had sent before Shutdown is answered, although the connection became idle only afterwards; also one whose
// head was incomplete.
func TestShutdownAnswersWhatWasSent(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			for i := range 4 {
				sc := newScripts()
				s := quietServer(sc)
				c := connect(t, tr.start(t, s))
				c.send(on("/b", get("flush,gate,write:a")))
				c.expect(answer("200 OK", "", chunkLine))
				within(t, sc.inGat, "handler does not start")
				sent := make(chan struct{})
				go func() { c.send(followUp); close(sent) }()
				if tr.name != "pipe" { // which has no buffer
					<-sent
				}
				done := shutdown(t, s)
				close(sc.gate)
				c.name = fmt.Sprint("round ", i)
				c.expect("1\r\na\r\n" + zero + bye("next"))
				c.ends()
				c.Close()
				<-sent
				within(t, done, "Shutdown does not return")
			}

			s := quietServer(newScripts())
			c := connect(t, tr.start(t, s))
			c.send(followUp[:10])
			eventually(t, func() bool { return s.Stats().Conns == 1 }, "not accepted")
			done := shutdown(t, s)
			c.send(followUp[10:])
			c.expect(bye("next"))
			c.ends()
			c.Close()
			within(t, done, "Shutdown does not return")
		})
	}
}

// A connection that has had an answer is closed without any time of grace.
func TestShutdownClosesAtOnce(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			s := quietServer(newScripts())
			s.Timeouts = Timeouts{Grace: -1, Idle: -1}
			c := connect(t, tr.start(t, s))
			c.send(followUp)
			c.expect(ok("next"))
			require.NoError(t, s.Shutdown(t.Context()))
			c.ends()
			c.Close()
		})
	}
}

// Clients that go on to connect do not keep Shutdown from coming to an end.
func TestShutdownWhileClientsConnect(t *testing.T) {
	noLeaks(t)
	s := quietServer(newScripts())
	s.Timeouts.Grace = 50 * time.Millisecond
	e := listenTCP(t)
	served := make(chan error, 1)
	go func() { served <- e.serve(s) }()
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() {
			for {
				nc, err := e.dial()
				if err != nil {
					return
				}
				nc.Close()
			}
		})
	}
	eventually(t, func() bool { return s.Stats().Accepted > 20 }, "nobody connects")
	require.NoError(t, s.Shutdown(t.Context()))
	require.NoError(t, <-served)
	clients.Wait()
}

// Connections in the accept queue are accepted, and their requests answered.
func TestShutdownAcceptQueue(t *testing.T) {
	for _, tr := range built(overTCP, overUnix, overLoop) {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			for range 5 {
				sc := newScripts()
				s := quietServer(sc)
				s.Limits.Conns = 1
				dial := tr.start(t, s)
				first := connect(t, dial)
				first.send(on("/b", get("gate,write:a")))
				within(t, sc.inGat, "handler does not start")
				var queued []*client
				for range 10 {
					c := connect(t, dial)
					c.send(followUp)
					queued = append(queued, c)
				}
				done := shutdown(t, s)
				for _, c := range queued {
					c.expect(bye("next"))
					c.ends()
					c.Close()
				}
				close(sc.gate)
				first.expect(bye("a"))
				first.ends()
				first.Close()
				within(t, done, "Shutdown does not return")
			}
		})
	}
}

// When Shutdown's context ends, so do those of the requests that are left, and Shutdown returns its error.
func TestShutdownContext(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			s := quietServer(sc)
			c := connect(t, tr.start(t, s))
			c.send(on("/b", get("context,wait,write:a")))
			within(t, sc.inGat, "handler does not start")
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Shutdown(ctx) }()
			eventually(t, s.draining.Load, "Shutdown does not begin")
			cancel()
			assert.Equal(t, context.Canceled, within(t, done, "Shutdown does not return"))
			c.expect(bye("a"))
			c.ends()
			c.Close()
			assert.Equal(t, []string{"context <nil>", "ended context canceled"}, sc.seen())
			within(t, s.ended, "the server does not end")
			assert.NoError(t, s.Shutdown(ctx), "nothing is left, whatever became of the context")
		})
	}
}

// Close ends everything at once, and does not wait for handlers.
func TestClose(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			s := quietServer(sc)
			dial := tr.start(t, s)
			blocked, idle, waiting, half := connect(t, dial), connect(t, dial), connect(t, dial), connect(t, dial)
			blocked.send(on("/b", get("write:a,flush,gate,write:b,flush")))
			blocked.expect(answer("200 OK", openChunks("a"), chunkLine))
			within(t, sc.inGat, "handler does not start")
			waiting.send(on("/b", get("wait,write:b,flush")))
			within(t, sc.inGat, "handler does not start")
			idle.send(followUp)
			idle.expect(ok("next"))
			half.send(followUp[:20])
			require.NoError(t, s.Close())
			within(t, s.ended, "Run does not return")
			for _, c := range []*client{blocked, idle, waiting, half} {
				out, _ := c.rest()
				assert.NotContains(t, out, zero)
			}
			_, err := dial()
			assert.Error(t, err)
			close(sc.gate)
			eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections left")
			assert.Contains(t, sc.seen(), "ended context canceled")
			for _, c := range []*client{blocked, idle, waiting, half} {
				c.Close()
			}
		})
	}
}

// Before Run there is nothing to wait for, and after the end nothing is begun any more.
func TestShutdownBeforeRun(t *testing.T) {
	noLeaks(t)
	for _, end := range []func(*Server) error{(*Server).Close, func(s *Server) error { return s.Shutdown(t.Context()) }} {
		s := quietServer(newScripts())
		require.NoError(t, s.Listen("127.0.0.1:0"))
		addr := s.Addrs()[0].String()
		require.NoError(t, end(s))
		_, err := net.Dial("tcp", addr)
		assert.Error(t, err, "still bound")
		assert.NoError(t, s.Run())
		assert.Equal(t, ErrClosed, s.Listen("127.0.0.1:0"))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		assert.NoError(t, s.Serve(l))
		_, err = net.Dial("tcp", l.Addr().String())
		assert.Error(t, err, "the listener is Serve's to close")
	}
	assert.NoError(t, new(Server).Shutdown(t.Context()))
	assert.NoError(t, new(Server).Close())
}

// Shutdown and Close may come while Run begins.
func TestShutdownWhileRunBegins(t *testing.T) {
	noLeaks(t)
	for i := range 50 {
		s := quietServer(newScripts())
		for range 3 {
			require.NoError(t, s.Listen("127.0.0.1:0"))
		}
		done := make(chan error, 1)
		go func() { done <- s.Run() }()
		if i%2 == 0 {
			require.NoError(t, s.Close())
		} else {
			require.NoError(t, s.Shutdown(t.Context()))
		}
		assert.NoError(t, within(t, done, "Run does not return"))
	}
}

// A connection in the middle of its handshake does not hold Shutdown up for long.
func TestShutdownDuringHandshake(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	config, _ := tlsConfigs(t)
	s := quietServer(newScripts())
	s.Timeouts.Grace = 20 * time.Millisecond
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, config) }()
	c := connect(t, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
	defer c.Close()
	c.send("\x16\x03\x01")
	eventually(t, func() bool { return s.Stats().Conns == 1 }, "not accepted")
	time.Sleep(time.Millisecond)
	require.NoError(t, s.Shutdown(t.Context()))
	require.NoError(t, <-served)
}

// A handshake that goes on when Shutdown begins is finished, and the request behind it answered.
func TestShutdownFinishesHandshake(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	config, trust := tlsConfigs(t)
	s := quietServer(newScripts())
	s.Timeouts.Grace = patience
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, config) }()
	nc, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	gated := &gatedConn{Conn: nc, gate: make(chan struct{}), reached: make(chan struct{})}
	c := connect(t, func() (net.Conn, error) { return tls.Client(gated, trust), nil })
	go c.send(followUp)
	within(t, gated.reached, "no second flight")
	done := shutdown(t, s)
	time.Sleep(5 * time.Millisecond) // the server's goroutine is to see it
	close(gated.gate)
	c.expect(bye("next"))
	c.Close()
	assert.NoError(t, within(t, done, "Shutdown does not return"))
	assert.NoError(t, within(t, served, "ServeTLS does not return"))
}

// gatedConn stops before its second Write until the gate is opened.
type gatedConn struct {
	net.Conn
	writes        int
	gate, reached chan struct{}
}

func (g *gatedConn) Write(p []byte) (int, error) {
	if g.writes++; g.writes == 2 {
		close(g.reached)
		<-g.gate
	}
	return g.Conn.Write(p)
}

// Many clients are busy while the server shuts down or closes: each gets whole answers until its connection ends, and nothing is
// left of the server.
func TestShutdownUnderLoad(t *testing.T) {
	for round := range 12 {
		noLeaks(t)
		sc := newScripts()
		s := quietServer(sc)
		s.Timeouts.Grace = 20 * time.Millisecond
		e := transports[round%len(transports)].listen(t)
		served := make(chan error, 1)
		go func() { served <- e.serve(s) }()
		var closed atomic.Bool
		var answered atomic.Int64
		var clients sync.WaitGroup
		for i := range 6 {
			clients.Go(func() { answered.Add(int64(loadClient(t, e.dial, uint64(round*100+i), &closed))) })
		}
		eventually(t, func() bool { return s.Stats().Requests > uint64(20+10*round) }, "no load")
		if round >= 8 {
			closed.Store(true)
			require.NoError(t, s.Close())
		} else {
			require.NoError(t, s.Shutdown(t.Context()))
			assert.Zero(t, s.Stats().Conns)
		}
		require.NoError(t, within(t, served, "Serve does not return"))
		clients.Wait()
		eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "something left")
		assert.Positive(t, answered.Load())
	}
}

// loadClient sends random requests on one connection after the other until it is not let in any more, and returns how many were
// answered. An answer that begins has to be whole, unless the server was closed.
func loadClient(t *testing.T, dial dialer, seed uint64, closed *atomic.Bool) (answered int) {
	random := rand.New(rand.NewPCG(seed, 1))
	for {
		nc, err := dial()
		if err != nil {
			return answered
		}
		nc.SetDeadline(time.Now().Add(patience))
		in := bufio.NewReader(nc)
		for last := false; !last && random.IntN(20) > 0; {
			script := []string{"copy", "flush,copy", "drop,write:x", "write:x"}[random.IntN(4)]
			path := []string{"/i", "/b"}[random.IntN(2)]
			go nc.Write([]byte(on(path, post(script, string(pattern[:random.IntN(3000)])))))
			if _, err := in.Peek(1); err != nil {
				break
			}
			if last, err = readAnswer(in); err != nil {
				assert.True(t, closed.Load(), "half an answer: %v", err)
				break
			}
			answered++
		}
		nc.Close()
	}
}

// readAnswer reads one answer, and reports whether it is the connection's last.
func readAnswer(in *bufio.Reader) (last bool, err error) {
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return false, err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return r.Close, err
}
