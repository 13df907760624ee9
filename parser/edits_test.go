package parser

import "testing"

// Inputs that differ by one octet from good ones, each against the plain parser.

func TestHeadEdits(t *testing.T) {
	for _, in := range []string{
		"\r\n" + getHead("Host: a", "Content-Length: 1"),
		lines("POST /a%41?b HTTP/1.0", "Long-Name-With-More: longer value\t of words", "X:", "Host: [::1]:80"),
		lines("OPTIONS http://a%2d.b:8 HTTP/1.1", "Host: 1.2.3.4:5", "Transfer-Encoding: chunked", "Expect: 100-continue"),
		lines("CONNECT [v1.a]:8 HTTP/1.2", "Host: a%41:", "Connection: a, close"),
		lines("OPTIONS * HTTP/1.1", "Host: [1:2:3:4:5:6:7.8.9.10]"),
	} {
		for _, l := range []Limits{{}, {Target: 8, Head: 50, Fields: 2}} {
			eachEdit(in, func(in string) {
				sameAsPlain(t, l, in, parseWhole(requests(l), in))
			})
		}
	}
}

func TestResponseHeadEdits(t *testing.T) {
	for _, in := range []string{
		lines("HTTP/1.1 200 OK", "Content-Length: 1"),
		lines("HTTP/1.0 500 ", "X: y", "Connection: keep-alive", "Content-Length: 0"),
		lines("HTTP/1.1 304 Not\tModified", "Transfer-Encoding: chunked"),
	} {
		for _, method := range []Method{MethodGet, MethodConnect} {
			eachEdit(in, func(in string) {
				responseSameAsPlain(t, Limits{}, method, in, parseWhole(responses(Limits{}, method), in))
			})
		}
	}
}

func TestChunkedEdits(t *testing.T) {
	for _, in := range []string{
		"5\r\nhello\r\n0\r\n\r\n",
		"00A;a\r\n0123456789\r\n0;b\r\nX: y\r\n\r\n",
		"1 ; a = b ; c=\"d\\e\tf\" ;g;h=i\r\nX\r\n1;j=\"\"\r\nY\r\n000\r\n\r\n",
	} {
		eachEdit(in, func(in string) { sameAsChunkGrammar(t, in) })
	}
}
