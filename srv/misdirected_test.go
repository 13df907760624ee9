package srv

import (
	"bufio"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Resources of https are served over TLS alone, those of http over anything (RFC 9110 section 7.4).
func TestMisdirected(t *testing.T) {
	tests := []struct {
		name, line string
		secure     bool
		status     int
	}{
		{"https over TLS", "GET https://a/ HTTP/1.1", true, 200},
		{"https over TLS, in capitals", "GET HTTPS://a/ HTTP/1.1", true, 200},
		{"http over TLS", "GET http://a/ HTTP/1.1", true, 200},
		{"no scheme over TLS", "GET / HTTP/1.1", true, 200},
		{"https", "GET https://a/ HTTP/1.1", false, 421},
		{"https in capitals", "GET HTTPS://a/ HTTP/1.1", false, 421},
		{"https in HTTP/1.0", "GET https://a/ HTTP/1.0", false, 421},
		{"https without a path", "OPTIONS https://a HTTP/1.1", false, 421},
		{"http", "GET http://a/ HTTP/1.1", false, 200},
		{"no scheme", "GET /https://a/ HTTP/1.1", false, 200},
		{"no scheme, but an authority as long", "CONNECT https://:80 HTTP/1.1", false, 400},
		{"authority", "CONNECT 12345678:80 HTTP/1.1", false, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &Server{Log: slog.New(slog.DiscardHandler), Router: routerFunc(func(*Request) *Route {
				return &Route{Name: "all", Handler: HandlerFunc(func(*Response, *Request) {})}
			})}
			here, there := net.Pipe()
			if tt.secure {
				server, client := tlsConfigs(t)
				here, there = tls.Client(here, client), tls.Server(there, server)
			}
			served := make(chan error, 1)
			go func() { served <- s.ServeConn(there) }()
			_, err := io.WriteString(here, tt.line+"\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			r, err := http.ReadResponse(bufio.NewReader(here), nil)
			require.NoError(t, err)
			assert.Equal(t, tt.status, r.StatusCode)
			here.Close()
			assert.NoError(t, <-served)
		})
	}
}
