package bench

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"barewire/srv"
	"barewire/srv/route"
)

const hello = "Hello, World!"

// BenchmarkServe sends requests over loopback on one connection and waits for the answers: one request at a time, and 16 pipelined. It
// compares what a handler may be on the net engine, and net/http. Time is of client and server together.
func BenchmarkServe(b *testing.B) {
	for _, target := range []struct {
		name  string
		path  string
		start func(testing.TB) string
	}{
		{"net-inline", "/plaintext", startServer},
		{"net-mayblock", "/plaintext-blocking", startServer},
		{"nethttp", "/plaintext", startNetHTTP},
	} {
		b.Run(target.name, func(b *testing.B) {
			addr := target.start(b)
			request := strings.Replace(plainHead, "/plaintext", target.path, 1)
			for _, depth := range []int{1, 16} {
				b.Run("pipe"+strconv.Itoa(depth), func(b *testing.B) {
					c := dial(b, addr, strings.Repeat(request, depth), depth)
					b.SetBytes(int64(len(c.request)))
					b.ReportAllocs()
					for b.Loop() {
						c.exchange(b)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/request")
				})
			}
		})
	}
}

func plaintext(w *srv.Response, _ *srv.Request) {
	w.Set("Server", "barewire")
	w.Set("Content-Type", "text/plain")
	w.WriteString(hello)
}

func startServer(b testing.TB) string {
	m := route.New()
	m.Get("/plaintext", plaintext).Inline()
	m.Get("/plaintext-blocking", plaintext)
	s := &srv.Server{Router: m, Log: slog.New(slog.DiscardHandler)}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run() }()
	b.Cleanup(func() {
		s.Close()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return s.Addrs()[0].String()
}

func startNetHTTP(b testing.TB) string {
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "net/http")
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, hello)
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(l)
	b.Cleanup(func() { s.Shutdown(context.Background()) })
	return l.Addr().String()
}

// client sends the same octets again and again. Answers all have one size, which the first exchange finds out.
type client struct {
	nc      net.Conn
	request []byte
	answer  []byte
}

func dial(b testing.TB, addr, request string, depth int) *client {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nc.Close() })
	c := &client{nc: nc, request: []byte(request), answer: make([]byte, 0, 64<<10)}
	if _, err := nc.Write(c.request); err != nil {
		b.Fatal(err)
	}
	for bytes.Count(c.answer, []byte(hello)) < depth {
		n, err := nc.Read(c.answer[len(c.answer):cap(c.answer)])
		if err != nil {
			b.Fatal(err)
		}
		c.answer = c.answer[:len(c.answer)+n]
	}
	return c
}

func (c *client) exchange(b testing.TB) {
	if _, err := c.nc.Write(c.request); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(c.nc, c.answer); err != nil {
		b.Fatal(err)
	}
}
