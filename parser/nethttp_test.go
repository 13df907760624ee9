package parser

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is accepted here means the same to net/http.
func TestLikeNetHTTP(t *testing.T) {
	for _, in := range []string{
		getHead("Host: a"),
		"\r\n" + getHead("Host: a:80", "Accept: a, b", "accept: c", "X: \t y \t"),
		lines("GET /p/%41?q=1&r HTTP/1.1", "Host: a", "Connection: close"),
		lines("GET http://b:81/p?q HTTP/1.1", "Host: a"),
		lines("GET http://b?q HTTP/1.1", "Host: a"),
		lines("OPTIONS * HTTP/1.1", "Host: a"),
		lines("CONNECT b:443 HTTP/1.1", "Host: a"),
		lines("HEAD / HTTP/1.0"),
		lines("GET / HTTP/1.0", "Host: a", "Connection: keep-alive"),
		post("Content-Length: 5") + "hello" + "GET /",
		post("Content-Length: 005", "Connection: x, Close") + "hello",
		post("Content-Length: 0"),
		post("Transfer-Encoding: Chunked", "Expect: 100-continue") + "5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" + "GET /",
		post("Transfer-Encoding: chunked", "Trailer: X-Sum") + "3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n",
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.TrimPrefix(in, "\r\n"))))
		require.NoError(t, err, "%q", in)
		content, err := io.ReadAll(r.Body)
		require.NoError(t, err, "%q", in)

		var h Head
		h.Reset(Limits{})
		b := []byte(in)
		n, e := h.Parse(b)
		require.Zero(t, e, "%q: %s", in, e.Rule())
		require.Equal(t, r.Method, string(h.Method(b)))
		require.Equal(t, r.RequestURI, string(h.Target(b)))
		require.Equal(t, r.Host, string(h.Host(b)), "%q", in)
		require.Equal(t, r.ProtoMinor, h.Minor())
		require.Equal(t, r.URL.RawQuery, string(h.Query(b)))
		if h.Form() == OriginForm {
			require.Equal(t, r.URL.EscapedPath(), string(h.Path(b)))
		}
		require.Equal(t, r.ContentLength, h.Size(), "%q", in)
		require.Equal(t, len(r.TransferEncoding) > 0, h.Framing() == FramingChunked)
		require.Equal(t, !r.Close, h.Persistent(), "%q", in)
		header := http.Header{}
		for name, value := range h.Fields(b).All() {
			switch string(name) {
			case "host", "transfer-encoding", "trailer": // net/http takes these out
			default:
				header.Add(string(name), string(value))
			}
		}
		require.Equal(t, r.Header, header, "%q", in)

		var c Content
		c.Reset(h.Framing(), h.Size(), -1)
		got, trailers := "", http.Header(nil)
		for rest := b[n:]; !c.Done(); {
			data, n, e := c.Next(rest)
			require.Zero(t, e)
			require.True(t, n > 0 || c.Done())
			got += string(data)
			if c.Done() && c.Trailers(rest).Len() > 0 {
				trailers = http.Header{}
				for name, value := range c.Trailers(rest).All() {
					trailers.Add(string(name), string(value))
				}
			}
			rest = rest[n:]
		}
		require.Equal(t, string(content), got)
		require.Equal(t, r.Trailer, trailers)
	}
}
