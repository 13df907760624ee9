package srv

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A reset ends the context while the handler does nothing but wait for it.
func TestContextEndsWithResetWhileWaiting(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a reset is seen at the next read or write")
	}
	for _, tr := range built(overTCP, overTLS, overLoop) {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			cause := make(chan error, 1)
			waiting := make(chan bool, 1)
			route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
				ctx := r.Context()
				if r.Content().Size() > 0 { // reading pauses the watcher, which goes on afterwards
					piece, err := r.Content().Next()
					assert.NoError(t, err)
					assert.Equal(t, "hello", string(piece))
				}
				waiting <- true
				<-ctx.Done()
				cause <- context.Cause(ctx)
			})}
			s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
			dial := tr.start(t, s)
			for _, in := range []string{get(""), get("") + followUp, post("", "hello"), post("", "hello") + strings.Repeat(followUp, 1000)} {
				c := connect(t, dial)
				c.send(in)
				within(t, waiting, "handler does not start")
				c.resetNow()
				assert.Equal(t, ErrReset, within(t, cause, "the context does not end"))
			}
			eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections left")
		})
	}
}

// A FIN does not end the context, nor do octets of the next request, and the answer is sent.
func TestContextOutlivesFIN(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			dial := tr.start(t, quietServer(sc))
			for _, next := range []string{"", followUp} {
				c := connect(t, dial)
				go c.send(on("/b", get("context,gate,context,write:a")) + next)
				within(t, sc.inGat, "handler does not start")
				c.closeWrite()
				time.Sleep(5 * time.Millisecond) // for a context that ends by mistake
				sc.gate <- struct{}{}
				if next == "" {
					c.expect(ok("a"))
				} else {
					c.expect(ok("a") + ok("next"))
				}
				c.Close()
				assert.Equal(t, []string{"context <nil>", "context <nil>"}, sc.seen())
			}
		})
	}
}

// Content can be read and answers sent after Context was called, piece by piece.
func TestContextAndContent(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			c := connect(t, tr.start(t, quietServer(sc)))
			for range 3 {
				c.send(on("/b", head("POST", "context,flush,next,flush,next,flush,next,flush,context", "1.1", "Content-Length: 15")))
				c.expect(answer("200 OK", "", chunkLine))
				for range 3 {
					c.send("hello")
					c.expect("5\r\nhello\r\n")
				}
				c.expect(zero)
				assert.Equal(t, []string{"context <nil>", "context <nil>"}, sc.seen())
			}
			c.Close()
		})
	}
}

// A context that was kept has ended, and costs the server nothing any more.
func TestContextEndsWithHandler(t *testing.T) { eachTCP(t, testContextEndsWithHandler) }

func testContextEndsWithHandler(t *testing.T, start starter) {
	noLeaks(t)
	kept := make(chan context.Context, 1)
	route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) { kept <- r.Context() })}
	s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
	c := connect(t, start(t, s))
	for range 10 {
		c.send(followUp)
		c.expect(ok(""))
		ctx := within(t, kept, "no context")
		within(t, ctx.Done(), "the context does not end")
		assert.Equal(t, context.Canceled, context.Cause(ctx))
	}
	c.Close()
}

// A hijacked connection is the handler's: with what has come already, without deadlines, and Shutdown does not wait for it.
func TestHijack(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			type taken struct {
				nc   net.Conn
				rest []byte
			}
			conns := make(chan taken, 1)
			route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
				if string(r.Path()) == "/context" {
					r.Context()
				}
				nc, rest, err := w.Hijack()
				assert.NoError(t, err)
				conns <- taken{nc, rest}
			})}
			lost := &Route{Handler: HandlerFunc(func(w *Response, r *Request) { w.WriteString("first") })}
			s := &Server{}
			s.Router = routerFunc(func(r *Request) *Route {
				if string(r.Path()) == "/first" {
					return lost
				}
				return route
			})
			e := tr.listen(t)
			served := make(chan error, 1)
			go func() { served <- e.serve(s) }()
			for _, path := range []string{"/plain", "/context"} {
				c := connect(t, e.dial)
				c.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\nraw octets")
				c.expect(ok("first"))
				h := within(t, conns, "not hijacked")
				assert.Equal(t, "raw octets", string(h.rest))
				echoed := make(chan struct{})
				go func() { echo(h.nc, 5); close(echoed) }()
				c.send("hello")
				b := make([]byte, 5)
				_, err := io.ReadFull(c, b)
				require.NoError(t, err)
				assert.Equal(t, "hello", string(b))
				<-echoed
				eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "still the server's")
				if path == "/context" {
					require.NoError(t, s.Shutdown(t.Context()))
					require.NoError(t, <-served)
					require.NoError(t, s.Close())
					go h.nc.Write([]byte("still here"))
					b = make([]byte, 10)
					_, err = io.ReadFull(c, b)
					assert.NoError(t, err)
					assert.Equal(t, "still here", string(b))
				}
				h.nc.Close()
				c.Close()
			}
		})
	}
}

