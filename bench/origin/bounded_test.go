package main

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// The last size that passes each limit, and the first that does not.
func TestBoundaries(t *testing.T) {
	fill := func(prefix, suffix string, size int) string {
		return prefix + strings.Repeat("a", size-len(prefix)-len(suffix)) + suffix
	}
	const (
		kib         = 1 << 10
		contentSize = 10 << 20
	)
	// bigHead is a head of size octets, in lines of 1 KiB.
	bigHead := func(size int) string {
		const start, end = "GET / HTTP/1.1\r\nHost: a\r\n", "\r\n\r\n"
		lines := strings.Repeat(fill("X: ", "\r\n", kib), (size-len(start)-kib)/kib)
		return start + lines + fill("Y: ", end, size-len(start)-len(lines))
	}
	chunks := func(size int) string {
		return chunked(strings.Repeat("10000\r\n"+strings.Repeat("a", 64*kib)+"\r\n", size/(64*kib)))
	}
	cases := []wireCase{
		{"target", fill("GET /?", "", 5+16*kib-1) + " HTTP/1.1\r\nHost: a\r\n\r\n", servesGet()},
		{"target and one", fill("GET /?", "", 5+16*kib) + " HTTP/1.1\r\nHost: a\r\n\r\n", refused(414)},
		{"target of 100 kB", fill("GET /", "", 100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", refused(414)},
		{"head", bigHead(32 * kib), servesGet()},
		{"head and one", bigHead(32*kib + 1), refused(431)},
		{"head of 64 KiB", bigHead(64 * kib), refused(431)},
		{"header section of 1.2 MB", bigHead(1_200_000), refused(431)},
		{"field line", get(fill("X: ", "", 16*kib)), servesGet()},
		{"field line and one", get(fill("X: ", "", 16*kib+1)), refused(431)},
		{"field line of 100 kB", get(fill("X: ", "", 100_000)), refused(431)},
		{"field name of 100 kB", get(fill("", ": a", 100_000)), refused(431)},
		{"field lines", get(strings.Repeat("X: y\r\n", 126) + "X: y"), servesGet()},
		{"field lines and one", get(strings.Repeat("X: y\r\n", 127) + "X: y"), refused(431)},
		{"10,000 field lines", get(strings.Repeat("X: y\r\n", 10_000) + "X: y"), refused(431)},
		{"content", post("Content-Length: 10485760") + strings.Repeat("a", contentSize), serves(strings.Repeat("a", contentSize))},
		{"content and one", post("Content-Length: 10485761"), refused(413)},
		{"content in chunks", chunks(contentSize) + "0\r\n\r\n", serves(strings.Repeat("a", contentSize))},
		{"content in chunks, and one", chunks(contentSize) + "1\r\na\r\n0\r\n\r\n", refused(413)},
		{"trailer section", chunked("0\r\n" + fill("X: ", "\r\n\r\n", 8*kib)), serves("")},
		{"trailer section and one", chunked("0\r\n" + fill("X: ", "\r\n\r\n", 8*kib+1)), refused(431)},
		{"trailers", chunked("0\r\n" + strings.Repeat("X:\r\n", 128) + "\r\n"), serves("")},
		{"trailers and one", chunked("0\r\n" + strings.Repeat("X:\r\n", 129) + "\r\n"), refused(431)},
		{"chunk line", chunked("0;" + strings.Repeat("a", 4*kib-2) + "\r\n\r\n"), serves("")},
		{"chunk line and one", chunked("0;" + strings.Repeat("a", 4*kib-1) + "\r\n\r\n"), refused(400)},
	}
	for _, engine := range tested {
		t.Run(engine, func(t *testing.T) {
			host := start(t, engine)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { // one after the other: they are large
					converse(t, host, []step{{octets: c.octets + evil}}, c.want, cuts[0])
				})
			}
		})
	}
}

