package srv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/srv"
	"barewire/srv/srvtest"
)

type routeFunc func(w *srv.Response, r *srv.Request)

func (f routeFunc) Route(*srv.Request) *srv.Route {
	return &srv.Route{Name: "test", Handler: srv.HandlerFunc(f)}
}

// What has not left can be taken back, even when its head is made.
func TestClear(t *testing.T) {
	tests := []struct {
		name    string
		size    int
		flush   bool
		cleared bool
	}{
		{"nothing written", 0, false, true},
		{"content that is not framed yet", 100, false, true},
		{"content beyond what is framed at once", 20 << 10, false, true},
		{"content beyond what is sent at once", 40 << 10, false, false},
		{"flushed", 0, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &srv.Server{Router: routeFunc(func(w *srv.Response, _ *srv.Request) {
				w.Set("X", "y")
				w.Announce("X-Trailer")
				w.SetTrailer("X-Trailer", []byte("z"))
				w.WriteString(strings.Repeat("x", tt.size))
				if tt.flush {
					w.Flush()
				}
				err := w.Clear()
				if !tt.cleared {
					assert.Equal(t, srv.ErrBegan, err)
					return
				}
				assert.NoError(t, err)
				assert.Zero(t, w.Sent())
				w.SetStatus(502)
				w.WriteString("sorry")
			})}
			const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
			answer := string(srvtest.Do(s, []byte(get+get)))
			if !tt.cleared {
				assert.Equal(t, 2, strings.Count(answer, "\r\n0\r\nX-Trailer: z\r\n\r\n"), "complete all the same")
				return
			}
			for range 2 {
				var one string
				one, answer, _ = strings.Cut(answer, "sorry")
				assert.True(t, strings.HasPrefix(one, "HTTP/1.1 502 ") && strings.HasSuffix(one, "\r\nContent-Length: 5\r\n\r\n"), one)
				assert.NotContains(t, one, "X")
			}
			assert.Empty(t, answer)
		})
	}
}
