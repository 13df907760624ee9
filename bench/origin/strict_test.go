package main

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A requirement is what a section of an RFC wants of a server, or allows a client, as octets. As with octetPatterns, another
// request is sent behind those of each case.
type requirement struct {
	section string
	text    string
	cases   []wireCase
}

// allowed is the Allow field of "/".
const allowed = "GET, HEAD, POST, OPTIONS"

// fields is an answer with those fields, given as name and value by turns; an empty value stands for no such field.
func fields(method string, status int, nameValues ...string) answer {
	return answer{method: method, statuses: []int{status}, check: func(t *testing.T, r *http.Response, _ string) {
		for i := 0; i < len(nameValues); i += 2 {
			assert.Equal(t, nameValues[i+1], strings.Join(r.Header.Values(nameValues[i]), "; "), nameValues[i])
		}
	}}
}

// then is the answers given, and the one to the request behind.
func then(answers ...answer) outcome { return outcome{answers: append(answers, lost)} }

// last is the answers given, and then the end of the connection.
func last(answers ...answer) outcome { return outcome{answers: answers, closes: true} }

// status is an answer with that status and any content.
func status(code int) answer {
	return answer{method: "GET", statuses: []int{code}, check: anyText}
}

// closing is an answer that says that it is the last.
func closing(method string, code int) answer {
	return answer{method: method, statuses: []int{code}, check: closes}
}

// refusedHead is a refusal of a HEAD request, which has no content.
var refusedHead = last(answer{method: "HEAD", statuses: []int{400}, check: func(t *testing.T, r *http.Response, text string) {
	assert.True(t, r.Close)
	assert.Empty(t, text)
}})

