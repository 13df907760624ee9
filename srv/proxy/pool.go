package proxy

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// link is a connection to the upstream. It belongs to one exchange or to the pool.
type link struct {
	tcp    *net.TCPConn
	nc     net.Conn        // tcp, or TLS over it
	secure *underTLS       // what TLS is over, nil without TLS
	raw    syscall.RawConn // tcp's
	pooled bool            // it has served a request before this one
	armed  bool            // a deadline for reading is set, or has passed
	since  time.Time       // when it was put into the pool
	access access
	octet  [1]byte // for a look at what TLS has read ahead
}

func newLink(tcp *net.TCPConn) *link {
	l := &link{tcp: tcp, nc: tcp}
	l.raw, _ = tcp.SyscallConn()
	l.access.make()
	return l
}

// asks reports whether ask can be used, on a connection of the pool: TLS may have more to do than to write and to read.
func (l *link) asks() bool { return peeks && l.secure == nil }

// due sets the deadline for reading, and for writing, since TLS may have something to say while it reads. The zero time is none.
func (l *link) due(t time.Time) {
	l.tcp.SetDeadline(t)
	l.armed = !t.IsZero()
}

// underTLS is the connection under TLS.
//
// Over it a FIN is no end: that is a closure alert (RFC 9112 section 9.8). crypto/tls would take a FIN between two records for
// one. And the time that crypto/tls gives an alert to leave, 5 s, is cut to what it takes when there is room for it.
type underTLS struct {
	*net.TCPConn
	closing bool
}

func (c *underTLS) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if err == io.EOF {
		err = ErrBroken
	}
	return n, err
}

func (c *underTLS) SetWriteDeadline(t time.Time) error {
	if c.closing {
		t = time.Now().Add(alertTime)
	}
	return c.TCPConn.SetWriteDeadline(t)
}

const alertTime = 20 * time.Millisecond

// close ends a connection whose exchange is whole: by a FIN, over TLS behind a closure alert (RFC 9112 section 9.8).
func (l *link) close() {
	if l.secure != nil {
		l.secure.closing = true
	}
	l.nc.Close()
}

// reset ends a connection by RST. A FIN may mean no more than that its sender has sent all.
func reset(tcp *net.TCPConn) {
	tcp.SetLinger(0)
	tcp.Close()
}

// past is a deadline that has been reached.
var past = time.Unix(1, 0)

// leftover reports whether TLS has read more than was asked of it: content, or the end.
func (l *link) leftover() bool {
	if l.secure == nil {
		return false
	}
	l.tcp.SetReadDeadline(past)
	l.armed = true
	_, err := l.nc.Read(l.octet[:])
	return !isTimeout(err)
}

// pool holds connections that wait for their next request, the one used last on top. A timer runs while there are any.
type pool struct {
	mu     sync.Mutex
	idle   []*link // by since
	timer  *time.Timer
	timing bool // the timer runs
	closed bool
}

// get returns the connection used last that is still alive, nil if there is none. One that the upstream has closed, or on
// which it has sent what nobody asked for, is closed here, unless the look at that is left to ask.
func (p *Proxy) get(now time.Time, asked bool) *link {
	for {
		p.pool.mu.Lock()
		n := len(p.pool.idle)
		if n == 0 {
			p.pool.mu.Unlock()
			return nil
		}
		l := p.pool.idle[n-1]
		p.pool.idle[n-1] = nil
		p.pool.idle = p.pool.idle[:n-1]
		p.pool.mu.Unlock()
		if now.Sub(l.since) < p.idleTime() && (asked && l.asks() || !l.readable()) {
			l.pooled = true
			return l
		}
		l.close()
	}
}

// put takes a connection that nothing is under way on, and closes it when there is no room for it.
func (p *Proxy) put(l *link) {
	keep := p.idleTime()
	if keep > 0 && !l.leftover() && p.keep(l, keep) {
		return
	}
	l.close()
}

func (p *Proxy) keep(l *link, keep time.Duration) bool {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	l.since = time.Now()
	if p.pool.closed || len(p.pool.idle) >= p.idleCount() {
		return false
	}
	p.pool.idle = append(p.pool.idle, l)
	switch {
	case p.pool.timing:
	case p.pool.timer == nil:
		p.pool.timer = time.AfterFunc(keep, p.sweep)
	default:
		p.pool.timer.Reset(keep)
	}
	p.pool.timing = true
	return true
}

// sweep closes the connections that have waited for too long. It is what the timer calls.
func (p *Proxy) sweep() {
	var old []*link
	p.pool.mu.Lock()
	now, keep, n := time.Now(), p.idleTime(), 0
	for n < len(p.pool.idle) && now.Sub(p.pool.idle[n].since) >= keep {
		n++
	}
	old = append(old, p.pool.idle[:n]...)
	left := copy(p.pool.idle, p.pool.idle[n:])
	clear(p.pool.idle[left:])
	p.pool.idle = p.pool.idle[:left]
	if p.pool.timing = left > 0 && !p.pool.closed; p.pool.timing {
		p.pool.timer.Reset(keep - now.Sub(p.pool.idle[0].since))
	}
	p.pool.mu.Unlock()
	for _, l := range old {
		l.close()
	}
}

// Close closes the connections that wait for a request, and resets those that were upgraded. From then on none is kept. Exchanges under way
// are not touched: they end with their requests.
func (p *Proxy) Close() error {
	p.pool.mu.Lock()
	idle := p.pool.idle
	p.pool.idle, p.pool.closed, p.pool.timing = nil, true, false
	if p.pool.timer != nil {
		p.pool.timer.Stop()
	}
	p.pool.mu.Unlock()
	for _, l := range idle {
		l.close()
	}
	p.tunnels.close()
	return nil
}
