package srv

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A client that reads slowly, but faster than it has to, gets everything. The system says that a socket has room again only when a large part of
// its buffer is free, which takes such a client several windows of the rate.
func TestSteadyReader(t *testing.T) {
	const size, window, piece, pause = 16 << 20, 400 * time.Millisecond, 2 << 10, 5 * time.Millisecond
	f := tempFile(t, 0)
	require.NoError(t, f.Truncate(size))
	octets := make([]byte, size)
	handlers := map[string]func(w *Response){
		"Write":    func(w *Response) { w.Set("Content-Length", "16777216"); w.Write(octets) },
		"SendFile": func(w *Response) { w.SendFile(f, 0, size) },
	}
	for _, tr := range built(overTCP, overLoop) {
		t.Run(tr.name, func(t *testing.T) {
			for name, h := range handlers {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					dial := tr.start(t, &Server{Timeouts: Timeouts{Rate: window}, Router: always(func(w *Response, r *Request) { h(w) })})
					c := connect(t, dial)
					if tc, ok := c.Conn.(*net.TCPConn); ok {
						tc.SetReadBuffer(64 << 10)
					}
					c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
					b := make([]byte, piece)
					read := 0
					for begin := time.Now(); time.Since(begin) < 8*window; time.Sleep(pause) {
						n, err := io.ReadFull(c, b)
						require.NoError(t, err)
						read += n
					}
					n, err := io.Copy(io.Discard, c)
					assert.NoError(t, err)
					assert.Greater(t, read+int(n), size)
				})
			}
		})
	}
}
