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
		x.cause = err
		return ErrDial
	}
	l := newLink(nc.(*net.TCPConn))
	x.hold(l)
	if x.p.https {
		l.secure = &underTLS{TCPConn: l.tcp}
		tc := tls.Client(l.secure, x.p.config())
		l.nc = tc
		l.due(time.Now().Add(timeout))
		if err := tc.Handshake(); err != nil {
			x.cause = err
			x.phase = inHead
			x.drop()
			return ErrDial
		}
	}
	return 0
}