// What never ends is refused once its limit is reached, and the octets that are read beyond that are bounded, too.
func TestEndless(t *testing.T) {
	const beyond = 16<<10 + 64<<10 + 16<<10 // a buffer, and what is discarded for the client to see the answer
	tests := []struct {
		name, first, again string
		status             string
		size               int
	}{
		{"empty lines", "", "\r\n", "400", 4},
		{"line feeds", "", "\n", "400", 1},
		{"NUL", "", "\x00", "400", 1},
		{"method", "", "A", "501", 33},
		{"target", "GET /", "a", "414", 17 << 10},
		{"version", "GET / HTTP/1.", "1", "400", 20},
		{"field name", "GET / HTTP/1.1\r\nHost: a\r\n", "a", "431", 17 << 10},
		{"field value", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "a", "431", 17 << 10},
		{"white space before a value", "GET / HTTP/1.1\r\nHost: a\r\nX:", " ", "431", 17 << 10},
		{"field lines", "GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", "431", 2 << 10},
		{"long field lines", "GET / HTTP/1.1\r\nHost: a\r\n", "X: " + strings.Repeat("y", 1000) + "\r\n", "431", 33 << 10},
		{"cookies", "GET / HTTP/1.1\r\nHost: a\r\nCookie: ", "a=b; ", "431", 17 << 10},
		{"content", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", "a", "413", 100},
		{"chunks", post("Transfer-Encoding: chunked"), "5\r\nhello\r\n", "413", 21 << 20},
		{"small chunks", post("Transfer-Encoding: chunked"), "1\r\nh\r\n", "413", 61 << 20},
		{"one chunk", post("Transfer-Encoding: chunked") + "ffffffff\r\n", "a", "413", 100},
		{"chunk-size", post("Transfer-Encoding: chunked"), "0", "400", 200},
		{"chunk-ext", post("Transfer-Encoding: chunked") + "5;", "a", "400", 5 << 10},
		{"chunk-exts", post("Transfer-Encoding: chunked") + "5", ";a", "400", 5 << 10},
		{"quoted chunk-ext", post("Transfer-Encoding: chunked") + "5;a=\"", "\\\"", "400", 5 << 10},
		{"chunks with chunk-ext", post("Transfer-Encoding: chunked"), "1;" + strings.Repeat("a", 1000) + "\r\nh\r\n", "400", 20 << 10},
		{"trailers", post("Transfer-Encoding: chunked") + "0\r\n", "X: y\r\n", "431", 2 << 10},
		{"long trailers", post("Transfer-Encoding: chunked") + "0\r\n", "X: " + strings.Repeat("y", 1000) + "\r\n", "431", 9 << 10},
		{"trailer", post("Transfer-Encoding: chunked") + "0\r\nX: ", "y", "431", 9 << 10},
		{"content that nobody reads", "POST /evil HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n", "404", 140 << 10},
		{"octets behind the last request", get("Connection: close"), "a", "200", 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(options{})
			s.Log = slog.New(slog.DiscardHandler)
			c := &endless{first: tt.first, again: strings.Repeat(tt.again, 4096/len(tt.again)+1)}
			require.NoError(t, s.ServeConn(c))
			assert.Equal(t, "HTTP/1.1 "+tt.status, string(c.out[:min(len(c.out), 12)]))
			assert.Equal(t, 1, bytes.Count(c.out, []byte("HTTP/1.1 ")), "answers")
			assert.LessOrEqual(t, c.read, tt.size+beyond)
		})
	}
}

// endless is the server's side of a connection whose client never stops sending.
type endless struct {
	first, again string
	off          int // in again
	read         int
	out          []byte
}

func (c *endless) Read(p []byte) (n int, err error) {
	n = copy(p, c.first)
	c.first = c.first[n:]
	for n < len(p) && c.first == "" {
		k := copy(p[n:], c.again[c.off:])
		n += k
		c.off = (c.off + k) % len(c.again)
	}
	c.read += n
	return n, nil
}

func (c *endless) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}

func (*endless) Close() error      { return nil }
func (*endless) CloseWrite() error { return nil }
func (*endless) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:80"))
}
func (*endless) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.2:49152"))
}
func (*endless) SetDeadline(time.Time) error      { return nil }
func (*endless) SetReadDeadline(time.Time) error  { return nil }
func (*endless) SetWriteDeadline(time.Time) error { return nil }

// live returns the octets of the heap that are in use, pools emptied.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A size that a client declares is believed when its octets have come, and not before.
func TestNothingIsAllocatedByDeclaredSize(t *testing.T) {
	const connCount = 50
	for _, engine := range tested {
		for name, request := range map[string]string{
			"Content-Length": post("Content-Length: 9223372036854775807") + "hello",
			"chunk-size":     chunked("7fffffffffffffff\r\nhello"),
		} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				var reading sync.WaitGroup
				reading.Add(connCount)
				m := route.New()
				m.Post("/", func(w *srv.Response, r *srv.Request) {
					piece, err := r.Content().Next()
					assert.Equal(t, "hello", string(piece))
					assert.NoError(t, err)
					reading.Done()
					r.Content().Next()
				}).ContentSize(-1)
				host := serve1(t, &srv.Server{Router: m})

				before := live()
				for range connCount {
					conn, err := net.Dial("tcp", host)
					require.NoError(t, err)
					defer conn.Close()
					_, err = io.WriteString(conn, request)
					require.NoError(t, err)
				}
				reading.Wait()
				assert.Less(t, int64(live()-before), int64(connCount*80<<10))
			})
		}
	}
}

// Buffers that have grown for large contents are given back.
func TestLargeContentsLeaveNothingBehind(t *testing.T) {
	const (
		connCount = 50
		perConn   = 4
		size      = 1_000_000
	)
	content := strings.Repeat("0123456789", size/10)
	for _, engine := range tested {
		t.Run(engine, func(t *testing.T) {
			host := start(t, engine)
			conns := make([]net.Conn, connCount)
			for i := range conns {
				conn, err := net.Dial("tcp", host)
				require.NoError(t, err)
				defer conn.Close()
				require.NoError(t, conn.SetDeadline(time.Now().Add(6*patience)))
				exchange(t, conn, get(), "OK")
				conns[i] = conn
			}
			before := live()
			var group sync.WaitGroup
			for _, conn := range conns {
				group.Go(func() {
					for i := range perConn {
						if i%2 == 0 {
							exchange(t, conn, post("Content-Length: 1000000")+content, content)
						} else {
							exchange(t, conn, chunked("f4240\r\n"+content+"\r\n0\r\n\r\n"), content)
						}
					}
				})
			}
			group.Wait()
			assert.Less(t, int64(live()-before), int64(2<<20))
		})
	}
}

// exchange sends a request and wants the content given, while sending.
func exchange(t *testing.T, conn net.Conn, request, want string) {
	go io.WriteString(conn, request)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if !assert.NoError(t, err) {
		return
	}
	text, err := io.ReadAll(r.Body)
	assert.NoError(t, err)
	assert.True(t, string(text) == want, "the content comes back")
}
