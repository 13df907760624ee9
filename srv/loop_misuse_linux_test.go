//go:build amd64 || arm64

package srv

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What OnLost was given may be wrong in all the ways that a function can be: the server goes on.
func TestOnLostThatMisbehaves(t *testing.T) {
	misuses := map[string]HandlerFunc{
		"Goexit": func(_ *Response, r *Request) {
			gone := make(chan bool)
			r.OnLost(func() { close(gone); runtime.Goexit() })
			<-gone
		},
		"panic": func(_ *Response, r *Request) {
			gone := make(chan bool)
			r.OnLost(func() { close(gone); panic("x") })
			<-gone
		},
		"panic at once": func(_ *Response, r *Request) {
			<-r.Context().Done()
			r.OnLost(func() { panic("x") })
		},
	}
	for name, handler := range misuses {
		t.Run(name, func(t *testing.T) {
			eachTCP(t, func(t *testing.T, start starter) {
				noLeaks(t)
				s := loopServer(1, routes{"/": route("/", true, hello), "/wait": route("/wait", false, handler)})
				dial := start(t, s)
				c := connect(t, dial)
				c.send(plain("/wait"))
				eventually(t, func() bool { return s.Stats().InFlight == 1 }, "the handler does not start")
				time.Sleep(time.Millisecond) // until it waits
				c.resetNow()
				eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "something is left")
				c = connect(t, dial)
				c.ask("/", "hello")
				c.Close()
			})
		})
	}
}

// The number of loops is that of the time when the server was made, however many cores there are later.
func TestLoopCountIsFixed(t *testing.T) {
	noLeaks(t)
	s := loopServer(0, routes{"/": route("/", true, hello)})
	require.NoError(t, s.Listen("127.0.0.1:0"))
	count := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(tallyCount + 4))
	serveOn(t, s, s.Run)
	eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.loops != nil
	}, "Run does not begin")
	assert.Len(t, s.loops.loops, count)
}

// A context that a Router has asked for ends, even if the Router never returns.
func TestRouterThatExits(t *testing.T) {
	eachTCP(t, func(t *testing.T, start starter) {
		noLeaks(t)
		contexts := make(chan context.Context, 1)
		s := loopServer(1, routerFunc(func(r *Request) *Route {
			contexts <- r.Context()
			runtime.Goexit()
			return nil
		}))
		c := connect(t, start(t, s))
		c.send(plain("/"))
		ctx := within(t, contexts, "the Router does not run")
		within(t, ctx.Done(), "the context does not end")
		eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "something is left")
		s.Close()
	})
}

// Closing the server is no more than any other function.
func TestCloseOnLost(t *testing.T) {
	eachTCP(t, func(t *testing.T, start starter) {
		noLeaks(t)
		gone := make(chan bool)
		var s *Server
		s = loopServer(1, routes{"/wait": route("/wait", false, func(_ *Response, r *Request) {
			r.OnLost(func() { s.Close(); close(gone) })
			<-gone
		})})
		c := connect(t, start(t, s))
		c.send(plain("/wait"))
		eventually(t, func() bool { return s.Stats().InFlight == 1 }, "the handler does not start")
		time.Sleep(time.Millisecond) // until it waits
		c.resetNow()
		within(t, s.ended, "Close hangs")
	})
}
