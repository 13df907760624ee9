package proxy

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// Each piece that the upstream sends reaches the client before the next one exists.
func TestPieces(t *testing.T) {
	tests := []struct {
		name   string
		head   string
		digest bool
		pieces []string // what the upstream sends
		chunks []string // what the client gets for each
	}{
		{"Content-Length, digested", "Content-Length: 9\r\n", true, []string{"one", "two", "six"}, []string{"3\r\none\r\n", "3\r\ntwo\r\n", "3\r\nsix\r\n"}},
		{"Content-Length", "Content-Length: 9\r\n", false, []string{"one", "two", "six"}, []string{"one", "two", "six"}},
		{"chunks", "Transfer-Encoding: chunked\r\n", true, []string{"3\r\none\r\n", "3\r\ntwo\r\n"}, []string{"3\r\none\r\n", "3\r\ntwo\r\n"}},
		{"pieces of one chunk", "Transfer-Encoding: chunked\r\n", true, []string{"400\r\none", "two", "six"}, []string{"3\r\none\r\n", "3\r\ntwo\r\n", "3\r\nsix\r\n"}},
		{"one octet", "Transfer-Encoding: chunked\r\n", false, []string{"2\r\na", "b"}, []string{"1\r\na\r\n", "1\r\nb\r\n"}},
		{"server-sent events", "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n", false, []string{"9\r\ndata: 1\n\n\r\n", "9\r\ndata: 2\n\n\r\n"},
			[]string{"9\r\ndata: 1\n\n\r\n", "9\r\ndata: 2\n\n\r\n"}},
		{"close-delimited", "", true, []string{"one", "two"}, []string{"3\r\none\r\n", "3\r\ntwo\r\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next := make(chan struct{})
			p := newProxy(t, upstream(t, func(u *peer) {
				u.head()
				u.send("HTTP/1.1 200 OK\r\n" + tt.head + "\r\n")
				for _, piece := range tt.pieces {
					<-next
					u.send(piece)
				}
				<-next
			}))
			p.Digest = tt.digest
			c := dial(t, serve(t, p))
			c.send(get)
			c.head()
			for _, chunk := range tt.chunks {
				next <- struct{}{}
				c.expect(chunk)
			}
			close(next)
		})
	}
}

// A response that comes octet by octet is passed on like any other, and its connection used again.
func TestOctetByOctet(t *testing.T) {
	const sections = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"5;a=b\r\nhello\r\n006\r\n world\r\n0\r\nX-T: t\r\n\r\n"
	for _, digest := range []bool{false, true} {
		p, accepted := newPool(t, func(u *peer, _ int64) {
			for u.more() {
				u.head()
				for i := range len(sections) {
					u.send(sections[i : i+1])
				}
			}
		})
		p.Digest = digest
		c := dial(t, serve(t, p))
		for range 3 {
			c.send(keep)
			c.expect("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
			r, content, err := c.response("GET")
			require.NoError(t, err)
			assert.Equal(t, []any{200, "hello world", "b", "t"}, []any{r.StatusCode, content, r.Header.Get("X-A"), r.Trailer.Get("X-T")})
			if digest {
				assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256([]byte(content))), r.Trailer.Get("X-Content-SHA256"))
			}
		}
		assert.LessOrEqual(t, accepted.Load(), int64(3))
	}
}

// content is size octets that no two offsets have alike for long.
func content(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i>>16) ^ byte(i>>8)*31 ^ byte(i)
	}
	return b
}

// large is more than what the sockets between two ends hold: the receive buffer of the one that is read grows while the others fill.
var large = 8<<20 + mostOf("tcp_rmem") + 2*mostOf("tcp_wmem")

// mostOf returns how large the kernel lets a socket's buffer become.
func mostOf(buffer string) int {
	limits, _ := os.ReadFile("/proc/sys/net/ipv4/" + buffer)
	if f := strings.Fields(string(limits)); len(f) == 3 {
		if n, err := strconv.Atoi(f[2]); err == nil {
			return n
		}
	}
	return 8 << 20
}

// writeUntilStall writes b until the connection takes no more for a while, and returns what is left.
func writeUntilStall(p *peer, b []byte) (left []byte) {
	for len(b) > 0 {
		p.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := p.Conn.Write(b[:min(64<<10, len(b))])
		b = b[n:]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		p.must(err)
	}
	p.SetWriteDeadline(time.Now().Add(patience))
	return b
}

