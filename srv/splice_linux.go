package srv

import (
	"io"
	"syscall"
)

// pipe is what octets pass through on their way from one socket to another: splice(2) moves them, or rather the pages that they are in,
// only from or to a pipe. It exists while a handler splices.
type pipe struct {
	ends [2]int // for reading, for writing
	step func(fd uintptr) bool
	room int
	got  int64
	err  error
}

// pipeSize is how much a pipe is to hold. Much of the gain is in there being few system calls, so it is not worth it where a pipe may not
// hold as much: the system bounds what all pipes of a user may. Four times as much would gain a tenth more, and hold up more
// memory for a client that does not read.
const pipeSize = 256 << 10

func (p *pipe) open() error {
	if p.step == nil {
		p.step = p.read
	}
	if err := syscall.Pipe2(p.ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return err
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(p.ends[1]), syscall.F_SETPIPE_SZ, pipeSize); errno != 0 {
		p.close()
		return errno
	}
	return nil
}

func (p *pipe) close() {
	syscall.Close(p.ends[0])
	syscall.Close(p.ends[1])
}

// exit is the descriptor that octets come out of.
func (p *pipe) exit() int { return p.ends[0] }

// fill waits for octets from src and moves them into the pipe, which is empty, up to n of them.
func (p *pipe) fill(src syscall.RawConn, n int64) (int64, error) {
	p.room = int(min(n, pipeSize))
	switch err := src.Read(p.step); {
	case err != nil:
		return 0, err
	case p.err != nil:
		return 0, p.err
	case p.got == 0:
		return 0, io.ErrUnexpectedEOF
	}
	return p.got, nil
}

// read is called each time that something may have come.
func (p *pipe) read(fd uintptr) bool {
	for {
		n, err := syscall.Splice(int(fd), nil, p.ends[1], nil, p.room, spliceFlags)
		if p.got, p.err = int64(n), err; err != syscall.EINTR {
			return err != syscall.EAGAIN
		}
	}
}
