package proxy

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A head that the socket does not take at once is waited for, as long as the upstream may take.
func TestAskWaits(t *testing.T) {
	for name, reads := range map[string]bool{"an upstream that reads late": true, "an upstream that does not read": false} {
		t.Run(name, func(t *testing.T) {
			filled, asked := make(chan int64, 1), make(chan struct{})
			p, accepted := newPool(t, func(u *peer, _ int64) {
				u.head()
				u.send(okay)
				n := <-filled
				<-asked
				if reads {
					io.CopyN(io.Discard, u.r, n)
					assert.True(u.t, strings.HasPrefix(u.head(), "GET /x HTTP/1.1\r\n"))
					u.send(okay)
				}
				u.rest()
			})
			c := dial(t, serve(t, p))
			status, _ := c.ask(keep)
			assert.Equal(t, 200, status)
			require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
			fill := make([]byte, large)
			l := p.get(time.Now(), false)
			rest, err := l.push(fill)
			if !reads {
				p.Timeout = 200 * time.Millisecond
			}
			p.put(l)
			require.NoError(t, err)
			require.NotEmpty(t, rest)
			filled <- int64(len(fill) - len(rest))
			c.send(keep)
			require.Eventually(t, func() bool { return p.idle() == 0 }, patience, time.Millisecond)
			time.Sleep(time.Millisecond)
			if !reads {
				r, _, err := c.response("GET")
				require.NoError(t, err)
				assert.Equal(t, 504, r.StatusCode)
			}
			close(asked)
			if reads {
				_, content, err := c.response("GET")
				require.NoError(t, err)
				assert.Equal(t, "OK", content)
			}
			assert.EqualValues(t, 1, accepted.Load())
		})
	}
}

// On a new connection the answer may be there before the request, and nothing more to come. No edge of that is lost.
func TestAskTooLate(t *testing.T) {
	p := newProxy(t, upstream(t, func(u *peer) {
		u.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy")
		u.rest()
	}))
	addr := serve(t, p)
	for range 200 {
		status, content := dial(t, addr).ask(get)
		require.Equal(t, []any{503, "busy"}, []any{status, content})
	}
}

// A connection that the upstream has ended in good order is ended so here, too.
func TestAskStaleEnds(t *testing.T) {
	end, how := make(chan bool), make(chan bool, 1)
	p, _ := newPool(t, func(u *peer, conn int64) {
		u.head()
		u.send(okay)
		if conn == 1 {
			<-end
			u.closeWrite()
			end <- true
		}
		_, fin := u.rest()
		if conn == 1 {
			how <- fin
		}
	})
	c := dial(t, serve(t, p))
	c.ask(keep)
	require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
	end <- true
	<-end
	time.Sleep(time.Millisecond)
	c.ask(keep)
	assert.True(t, <-how, "a FIN")
}

// However many connections of the pool are dead, one request closes them, and goes over the first that is not.
func TestAskManyDead(t *testing.T) {
	if !peeks {
		t.Skip("sockets cannot be looked into here")
	}
	const dead = 5
	var asked atomic.Int64
	all, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{}, dead)
	p, accepted := newPool(t, func(u *peer, conn int64) {
		u.head()
		if asked.Add(1) == dead {
			close(all)
		}
		<-all
		u.send(okay)
		if conn <= dead {
			<-end
			u.closeWrite()
			ended <- struct{}{}
		}
		u.rest()
	})
	addr := serve(t, p)
	clients := make([]*peer, dead)
	for i := range clients {
		clients[i] = dial(t, addr)
		clients[i].send(keep)
	}
	for _, c := range clients {
		_, content, err := c.response("GET")
		require.NoError(t, err)
		assert.Equal(t, "OK", content)
	}
	require.Eventually(t, func() bool { return p.idle() == dead }, patience, time.Millisecond)
	close(end)
	for range dead {
		<-ended
	}
	time.Sleep(time.Millisecond)
	// Not even a request that may not be repeated sees anything of it.
	status, content := clients[0].ask("POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
	assert.Equal(t, []any{200, "OK"}, []any{status, content})
	assert.EqualValues(t, dead+1, accepted.Load())
	require.Eventually(t, func() bool { return p.idle() == 1 }, patience, time.Millisecond)
}
