package srvtest_test

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/srvtest"
)

func serverOf(h srv.HandlerFunc) *srv.Server {
	return &srv.Server{Router: &hello{srv.Route{Name: "/*", Handler: h}}, Log: slog.New(slog.DiscardHandler)}
}

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// The connection is as good as a real one: it has an address, deadlines that do no harm, and a FIN.
func TestConn(t *testing.T) {
	var remote netip.AddrPort
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		remote = r.Remote()
		w.Set("Connection", "close")
		w.WriteString("a")
		assert.NoError(t, r.Context().Err())
	})
	s.Timeouts = srv.Timeouts{Head: time.Nanosecond, Idle: time.Nanosecond, Rate: time.Nanosecond, Grace: time.Nanosecond}
	response := string(srvtest.Do(s, []byte(request)))
	assert.True(t, strings.HasPrefix(response, "HTTP/1.1 200 OK\r\n"), response)
	assert.Equal(t, "192.0.2.1", remote.Addr().String())
	assert.Zero(t, s.Stats().Conns)
	assert.Zero(t, s.Stats().InFlight)
}

func TestPieces(t *testing.T) {
	var sizes []int
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		sizes = nil
		for {
			piece, err := r.Content().Next()
			if err != nil {
				assert.Equal(t, io.EOF, err)
				return
			}
			sizes = append(sizes, len(piece))
		}
	})
	head := "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
	for _, test := range []struct {
		cut  int
		want []int
	}{
		{len(head), []int{10}},
		{len(head) + 4, []int{4, 6}},
		{1, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{0, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{-5, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{1000, []int{10}},
	} {
		srvtest.DoCut(s, []byte(head+"0123456789"), test.cut)
		assert.Equal(t, test.want, sizes, test.cut)
	}
}

// What comes back ends with the connection.
func TestEnds(t *testing.T) {
	s := serverOf(func(w *srv.Response, r *srv.Request) { w.Write(r.Path()) })
	for in, want := range map[string]int{
		"":                              0,
		"\r\n":                          0,
		"GET / HT":                      0,
		request:                         1,
		request + request:               2,
		request + "GET / HTT":           1,
		request + "GET\r\n" + request:   2, // a refusal
		"GET / HTTP/1.0\r\n\r\n":        1,
		"GET / HTTP/1.0\r\n\r\nGET / H": 1,
	} {
		for _, cut := range []int{1, 5, len(in)} {
			response := string(srvtest.DoCut(s, []byte(in), cut))
			assert.Equal(t, want, strings.Count(response, "HTTP/1.1 "), "%q: %q", in, response)
		}
		assert.Equal(t, want, strings.Count(string(srvtest.Do(s, []byte(in))), "HTTP/1.1 "), in)
	}
}

// The request given is left as it is.
func TestRequestIsNotChanged(t *testing.T) {
	in := []byte("GET / HTTP/1.1\r\nHOST: a\r\nX-Upper: b\r\n\r\n")
	before := string(in)
	srvtest.Do(serverOf(func(w *srv.Response, r *srv.Request) {}), in)
	assert.Equal(t, before, string(in))
}

// A server that has ended gives no answer, and a handler that panics gives one.
func TestServerEnded(t *testing.T) {
	s := serverOf(func(w *srv.Response, r *srv.Request) { panic("x") })
	assert.Contains(t, string(srvtest.Do(s, []byte(request))), "HTTP/1.1 500 ")
	require.NoError(t, s.Shutdown(context.Background()))
	assert.Empty(t, srvtest.Do(s, []byte(request)))
}
