package srv

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/writer"
)

// connected returns the two ends of a connection, and what to splice from the first one with.
func connected(t *testing.T) (src *net.TCPConn, raw syscall.RawConn, other *net.TCPConn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	b, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	raw, err = a.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	return a.(*net.TCPConn), raw, b.(*net.TCPConn)
}

func TestSplice(t *testing.T) {
	large := strings.Repeat(string(pattern[:1000]), 3000)
	failure := errors.New("of the source")
	tests := []struct {
		name            string
		method, version string
		begin           func(w *Response)
		sent            string // over the source
		ends            error  // how the source ends behind it
		n               int
		want            string
		length          int64 // Content-Length, -1 without
		cut             bool
		err             error // of Splice
	}{
		{name: "all of the content", sent: large, n: len(large), want: large, length: int64(len(large))},
		{name: "behind other content", begin: func(w *Response) { w.WriteString("a") }, sent: "bcd", n: 3, want: "abcd", length: -1},
		{name: "with a declared size", begin: func(w *Response) { w.Set("Content-Length", "4"); w.WriteString("a") }, sent: "bcd", n: 3, want: "abcd", length: 4},
		{name: "HTTP/1.0", version: "1.0", sent: large, n: len(large), want: large, length: int64(len(large))},
		{name: "not all of the source", sent: large, n: 5, want: large[:5], length: 5},
		{name: "nothing", n: 0, length: 0},
		{name: "HEAD", method: "HEAD", n: 3, length: 3},
		{name: "status without content", begin: func(w *Response) { w.SetStatus(204) }, n: 3, length: 0, err: writer.ErrContent},
		{name: "more than declared", begin: func(w *Response) { w.Set("Content-Length", "2"); w.WriteString("ab"); w.Flush() }, n: 1, want: "ab", length: 2,
			err: writer.ErrLong},
		{name: "source that ends early", sent: "ab", ends: io.EOF, n: 3, want: "ab", length: 3, cut: true, err: io.ErrUnexpectedEOF},
		{name: "source that is reset", sent: "ab", ends: failure, n: 3, want: "ab", length: 3, cut: true, err: syscall.ECONNRESET},
		{name: "source that waits too long", sent: "ab", ends: os.ErrDeadlineExceeded, n: 3, want: "ab", length: 3, cut: true, err: os.ErrDeadlineExceeded},
	}
	for _, tr := range built(overTCP, overUnix, overLoop) {
		t.Run(tr.name, func(t *testing.T) {
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					src, raw, other := connected(t)
					arrived := make(chan bool)
					go func() {
						io.WriteString(other, tt.sent)
						switch tt.ends {
						case io.EOF:
							other.CloseWrite()
						case os.ErrDeadlineExceeded:
							<-arrived
							src.SetReadDeadline(time.Unix(1, 0))
						case failure:
							<-arrived
							other.SetLinger(0)
							other.Close()
						}
					}()
					result := make(chan error, 1)
					dial := tr.start(t, &Server{Log: slog.New(slog.DiscardHandler), Router: always(func(w *Response, r *Request) {
						if tt.begin != nil {
							tt.begin(w)
						}
						result <- w.Splice(raw, int64(tt.n))
					})})
					nc, err := dial()
					require.NoError(t, err)
					defer nc.Close()
					nc.SetDeadline(time.Now().Add(20 * time.Second))
					method, version := cmp.Or(tt.method, "GET"), cmp.Or(tt.version, "1.1")
					io.WriteString(nc, method+" / HTTP/"+version+"\r\nHost: a\r\nConnection: close\r\n\r\n")
					r, err := http.ReadResponse(bufio.NewReader(nc), &http.Request{Method: method})
					require.NoError(t, err)
					got := make([]byte, len(tt.want))
					_, err = io.ReadFull(r.Body, got)
					require.NoError(t, err)
					assert.Equal(t, tt.want, string(got))
					assert.Equal(t, tt.length, r.ContentLength)
					close(arrived)
					_, err = io.ReadAll(r.Body)
					assert.Equal(t, tt.cut, err != nil, err)
					assert.ErrorIs(t, <-result, tt.err)
				})
			}
		})
	}
}

