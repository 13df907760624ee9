//go:build !race && !poison

package proxy

import (
	"bytes"
	"net"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// repeating is an upstream that allocates nothing: whenever something that ends like the request has come, it answers.
func repeating(t *testing.T, end, answer string) string {
	return upstream(t, func(u *peer) {
		in, fill, tail, out := make([]byte, 64<<10), 0, []byte(end), []byte(answer)
		for {
			n, err := u.Conn.Read(in[fill:])
			if err != nil {
				return
			}
			if fill += n; bytes.HasSuffix(in[:fill], tail) {
				fill = 0
				u.Conn.Write(out)
			}
		}
	})
}

// A request that goes over a connection of the pool allocates nothing, in this package and in srv. What the engine needs to watch over a
// client, if anything, is measured beside it.
func TestAllocs(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	const some = "Server: a\r\nContent-Type: text/plain\r\nSet-Cookie: b=c\r\nX-Something-Long-That-Nobody-Knows-Of: d\r\n"
	const headEnd, chunkEnd = "\r\n\r\n", "0\r\n\r\n"
	get := "GET /httpbin/x?y=z HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nAccept: */*\r\nConnection: keep-alive, x-a\r\nX-A: c\r\n\r\n"
	post := "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	send := "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
	big := strings.Repeat("0123456789abcdef", 4<<10-1) + "0123456789abcde."
	tests := []struct {
		name, request, end, answer, last string
		prepare                          func(*Proxy)
	}{
		{"Content-Length", get, headEnd, ok + some + "Content-Length: 5\r\n\r\nhello", "hello", nil},
		{"64 KiB", get, headEnd, ok + "Content-Length: 65536\r\n\r\n" + big, ".", nil},
		{"256 KiB", get, headEnd, ok + "Content-Length: 262144\r\n\r\n" + strings.Repeat(big[1:]+"/", 3) + big, ".", nil},
		{"chunked", get, headEnd, ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", nil},
		{"HEAD", strings.Replace(get, "GET", "HEAD", 1), headEnd, ok + "Content-Length: 5\r\n\r\n", "\r\n\r\n", nil},
		{"204", get, headEnd, "HTTP/1.1 204 No Content\r\n\r\n", "\r\n\r\n", nil},
		{"304", get, headEnd, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", "\r\n\r\n", nil},
		{"interim", get, headEnd, "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 5\r\n\r\nhello", "hello", nil},
		{"upstream's trailers", get, headEnd, ok + "Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: t\r\n\r\n", "t: t\r\n\r\n", nil},
		{"digest", get, headEnd, ok + some + "Content-Length: 5\r\n\r\nhello", "X-Content-Length: 5\r\n\r\n", func(p *Proxy) { p.Digest = true }},
		{"digest of 64 KiB", get, headEnd, ok + "Content-Length: 65536\r\n\r\n" + big, "X-Content-Length: 65536\r\n\r\n", func(p *Proxy) { p.Digest = true }},
		{"forwarded", get, headEnd, ok + "Content-Length: 5\r\n\r\nhello", "hello", func(p *Proxy) { p.Forwarded, p.XForwarded = ForwardAppend, ForwardAppend }},
		{"POST", post, "hello", ok + "Content-Length: 5\r\n\r\nhello", "hello", nil},
		{"PUT, chunked", send, chunkEnd, ok + "Content-Length: 5\r\n\r\nhello", "hello", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProxy(t, repeating(t, tt.end, tt.answer))
			p.IdleTime = patience
			if tt.prepare != nil {
				tt.prepare(p)
			}
			lost := func() {}
			m := route.New()
			m.Any("/httpbin/*", p.ServeHTTP)
			m.Get("/engine", func(w *srv.Response, r *srv.Request) {
				r.OnLost(lost)
				r.OnLost(nil)
			})
			addr := run(t, &srv.Server{Router: m})
			engine := allocsOf(t, addr, "GET /engine HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n")
			if engine > 0 { // it allocates when it begins to watch, and begins again when it has read
				engine *= 1.5
			}
			assert.LessOrEqual(t, allocsOf(t, addr, tt.request, tt.last), engine, "with the engine's own")
		})
	}
}

// allocsOf returns how many allocations there are in the process for each sending of the request, in the mean, to one half. Each answer ends
// in last, and has that nowhere else at the end of a segment.
func allocsOf(t *testing.T, addr, request, last string) float64 {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	in, out, end := []byte(request), make([]byte, 512<<10), []byte(last)
	exchange := func() {
		c.Write(in)
		for n := 0; err == nil && !bytes.HasSuffix(out[:n], end); {
			var m int
			m, err = c.Read(out[n:])
			n += m
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would empty pools
	const runs = 50
	for range runs {
		exchange()
	}
	require.True(t, bytes.HasPrefix(out, []byte("HTTP/1.1 ")) && !bytes.HasPrefix(out, []byte("HTTP/1.1 502")), "%.200q", out)
	// Pools are filled for each processor apart, as goroutines come to it: the least of a few measurements has that behind it.
	least := float64(1000)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			exchange()
		}
		runtime.ReadMemStats(&after)
		if least = min(least, float64((after.Mallocs-before.Mallocs)*2/runs)/2); least == 0 {
			break
		}
	}
	require.NoError(t, err)
	return least
}
