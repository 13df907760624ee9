package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"barewire/srv"
	"barewire/srv/proxy"
	"barewire/srv/route"
)

const hello = "Hello, World!"

// Paths that every server here has.
const (
	inlinePath   = "/plaintext"
	mayBlockPath = "/plaintext-blocking"
)

// engines are what connections can be driven by, and net/http. start starts a server, with a proxy for /proxy/ if upstream is not empty.
var engines = []struct {
	name  string
	start func(b *testing.B, upstream string) (addr string)
}{
	{"loop", func(b *testing.B, upstream string) string { return startServer(b, srv.EngineLoop, upstream) }},
	{"net", func(b *testing.B, upstream string) string { return startServer(b, srv.EngineNet, upstream) }},
	{"nethttp", startNetHTTP},
}

// BenchmarkServe sends requests over loopback on one connection and waits for the answers: one request at a time, and 16 pipelined; for a
// handler that runs inline and for one that may block, which all of net/http's may. Time is of client and server together,
// and octets are those that go in both directions.
func BenchmarkServe(b *testing.B) {
	for _, engine := range engines {
		for _, mode := range []struct{ name, path string }{{"inline", inlinePath}, {"mayblock", mayBlockPath}} {
			if engine.name == "nethttp" && mode.name == "inline" {
				continue
			}
			for _, depth := range []int{1, 16} {
				b.Run(fmt.Sprintf("engine=%s/mode=%s/pipe=%d", engine.name, mode.name, depth), func(b *testing.B) {
					c := dial(b, engine.start(b, ""), mode.path, depth)
					b.SetBytes(int64(len(c.request) + len(c.answer)))
					b.ReportAllocs()
					for b.Loop() {
						if err := c.exchange(); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/request")
				})
			}
		}
	}
}

// BenchmarkServeSaturated makes requests through a proxy to an upstream that answers after a millisecond, one at a time, while other
// connections keep all loops of the same server busy with inline handlers. It answers how long a request waits for others: p50-ms and
// p99-ms are of the proxied requests, load-req/s is what the others got meanwhile. Clients and upstream are in a process of their own.
func BenchmarkServeSaturated(b *testing.B) {
	for _, engine := range engines {
		b.Run("engine="+engine.name, func(b *testing.B) {
			upstream, load := startSaturation(b)
			defer load.end(b) // before the server, which may wait for its clients
			load.tell(b, engine.start(b, upstream))
			took := make([]time.Duration, 0, 1<<16)
			var began, end saturation
			load.ask(b, &began)
			b.SetBytes(int64(began.Octets))
			b.ReportAllocs()
			start := time.Now()
			for b.Loop() {
				load.ask(b, &end)
				if len(took) < cap(took) {
					took = append(took, end.Took)
				}
			}
			b.ReportMetric(float64(end.Served-began.Served)/time.Since(start).Seconds(), "load-req/s")
			slices.Sort(took)
			for _, q := range []int{50, 99} {
				b.ReportMetric(float64(took[(len(took)-1)*q/100].Nanoseconds())/1e6, fmt.Sprintf("p%d-ms", q))
			}
		})
	}
}

// A saturation is what the process of the clients says after each proxied request.
type saturation struct {
	Took   time.Duration
	Octets int   // of the request and its answer
	Served int64 // requests of the others so far
}

// saturationVar in the environment makes this program the clients and the upstream of BenchmarkServeSaturated.
const saturationVar = "BAREWIRE_BENCH_SATURATION"

// TestSaturation says where its upstream is, reads where the server is, keeps that busy, and makes a proxied request for each line that comes.
func TestSaturation(t *testing.T) {
	if os.Getenv(saturationVar) == "" {
		t.Skip("runs in a process of its own, for BenchmarkServeSaturated")
	}
	const depth = 16
	fmt.Println(startSlowUpstream(t, time.Millisecond))
	in := bufio.NewScanner(os.Stdin)
	if !in.Scan() {
		t.Fatal("no address")
	}
	addr := in.Text()
	c := dial(t, addr, "/proxy/x", 1)
	var served atomic.Int64
	for range 8 * runtime.GOMAXPROCS(0) {
		busy := dial(t, addr, inlinePath, depth)
		go func() { // until the connection is closed
			for busy.exchange() == nil {
				served.Add(depth)
			}
		}()
	}
	for in.Scan() {
		began := time.Now()
		if err := c.exchange(); err != nil {
			t.Fatal(err)
		}
		fmt.Println(int64(time.Since(began)), len(c.request)+len(c.answer), served.Load())
	}
}

// A saturator is the process of TestSaturation.
type saturator struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startSaturation(b *testing.B) (upstream string, s *saturator) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestSaturation$")
	cmd.Env = append(os.Environ(), saturationVar+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	s = &saturator{cmd, in, bufio.NewReader(out)}
	if _, err := fmt.Fscanln(s.out, &upstream); err != nil {
		b.Fatal(err)
	}
	return upstream, s
}

func (s *saturator) end(b *testing.B) {
	s.in.Close()
	io.Copy(io.Discard, s.out)
	if err := s.cmd.Wait(); err != nil {
		b.Error(err)
	}
}

func (s *saturator) tell(b *testing.B, line string) {
	if _, err := fmt.Fprintln(s.in, line); err != nil {
		b.Fatal(err)
	}
}

// ask has a proxied request made.
func (s *saturator) ask(b *testing.B, end *saturation) {
	s.tell(b, "")
	if _, err := fmt.Fscanln(s.out, &end.Took, &end.Octets, &end.Served); err != nil {
		b.Fatal(err)
	}
}

func plaintext(w *srv.Response, _ *srv.Request) {
	w.Set("Server", "barewire")
	w.Set("Content-Type", "text/plain")
	w.WriteString(hello)
}

func startServer(b *testing.B, engine srv.Engine, upstream string) string {
	m := route.New()
	m.Get(inlinePath, plaintext).Inline()
	m.Get(mayBlockPath, plaintext)
	if upstream != "" {
		p, err := proxy.New(upstream)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { p.Close() })
		m.Get("/proxy/*", p.ServeHTTP)
	}
	s := &srv.Server{Router: m, Engine: engine, Log: slog.New(slog.DiscardHandler)}
	if err := s.Listen("127.0.0.1:0"); errors.Is(err, srv.ErrEngine) {
		b.Skip(err)
	} else if err != nil {
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

func startNetHTTP(b *testing.B, upstream string) string {
	m := http.NewServeMux()
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "net/http")
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, hello)
	})
	if upstream != "" {
		u, err := url.Parse(upstream)
		if err != nil {
			b.Fatal(err)
		}
		transport := &http.Transport{DisableCompression: true}
		b.Cleanup(transport.CloseIdleConnections)
		m.Handle("/proxy/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, Transport: transport})
	}
	s := &http.Server{Handler: m}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(l)
	b.Cleanup(func() { s.Shutdown(context.Background()) })
	return l.Addr().String()
}

// startSlowUpstream starts an upstream that waits before each answer, and returns its URL.
func startSlowUpstream(b testing.TB, wait time.Duration) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n" + hello)
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
					if fill += n; bytes.HasSuffix(in[:fill], []byte("\r\n\r\n")) {
						fill = 0
						time.Sleep(wait)
						nc.Write(answer)
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// client sends the same octets again and again. Answers all have one size, which the first exchange finds out.
type client struct {
	nc      net.Conn
	request []byte
	answer  []byte
}

// dial makes a client that asks for path as often as depth says in one exchange.
func dial(b testing.TB, addr, path string, depth int) *client {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nc.Close() })
	request := strings.Repeat(strings.Replace(plainHead, "/plaintext", path, 1), depth)
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

func (c *client) exchange() error {
	if _, err := c.nc.Write(c.request); err != nil {
		return err
	}
	_, err := io.ReadFull(c.nc, c.answer)
	return err
}
