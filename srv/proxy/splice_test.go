package proxy

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// Content that nothing needs to see goes from socket to socket, and nobody can tell.
func TestSplice(t *testing.T) {
	b := string(content(3 << 20))
	engines := map[string]srv.Engine{"engine of the system": srv.EngineAuto, "net engine": srv.EngineNet}
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{spliceSize - 1, spliceSize, spliceSize + 1, spliceSize + firstSize, 1 << 20, len(b)} {
				t.Run(fmt.Sprint(size), func(t *testing.T) {
					p := newProxy(t, upstream(t, func(u *peer) {
						for range 3 {
							u.head()
							u.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size) + b[:size])
						}
					}))
					p.IdleTime = patience
					c := dial(t, serveOn(t, engine, p))
					for range 3 {
						c.send("GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n")
						r, got, err := c.response("GET")
						require.NoError(t, err)
						assert.EqualValues(t, size, r.ContentLength)
						assert.True(t, got == b[:size])
					}
				})
			}
			t.Run("HTTP/1.0", func(t *testing.T) {
				answer, fin := do(t, serveOn(t, engine, newProxy(t, answering(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(b))+b))), get10)
				assert.True(t, fin)
				assert.True(t, strings.HasSuffix(answer, "\r\n\r\n"+b))
			})
			t.Run("piece by piece", func(t *testing.T) {
				c := dial(t, serveOn(t, engine, newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
					u.send("hello")
					_, fin := u.rest()
					assert.False(u.t, fin)
				}))))
				c.send(get)
				c.head()
				c.expect("hello")
				c.reset()
			})
			ends := map[string]func(u *peer){"FIN": func(u *peer) { u.closeWrite(); u.rest() }, "reset": func(u *peer) { u.reset() }}
			for name, end := range ends {
				t.Run("ends early by "+name, func(t *testing.T) {
					got := make(chan bool)
					failed := make(chan Error, 1)
					p := newProxy(t, upstream(t, func(u *peer) {
						u.head()
						u.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b[:999_999])
						<-got
						end(u)
					}))
					p.OnFail = func(_ *srv.Request, err Error, cause error) {
						assert.Error(t, cause)
						failed <- err
					}
					c := dial(t, serveOn(t, engine, p))
					c.send(get)
					c.head()
					c.expect(b[:999_999])
					close(got)
					rest, _ := io.ReadAll(c.r)
					assert.Empty(t, rest)
					assert.Equal(t, ErrBroken, <-failed)
				})
			}
			t.Run("back-pressure, and the client's reset", func(t *testing.T) {
				stalled := make(chan bool)
				c := dial(t, serveOn(t, engine, newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", int64(1)<<40))
					left := writeUntilStall(u, make([]byte, large))
					assert.NotEmpty(u.t, left)
					close(stalled)
					_, fin := u.rest()
					assert.False(u.t, fin)
				}))))
				c.send(get)
				<-stalled
				c.reset()
			})
		})
	}
}

// Where the kernel cannot, content is copied.
func TestNotSpliced(t *testing.T) {
	b := string(content(1 << 20))
	p := newProxy(t, answering(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(b))+b))
	m := route.New()
	m.Any("/httpbin/*", p.ServeHTTP)
	client, server := net.Pipe()
	ended := make(chan bool)
	go func() {
		defer close(ended)
		(&srv.Server{Router: m, Log: slog.New(slog.DiscardHandler)}).ServeConn(server)
	}()
	client.SetDeadline(time.Now().Add(patience))
	io.WriteString(client, get)
	answer, err := io.ReadAll(client)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(answer), "\r\n\r\n"+b))
	client.Close()
	<-ended
}
