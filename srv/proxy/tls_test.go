package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// secure returns the URL of an upstream over TLS, and what trusts it.
func secure(t *testing.T, h http.HandlerFunc) (url string, trusting *tls.Config) {
	noLeaks(t)
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.URL, &tls.Config{RootCAs: roots}
}

func TestTLS(t *testing.T) {
	resumed := make(chan bool, 2)
	url, config := secure(t, func(w http.ResponseWriter, r *http.Request) {
		resumed <- r.TLS.DidResume
		assert.Equal(t, "http/1.1", r.TLS.NegotiatedProtocol)
		assert.Equal(t, "/x", r.URL.String())
		w.Header().Set("Trailer", "X-A")
		io.Copy(w, r.Body)
		w.Header().Set("X-A", "b")
	})
	p := newProxy(t, url)
	p.Digest = true
	p.TLS = config
	addr := serve(t, p)
	for i := range 2 {
		c := dial(t, addr)
		c.send("POST /httpbin/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
		r, content, err := c.response("POST")
		require.NoError(t, err)
		assert.Equal(t, []any{200, "hello", "b", "5"}, []any{r.StatusCode, content, r.Trailer.Get("X-A"), r.Trailer.Get("X-Content-Length")})
		assert.Equal(t, i > 0, <-resumed, "sessions are resumed")
	}
	assert.Nil(t, config.ClientSessionCache, "the caller's configuration is left alone")
}

func TestTLSFails(t *testing.T) {
	url, config := secure(t, func(http.ResponseWriter, *http.Request) { t.Error("a request has come through") })
	wrongName := config.Clone()
	wrongName.ServerName = "other.example"
	tests := []struct {
		name, url string
		config    *tls.Config
	}{
		{"unknown authority", url, nil},
		{"another name", url, wrongName},
		{"no TLS there", strings.Replace(upstream(t, func(u *peer) { u.send("HTTP/1.1 400 Bad Request\r\n\r\n"); u.rest() }), "http", "https", 1), config},
		{"silent", strings.Replace(upstream(t, func(u *peer) { u.rest() }), "http", "https", 1), config},
		{"nobody listens", strings.Replace(refusing(t), "http", "https", 1), config},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProxy(t, tt.url)
			p.TLS = tt.config
			if tt.name == "silent" {
				p.Timeout = 100 * time.Millisecond
			}
			answer, fin := do(t, serve(t, p), get)
			assert.True(t, fin)
			want := ErrDial
			if tt.name == "silent" {
				want = ErrSilent
			}
			assert.True(t, strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d ", want.Status())), answer)
			assert.True(t, strings.HasSuffix(answer, fmt.Sprintf("\r\n\r\n%d: %s\n", want.Status(), want.Text())), answer)
		})
	}
}

// secureScript is upstream over TLS. raw is the TCP connection below.
func secureScript(t *testing.T, script func(u *peer, raw net.Conn)) (url string, trusting *tls.Config) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	url = upstream(t, func(u *peer) {
		tc := tls.Server(&underTLS{TCPConn: u.Conn.(*net.TCPConn)}, &tls.Config{Certificates: s.TLS.Certificates})
		script(newPeer(t, tc), u.Conn)
	})
	return strings.Replace(url, "http", "https", 1), &tls.Config{RootCAs: roots}
}

// Over TLS the end of close-delimited content is the closure alert. A FIN alone may come from anybody.
func TestTLSTruncation(t *testing.T) {
	const sized, closing = "Content-Length: 5\r\n\r\n", "\r\n"
	tests := []struct {
		name, framing string
		end           func(u *peer, raw net.Conn)
		whole         bool
	}{
		{"close-delimited, alert", closing, func(u *peer, _ net.Conn) { u.Conn.Close() }, true},
		{"close-delimited, no alert", closing, func(_ *peer, raw net.Conn) { raw.Close() }, false},
		{"close-delimited, reset", closing, func(_ *peer, raw net.Conn) { reset(raw.(*net.TCPConn)) }, false},
		{"Content-Length, no alert", sized, func(_ *peer, raw net.Conn) { raw.Close() }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			arrived := make(chan struct{})
			url, config := secureScript(t, func(u *peer, raw net.Conn) {
				u.head()
				u.send("HTTP/1.1 200 OK\r\n" + tt.framing + "hell")
				<-arrived
				u.send("o")
				tt.end(u, raw)
			})
			p := newProxy(t, url)
			p.TLS, p.Digest = config, true
			p.Fail = func(*srv.Response, *srv.Request, Error) { t.Error("a page was made for a response that has begun") }
			c := dial(t, serve(t, p))
			c.send(get)
			c.head()
			c.expect("4\r\nhell\r\n")
			close(arrived)
			rest, _ := c.rest()
			_, trailers, whole := chunks(t, rest)
			assert.Equal(t, tt.whole, whole, "%q", rest)
			if tt.whole {
				assert.Equal(t, trailersOf("hello"), trailers)
			}
		})
	}
}

// Over TLS a cancelled wait and an answer while the request is sent are as over TCP, and a whole exchange ends with the alert.
func TestTLSEnds(t *testing.T) {
	t.Run("alert", func(t *testing.T) {
		ended := make(chan error, 1)
		url, config := secureScript(t, func(u *peer, _ net.Conn) {
			u.head()
			u.send("HTTP/1.1 204 No Content\r\n\r\n")
			_, err := u.r.ReadByte()
			ended <- err
		})
		p := newProxy(t, url)
		p.TLS = config
		do(t, serve(t, p), get)
		assert.Equal(t, io.EOF, <-ended)
	})
	t.Run("reset by the client", func(t *testing.T) {
		var c *peer
		ended := make(chan struct{})
		url, config := secureScript(t, func(u *peer, _ net.Conn) {
			u.head()
			c.reset()
			u.rest()
			close(ended)
		})
		p := newProxy(t, url)
		p.TLS = config
		c = dial(t, serve(t, p))
		c.send(get)
		<-ended
	})
	t.Run("reset by the client in the handshake", func(t *testing.T) {
		var c *peer
		ended := make(chan struct{})
		url := upstream(t, func(u *peer) {
			u.take(5) // of the ClientHello
			c.reset()
			u.rest()
			close(ended)
		})
		p := newProxy(t, strings.Replace(url, "http", "https", 1))
		p.Timeout = 1000 * patience
		p.Fail = func(*srv.Response, *srv.Request, Error) { t.Error("an answer for nobody") }
		c = dial(t, serve(t, p))
		c.send(get)
		<-ended
	})
	t.Run("answer that nobody awaits, upload stuck", func(t *testing.T) {
		url, config := secureScript(t, func(u *peer, _ net.Conn) {
			u.head()
			u.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much")
			<-u.t.Context().Done()
		})
		p := newProxy(t, url)
		p.TLS = config
		c := dial(t, serve(t, p))
		go func() {
			io.WriteString(c.Conn, "PUT /httpbin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n")
			for err, b := error(nil), make([]byte, 1<<16); err == nil; {
				_, err = c.Conn.Write(b)
			}
		}()
		r, content, err := c.response("PUT")
		require.NoError(t, err)
		assert.Equal(t, []any{413, "too much"}, []any{r.StatusCode, content})
	})
}