var requirements = []requirement{
	{"RFC 9112 section 2.2", "one empty line before a request is ignored, and what is no request at all is refused", join(
		named("before", "%"+get(), servesGet(), "\r\n"),
		named("between", get()+"%", servesGet(), "\r\n"),
		named("behind content", hello("Content-Length: 5")+"%", serves("hello"), "\r\n"),
		named("malformed", "%"+get(), refused(400), "\r\n\r\n", "\r", "\r\r\n", "\n", " \r\n", "\r\n ", "\x00", "\ufeff", "\r\n\r\n\r\n"),
		named("not HTTP", "%\r\n\r\n", refused(400), "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "SSH-2.0-x", "G\x00E\x00T\x00 \x00/\x00", "{\"a\": 1}", "\x00", "\x80\x01", "EHLO\ta", ":method: GET", "HTTP/1.1 200 OK"))},

	{"RFC 9112 section 3", "request line: three parts, one SP between them", named("line", "%\r\nHost: a\r\n\r\n", refused(400),
		"GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\t", "GET /", "GET", "GET ", "GET / ", "/ HTTP/1.1", "GET HTTP/1.1", "GET / HTTP/1.1 x",
		"GET / x HTTP/1.1", "GET\v/ HTTP/1.1", "GET\u00a0/ HTTP/1.1", "GET /\r HTTP/1.1", "GET, / HTTP/1.1", "GET/ HTTP/1.1", "GET /HTTP/1.1", "\"GET\" / HTTP/1.1", "GET / HTTP/1.1, HTTP/1.1", "G(T / HTTP/1.1", "GÉT / HTTP/1.1")},

	{"RFC 9112 section 3.2.1", "origin-form", join(
		named("root", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", servesGet(), "/", "/?", "/?a", "/?a=b&c=d", "/??", "/?/", "/?a?b/c", "/?%3f", "/?-._~!$&'()*+,;=:@"),
		named("elsewhere", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", then(lost), "//", "/.", "/..", "/../", "/%2e", "/%2F", "/-._~!$&'()*+,;=:@09azAZ", "/a//b/", "/a?b", "/http://a/", "/*", "/;", "/=", "/%00", "/a%20b", "/%FF"),
		named("malformed", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "a", "?", "?a", ".", "./", "../", "a/b", "\\", "%", "/%", "/%2", "/%2x", "/%x2", "/%%", "/%u0041", "/#", "/a#b", "/?#", "/\xc3\xa9", "/[", "/]", "/\x7f", ";", "="))},

	{"RFC 9112 section 3.2.2", "absolute-form is accepted, and its authority goes before Host", join(
		named("root", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", servesGet(), "http://a/", "http://a", "http://a?b", "http://a/?b", "http://b/", "HTTP://a/", "hTtP://A/", "http://a:80/", "http://a:/", "http://[::1]/", "http://[v1.a:b]/",
			"http://%41/", "http://a.b.c./", "http://1.2.3.4/", "http://-._~!$&'()*+,;=/"),
		named("elsewhere", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", then(lost), "http://a/evil", "http://a//", "http://a/b/c?d", "http://a/*"),
		named("malformed", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "http://", "http:///", "http:///a", "http://?a", "http:", "http:/", "http:/a", "http:a", "http//a", "://a/", "http://a/#", "http://a#", "http://@a/", "http://a@b/",
			"http://a:b@c/", "http://a:b/", "http://a:80b/", "http://a:65536/", "http://:80/", "http://[/", "http://[::1/", "http://::1/", "http://[::1]a/", "http://[::1]:x/", "http://a[b]/", "http://a/[", "http://a?[", "http://a%/", "http://a%4/",
			"http://a b/", "http://a\\b/", "http://a/\\", "http://\xe9/", "ftp://a/", "file:///a", "ws://a/", "mailto:a", "urn:a:b", "javascript:a", "a:", "a:80", "1http://a/", "http+x://a/", "http ://a/"),
		[]wireCase{
			{"in HTTP/1.0", head("GET http://a/ HTTP/1.0"), last(ok("GET"))},
			{"https over TCP", head("GET https://a/ HTTP/1.1", "Host: a"), refused(421)},
			{"HTTPS over TCP", head("GET HTTPS://a/ HTTP/1.1", "Host: a"), refused(421)},
			{"https over TCP, OPTIONS of the server", head("OPTIONS https://a HTTP/1.1", "Host: a"), refused(421)},
		})},

	{"RFC 9112 section 3.2.3", "authority-form is for CONNECT alone, which is not offered", join(
		named("valid", "CONNECT % HTTP/1.1\r\nHost: a\r\n\r\n", early(501), "a:80", "a:443", "a:65535", "[::1]:443", "1.2.3.4:1", "a.b:00080"),
		named("malformed", "CONNECT % HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "/", "*", "a", "a:", ":80", "a:0", "a:65536", "a:x", "http://a:80/", "http://a:80", "a:80/", "a:80?b", "u@a:80", "[::1]", "[::1:80", "::1:80", "a b:80", "//a:80", "a:80:80", "%41"),
		named("for GET", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "a:80", "[::1]:80", "localhost"),
		[]wireCase{{"valid, in HTTP/1.0", head("CONNECT a:80 HTTP/1.0"), early(501)}})},

	{"RFC 9112 section 3.2.4", "asterisk-form is for OPTIONS alone, as is absolute-form without a path", join(
		named("server", "OPTIONS % HTTP/1.1\r\nHost: a\r\n\r\n", then(fields("OPTIONS", 204, "Allow", allowed, "Content-Length", "", "Transfer-Encoding", "")), "*", "http://a", "http://a:80", "http://[::1]"),
		named("resource", "OPTIONS % HTTP/1.1\r\nHost: a\r\n\r\n", then(fields("OPTIONS", 204, "Allow", allowed)), "/", "http://a/", "http://a?b", "/?a"),
		named("nowhere", "OPTIONS % HTTP/1.1\r\nHost: a\r\n\r\n", then(status(404)), "/evil", "/*", "http://a/*", "http://a/evil"),
		named("malformed", "OPTIONS % HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "**", "*/", "*?", "*?a", "*a", "/*\x00", "http://*\x00"),
		named("other methods", "% * HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "GET", "POST", "HEADS", "TRACE", "options", "DELETE", "FOO"),
		[]wireCase{
			{"with content", "OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", then(status(204))},
			{"in HTTP/1.0", head("OPTIONS * HTTP/1.0"), last(status(204))},
		})},

	{"RFC 9112 section 3.2, RFC 3986 section 3.2", "Host is one valid host with or without port", join(
		named("valid", "GET / HTTP/1.1\r\nHost:%\r\n\r\n", servesGet(), " a", "a", "\ta\t ", " a:80", " a:", " a:0", " a:65535", " a:00080", " A.B", " a.", " .", " -", " _", " ~", " a_b", " 1.2.3.4", " 1.2.3.4:80", " 256.256.256.256", " 1", " %41", " a%2fb", " %00", " !$&'()*+,;=",
			" [::]", " [::1]", " [::1]:80", " [::1]:", " [1:2:3:4:5:6:7:8]", " [1::8]", " [::ffff:1.2.3.4]", " [1:2:3:4:5:6:1.2.3.4]", " [1:2:3:4:5:6:7::]", " [ABCD::]", " [v1.a]", " [vF.a:b]:80", " [V1.!$&'()*+,;=-._~]", " xn--a", " "+strings.Repeat("a", 300)),
		named("malformed", "GET / HTTP/1.1\r\nHost: %\r\n\r\n", refused(400), "", "\t", ":", ":80", "@", "@a", "a@", "u:p@a", "a:b", "a:80a", "a:-80", "a:+80", "a: 80", "a :80", "a:8 0", "a::80", "a:80:", "a:65536", "a:99999999999999999999", "a:4294967376", "::1", "[", "]", "[]",
			"[::1", "::1]", "[::1]]", "[[::1]]", "[::1]80", "[::1]a", "[::1] :80", "[:::]", "[:1]", "[1:]", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[12345::]", "[g::]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]", "[1.2.3.4]", "[1.2.3.4::]", "[a]",
			"[fe80::1%eth0]", "[fe80::1%25eth0]", "[v.a]", "[v1.]", "[v1]", "[vg.a]", "[v1.a@b]", "[v1.%41]", "[x1.a]", "%", "%4", "%4g", "%g4", "a%", "a b", "a\tb", "a/", "/a", "a?b", "a#b", "a\\b", "a|b", "a^b", "a`b", "a{b}", "a<b>", "a\"b", "\"a\"", "\xe9", "\u00e9", "a\x7fb", "http://a", "//a", "a, b", "a;b c"),
		[]wireCase{
			{"none", head("GET / HTTP/1.1"), refused(400)},
			{"none in HTTP/1.2", head("GET / HTTP/1.2"), refused(400)},
			{"none, absolute-form", head("GET http://a/ HTTP/1.1"), refused(400)},
			{"none, asterisk-form", head("OPTIONS * HTTP/1.1"), refused(400)},
			{"none, CONNECT", head("CONNECT a:80 HTTP/1.1"), refused(400)},
			{"two", head("GET / HTTP/1.1", "Host: a", "Host: b"), refused(400)},
			{"two, apart and in odd case", head("GET / HTTP/1.1", "hOST: a", "X: y", "HOST: a"), refused(400)},
			{"two, one empty", head("GET / HTTP/1.1", "Host:", "Host: a"), refused(400)},
			{"last of many", head("GET / HTTP/1.1", "X: y", "Y: z", "Host: a"), servesGet()},
			{"similar names", head("GET / HTTP/1.1", "Hos: b", "Hostx: b", "X-Host: b", "Host: a"), servesGet()},
			{"none in HTTP/1.0", head("GET / HTTP/1.0"), last(ok("GET"))},
			{"malformed in HTTP/1.0", head("GET / HTTP/1.0", "Host: a b"), refused(400)},
			{"empty in HTTP/1.0", head("GET / HTTP/1.0", "Host:"), refused(400)},
			{"two in HTTP/1.0", head("GET / HTTP/1.0", "Host: a", "Host: a"), refused(400)},
		})},

	{"RFC 9112 section 5, RFC 9110 section 5", "field lines", join(
		named("shown", "GET /echo HTTP/1.1\r\nHost: a\r\n%\r\n\r\n", shows([]string{"host: a", "x: y"}), "X:y", "X: y", "X:\ty", "X: \t y \t ", "x:y", "X: y\r\nZ:", "Z: \r\nX: y"),
		named("no line", "GET /echo HTTP/1.1\r\nHost: a\r\n%\r\n\r\n", refused(400), "X", "X;y", "X y", "X=y", "X\ty: z", "X{: y", "\"X\": y", "X,Y: z", "(X): y", "X/Y: z", "X@: y", "GET / HTTP/1.1 x", "X\\: y", "X[0]: y"),
		[]wireCase{
			{"duplicates keep their order", "GET /echo HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nx: 3\r\nX:\r\n\r\n", then(answer{statuses: []int{200}, text: "host: a\nx: 1\ny: 2\nx: 3\nx: \n"})},
			{"values keep their octets", "GET /echo HTTP/1.1\r\nHost: a\r\nX: a  b\t\"c,  d\" \\;:=\xe9\r\n\r\n", then(answer{statuses: []int{200}, text: "host: a\nx: a  b\t\"c,  d\" \\;:=\xe9\n"})},
			{"no value", "GET /echo HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t \r\n\r\n", then(answer{statuses: []int{200}, text: "host: a\nx: \ny: \n"})},
			{"cookies", "GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2\r\nCookie: c=3\r\n\r\n", then(answer{statuses: []int{200}, text: "a=1\nb=2\nc=3\n"})},
		})},

	{"RFC 9112 section 6", "content ends where its framing says, whatever the method", join(
		named("no content", "% / HTTP/1.1\r\nHost: a\r\n\r\n", then(status(405)), "PUT", "PATCH", "DELETE", "QUERY", "PROPFIND"),
		named("Content-Length", "% / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", then(status(405)), "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "PRI", "LOCK"),
		named("chunks", "% / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", then(status(405)), "PUT", "PATCH", "DELETE", "TRACE", "QUERY"),
		named("unknown method", "FOO / HTTP/1.1\r\nHost: a\r\n%", then(status(501)), "\r\n", "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
		[]wireCase{
			{"GET with Content-Length", get("Content-Length: 5") + "hello", servesGet()},
			{"GET with chunks", get("Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n", servesGet()},
			{"OPTIONS with content", head("OPTIONS / HTTP/1.1", "Host: a", "Content-Length: 5") + "hello", then(status(204))},
			{"POST without", post(), serves("")},
			{"POST of nothing", post("Content-Length: 0"), serves("")},
			{"POST of no chunks", chunked("0\r\n\r\n"), serves("")},
			{"content that looks like a request", post("Content-Length: 31") + evil, serves(evil)},
			{"chunk that looks like a request", chunked("1f\r\n" + evil + "\r\n0\r\n\r\n"), serves(evil)},
			{"content of line ends", post("Content-Length: 6") + "\r\n\r\n\r\n", serves("\r\n\r\n\r\n")},
			{"content of NUL", post("Content-Length: 3") + "\x00\x00\x00", serves("\x00\x00\x00")},
			{"unread by 404", head("POST /evil HTTP/1.1", "Host: a", "Content-Length: 5") + "hello", then(lost)},
			{"unread chunks by 404", head("POST /evil HTTP/1.1", "Host: a", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\nX: y\r\n\r\n", then(lost)},
			{"unread malformed chunks by 404", head("POST /evil HTTP/1.1", "Host: a", "Transfer-Encoding: chunked") + "5\nhello\r\n0\r\n\r\n", last(status(404))},
			{"unread beyond 64 KiB", head("POST /evil HTTP/1.1", "Host: a", "Content-Length: 70000"), last(closing("POST", 404))},
			{"other spellings of the fields", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent_Length: 9\r\nContentLength: 9\r\nContent-Lengths: 9\r\nX-Transfer-Encoding: chunked\r\nTransfer_Encoding: chunked\r\n\r\nhello", serves("hello")},
			{"TE is no Transfer-Encoding", hello("TE: chunked, trailers", "Content-Length: 5"), serves("hello")},
			{"Content-Encoding is no Transfer-Encoding", hello("Content-Encoding: chunked", "Content-Length: 5"), serves("hello")},
			{"Trailer announces nothing that counts", hello("Trailer: Content-Length", "Content-Length: 5"), serves("hello")},
		})},

	{"RFC 9112 section 7", "chunks", join(
		named("valid", chunked("%\r\n\r\n"), serves("hello"), "5\r\nhello\r\n0", "5\r\nhello\r\n00", "1\r\nh\r\n4\r\nello\r\n0", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0", "5\r\nhello\r\n0;a", "5\r\nhello\r\n0\r\nX: y", "5\r\nhello\r\n0\r\nX: y\r\nX: z\r\nZ:",
			"00005;a\r\nhello\r\n000;b=\"c\"\r\nX:\ty "),
		named("hexadecimal", chunked("%\r\n0123456789\r\n0\r\n\r\n"), serves("0123456789"), "a", "A", "0a", "0A"),
		named("chunk data may be anything", chunked("5\r\n%\r\n0\r\n\r\n"), outcome{answers: []answer{{statuses: []int{200}, check: anyText}, lost}}, "\r\n\r\n0", "0\r\n\r\n", "\x00\x01\x02\x03\x04", "5\r\nhe", "\n\n\n\n\n"),
		named("malformed", chunked("%"), refused(400), "5\r\nhello\r\n5\r\nhello0\r\n\r\n", "5\r\nhello0\r\n\r\n", "hello", "5hello", "5\rhello", "5\r\nhello\r\n\r\n", "5\r\nhello\r\n-0\r\n\r\n", "5\r\nhello\r\n 0\r\n\r\n", "5\r\nhello\r\n0 \r\n\r\n", "5\r\nhello\r\n0\r\nX y\r\n\r\n",
			"5\r\nhello\r\n0\r\n\rX", "0\r\r\n\r\n", "0;\r\n\r\n", "5\r\nhello\r\n0x0\r\n\r\n"))},

	{"RFC 9112 section 9.3", "connections persist unless one side says close, in HTTP/1.0 only if the client asks for it", join(
		named("persists", get("%"), servesGet(), "X: y", "Connection: keep-alive", "Connection: Keep-Alive", "Connection: x", "Connection: closed", "Connection: xclose", "Connection: clos", "Connection: close-x", "Connection: c lose", "Proxy-Connection: close", "Keep-Alive: close", "X-Connection: close", "Connection: x, y\r\nConnection: z"),
		named("ends", get("%"), last(closing("GET", 200)), "Connection: close", "Connection:close", "connection: CLOSE", "CONNECTION: Close", "Connection: \t close\t ", "Connection: close, x", "Connection: x, close", "Connection: x,close,y", "Connection: keep-alive, close", "Connection: close, keep-alive", "Connection: ,close",
			"Connection: x\r\nConnection: close", "Connection: close\r\nConnection: x", "Connection: keep-alive\r\nX: y\r\nConnection: z , close", "Connection:\r\nConnection: close"),
		named("ends in HTTP/1.0", head("GET / HTTP/1.0", "%"), last(closing("GET", 200)), "X: y", "Connection: close", "Connection: x", "Connection: keep-alive, close", "Connection: close\r\nConnection: keep-alive", "Connection: keep-alives", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"),
		named("persists in HTTP/1.0", head("GET / HTTP/1.0", "%"), then(fields("GET", 200, "Connection", "keep-alive")), "Connection: keep-alive", "Connection: Keep-Alive", "Connection: x, keep-alive", "Connection: x\r\nConnection: KEEP-ALIVE"),
		[]wireCase{
			{"content before the end", hello("Connection: close", "Content-Length: 5"), last(answer{statuses: []int{200}, text: "hello"})},
			{"404 before the end", head("GET /evil HTTP/1.1", "Host: a", "Connection: close"), last(closing("GET", 404))},
			{"content of HTTP/1.0 without length", head("POST / HTTP/1.0") + "hello", last(echoed(""))},
			{"HTTP/1.0 gets no chunks", head("GET /bytes?n=5 HTTP/1.0"), last(answer{method: "GET", statuses: []int{200}, text: "abcde"})},
			{"HTTP/1.0 gets no chunks, nor persistence then", head("GET /bytes?n=5 HTTP/1.0", "Connection: keep-alive"), last(closing("GET", 200))},
			{"HTTP/1.1 gets chunks", head("GET /bytes?n=5 HTTP/1.1", "Host: a"), then(answer{method: "GET", statuses: []int{200}, text: "abcde"})},
			{"pipelined, in order", get() + hello("Content-Length: 5") + head("GET /sleep?ms=20 HTTP/1.1", "Host: a") + head("GET /plaintext HTTP/1.1", "Host: a") + head("HEAD / HTTP/1.1", "Host: a"),
				then(ok("GET"), echoed("hello"), ok("GET"), answer{method: "GET", statuses: []int{200}, text: "Hello, World!"}, ok("HEAD"))},
			{"finished answers go out before a refusal", get() + get() + "GET /\r\n\r\n", last(ok("GET"), ok("GET"), answer{statuses: []int{400}, check: isRefusal})},
			{"nothing behind close", get() + get("Connection: close") + "\x00garbage\r\n\r\n", last(ok("GET"), ok("GET"))},
		})},

	{"RFC 9110 section 9.3", "methods", join(
		named("not offered", "% / HTTP/1.1\r\nHost: a\r\n\r\n", then(fields("GET", 405, "Allow", allowed)), "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "QUERY", "PRI", "VERSION-CONTROL"),
		named("not known", "% / HTTP/1.1\r\nHost: a\r\n\r\n", then(status(501)), "FOO", "get", "Get", "GETT", "GE", "G", "POSTT", "!#$%&'*+-.^_`|~", "HEAD1", "0", strings.Repeat("X", 32)),
		named("no content to HEAD", "HEAD % HTTP/1.1\r\nHost: a\r\n\r\n", then(fields("HEAD", 200)), "/", "/plaintext", "/plaintext-blocking", "/bytes?n=5", "/echo", "/cookie", "/sleep?ms=1"),
		[]wireCase{
			{"HEAD says what GET would", head("HEAD / HTTP/1.1", "Host: a"), then(fields("HEAD", 200, "Content-Length", "2", "Content-Type", "text/plain"))},
			{"HEAD of nothing", head("HEAD /evil HTTP/1.1", "Host: a"), then(fields("HEAD", 404, "Content-Length", "14"))},
			{"HEAD with content", head("HEAD / HTTP/1.1", "Host: a", "Content-Length: 5") + "hello", then(ok("HEAD"))},
			{"HEAD in HTTP/1.0", head("HEAD /bytes?n=5 HTTP/1.0"), last(answer{method: "HEAD", statuses: []int{200}})},
			{"HEAD refused", head("HEAD / HTTP/1.1"), refusedHead},
			{"HEAD refused behind an empty line", "\r\n" + head("HEAD / HTTP/1.1"), refusedHead},
			{"HEAD refused within a field", "HEAD / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", refusedHead},
		})},

	{"RFC 9110 section 10.1.1", "Expect", []wireCase{
		{"nothing to wait for", get("Expect: 100-continue"), servesGet()},
		{"nothing to wait for either", post("Expect: 100-continue", "Content-Length: 0"), serves("")},
		{"empty", hello("Expect:", "Content-Length: 5"), serves("hello")},
		{"empty elements", get("Expect: , ,"), servesGet()},
		{"the content is there", hello("Expect: 100-continue", "Content-Length: 5"), then(answer{statuses: []int{200}, text: "hello", interim: true})},
		{"in odd case, and twice", hello("expect: 100-Continue,100-CONTINUE", "Content-Length: 5"), then(answer{statuses: []int{200}, text: "hello", interim: true})},
		{"chunks are there", post("Expect: 100-continue", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n", then(answer{statuses: []int{200}, text: "hello", interim: true})},
		{"HTTP/1.0 gets no interim response", head("POST / HTTP/1.0", "Expect: 100-continue", "Content-Length: 5") + "hello", last(echoed("hello"))},
	}},

	{"RFC 9110 section 7.8", "Upgrade is optional to follow", join(
		named("ignored", get("Upgrade: %", "Connection: Upgrade"), then(fields("GET", 200, "Upgrade", "")), "websocket", "h2c", "HTTP/2.0", "TLS/1.0", "x, y", "", "\"", "HTTP/1.1"))},

	{"RFC 6585 section 5", "field lines beyond the limits", join(
		named("name", get("%: y"), refused(431), strings.Repeat("n", 17_000)),
		named("value", get("X: %"), refused(431), strings.Repeat("v", 17_000), strings.Repeat(" ", 17_000)),
		named("count", get("%"), refused(431), strings.Repeat("X: y\r\n", 127)+"X: y"),
		named("valid", get("%"), servesGet(), "X: "+strings.Repeat("v", 16_000), strings.Repeat("X: y\r\n", 125)+"X: y"))},
}

func TestStrict(t *testing.T) {
	for _, engine := range tested {
		t.Run(engine, func(t *testing.T) {
			host := start(t, engine)
			for _, r := range requirements {
				for _, c := range r.cases {
					runWire(t, host, r.section, c)
				}
			}
		})
	}
}

// Conversations are what takes more than one step, or ends otherwise than by another request.
var conversations = []struct {
	section string
	name    string
	steps   []step
	want    outcome
}{
	{"RFC 9112 section 2.2", "empty line at the end", []step{{octets: get() + "\r\n"}}, outcome{answers: []answer{ok("GET")}}},
	{"RFC 9112 section 8", "FIN behind a request", []step{{get(), true}}, outcome{answers: []answer{ok("GET")}}},
	{"RFC 9112 section 8", "FIN behind content", []step{{hello("Content-Length: 5"), true}}, outcome{answers: []answer{echoed("hello")}}},
	{"RFC 9112 section 8", "FIN behind chunks", []step{{chunk("5\r\n"), true}}, outcome{answers: []answer{echoed("hello")}}},
	{"RFC 9112 section 8", "FIN behind pipelined requests", []step{{get() + hello("Content-Length: 5") + evil, true}}, outcome{answers: []answer{ok("GET"), echoed("hello"), lost}}},
	{"RFC 9112 section 8", "FIN before a slow answer", []step{{head("GET /sleep?ms=50 HTTP/1.1", "Host: a"), true}}, outcome{answers: []answer{ok("GET")}}},
	{"RFC 9112 section 8", "FIN before a streamed answer", []step{{head("GET /bytes?n=5 HTTP/1.1", "Host: a"), true}}, outcome{answers: []answer{{method: "GET", statuses: []int{200}, text: "abcde"}}}},
	{"RFC 9112 section 8", "FIN behind a refused request", []step{{"GET /\r\n", true}}, outcome{answers: []answer{{statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN at once", []step{{"", true}}, outcome{}},
	{"RFC 9112 section 8", "FIN within a head", []step{{"GET / HTTP/1.1\r\nHost: a\r\n", true}}, outcome{}},
	{"RFC 9112 section 8", "FIN within the next head", []step{{get() + "GET / HT", true}}, outcome{answers: []answer{ok("GET")}}},
	{"RFC 9112 section 8", "FIN within content", []step{{post("Content-Length: 6") + "hello", true}}, outcome{answers: []answer{{statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN before content", []step{{post("Content-Length: 6"), true}}, outcome{answers: []answer{{statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN within a chunk line", []step{{chunked("5;a"), true}}, outcome{answers: []answer{{statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN behind a chunk", []step{{chunked("5\r\nhello\r\n"), true}}, outcome{answers: []answer{{statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN before the empty line of trailers", []step{{chunked("5\r\nhello\r\n0\r\nX: y\r\n"), true}}, outcome{answers: []answer{{statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN within content, behind an answer", []step{{get() + post("Content-Length: 6") + "hello", true}}, outcome{answers: []answer{ok("GET"), {statuses: []int{400}, check: isRefusal}}}},
	{"RFC 9112 section 8", "FIN within content that nobody reads", []step{{head("POST /evil HTTP/1.1", "Host: a", "Content-Length: 6") + "hello", true}}, outcome{answers: []answer{lost}}},

	{"RFC 9112 section 9.3.2", "an answer does not wait for a request that is not complete", []step{{octets: get() + "GET / HT"}, {octets: "TP/1.1\r\nHost: a\r\n\r\n"}}, outcome{answers: []answer{ok("GET"), ok("GET")}}},
	{"RFC 9112 section 9.3.2", "an answer does not wait for content that is not complete", []step{{octets: get() + post("Content-Length: 5") + "hel"}, {octets: "lo"}}, outcome{answers: []answer{ok("GET"), echoed("hello")}}},
	{"RFC 9112 section 9.3.2", "an answer does not wait for a handler that takes its time", []step{{octets: get() + head("GET /sleep?ms=300 HTTP/1.1", "Host: a")}, {octets: get()}}, outcome{answers: []answer{ok("GET"), ok("GET"), ok("GET")}}},
	{"RFC 9112 section 9.3.2", "an answer does not wait for content that is not asked for", []step{{octets: head("POST /evil HTTP/1.1", "Host: a", "Content-Length: 5") + "hel"}, {octets: "lo" + evil}}, outcome{answers: []answer{lost, lost}}},
	{"RFC 9112 section 9.6", "octets behind the last answer are dropped", []step{{octets: get("Connection: close")}, {octets: evil}, {octets: evil}}, outcome{answers: []answer{ok("GET")}, closes: true}},
	{"RFC 9112 section 9.6", "octets behind a refusal are dropped", []step{{octets: "GET /\r\n"}, {octets: evil}}, refused(400)},

	{"RFC 9110 section 10.1.1", "100, content, answer", []step{{octets: post("Expect: 100-continue", "Content-Length: 5")}, {octets: "hello" + evil}}, then(answer{statuses: []int{100}}, echoed("hello"))},
	{"RFC 9110 section 10.1.1", "100, chunks, answer", []step{{octets: post("Expect: 100-continue", "Transfer-Encoding: chunked")}, {octets: "5\r\nhello\r\n0\r\n\r\n" + evil}}, then(answer{statuses: []int{100}}, echoed("hello"))},
	{"RFC 9110 section 10.1.1", "100, malformed chunks, refusal", []step{{octets: post("Expect: 100-continue", "Transfer-Encoding: chunked")}, {octets: "5\nhello\r\n0\r\n\r\n" + evil}}, last(answer{statuses: []int{100}}, answer{statuses: []int{400}, check: isRefusal})},
	{"RFC 9110 section 10.1.1", "an answer before goes out with 100", []step{{octets: get() + post("Expect: 100-continue", "Content-Length: 5")}, {octets: "hello"}}, outcome{answers: []answer{ok("GET"), {statuses: []int{200}, text: "hello", interim: true}}}},
	{"RFC 9110 section 10.1.1", "a final status in place of 100", []step{{octets: head("POST /evil HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 5")}, {octets: "hello" + evil}}, early(404)},
	{"RFC 9110 section 10.1.1", "417 in place of 100", []step{{octets: post("Expect: x", "Content-Length: 5")}, {octets: "hello" + evil}}, refused(417)},
	{"RFC 9110 section 10.1.1", "413 in place of 100", []step{{octets: post("Expect: 100-continue", "Content-Length: 10485761")}, {octets: "hello" + evil}}, refused(413)},
	{"RFC 9110 section 15.2", "HTTP/1.0 is not told to continue", []step{{octets: head("POST / HTTP/1.0", "Expect: 100-continue", "Content-Length: 5")}, {octets: "hello"}}, outcome{answers: []answer{echoed("hello")}, pause: forSilence, closes: true}},
}

func TestConversations(t *testing.T) {
	for _, engine := range tested {
		t.Run(engine, func(t *testing.T) {
			host := start(t, engine)
			for _, c := range conversations {
				for _, cut := range cuts {
					t.Run(c.section+"/"+c.name+"/"+cut.name, func(t *testing.T) {
						t.Parallel()
						converse(t, host, c.steps, c.want, cut)
					})
				}
			}
		})
	}
}

// Classes of octets, as the RFCs write them.
const (
	digits     = "0123456789"
	letters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	tchar      = digits + letters + "!#$%&'*+-.^_`|~"
	unreserved = digits + letters + "-._~"
	subDelims  = "!$&'()*+,;="
)

// verdict says what an octet is in its place. Some are valid there and begin something longer, which is for other tests.
type verdict uint8

const (
	invalid verdict = iota
	valid
	longer
)

func in(octets string) func(c byte) verdict { return except("", octets) }

func except(more, octets string) func(c byte) verdict {
	return func(c byte) verdict {
		switch {
		case strings.IndexByte(octets, c) >= 0:
			return valid
		case strings.IndexByte(more, c) >= 0:
			return longer
		}
		return invalid
	}
}

// visible is what field values and quoted strings hold: HTAB, SP, VCHAR and obs-text.
var visible = func() string {
	octets := []byte{'\t'}
	for c := ' '; c < 256; c++ {
		if c != 0x7f {
			octets = append(octets, byte(c))
		}
	}
	return string(octets)
}()

// sweeps put each octet in the place of the last %, and want the status for those that are valid there, 400 for others.
var sweeps = []struct {
	name   string
	octets string
	status int
	valid  func(c byte) verdict
}{
	{"method", "FO% / HTTP/1.1\r\nHost: a\r\n\r\n", 501, in(tchar)},
	{"path", "GET /a%b HTTP/1.1\r\nHost: a\r\n\r\n", 404, in(unreserved + subDelims + ":@/?")},
	{"query", "GET /?a%b HTTP/1.1\r\nHost: a\r\n\r\n", 200, in(unreserved + subDelims + ":@/?")},
	{"percent-encoding", "GET /?%4% HTTP/1.1\r\nHost: a\r\n\r\n", 200, in(digits + "abcdefABCDEF")},
	{"octet before the version", "GET /%HTTP/1.1\r\nHost: a\r\n\r\n", 200, in(" ")},
	{"octet behind the version", "GET / HTTP/1.1%\r\nHost: a\r\n\r\n", 200, in("")},
	{"field name", "GET / HTTP/1.1\r\nHost: a\r\nX%Y: z\r\n\r\n", 200, in(tchar + ":")},
	{"octet before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX%: z\r\n\r\n", 200, in(tchar + ":")},
	{"octet behind the colon", "GET / HTTP/1.1\r\nHost: a\r\nX:%z\r\n\r\n", 200, in(visible)},
	{"field value", "GET / HTTP/1.1\r\nHost: a\r\nX: y%z\r\n\r\n", 200, in(visible)},
	{"octet behind CR", "GET / HTTP/1.1\r\nHost: a\r%\r\n", 200, in("\n")},
	{"host", "GET / HTTP/1.1\r\nHost: a%b\r\n\r\n", 200, in(unreserved + subDelims)},
	{"port", "GET / HTTP/1.1\r\nHost: a:%\r\n\r\n", 200, in(digits + " \t")},
	{"IPv6", "GET / HTTP/1.1\r\nHost: [::%]\r\n\r\n", 200, in(digits + "abcdefABCDEF")},
	{"IPvFuture", "GET / HTTP/1.1\r\nHost: [v1.%a]\r\n\r\n", 200, in(unreserved + subDelims + ":")},
	{"octet behind the bracket", "GET / HTTP/1.1\r\nHost: [::1]%\r\n\r\n", 200, in(": \t")},
	{"octet before Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %0\r\n\r\n", 200, except("123456789", "0 \t")},
	{"octet behind Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0%\r\n\r\n", 200, except("123456789", "0 \t")},
	{"octet before chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: %chunked\r\n\r\n0\r\n\r\n", 200, in(" \t")},
	{"octet behind chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked%\r\n\r\n0\r\n\r\n", 200, in(" \t")},
	{"octet before the chunk-size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%0\r\n\r\n", 200, except("123456789abcdefABCDEF", "0")},
	{"octet behind the chunk-size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0%\r\n\r\n", 200, except("123456789abcdefABCDEF", "0")},
	{"chunk-ext name", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a%b\r\n\r\n", 200, in(tchar + "=;")},
	{"chunk-ext value", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=b%c\r\n\r\n", 200, in(tchar + ";")},
	{"quoted chunk-ext value", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\"b%c\"\r\n\r\n", 200, in(strings.ReplaceAll(visible, "\"", ""))},
	{"quoted pair", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\"b\\%\"\r\n\r\n", 200, in(visible)},
	{"octet behind the quote", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\"b\"%c\r\n\r\n", 200, in(";")},
	{"octet behind chunk data", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na%\n0\r\n\r\n", 200, in("\r")},
	{"trailer name", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX%Y: z\r\n\r\n", 200, in(tchar + ":")},
	{"trailer value", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y%z\r\n\r\n", 200, in(visible)},
}

// Every octet, in every place where its class matters.
func TestEveryOctet(t *testing.T) {
	for _, engine := range tested {
		host := start(t, engine)
		for _, s := range sweeps {
			t.Run(engine+"/"+s.name, func(t *testing.T) {
				for c := range 256 {
					octet := byte(c)
					i := strings.LastIndexByte(s.octets, '%')
					octets := s.octets[:i] + string([]byte{octet}) + s.octets[i+1:]
					want := []string{"400"}
					switch s.valid(octet) {
					case valid:
						want = []string{strconv.Itoa(s.status), "404"}
					case longer:
						continue
					}
					require.Equal(t, want, statusesOf(t, host, octets+evil), "%q", octets)
				}
			})
		}
	}
}

// statusesOf sends octets and a FIN, and returns the status codes of all answers.
func statusesOf(t *testing.T, host, octets string) (statuses []string) {
	conn, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, octets)
	require.NoError(t, err)
	conn.(*net.TCPConn).CloseWrite()
	answers, err := io.ReadAll(conn)
	require.NoError(t, err)
	for rest := string(answers); ; {
		_, after, found := strings.Cut(rest, "HTTP/1.1 ")
		if !found || len(after) < 3 {
			return statuses
		}
		statuses = append(statuses, after[:3])
		rest = after
	}
}
