package srv

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// httpClient is net/http's client over a transport.
func httpClient(t testing.TB, dial dialer) *http.Client {
	tr := &http.Transport{
		DialContext:           func(context.Context, string, string) (net.Conn, error) { return dial() },
		ExpectContinueTimeout: patience,
		DisableCompression:    true,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: patience}
}

// TestClient talks to the server with net/http's client, over one connection that is kept alive.
func TestClient(t *testing.T) {
	content := string(pattern[:200_000])
	tests := []struct {
		name, method, script string
		content              string
		chunked              bool
		fields               http.Header
		trailers             http.Header
		want                 string
		wantTrailers         http.Header
		status               int
	}{
		{name: "GET", method: "GET", script: "write:hi", want: "hi"},
		{name: "HEAD", method: "HEAD", script: "write:hi", want: ""},
		{name: "404", method: "GET", script: "status:404,write:no", want: "no", status: 404},
		{name: "chunked out", method: "GET", script: "pour:100000", want: string(pattern[:100_000])},
		{name: "POST", method: "POST", script: "copy", content: content, want: content},
		{name: "POST, echoed while it comes", method: "POST", script: "flush,echo", content: content, want: content},
		{name: "chunked in", method: "PUT", script: "copy", content: content, chunked: true, want: content},
		{name: "unread", method: "POST", script: "write:hi", content: content[:60_000], want: "hi"},
		{name: "100 (Continue)", method: "POST", script: "copy", content: content, fields: http.Header{"Expect": {"100-continue"}}, want: content},
		{name: "trailers in", method: "POST", script: "drop,trailers", content: "abc", trailers: http.Header{"X-Sum": {"7"}}, want: "[x-sum=7]"},
		{name: "trailers out", method: "GET", script: "announce:X-Sum,write:hi,trailer:X-Sum=7", want: "hi", wantTrailers: http.Header{"X-Sum": {"7"}}},
		{name: "204", method: "DELETE", script: "status:204", status: 204},
		{name: "file", method: "GET", script: "file:1000+90000", want: string(pattern[1000:91_000])},
		{name: "interim", method: "GET", script: "interim:103=/a,write:hi", want: "hi"},
	}
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			sc.file = tempFile(t, 100<<10)
			s := quietServer(sc)
			c := httpClient(t, tr.start(t, s))
			for _, test := range tests {
				early := 0
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
					early = code
					return nil
				}})
				r, err := http.NewRequestWithContext(ctx, test.method, "http://a/b?"+test.script, nil)
				require.NoError(t, err)
				if test.content != "" {
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(test.content)), int64(len(test.content))
				}
				for name, values := range test.fields {
					r.Header[name] = values
				}
				if r.Trailer = test.trailers; test.chunked || test.trailers != nil {
					r.ContentLength = -1
				}
				resp, err := c.Do(r)
				require.NoError(t, err, test.name)
				b, err := io.ReadAll(resp.Body)
				require.NoError(t, err, test.name)
				resp.Body.Close()
				if test.status == 0 {
					test.status = 200
				}
				assert.Equal(t, test.status, resp.StatusCode, test.name)
				equal(t, test.want, string(b), test.name)
				assert.Equal(t, test.wantTrailers, resp.Trailer, test.name)
				assert.Equal(t, test.script == "interim:103=/a,write:hi", early == 103, test.name)
				if test.method == "HEAD" {
					assert.EqualValues(t, 2, resp.ContentLength)
				}
			}
			st := s.Stats()
			assert.EqualValues(t, 1, st.Accepted, "kept alive")
			assert.EqualValues(t, len(tests), st.Requests)
		})
	}
}

// Many clients at a time get their own answers.
func TestManyClients(t *testing.T) { eachTCP(t, testManyClients) }

func testManyClients(t *testing.T, start starter) {
	noLeaks(t)
	sc := newScripts()
	s := quietServer(sc)
	c := httpClient(t, start(t, s))
	c.Transport.(*http.Transport).MaxIdleConnsPerHost = 16
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 30 {
				content := strings.Repeat(fmt.Sprint(i, ".", j, " "), 1+i*j*3)
				resp, err := c.Post("http://a/"+[]string{"i", "b"}[j%2]+"?copy", "text/plain", strings.NewReader(content))
				if !assert.NoError(t, err) {
					return
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				assert.NoError(t, err)
				assert.Equal(t, content, string(b))
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 16*30, s.Stats().Requests)
}

// A FIN that comes together with the request is no reason not to answer, and the connection does not stay behind.
func TestRequestWithFIN(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			if tr.name == "pipe" {
				t.Skip("a pipe cannot be closed by halves")
			}
			noLeaks(t)
			sc := newScripts()
			s := quietServer(sc)
			dial := tr.start(t, s)
			for i := range 60 {
				script := []string{on("/i", get("write:a")), on("/b", get("write:a")), on("/b", post("copy", "a"))}[i%3]
				assert.Equal(t, ok("a"), undated(t, exchange(t, dial, script)))
			}
			eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections left")
		})
	}
}

