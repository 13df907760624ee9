package bench

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"barewire/srv"
	"barewire/srv/files"
	"barewire/srv/route"
)

const (
	largeSize = 50 << 20
	smallSize = 10_000
)

// BenchmarkFiles fetches files over loopback on one connection: large, small, unchanged, and a range of the large one. It compares srv/files
// with net/http's FileServer. Time is of client and server together.
func BenchmarkFiles(b *testing.B) {
	dir := b.TempDir()
	modified := time.Unix(784111777, 0)
	for name, size := range map[string]int{"large.bin": largeSize, "small.txt": smallSize} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size], 0o644); err != nil {
			b.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			b.Fatal(err)
		}
	}
	since := "If-Modified-Since: " + modified.UTC().Format(http.TimeFormat) + "\r\n"
	for _, ask := range []struct {
		name, path, line, status string
		size                     int // of the content
	}{
		{"50MB", "large.bin", "", "200", largeSize},
		{"10kB", "small.txt", "", "200", smallSize},
		{"304", "small.txt", since, "304", 0},
		{"range", "large.bin", "Range: bytes=1000000-1009999\r\n", "206", 10_000},
	} {
		for _, target := range []struct {
			name  string
			start func(testing.TB, string) string
		}{
			{"barewire", startFiles},
			{"nethttp", startFileServer},
		} {
			b.Run(ask.name+"/"+target.name, func(b *testing.B) {
				c := fetch(b, target.start(b, dir), "GET /files/"+ask.path+" HTTP/1.1\r\nHost: a\r\n"+ask.line+"\r\n", ask.status, ask.size)
				b.SetBytes(int64(c.size))
				b.ReportAllocs()
				for b.Loop() {
					c.exchange(b)
				}
			})
		}
	}
}

func startFiles(b testing.TB, dir string) string {
	d, err := files.New(dir)
	if err != nil {
		b.Fatal(err)
	}
	m := route.New()
	m.Get("/files/*", d.ServeHTTP)
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
		d.Close()
	})
	return s.Addrs()[0].String()
}

func startFileServer(b testing.TB, dir string) string {
	s := &http.Server{Handler: http.StripPrefix("/files/", http.FileServer(http.Dir(dir)))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(l)
	b.Cleanup(func() { s.Shutdown(context.Background()) })
	return l.Addr().String()
}

// fetcher asks for the same again and again and throws away what comes.
type fetcher struct {
	nc      net.Conn
	request []byte
	room    []byte
	size    int // of a response, head included
}

// fetch makes a fetcher. The first response has to have the status, and shows the size of its head.
func fetch(b testing.TB, addr, request, status string, size int) *fetcher {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nc.Close() })
	f := &fetcher{nc: nc, request: []byte(request), room: make([]byte, 256<<10)}
	if _, err := nc.Write(f.request); err != nil {
		b.Fatal(err)
	}
	n, end := 0, -1
	for end < 0 {
		m, err := nc.Read(f.room[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += m
		end = bytes.Index(f.room[:n], []byte("\r\n\r\n"))
	}
	if got := string(f.room[len("HTTP/1.1 "):][:3]); got != status || status != "304" &&
		!bytes.Contains(f.room[:end], []byte("Content-Length: "+strconv.Itoa(size))) {
		b.Fatalf("%s", f.room[:end])
	}
	f.size = end + 4 + size
	f.discard(b, f.size-n)
	return f
}

func (f *fetcher) exchange(b testing.TB) {
	if _, err := f.nc.Write(f.request); err != nil {
		b.Fatal(err)
	}
	f.discard(b, f.size)
}

func (f *fetcher) discard(b testing.TB, n int) {
	for n > 0 {
		m, err := io.ReadAtLeast(f.nc, f.room[:min(n, len(f.room))], 1)
		if err != nil {
			b.Fatal(err)
		}
		n -= m
	}
}
