//go:build linux || darwin || freebsd

package proxy

import (
	"io"
	"net"
	"os"
	"syscall"

	"barewire/srv/internal/sock"
)

// peeks says that readable knows, and ask asks.
const peeks = true

// access is what is done with a connection's descriptor. Its functions are made once, so that nothing is allocated for a call.
type access struct {
	look, push func(fd uintptr)
	ask        func(fd uintptr) (done bool)
	idle       bool   // look has found neither octets nor an end nor an error
	asked      bool   // ask has written all of out, and waits
	octet      []byte // what look has looked at
	out        []byte // what push and ask take from
	in         []byte // where ask puts what comes
	n          int    // how much that is
	err        error
}

func (a *access) make() {
	a.octet = make([]byte, 1)
	a.look = func(fd uintptr) {
		for {
			_, errno := sock.Peek(int(fd), a.octet)
			if errno != syscall.EINTR {
				a.idle = errno == syscall.EAGAIN
				return
			}
		}
	}
	a.push = func(fd uintptr) {
		for len(a.out) > 0 {
			n, errno := sock.Send(int(fd), a.out)
			switch errno {
			case 0:
				a.out = a.out[n:]
			case syscall.EINTR:
			case syscall.EAGAIN:
				return
			default:
				a.err = errno
				return
			}
		}
	}
	a.ask = func(fd uintptr) (done bool) {
		if !a.asked {
			if a.look(fd); a.idle {
				a.push(fd)
			}
			a.asked = len(a.out) == 0
			return !a.asked
		}
		for {
			n, errno := sock.Recv(int(fd), a.in)
			switch {
			case errno == syscall.EINTR:
				continue
			case errno == syscall.EAGAIN:
				return false
			case errno != 0:
				a.err = errno
			case n == 0:
				a.err = io.EOF
			default:
				a.n = n
			}
			return true
		}
	}
}

// readable reports whether a read would not have to wait: there are octets, or the end, or an error.
func (l *link) readable() bool {
	l.access.idle = false
	return l.raw.Control(l.access.look) != nil || !l.access.idle
}

// push writes what the socket takes at once, and returns the rest. TLS would have to wait, and so pushes nothing.
func (l *link) push(out []byte) (rest []byte, err error) {
	if l.secure != nil {
		return out, nil
	}
	l.access.out, l.access.err = out, nil
	err = l.raw.Control(l.access.push)
	rest, l.access.out = l.access.out, nil
	if err == nil {
		err = l.access.err
	}
	return rest, err
}

// ask sends a request on a connection that nothing is under way on, and reads the start of its response. It is a look, a Write and a Read
// in one, with a system call less: no read has to be tried right behind the write, when there is nothing yet. What became ready before the
// call is forgotten by Go's poller, and it is the look, after that, that sees it; what becomes ready later ends the wait.
//
// stale says that nothing was sent, since the connection has ended or has something to say already. If there is a rest, it
// cannot be sent without waiting, or not at all, and nothing was read.
func (l *link) ask(out, in []byte) (rest []byte, got arrival, stale bool) {
	a := &l.access
	a.idle, a.asked, a.out, a.in, a.n, a.err = false, false, out, in, 0, nil
	err := l.raw.Read(a.ask)
	rest, a.out, a.in = a.out, nil, nil
	if errno, ok := a.err.(syscall.Errno); ok {
		err = &net.OpError{Op: "read", Net: "tcp", Source: l.tcp.LocalAddr(), Addr: l.tcp.RemoteAddr(), Err: os.NewSyscallError("recvfrom", errno)}
	} else if err == nil {
		err = a.err
	}
	return rest, arrival{a.n, err}, err == nil && !a.idle
}
