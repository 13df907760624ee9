package srv

import (
	"crypto/tls"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// watcher waits for a reset of a connection. It is made once, since a goroutine begins with a function that is there already, and so
// does a RawConn's Read.
type watcher struct {
	nc    net.Conn
	raw   syscall.RawConn
	run   func()                // awaitReset
	look  func(fd uintptr) bool // reports a reset
	done  chan struct{}         // the end of run
	stop  atomic.Bool           // asks for it
	r     *Request              // whom to tell; nil, to its owner: it does not run
	reset bool
}

// watchReset starts a goroutine that waits for a reset while the handler does something else than read, and ends the request's context
// then. It reads nothing: data and FIN stay where they are, and whether the connection was reset is the socket's pending
// error. unwatchReset ends it, before anything else reads.
func (c *netConn) watchReset(t *turn) {
	if c.watcher == nil {
		c.watcher = newWatcher(c)
	}
	w := c.watcher
	if w.raw == nil {
		return
	}
	w.r = t.req
	w.stop.Store(false)
	c.nc.SetReadDeadline(time.Time{})
	go w.run()
}

func newWatcher(c *netConn) *watcher {
	w := &watcher{nc: c.nc, raw: c.raw, done: make(chan struct{}, 1)}
	if tc, ok := c.nc.(*tls.Conn); ok {
		if nc, ok := tc.NetConn().(*net.TCPConn); ok {
			w.raw, _ = nc.SyscallConn()
		}
	}
	w.run = w.awaitReset
	w.look = func(fd uintptr) bool {
		errno, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
		w.reset = err != nil || errno != 0
		return w.reset
	}
	return w
}

// awaitReset runs until the connection is reset, or until a deadline wakes it after stop was set.
func (w *watcher) awaitReset() {
	defer func() { w.done <- struct{}{} }()
	for {
		w.reset = false
		err := w.raw.Read(w.look)
		if w.reset || err != nil && !isTimeout(err) {
			w.r.lost(ErrReset)
			return
		}
		// Woken by unwatchReset, or by Shutdown, whose deadline is not for this wait. The deadline is taken away before
		// looking at stop: unwatchReset sets that first and its deadline then.
		w.nc.SetReadDeadline(time.Time{})
		if w.stop.Load() {
			return
		}
	}
}

// unwatchReset ends the watcher and waits for it, and reports whether there was one.
func (c *netConn) unwatchReset() bool {
	w := c.watcher
	if w == nil || w.r == nil {
		return false
	}
	w.stop.Store(true)
	c.kick()
	<-w.done
	w.r, c.readSet = nil, false
	return true
}
