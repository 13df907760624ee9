package proxy

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
	"barewire/srv"
)

// trailersOf returns the two trailers over the content.
func trailersOf(content string) []string {
	return []string{fmt.Sprintf("X-Content-SHA256: %x", sha256.Sum256([]byte(content))), fmt.Sprint("X-Content-Length: ", len(content))}
}

const announced = "Trailer: X-Content-SHA256, X-Content-Length"

// How responses are framed for each kind of client. The upstream closes after each.
func TestFraming(t *testing.T) {
	const chunked, closing = "Transfer-Encoding: chunked", "Connection: close"
	size := func(n int) string { return "Content-Length: " + strconv.Itoa(n) }
	tests := []struct {
		name, upstream, request string
		digest                  bool
		fields                  []string
		content                 string
	}{
		{"Content-Length passes", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", get, false, []string{size(5), closing}, "hello"},
		{"Content-Length, digested", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", get, true, []string{chunked, announced, closing}, "hello"},
		{"Content-Length, HTTP/1.0", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", get10, false, []string{size(5), closing}, "hello"},
		{"Content-Length, HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head, false, []string{size(5), closing}, ""},
		{"Content-Length, HEAD, digested", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head, true, []string{chunked, closing}, ""},
		{"Content-Length: 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", get, false, []string{size(0), closing}, ""},
		{"Content-Length: 0, digested", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", get, true, []string{chunked, announced, closing}, ""},
		{"leading zeros", "HTTP/1.1 200 OK\r\nContent-Length: 0005\r\n\r\nhello", get, false, []string{size(5), closing}, "hello"},
		{"more than declared", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n", get, false, []string{size(5), closing}, "hello"},

		{"longer than is passed on, HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234567890123456789\r\n\r\n", head, false, []string{chunked, closing}, ""},

		{"chunked, digested", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n", get, true, []string{chunked, announced, closing}, "hello"},
		{"chunked, HTTP/1.0, digested", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", get10, true, nil, "hello"},
		{"chunked, HTTP/1.0", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", get10, false, nil, "hello"},
		{"chunked, HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", head, false, []string{chunked, closing}, ""},
		{"chunked, empty, digested", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", get, true, []string{chunked, announced, closing}, ""},

		{"close-delimited, digested", "HTTP/1.1 200 OK\r\n\r\nhello", get, true, []string{chunked, announced, closing}, "hello"},
		{"close-delimited", "HTTP/1.0 200 OK\r\n\r\nhello", get, false, []string{chunked, closing}, "hello"},
		{"close-delimited, HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", get10, false, []string{closing}, "hello"},
		{"close-delimited, HEAD", "HTTP/1.0 200 OK\r\n\r\n", head, false, []string{chunked, closing}, ""},

		{"204", "HTTP/1.1 204 No Content\r\n\r\n", get, true, []string{closing}, ""},
		{"204 with Content-Length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", get, false, []string{closing}, ""},
		{"204 with octets behind", "HTTP/1.1 204 No Content\r\n\r\nhello", get, true, []string{closing}, ""},
		{"204, HEAD", "HTTP/1.1 204 No Content\r\n\r\n", head, false, []string{closing}, ""},
		{"205 with content", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", get, true, []string{size(0), closing}, ""},
		{"205 with Content-Length", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", get, false, []string{size(0), closing}, ""},
		{"304", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", get, true, []string{`etag: "a"`, closing}, ""},
		{"304 with Content-Length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", get, false, []string{size(5), closing}, ""},
		{"304 with Content-Length, digested", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", get, true, []string{closing}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProxy(t, answering(t, tt.upstream))
			p.Digest = tt.digest
			answer, fin := do(t, serve(t, p), tt.request)
			require.True(t, fin)
			head, content, _ := strings.Cut(answer, "\r\n\r\n")
			assert.Equal(t, "HTTP/1.1 "+tt.upstream[len("HTTP/1.1 "):strings.Index(tt.upstream, "\r\n")], head[:strings.Index(head, "\r\n")])
			got := fields(head)
			if tt.fields == nil { // one that ends with the connection may have a size when all was there at once
				require.NotEmpty(t, got)
				if got[0] == size(len(tt.content)) {
					got = got[1:]
				}
				tt.fields = []string{closing}
			}
			assert.Equal(t, tt.fields, got)
			if len(got) == 0 || got[0] != chunked || tt.request == get10 || strings.HasPrefix(tt.request, "HEAD") {
				assert.Equal(t, tt.content, content)
				return
			}
			list, trailers, whole := chunks(t, content)
			assert.True(t, whole)
			assert.Equal(t, tt.content, strings.Join(list, ""))
			if tt.digest {
				assert.Equal(t, trailersOf(tt.content), trailers)
			} else {
				assert.Empty(t, trailers)
			}
		})
	}
}

func TestReturnedFields(t *testing.T) {
	tests := []struct {
		name, upstream string
		want           []string
	}{
		{"in their order", "X-B: 1\r\nServer: u\r\nSet-Cookie: a=b\r\nset-cookie: c=d, e\r\nX-B:\r\n", []string{"x-b: 1", "server: u", "set-cookie: a=b", "set-cookie: c=d, e", "x-b: "}},
		{"obs-text", "X: caf\xe9 \x80\r\n", []string{"x: caf\xe9 \x80"}},
		{"of the connection", "Connection: keep-alive, close\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\nProxy-Authenticate: Basic\r\nX: y\r\n", []string{"x: y"}},
		{"nominated", "X-A: 1\r\nX-AB: 2\r\nConnection: x-a, content-length, date\r\nconnection: ETag\r\nETag: \"z\"\r\n", []string{"x-ab: 2"}},
		{"Via", "Via: 1.1 u\r\n", []string{"via: 1.1 u"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, _ := do(t, serve(t, newProxy(t, answering(t, "HTTP/1.1 299 Whatever\r\n"+tt.upstream+"Content-Length: 2\r\n\r\nOK"))), get)
			head, content, _ := strings.Cut(answer, "\r\n\r\n")
			assert.True(t, strings.HasPrefix(head, "HTTP/1.1 299 "), head)
			assert.Equal(t, append(tt.want, "Content-Length: 2", "Connection: close"), fields(head))
			assert.Equal(t, "OK", content)
			assert.Equal(t, 1, strings.Count(strings.ToLower(head), "\r\ndate: "))
		})
	}
	for _, date := range []string{"yesterday", "", "Tue, 01 Feb 2022 03:04:05 GMT\r\nDate: Wed, 02 Feb 2022 03:04:05 GMT", "Tuesday, 01-Feb-22 03:04:05 GMT"} {
		t.Run("Date "+date, func(t *testing.T) {
			answer, _ := do(t, serve(t, newProxy(t, answering(t, "HTTP/1.1 200 OK\r\nDate: "+date+"\r\nContent-Length: 2\r\n\r\nOK"))), get)
			assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n") && strings.HasSuffix(answer, "\r\n\r\nOK"), "%q", answer)
		})
	}
	t.Run("Date", func(t *testing.T) {
		const date = "Tue, 01 Feb 2022 03:04:05 GMT"
		answer, _ := do(t, serve(t, newProxy(t, answering(t, "HTTP/1.1 204 No Content\r\nDate: "+date+"\r\n\r\n"))), get)
		assert.Equal(t, "HTTP/1.1 204 No Content\r\ndate: "+date+"\r\nConnection: close\r\n\r\n", answer)
	})
}

func TestTrailers(t *testing.T) {
	tests := []struct {
		name, head, section string
		digest              bool
		want                []string
	}{
		{"beside the two", "", "X-A: 1\r\nx-b:  2 \r\n", true, append([]string{"x-a: 1", "x-b: 2"}, trailersOf("hello")...)},
		{"alone", "Trailer: X-A\r\n", "X-A: 1\r\n", false, []string{"x-a: 1"}},
		{"repeated", "", "X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n", false, []string{"x-b: 2", "x-a: 1, 3"}},
		{"the two from upstream", "", "X-Content-Length: 9\r\nX-Content-SHA256: 0\r\n", true, trailersOf("hello")},
		{"forbidden", "", "Content-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: b\r\nSet-Cookie: a=b\r\nConnection: close\r\nX: y\r\n", false, []string{"x: y"}},
		{"nominated", "Connection: x-a\r\n", "X-A: 1\r\nX-B: 2\r\n", false, []string{"x-b: 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProxy(t, answering(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"+tt.head+"\r\n5\r\nhello\r\n0\r\n"+tt.section+"\r\n"))
			p.Digest = tt.digest
			answer, fin := do(t, serve(t, p), get)
			require.True(t, fin)
			_, content, _ := strings.Cut(answer, "\r\n\r\n")
			list, trailers, whole := chunks(t, content)
			assert.True(t, whole)
			assert.Equal(t, "hello", strings.Join(list, ""))
			assert.Equal(t, tt.want, trailers)
		})
	}
}

// Trailers are announced as the upstream does, but for those that do not pass.
func TestAnnounced(t *testing.T) {
	const upstream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\nTrailer: X-A,, Host, x-hop\r\nTrailer: x-content-length, X-B\r\n\r\n0\r\nX-A: 1\r\n\r\n"
	for digest, want := range map[bool]string{false: "Trailer: X-A, x-content-length, X-B", true: "Trailer: X-A, X-B, X-Content-SHA256, X-Content-Length"} {
		p := newProxy(t, answering(t, upstream))
		p.Digest = digest
		answer, fin := do(t, serve(t, p), get)
		assert.True(t, fin)
		head, _, _ := strings.Cut(answer, "\r\n\r\n")
		assert.Equal(t, []string{"Transfer-Encoding: chunked", want, "Connection: close"}, fields(head))
	}
}

// The largest head and the largest trailer section that the parser takes fit the buffer, in one response and cut anywhere.
func TestLargestSections(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	var lines []string
	for len(head) < parser.DefaultHeadSize-2 {
		line := "x: " + strings.Repeat("h", min(parser.DefaultHeadSize-2-len(head), 10<<10)-len("x: \r\n"))
		head, lines = head+line+"\r\n", append(lines, line)
	}
	trailer := "X: " + strings.Repeat("t", parser.TrailerSectionSize-len("X: \r\n\r\n")) + "\r\n"
	require.Len(t, head+"\r\n", parser.DefaultHeadSize)
	require.Len(t, trailer+"\r\n", parser.TrailerSectionSize)
	for _, step := range []int{4096, 1000, 1 << 20} {
		t.Run(fmt.Sprint("in pieces of ", step), func(t *testing.T) {
			up := upstream(t, func(u *peer) {
				u.head()
				for interim := range 3 {
					u.send("HTTP/1.1 103 Early Hints\r\nLink: <" + strings.Repeat("x", interim*5000) + ">\r\n\r\n")
				}
				for all := head + "\r\n5\r\nhello\r\n0\r\n" + trailer + "\r\n"; all != ""; {
					n := min(step, len(all))
					u.send(all[:n])
					all = all[n:]
				}
			})
			answer, fin := do(t, serve(t, newProxy(t, up)), get)
			require.True(t, fin)
			for interim := range 3 {
				early := "HTTP/1.1 103 Early Hints\r\nlink: <" + strings.Repeat("x", interim*5000) + ">\r\n\r\n"
				require.True(t, strings.HasPrefix(answer, early), interim)
				answer = answer[len(early):]
			}
			got, content, _ := strings.Cut(answer, "\r\n\r\n")
			assert.Equal(t, append(lines, "Transfer-Encoding: chunked", "Connection: close"), fields(got))
			list, trailers, whole := chunks(t, content)
			assert.True(t, whole)
			assert.Equal(t, "hello", strings.Join(list, ""))
			assert.Equal(t, []string{"x" + trailer[1:len(trailer)-2]}, trailers)
		})
	}
	t.Run("and one octet more", func(t *testing.T) {
		answer, _ := do(t, serve(t, newProxy(t, answering(t, head+"\r\n5\r\nhello\r\n0\r\nY"+trailer+"\r\n"))), get)
		assert.NotEmpty(t, answer)
		assert.NotContains(t, answer, "\r\n0\r\n", "cut off, or 502")
	})
}

func TestInterim(t *testing.T) {
	const early, passed = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
	const final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
	tests := []struct {
		name, upstream, interim, status string
	}{
		{"one of each", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + early + "HTTP/1.1 199 \r\nContent-Length: 7\r\n\r\n" + final,
			"HTTP/1.1 102 Processing\r\n\r\n" + passed + "HTTP/1.1 199 \r\n\r\n", "200 OK"},
		{"fields of the connection", "HTTP/1.1 103 Early Hints\r\nConnection: x-a, close\r\nX-A: b\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\nLink: </a>\r\n\r\n" + final,
			passed, "200 OK"},
		{"as many as allowed", strings.Repeat(early, maxInterim) + final, strings.Repeat(passed, maxInterim), "200 OK"},
		{"one more", strings.Repeat(early, maxInterim+1) + final, strings.Repeat(passed, maxInterim), "502 Bad Gateway"},
		{"more than the buffer holds", strings.Repeat("HTTP/1.1 100 Continue\r\nX: "+strings.Repeat("x", 4000)+"\r\n\r\n", maxInterim) + final, "", "200 OK"},
		{"no final one", early, passed, "502 Bad Gateway"},
		{"malformed", "HTTP/1.1 103 Early Hints\r\nLink : </a>\r\n\r\n" + final, "", "502 Bad Gateway"},
		{"switching protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + final, "", "502 Bad Gateway"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := serve(t, newProxy(t, answering(t, tt.upstream)))
			answer, fin := do(t, addr, get)
			assert.True(t, fin)
			answer, found := strings.CutPrefix(answer, tt.interim)
			assert.True(t, found && strings.HasPrefix(answer, "HTTP/1.1 "+tt.status+"\r\n"), answer)
			old, _ := do(t, addr, get10)
			assert.True(t, strings.HasPrefix(old, "HTTP/1.1 "+tt.status+"\r\n"), "HTTP/1.0 has no interim responses: %q", old)
		})
	}
	t.Run("at once", func(t *testing.T) {
		came := make(chan struct{})
		c := dial(t, serve(t, newProxy(t, upstream(t, func(u *peer) {
			u.head()
			u.send(early)
			<-came
			u.send(final)
		}))))
		c.send(get)
		c.expect(passed)
		close(came)
		assert.Contains(t, c.head(), " 200 OK")
	})
	t.Run("endless", func(t *testing.T) {
		up := upstream(t, func(u *peer) {
			u.head()
			for err := error(nil); err == nil; {
				_, err = u.Write([]byte(early))
			}
		})
		answer, _ := do(t, serve(t, newProxy(t, up)), get10)
		assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 502 "), answer)
	})
}

// A client's connection is kept when the response lets it.
func TestPersistent(t *testing.T) {
	p := newProxy(t, answering(t, "HTTP/1.1 200 OK\r\n\r\nhello"))
	p.Digest = true
	p.Fail = func(*srv.Response, *srv.Request, Error) { t.Error("failed") }
	c := dial(t, serve(t, p))
	for range 3 {
		c.send("GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n")
		r, content, err := c.response("GET")
		require.NoError(t, err)
		assert.Equal(t, "hello", content)
		assert.Equal(t, trailersOf(content), []string{"X-Content-SHA256: " + r.Trailer.Get("X-Content-SHA256"), "X-Content-Length: " + r.Trailer.Get("X-Content-Length")})
		assert.False(t, r.Close)
	}
	c.send(head)
	c.head()
	_, fin := c.rest()
	assert.True(t, fin)
}
