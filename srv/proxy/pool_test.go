package proxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"

// newPool returns a Proxy that keeps connections, and the number of those that its upstream has accepted. script runs on each.
func newPool(t *testing.T, script func(u *peer, conn int64)) (*Proxy, *atomic.Int64) {
	accepted := new(atomic.Int64)
	p := newProxy(t, upstream(t, func(u *peer) { script(u, accepted.Add(1)) }))
	p.IdleTime = patience
	return p, accepted
}

// idle returns how many connections wait in the pool.
func (p *Proxy) idle() int {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	return len(p.pool.idle)
}

// answers answers each request with the octets.
func answers(octets string) func(*peer, int64) {
	return func(u *peer, _ int64) {
		for u.more() {
			u.head()
			u.send(octets)
		}
	}
}

// more reports whether something comes before the end.
func (p *peer) more() bool {
	_, err := p.r.Peek(1)
	return err == nil
}

const keep = "GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n"

// ask sends a request and returns the status and content of the answer.
func (p *peer) ask(request string) (status int, content string) {
	p.t.Helper()
	p.send(request)
	method, _, _ := strings.Cut(request, " ")
	r, content, _ := p.response(method)
	return r.StatusCode, content
}

// Connections are used again after an exchange that has come to a clean end, on both sides, and only then.
func TestReuse(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	head := strings.Replace(keep, "GET", "HEAD", 1)
	post := "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	send := "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
	tests := []struct {
		name, request, answer string
		again                 bool
	}{
		{"Content-Length", keep, okay, true},
		{"empty", keep, ok + "Content-Length: 0\r\n\r\n", true},
		{"chunked", keep, ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n", true},
		{"trailers", keep, ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\nX: y\r\n\r\n", true},
		{"HEAD", head, ok + "Content-Length: 2\r\n\r\n", true},
		{"HEAD, chunked", head, ok + "Transfer-Encoding: chunked\r\n\r\n", true},
		{"204", keep, "HTTP/1.1 204 No Content\r\n\r\n", true},
		{"304", keep, "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", true},
		{"205", keep, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", true},
		{"interim", keep, "HTTP/1.1 100 Continue\r\n\r\n" + okay, true},
		{"error", keep, "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nOK", true},
		{"POST", post, okay, true},
		{"PUT, chunked", send, okay, true},
		{"HTTP/1.0, keep-alive", keep, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nOK", true},

		{"Connection: close", keep, ok + "Connection: close\r\nContent-Length: 2\r\n\r\nOK", false},
		{"HTTP/1.0", keep, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK", false},
		{"octets behind Content-Length", keep, okay + "X", false},
		{"octets behind the last chunk", keep, ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\nX", false},
		{"octets behind HEAD", head, ok + "Content-Length: 2\r\n\r\nOK", false},
		{"octets behind 204", keep, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nOK", false},
		{"octets behind 304", keep, "HTTP/1.1 304 Not Modified\r\n\r\nOK", false},
		{"a second response behind 304", keep, "HTTP/1.1 304 Not Modified\r\n\r\n" + okay, false},
		{"205 with content", keep, "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\n", false},
		{"205, chunked", keep, "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n", false},
		{"205, close-delimited", keep, "HTTP/1.1 205 Reset Content\r\n\r\n", false},
		{"malformed", keep, ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false},
		{"malformed chunk", keep, ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nOK\r\nx\r\n", false},
		{"101", keep, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, accepted := newPool(t, func(u *peer, _ int64) {
				for u.more() {
					if request := u.head(); strings.Contains(request, "Content-Length") {
						u.expect("hello")
					} else if strings.Contains(request, "Transfer-Encoding") {
						u.expect("5\r\nhello\r\n0\r\n\r\n")
					}
					u.send(tt.answer)
				}
			})
			addr := serve(t, p)
			for range 3 {
				dial(t, addr).ask(tt.request)
				if tt.again { // it may have been answered by now and not be over
					require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
				}
			}
			if tt.again {
				assert.EqualValues(t, 1, accepted.Load())
			} else {
				assert.EqualValues(t, 3, accepted.Load())
				assert.Zero(t, p.idle())
			}
		})
	}
}

// What is on a connection while nobody has asked is nobody's answer.
func TestUnsolicited(t *testing.T) {
	if !peeks {
		t.Skip("sockets cannot be looked into here")
	}
	post := "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: "
	for i, octets := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", "X", "", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", "X", ""} {
		request := post + "0\r\n\r\n"
		if i >= 3 {
			request = post + "5\r\n\r\nhello"
		}
		t.Run(fmt.Sprintf("%.10q, %.2q", octets, request[len(post):]), func(t *testing.T) {
			sent := make(chan struct{}, 1)
			p, accepted := newPool(t, func(u *peer, conn int64) {
				u.head()
				u.send(okay)
				if conn == 1 {
					<-sent
					u.send(octets)
					u.closeWrite()
					sent <- struct{}{}
				}
				u.rest()
			})
			addr := serve(t, p)
			c := dial(t, addr)
			c.ask(keep)
			require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
			sent <- struct{}{}
			time.Sleep(time.Millisecond)
			<-sent
			// Not even a request that may not be repeated sees anything of it.
			status, content := c.ask(request)
			assert.Equal(t, []any{200, "OK"}, []any{status, content})
			assert.EqualValues(t, 2, accepted.Load())
		})
	}
}

// A connection that turns out to be dead is given up for a new one, once, when the request may be repeated.
func TestRetry(t *testing.T) {
	const post = "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	tests := []struct {
		name, request string
		end           func(u *peer) // on a connection that has served one request, after the head of the next
		again         bool          // the request goes once more
	}{
		{"GET, FIN", keep, func(u *peer) {}, true},
		{"GET, reset", keep, func(u *peer) { u.reset() }, true},
		{"HEAD", strings.Replace(keep, "GET", "HEAD", 1), func(u *peer) {}, true},
		{"DELETE", strings.Replace(keep, "GET", "DELETE", 1), func(u *peer) {}, true},
		{"POST", post, func(u *peer) { u.expect("hello") }, false},
		{"POST without content", strings.Replace(keep, "GET", "POST", 1), func(u *peer) {}, false},
		{"PATCH", strings.Replace(keep, "GET", "PATCH", 1), func(u *peer) {}, false},
		{"a method nobody knows", strings.Replace(keep, "GET", "FETCH", 1), func(u *peer) {}, false},
		{"PUT, its content sent", strings.Replace(post, "POST", "PUT", 1), func(u *peer) { u.expect("hello") }, false},
		{"GET, one octet", keep, func(u *peer) { u.send("H") }, false},
		{"GET, an interim response", keep, func(u *peer) { u.send("HTTP/1.1 100 Continue\r\n\r\n") }, false},
		{"GET, malformed", keep, func(u *peer) { u.send("garbage") }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, accepted := newPool(t, func(u *peer, conn int64) {
				u.head()
				if conn == 2 {
					u.send(okay[:len(okay)-2])
					if !strings.HasPrefix(tt.request, "HEAD") {
						u.send("OK")
					}
					u.rest()
					return
				}
				u.send(okay)
				u.head()
				tt.end(u)
			})
			c := dial(t, serve(t, p))
			c.ask(keep)
			status, _ := c.ask(tt.request)
			if tt.again {
				assert.Equal(t, 200, status)
				assert.EqualValues(t, 2, accepted.Load())
			} else {
				assert.Equal(t, 502, status)
				assert.EqualValues(t, 1, accepted.Load())
			}
		})
	}
	t.Run("once", func(t *testing.T) {
		var both, arrived sync.WaitGroup // two connections for the pool
		arrived.Add(2)
		p, accepted := newPool(t, func(u *peer, conn int64) {
			u.head()
			if conn <= 2 {
				arrived.Done()
				arrived.Wait()
				u.send(okay)
				if u.more() {
					u.head()
				}
			}
		})
		addr := serve(t, p)
		for range 2 {
			c := dial(t, addr)
			both.Go(func() { c.ask(keep) })
		}
		both.Wait()
		before := accepted.Load()
		status, _ := dial(t, addr).ask(keep)
		assert.Equal(t, 502, status)
		assert.Equal(t, before+1, accepted.Load(), "the other one of the pool may be as dead")
	})
	t.Run("not on a new connection", func(t *testing.T) {
		p, accepted := newPool(t, func(u *peer, _ int64) { u.head() })
		status, _ := dial(t, serve(t, p)).ask(keep)
		assert.Equal(t, 502, status)
		assert.EqualValues(t, 1, accepted.Load())
	})
}

// The pool holds no more than it may, for no longer than it may, and nothing once it is closed.
func TestPoolBounds(t *testing.T) {
	// fill has n requests answered at the same time.
	fill := func(t *testing.T, p *Proxy, arrived *sync.WaitGroup, n int) {
		addr := serve(t, p)
		arrived.Add(n)
		var all sync.WaitGroup
		for range n {
			c := dial(t, addr)
			all.Go(func() { c.ask(keep) })
		}
		all.Wait()
	}
	together := func(arrived *sync.WaitGroup) func(*peer, int64) {
		return func(u *peer, _ int64) {
			u.head()
			arrived.Done()
			arrived.Wait()
			u.send(okay)
			u.rest()
		}
	}
	t.Run("count", func(t *testing.T) {
		var arrived sync.WaitGroup
		p, accepted := newPool(t, together(&arrived))
		p.IdleCount = 2
		fill(t, p, &arrived, 5)
		assert.EqualValues(t, 5, accepted.Load())
		assert.Equal(t, 2, p.idle())
	})
	t.Run("time", func(t *testing.T) {
		var arrived, open sync.WaitGroup
		open.Add(3)
		script := together(&arrived)
		p, _ := newPool(t, func(u *peer, n int64) {
			script(u, n)
			open.Done()
		})
		p.IdleTime = 20 * time.Millisecond
		fill(t, p, &arrived, 3)
		open.Wait() // without another request
		assert.Zero(t, p.idle())
		require.Eventually(t, func() bool {
			p.pool.mu.Lock()
			defer p.pool.mu.Unlock()
			return !p.pool.timing
		}, patience, time.Millisecond)
	})
	t.Run("overdue, and the timer late", func(t *testing.T) {
		p, accepted := newPool(t, answers(okay))
		c := dial(t, serve(t, p))
		c.ask(keep)
		require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
		p.pool.mu.Lock()
		p.pool.idle[0].since = time.Now().Add(-p.IdleTime)
		p.pool.mu.Unlock()
		status, _ := c.ask(keep)
		assert.Equal(t, 200, status)
		assert.EqualValues(t, 2, accepted.Load())
	})
	t.Run("some overdue", func(t *testing.T) {
		var arrived sync.WaitGroup
		p, _ := newPool(t, together(&arrived))
		fill(t, p, &arrived, 4)
		p.pool.mu.Lock()
		for _, l := range p.pool.idle[:3] {
			l.since = l.since.Add(-p.IdleTime)
		}
		p.pool.mu.Unlock()
		p.sweep()
		assert.Equal(t, 1, p.idle())
	})
	t.Run("none", func(t *testing.T) {
		p, accepted := newPool(t, answers(okay))
		p.IdleTime = -1
		c := dial(t, serve(t, p))
		for range 3 {
			c.ask(keep)
		}
		assert.EqualValues(t, 3, accepted.Load())
	})
	t.Run("closed", func(t *testing.T) {
		p, accepted := newPool(t, answers(okay))
		c := dial(t, serve(t, p))
		c.ask(keep)
		require.NoError(t, p.Close())
		assert.Zero(t, p.idle())
		for range 2 { // requests go on
			status, _ := c.ask(keep)
			assert.Equal(t, 200, status)
			assert.Zero(t, p.idle())
		}
		assert.EqualValues(t, 3, accepted.Load())
	})
}

// The deadlines of one request are not those of the next.
func TestReuseLater(t *testing.T) {
	const post = "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	for _, second := range []string{keep, post} {
		p, accepted := newPool(t, func(u *peer, _ int64) {
			for u.more() {
				if strings.HasPrefix(u.head(), "POST") {
					u.expect("hello")
				}
				u.send(okay)
			}
		})
		c := dial(t, serve(t, p))
		c.ask(keep)
		for range 2 {
			require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
			p.pool.mu.Lock()
			p.pool.idle[0].due(past) // what time does
			p.pool.mu.Unlock()
			status, _ := c.ask(second)
			assert.Equal(t, 200, status)
		}
		assert.EqualValues(t, 1, accepted.Load())
	}
}

// Of the addresses that a name has, one that answers is enough.
func TestDialName(t *testing.T) {
	url := upstream(t, func(u *peer) { answers(okay)(u, 0) })
	p := newProxy(t, strings.Replace(url, "127.0.0.1", "localhost", 1))
	p.IdleTime = patience
	c := dial(t, serve(t, p))
	for range 2 {
		status, content := c.ask(keep)
		assert.Equal(t, []any{200, "OK"}, []any{status, content})
	}
}

// An answer that comes before the request is all there leaves a connection that nobody can use.
func TestNoReuseAfterEarlyAnswer(t *testing.T) {
	p, accepted := newPool(t, func(u *peer, _ int64) {
		u.head()
		u.send(okay)
		u.rest()
	})
	addr := serve(t, p)
	for range 2 {
		c := dial(t, addr)
		c.send("POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
		go func() {
			for err := error(nil); err == nil && accepted.Load() < 3; { // the answer is looked for when there is content
				_, err = io.WriteString(c.Conn, ".")
				time.Sleep(time.Millisecond)
			}
		}()
		r, content, err := c.response("POST")
		require.NoError(t, err)
		assert.Equal(t, []any{200, "OK"}, []any{r.StatusCode, content})
	}
	status, _ := dial(t, addr).ask(keep)
	assert.Equal(t, 200, status)
}

// A client that is gone takes the connection with it.
func TestNoReuseAfterReset(t *testing.T) {
	var c *peer
	ended := make(chan struct{})
	p, accepted := newPool(t, func(u *peer, conn int64) {
		u.head()
		if conn == 1 {
			c.reset()
			u.rest()
			close(ended)
			return
		}
		u.send(okay)
		u.rest()
	})
	addr := serve(t, p)
	c = dial(t, addr)
	c.send(keep)
	<-ended
	status, _ := dial(t, addr).ask(keep)
	assert.Equal(t, 200, status)
	assert.EqualValues(t, 2, accepted.Load())
}

// Over TLS, what has been read ahead counts as unsolicited, too.
func TestReuseTLS(t *testing.T) {
	tests := []struct {
		name, behind string
		alert        bool
		conns        int64
	}{
		{"clean", "", false, 1},
		{"a response behind the response", okay, false, 2},
		{"closure alert", "", true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var accepted atomic.Int64
			url, config := secureScript(t, func(u *peer, raw net.Conn) {
				accepted.Add(1)
				for u.more() {
					u.head()
					u.send(okay)
					if tt.behind != "" {
						u.send(tt.behind)
					}
					if tt.alert {
						u.Conn.(*tls.Conn).CloseWrite()
					}
				}
			})
			p := newProxy(t, url)
			p.TLS, p.IdleTime = config, patience
			c := dial(t, serve(t, p))
			for i := range 2 {
				status, content := c.ask(keep)
				assert.Equal(t, []any{200, "OK"}, []any{status, content})
				if i == 0 && tt.conns == 2 { // on the wire behind the response, wherever it is by now
					require.Eventually(t, func() bool {
						if l := p.get(time.Now(), false); l != nil {
							p.put(l)
						}
						return p.idle() == 0
					}, patience, time.Millisecond)
				}
			}
			assert.Equal(t, tt.conns, accepted.Load())
		})
	}
}

// Many clients at once, some of which go away, over few connections, some of which end badly: nobody gets another's answer.
func TestPoolConcurrent(t *testing.T) {
	p, accepted := newPool(t, func(u *peer, _ int64) {
		for n := 0; u.more(); n++ {
			line, _, _ := strings.Cut(u.head(), "\r\n")
			path := strings.Fields(line)[1]
			head, content := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(path), path)
			switch n % 4 {
			case 0:
				io.WriteString(u.Conn, head+content)
			case 1:
				io.WriteString(u.Conn, head)
				io.WriteString(u.Conn, content)
			case 2:
				fmt.Fprintf(u.Conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(path), path)
			case 3:
				fmt.Fprintf(u.Conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%sHTTP/1.1 200 OK\r\n\r\n", len(path), path)
				return
			}
		}
	})
	p.IdleCount = 5
	p.Digest = true
	addr := serve(t, p)
	const clients, requests = 20, 40
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			c := dial(t, addr)
			for j := range requests {
				path := fmt.Sprintf("/%d/%d", i, j)
				request := "GET /httpbin" + path + " HTTP/1.1\r\nHost: a\r\n\r\n"
				if j%7 == 3 {
					c.send(request)
					time.Sleep(time.Duration(i*j) * time.Microsecond)
					c.reset()
					c = dial(t, addr)
					continue
				}
				if status, content := c.ask(request); status != http.StatusOK || content != path {
					t.Errorf("%s: %d %q", path, status, content)
				}
			}
		})
	}
	all.Wait()
	assert.Less(t, accepted.Load(), int64(clients*requests))
	assert.LessOrEqual(t, p.idle(), 5)
}
