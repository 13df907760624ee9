package main

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// strict starts barewire, and returns its address.
func strict(t *testing.T) string {
	m := route.New()
	answer := func(w *srv.Response, r *srv.Request) {
		for {
			if _, err := r.Content().Next(); err == io.EOF {
				break
			} else if err != nil {
				return // the server answers
			}
		}
		w.WriteString(hello)
	}
	m.Get("/", answer).Inline()
	m.Post("/", answer).Inline()
	m.Get(plaintext, answer).Inline()
	s := &srv.Server{Router: m, Log: slog.New(slog.DiscardHandler)}
	require.NoError(t, s.Listen("127.0.0.1:0"))
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		s.Close()
		assert.NoError(t, <-ended)
	})
	return s.Addrs()[0].String()
}

// serve starts a server that does what talk does with each connection.
func serve(t *testing.T, talk func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				talk(nc)
			}()
		}
	}()
	return l.Addr().String()
}

const okText = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + hello

// lenient answers each empty line.
func lenient(t *testing.T) string {
	return serve(t, func(nc net.Conn) {
		for r := bufio.NewReader(nc); ; {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(bytes.TrimRight(line, "\r\n")) == 0 {
				io.WriteString(nc, okText)
			}
		}
	})
}

func TestPatterns(t *testing.T) {
	ps, err := parsePatterns(patternText)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, p := range ps {
		if p.octets != "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" {
			assert.False(t, seen[p.octets], "twice: %q", p.octets)
		}
		seen[p.octets] = true
	}

	t.Run("strict", func(t *testing.T) {
		v, err := probe(strict(t), ps)
		require.NoError(t, err)
		assert.Zero(t, v.accepted[forbidden])
		assert.Zero(t, v.accepted[risky])
		assert.Equal(t, v.of[valid], v.accepted[valid])
		assert.Empty(t, v.odd)
		assert.Greater(t, v.of[forbidden], 100)
		assert.Greater(t, v.of[risky], 20)
		assert.Greater(t, v.of[valid], 10)
	})
	t.Run("lenient", func(t *testing.T) {
		v, err := probe(lenient(t), ps)
		require.NoError(t, err)
		assert.Equal(t, v.of, v.accepted, "it accepts everything")
		assert.Len(t, v.odd, v.of[forbidden])
	})
}

func TestAccepted(t *testing.T) {
	say := func(text string) func(net.Conn) {
		return func(nc net.Conn) {
			nc.Read(make([]byte, 4<<10))
			io.WriteString(nc, text)
		}
	}
	tests := []struct {
		name string
		talk func(net.Conn)
		want bool
	}{
		{"200", say(okText), true},
		{"302", say("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), true},
		{"400", say("HTTP/1.1 400 Bad Request\r\n\r\n"), false},
		{"200 after 100", say("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" + okText), true},
		{"400 after 100", say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n"), false},
		{"200 after 400", say("HTTP/1.1 400 Bad Request\r\n\r\n" + okText), false},
		{"closed", say(""), false},
		{"closed in a 100", say("HTTP/1.1 100 Continue\r\n"), false},
		{"silence", func(nc net.Conn) { io.Copy(io.Discard, nc) }, false},
		{"no HTTP", say("200 OK\r\n"), false},
		{"no status", say("HTTP/1.1 OK 200\r\n"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := accepted(serve(t, tt.talk), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}

	t.Run("nobody listens", func(t *testing.T) {
		addr, err := freeAddr()
		require.NoError(t, err)
		_, err = accepted(addr, "")
		assert.Error(t, err)
	})
}

func TestParsePatterns(t *testing.T) {
	ps, err := parsePatterns("# note\n\n[a group] known\nframe \"<%>\"\nforbidden \"a\\r\\n\"\nvalid \"%41\"\nframe \"%\"\nrisky \"\\x00\"\n")
	require.NoError(t, err)
	assert.Equal(t, []pattern{{"a group", forbidden, "<a\r\n>"}, {"a group", valid, "<%41>"}, {"a group", risky, "\x00"}}, ps)

	for name, text := range map[string]string{
		"no frame":       "[g]\nvalid \"a\"",
		"no group":       "frame \"%\"\nvalid \"a\"",
		"frame of none":  "[g]\nframe \"a\"\nvalid \"a\"",
		"unknown class":  "[g]\nframe \"%\"\nfine \"a\"",
		"unquoted":       "[g]\nframe \"%\"\nvalid a",
		"open quotation": "[g]\nframe \"%\"\nvalid \"a",
	} {
		_, err := parsePatterns(text)
		assert.Error(t, err, name)
	}
}