// A client that does not read keeps the upstream from being read, and an upstream that does not read keeps the client from being
// read; what is under way meanwhile is in the kernel, not here.
func TestBackPressure(t *testing.T) {
	b := content(large)
	sum := fmt.Sprintf("%x", sha256.Sum256(b))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	stalled := func(t *testing.T, left []byte, before uint64) {
		assert.NotEmpty(t, left)
		assert.Less(t, heap(), before+8<<20)
	}
	t.Run("response", func(t *testing.T) {
		read := make(chan struct{})
		p := newProxy(t, upstream(t, func(u *peer) {
			u.head()
			before := heap()
			u.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", large))
			left := writeUntilStall(u, b)
			stalled(u.t, left, before)
			close(read)
			u.send(string(left))
		}))
		p.Digest = true
		c := dial(t, serve(t, p))
		c.send(get)
		<-read
		r, got, err := c.response("GET")
		require.NoError(t, err)
		assert.Len(t, got, large)
		assert.Equal(t, sum, r.Trailer.Get("X-Content-SHA256"))
		assert.Equal(t, fmt.Sprint(large), r.Trailer.Get("X-Content-Length"))
	})
	t.Run("request", func(t *testing.T) {
		read := make(chan struct{})
		p := newProxy(t, upstream(t, func(u *peer) {
			u.head()
			<-read
			h := sha256.New()
			io.CopyN(h, u.r, int64(large))
			u.send(fmt.Sprintf("HTTP/1.1 200 OK\r\n\r\n%x", h.Sum(nil)))
		}))
		c := dial(t, serve(t, p))
		before := heap()
		c.send(fmt.Sprintf("PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", large))
		left := writeUntilStall(c, b)
		stalled(t, left, before)
		close(read)
		c.send(string(left))
		_, got, err := c.response("PUT")
		require.NoError(t, err)
		assert.Equal(t, sum, got)
	})
	t.Run("both, for longer than the upstream is given", func(t *testing.T) {
		stuck := make(chan struct{})
		p := newProxy(t, upstream(t, func(u *peer) {
			u.head()
			<-stuck
			u.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", large))
			u.send(string(b[:large-1]))
			io.CopyN(io.Discard, u.r, int64(large))
			u.send(string(b[large-1:]))
		}))
		p.Timeout = 600 * time.Millisecond
		c := dial(t, serve(t, p))
		c.send(fmt.Sprintf("PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", large))
		left := writeUntilStall(c, b)
		assert.NotEmpty(t, left)
		close(stuck)
		time.Sleep(p.Timeout * 5 / 4)
		go c.Conn.Write(left)
		_, got, err := c.response("PUT")
		require.NoError(t, err)
		assert.True(t, bytes.Equal(b, []byte(got)))
	})
}

// An upstream that answers while it reads, and stops reading when its answer is not read.
func TestEcho(t *testing.T) {
	const size = 12 << 20
	b := content(size)
	for _, chunked := range []bool{false, true} {
		t.Run(fmt.Sprint("chunked ", chunked), func(t *testing.T) {
			p := newProxy(t, upstream(t, func(u *peer) {
				framing := "Transfer-Encoding: chunked"
				if !strings.Contains(u.head(), "\r\n"+framing+"\r\n") {
					framing = fmt.Sprint("Content-Length: ", size)
				}
				u.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n")
				_, err := io.Copy(u.Conn, u.r)
				assert.NoError(t, err)
			}))
			p.Digest = true
			c := dial(t, serve(t, p))
			go func() {
				if !chunked {
					fmt.Fprintf(c.Conn, "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", size)
					c.Conn.Write(b)
					return
				}
				io.WriteString(c.Conn, "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
				for rest := b; len(rest) > 0; {
					n := min(100_000, len(rest))
					fmt.Fprintf(c.Conn, "%x\r\n%s\r\n", n, rest[:n])
					rest = rest[n:]
				}
				io.WriteString(c.Conn, "0\r\n\r\n")
			}()
			r, got, err := c.response("POST")
			require.NoError(t, err)
			assert.True(t, bytes.Equal(b, []byte(got)))
			assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(b)), r.Trailer.Get("X-Content-SHA256"))
		})
	}
}

