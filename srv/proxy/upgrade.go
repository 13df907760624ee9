package proxy

import (
	"io"
	"net"
	"sync"
	"time"

	"barewire/hdr"
)

// tunnels are the connections that have been upgraded.
type tunnels struct {
	mu     sync.Mutex
	count  int // with those that may become one
	closed bool
	first  *tunnel
}

// tunnel carries octets of another protocol both ways.
type tunnel struct {
	client, upstream net.Conn
	prev, next       *tunnel
}

var upgrade = []byte("upgrade")

// reserve reports whether the request may offer the protocol to the upstream. Until release there is room for its tunnel.
func (x *exchange) reserve() bool {
	p, r := x.p, x.r
	fields := r.Fields()
	if p.Upgrade == "" || r.Minor() == 0 || r.Content().Size() != 0 ||
		!nominated(fields, upgrade) || !fields.HasToken(hdr.Upgrade, p.Upgrade) {
		return false
	}
	p.tunnels.mu.Lock()
	defer p.tunnels.mu.Unlock()
	if p.tunnels.closed || p.tunnels.count >= p.upgradeCount() {
		return false
	}
	p.tunnels.count++
	return true
}

func (t *tunnels) release() {
	t.mu.Lock()
	t.count--
	t.mu.Unlock()
}

// switches takes 101 (Switching Protocols), whose head has n octets.
func (x *exchange) switches(n int) Error {
	fields := x.head.Fields(x.unread())
	if !x.upgrade || !x.complete || fields.Repeated(hdr.Upgrade) || !hdr.EqualFold(fields.ByID(hdr.Upgrade), x.p.Upgrade) {
		return ErrSwitch
	}
	x.out = append(x.out[:0], "HTTP/1.1 101 Switching Protocols\r\n"...)
	for i := range fields.Len() {
		if name, value := fields.At(i); passes(fields, name, notReturned) {
			x.out = append(append(append(append(x.out, name...), ": "...), value...), "\r\n"...)
		}
	}
	x.out = append(append(x.out, "Connection: upgrade\r\nUpgrade: "...), x.p.Upgrade...)
	x.out = append(x.out, "\r\n\r\n"...)
	x.from += n
	x.out = append(x.out, x.unread()...) // which are of the new protocol
	x.phase = switched
	return 0
}

// tunnel takes both connections away from HTTP and carries octets until both directions have ended. The end of one is passed on as such; an
// error, a reset above all, ends both.
func (x *exchange) tunnel() Error {
	client, early, err := x.w.Hijack()
	if err != nil {
		return errClient
	}
	l := x.link
	x.mu.Lock()
	x.link, x.tcp = nil, nil
	x.mu.Unlock()
	l.due(time.Time{})
	t := &tunnel{client: client, upstream: l.nc}
	if !x.p.tunnels.add(t) {
		t.cut()
		return 0
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		t.carry(client, x.out, l.nc)
	}()
	t.carry(l.nc, early, client)
	<-back
	x.p.tunnels.remove(t)
	client.Close()
	l.close()
	return 0
}

// carry writes some octets and then copies, between two sockets within the kernel.
func (t *tunnel) carry(to net.Conn, first []byte, from net.Conn) {
	_, err := to.Write(first)
	if err == nil {
		_, err = io.Copy(to, from)
	}
	if half, ok := to.(interface{ CloseWrite() error }); err != nil || !ok || half.CloseWrite() != nil {
		t.cut()
	}
}

// cut ends both connections, by resets where there are such.
func (t *tunnel) cut() {
	for _, nc := range []net.Conn{t.client, t.upstream} {
		if below, ok := nc.(interface{ NetConn() net.Conn }); ok {
			nc = below.NetConn()
		}
		if s, ok := nc.(*underTLS); ok {
			nc = s.TCPConn
		}
		if tcp, ok := nc.(*net.TCPConn); ok {
			reset(tcp)
		} else {
			nc.Close()
		}
	}
}

func (t *tunnels) add(n *tunnel) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	if n.next = t.first; n.next != nil {
		n.next.prev = n
	}
	t.first = n
	return true
}

func (t *tunnels) remove(n *tunnel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n.next != nil {
		n.next.prev = n.prev
	}
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		t.first = n.next
	}
}

// close cuts all tunnels, which remove themselves then.
func (t *tunnels) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for n := t.first; n != nil; n = n.next {
		n.cut()
	}
}
