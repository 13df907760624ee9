package proxy

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
	"barewire/srv"
)

// As long as nothing has left, the client gets an answer that says what is wrong.
func TestFailBeforeResponse(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	says := func(octets string) func(u *peer) {
		return func(u *peer) {
			u.head()
			u.Write([]byte(octets)) // of much too much the rest cannot be sent
			u.closeWrite()
			u.rest()
		}
	}
	tests := []struct {
		name   string
		script func(u *peer)
		err    Error
	}{
		{"nobody listens", nil, ErrDial},
		{"closed at once", func(u *peer) {}, ErrBroken},
		{"closed before the head", says(""), ErrBroken},
		{"reset before the head", func(u *peer) { u.head(); u.reset() }, ErrBroken},
		{"closed in the head", says(ok + "A: b\r\n"), ErrBroken},
		{"reset in the head", func(u *peer) { u.head(); u.send(ok); u.reset() }, ErrBroken},
		{"garbage", says("\x16\x03\x01\x02\x00"), ErrMalformed},
		{"SSH", says("SSH-2.0-OpenSSH_9.6\r\n"), ErrMalformed},
		{"HTTP/0.9", says("<html>"), ErrMalformed},
		{"HTTP/2.0", says("HTTP/2.0 200 OK\r\n\r\n"), ErrMalformed},
		{"HTTP/2 frame", says("\x00\x00\x12\x04\x00\x00\x00\x00\x00"), ErrMalformed},
		{"lower case", says("http/1.1 200 OK\r\n\r\n"), ErrMalformed},
		{"bare LF", says("HTTP/1.1 200 OK\n\n"), ErrMalformed},
		{"bare LF behind a field", says(ok + "A: b\n\r\n"), ErrMalformed},
		{"bare CR", says(ok + "A: b\rc\r\n\r\n"), ErrMalformed},
		{"no reason phrase, and no space", says("HTTP/1.1 200\r\n\r\n"), ErrMalformed},
		{"obs-fold", says(ok + "A: b\r\n c\r\n\r\n"), ErrMalformed},
		{"space before the colon", says(ok + "A : b\r\n\r\n"), ErrMalformed},
		{"NUL", says(ok + "A: \x00\r\n\r\n"), ErrMalformed},
		{"status 099", says("HTTP/1.1 099 X\r\n\r\n"), ErrMalformed},
		{"status 600", says("HTTP/1.1 600 X\r\n\r\n"), ErrMalformed},
		{"status 999", says("HTTP/1.1 999 X\r\n\r\n"), ErrMalformed},
		{"status of two digits", says("HTTP/1.1 20 X\r\n\r\n"), ErrMalformed},
		{"head too large", says(ok + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", parser.DefaultHeadSize/1000+1)), ErrMalformed},
		{"endless field line", says(ok + "A: " + strings.Repeat("b", 1<<20)), ErrMalformed},
		{"too many fields", says(ok + strings.Repeat("A: b\r\n", parser.DefaultFieldCount+1) + "\r\n"), ErrMalformed},
		{"Content-Length twice", says(ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nOK"), ErrMalformed},
		{"Content-Length with a sign", says(ok + "Content-Length: +2\r\n\r\nOK"), ErrMalformed},
		{"Content-Length and chunked", says(ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ErrMalformed},
		{"chunked in HTTP/1.0", says("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ErrMalformed},
		{"gzip as transfer coding", says(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), ErrMalformed},
		{"too much in Connection", says(ok + "Connection: " + strings.Repeat(",", maxNominated) + "\r\nContent-Length: 0\r\n\r\n"), ErrMalformed},
		{"101", says("HTTP/1.1 101 Switching Protocols\r\n\r\n"), ErrSwitch},
		{"interim responses without end", says(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim+1)), ErrInterim},
		{"silent", func(u *peer) { u.head(); u.rest() }, ErrSilent},
		{"silent in the head", func(u *peer) { u.head(); u.send(ok); u.rest() }, ErrSilent},
		{"silent behind an interim response", func(u *peer) { u.head(); u.send("HTTP/1.1 100 Continue\r\n\r\n"); u.rest() }, ErrSilent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := refusing(t)
			if tt.script != nil {
				url = upstream(t, tt.script)
			}
			p := newProxy(t, url)
			if tt.err == ErrSilent {
				p.Timeout = 150 * time.Millisecond
			}
			addr := serve(t, p)
			want := fmt.Sprintf("%d: %s\n", tt.err.Status(), tt.err.Text())
			c := dial(t, addr)
			for range 2 { // the client's connection is kept
				c.send("GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n")
				r, content, err := c.response("GET")
				require.NoError(t, err)
				assert.Equal(t, []any{tt.err.Status(), want, int64(len(want)), "text/plain; charset=utf-8"}, []any{r.StatusCode, content, r.ContentLength, r.Header.Get("Content-Type")})
				assert.Empty(t, r.Header.Get("Trailer"))
				if tt.err == ErrSilent {
					return // it takes its time
				}
			}
			c.send(head)
			answer, fin := c.rest()
			assert.True(t, fin)
			assert.True(t, strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d ", tt.err.Status())) && strings.HasSuffix(answer, "\r\n\r\n"), answer)
		})
	}
}

func TestFailHook(t *testing.T) {
	p := newProxy(t, answering(t, "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nbad trailer\r\n\r\n"))
	p.Digest = true
	p.Fail = func(w *srv.Response, r *srv.Request, err Error) {
		w.Set("Content-Type", "text/html")
		fmt.Fprintf(w, "%s %d %v", r.Path(), w.Status(), err)
	}
	up := p.addr
	answer, fin := do(t, serve(t, p), get)
	assert.True(t, fin)
	// What the upstream sent in one piece has all been looked at before any of it leaves.
	if strings.HasPrefix(answer, "HTTP/1.1 502 ") {
		head, content, _ := strings.Cut(answer, "\r\n\r\n")
		assert.Equal(t, []string{"Content-Type: text/html", fmt.Sprint("Content-Length: ", len(content)), "Connection: close"}, fields(head))
		assert.Equal(t, "/httpbin/x 502 proxy: upstream's response is malformed", content)
	} else {
		t.Log("the octets of", up, "came in two pieces")
		assert.NotContains(t, answer, "0\r\n\r\n")
	}
}

// Once something has left, a response that is not whole is cut off so that every client sees it.
func TestBreakInContent(t *testing.T) {
	const chunked, sized, closing = "Transfer-Encoding: chunked\r\n\r\n", "Content-Length: 100\r\n\r\n", "\r\n"
	says := func(octets string) func(u *peer) {
		return func(u *peer) {
			u.send(octets)
			u.closeWrite()
			u.rest()
		}
	}
	resets := func(u *peer) { u.reset() }
	trailer := strings.Repeat("t", parser.TrailerSectionSize)
	tests := []struct {
		name, framing, first string
		then                 func(u *peer)
	}{
		{"Content-Length, FIN", sized, "hello", says("")},
		{"Content-Length, FIN one octet short", sized, "hello", says(strings.Repeat("x", 94))},
		{"Content-Length, reset", sized, "hello", resets},
		{"chunked, no last chunk", chunked, "5\r\nhello\r\n", says("")},
		{"chunked, FIN in a chunk", chunked, "9\r\nhello", says("")},
		{"chunked, FIN behind a chunk-size", chunked, "5\r\nhello\r\n", says("5\r\n")},
		{"chunked, FIN behind the last chunk", chunked, "5\r\nhello\r\n", says("0\r\n")},
		{"chunked, FIN in the trailer section", chunked, "5\r\nhello\r\n", says("0\r\nX: y\r\n")},
		{"chunked, reset", chunked, "5\r\nhello\r\n", resets},
		{"chunk-size malformed", chunked, "5\r\nhello\r\n", says("x\r\n0\r\n\r\n")},
		{"chunk-size with a sign", chunked, "5\r\nhello\r\n", says("+1\r\na\r\n0\r\n\r\n")},
		{"chunk-size too large", chunked, "5\r\nhello\r\n", says("10000000000000000\r\n0\r\n\r\n")},
		{"chunk longer than its size", chunked, "5\r\nhello", says("!\r\n0\r\n\r\n")},
		{"bare LF behind a chunk", chunked, "5\r\nhello", says("\n0\r\n\r\n")},
		{"bare LF behind the last chunk", chunked, "5\r\nhello\r\n", says("0\n\n")},
		{"trailer malformed", chunked, "5\r\nhello\r\n", says("0\r\nbad trailer\r\n\r\n")},
		{"trailer without a name", chunked, "5\r\nhello\r\n", says("0\r\n: x\r\n\r\n")},
		{"trailer with an octet too much", chunked, "5\r\nhello\r\n", says("0\r\nX: " + trailer[len("X: \r\n")-1:] + "\r\n\r\n")},
		{"trailer section without end", chunked, "5\r\nhello\r\n", says("0\r\n" + strings.Repeat("X: "+trailer[:1000]+"\r\n", 64))},
		{"close-delimited, reset", closing, "hello", resets},
	}
	clients := []struct {
		name, request string
		digest        bool
	}{
		{"digest", get, true},
		{"HTTP/1.1", get, false},
		{"HTTP/1.0", get10, false},
	}
	for _, tt := range tests {
		for _, client := range clients {
			t.Run(tt.name+", "+client.name, func(t *testing.T) {
				arrived := make(chan struct{})
				p := newProxy(t, upstream(t, func(u *peer) {
					u.head()
					u.send("HTTP/1.1 200 OK\r\n" + tt.framing + tt.first)
					<-arrived
					tt.then(u)
				}))
				p.Digest = client.digest
				p.Fail = func(*srv.Response, *srv.Request, Error) { t.Error("a page was made for a response that has begun") }
				c := dial(t, serve(t, p))
				c.send(client.request)
				head := c.head()
				content := ""
				for !strings.Contains(content, "hello") {
					content += c.take(1)
				}
				close(arrived)
				rest, fin := c.rest()
				content += rest
				switch {
				case strings.Contains(head, "\r\nContent-Length: 100\r\n"):
					assert.Less(t, len(content), 100)
				case client.request == get10:
					assert.False(t, fin, "FIN would mean that this is all: %q", content)
				default:
					_, _, whole := chunks(t, content)
					assert.False(t, whole, "%q", content)
					assert.NotContains(t, content, "X-Content-")
				}
			})
		}
	}
}

// A page of the proxy's own is not made of what is left of the upstream's response, however large that was.
func TestFailBehindBufferedContent(t *testing.T) {
	// All of it is one read of the proxy's at the most; whether it is one is up to the kernel, so the outcome is one of two.
	big := strings.Repeat("x", 20<<10)
	p := newProxy(t, answering(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n5\r\nbroken\r\n0\r\n\r\n", len(big), big)))
	c := dial(t, serve(t, p))
	c.send(get)
	r, content, err := c.response("GET")
	if r.StatusCode == 200 {
		t.Log("came in two pieces")
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadGateway, r.StatusCode)
	assert.Equal(t, "502: upstream's response is malformed\n", content)
	assert.Empty(t, r.Header.Get("X"))
}

func TestError(t *testing.T) {
	for e := ErrDial; e <= ErrSwitch; e++ {
		assert.Equal(t, "proxy: "+e.Text(), e.Error())
		assert.NotEmpty(t, e.Text())
		assert.Contains(t, []int{502, 504}, e.Status())
	}
	assert.Len(t, errorTable, int(errStale)+1)
}
