package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/srvtest"
)

func TestRoutes(t *testing.T) {
	long := strings.Repeat("0123456789", 20_000) // some blocks long
	tests := []struct {
		name, request string
		status        int
		fields        []string // "name: value"
		text          string
	}{
		{"root", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, []string{"content-type: text/plain", "content-length: 2"}, "OK"},
		{"root, head alone", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, []string{"content-type: text/plain", "content-length: 2"}, ""},
		{"echo of nothing", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", 200, []string{"content-length: 0"}, ""},
		{"echo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 200, []string{"content-length: 3"}, "abc"},
		{"echo of blocks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + long, 200, []string{"content-length: 200000"}, long},
		{"echo of chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200,
			[]string{"content-length: 3"}, "abc"},
		{"echo of broken chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;\r\nc\r\n0\r\n\r\n", 400,
			[]string{"connection: close"}, "400 Bad Request: "},
		{"fields", "GET /echo?x HTTP/1.1\r\nHost: a\r\nX-B:  b c \r\nx-a:\t1\r\nX-B: b\r\nX-Empty:\r\n\r\n", 200, []string{"content-type: text/plain"},
			"host: a\nx-b: b c\nx-a: 1\nx-b: b\nx-empty: \n"},
		{"fields, not trailers", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: t\r\n\r\n", 200, nil,
			"host: a\ntransfer-encoding: chunked\n"},
		{"cookies", "GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=\"2\"; c\r\nCookie: d==\r\n\r\n", 200, []string{"content-type: text/plain"},
			"a=1\nb=\"2\"\nd==\n"},
		{"plaintext", "GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n", 200,
			[]string{"content-type: text/plain", "content-length: 13", "server: barewire"}, "Hello, World!"},
		{"plaintext, blocking", "GET /plaintext-blocking HTTP/1.1\r\nHost: a\r\n\r\n", 200,
			[]string{"content-type: text/plain", "content-length: 13", "server: barewire"}, "Hello, World!"},
		{"sleep", "GET /sleep?ms=1 HTTP/1.1\r\nHost: a\r\n\r\n", 200, []string{"content-length: 2"}, "OK"},
		{"sleep for ever", "GET /sleep?ms=60001 HTTP/1.1\r\nHost: a\r\n\r\n", 400, nil, ""},
		{"sleep for no time that is named", "GET /sleep HTTP/1.1\r\nHost: a\r\n\r\n", 400, nil, ""},
		{"bytes", "GET /bytes?n=5 HTTP/1.1\r\nHost: a\r\n\r\n", 200, []string{"transfer-encoding: chunked"}, "5\r\nabcde\r\n0\r\n\r\n"},
		{"no bytes", "GET /bytes?n=0 HTTP/1.1\r\nHost: a\r\n\r\n", 200, []string{"transfer-encoding: chunked"}, "0\r\n\r\n"},
		{"bytes until close", "GET /bytes?n=5 HTTP/1.0\r\n\r\n", 200, []string{"connection: close"}, "abcde"},
		{"bytes, negative", "GET /bytes?n=-5 HTTP/1.1\r\nHost: a\r\n\r\n", 400, nil, ""},
		{"bytes, too many", "GET /bytes?n=18446744073709551617 HTTP/1.1\r\nHost: a\r\n\r\n", 400, nil, ""},
		{"not allowed", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, []string{"allow: GET, HEAD, POST, OPTIONS"}, "405 Method Not Allowed\n"},
		{"options", "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", 204, []string{"allow: GET, HEAD, POST, OPTIONS"}, ""},
		{"no file", "GET /file HTTP/1.1\r\nHost: a\r\n\r\n", 404, nil, "404 Not Found\n"},
		{"no upstream", "GET /proxy/x HTTP/1.1\r\nHost: a\r\n\r\n", 404, nil, "404 Not Found\n"},
		{"lost, with content", "POST /lost HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 404, nil, "404 Not Found\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(options{})
			s.Log = slog.New(slog.DiscardHandler)
			answer := string(srvtest.Do(s, []byte(tt.request)))
			head, text, _ := strings.Cut(answer, "\r\n\r\n")
			lines := strings.Split(strings.ToLower(head), "\r\n")
			assert.True(t, strings.HasPrefix(lines[0], fmt.Sprintf("http/1.1 %d ", tt.status)), lines[0])
			for _, field := range tt.fields {
				assert.Contains(t, lines, strings.ToLower(field))
			}
			assert.Contains(t, head, "Date: ")
			if tt.status == 400 && tt.text != "" {
				assert.True(t, strings.HasPrefix(text, tt.text), text)
			} else {
				assert.Equal(t, tt.text, text)
			}
		})
	}
}

// What the upstream says passes as it says it, without trailers of the proxy's own.
func TestProxy(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		fmt.Fprint(w, r.URL, " from ", r.RemoteAddr)
	}))
	defer upstream.Close()
	o, err := parseOptions([]string{"-upstream", upstream.URL}, io.Discard)
	require.NoError(t, err)
	defer o.proxy.Close()
	s := newServer(o)
	const request = "GET /proxy/a/b?c HTTP/1.1\r\nHost: a\r\n\r\n"
	answer := string(srvtest.Do(s, []byte(request)))
	head, text, _ := strings.Cut(answer, "\r\n\r\n")
	assert.True(t, strings.HasPrefix(text, "/a/b?c from "), answer)
	assert.Contains(t, head, fmt.Sprintf("\r\nContent-Length: %d", len(text)))
	assert.NotContains(t, head, "Trailer")
	assert.Contains(t, string(srvtest.Do(s, []byte(request))), text, "the same connection")
	assert.Contains(t, string(srvtest.Do(s, []byte("POST /proxy/ HTTP/1.1\r\nHost: a\r\n\r\n"))), "HTTP/1.1 405 ")
}

