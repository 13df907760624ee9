//go:build amd64 || arm64

package srv

import (
	"os"
	"syscall"
	"time"
)

// poller is an epoll descriptor, and the batch of events that was taken from it last. It is the leader's, but that anybody may add
// descriptors to it, and ring.
//
// To wait, it does not block a thread in epoll_pwait: the scheduler finds out late about one that does, and meanwhile goroutines that
// are ready, such as one that waits for an upstream, stand in line behind it. An epoll descriptor is readable when it has events, so it is
// given to the runtime's own poller, as a socket would be, and the leader waits for it as any goroutine waits for a socket: when there is
// nothing to do, and under load once in a millisecond, by a pass.
type poller struct {
	ep     int
	bell   int      // an eventfd that ends a wait
	file   *os.File // owns ep
	raw    syscall.RawConn
	try    func(ep uintptr) bool // poll, made once
	rung   func(ep uintptr) bool // poll once the bell has been rung
	rings  bool                  // it has not been rung yet
	armed  bool
	due    tick // when the wait ends, if armed
	events [batchCount]syscall.EpollEvent
	at     int // the next event
	got    int // how many there are
}

// batchCount is how many events are taken at a time.
const batchCount = 64

// Marks stand in events in place of a connection's generation.
const (
	markBell     = -1
	markListener = -2
)

// open makes the descriptors. It may be closed even if that fails.
func (q *poller) open() (err error) {
	q.bell = -1
	if q.ep, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if err = syscall.SetNonblock(q.ep, true); err != nil { // the sign for os that it can be waited for
		syscall.Close(q.ep)
		return err
	}
	q.file = os.NewFile(uintptr(q.ep), "epoll")
	q.try = func(uintptr) bool { return q.poll() }
	q.rung = func(uintptr) bool {
		if q.rings {
			q.rings = false
			q.ring()
			return false
		}
		return q.poll()
	}
	if q.raw, err = q.file.SyscallConn(); err != nil {
		return err
	}
	if err = q.file.SetReadDeadline(time.Time{}); err != nil { // it could not be waited for after all
		return err
	}
	if q.bell, err = newEventFD(); err != nil {
		return err
	}
	return q.control(syscall.EPOLL_CTL_ADD, q.bell, syscall.EPOLLIN, markBell)
}

func (q *poller) close() {
	if q.file != nil {
		q.file.Close()
	}
	if q.bell >= 0 {
		syscall.Close(q.bell)
	}
}

// control is epoll_ctl. Events of fd come with the mark.
func (q *poller) control(op, fd int, events uint32, mark int32) error {
	return syscall.EpollCtl(q.ep, op, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd), Pad: mark})
}

// ring ends a wait, or the next one.
func (q *poller) ring() { syscall.Write(q.bell, one8) }

var one8 = []byte{1, 0, 0, 0, 0, 0, 0, 0} // what an eventfd is given; amd64 and arm64 are little-endian

// silence takes note of all rings.
func (q *poller) silence() {
	var count [8]byte
	syscall.Read(q.bell, count[:])
}

// poll takes the events that are there, and reports whether there are any.
func (q *poller) poll() bool {
	n, errno := rawPoll(q.ep, q.events[:])
	if errno != 0 {
		n = 0
	}
	q.at, q.got = 0, n
	return n > 0
}

// wait is poll that waits for events, until due at the latest, or for ever. The wait's end is left set for as long as it is not late, as
// with the net engine's deadlines.
func (q *poller) wait(s *Server, now, due tick, forever bool) {
	if !forever && (!q.armed || int32(due-q.due) < 0 || now.reached(q.due)) {
		q.armed, q.due = true, due
		q.file.SetReadDeadline(s.time(due))
	}
	if q.raw.Read(q.try) != nil {
		q.armed, q.at, q.got = false, 0, 0
		q.file.SetReadDeadline(time.Time{})
	}
}

// pass is poll that waits for a bell which it rings itself: not for what may come, but so that the runtime's poller is asked on the way.
// Goroutines that wait for an upstream would otherwise be found ready after 10 ms, since a loop that only yields leaves the scheduler no
// reason to ask.
func (q *poller) pass() bool {
	q.rings = true
	if q.raw.Read(q.rung) != nil { // the wait's end was due
		q.armed = false
		q.file.SetReadDeadline(time.Time{})
		return q.poll()
	}
	return q.got > 0
}
