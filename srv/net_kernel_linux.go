package srv

import "syscall"

// kernelSender is the state of what the kernel sends by itself on a connection of the net engine. It is kept with the connection so
// that nothing is allocated for it.
type kernelSender struct {
	fn   func(fd uintptr) bool
	from int
	off  int64
	size int64
	sent int
	err  error
}

// step is called each time that the socket has room.
func (s *kernelSender) step(fd uintptr) bool {
	s.sent, s.err = kernelSend(int(fd), s.from, s.off, s.size)
	return s.err != syscall.EAGAIN
}

func (c *netConn) splices() bool { return c.raw != nil }

func (c *netConn) kernel(t *turn, from int, off, n int64) (sent int64, err error) {
	if c.raw == nil {
		return 0, errCopy
	}
	s := &c.sender
	if s.fn == nil {
		s.fn = s.step
	}
	s.from, s.off = from, off
	for sent < n {
		s.size, s.sent, s.err = n-sent, 0, nil
		c.clock(t)
		before := t.now
		c.arm(t, sendDue)
		c.armWrite(c.due)
		err := c.raw.Write(s.fn)
		if s.sent == 0 && isTimeout(err) {
			c.lastTry()
			err = c.raw.Write(s.fn)
		}
		c.clock(t)
		sent += int64(s.sent)
		if s.off >= 0 {
			s.off += int64(s.sent)
		}
		switch {
		case !c.sendRate.add(t.now-before, s.sent, t.s.bounds.rateTime):
			return sent, ErrSendTimeout
		case isTimeout(err):
			c.writeSet = false
		case err != nil:
			return sent, ErrReset
		case s.err != nil: // the kernel cannot send this, or something is wrong with one of the two: copying tells
			return sent, errCopy
		case s.sent == 0: // the end of the file
			return sent, nil
		}
	}
	return sent, nil
}
