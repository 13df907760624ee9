package srv

import (
	"crypto/tls"
	"net"
	"syscall"
	"time"
)

// watchReset starts a goroutine that waits for a reset while the handler does something else than read, and ends the request's context
// then. It reads nothing: data and FIN stay where they are, and whether the connection was reset is the socket's pending
// error. unwatchReset ends it, before anything else reads.
func (c *netConn) watchReset(t *turn) {
	raw := c.raw
	if tc, ok := c.nc.(*tls.Conn); ok {
		if nc, ok := tc.NetConn().(*net.TCPConn); ok {
			raw, _ = nc.SyscallConn()
		}
	}
	if raw == nil {
		return
	}
	c.watcher, c.unwatched = make(chan struct{}), make(chan struct{})
	c.nc.SetReadDeadline(time.Time{})
	go awaitReset(raw, c.nc, t.req, c.unwatched, c.watcher)
}

// awaitReset runs until the connection is reset, or until a deadline wakes it after stop was closed.
func awaitReset(raw syscall.RawConn, nc net.Conn, r *Request, stop <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	for reset := false; ; {
		err := raw.Read(func(fd uintptr) bool {
			errno, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
			reset = err != nil || errno != 0
			return reset
		})
		if reset || err != nil && !isTimeout(err) {
			r.lost(ErrReset)
			return
		}
		// Woken by unwatchReset, or by Shutdown, whose deadline is not for this wait. The deadline is taken away before
		// looking at stop: unwatchReset closes that first and sets its deadline then.
		nc.SetReadDeadline(time.Time{})
		select {
		case <-stop:
			return
		default:
		}
	}
}

// unwatchReset ends the watcher and waits for it.
func (c *netConn) unwatchReset() {
	if c.watcher == nil {
		return
	}
	close(c.unwatched)
	c.kick()
	<-c.watcher
	c.watcher, c.readSet = nil, false
}
