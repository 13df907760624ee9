package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wire is a connection whose reads return the pieces one after the other, and then err.
type wire struct {
	net.Conn // of the methods below only
	pieces   [][]byte
	err      error
	answers  bytes.Buffer
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.pieces) == 0 {
		return 0, w.err
	}
	n := copy(p, w.pieces[0])
	if w.pieces[0] = w.pieces[0][n:]; len(w.pieces[0]) == 0 {
		w.pieces = w.pieces[1:]
	}
	return n, nil
}

func (w *wire) Write(p []byte) (int, error)      { return w.answers.Write(p) }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

var dates = regexp.MustCompile(`Date: [^\r]*\r\n`)

// converse serves a connection, and returns what was printed, what was answered, without dates, and why it ended.
func converse(explain bool, err error, pieces ...[]byte) (printed, answers, why string) {
	var stdout bytes.Buffer
	w := &wire{pieces: pieces, err: err}
	c := &conn{net: w, options: &options{&printer{w: &stdout}, explain, time.Minute}}
	why = c.serve()
	return stdout.String(), dates.ReplaceAllString(w.answers.String(), ""), why
}

const (
	ok      = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	okClose = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

const toHead = "Content-Length beside Transfer-Encoding (RFC 9112 section 6.3)"

func errorAnswer(status, text string) string {
	text = status + ": " + text + "\n"
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(text), text)
}

