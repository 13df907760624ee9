//go:build unix

package srv

import (
	"io"
	"syscall"
)

// tryRead reads into a turn, if there is something to read: it is what a RawConn calls each time that the socket has
// become readable, until it returns true. The turn is taken before the read and given back when nothing was there, so that a
// connection that waits has none. Reading before saying "not ready" is a must, since the call itself has used up the
// readiness that was noted.
func (c *netConn) tryRead(fd uintptr) bool {
	t := c.newTurn()
	for {
		n, err := syscall.Read(int(fd), t.room())
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			putTurn(t)
			return false
		case err != nil:
			c.err = ErrReset
		case n == 0:
			c.err = io.EOF
		default:
			c.err = nil
			t.w += n
		}
		c.t = t
		return true
	}
}
