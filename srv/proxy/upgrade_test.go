package proxy

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	ask      = "GET /httpbin/chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: other, WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n"
	agree    = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Hop\r\nX-Hop: 1\r\nSec-WebSocket-Accept: a\r\n\r\n"
	answered = "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
)

// upgrading returns a Proxy that passes websocket on.
func upgrading(t *testing.T, script func(u *peer)) *Proxy {
	p := newProxy(t, upstream(t, script))
	p.Upgrade, p.IdleTime = "websocket", patience
	return p
}

func (p *Proxy) tunnelCount() int {
	p.tunnels.mu.Lock()
	defer p.tunnels.mu.Unlock()
	return p.tunnels.count
}

func TestUpgrade(t *testing.T) {
	noneLeft := func(t *testing.T, p *Proxy) {
		require.Eventually(t, func() bool { return p.tunnelCount() == 0 }, patience, time.Millisecond)
		assert.Nil(t, p.tunnels.first)
		assert.Zero(t, p.idle())
	}
	t.Run("both ways, early octets and half-closes", func(t *testing.T) {
		p := upgrading(t, func(u *peer) {
			request := u.head()
			assert.Contains(u.t, request, "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n")
			assert.Contains(u.t, request, "\r\nsec-websocket-key: k\r\n")
			assert.Equal(u.t, 1, strings.Count(strings.ToLower(request), "upgrade: "))
			u.send(agree + "first")
			u.expect("early")
			u.send("pong")
			u.expect("ping")
			rest, fin := u.rest()
			assert.Equal(u.t, []any{"", true}, []any{rest, fin}, "the client's FIN")
			u.send("still there")
		})
		c := dial(t, serve(t, p))
		c.send(ask + "early")
		assert.Equal(t, answered, c.head())
		c.expect("firstpong")
		c.send("ping")
		c.closeWrite()
		rest, fin := c.rest()
		assert.Equal(t, []any{"still there", true}, []any{rest, fin})
		noneLeft(t, p)
	})
	t.Run("upstream closes first", func(t *testing.T) {
		p := upgrading(t, func(u *peer) {
			u.head()
			u.send(agree + "bye")
			u.closeWrite()
			u.expect("see you")
			u.rest()
		})
		c := dial(t, serve(t, p))
		c.send(ask)
		c.head()
		rest, fin := c.rest()
		assert.Equal(t, []any{"bye", true}, []any{rest, fin})
		c.send("see you")
		c.closeWrite()
		noneLeft(t, p)
	})
	t.Run("reset by the client", func(t *testing.T) {
		ended := make(chan bool, 1)
		p := upgrading(t, func(u *peer) {
			u.head()
			u.send(agree)
			_, fin := u.rest()
			ended <- fin
		})
		c := dial(t, serve(t, p))
		c.send(ask)
		c.head()
		c.reset()
		assert.False(t, <-ended)
		noneLeft(t, p)
	})
	t.Run("reset by the upstream", func(t *testing.T) {
		p := upgrading(t, func(u *peer) {
			u.head()
			u.send(agree)
			u.expect("x")
			u.reset()
		})
		c := dial(t, serve(t, p))
		c.send(ask)
		c.head()
		c.send("x")
		_, fin := c.rest()
		assert.False(t, fin)
		noneLeft(t, p)
	})
	t.Run("Close", func(t *testing.T) {
		p := upgrading(t, func(u *peer) {
			u.head()
			u.send(agree)
			_, fin := u.rest()
			assert.False(u.t, fin)
		})
		c := dial(t, serve(t, p))
		c.send(ask)
		c.head()
		require.Eventually(t, func() bool {
			p.tunnels.mu.Lock()
			defer p.tunnels.mu.Unlock()
			return p.tunnels.first != nil
		}, patience, time.Millisecond)
		require.NoError(t, p.Close())
		_, fin := c.rest()
		assert.False(t, fin)
		noneLeft(t, p)
	})
	t.Run("large", func(t *testing.T) {
		b := string(content(4 << 20))
		p := upgrading(t, func(u *peer) {
			u.head()
			u.send(agree)
			io.Copy(u.Conn, u.r)
			u.closeWrite()
		})
		c := dial(t, serve(t, p))
		c.send(ask)
		c.head()
		go func() {
			io.WriteString(c.Conn, b)
			c.closeWrite()
		}()
		rest, fin := c.rest()
		assert.True(t, fin && rest == b, len(rest))
		noneLeft(t, p)
	})
	t.Run("over TLS", func(t *testing.T) {
		url, config := secureScript(t, func(u *peer, _ net.Conn) {
			u.head()
			u.send(agree + "first")
			u.expect("ping")
			_, err := u.r.ReadByte()
			assert.Equal(u.t, io.EOF, err, "the client's FIN as an alert")
			u.send("pong")
			u.Conn.Close() // with the alert
		})
		p := newProxy(t, url)
		p.Upgrade, p.TLS = "websocket", config
		c := dial(t, serve(t, p))
		c.send(ask)
		c.head()
		c.expect("first")
		c.send("ping")
		c.closeWrite()
		rest, fin := c.rest()
		assert.Equal(t, []any{"pong", true}, []any{rest, fin})
		noneLeft(t, p)
	})
}

