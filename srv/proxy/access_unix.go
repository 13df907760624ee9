//go:build linux || darwin || freebsd

package proxy

import "syscall"

// peeks says that readable knows.
const peeks = true

// access is what is done with a connection's descriptor without waiting. Its functions are made once, so that nothing is allocated for a call.
type access struct {
	look, push func(fd uintptr)
	idle       bool   // look has found neither octets nor an end nor an error
	octet      []byte // what look has looked at
	out        []byte // what push takes from
	err        error
}

func (a *access) make() {
	a.octet = make([]byte, 1)
	a.look = func(fd uintptr) {
		for {
			_, _, err := syscall.Recvfrom(int(fd), a.octet, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			if err != syscall.EINTR {
				a.idle = err == syscall.EAGAIN
				return
			}
		}
	}
	a.push = func(fd uintptr) {
		for len(a.out) > 0 {
			n, err := syscall.Write(int(fd), a.out)
			switch {
			case n > 0:
				a.out = a.out[n:]
			case err == syscall.EINTR:
			case err == syscall.EAGAIN:
				return
			default:
				a.err = err
				return
			}
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
