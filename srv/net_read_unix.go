//go:build unix

package srv

import (
	"io"
	"syscall"

	"barewire/srv/internal/sock"
)

// tryRead reads into a turn, if there is something to read: it is what a RawConn calls each time that the socket has
// become readable, until it returns true. The turn is taken before the read and given back when nothing was there, so that a
// connection that waits has none. Reading before saying "not ready" is a must, since the call itself has used up the
// readiness that was noted.
func (c *netConn) tryRead(fd uintptr) bool {
	t := c.newTurn()
	for {
		n, errno := sock.Recv(int(fd), t.room())
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			putTurn(t)
			return false
		case errno != 0:
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
