package fuzz

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
	"barewire/srv/srvtest"
)

// newServer answers every request with its method, path, fields, content and trailers, so that a difference anywhere is
// one in the octets.
func newServer() *srv.Server {
	m := route.New()
	m.Any("/*", func(w *srv.Response, r *srv.Request) {
		w.SetBytes("X-Method", r.Method())
		w.Write(r.Target())
		for name, value := range r.Fields().All() {
			w.WriteString("\n")
			w.Write(name)
			w.WriteString("=")
			w.Write(value)
		}
		w.WriteString("\n")
		for {
			piece, err := r.Content().Next()
			if err != nil {
				break
			}
			w.Write(piece)
		}
		for name, value := range r.Trailers().All() {
			w.SetTrailer("X-Got", append(append(bytes.Clone(name), '='), value...))
		}
	}).ContentSize(1 << 10)
	m.Get("/unread", func(w *srv.Response, r *srv.Request) { w.SetBytes("X-Method", r.Method()) }).Inline()
	m.Get("/stream", func(w *srv.Response, r *srv.Request) {
		w.SetBytes("X-Method", r.Method())
		w.Announce("X-After")
		w.WriteString("one")
		w.Flush()
		w.WriteString("two")
		w.SetTrailer("X-After", []byte("three"))
	})
	return &srv.Server{
		Router:   m,
		Log:      slog.New(slog.DiscardHandler),
		Limits:   srv.Limits{Target: 256, Head: 1024, Fields: 16},
		Timeouts: srv.Timeouts{Grace: time.Millisecond},
	}
}

// seeds are requests of each kind that the server tells apart; the fuzzer recombines them.
var seeds = []string{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b?c=d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n",
	"HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /stream HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nX-T: v\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!!\r\n0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
	"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /unread HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nDELETE /unread HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET http://b:80/x HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
	"\r\nGET / HTTP/1.1\r\nHost: a\r\nX: \tv \r\n\r\n\r\nGET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
	"FOO / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/2.0\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 1100) + "\r\n\r\n",
}

// timely matches what may differ with time: Date, and the 100 that a client gets who has not sent its content yet.
var timely = regexp.MustCompile(`\r\nDate: [^\r]*|HTTP/1.1 100 Continue\r\n\r\n`)

// FuzzSplit: whatever arrives, how it was cut does not change what is answered.
func FuzzSplit(f *testing.F) {
	for i, seed := range seeds {
		f.Add([]byte(seed), i+1)
	}
	s := newServer()
	f.Fuzz(func(t *testing.T, request []byte, cut int) {
		if len(request) > 1<<12 {
			t.Skip()
		}
		cut = max(1, cut%64)
		whole := timely.ReplaceAll(srvtest.Do(s, request), nil)
		cutUp := timely.ReplaceAll(srvtest.DoCut(s, request, cut), nil)
		require.Equal(t, string(whole), string(cutUp), "cut into %d octets", cut)
	})
}

// FuzzAnswers: whatever arrives, what leaves is a sequence of well-formed responses as net/http reads them, nothing behind the
// one that closes, and the one to a refused request does.
func FuzzAnswers(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	s := newServer()
	f.Fuzz(func(t *testing.T, request []byte) {
		if len(request) > 1<<12 {
			t.Skip()
		}
		answer := srvtest.Do(s, request)
		in := bufio.NewReader(bytes.NewReader(answer))
		for closed := false; ; {
			if _, err := in.Peek(1); err == io.EOF {
				return
			}
			require.False(t, closed, "octets behind the last response: %q", answer)
			res, err := http.ReadResponse(in, methodOf(in))
			require.NoError(t, err, "%q", answer)
			if res.StatusCode == 100 {
				continue
			}
			body, err := io.ReadAll(res.Body)
			// A refused HEAD request cannot be told from its answer, which has no content then.
			if err != nil && res.Close && len(body) == 0 && bytes.Contains(request, []byte("HEAD ")) {
				return
			}
			require.NoError(t, err, "%q", answer)
			require.NotEmpty(t, res.Header.Get("Date"))
			closed = res.Close
			if res.StatusCode >= 400 && res.Header.Get("X-Method") == "" && !automatic(res.StatusCode) {
				require.True(t, res.Close, "%q", answer)
			}
		}
	})
}

// automatic reports whether the router has answered, and not a refusal: those keep the connection.
func automatic(status int) bool { return status == 404 || status == 405 || status == 501 }

// methodOf makes a request with the method that the next response is to, which newServer tells in a field.
func methodOf(in *bufio.Reader) *http.Request {
	in.Peek(1)
	head, _ := in.Peek(in.Buffered())
	head, _, _ = bytes.Cut(head, []byte("\r\n\r\n"))
	if _, value, ok := bytes.Cut(head, []byte("X-Method: HEAD\r\n")); ok {
		_ = value
		return &http.Request{Method: "HEAD"}
	}
	return &http.Request{Method: "GET"}
}
