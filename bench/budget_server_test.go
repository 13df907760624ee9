package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
	"barewire/srv"
	"barewire/srv/files"
	"barewire/srv/proxy"
	"barewire/srv/route"
)

// loops is how many event loops there are, which is not to depend on the machine: each takes some time to have all that it needs.
const loops = 2

// start starts a server with every path of the budget. What it proxies to is itself.
func (a *ask) start(t *testing.T, engine srv.Engine, dir string) *net.TCPAddr {
	m := route.New()
	s := &srv.Server{Router: m, Engine: engine, Loops: loops, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if a.server != nil {
		a.server(s)
	}
	var addr net.Addr
	run := s.Run
	if a.tls {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		addr = l.Addr()
		run = func() error {
			return s.ServeTLS(l, &tls.Config{Certificates: []tls.Certificate{certificate()}, DynamicRecordSizingDisabled: true})
		}
	} else {
		err := s.Listen("127.0.0.1:0")
		if errors.Is(err, srv.ErrEngine) {
			t.Skip(err)
		}
		require.NoError(t, err)
		addr = s.Addrs()[0]
	}
	for pattern, h := range budgetHandlers {
		m.Any(pattern, h)
	}
	m.Get("/inline", sayHello).Inline()
	m.Post("/inline", sayHello).Inline()
	m.Post("/echo-inline", echo).Inline()
	d, err := files.New(dir)
	require.NoError(t, err)
	m.Get("/files/*", d.ServeHTTP)
	for _, digest := range []bool{false, true} {
		p, err := proxy.New("http://" + addr.String())
		require.NoError(t, err)
		t.Cleanup(func() { p.Close() })
		p.Digest = digest
		m.Any(map[bool]string{false: "/proxy/*", true: "/digest/*"}[digest], p.ServeHTTP)
	}
	done := make(chan error, 1)
	go func() { done <- run() }()
	t.Cleanup(func() {
		s.Close()
		require.NoError(t, <-done)
		d.Close()
	})
	return addr.(*net.TCPAddr)
}

var (
	helloOctets = []byte("hello")
	largeOctets = []byte(largeFile)
	kept        *int
	onLost      = func() {}
	link        = hdr.Field{Name: "Link", Value: "</a>"}
)

func sayHello(w *srv.Response, _ *srv.Request) { w.Write(helloOctets) }

func echo(w *srv.Response, r *srv.Request) {
	for {
		p, err := r.Content().Next()
		if err != nil {
			return
		}
		w.Write(p)
	}
}

var budgetHandlers = map[string]srv.HandlerFunc{
	"/block": sayHello,
	"/echo":  echo,
	"/named/{p}/*": func(w *srv.Response, r *srv.Request) {
		w.Write(r.Param("p"))
		w.Write(r.Rest())
	},
	"/discard": func(w *srv.Response, r *srv.Request) {
		n, _ := r.Content().WriteTo(io.Discard)
		var room [20]byte
		w.Write(strconv.AppendInt(room[:0], n, 10))
	},
	"/trailers-in": func(w *srv.Response, r *srv.Request) {
		r.Content().WriteTo(io.Discard)
		w.Write(r.Trailers().Get("X-Sum"))
	},
	"/trailers-out": func(w *srv.Response, _ *srv.Request) {
		w.Announce("X-Sum")
		w.Write(helloOctets)
		w.SetTrailer("X-Sum", helloOctets[:1])
	},
	"/stream": func(w *srv.Response, _ *srv.Request) {
		for range 2 {
			w.Write(helloOctets)
			w.Flush()
		}
	},
	"/large": func(w *srv.Response, _ *srv.Request) {
		w.SetSize(int64(len(largeOctets)))
		w.Write(largeOctets)
	},
	"/interim": func(w *srv.Response, r *srv.Request) {
		w.Interim(103, link)
		sayHello(w, r)
	},
	"/lost": func(w *srv.Response, r *srv.Request) {
		r.OnLost(onLost)
		sayHello(w, r)
	},
	"/context": func(w *srv.Response, r *srv.Request) {
		if r.Context().Err() == nil {
			sayHello(w, r)
		}
	},
	"/allocating": func(w *srv.Response, r *srv.Request) {
		kept = new(int)
		sayHello(w, r)
	},
	"/abort": func(w *srv.Response, _ *srv.Request) {
		w.Write(helloOctets)
		w.Flush()
		w.Abort()
	},
	"/panic": func(*srv.Response, *srv.Request) { panic("on purpose") },
	"/hijack": func(w *srv.Response, _ *srv.Request) {
		nc, _, err := w.Hijack()
		if err != nil {
			return
		}
		io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		nc.Close()
	},
}

// hastenHead makes a server give up soon, though not before the first octets have come.
func hastenHead(s *srv.Server) { s.Timeouts.Head = 100 * time.Millisecond }

// hastenContent makes it give up waiting for content.
func hastenContent(s *srv.Server) { s.Timeouts.Rate = 10 * time.Millisecond }

// logAccess makes a server do what one with an access log does: a line for each request, in memory that somebody else would write.
func logAccess(s *srv.Server) {
	var mu sync.Mutex
	lines := make([]byte, 0, 64<<10)
	s.OnDone = func(w *srv.Response, r *srv.Request) {
		mu.Lock()
		defer mu.Unlock()
		if len(lines) > cap(lines)/2 {
			lines = lines[:0]
		}
		lines = r.Remote().Addr().AppendTo(lines)
		lines = time.Now().AppendFormat(lines, " [02/Jan/2006:15:04:05 -0700] ")
		lines = append(append(lines, r.Method()...), ' ')
		lines = append(strconv.AppendInt(append(append(lines, r.Target()...), ' '), int64(w.Status()), 10), ' ')
		lines = append(strconv.AppendInt(lines, w.Sent(), 10), '\n')
	}
}

// certificate is what a server over TLS shows. Nobody looks at it.
var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})
