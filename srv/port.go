package srv

import (
	"net"
	"net/netip"
)

// want is what a connection waits for when advance returns.
type want uint8

const (
	wantRead  want = iota // more input
	wantWrite             // room for output
	wantTurn              // nothing: there is more to do, but others go first
	wantClose             // the engine closes the connection
	wantGone              // the connection was hijacked
)

// port is what an engine offers to the connection core. Its methods, but for wake, are called only by the goroutine that holds the
// turn, and never two at a time.
//
// Deadlines: before recv, send and wait the core has set conn.due. They return errTimeout once it is reached, without having
// moved an octet.
type port interface {
	// clock sets t.now and t.unix.
	clock(t *turn)
	// recv reads once into the room behind t.w and moves t.w. It returns errWait when nothing is there and the engine
	// does not block, io.EOF after the peer's FIN, ErrReset when the connection is lost.
	recv(t *turn) error
	// send writes t.pending once and calls t.took. It returns errWait when the socket takes nothing and the engine does not
	// block, ErrReset when the connection is lost.
	send(t *turn) error
	// wait blocks until recv or send is worth trying again.
	wait(t *turn, w want) error
	// wake ends the recv or wait for input that is under way, or about to be, with ErrWoken: t.content.attention says so already.
	// Unlike the others it is called by any goroutine, while a handler runs.
	wake(t *turn)
	// detach is called before anything that may block, and may be called again.
	detach(t *turn)
	// enter is called before an inline handler.
	enter(r *Route)
	// kernel has the kernel send n octets from an offset of the file with the descriptor from, or, if off is negative, n octets that
	// are in a pipe. It returns how many it sent: less than n at the end of the file, and with errCopy, which means that the rest is
	// not for the kernel. t.pending is empty.
	kernel(t *turn, from int, off, n int64) (sent int64, err error)
	// splices reports whether it may do that with a pipe.
	splices() bool
	// closeWrite sends a FIN.
	closeWrite(t *turn) error
	// abort makes the close to come a reset.
	abort(t *turn)
	// watch calls t.req.lost when the peer resets the connection or the server ends requests, until unwatch.
	watch(t *turn)
	unwatch(t *turn)
	// hijack gives the connection away.
	hijack(t *turn) (net.Conn, error)
	// addr is the peer's address, the zero one where it has none.
	addr() netip.AddrPort
}