// Over what is no plain connection, a handler copies.
func TestSpliceUnsupported(t *testing.T) {
	for _, tr := range []transport{overTLS, overPipe} {
		t.Run(tr.name, func(t *testing.T) {
			_, raw, _ := connected(t)
			dial := tr.start(t, &Server{Router: always(func(w *Response, r *Request) {
				assert.ErrorIs(t, w.Splice(raw, 3), errors.ErrUnsupported)
				w.WriteString("abc")
			})})
			c := connect(t, dial)
			c.send(get(""))
			c.expect(ok("abc"))
		})
	}
}

// Each piece leaves as it comes, and a client that reads nothing is waited for as long as its rate allows, and no longer.
func TestSpliceFlow(t *testing.T) {
	eachTCP(t, func(t *testing.T, start starter) {
		_, raw, other := connected(t)
		result := make(chan error, 1)
		dial := start(t, &Server{Log: slog.New(slog.DiscardHandler), Timeouts: Timeouts{Rate: 200 * time.Millisecond},
			Router: always(func(w *Response, r *Request) { result <- w.Splice(raw, 1<<40) })})
		c := connect(t, dial)
		c.send(get(""))
		r, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
		require.NoError(t, err)
		piece := make([]byte, 5)
		for range 3 {
			io.WriteString(other, "piece")
			_, err := io.ReadFull(r.Body, piece)
			require.NoError(t, err)
			assert.Equal(t, "piece", string(piece))
		}
		go func() {
			for b := make([]byte, 1<<20); ; {
				if _, err := other.Write(b); err != nil {
					return
				}
			}
		}()
		assert.Equal(t, ErrSendTimeout, <-result)
	})
}

// A client's reset ends the wait for a source that says nothing, if the handler sees to that.
func TestSpliceLost(t *testing.T) {
	eachTCP(t, func(t *testing.T, start starter) {
		src, raw, _ := connected(t)
		result := make(chan error, 1)
		dial := start(t, &Server{Log: slog.New(slog.DiscardHandler), Router: always(func(w *Response, r *Request) {
			r.OnLost(func() { src.SetReadDeadline(time.Unix(1, 0)) })
			w.Set("Content-Length", "10") // or the size of a chunk would have to leave
			w.Flush()
			result <- w.Splice(raw, 10)
		})})
		c := connect(t, dial)
		c.send(get(""))
		c.Read(make([]byte, 9))
		c.resetNow()
		assert.ErrorIs(t, <-result, os.ErrDeadlineExceeded)
	})
}

func openPipes() (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if name, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(name, "pipe:") {
			n++
		}
	}
	return n
}

// Splicing leaves no pipe behind, whatever comes of it, and allocates nothing.
func TestSpliceAllocations(t *testing.T) {
	eachTCP(t, func(t *testing.T, start starter) {
		if poison {
			t.Skip("a poisoned build allocates")
		}
		const runs = 100
		_, raw, other := connected(t)
		dial := start(t, &Server{Router: always(func(w *Response, r *Request) { w.Splice(raw, 10) })})
		c := connect(t, dial)
		in, out, octets := []byte(get("")), make([]byte, 512), make([]byte, 10)
		before := openPipes()
		assert.LessOrEqual(t, testing.AllocsPerRun(runs, func() {
			other.Write(octets)
			c.Write(in)
			for n := 0; n == 0 || out[n-1] != 0; {
				k, err := c.Read(out[n:])
				require.NoError(t, err)
				n += k
			}
		}), 0.5)
		assert.Eventually(t, func() bool { return openPipes() == before }, patience, time.Millisecond)
	})
}
