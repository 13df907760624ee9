package srv

import (
	"os"
	"syscall"
)

// filePiece is how much of a file one system call sends, so that progress is seen and deadlines are kept.
const filePiece = 1 << 20

// fileSender is the state of a file on its way out by sendfile(2). It is kept with the connection so that nothing is allocated for it.
type fileSender struct {
	fn    func(fd uintptr) bool
	file  int
	off   int64
	size  int
	sent  int
	errno error
}

// step is called each time that the socket has room.
func (s *fileSender) step(fd uintptr) bool {
	for {
		s.sent, s.errno = syscall.Sendfile(int(fd), s.file, &s.off, s.size)
		if s.errno != syscall.EINTR {
			break
		}
	}
	s.sent = max(s.sent, 0) // an error is -1
	return s.errno != syscall.EAGAIN
}

func (c *netConn) file(t *turn, f *os.File, off, n int64) (int64, error) {
	if c.raw == nil {
		return t.copyFile(f, off, n)
	}
	s := &c.sender
	if s.fn == nil {
		s.fn = s.step
	}
	s.file, s.off = int(f.Fd()), off
	for sent := int64(0); ; {
		if sent == n {
			return sent, nil
		}
		s.size, s.sent, s.errno = int(min(n-sent, filePiece)), 0, nil
		c.clock(t)
		before := t.now
		c.arm(t, sendDue)
		c.armWrite(c.due)
		err := c.raw.Write(s.fn)
		c.clock(t)
		sent += int64(s.sent)
		switch {
		case !c.sendRate.add(t.now-before, s.sent, t.s.bounds.rateTime):
			return sent, ErrSendTimeout
		case isTimeout(err):
			c.writeSet = false
		case err != nil:
			return sent, ErrReset
		case s.errno != nil: // the kernel cannot send this file, or something is wrong with one of the two: copying tells
			k, err := t.copyFile(f, off+sent, n-sent)
			return sent + k, err
		case s.sent == 0: // the end of the file
			return sent, nil
		}
	}
}
