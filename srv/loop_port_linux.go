//go:build amd64 || arm64

package srv

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"barewire/srv/internal/sock"
)

// A runner is the port of the connection that it serves.

// readClock reads the clock, once for each batch of events.
func (p *runner) readClock() {
	now := time.Now()
	p.now, p.unix = tick(now.Sub(epoch)/time.Millisecond), now.Unix()
}

// clock gives the leader the time of the batch. Who has left the loop serves requests that may have waited since.
func (p *runner) clock(t *turn) {
	if !p.stillLeads() {
		p.readClock()
	}
	t.now, t.unix = p.now, p.unix
}

func (p *runner) recv(t *turn) error {
	c := p.c
	if c.have&(evRead|evFIN|evError) == 0 {
		if c.have |= c.word.take(); c.have&(evRead|evFIN|evError) == 0 {
			return errWait
		}
	}
	if p.l.e.killed.Load() {
		return ErrReset
	}
	room := t.room()
	n, errno := sock.Recv(int(c.fd), room)
	switch {
	case errno == syscall.EAGAIN:
		c.have &^= evRead | evFIN | evError
		return errWait
	case errno == syscall.EINTR:
		return nil
	case errno != 0:
		return ErrReset
	case n == 0:
		return io.EOF
	}
	t.w += n
	if n < len(room) && c.have&(evFIN|evError) == 0 {
		c.have &^= evRead // it was all that there is; what comes from now on is reported
	}
	return nil
}

func (p *runner) send(t *turn) error {
	c := p.c
	if p.l.e.killed.Load() {
		return ErrReset
	}
	n, errno := sock.Send(int(c.fd), t.pending())
	switch {
	case errno == syscall.EAGAIN:
		return errWait
	case errno == syscall.EINTR:
		return nil
	case errno != 0:
		return ErrReset
	}
	t.took(n)
	if p.sent += n; p.sent >= turnOut && c.phase == phaseActive {
		p.detach(t)
	}
	return nil
}

func (p *runner) wait(t *turn, w want) error {
	p.detach(t)
	c := p.c
	p.use(t)
	for {
		if w == wantRead && t.content.attention.Load() == woken {
			return ErrWoken
		}
		p.arm(c)
		parked, had := c.word.park(w == wantWrite)
		if parked {
			<-t.wake
			had = c.word.take()
		}
		c.have |= had &^ (evWrite | evLook)
		p.clock(t)
		switch {
		case p.l.e.killed.Load():
			return ErrReset
		case w == wantWrite && had&(evWrite|evError) != 0, w == wantRead && c.have&(evRead|evFIN|evError) != 0:
			return nil
		case t.now.reached(c.due):
			return errTimeout
		}
	}
}

// wake has the owner look, as a deadline does.
func (p *runner) wake(*turn) {
	c := p.c
	gen, _ := c.word.state()
	if r, _, _ := c.word.report(gen, evLook); r == reportWake {
		c.x.wake <- struct{}{}
	}
}

// arm makes sure that somebody looks at the connection at its deadline.
func (p *runner) arm(c *loopConn) {
	if c.loop.wheel.set(c, c.due) {
		c.loop.wake()
	}
}

func (p *runner) splices() bool { return true }

func (p *runner) kernel(t *turn, from int, off, n int64) (sent int64, err error) {
	c, window := p.c, t.s.bounds.rateTime
	for sent < n {
		p.clock(t)
		c.arm(t, sendDue)
		before := t.now
		k, errno := kernelSend(int(c.fd), from, off, n-sent)
		p.clock(t)
		switch {
		case errno == syscall.EAGAIN:
			if !c.sendRate.add(t.now-before, 0, window) {
				return sent, ErrSendTimeout
			}
			before = t.now
			err := p.wait(t, wantWrite)
			c.sendRate.wait(t.now - before)
			if err != nil && err != errTimeout {
				return sent, err
			}
			continue // what is sent now counts
		case errno == syscall.EPIPE, errno == syscall.ECONNRESET:
			return sent, ErrReset
		case errno != nil: // the kernel cannot send this: copying tells whether it can be read
			return sent, errCopy
		case k == 0: // the end of the file
			return sent, nil
		}
		sent += int64(k)
		if off >= 0 {
			off += int64(k)
		}
		if !c.sendRate.add(t.now-before, k, window) {
			return sent, ErrSendTimeout
		}
	}
	return sent, nil
}

func (p *runner) closeWrite(*turn) error { return syscall.Shutdown(int(p.c.fd), syscall.SHUT_WR) }

func (p *runner) abort(*turn) {
	syscall.SetsockoptLinger(int(p.c.fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
}

func (p *runner) addr() netip.AddrPort { return netip.AddrPortFrom(p.c.peer.addr(), p.c.peer.port) }

// watch has whoever reports trouble tell the handler; see loopEngine.tell. Trouble that was reported before is told here.
func (p *runner) watch(t *turn) {
	c := p.c
	p.use(t)
	c.word.watch(true)
	if (c.have|c.word.noted())&evError != 0 {
		t.req.lost(ErrReset)
	} else if err := context.Cause(t.s.base); err != nil {
		t.req.lost(err)
	}
}

func (p *runner) unwatch(*turn) {
	e := p.l.e
	e.watchMu.Lock()
	p.c.word.watch(false)
	e.watchMu.Unlock()
}

// use makes the turn the one that others find.
func (p *runner) use(t *turn) {
	if p.c.x != t {
		p.c.x = t
	}
}

// hijack takes the socket out of the loop first, and then makes a net.Conn of it. A descriptor of something else stays behind in its
// place, so that nobody gets that place in the table before the handler has returned.
func (p *runner) hijack(t *turn) (net.Conn, error) {
	p.detach(t)
	c := p.c
	q := &c.loop.poller
	if err := q.control(syscall.EPOLL_CTL_DEL, int(c.fd), 0, 0); err != nil {
		return nil, err
	}
	nc, err := netConnOf(int(c.fd))
	if err == nil {
		err = syscall.Dup3(c.loop.e.placeholder, int(c.fd), syscall.O_CLOEXEC)
	}
	if err != nil {
		if nc != nil {
			nc.Close()
		}
		gen, _ := c.word.state()
		return nil, errors.Join(err, q.control(syscall.EPOLL_CTL_ADD, int(c.fd), edges, int32(gen)))
	}
	c.hijacked = true
	p.l.e.s.forget(c.peer.addr())
	return nc, nil
}

// netConnOf makes a net.Conn of a socket, with descriptors of its own.
func netConnOf(fd int) (net.Conn, error) {
	fd, err := duplicate(fd)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "")
	defer f.Close()
	return net.FileConn(f)
}