// The limits that the program has to show are the server's defaults.
func TestLimits(t *testing.T) {
	head := func(line string, fields ...string) string {
		return line + "\r\nHost: a\r\n" + strings.Join(fields, "") + "\r\n"
	}
	many := func(n int) []string { return strings.SplitAfter(strings.Repeat("X-A: b\r\n", n), "\n") }
	tests := []struct {
		name, request string
		status        int
	}{
		{"target of 8,000 octets", head("GET /?" + strings.Repeat("a", 7998) + " HTTP/1.1"), 200},
		{"value of 4 kB", head("GET / HTTP/1.1", "X-A: "+strings.Repeat("a", 4096)+"\r\n"), 200},
		{"50 field lines", head("GET / HTTP/1.1", many(50)...), 200},
		{"content of 200 kB", head("POST / HTTP/1.1", "Content-Length: 200000\r\n") + strings.Repeat("a", 200_000), 200},
		{"target of 100 kB", head("GET /?" + strings.Repeat("a", 100_000) + " HTTP/1.1"), 414},
		{"value of 100 kB", head("GET / HTTP/1.1", "X-A: "+strings.Repeat("a", 100_000)+"\r\n"), 431},
		{"name of 100 kB", head("GET / HTTP/1.1", strings.Repeat("a", 100_000)+": a\r\n"), 431},
		{"10,000 field lines", head("GET / HTTP/1.1", many(10_000)...), 431},
		{"header section of 1.2 MB", head("GET / HTTP/1.1", strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 1200)), 431},
		{"endless field line", "GET / HTTP/1.1\r\nHost: " + strings.Repeat("a", 200_000), 431},
		{"endless empty lines", strings.Repeat("\r\n", 100_000), 400},
		{"endless chunk-size line", head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "1;a=" + strings.Repeat("a", 200_000), 400},
		{"endless chunk-size", head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + strings.Repeat("0", 200_000), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(options{})
			s.Log = slog.New(slog.DiscardHandler)
			answer := srvtest.Do(s, []byte(tt.request))
			line, _, _ := bytes.Cut(answer, []byte("\r\n"))
			assert.True(t, strings.HasPrefix(string(line), fmt.Sprintf("HTTP/1.1 %d ", tt.status)), "%s", line)
			assert.Equal(t, 1, bytes.Count(answer, []byte("HTTP/1.1 ")), "answers")
		})
	}
}

func TestBlocks(t *testing.T) {
	for _, size := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 100_000} {
		for _, piece := range []int{1000, 32 << 10, 100_000} {
			var c content
			want := bytes.Repeat([]byte("abc"), size/3+1)[:size]
			for rest := want; len(rest) > 0; {
				n := min(piece, len(rest))
				c.add(rest[:n])
				rest = rest[n:]
			}
			var got []byte
			for b := c.first; b != nil; b = b.next {
				require.NotZero(t, b.size)
				got = append(got, b.b[:b.size]...)
			}
			assert.True(t, bytes.Equal(want, got), "%d octets in pieces of %d", size, piece)
			assert.EqualValues(t, size, c.size)
			c.release()
		}
	}
}

func TestQueryNumber(t *testing.T) {
	tests := []struct {
		query string
		n     int64
		ok    bool
	}{
		{"n=0", 0, true}, {"n=100", 100, true}, {"n=007", 7, true}, {"m=1&n=2", 2, true},
		{"n=101", 0, false}, {"n=", 0, false}, {"", 0, false}, {"n=+1", 0, false}, {"n=1e1", 0, false}, {"n=99999999999999999999999999", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			s := newServer(options{})
			s.Router = routerFunc(func(r *srv.Request) {
				n, ok := queryNumber(r, "n", 100)
				assert.Equal(t, tt.ok, ok)
				if ok {
					assert.Equal(t, tt.n, n)
				}
			})
			assert.NotEmpty(t, srvtest.Do(s, []byte("GET /?"+tt.query+" HTTP/1.1\r\nHost: a\r\n\r\n")))
		})
	}
}

type routerFunc func(*srv.Request)

func (f routerFunc) Route(r *srv.Request) *srv.Route {
	f(r)
	return &srv.Route{Name: "f", Handler: srv.HandlerFunc(serveOK)}
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"help", []string{"-h"}, exitOK, "-upstream URL"},
		{"unknown engine", []string{"-engine", "x"}, exitUsage, `unknown engine "x"`},
		{"file", []string{"-file", "nothing"}, exitUsage, "origin: -file: "},
		{"upstream", []string{"-upstream", "ftp://a"}, exitUsage, "want http://host or https://host"},
		{"argument", []string{"x"}, exitUsage, `unexpected argument "x"`},
		{"unknown flag", []string{"-x"}, exitUsage, "not defined: -x"},
		{"loops", []string{"-loops", "x"}, exitUsage, "invalid value"},
		{"no such address", []string{"-addr", "256.0.0.1:0", "-engine", "net", "-loops", "2"}, exitFailed, "origin: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			assert.Equal(t, tt.code, run(tt.args, &stderr))
			assert.Contains(t, stderr.String(), tt.says)
		})
	}
}
