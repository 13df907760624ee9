package srv

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A write over TLS that timed out cannot be gone on with, so no deadline may fire that was set for an earlier one.
func TestTLSSlowReader(t *testing.T) {
	const size = 6 << 20
	for _, rate := range []time.Duration{100 * time.Millisecond, -1} {
		s := &Server{Timeouts: Timeouts{Rate: rate}, Log: slog.New(slog.DiscardHandler), Router: routes{"/": {Name: "/", Handler: HandlerFunc(func(w *Response, _ *Request) {
			w.WriteString("a little")
			w.Flush()
			time.Sleep(90 * time.Millisecond)
			w.WriteString(strings.Repeat("x", size))
		})}}}
		nc, err := transport{"TLS", listenTLS}.start(t, s)()
		require.NoError(t, err)
		defer nc.Close()
		require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(nc, "GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err)
		got, buf := 0, make([]byte, 256<<10)
		for err == nil {
			var n int
			n, err = io.ReadFull(nc, buf)
			got += n
			time.Sleep(30 * time.Millisecond)
		}
		assert.Contains(t, []error{io.EOF, io.ErrUnexpectedEOF}, err)
		assert.Greater(t, got, size)
	}
}

// The end of a connection marks the end of the content here, so an aborted one must not end in good order.
func TestTLSAbort(t *testing.T) {
	s := &Server{Log: slog.New(slog.DiscardHandler), Router: routes{"/": {Name: "/", Handler: HandlerFunc(func(w *Response, _ *Request) {
		w.WriteString("half")
		w.Flush()
		w.Abort()
	})}}}
	dial := transport{"TLS", listenTLS}.start(t, s)
	for range 10 {
		nc, err := dial()
		require.NoError(t, err)
		require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(nc, "GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err)
		_, err = io.ReadAll(nc)
		assert.Error(t, err)
		nc.Close()
	}
}

// An empty line behind a request is not the start of the next one: the connection stays idle, and ends at once when the server
// drains.
func TestDrainBehindEmptyLine(t *testing.T) {
	s := &Server{Timeouts: Timeouts{Head: time.Hour, Idle: time.Hour}, Router: routes{"/": {Name: "/", Handler: HandlerFunc(func(w *Response, _ *Request) {
		w.WriteString("OK")
	})}}}
	nc, err := transport{"TCP", listenTCP}.start(t, s)()
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n")
	require.NoError(t, err)
	got := make([]byte, 4<<10)
	for n := 0; !strings.HasSuffix(string(got[:n]), "OK"); {
		k, err := nc.Read(got[n:])
		require.NoError(t, err)
		n += k
	}
	// start's clean-up fails unless Shutdown ends in time.
}

// Content that nobody reads may come as slowly as content that somebody reads.
func TestUnreadContentAtAFairRate(t *testing.T) {
	s := &Server{Timeouts: Timeouts{Rate: 200 * time.Millisecond}, Router: routes{"/": {Name: "/", Handler: HandlerFunc(func(w *Response, _ *Request) {
		w.WriteString("OK")
	})}}}
	nc, err := transport{"TCP", listenTCP}.start(t, s)()
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n")
	require.NoError(t, err)
	for range 10 {
		time.Sleep(50 * time.Millisecond)
		_, err = io.WriteString(nc, strings.Repeat("x", 5000))
		require.NoError(t, err)
	}
	_, err = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	answers, err := io.ReadAll(nc)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(answers), "200 OK"))
}

type routes map[string]*Route

func (m routes) Route(r *Request) *Route { return m[string(r.Path())] }

// A hook that panics ends nothing but itself.
func TestHookPanics(t *testing.T) {
	s := &Server{
		Log:      slog.New(slog.DiscardHandler),
		Router:   routes{"/": {Name: "/", Handler: HandlerFunc(func(w *Response, _ *Request) { w.WriteString("OK") })}},
		OnDone:   func(*Response, *Request) { panic("done") },
		OnRefuse: func(*Refusal) { panic("refused") },
	}
	nc, err := transport{"TCP", listenTCP}.start(t, s)()
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n")
	require.NoError(t, err)
	answers, err := io.ReadAll(nc)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(answers), "200 OK"))
	assert.Equal(t, 1, strings.Count(string(answers), "HTTP/1.1 400"))
}

// Taking the size back is what a middleware does that changes the content.
func TestDelContentLength(t *testing.T) {
	s := &Server{Router: routes{"/": {Name: "/", Handler: HandlerFunc(func(w *Response, _ *Request) {
		w.Set("Content-Length", "10")
		w.Del("content-length")
		w.WriteString("abc")
	})}}}
	nc, err := transport{"TCP", listenTCP}.start(t, s)()
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(nc)
	require.NoError(t, err)
	assert.Contains(t, string(answer), "Content-Length: 3\r\n")
}
