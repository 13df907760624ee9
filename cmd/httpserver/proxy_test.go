package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/assets"
)

const notice = "the upstream says hello, and then some"

// canned are responses of an upstream by path, and what they hold.
var canned = map[string]struct{ response, content string }{
	"/fixed":     {fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Kept: yes\r\n\r\n%s", len(notice), notice), notice},
	"/chunked":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n again\r\n0\r\n\r\n", "hello again"},
	"/interim":   {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
	"/old":       {"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + notice, notice},
	"/empty":     {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
	"/short":     {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", "hello"},
	"/cut":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "hello"},
	"/nothing":   {"HTTP/1.1 204 No Content\r\n\r\n", ""},
	"/unchanged": {"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", ""},
	"/malformed": {"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello", ""},
	"/strange":   {"ICY 200 OK\r\n\r\n", ""},
	"/gone":      {"", ""},
}

func serveCanned(c net.Conn, head string) {
	path := strings.Fields(head)[1]
	response := canned[path].response
	if strings.HasPrefix(head, "HEAD ") {
		before, _, _ := strings.Cut(response, "\r\n\r\n")
		response = before + "\r\n\r\n"
	}
	io.WriteString(c, response)
}

func TestProxy(t *testing.T) {
	p := launch(t, nil, "-httpbin-upstream", "http://"+upstream(t, serveCanned))

	for _, path := range []string{"/fixed", "/chunked", "/interim", "/old", "/empty"} {
		t.Run("whole"+path, func(t *testing.T) {
			r, err := http.Get("http://" + p.addr + "/httpbin" + path)
			require.NoError(t, err)
			defer r.Body.Close()
			content, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			assert.Equal(t, 200, r.StatusCode)
			assert.Equal(t, canned[path].content, string(content))
			assert.Equal(t, []string{"chunked"}, r.TransferEncoding)
			checkTrailers(t, content, r.Trailer)
		})
	}
	t.Run("as it is on the wire", func(t *testing.T) {
		answer := p.get(t, "/httpbin/fixed")
		head, rest, _ := strings.Cut(answer, "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		assert.Equal(t, "HTTP/1.1 200 OK", lines[0])
		assert.Contains(t, lines, "Trailer: X-Content-SHA256, X-Content-Length")
		assert.Contains(t, lines, "x-kept: yes")
		assert.NotContains(t, strings.ToLower(head), "content-length:")
		assert.True(t, strings.HasSuffix(rest, fmt.Sprintf("\r\n0\r\nX-Content-SHA256: %x\r\nX-Content-Length: %d\r\n\r\n", sha256.Sum256([]byte(notice)), len(notice))), rest)
	})
	t.Run("to HTTP/1.0", func(t *testing.T) {
		answer := exchange(t, p.addr, "GET /httpbin/chunked HTTP/1.0\r\n\r\n")
		head, content, _ := strings.Cut(answer, "\r\n\r\n")
		assert.Equal(t, "hello again", content)
		assert.NotContains(t, strings.ToLower(head), "chunked")
		assert.NotContains(t, strings.ToLower(head), "trailer")
	})
	for _, path := range []string{"/fixed", "/chunked"} {
		t.Run("HEAD "+path, func(t *testing.T) {
			answer := exchange(t, p.addr, "HEAD /httpbin"+path+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n"), answer)
			assert.True(t, strings.HasSuffix(answer, "\r\n\r\n") && strings.Count(answer, "\r\n\r\n") == 1, answer)
		})
	}
	for path, line := range map[string]string{"/nothing": "HTTP/1.1 204 No Content\r\n", "/unchanged": "HTTP/1.1 304 Not Modified\r\n"} {
		t.Run("without content "+path, func(t *testing.T) {
			answer := p.get(t, "/httpbin"+path)
			assert.True(t, strings.HasPrefix(answer, line), answer)
			assert.True(t, strings.HasSuffix(answer, "\r\n\r\n") && strings.Count(answer, "\r\n\r\n") == 1, answer)
			assert.NotContains(t, strings.ToLower(answer), "trailer")
		})
	}
	for path, why := range map[string]string{
		"/malformed": "upstream's response is malformed", "/strange": "upstream's response is malformed", "/gone": "upstream broke off its response",
	} {
		t.Run("502 for "+path, func(t *testing.T) {
			checkFailure(t, p, path, "HTTP/1.1 502 Bad Gateway", assets.BadGateway, why)
		})
	}
	for _, path := range []string{"/short", "/cut"} {
		t.Run("broken off "+path, func(t *testing.T) {
			answer := p.get(t, "/httpbin"+path)
			assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n"), answer)
			assert.True(t, strings.HasSuffix(answer, "\r\n\r\n5\r\nhello\r\n"), answer)

			c := dial(t, p.addr)
			_, err := io.WriteString(c, "GET /httpbin"+path+" HTTP/1.0\r\n\r\n")
			require.NoError(t, err)
			_, err = io.ReadAll(c)
			assert.Error(t, err, "a FIN would mean that this was all")
		})
	}
}

func checkTrailers(t *testing.T, content []byte, trailer http.Header) {
	t.Helper()
	sum := sha256.Sum256(content)
	assert.Equal(t, http.Header{"X-Content-Sha256": {hex.EncodeToString(sum[:])}, "X-Content-Length": {strconv.Itoa(len(content))}}, trailer)
}

func checkFailure(t *testing.T, p *program, path, statusLine string, html []byte, why string) {
	t.Helper()
	answer := p.get(t, "/httpbin"+path)
	head, content, _ := strings.Cut(answer, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	assert.Equal(t, statusLine, lines[0])
	assert.Contains(t, lines, "Content-Type: "+assets.PageType)
	assert.Equal(t, strings.Replace(string(html), assets.Why, why, 1), content)
}

func TestProxyFailures(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		l.Close() // nobody listens there now
		p := launch(t, nil, "-httpbin-upstream", "http://"+l.Addr().String())
		checkFailure(t, p, "/get", "HTTP/1.1 502 Bad Gateway", assets.BadGateway, "upstream cannot be reached")
		assert.True(t, strings.HasPrefix(p.get(t, "/"), "HTTP/1.1 200 OK\r\n"), "the rest does not mind")
		p.stderr.Await(t, regexp.MustCompile(`WARN upstream failed why="upstream cannot be reached" cause=.*refused.* skipped=0\n`))
	})
	t.Run("silent", func(t *testing.T) {
		silent := upstream(t, func(c net.Conn, _ string) { io.Copy(io.Discard, c) })
		p := launch(t, nil, "-httpbin-upstream", "http://"+silent, "-httpbin-timeout", "50ms")
		checkFailure(t, p, "/get", "HTTP/1.1 504 Gateway Timeout", assets.GatewayTimeout, "upstream did not answer in time")
		p.stderr.Await(t, regexp.MustCompile(`WARN upstream failed why="upstream did not answer in time" skipped=0\n`))
	})
}

// Every piece reaches the client before the upstream sends the next one, which waits for that.
func TestProxyDrip(t *testing.T) {
	arrived := make(chan struct{})
	drip := upstream(t, func(c net.Conn, _ string) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
		for i := range 10 {
			<-arrived
			fmt.Fprint(c, i)
		}
	})
	p := launch(t, nil, "-httpbin-upstream", "http://"+drip)
	c := dial(t, p.addr)
	t.Cleanup(func() { close(arrived) })
	_, err := io.WriteString(c, "GET /httpbin/drip HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	r := bufio.NewReader(c)
	head, err := readHead(r)
	require.NoError(t, err)
	assert.Contains(t, head, "Transfer-Encoding: chunked\r\n")
	for i := range 10 {
		arrived <- struct{}{}
		chunk := make([]byte, len("1\r\n0\r\n"))
		_, err := io.ReadFull(r, chunk)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("1\r\n%d\r\n", i), string(chunk))
	}
	last, err := r.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "0\r\n", last)
	trailers, err := readHead(r)
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("X-Content-SHA256: %x\r\nX-Content-Length: 10\r\n", sha256.Sum256([]byte("0123456789"))), trailers)
}

// Methods, targets, fields and content arrive upstream as they were sent.
func TestProxyRequests(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Uri", r.RequestURI)
		w.Header().Set("X-Echo", r.Header.Get("X-Said"))
		w.Header().Set("X-Digest", fmt.Sprintf("%d %x", len(content), sha256.Sum256(content)))
		w.WriteHeader(http.StatusTeapot)
	}))
	defer echo.Close()
	p := launch(t, nil, "-httpbin-upstream", echo.URL+"/base/")
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
		for _, content := range []string{"", "hello", film} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprint(method, len(content), chunked), func(t *testing.T) {
					var body io.Reader = strings.NewReader(content)
					if chunked {
						body = io.MultiReader(body) // of a size that the client cannot know
					}
					request, err := http.NewRequest(method, "http://"+p.addr+"/httpbin/a//b%2F?q=%20&r", body)
					require.NoError(t, err)
					request.Header.Set("X-Said", "this")
					r, err := http.DefaultClient.Do(request)
					require.NoError(t, err)
					defer r.Body.Close()
					assert.Equal(t, 418, r.StatusCode)
					assert.Equal(t, method, r.Header.Get("X-Method"))
					assert.Equal(t, "/base/a//b%2F?q=%20&r", r.Header.Get("X-Uri"))
					assert.Equal(t, "this", r.Header.Get("X-Echo"))
					assert.Equal(t, fmt.Sprintf("%d %x", len(content), sha256.Sum256([]byte(content))), r.Header.Get("X-Digest"))
				})
			}
		}
	}
}
