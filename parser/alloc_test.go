package parser

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

var sink int

// allocates requires that f allocates nothing.
func allocatesNothing(t *testing.T, name string, f func()) {
	t.Helper()
	require.Zero(t, testing.AllocsPerRun(100, f), name)
}

func TestHeadAllocs(t *testing.T) {
	var h Head
	for i, in := range []string{
		lines("GET /path?query HTTP/1.1", "Host: www.example.org:80", "User-Agent: test", "Connection: keep-alive", "Accept: */*"),
		lines("OPTIONS http://[::1]:80 HTTP/1.1", "Host: b", "Connection: a", "Connection: close", "Expect: 100-continue, 100-continue"),
		lines("CONNECT a:80 HTTP/1.1", "Host: [v1.a]"),
		lines("POST / HTTP/1.0", "Content-Length: 5", "Connection: keep-alive"),
		post("Transfer-Encoding: chunked"),
		post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"),
		post("Content-Length: 5", "Content-Length: 5"),
		post("Host: a"),
		post("Expect: x"),
		lines("GET / HTTP/1.1"),
		"GET / HTTP/1.1\r\nX : y",
	} {
		b := []byte(in)
		allocatesNothing(t, fmt.Sprint(i), func() {
			h.Reset(Limits{})
			for size := 0; size < len(b); size += 7 {
				h.Parse(b[:size])
			}
			n, e := h.Parse(b)
			if e != 0 {
				sink += len(e.Rule()) + len(e.Text()) + len(e.Section()) + e.Status() + h.ErrorOff()
				return
			}
			sink += n + len(h.Method(b)) + len(h.Target(b)) + len(h.Path(b)) + len(h.Query(b)) + len(h.Host(b)) + len(h.Form().String()) + len(h.MethodID().String())
			v := h.Fields(b)
			for name, value := range v.All() {
				sink += len(name) + len(value)
			}
			sink += len(v.ByID(hdr.UserAgent)) + int(MethodOf(h.Method(b)))
		})
	}
	var err error
	allocatesNothing(t, "error", func() { err = h.err })
	require.Error(t, err)
}

func TestResponseHeadAllocs(t *testing.T) {
	var h ResponseHead
	b := []byte(lines("HTTP/1.1 200 OK", "Content-Length: 5", "Connection: close", "Connection: x"))
	allocatesNothing(t, "response", func() {
		h.Reset(Limits{}, MethodGet)
		for size := range len(b) + 1 {
			h.Parse(b[:size])
		}
		sink += len(h.Reason(b)) + h.Fields(b).Len()
	})
	require.Equal(t, 200, h.Status())
}

func TestContentAllocs(t *testing.T) {
	var c Content
	b := []byte("5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n")
	allocatesNothing(t, "content", func() {
		c.Reset(FramingChunked, -1, -1)
		for size, rest := 0, b; size <= len(b); {
			data, n, e := c.Next(rest[:min(size, len(rest))])
			if n == 0 {
				size++
			}
			if !c.Done() {
				rest = rest[n:]
			} else {
				sink += c.Trailers(rest).Len()
				break
			}
			sink += len(data) + int(e)
		}
	})
	require.True(t, c.Done())
}