// A connection that waits without a buffer of its own reads 512 octets at a time: requests around that size are not to wait for octets
// that never come, nor to lose any.
func TestSizesOfRequests(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			dial := tr.start(t, quietServer(sc))
			c := connect(t, dial)
			start := on("/i", get("write:a"))
			start = start[:len(start)-2]
			for _, size := range []int{511, 512, 513, 1023, 1024, 1025, 4096, 16319, 16320, 16321, 16384, 20480, 32768} {
				in := start + fields(size-len(start)-2) + "\r\n"
				require.Len(t, in, size)
				go c.send(in)
				c.expect(ok("a"))
				content := on("/b", head("POST", "copy", "1.1", fmt.Sprint("Content-Length: ", size%1000)))
				content += string(pattern[:size%1000])
				go c.send(content)
				c.expect(ok(string(pattern[:size%1000])))
			}
			c.Close()
		})
	}
}

// The answer to a request that is refused, or that ends the connection, can be read, whatever the client goes on to send.
func TestAnswerIsReadable(t *testing.T) {
	big := string(pattern[:200<<10])
	tests := []struct{ name, in, want string }{
		{"refused", "GET / HTTP/1.1\r\n\r\n" + big[:60<<10], "HTTP/1.1 400 "},
		{"too large", on("/t", post("drop", big[:60<<10])), "HTTP/1.1 413 "},
		{"unread", on("/i", post("write:a", big[:100<<10])), "HTTP/1.1 200 "},
		{"unread chunks", on("/i", send("write:a", openChunks(big[:100<<10])+zero)), "HTTP/1.1 200 "},
		{"behind close", on("/i", get("write:a", closeLine)) + big[:60<<10], "HTTP/1.1 200 "},
	}
	for _, tr := range built(overTCP, overUnix, overLoop) {
		noLeaks(t)
		dial := tr.start(t, quietServer(newScripts()))
		for _, test := range tests {
			for range 5 {
				c := connect(t, dial)
				_, err := c.Write([]byte(test.in))
				assert.NoError(t, err, test.name)
				out, err := c.rest()
				if len(test.in) < 64<<10 || test.name == "unread chunks" { // beyond that the client is reset in the end
					assert.NoError(t, err, test.name)
				}
				assert.True(t, strings.HasPrefix(out, test.want), "%s: %q", test.name, out)
				c.Close()
			}
		}
	}
}

func TestTLSProtocols(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serverConfig, clientConfig := tlsConfigs(t)
	serverConfig.NextProtos = []string{"h2"} // of no effect
	s := quietServer(newScripts())
	serveOn(t, s, func() error { return s.ServeTLS(l, serverConfig) })
	tests := []struct {
		offered []string
		want    string
		works   bool
	}{
		{nil, "", true},
		{[]string{"http/1.1"}, "http/1.1", true},
		{[]string{"h2", "http/1.1"}, "http/1.1", true},
		{[]string{"h2"}, "", false},
		{[]string{"spdy/3"}, "", false},
	}
	for _, test := range tests {
		config := clientConfig.Clone()
		config.NextProtos = test.offered
		nc, err := tls.Dial("tcp", l.Addr().String(), config)
		if !test.works {
			assert.ErrorContains(t, err, "no application protocol", test.offered)
			continue
		}
		require.NoError(t, err, test.offered)
		assert.Equal(t, test.want, nc.ConnectionState().NegotiatedProtocol)
		assert.Equal(t, ok("next"), undated(t, exchange(t, func() (net.Conn, error) { return nc, nil }, followUp)))
	}
	assert.Equal(t, []string{"h2"}, serverConfig.NextProtos, "the caller's configuration is left alone")
	eventually(t, func() bool { return s.Stats().Conns == 0 }, "connections left")
}

// A client that does no handshake, or does it too slowly, is cut off by the deadline of the first head.
func TestTLSHandshake(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serverConfig, clientConfig := tlsConfigs(t)
	s := quietServer(newScripts())
	s.Timeouts.Head = 150 * time.Millisecond
	serveOn(t, s, func() error { return s.ServeTLS(l, serverConfig) })
	dial := func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }

	for _, in := range []string{"", "\x16\x03\x01", followUp, "garbage"} {
		c := connect(t, dial)
		c.send(in)
		out, _ := c.rest()
		assert.NotContains(t, out, "HTTP/1.1", in)
	}

	// A handshake in small pieces is as good as any.
	s2 := quietServer(newScripts())
	l2, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveOn(t, s2, func() error { return s2.ServeTLS(l2, serverConfig) })
	nc, err := net.Dial("tcp", l2.Addr().String())
	require.NoError(t, err)
	tc := tls.Client(&dribble{nc}, clientConfig)
	assert.Equal(t, ok("next"), undated(t, exchange(t, func() (net.Conn, error) { return tc, nil }, followUp)))
	eventually(t, func() bool { return s.Stats().Conns+s2.Stats().Conns == 0 }, "connections left")
}

// dribble writes a few octets at a time.
type dribble struct{ net.Conn }

func (d *dribble) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = d.Conn.Write(p[n:min(n+50, len(p))])
		n += k
		time.Sleep(100 * time.Microsecond)
	}
	return n, err
}

// Files go out whole over every transport, and the connection stays.
func TestSendFile(t *testing.T) {
	whole := string(bytes.Repeat(pattern, 20)) // more than sockets buffer
	if poison {
		whole = whole[:600_000] // -race is slow
	}
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			sc.file = tempFile(t, 0)
			_, err := sc.file.WriteString(whole)
			require.NoError(t, err)
			c := connect(t, tr.start(t, quietServer(sc)))
			defer c.Close()
			go c.send(on("/b", get(fmt.Sprint("file:3+", len(whole)-3))+get("flush,file:0+300000,write:x")) + followUp)
			c.expect(ok(whole[3:]) + chunked(whole[:300_000], "x") + ok("next"))
		})
	}
}
