package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/proxy"
	"barewire/srv/route"
)

// client follows no redirect and unpacks nothing.
var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       patience,
}

// fetch sends a request and checks the trailers of what comes back, which every answer that has content must have.
func fetch(t *testing.T, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	if r.Method != "HEAD" && answer.StatusCode != 204 && answer.StatusCode != 304 {
		assert.Equal(t, []string{"chunked"}, answer.TransferEncoding)
		checkTrailers(t, content, answer.Trailer)
	}
	return answer, content
}

func lines(content []byte) int { return bytes.Count(content, []byte("\n")) }

// What go-httpbin does arrives, over either scheme.
func TestHTTPBin(t *testing.T) {
	type check func(t *testing.T, r *http.Response, content []byte)
	status := func(want int) check {
		return func(t *testing.T, r *http.Response, _ []byte) { assert.Equal(t, want, r.StatusCode) }
	}
	size := func(want int) check {
		return func(t *testing.T, r *http.Response, content []byte) {
			assert.Equal(t, 200, r.StatusCode)
			assert.Len(t, content, want)
		}
	}
	tests := []struct {
		method, path string
		check        check
	}{
		{"GET", "/stream/100", func(t *testing.T, r *http.Response, content []byte) { assert.Equal(t, 100, lines(content)) }},
		{"GET", "/html", func(t *testing.T, r *http.Response, content []byte) {
			assert.Contains(t, string(content), "Herman Melville")
			assert.Contains(t, r.Header.Get("Content-Type"), "text/html")
		}},
		{"GET", "/drip?numbytes=20&duration=0.1s&delay=0", size(20)},
		{"GET", "/bytes/0", size(0)},
		{"GET", "/bytes/1", size(1)},
		{"GET", "/bytes/100000", size(100_000)},
		{"GET", "/stream-bytes/90000?chunk_size=1000", size(90_000)},
		{"GET", "/range/26?duration=0", size(26)},
		{"GET", "/sse?count=5&duration=50ms", func(t *testing.T, r *http.Response, content []byte) {
			assert.Equal(t, "text/event-stream; charset=utf-8", r.Header.Get("Content-Type"))
			assert.Equal(t, 5, bytes.Count(content, []byte("event: ping\n")))
		}},
		{"GET", "/status/418", status(418)},
		{"GET", "/status/204", status(204)},
		{"GET", "/status/304", status(304)},
		{"GET", "/status/500", status(500)},
		{"GET", "/delay/0.05", status(200)},
		{"GET", "/gzip", func(t *testing.T, r *http.Response, content []byte) {
			assert.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
			z, err := gzip.NewReader(bytes.NewReader(content))
			require.NoError(t, err)
			plain, err := io.ReadAll(z)
			require.NoError(t, err)
			assert.Contains(t, string(plain), `"gzipped": true`)
		}},
		{"GET", "/redirect/1", func(t *testing.T, r *http.Response, content []byte) {
			assert.Equal(t, 302, r.StatusCode)
			assert.Equal(t, "/get", r.Header.Get("Location"))
		}},
		{"GET", "/trailers?X-One=1&X-Two=2", func(t *testing.T, r *http.Response, content []byte) {
			assert.Equal(t, "1", r.Trailer.Get("X-One"))
			assert.Equal(t, "2", r.Trailer.Get("X-Two"))
			assert.Len(t, r.Trailer, 4)
		}},
		{"GET", "/cookies/set?a=b&c=d", func(t *testing.T, r *http.Response, content []byte) { assert.Len(t, r.Cookies(), 2) }},
		{"GET", "/headers", func(t *testing.T, r *http.Response, content []byte) {
			assert.Contains(t, string(content), "1.1 barewire")
		}},
		{"GET", "/image/png", func(t *testing.T, r *http.Response, content []byte) {
			assert.True(t, bytes.HasPrefix(content, []byte("\x89PNG")))
		}},
		{"HEAD", "/html", size(0)},
		{"OPTIONS", "/get", status(200)},
		{"GET", "/nothing/there", status(404)},
	}
	for _, secure := range []bool{false, true} {
		upstream, env := startHTTPBin(t, secure, nil)
		p := launch(t, upstream, env...)
		scheme, _, _ := strings.Cut(upstream, ":")
		for _, tt := range tests {
			t.Run(scheme+tt.path, func(t *testing.T) {
				r, err := http.NewRequest(tt.method, p.url("/httpbin"+tt.path), nil)
				require.NoError(t, err)
				answer, content := fetch(t, r)
				tt.check(t, answer, content)
			})
		}
		for _, n := range []int{0, 1, 10_000, 1_000_000} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprint(scheme, "/upload of ", n, ", chunked ", chunked), func(t *testing.T) {
					var body io.Reader = strings.NewReader(strings.Repeat("x", n))
					if chunked {
						body = io.MultiReader(body) // of a size that the client cannot know
					}
					r, err := http.NewRequest("POST", p.url("/httpbin/upload"), body)
					require.NoError(t, err)
					answer, content := fetch(t, r)
					assert.Equal(t, 200, answer.StatusCode)
					var got struct {
						Received int `json:"bytes_received"`
					}
					require.NoError(t, json.Unmarshal(content, &got))
					assert.Equal(t, n, got.Received)
				})
			}
		}
	}
}

// An upstream whose certificate nobody vouches for is not talked to.
func TestUntrusted(t *testing.T) {
	upstream, _ := startHTTPBin(t, true, nil)
	p := launch(t, upstream)
	answer, err := client.Get(p.url("/httpbin/get"))
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, 502, answer.StatusCode)
}

// A WebSocket through a route that allows it.
func TestWebSocket(t *testing.T) {
	upstream, _ := startHTTPBin(t, false, nil)
	p, err := proxy.New(upstream)
	require.NoError(t, err)
	p.Upgrade = "websocket"
	defer p.Close()
	m := route.New()
	m.Any("/httpbin/*", p.ServeHTTP)
	s := &srv.Server{Router: m, Log: slog.New(slog.DiscardHandler)}
	require.NoError(t, s.Listen("127.0.0.1:0"))
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	defer func() {
		s.Close()
		assert.NoError(t, <-ended)
	}()

	c, err := net.Dial("tcp", s.Addrs()[0].String())
	require.NoError(t, err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET /httpbin/websocket/echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	r := bufio.NewReader(c)
	answer, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	assert.Equal(t, 101, answer.StatusCode)
	assert.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Header.Get("Sec-WebSocket-Accept")) // RFC 6455 section 1.3
	for _, text := range []string{"hello", strings.Repeat("x", 5000)} {
		// Frames of RFC 6455 section 5.2: text, masked with zeros on the way there, as it is on the way back.
		frame := []byte{0x81, 0x80 | 126}
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(text)))
		_, err = c.Write(append(append(frame, 0, 0, 0, 0), text...))
		require.NoError(t, err)
		head := make([]byte, 2)
		_, err = io.ReadFull(r, head)
		require.NoError(t, err)
		n := int(head[1])
		if n == 126 {
			_, err = io.ReadFull(r, head)
			require.NoError(t, err)
			n = int(binary.BigEndian.Uint16(head))
		}
		got := make([]byte, n)
		_, err = io.ReadFull(r, got)
		require.NoError(t, err)
		assert.Equal(t, text, string(got))
	}
}