// Requests that ask for it are answered without when this hop, or the upstream, does not agree.
func TestNoUpgrade(t *testing.T) {
	tests := []struct {
		name, protocol, request, answer string
		offered                         bool
		status                          int
	}{
		{"not enabled", "", ask, okay, false, 200},
		{"another protocol enabled", "h2c", ask, okay, false, 200},
		{"not nominated", "websocket", strings.Replace(ask, ", Upgrade\r\n", "\r\n", 1), okay, false, 200},
		{"HTTP/1.0", "websocket", strings.Replace(ask, "HTTP/1.1", "HTTP/1.0", 1), okay, false, 200},
		{"content", "websocket", strings.Replace(ask, "\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx", 1), okay, false, 200},
		{"declined", "websocket", ask, okay, true, 200},
		{"required", "websocket", ask, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0\r\nContent-Length: 0\r\n\r\n", true, 426},
		{"not enabled, and switched", "", ask, agree, false, 502},
		{"not asked, and switched", "websocket", keep, agree, false, 502},
		{"switched to something else", "websocket", ask, strings.Replace(agree, "websocket", "other", 1), true, 502},
		{"switched to nothing", "websocket", ask, "HTTP/1.1 101 Switching Protocols\r\n\r\n", true, 502},
		{"switched to two", "websocket", ask, strings.Replace(agree, "\r\n", "\r\nUpgrade: other\r\n", 1), true, 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := upgrading(t, func(u *peer) {
				request := u.head()
				assert.Equal(u.t, tt.offered, strings.Contains(strings.ToLower(request), "upgrade: "))
				u.send(tt.answer)
				u.rest()
			})
			p.Upgrade = tt.protocol
			c := dial(t, serve(t, p))
			c.send(tt.request)
			r, _, err := c.response("GET")
			require.NoError(t, err)
			assert.Equal(t, tt.status, r.StatusCode)
			assert.Zero(t, p.tunnelCount())
		})
	}
	t.Run("too many", func(t *testing.T) {
		var conns sync.Map
		p := upgrading(t, func(u *peer) {
			for u.more() {
				if strings.Contains(u.head(), "Upgrade: ") {
					conns.Store(u, nil)
					u.send(agree)
					u.rest()
					return
				}
				u.send(okay)
			}
		})
		p.UpgradeCount = 2
		addr := serve(t, p)
		for i := range 4 {
			c := dial(t, addr)
			c.send(ask)
			line, _, _ := strings.Cut(c.head(), "\r\n")
			want := "HTTP/1.1 101 Switching Protocols"
			if i >= 2 {
				want = "HTTP/1.1 200 OK"
			}
			assert.Equal(t, want, line)
		}
		require.NoError(t, p.Close())
		require.Eventually(t, func() bool { return p.tunnelCount() == 0 }, patience, time.Millisecond)
	})
}
