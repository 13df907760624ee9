package proxy

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"barewire/parser"
	"barewire/srv"
)

// Proxy is a Handler that passes requests on to one upstream server and its responses back, as they arrive. Make one with New. Its
// exported fields are set before the first request and not changed afterwards. Its methods may be called from any goroutine.
type Proxy struct {
	// Timeout is how long the upstream may take to accept a connection, then for TLS, then to take some more of the request, and then, once
	// it has all of it, to begin its final response; 10 s if zero. A response that has begun may take as long as it likes.
	Timeout time.Duration
	// IdleTime is how long a connection to the upstream is kept for the next request; 30 s if zero. If it is negative, each request has
	// a connection of its own.
	IdleTime time.Duration
	// IdleCount is how many connections are kept so at most; 256 if zero. Those in use are as many as there are requests under way.
	IdleCount int
	// Digest drops the upstream's Content-Length and adds the trailers X-Content-SHA256, in lower-case hex, and
	// X-Content-Length, in decimal, over the content as sent. They are for HTTP/1.1 clients, and for responses that have content.
	Digest bool
	// Via is the name of this hop in the field Via of requests, "barewire" from New on. If it is empty, none is added.
	Via string
	// Forwarded is for the field of that name (RFC 7239), XForwarded for X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto. They tell
	// the upstream the client's address, the Host it asked for, and Scheme.
	Forwarded, XForwarded Forwarding
	// Scheme is by what clients come, "http" if empty.
	Scheme string
	// Upgrade is the protocol that a request may ask to switch to, such as "websocket". If the upstream agrees by 101 (Switching Protocols),
	// octets are carried both ways from then on, until both sides have ended or Close. If it is empty, none is asked for.
	Upgrade string
	// UpgradeCount is how many connections may be upgraded at a time; 1024 if zero. Beyond it, requests are passed on without the offer.
	UpgradeCount int
	// Fail, if set, answers in place of an upstream that has not; the status is set already. It is not called once a response has
	// begun to leave.
	Fail func(w *srv.Response, r *srv.Request, err Error)
	// OnFail, if set, is told of every exchange that the upstream has failed, whether the client could still be answered or not; cause says
	// more than err where more is known, and is nil where not. It must not block.
	OnFail func(r *srv.Request, err Error, cause error)
	// TLS configures connections to an upstream whose URL is https; nil is the default configuration. The server's name and a
	// cache of sessions are added where they are missing, and http/1.1 is the only protocol offered.
	TLS *tls.Config

	https   bool
	addr    string // host:port to dial
	host    string // for the Host field
	prefix  string // of the paths there, without a slash at its end
	config  func() *tls.Config
	pool    pool
	tunnels tunnels
}

// New returns a Proxy for an upstream given by its http or https URL, such as "https://httpbin.org". A path in it is put in front of
// every request's. That confines nothing: dot-segments in a request's path are the upstream's to resolve.
func New(upstream string) (*Proxy, error) {
	u, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	p := &Proxy{https: u.Scheme == "https", host: u.Host, prefix: u.EscapedPath(), Via: "barewire"}
	port := u.Port()
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, &url.Error{Op: "proxy", URL: upstream, Err: errURL}
	case port == "" && p.https:
		port = "443"
	case port == "":
		port = "80"
	}
	for len(p.prefix) > 0 && p.prefix[len(p.prefix)-1] == '/' {
		p.prefix = p.prefix[:len(p.prefix)-1]
	}
	// What is put into every head has to make one that this project would accept.
	var h parser.Head
	h.Reset(parser.Limits{})
	n, err := strconv.ParseUint(port, 10, 16)
	if size, _ := h.Parse([]byte("GET " + p.prefix + "/ HTTP/1.1\r\nHost: " + p.host + "\r\n\r\n")); size == 0 || err != nil || n == 0 {
		return nil, &url.Error{Op: "proxy", URL: upstream, Err: errURL}
	}
	p.addr = net.JoinHostPort(u.Hostname(), port)
	p.config = sync.OnceValue(p.tlsConfig)
	return p, nil
}

var errURL = errors.New("want http://host or https://host, perhaps with port and path, without user, query and fragment")

// tlsConfig returns what TLS says, completed.
func (p *Proxy) tlsConfig() *tls.Config {
	config := &tls.Config{}
	if p.TLS != nil {
		config = p.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(p.addr)
	}
	if config.ClientSessionCache == nil {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	config.NextProtos = []string{"http/1.1"}
	return config
}

func (p *Proxy) timeout() time.Duration {
	if p.Timeout > 0 {
		return p.Timeout
	}
	return 10 * time.Second
}

func (p *Proxy) idleTime() time.Duration {
	if p.IdleTime != 0 {
		return p.IdleTime
	}
	return 30 * time.Second
}

func (p *Proxy) idleCount() int {
	if p.IdleCount > 0 {
		return p.IdleCount
	}
	return 256
}

func (p *Proxy) upgradeCount() int {
	if p.UpgradeCount > 0 {
		return p.UpgradeCount
	}
	return 1024
}

func (p *Proxy) scheme() string {
	if p.Scheme != "" {
		return p.Scheme
	}
	return "http"
}

// ServeHTTP passes one request on. What the trailing wildcard of the route's pattern matched is the path at the
// upstream; without a wildcard the whole path is.
//
// Some requests end here: CONNECT, which is no request to an upstream, with 501; OPTIONS and TRACE that were to be forwarded no further (RFC
// 9110 section 7.6.2), with an empty 200 and 501; TRACE with content, which no client may send (section 9.3.8), with 400.
func (p *Proxy) ServeHTTP(w *srv.Response, r *srv.Request) {
	switch method := r.MethodID(); {
	case method == parser.MethodConnect, method == parser.MethodTrace && hops(r) == 0:
		w.SetStatus(501)
		return
	case method == parser.MethodOptions && hops(r) == 0:
		return
	case method == parser.MethodTrace && r.Content().Size() != 0:
		refuse(w, "400: content in a TRACE request\n")
		return
	case crowded(r.Fields()):
		refuse(w, "400: too much in Connection\n")
		return
	}
	x := exchanges.Get().(*exchange)
	x.p, x.w, x.r = p, w, r
	if x.upgrade = x.reserve(); x.upgrade {
		defer p.tunnels.release()
	}
	if err := x.run(); err != 0 {
		x.fail(err)
	}
	x.release()
}

func refuse(w *srv.Response, why string) {
	w.SetStatus(400)
	w.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteString(why)
}

// fail answers in place of the upstream, or cuts the response off where it is.
func (x *exchange) fail(err Error) {
	if err != errClient && x.p.OnFail != nil {
		x.p.OnFail(x.r, err, x.cause)
	}
	if err == errClient || x.w.Clear() != nil {
		x.w.Abort()
		return
	}
	x.w.SetStatus(err.Status())
	if x.p.Fail != nil {
		x.p.Fail(x.w, x.r, err)
		return
	}
	x.w.Set("Content-Type", "text/plain; charset=utf-8")
	x.w.WriteString(strconv.Itoa(err.Status()) + ": " + err.Text() + "\n")
}
