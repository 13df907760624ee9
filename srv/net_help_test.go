package srv

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noLeaks fails the test if it leaves goroutines or descriptors behind. It is called first.
func noLeaks(t testing.TB) {
	t.Helper()
	net.Dial("tcp", "127.0.0.1:1") // so that the runtime's own descriptors are open
	goroutines, files := runtime.NumGoroutine(), openFiles()
	t.Cleanup(func() {
		for end := time.Now().Add(patience); runtime.NumGoroutine() > goroutines || openFiles() > files; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				t.Errorf("%d goroutines of %d and %d descriptors of %d are left\n%s", runtime.NumGoroutine(), goroutines, openFiles(), files, stacks)
				return
			}
		}
	})
}

// openFiles returns how many descriptors the process has, 0 where that cannot be seen.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// A transport is a way to reach a server.
type transport struct {
	name   string
	listen func(t testing.TB) *endpoint
}

// An endpoint is where a server is reached: serve begins, and dial connects.
type endpoint struct {
	dial  dialer
	serve func(*Server) error
}

type dialer func() (net.Conn, error)

var (
	overTCP    = transport{"TCP", listenTCP}
	overUnix   = transport{"Unix socket", listenUnix}
	overPipe   = transport{"pipe", listenPipe}
	overTLS    = transport{"TLS", listenTLS}
	overLoop   = transport{"event loop", listenLoop}
	transports = built(overTCP, overUnix, overPipe, overTLS, overLoop)
)

// built leaves out what is not built for this system.
func built(all ...transport) (there []transport) {
	for _, tr := range all {
		if loopBuilt || tr.name != overLoop.name {
			there = append(there, tr)
		}
	}
	return there
}

// listenLoop uses Listen and Run, since the loop engine makes its own listener.
func listenLoop(testing.TB) *endpoint {
	bound := make(chan string, 1)
	addr := sync.OnceValue(func() string { return <-bound })
	return &endpoint{func() (net.Conn, error) { return net.Dial("tcp", addr()) }, func(s *Server) error {
		s.Engine = EngineLoop
		if err := s.Listen("127.0.0.1:0"); err != nil {
			close(bound)
			return err
		}
		bound <- s.Addrs()[0].String()
		return s.Run()
	}}
}

// start serves s until the test ends, and then ends it in good order.
func (tr transport) start(t testing.TB, s *Server) dialer {
	e := tr.listen(t)
	serveOn(t, s, func() error { return e.serve(s) })
	return e.dial
}

func listenTCP(t testing.TB) *endpoint {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	return &endpoint{func() (net.Conn, error) { return net.Dial("tcp", addr) }, func(s *Server) error { return s.Serve(l) }}
}

func listenUnix(t testing.TB) *endpoint {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	return &endpoint{func() (net.Conn, error) { return net.Dial("unix", path) }, func(s *Server) error { return s.Serve(l) }}
}

func listenPipe(testing.TB) *endpoint {
	l := newPipeListener()
	return &endpoint{l.dial, func(s *Server) error { return s.Serve(l) }}
}

func listenTLS(t testing.TB) *endpoint {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server, client := tlsConfigs(t)
	return &endpoint{
		func() (net.Conn, error) { return tls.Dial("tcp", l.Addr().String(), client) },
		func(s *Server) error { return s.ServeTLS(l, server) },
	}
}

// serveOn serves l until the test ends, and then ends in good order.
func serveOn(t testing.TB, s *Server, serve func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, s.Shutdown(ctx))
		select {
		case err := <-done:
			assert.NoError(t, err)
		case <-ctx.Done():
			t.Error("the server goes on after Shutdown")
		}
	})
}

// A starter serves s over TCP by an engine until the test ends. It uses Listen and Run.
type starter func(t testing.TB, s *Server) dialer

// eachTCP runs a test of TCP alone on each engine.
func eachTCP(t *testing.T, test func(t *testing.T, start starter)) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			test(t, func(t testing.TB, s *Server) dialer {
				s.Engine = engine
				return startTCP(t, s)
			})
		})
	}
}

// engines returns the engines that are built for this system.
func engines() map[string]Engine {
	if !loopBuilt {
		return map[string]Engine{"net": EngineNet}
	}
	return map[string]Engine{"net": EngineNet, "loop": EngineLoop}
}

func startTCP(t testing.TB, s *Server) dialer {
	require.NoError(t, s.Listen("127.0.0.1:0"))
	serveOn(t, s, s.Run)
	addr := s.Addrs()[0].String()
	return func() (net.Conn, error) { return net.Dial("tcp", addr) }
}

// tlsConfigs returns configurations of a server with a certificate for 127.0.0.1 and of a client that trusts it.
var tlsConfigs = func() func(testing.TB) (server, client *tls.Config) {
	var once sync.Once
	var server, client *tls.Config
	return func(t testing.TB) (*tls.Config, *tls.Config) {
		once.Do(func() {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			require.NoError(t, err)
			template := &x509.Certificate{
				SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
				NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
				IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			}
			der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
			require.NoError(t, err)
			cert, err := x509.ParseCertificate(der)
			require.NoError(t, err)
			pool := x509.NewCertPool()
			pool.AddCert(cert)
			server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
			client = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
		})
		return server.Clone(), client.Clone()
	}
}()

// pipeListener accepts net.Pipe connections.
type pipeListener struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), ended: make(chan struct{})}
}

func (l *pipeListener) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.ended) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// A client is a raw connection to a server under test. It gives up when the test's patience ends.
type client struct {
	net.Conn
	t    testing.TB
	name string // of the case
}

func connect(t testing.TB, dial dialer) *client {
	t.Helper()
	nc, err := dial()
	require.NoError(t, err)
	nc.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { nc.Close() })
	return &client{Conn: nc, t: t}
}

// send writes, and is no error when the server closes meanwhile.
func (c *client) send(s string) { c.Write([]byte(s)) }

// expect reads as many octets as want has, with Date lines, and compares.
func (c *client) expect(want string) {
	c.t.Helper()
	dates := len(finals.FindAllString(want, -1))
	b := make([]byte, len(want)+dates*dateSize)
	n, err := io.ReadFull(c, b)
	if err != nil {
		require.NoError(c.t, err, "%s: %s", c.name, brief(string(b[:n])))
	}
	equal(c.t, want, undated(c.t, string(b)), c.name)
}

// rest reads to the end, whatever it is.
func (c *client) rest() (string, error) {
	b, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Errorf("no end after %q", brief(string(b)))
	}
	return string(b), err
}

// ends requires that the server says no more, and closes in good order.
func (c *client) ends() {
	c.t.Helper()
	b, err := c.rest()
	assert.Empty(c.t, b)
	assert.NoError(c.t, err)
}

// isReset requires that the server resets the connection.
func (c *client) isReset() {
	c.t.Helper()
	_, err := c.rest()
	assert.ErrorIs(c.t, err, syscall.ECONNRESET)
}

func (c *client) closeWrite() bool {
	h, ok := c.Conn.(interface{ CloseWrite() error })
	return ok && h.CloseWrite() == nil
}

// resetNow closes the connection by a reset.
func (c *client) resetNow() {
	nc := c.Conn
	if tc, ok := nc.(*tls.Conn); ok {
		nc = tc.NetConn()
	}
	nc.(*net.TCPConn).SetLinger(0)
	nc.Close()
}

// exchange sends in, and a FIN if that can be done, and returns what comes back.
func exchange(t testing.TB, dial dialer, in string) string {
	c := connect(t, dial)
	defer c.Close()
	c.send(in)
	c.closeWrite()
	out, _ := c.rest()
	return out
}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