// conversations are what clients send, and what is printed and answered.
var conversations = []struct {
	name, in, printed, answers, why string
}{
	{"nothing", "", "", "", "by the client"},
	{"an empty line alone", "\r\n", "", "", "by the client"},
	{"GET", "GET /x HTTP/1.1\r\nHost: a\r\nX-Two:\t b  c \r\nx-two:\r\n\r\n", `Request line:
- Method: GET
- Target: /x
- Version: 1.1
Headers:
- host: a
- x-two: b  c
- x-two: 
Body:
`, ok, "by the client"},
	{"no fields, HTTP/1.0", "GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n", `Request line:
- Method: GET
- Target: /
- Version: 1.0
Headers:
Body:
`, okClose, "not persistent"},
	{"HTTP/1.0 that persists", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", `Request line:
- Method: GET
- Target: /
- Version: 1.0
Headers:
- connection: keep-alive
Body:
`, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", "by the client"},
	{"a later version, behind an empty line", "\r\nGET / HTTP/1.7\r\nHost: a\r\n\r\n", `Request line:
- Method: GET
- Target: /
- Version: 1.7
Headers:
- host: a
Body:
`, ok, "by the client"},
	{"Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\na\tb\r\n\x00\\\x1b[2J\xff", `Request line:
- Method: POST
- Target: /
- Version: 1.1
Headers:
- host: a
- content-length: 12
Body:
a	b\r
\x00\\\x1b[2J\xff
`, ok, "by the client"},
	{"a body that ends its line", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na\n\n", `Request line:
- Method: POST
- Target: /
- Version: 1.1
Headers:
- host: a
- content-length: 3
Body:
a

`, ok, "by the client"},
	{"field values are escaped", "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xbc\\\t\x9b\r\n\r\n", `Request line:
- Method: GET
- Target: /
- Version: 1.1
Headers:
- host: a
- x: \xc3\xbc\\\t\x9b
Body:
`, ok, "by the client"},
	{"chunked", "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;n=\"v\"\r\nhello\r\n1\r\n!\r\n00\r\n\r\n", `Request line:
- Method: POST
- Target: /c
- Version: 1.1
Headers:
- host: a
- transfer-encoding: chunked
Body:
hello!
`, ok, "by the client"},
	{"trailers", "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 7\xff\r\nContent-Length: 9\r\n\r\n", `Request line:
- Method: POST
- Target: /c
- Version: 1.1
Headers:
- host: a
- transfer-encoding: chunked
Body:
x
Trailers:
- x-sum: 7\xff
- content-length: 9
`, ok, "by the client"},
	{"pipelined", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n2HEAD /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /4",
		`Request line:
- Method: GET
- Target: /1
- Version: 1.1
Headers:
- host: a
Body:
Request line:
- Method: POST
- Target: /2
- Version: 1.1
Headers:
- host: a
- content-length: 1
Body:
2
Request line:
- Method: HEAD
- Target: /3
- Version: 1.1
Headers:
- host: a
- connection: close
Body:
`, ok + ok + okClose, "not persistent"},
	{"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", `Request line:
- Method: CONNECT
- Target: a:80
- Version: 1.1
Headers:
- host: a:80
Body:
`, errorAnswer("501 Not Implemented", "no tunnel is made here"), "no tunnel"},
	{"refused head", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", `Refused:
- Rule: name-space: white space in a field name or before its colon
- Section: RFC 9112 section 5.1
- Offset: 20
- Octets: GET / HTTP/1.1\r\nHost : a\r\n\r\n
                                ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "white space in a field name or before its colon (RFC 9112 section 5.1)"), "request refused"},
	{"refused at the first octet", "\x16\x03\x01\x1b]0;x\a", `Refused:
- Rule: method-octet: method is not a token
- Section: RFC 9110 section 9.1
- Offset: 0
- Octets: \x16\x03\x01\x1b]0;x\x07
          ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "method is not a token (RFC 9110 section 9.1)"), "request refused"},
	{"the excerpt has none of the request before", "GET / HTTP/1.1\r\nHost: a\r\n\r\nG@T / HTTP/1.1\r\nHost: long-name.example\r\n\r\n", `Request line:
- Method: GET
- Target: /
- Version: 1.1
Headers:
- host: a
Body:
Refused:
- Rule: method-octet: method is not a token
- Section: RFC 9110 section 9.1
- Offset: 1
- Octets: G@T / HTTP/1.1\r\nHost: lon
           ^
- Answer: 400 Bad Request
`, ok + errorAnswer("400 Bad Request", "method is not a token (RFC 9110 section 9.1)"), "request refused"},
	{"refused for what the head as a whole says", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1", `Refused:
- Rule: transfer-encoding-length: Content-Length beside Transfer-Encoding
- Section: RFC 9112 section 6.3
- Offset: 42
- Octets: ost: a\r\nContent-Length: 1\r\nTransfer-Encoding: ch
                                    ^
- Answer: 400 Bad Request
`, strings.TrimSuffix(errorAnswer("400 Bad Request", toHead), "400 Bad Request: "+toHead+"\n"), "request refused"},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", `Refused:
- Rule: version: major version of HTTP is not 1
- Section: RFC 9110 section 15.6.6
- Offset: 11
- Octets: PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
                     ^
- Answer: 505 HTTP Version Not Supported
`, errorAnswer("505 HTTP Version Not Supported", "major version of HTTP is not 1 (RFC 9110 section 15.6.6)"), "request refused"},
	{"refused content", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n-1\r\n", `Request line:
- Method: POST
- Target: /
- Version: 1.1
Headers:
- host: a
- transfer-encoding: chunked
Body:
hello
Refused:
- Rule: chunk-size: chunk size is not hexadecimal digits alone
- Section: RFC 9112 section 7.1
- Offset: 66
- Octets: g: chunked\r\n\r\n5\r\nhello\r\n-1\r\n
                                          ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "chunk size is not hexadecimal digits alone (RFC 9112 section 7.1)"), "request refused"},
	{"refused trailer section", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n", `Request line:
- Method: POST
- Target: /
- Version: 1.1
Headers:
- host: a
- transfer-encoding: chunked
Body:
Refused:
- Rule: obs-fold: field line is folded
- Section: RFC 9112 section 5.2
- Offset: 65
- Octets: ng: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n
                                          ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "field line is folded (RFC 9112 section 5.2)"), "request refused"},
	{"the end within a head", "GET / HTTP/1.1\r\nHo", `Refused:
- Rule: truncated: connection ended within a message
- Section: RFC 9112 section 8
- Offset: 18
- Octets: GET / HTTP/1.1\r\nHo
                              ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "connection ended within a message (RFC 9112 section 8)"), "request refused"},
	{"the end within content of any size", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\nhel", `Request line:
- Method: POST
- Target: /
- Version: 1.1
Headers:
- host: a
- content-length: 9223372036854775807
Body:
hel
Refused:
- Rule: truncated: connection ended within a message
- Section: RFC 9112 section 8
- Offset: 68
- Octets: 23372036854775807\r\n\r\nhel
                                      ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "connection ended within a message (RFC 9112 section 8)"), "request refused"},
	{"the end within a trailer section", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n", `Request line:
- Method: POST
- Target: /
- Version: 1.1
Headers:
- host: a
- transfer-encoding: chunked
Body:
Refused:
- Rule: truncated: connection ended within a message
- Section: RFC 9112 section 8
- Offset: 65
- Octets: ng: chunked\r\n\r\n0\r\nA: b\r\n
                                          ^
- Answer: 400 Bad Request
`, errorAnswer("400 Bad Request", "connection ended within a message (RFC 9112 section 8)"), "request refused"},
}

func TestConversations(t *testing.T) {
	for _, tt := range conversations {
		t.Run(tt.name, func(t *testing.T) {
			printed, answers, why := converse(false, io.EOF, []byte(tt.in))
			assert.Equal(t, tt.printed, printed)
			assert.Equal(t, tt.answers, answers)
			assert.Equal(t, tt.why, why)
		})
	}
}

// However the octets arrive, the same is printed and answered, but for octets behind an offending one that are not there yet.
func TestCuts(t *testing.T) {
	for _, tt := range conversations {
		t.Run(tt.name, func(t *testing.T) {
			whole := []byte(tt.in)
			printed, answers, why := converse(true, io.EOF, bytes.Clone(whole))
			check := func(pieces ...[]byte) {
				p, a, w := converse(true, io.EOF, pieces...)
				require.Equal(t, upToCaret(printed), upToCaret(p))
				require.Equal(t, answers, a)
				require.Equal(t, why, w)
			}
			var octets [][]byte
			for i := range whole {
				octets = append(octets, whole[i:i+1])
				check(bytes.Clone(whole[:i]), bytes.Clone(whole[i:]))
			}
			check(octets...)
		})
	}
}

// upToCaret cuts the line of octets of a refusal behind the caret in the line below.
func upToCaret(printed string) string {
	lines := strings.Split(printed, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) == "^" {
			lines[i-1] = lines[i-1][:min(len(line), len(lines[i-1]))]
		}
	}
	return strings.Join(lines, "\n")
}

func TestContinue(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
	const proceed = "HTTP/1.1 100 Continue\r\n\r\n"
	tests := []struct {
		name    string
		pieces  []string
		answers string
	}{
		{"waiting", []string{head, "hi"}, proceed + ok},
		{"content is there", []string{head + "h", "i"}, ok},
		{"no content", []string{strings.Replace(head, "h: 2", "h: 0", 1)}, ok},
		{"HTTP/1.0", []string{strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1), "hi"}, okClose},
		{"another expectation", []string{strings.Replace(head, "100-c", "tea-c", 1)},
			errorAnswer("417 Expectation Failed", "expectation other than 100-continue (RFC 9110 section 10.1.1)")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var pieces [][]byte
			for _, p := range tt.pieces {
				pieces = append(pieces, []byte(p))
			}
			_, answers, _ := converse(false, io.EOF, pieces...)
			assert.Equal(t, tt.answers, answers)
		})
	}
}

func TestReasons(t *testing.T) {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", io.ErrClosedPipe)}
	tests := []struct {
		name, in string
		err      error
		why      string
	}{
		{"silent", "", os.ErrDeadlineExceeded, "nothing received, or no answer taken, for 1m0s"},
		{"silent between requests", "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", os.ErrDeadlineExceeded, "nothing received, or no answer taken, for 1m0s"},
		{"silent within a head", "G", os.ErrDeadlineExceeded, "nothing received, or no answer taken, for 1m0s, in the middle of a request"},
		{"silent within content", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", os.ErrDeadlineExceeded,
			"nothing received, or no answer taken, for 1m0s, in the middle of a request"},
		{"reset", "", reset, "read: io: read/write on closed pipe"},
		{"another error", "G", io.ErrNoProgress, io.ErrNoProgress.Error() + ", in the middle of a request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, why := converse(false, tt.err, []byte(tt.in))
			assert.Equal(t, tt.why, why)
		})
	}
}

// What is kept of a request does not grow with it.
func TestLargeRequests(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\n"
	const rest = 12345
	t.Run("content", func(t *testing.T) {
		content := bytes.Repeat([]byte("x"), shownSize+rest)
		printed, answers, _ := converse(true, io.EOF, fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n", head, len(content)), content)
		assert.Equal(t, ok, answers)
		assert.Contains(t, printed, "\nBody:\n"+strings.Repeat("x", shownSize)+"\n(")
		assert.Contains(t, printed, fmt.Sprintf("\n(%d more octets are not shown)\nOctets:\n", rest))
		assert.Contains(t, printed, fmt.Sprintf("53-%-6d \"xxxxx", 53+len(content)-1))
	})
	t.Run("chunks", func(t *testing.T) {
		const count = 20_000
		pieces := [][]byte{[]byte(head + "Transfer-Encoding: chunked\r\n\r\n")}
		for range count {
			pieces = append(pieces, []byte("1\r\ny\r\n"))
		}
		printed, answers, _ := converse(true, io.EOF, append(pieces, []byte("0\r\n\r\n"))...)
		assert.Equal(t, ok, answers)
		assert.Contains(t, printed, "\n"+strings.Repeat("y", count)+"\n")
		shown := strings.Count(printed, `"y"`)
		assert.Regexp(t, `\(\d+ more ranges are not shown\)\n$`, printed)
		assert.Less(t, shown, count)
		assert.Less(t, len(printed), shownSize+count+1000)
	})
	t.Run("head", func(t *testing.T) {
		printed, answers, _ := converse(true, io.EOF, []byte("GET /"), bytes.Repeat([]byte("a"), 200_000))
		assert.Contains(t, printed, "Refused:\n- Rule: target-size: ")
		assert.Contains(t, answers, "HTTP/1.1 414 ")
	})
	t.Run("many small requests fill the buffer", func(t *testing.T) {
		const request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
		const count = 5000
		printed, answers, _ := converse(false, io.EOF, bytes.Repeat([]byte(request), count))
		assert.Equal(t, count, strings.Count(printed, "Request line:\n- Method: POST\n"))
		assert.Equal(t, strings.Repeat(ok, count), answers)
	})
}

// Random octets, random changes of well-formed requests, and random cuts: nothing of the client's is printed raw, and the table has
// every octet in its place.
func TestRandomOctets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		in := []byte(conversations[r.IntN(len(conversations))].in)
		for range r.IntN(4) {
			if len(in) > 0 {
				in[r.IntN(len(in))] = byte(r.Uint32())
			}
		}
		if r.IntN(10) == 0 {
			in = make([]byte, r.IntN(200))
			for i := range in {
				in[i] = byte(r.Uint32())
			}
		}
		var pieces [][]byte
		for rest := bytes.Clone(in); len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		printed, _, _ := converse(true, io.EOF, pieces...)
		for _, c := range []byte(printed) {
			require.True(t, c == '\n' || c == '\t' || c >= ' ' && c <= '~', "%q printed of %q", c, in)
		}
		checkTables(t, in, printed)
	}
}

// checkTables compares the tables of the consecutive requests in in with their octets.
func checkTables(t *testing.T, in []byte, printed string) {
	span := regexp.MustCompile(`^(\d+)(-\d+)? `)
	tables := strings.Split(printed, "Octets:\n"+string(appendRow(nil, "range", []byte("octets"), part{"grammar", "defined in"}, "")))
	for _, table := range tables[1:] {
		next := 0
		for line := range strings.Lines(table) {
			m := span.FindStringSubmatch(line)
			if m == nil {
				break
			}
			from, to := 0, 0
			fmt.Sscan(m[1], &from)
			require.Equal(t, next, from, "%s", table)
			cell := strings.TrimRight(line[10:10+octetsWidth], " ")
			if cell == "" { // refused at the end of what was received
				break
			}
			if to = from; m[2] != "" {
				fmt.Sscan(m[2][1:], &to)
			}
			require.Less(t, to, len(in), "%s", table)
			next = to + 1
			require.Equal(t, string(quoted(in[from:next], int64(next-from))), cell, "%s", table)
		}
		in = in[next:]
	}
}