// The time for the head does not run while the client sends.
func TestSlowUpload(t *testing.T) {
	for _, framing := range []string{"Content-Length: 9", "Transfer-Encoding: chunked"} {
		t.Run(framing, func(t *testing.T) {
			got := make(chan struct{})
			p := newProxy(t, upstream(t, func(u *peer) {
				chunked := strings.Contains(u.head(), "chunked")
				for range 3 {
					if chunked {
						u.expect("3\r\none\r\n")
					} else {
						u.expect("one")
					}
					got <- struct{}{}
				}
				if chunked {
					u.expect("0\r\n\r\n")
				}
				u.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
			}))
			p.Timeout = 250 * time.Millisecond
			c := dial(t, serve(t, p))
			c.send("POST /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + framing + "\r\n\r\n")
			for range 3 {
				time.Sleep(p.Timeout * 2 / 5)
				if strings.HasPrefix(framing, "T") {
					c.send("3\r\none\r\n")
				} else {
					c.send("one")
				}
				<-got
			}
			if strings.HasPrefix(framing, "T") {
				c.send("0\r\n\r\n")
			}
			r, content, err := c.response("POST")
			require.NoError(t, err)
			assert.Equal(t, []any{200, "OK"}, []any{r.StatusCode, content})
		})
	}
}

// A response that has begun may take as long as it likes.
func TestSlowResponse(t *testing.T) {
	var p *Proxy
	p = newProxy(t, upstream(t, func(u *peer) {
		u.head()
		u.send("HTTP/1.1 200 OK\r\n\r\n")
		time.Sleep(p.Timeout * 5 / 4)
		u.send("OK")
	}))
	p.Timeout = 200 * time.Millisecond
	c := dial(t, serve(t, p))
	c.send(get)
	r, content, err := c.response("GET")
	require.NoError(t, err)
	assert.Equal(t, []any{200, "OK"}, []any{r.StatusCode, content})
}

// An upstream that takes nothing for as long as Timeout has failed, even when it has begun to answer.
func TestUploadStuck(t *testing.T) {
	upload := func(t *testing.T, answer string) (r *http.Response, content string, err error) {
		p := newProxy(t, upstream(t, func(u *peer) {
			u.head()
			u.send(answer)
			<-u.t.Context().Done()
		}))
		p.Timeout = 200 * time.Millisecond
		c := dial(t, serve(t, p))
		go func() {
			fmt.Fprintf(c.Conn, "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", large)
			c.Conn.Write(make([]byte, large))
		}()
		return c.response("PUT")
	}
	t.Run("silent", func(t *testing.T) {
		r, content, err := upload(t, "")
		require.NoError(t, err)
		assert.Equal(t, []any{504, "504: upstream did not answer in time\n"}, []any{r.StatusCode, content})
	})
	t.Run("answering", func(t *testing.T) {
		r, content, err := upload(t, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello")
		assert.Error(t, err)
		assert.Equal(t, []any{200, "hello"}, []any{r.StatusCode, content})
	})
}

// Answers that come before the request is all there.
func TestEarlyAnswer(t *testing.T) {
	const answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much"
	const closing = "HTTP/1.1 413 Content Too Large\r\n\r\ntoo much"
	tests := []struct {
		name   string
		script func(u *peer)
	}{
		{"and a reset, the rest unread", func(u *peer) { u.head(); u.send(answer) }},
		{"and the rest is read", func(u *peer) { u.head(); u.send(answer); u.rest() }},
		{"and nothing is read", func(u *peer) { u.head(); u.send(answer); <-u.t.Context().Done() }},
		{"close-delimited, and the rest is read", func(u *peer) { u.head(); u.send(closing); u.closeWrite(); u.rest() }},
		{"in two pieces", func(u *peer) {
			u.head()
			u.send(answer[:len(answer)-4])
			u.take(100_000)
			u.send(answer[len(answer)-4:])
			u.rest()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, serve(t, newProxy(t, upstream(t, tt.script))))
			go func() {
				io.WriteString(c.Conn, "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n")
				for err, b := error(nil), make([]byte, 1<<16); err == nil; {
					_, err = c.Conn.Write(b) // until the server has closed
				}
			}()
			r, content, err := c.response("PUT")
			require.NoError(t, err)
			assert.Equal(t, []any{413, "too much"}, []any{r.StatusCode, content})
		})
	}
}

// What the upstream does is passed on while the client is silent in the middle of its content.
func TestSilentClient(t *testing.T) {
	t.Run("engine of the system", func(t *testing.T) { testSilentClient(t, srv.EngineAuto) })
	t.Run("net engine", func(t *testing.T) { testSilentClient(t, srv.EngineNet) })
}

func testSilentClient(t *testing.T, engine srv.Engine) {
	framings := map[string][4]string{ // the head's last line, and three pieces
		"Content-Length": {"Content-Length: 15", "hello", "world", "again"},
		"chunked":        {"Transfer-Encoding: chunked", "5\r\nhello\r\n", "5\r\nworld\r\n", "5\r\nagain\r\n"},
		"within a chunk": {"Transfer-Encoding: chunked", "f\r\nhello", "world", "again\r\n"},
		"chunk to begin": {"Transfer-Encoding: chunked", "5\r\nhello\r\n5", "\r\nworld\r\n5", "\r\nagain\r\n0"},
	}
	for name, framing := range framings {
		request := "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\n" + framing[0] + "\r\n\r\n"
		size, offset := len("hello"), 0
		if framing[0] != "Content-Length: 15" {
			size, offset = len("5\r\nhello\r\n"), len("5\r\n") // as it is framed for the upstream, piece by piece
		}
		t.Run(name, func(t *testing.T) {
			t.Run("answer", func(t *testing.T) {
				c := dial(t, serveOn(t, engine, newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.take(size)
					u.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much")
				}))))
				c.send(request + framing[1])
				r, content, err := c.response("PUT")
				require.NoError(t, err)
				assert.Equal(t, []any{413, "too much"}, []any{r.StatusCode, content})
			})
			t.Run("interim response", func(t *testing.T) {
				c := dial(t, serveOn(t, engine, newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.take(size)
					u.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
					<-u.t.Context().Done()
				}))))
				c.send(request + framing[1])
				c.expect("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
			})
			t.Run("break", func(t *testing.T) {
				c := dial(t, serveOn(t, engine, newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.take(size)
				}))))
				c.send(request + framing[1])
				r, _, err := c.response("PUT")
				require.NoError(t, err)
				assert.Equal(t, 502, r.StatusCode)
			})
			t.Run("conversation", func(t *testing.T) {
				c := dial(t, serveOn(t, engine, newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.send("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n")
					for range 3 {
						piece := u.take(size)
						u.send(piece[offset:][:5])
					}
				}))))
				c.send(request)
				c.head()
				for i, want := range []string{"hello", "world", "again"} {
					c.send(framing[1+i])
					c.expect(want)
				}
			})
		})
	}
}

