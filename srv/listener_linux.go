//go:build amd64 || arm64

package srv

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// loopListener is a listening socket, which all loops wait for. Of threads that wait in epoll_wait the kernel would wake only one, as
// EPOLLEXCLUSIVE asks; of loops that wait by the runtime's poller it wakes all, and the others find nothing. A busy loop is not woken at all.
type loopListener struct {
	mu sync.RWMutex // accepting holds it for reading, closing for writing
	fd int          // -1: closed
}

const (
	acceptMax      = 16 // connections that a loop accepts at a time
	epollExclusive = 1 << 28
	epollET        = 1 << 31

	// edges is what a connection is registered for, once.
	edges = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | epollET
)

// inherit sets on a listening socket what net sets on each connection. Connections inherit it, but for those that have come before: so
// it is set before anybody can.
func inherit(_, _ string, raw syscall.RawConn) (err error) {
	failed := raw.Control(func(fd uintptr) {
		for _, o := range []struct{ level, name, value int }{
			{syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1},
			{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1},
			{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 15},
			{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 15},
		} {
			err = errors.Join(err, syscall.SetsockoptInt(int(fd), o.level, o.name, o.value))
		}
	})
	return errors.Join(err, failed)
}

// newLoopListener takes the socket of a net.TCPListener, which it closes.
func newLoopListener(l net.Listener) (*loopListener, error) {
	defer l.Close()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return nil, err
	}
	ls := &loopListener{fd: -1}
	var failed error
	err = raw.Control(func(fd uintptr) { ls.fd, failed = duplicate(int(fd)) })
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return ls, nil
}

func (ls *loopListener) close() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.fd >= 0 {
		syscall.Close(ls.fd)
		ls.fd = -1
	}
}

// listen has all loops wait for connections, unless they do, or the server drains.
func (e *loopEngine) listen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.listening && !e.s.draining.Load() {
		e.listening = true
		e.control(syscall.EPOLL_CTL_ADD)
	}
}

// unlisten ends that.
func (e *loopEngine) unlisten() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listening {
		e.listening = false
		e.control(syscall.EPOLL_CTL_DEL)
	}
}

func (e *loopEngine) control(op int) {
	for _, l := range e.loops {
		for i, ls := range e.listeners {
			syscall.EpollCtl(l.poller.ep, op, ls.fd, &syscall.EpollEvent{Events: syscall.EPOLLIN | epollExclusive, Fd: int32(i), Pad: markListener})
		}
	}
}

// relisten is called when a connection has ended: if there were too many, there is room now.
func (e *loopEngine) relisten() {
	if e.full.Load() && e.full.CompareAndSwap(true, false) {
		e.listen()
	}
}

// accept accepts a few connections from a listener.
func (e *loopEngine) accept(l *loop, index int32) {
	ls := e.listeners[index]
	ls.mu.RLock()
	defer ls.mu.RUnlock()
	for range acceptMax {
		if ls.fd < 0 || !e.acceptOne(l, ls) {
			return
		}
	}
}

// acceptOne accepts a connection, and reports whether there may be another.
func (e *loopEngine) acceptOne(l *loop, ls *loopListener) bool {
	s := e.s
	if !s.reserve() {
		e.unlisten()
		e.full.Store(true)
		if s.hasRoom() { // a connection has ended meanwhile, and has not seen that
			e.relisten()
		}
		return false
	}
	var sa syscall.RawSockaddrInet6
	fd, errno := rawAccept(int32(ls.fd), &sa)
	if errno == 0 {
		if e.failing.Load() {
			e.recovered()
		}
		e.adopt(l, fd, peerOf(&sa))
		return true
	}
	s.release()
	switch errno {
	case syscall.EAGAIN:
		return false
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM:
		e.backOff(errno)
		return false
	case syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK, syscall.EFAULT:
		e.fail(errno)
		return false
	}
	return true // the connection is gone, or its network: the next may be better
}

// backOff stops accepting for a while: the process is out of descriptors or memory, and trying at once again would spin. Connections that
// end give some back.
func (e *loopEngine) backOff(errno syscall.Errno) {
	e.unlisten()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listening || e.retry != nil {
		return
	}
	s := e.s
	e.failing.Store(true)
	e.pause = min(max(2*e.pause, 5*time.Millisecond), time.Second)
	if skipped, ok := s.acceptLog.allowed(s.tick()); ok {
		s.log().Error("accept failed", slog.String("error", errno.Error()), slog.Duration("pause", e.pause), slog.Uint64("skipped", skipped))
	}
	e.retry = time.AfterFunc(e.pause, func() {
		e.mu.Lock()
		e.retry = nil
		e.mu.Unlock()
		e.listen()
	})
}

// recovered is called when accepting has worked again.
func (e *loopEngine) recovered() {
	e.failing.Store(false)
	e.mu.Lock()
	e.pause = 0
	e.mu.Unlock()
}

// adopt makes a connection of a socket, and gives it to the loop with fewer of them: this one, or another.
func (e *loopEngine) adopt(l *loop, fd int32, peer peer) {
	s := e.s
	if !s.admitAddr(peer.addr()) {
		rawClose(fd)
		s.release()
		return
	}
	if other := e.loops[e.next.Add(1)%uint32(len(e.loops))]; other.conns.Load() < l.conns.Load() {
		l = other
	}
	l.sum.accepted.Add(1)
	l.conns.Add(1)
	c := e.table.grow(fd)
	gen := c.word.open()
	c.conn = conn{due: s.tick() + s.bounds.headTime}
	c.loop, c.peer = l, peer
	l.closing.Lock() // until its events come, its deadline closes it no more than that
	defer l.closing.Unlock()
	for rested := false; !rested; {
		if s.draining.Load() {
			c.due = s.lastDue(&c.conn, s.tick())
		}
		if l.wheel.set(c, c.due) {
			l.wake()
		}
		rested, _ = c.word.rest(false)
	}
	if l.poller.control(syscall.EPOLL_CTL_ADD, int(fd), edges, int32(gen)) != nil {
		syscall.Shutdown(int(fd), syscall.SHUT_RDWR) // out of memory, or of watches: the deadline closes it
	}
}
