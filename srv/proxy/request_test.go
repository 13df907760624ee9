package proxy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// What the upstream gets is compared octet by octet.
func TestForwarded(t *testing.T) {
	const close = "Connection: close\r\n"
	tests := []struct {
		name, prefix, request, want string
	}{
		{"path and query", "", "GET /httpbin/get?a=b&c HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET /get?a=b&c HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"nothing behind the prefix", "", "GET /httpbin/ HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"empty query", "", "GET /httpbin/x? HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET /x? HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"raw path", "", "GET /httpbin//a/../%2f%C3%A9/;x=1 HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET //a/../%2f%C3%A9/;x=1 HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"upstream with a path", "/base/", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET /base/x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"route without a wildcard", "/base", "GET /whole?q HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET /base/whole?q HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"absolute-form", "", "GET http://b:1/httpbin/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET /x?y HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"asterisk-form", "/base", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
			"OPTIONS * HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"HTTP/1.0", "", "GET /httpbin/x HTTP/1.0\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.0 barewire\r\n\r\n"},
		{"end-to-end fields in their order", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nX-B: 1\r\nAccept: a/b\r\nX-B:\r\nx_b: \t2 \r\nCookie: c=d\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "x-b: 1\r\naccept: a/b\r\nx-b: \r\nx_b: 2\r\ncookie: c=d\r\nVia: 1.1 barewire\r\n\r\n"},
		{"obs-text", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nX: caf\xe9 \xff\x80\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "x: caf\xe9 \xff\x80\r\nVia: 1.1 barewire\r\n\r\n"},
		{"Via is appended", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nVia: 1.0 b, 1.1 c\r\nX: y\r\nVia: HTTP/2 d (e)\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "via: 1.0 b, 1.1 c\r\nx: y\r\nvia: HTTP/2 d (e)\r\nVia: 1.1 barewire\r\n\r\n"},
		{"fields of the connection", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: trailers\r\n" +
			"Trailer: X\r\nUpgrade: websocket\r\nProxy-Authorization: Basic eA==\r\nAuthorization: Basic eQ==\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "authorization: Basic eQ==\r\nVia: 1.1 barewire\r\n\r\n"},
		{"nominated fields", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: X-A,, \tx-B\r\nX-A: 1\r\nX-AB: 2\r\nCONNECTION: Accept\r\nx-b: 3\r\nAccept: */*\r\nX-A: 4\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "x-ab: 2\r\nVia: 1.1 barewire\r\n\r\n"},
		{"nominated beside quotes", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: \", x-a\r\nX-A: 1\r\nConnection: \"b, x-b, c\"\r\nX-B: 2\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\n\r\n"},
		{"framing and Host nominated", "", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: content-length, host, via, connection, transfer-encoding\r\nContent-Length: 3\r\nVia: 1.1 a\r\n\r\nabc",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nContent-Length: 3\r\n\r\nabc"},
		{"chunked nominated", "", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
		{"content with Content-Length", "", "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\ncontent-length: 0005\r\n\r\nhello",
			"PUT /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nContent-Length: 5\r\n\r\nhello"},
		{"no content, and that said", "", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nContent-Length: 0\r\n\r\n"},
		{"chunked content, framed anew", "", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n05;a=\"b\"\r\nhello\r\n0;c\r\nX-Trailer: dropped\r\n\r\n",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
		{"empty chunked content", "", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"DELETE with content", "", "DELETE /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nno",
			"DELETE /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nContent-Length: 2\r\n\r\nno"},
		{"content of HTTP/1.0", "", "POST /httpbin/x HTTP/1.0\r\nContent-Length: 2\r\n\r\nno",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.0 barewire\r\nContent-Length: 2\r\n\r\nno"},
		{"Expect is answered here", "", "POST /httpbin/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
			"POST /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Via: 1.1 barewire\r\nContent-Length: 2\r\n\r\nhi"},
		{"Max-Forwards counts down", "", "TRACE /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 010\r\n\r\n",
			"TRACE /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Max-Forwards: 9\r\nVia: 1.1 barewire\r\n\r\n"},
		{"Max-Forwards that is large", "", "TRACE /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 99999999999999999999\r\n\r\n",
			"TRACE /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Max-Forwards: 1048575\r\nVia: 1.1 barewire\r\n\r\n"},
		{"Max-Forwards is nominated", "", "TRACE /httpbin/x HTTP/1.1\r\nHost: a\r\nConnection: max-forwards\r\nMax-Forwards: 3\r\n\r\n",
			"TRACE /x HTTP/1.1\r\nHost: {up}\r\n" + close + "Max-Forwards: 2\r\nVia: 1.1 barewire\r\n\r\n"},
		{"Max-Forwards of another method", "", "GET /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
			"GET /x HTTP/1.1\r\nHost: {up}\r\n" + close + "max-forwards: 0\r\nVia: 1.1 barewire\r\n\r\n"},
		{"Max-Forwards that is no number", "", "OPTIONS /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: -0\r\n\r\n",
			"OPTIONS /x HTTP/1.1\r\nHost: {up}\r\n" + close + "max-forwards: -0\r\nVia: 1.1 barewire\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := make(chan string, 1)
			up := upstream(t, func(u *peer) {
				request := u.head()
				request += u.take(len(tt.want[strings.Index(tt.want, "\r\n\r\n")+4:]))
				u.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
				more, _ := u.rest()
				got <- request + more
			})
			c := dial(t, serve(t, newProxy(t, up+tt.prefix)))
			c.send(tt.request)
			c.closeWrite()
			answer, _ := c.rest()
			assert.Contains(t, answer, "HTTP/1.1 200 OK\r\n")
			assert.True(t, strings.HasSuffix(answer, "\r\n\r\nOK"), "%q", answer)
			assert.Equal(t, strings.ReplaceAll(tt.want, "{up}", strings.TrimPrefix(up, "http://")), <-got)
		})
	}
}

// The longest head that the server takes passes as a whole.
func TestForwardedLongHead(t *testing.T) {
	line := "x-long: " + strings.Repeat("v", 15<<10) + "\r\n"
	request := "GET /httpbin/x HTTP/1.1\r\nhost: a\r\n" + line + line + "\r\n"
	require.Less(t, len(request), parser.DefaultHeadSize)
	got := make(chan string, 1)
	up := upstream(t, func(u *peer) {
		got <- u.head()
		u.send("HTTP/1.1 204 No Content\r\n\r\n")
	})
	c := dial(t, serve(t, newProxy(t, up)))
	c.send(request)
	assert.Contains(t, c.head(), "HTTP/1.1 204 ")
	assert.Contains(t, <-got, "\r\n"+line+line+"Via: ")
}

func TestEveryMethod(t *testing.T) {
	got := make(chan string, 1)
	up := upstream(t, func(u *peer) {
		line, _, _ := strings.Cut(u.head(), " ")
		got <- line
		u.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	c := dial(t, serve(t, newProxy(t, up)))
	for m := parser.Method(1); m < parser.MethodCount; m++ {
		if m == parser.MethodConnect {
			continue
		}
		c.send(m.String() + " /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n")
		assert.Contains(t, c.head(), "HTTP/1.1 200 OK\r\n", m)
		assert.Equal(t, m.String(), <-got)
	}
}

// Requests that end at the proxy.
func TestNotForwarded(t *testing.T) {
	addr := serve(t, newProxy(t, upstream(t, func(u *peer) { u.t.Error("a request was forwarded") })))
	tests := []struct{ name, request, want string }{
		{"CONNECT", "CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n", "HTTP/1.1 501 "},
		{"TRACE no further", "TRACE /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", "HTTP/1.1 501 "},
		{"OPTIONS no further, in many digits", "OPTIONS /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0000000000000000000000\r\n\r\n", "HTTP/1.1 200 "},
		{"TRACE with content", "TRACE /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400 "},
		{"TRACE with chunks", "TRACE /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 "},
		{"OPTIONS no further", "OPTIONS /httpbin/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", "HTTP/1.1 200 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, addr)
			c.send(tt.request)
			answer := c.head()
			assert.True(t, strings.HasPrefix(answer, tt.want), answer)
			assert.Contains(t, answer, "\r\nContent-Length: ")
		})
	}
}

func TestNew(t *testing.T) {
	tests := []struct {
		url, addr, host, prefix string
		https                   bool
	}{
		{"http://example.org", "example.org:80", "example.org", "", false},
		{"https://example.org/", "example.org:443", "example.org", "", true},
		{"https://httpbin.org:8443/a%2fb//", "httpbin.org:8443", "httpbin.org:8443", "/a%2fb", true},
		{"HTTP://[::1]:81/x", "[::1]:81", "[::1]:81", "/x", false},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			p, err := New(tt.url)
			require.NoError(t, err)
			assert.Equal(t, []any{tt.addr, tt.host, tt.prefix, tt.https}, []any{p.addr, p.host, p.prefix, p.https})
		})
	}
	for _, url := range []string{
		"", "/x", "example.org", "example.org:80", "ftp://example.org", "http://", "http:example.org", "http://:80", "http://u@example.org",
		"http://example.org?q", "http://example.org#f", "http://example.org:0", "http://example.org:65536", "http://example.org:-1", "http://a b/",
		"http://ex\u00e4mple.org", "http://[fe80::1%25eth0]/", "http://a/\r\n", "\x7f",
	} {
		t.Run("refused "+url, func(t *testing.T) {
			_, err := New(url)
			assert.Error(t, err)
		})
	}
}

// A Connection field is looked through for every other field, so it has a bound.
func TestCrowdedConnection(t *testing.T) {
	at := serve(t, newProxy(t, answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")))
	for commas, want := range map[int]string{maxNominated - 1: "HTTP/1.1 200 OK", maxNominated: "HTTP/1.1 400 Bad Request"} {
		octets, _ := do(t, at, "GET /httpbin/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: "+strings.Repeat(",", commas-1)+"\r\n\r\n")
		assert.True(t, strings.HasPrefix(octets, want), "%d: %.40q", commas, octets)
	}
}
