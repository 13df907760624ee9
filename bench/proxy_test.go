package bench

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"barewire/srv"
	"barewire/srv/proxy"
	"barewire/srv/route"
)

// BenchmarkProxy sends requests over loopback through a proxy, one at a time on one connection, to an upstream that does as little as it can and
// allocates nothing. It compares proxy.Proxy, without and with trailers over the content, and httputil.ReverseProxy. Time is of client,
// proxy and upstream together.
func BenchmarkProxy(b *testing.B) {
	for _, content := range []struct {
		name string
		size int
	}{{"100B", 100}, {"10kB", 10_000}, {"1MB", 1_000_000}} {
		b.Run(content.name, func(b *testing.B) {
			for _, target := range []struct {
				name  string
				start func(b *testing.B, upstream string) (addr string)
				end   func(size int) string
			}{
				{"barewire", func(b *testing.B, upstream string) string { return startProxy(b, upstream, false) }, contentEnd},
				{"barewire-digest", func(b *testing.B, upstream string) string { return startProxy(b, upstream, true) }, trailerEnd},
				{"nethttp", startReverseProxy, contentEnd},
			} {
				b.Run(target.name, func(b *testing.B) {
					c := dialProxy(b, target.start(b, "http://"+startUpstream(b, content.size)), target.end(content.size))
					c.exchange(b) // the connection to the upstream
					b.SetBytes(int64(content.size))
					b.ReportAllocs()
					for b.Loop() {
						c.exchange(b)
					}
				})
			}
		})
	}
}

func startProxy(b *testing.B, upstream string, digest bool) string {
	p, err := proxy.New(upstream)
	if err != nil {
		b.Fatal(err)
	}
	p.Digest = digest
	m := route.New()
	m.Get("/proxy/*", p.ServeHTTP)
	s := &srv.Server{Router: m, Log: slog.New(slog.DiscardHandler)}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run() }()
	b.Cleanup(func() {
		s.Close()
		p.Close()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return s.Addrs()[0].String()
}

func startReverseProxy(b *testing.B, upstream string) string {
	u, err := url.Parse(upstream)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	rp := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, Transport: transport}
	s := &http.Server{Handler: http.StripPrefix("/proxy", rp)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(l)
	b.Cleanup(func() {
		s.Shutdown(context.Background())
		transport.CloseIdleConnections()
	})
	return l.Addr().String()
}

// The ends of answers. A read that is cut short does not end so.
func contentEnd(int) string      { return "a." }
func trailerEnd(size int) string { return fmt.Sprintf("\r\nX-Content-Length: %d\r\n\r\n", size) }

// startUpstream starts an upstream that answers each head with content of the size.
func startUpstream(b *testing.B, size int) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	answer := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: upstream\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", size) +
		strings.Repeat("a", size-1) + ".")
	end := []byte("\r\n\r\n")
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				in, fill := make([]byte, 4<<10), 0
				for {
					n, err := nc.Read(in[fill:])
					if err != nil {
						return
					}
					if fill += n; bytes.HasSuffix(in[:fill], end) {
						fill = 0
						if _, err := nc.Write(answer); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// proxyClient sends the same request again and again, and reads answers up to their end.
type proxyClient struct {
	nc                   net.Conn
	request, answer, end []byte
}

func dialProxy(b *testing.B, addr, end string) *proxyClient {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nc.Close() })
	return &proxyClient{
		nc: nc, answer: make([]byte, 2<<20), end: []byte(end),
		request: []byte("GET /proxy/x HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nAccept: */*\r\n\r\n"),
	}
}

func (c *proxyClient) exchange(b *testing.B) {
	if _, err := c.nc.Write(c.request); err != nil {
		b.Fatal(err)
	}
	for n := 0; !bytes.HasSuffix(c.answer[:n], c.end); {
		m, err := c.nc.Read(c.answer[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += m
	}
}
