package proxy

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// A reset from the client ends the upstream's connection, whatever that is doing, and by a reset.
func TestClientResets(t *testing.T) {
	const post = "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello"
	tests := []struct {
		name, request string
		script        func(u *peer, reset func())
		read          int // octets of the response that the client awaits first
	}{
		{"before the head", get, func(u *peer, reset func()) { u.head(); reset() }, 0},
		{"in the head", get, func(u *peer, reset func()) { u.head(); u.send("HTTP/1.1 200"); reset() }, 0},
		{"behind an interim response", get, func(u *peer, reset func()) { u.head(); u.send("HTTP/1.1 102 Processing\r\n\r\n"); reset() }, 0},
		{"behind the head", get, func(u *peer, reset func()) { u.head(); u.send("HTTP/1.1 200 OK\r\n\r\n"); reset() }, 20},
		{"in the content", get, func(u *peer, reset func()) { u.head(); u.send("HTTP/1.1 200 OK\r\n\r\nhello"); reset() }, 100},
		{"of HTTP/1.0 in the content", get10, func(u *peer, reset func()) { u.head(); u.send("HTTP/1.1 200 OK\r\n\r\nhello"); reset() }, 70},
		{"in the request's content", post, func(u *peer, reset func()) { u.head(); u.expect("hello"); reset() }, 0},
		{"in both contents", post, func(u *peer, reset func()) {
			u.head()
			u.expect("hello")
			u.send("HTTP/1.1 200 OK\r\n\r\nhello")
			reset()
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c *peer
			ended := make(chan bool, 1)
			p := newProxy(t, upstream(t, func(u *peer) {
				tt.script(u, func() {
					c.take(tt.read)
					c.reset()
				})
				_, fin := u.rest()
				ended <- fin
			}))
			p.Timeout = 1000 * patience // what ends the wait is not this
			p.Fail = func(*srv.Response, *srv.Request, Error) { t.Error("an answer for nobody") }
			c = dial(t, serve(t, p))
			c.send(tt.request)
			assert.False(t, <-ended, "a FIN is no cancellation")
		})
	}
	t.Run("the upstream sends without end", func(t *testing.T) {
		ended := make(chan struct{})
		p := newProxy(t, upstream(t, func(u *peer) {
			defer close(ended)
			u.head()
			u.send("HTTP/1.1 200 OK\r\n\r\n")
			for err := error(nil); err == nil; {
				_, err = u.Conn.Write(make([]byte, 1<<16))
			}
		}))
		c := dial(t, serve(t, p))
		c.send(get)
		c.take(1 << 20)
		c.reset()
		<-ended
	})
	t.Run("another one goes on", func(t *testing.T) {
		goOn := make(chan struct{})
		c := [2]*peer{}
		p := newProxy(t, upstream(t, func(u *peer) {
			if strings.HasPrefix(u.head(), "GET /0") {
				c[0].reset()
				u.rest()
				close(goOn)
				return
			}
			<-goOn
			u.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
		}))
		addr := serve(t, p)
		for i := range c {
			c[i] = dial(t, addr)
		}
		for i := range c {
			fmt.Fprintf(c[i], "GET /httpbin/%d HTTP/1.1\r\nHost: a\r\n\r\n", i)
		}
		r, content, err := c[1].response("GET")
		require.NoError(t, err)
		assert.Equal(t, []any{200, "OK"}, []any{r.StatusCode, content})
	})
}

// A FIN from the client says that it has sent all. It still reads.
func TestClientHalfCloses(t *testing.T) {
	tests := []struct{ name, request string }{
		{"GET", get},
		{"HTTP/1.0", get10},
		{"POST", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"},
		{"chunked", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next := make(chan struct{})
			p := newProxy(t, upstream(t, func(u *peer) {
				request := u.head()
				if strings.Contains(request, "Content-Length") {
					u.expect("hello")
				}
				<-next // the FIN has been sent
				u.send("HTTP/1.1 200 OK\r\n\r\n")
				for range 20 {
					<-next
					u.send("more\n")
				}
			}))
			c := dial(t, serve(t, p))
			c.send(tt.request)
			c.closeWrite()
			next <- struct{}{}
			c.head()
			for range 20 {
				next <- struct{}{}
				for c.take(1) != "\n" {
				}
			}
			_, fin := c.rest()
			assert.True(t, fin)
		})
	}
}

// Close ends what is under way.
func TestServerCloses(t *testing.T) {
	s := &srv.Server{}
	p := newProxy(t, upstream(t, func(u *peer) {
		u.head()
		s.Close()
		_, fin := u.rest()
		assert.False(t, fin)
	}))
	m := route.New()
	m.Get("/httpbin/*", p.ServeHTTP)
	s.Router = m
	answer, _ := do(t, run(t, s), get)
	assert.Empty(t, answer)
}

// Shutdown lets what is under way finish.
func TestServerShutsDown(t *testing.T) {
	s := &srv.Server{}
	p := newProxy(t, upstream(t, func(u *peer) {
		u.head()
		u.send("HTTP/1.1 200 OK\r\n\r\n")
		go s.Shutdown(t.Context())
		u.send("hello")
	}))
	m := route.New()
	m.Get("/httpbin/*", p.ServeHTTP)
	s.Router = m
	c := dial(t, run(t, s))
	c.send(get)
	_, content, err := c.response("GET")
	require.NoError(t, err)
	assert.Equal(t, "hello", content)
}

// Two proxies in a row: what one does is what the other expects.
func TestChain(t *testing.T) {
	chain := func(t *testing.T, script func(u *peer)) *peer {
		last := newProxy(t, upstream(t, script))
		last.Digest = true
		return dial(t, serve(t, newProxy(t, "http://"+serve(t, last)+"/httpbin")))
	}
	t.Run("content and trailers", func(t *testing.T) {
		c := chain(t, func(u *peer) {
			assert.Contains(t, u.head(), "\r\nvia: 1.1 barewire\r\nVia: 1.1 barewire\r\n")
			u.send("HTTP/1.1 200 OK\r\n\r\nhello")
		})
		c.send(get)
		r, content, err := c.response("GET")
		require.NoError(t, err)
		assert.Equal(t, "hello", content)
		assert.Equal(t, "5", r.Trailer.Get("X-Content-Length"))
	})
	t.Run("break", func(t *testing.T) {
		c := chain(t, func(u *peer) {
			u.head()
			u.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello")
		})
		c.send(get)
		_, content, err := c.response("GET")
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, "hello", content)
	})
	t.Run("cancellation", func(t *testing.T) {
		ended := make(chan struct{})
		var c *peer
		c = chain(t, func(u *peer) {
			u.head()
			c.reset()
			u.rest()
			close(ended)
		})
		c.send(get)
		<-ended
	})
}
