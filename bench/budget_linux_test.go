package bench

import (
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// counted says that clients can be left out of what is counted for a connection.
const counted = true

// rawClient asks on connections of their own without an allocation. Reading does not block: a thread in a system call would keep a
// processor from the server until the runtime takes it away.
type rawClient struct {
	to   syscall.SockaddrInet4
	in   []byte
	outs [][]byte
	fds  []int
}

// newRawClient makes a client of so many connections at a time.
func newRawClient(to netip.AddrPort, conns int, in string) *rawClient {
	c := &rawClient{to: syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}, in: []byte(in), fds: make([]int, conns)}
	for range conns {
		c.outs = append(c.outs, make([]byte, 0, 4<<10))
	}
	return c
}

// exchange connects and sends, all over, and then reads until the server ends the connections.
func (c *rawClient) exchange() (err error) {
	asked := 0
	for ; asked < len(c.fds) && err == nil; asked++ {
		c.fds[asked], err = c.ask()
	}
	for i, fd := range c.fds[:asked] {
		if err == nil {
			c.outs[i], err = await(fd, c.outs[i][:0])
		}
		syscall.Close(fd)
	}
	return err
}

func (c *rawClient) last() []byte { return c.outs[0] }

func (c *rawClient) ask() (fd int, err error) {
	if fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0); err != nil {
		return -1, err
	}
	if err = syscall.Connect(fd, &c.to); err != nil {
		return fd, err
	}
	if n, err := syscall.Write(fd, c.in); n < len(c.in) {
		return fd, fmt.Errorf("%d octets of %d sent: %w", n, len(c.in), err)
	}
	return fd, syscall.SetNonblock(fd, true)
}

// await reads up to the end.
func await(fd int, out []byte) ([]byte, error) {
	for end := time.Now().Add(patience); ; {
		switch n, err := syscall.Read(fd, out[len(out):cap(out)]); {
		case err == syscall.EAGAIN && time.Now().Before(end):
			time.Sleep(20 * time.Microsecond)
		case err == syscall.EAGAIN:
			return out, os.ErrDeadlineExceeded
		case err != nil || n == 0:
			return out, err
		default:
			out = out[:len(out)+n]
		}
	}
}
