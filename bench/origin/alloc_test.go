//go:build !race && !poison

package main

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A request that is answered over TCP allocates nothing, neither in the server nor in these handlers. The client
// here does not allocate either.
func TestNothingIsAllocated(t *testing.T) {
	requests := map[string]string{
		"root":                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"head":                "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
		"plaintext":           "GET /plaintext HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nAccept: */*\r\n\r\n",
		"plaintext, blocking": "GET /plaintext-blocking HTTP/1.1\r\nHost: a\r\n\r\n",
		"echo":                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"echo of chunks":      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
		"fields":              "GET /echo HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n",
		"cookies":             "GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\n\r\n",
		"bytes":               "GET /bytes?n=1000 HTTP/1.1\r\nHost: a\r\n\r\n",
		"not found":           "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
		"not allowed":         "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n",
		"options":             "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n",
	}
	for _, engine := range tested {
		host := start(t, engine)
		for name, request := range requests {
			t.Run(engine+"/"+name, func(t *testing.T) {
				conn, err := net.Dial("tcp", host)
				require.NoError(t, err)
				defer conn.Close()
				require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
				octets, in := []byte(request), make([]byte, 4096)

				// The first answer says how long each of them is: they differ in nothing but the date.
				_, err = conn.Write(octets)
				require.NoError(t, err)
				size := answerSize(t, conn, in, strings.HasPrefix(request, "HEAD"))
				allocs := testing.AllocsPerRun(200, func() {
					conn.Write(octets)
					_, err = io.ReadFull(conn, in[:size])
				})
				assert.NoError(t, err)
				assert.Zero(t, allocs)
			})
		}
	}
}

// answerSize reads one response and returns its size in octets.
func answerSize(t *testing.T, conn net.Conn, in []byte, noContent bool) int {
	for n := 0; ; {
		m, err := conn.Read(in[n:])
		require.NoError(t, err)
		n += m
		head, content, complete := strings.Cut(string(in[:n]), "\r\n\r\n")
		var size int
		switch {
		case !complete:
			continue
		case strings.Contains(head, "chunked"):
			if strings.HasSuffix(content, "0\r\n\r\n") {
				return n
			}
			continue
		case !noContent && strings.Contains(head, "Content-Length: "):
			_, value, _ := strings.Cut(head, "Content-Length: ")
			value, _, _ = strings.Cut(value, "\r\n")
			for _, c := range value {
				size = size*10 + int(c-'0')
			}
		}
		if len(content) >= size {
			return n
		}
	}
}
