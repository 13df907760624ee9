package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/hdr"
	"barewire/srv"
	"barewire/srv/srvtest"
)

// What a handler is given to write may come from anywhere, percent-decoded for example (CVE-2026-45372). Octets that would end
// a field line or change its meaning are an error to the handler, and never leave.
func TestWriters(t *testing.T) {
	values := []string{"a\r\nEvil: 1", "a\nEvil: 1", "a\rEvil: 1", "\r\n\r\nEvil", "Evil\x00", "\nEvil", "Evil\r", "Evil\x01", "Evil\x7f", "Evil\v"}
	names := []string{"Evil\r\nX", "Evil\nX", "Evil\rX", "Evil:", "Evil: X", "Evil X", " Evil", "Evil\t", "Evil\x00", "Evil\xe9", "Evil(", ""}
	setters := []struct {
		name  string
		bad   []string
		apply func(w *srv.Response, bad string) error
	}{
		{"value of Set", values, func(w *srv.Response, v string) error { return w.Set("X", v) }},
		{"value of Add", values, func(w *srv.Response, v string) error { return w.Add("X", v) }},
		{"value of SetBytes", values, func(w *srv.Response, v string) error { return w.SetBytes("X", []byte(v)) }},
		{"value of AddBytes", values, func(w *srv.Response, v string) error { return w.AddBytes([]byte("X"), []byte(v)) }},
		{"value of Content-Type", values, func(w *srv.Response, v string) error { return w.Set("Content-Type", v) }},
		{"value of Content-Length", values, func(w *srv.Response, v string) error { return w.Set("Content-Length", v) }},
		{"value of Connection", values, func(w *srv.Response, v string) error { return w.Set("Connection", v) }},
		{"value of Date", values, func(w *srv.Response, v string) error { return w.Set("Date", v) }},
		{"value of a trailer", values, func(w *srv.Response, v string) error { return w.SetTrailer("X", []byte(v)) }},
		{"value in an interim response", values, func(w *srv.Response, v string) error { return w.Interim(103, hdr.Field{Name: "Link", Value: v}) }},
		{"name of Set", names, func(w *srv.Response, name string) error { return w.Set(name, "v") }},
		{"name of Add", names, func(w *srv.Response, name string) error { return w.Add(name, "v") }},
		{"name of SetBytes", names, func(w *srv.Response, name string) error { return w.SetBytes(name, []byte("v")) }},
		{"name of AddBytes", names, func(w *srv.Response, name string) error { return w.AddBytes([]byte(name), []byte("v")) }},
		{"name of a trailer", names, func(w *srv.Response, name string) error { return w.SetTrailer(name, []byte("v")) }},
		{"announced name", append(values, names...), func(w *srv.Response, name string) error { return w.Announce(name) }},
		{"name in an interim response", names, func(w *srv.Response, name string) error { return w.Interim(103, hdr.Field{Name: name, Value: "v"}) }},
		{"framing field", []string{"Transfer-Encoding", "Trailer", "Keep-Alive", "Proxy-Connection"}, func(w *srv.Response, name string) error { return w.Set(name, "Evil") }},
		{"field that is no trailer", []string{"Content-Length", "Transfer-Encoding", "Host", "Authorization", "Content-Type", "Set-Cookie", "Trailer"},
			func(w *srv.Response, name string) error { return w.SetTrailer(name, []byte("Evil")) }},
		{"framing field in an interim response", []string{"Content-Length", "Transfer-Encoding", "Connection"},
			func(w *srv.Response, name string) error { return w.Interim(103, hdr.Field{Name: name, Value: "Evil"}) }},
	}
	for _, s := range setters {
		t.Run(s.name, func(t *testing.T) {
			for _, bad := range s.bad {
				server := &srv.Server{Log: slog.New(slog.DiscardHandler), Router: serves200(func(w *srv.Response) {
					assert.Error(t, s.apply(w, bad), "%q", bad)
					io.WriteString(w, "fine")
				})}
				answer := string(srvtest.Do(server, []byte(get())))
				assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n"), "%q", answer)
				assert.True(t, strings.HasSuffix(answer, "\r\n\r\nfine"), "%q", answer)
				assert.NotContains(t, answer, "Evil")
			}
		})
	}
}

// serves200 is a Router with one handler.
type serves200 func(w *srv.Response)

func (f serves200) Route(*srv.Request) *srv.Route {
	return &srv.Route{Name: "f", Handler: srv.HandlerFunc(func(w *srv.Response, _ *srv.Request) { f(w) })}
}