func TestExpectContinue(t *testing.T) {
	const request = "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
	t.Run("upstream there", func(t *testing.T) {
		c := dial(t, serve(t, newProxy(t, upstream(t, func(u *peer) {
			assert.NotContains(t, strings.ToLower(u.head()), "expect")
			u.expect("hello")
			u.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
		}))))
		for range 2 {
			c.send(request)
			c.expect("HTTP/1.1 100 Continue\r\n\r\n")
			c.send("hello")
			r, content, err := c.response("POST")
			require.NoError(t, err)
			assert.Equal(t, []any{200, "OK"}, []any{r.StatusCode, content})
		}
	})
	t.Run("upstream not there", func(t *testing.T) {
		answer, fin := do(t, serve(t, newProxy(t, refusing(t))), request)
		assert.True(t, fin)
		assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 502 ") && strings.Contains(answer, "\r\nConnection: close\r\n"), answer)
	})
}

// The client's content is the server's to judge; the upstream sees that the request is not whole.
func TestBadContent(t *testing.T) {
	tests := []struct {
		name, request string
		status        int
	}{
		{"malformed chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n", 400},
		{"cut off", "Content-Length: 9\r\n\r\nhello", 400},
		{"too much", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n", 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ended := make(chan struct{})
			p := newProxy(t, upstream(t, func(u *peer) {
				defer close(ended)
				u.head()
				got, _ := u.rest()
				assert.NotContains(t, got, "0\r\n\r\n")
			}))
			m := route.New()
			m.Post("/x", p.ServeHTTP).ContentSize(10)
			c := dial(t, run(t, &srv.Server{Router: m}))
			c.send("POST /x HTTP/1.1\r\nHost: a\r\n" + tt.request)
			c.closeWrite()
			answer := c.head()
			assert.True(t, strings.HasPrefix(answer, fmt.Sprint("HTTP/1.1 ", tt.status)), answer)
			<-ended
		})
	}
}