// A hijacked connection has no deadline of the server's any more.
func TestHijackClearsDeadlines(t *testing.T) {
	for _, in := range []string{"", followUp, on("/b", get("flush,write:a")), on("/b", post("copy", "hello"))} {
		near, far := net.Pipe()
		go func() {
			io.WriteString(near, in+on("/b", get("context,hijack:x")))
			io.Copy(io.Discard, near)
		}()
		nc := &deadlines{Conn: far}
		require.NoError(t, quietServer(newScripts()).ServeConn(nc))
		assert.True(t, nc.set, "there were deadlines")
		assert.Zero(t, nc.read)
		assert.Zero(t, nc.write)
		near.Close()
	}
}

// deadlines notes the deadlines in force.
type deadlines struct {
	net.Conn
	read, write time.Time
	set         bool
}

func (d *deadlines) SetDeadline(at time.Time) error {
	d.read, d.write = at, at
	return d.Conn.SetDeadline(at)
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.read, d.set = at, true
	return d.Conn.SetReadDeadline(at)
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.write = at
	return d.Conn.SetWriteDeadline(at)
}

// A Hijack that races with Shutdown gives a connection that works.
func TestHijackDuringShutdown(t *testing.T) {
	noLeaks(t)
	for range 8 {
		conns := make(chan net.Conn, 1)
		gate := make(chan struct{})
		route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
			<-gate
			nc, _, err := w.Hijack()
			assert.NoError(t, err)
			conns <- nc
		})}
		s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
		e := listenTCP(t)
		go e.serve(s)
		c := connect(t, e.dial)
		c.send(followUp)
		eventually(t, func() bool { return s.Stats().InFlight == 1 }, "handler does not start")
		close(gate)
		require.NoError(t, s.Shutdown(t.Context()))
		nc := within(t, conns, "not hijacked")
		go func() { echo(nc, 5); nc.Close() }()
		c.send("hello")
		c.closeWrite()
		out, err := c.rest()
		assert.NoError(t, err)
		assert.Equal(t, "hello", out)
		c.Close()
	}
}

// echo sends n octets back. It is not io.Copy, for which the system keeps pipes open between TCP connections.
func echo(nc net.Conn, n int) {
	b := make([]byte, n)
	io.ReadFull(nc, b)
	nc.Write(b)
}

// What OnLost was given is called once, for each of the reasons, and never after the handler.
func TestOnLost(t *testing.T) {
	tests := []struct {
		name string
		end  func(s *Server, c *client)
		want bool
	}{
		{"reset", func(_ *Server, c *client) { c.resetNow() }, true},
		{"close", func(s *Server, _ *client) { s.Close() }, true},
		{"shutdown", func(s *Server, _ *client) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			s.Shutdown(ctx)
		}, true},
		{"FIN", func(_ *Server, c *client) { c.closeWrite() }, false},
	}
	for _, tr := range built(overTCP, overTLS, overLoop) {
		for _, tt := range tests {
			if tt.name == "reset" && runtime.GOOS != "linux" {
				continue
			}
			t.Run(tr.name+"/"+tt.name, func(t *testing.T) {
				noLeaks(t)
				waiting, lost, over := make(chan bool, 1), make(chan bool, 4), make(chan bool)
				route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
					r.OnLost(func() { panic("replaced") })
					r.OnLost(func() { lost <- true })
					waiting <- true
					if tt.want {
						assert.True(t, within(t, lost, "not told"))
						r.OnLost(func() { lost <- true })
						assert.True(t, within(t, lost, "not told again"))
					} else {
						<-over
					}
				})}
				s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
				c := connect(t, tr.start(t, s))
				c.send(get(""))
				within(t, waiting, "handler does not start")
				tt.end(s, c)
				if !tt.want {
					time.Sleep(5 * time.Millisecond) // for a call by mistake
					close(over)
					c.expect(ok(""))
				}
				c.Close()
				eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections left")
				s.Close()
				assert.Empty(t, lost)
			})
		}
	}
}
