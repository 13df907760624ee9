package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// dial makes a connection to the upstream and holds it. Of several addresses that the upstream's name has, the first that answers is taken
// (RFC 8305). What this allocates serves many requests.
func (x *exchange) dial() Error {
	timeout := x.p.timeout()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	x.mu.Lock()
	x.stop = cancel
	if x.gone {
		cancel()
	}
	x.mu.Unlock()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", x.p.addr)
	x.mu.Lock()
	x.stop = nil
	x.mu.Unlock()
	if err != nil {
		return x.unreached(err)
	}
	l := newLink(nc.(*net.TCPConn))
	x.hold(l)
	if x.p.https {
		l.secure = &underTLS{TCPConn: l.tcp}
		tc := tls.Client(l.secure, x.p.config())
		l.nc = tc
		l.due(time.Now().Add(timeout))
		if err := tc.Handshake(); err != nil {
			x.phase = inHead
			x.drop()
			return x.unreached(err)
		}
	}
	return 0
}

// unreached tells an upstream that says no, or is not there, from one that says nothing (RFC 9110 sections 15.6.3 and 15.6.5).
func (x *exchange) unreached(err error) Error {
	x.cause = err
	if isTimeout(err) {
		return ErrSilent
	}
	return ErrDial
}
