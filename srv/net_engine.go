package srv

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// netConn is a connection of the net engine: a goroutine, run, that owns everything in it but for what is said to be
// shared. Other goroutines only call methods of nc that may be called at any time, to wake or to end it.
type netConn struct {
	conn
	s      *Server
	nc     net.Conn
	sum    *tally
	remote netip.AddrPort

	// Waiting for readability without a buffer needs the descriptor; nil where that cannot be had.
	raw syscall.RawConn
	try func(fd uintptr) bool // c.tryRead, made once
	t   *turn                 // what tryRead has read into
	err error                 // and what it got
	few []byte                // what is read into where raw is nil

	// Deadlines are left armed for as long as they are not late: one that fires early is set again. So a connection
	// that is kept alive sets one in a minute, not one for every request.
	readArmed, writeArmed tick
	readSet, writeSet     bool
	now                   tick // when the clock was last read

	// Made by the first handler that asks to be told of the end of its connection, and used again by the next ones.
	unbase   func() bool // takes back that the end of the server is told
	watcher  *watcher
	watchMu  sync.Mutex
	watched  *Request // guarded by watchMu: whom to tell
	sender   kernelSender
	hijacked bool
	greeting atomic.Bool // the handshake of TLS goes on

	prev, next *netConn // guarded by s.mu
}

func newNetConn(s *Server, nc net.Conn) *netConn {
	c := &netConn{s: s, nc: nc, remote: remoteOf(nc), sum: &s.tallies[0]}
	c.due = s.tick() + s.bounds.headTime // silent, it has as long as a head has
	// Only the types themselves: what embeds one may read differently than its descriptor does.
	switch nc := nc.(type) {
	case *net.TCPConn:
		c.raw, _ = nc.SyscallConn()
	case *net.UnixConn:
		c.raw, _ = nc.SyscallConn()
	case *tls.Conn:
		c.flags |= flagSecure
	}
	c.try = c.tryRead
	return c
}

// run serves the connection to its end.
func (c *netConn) run() {
	defer c.end()
	if !c.handshake() {
		return
	}
	for {
		t := c.await()
		w := c.advance(t)
		for w == wantTurn || w == wantRead && c.phase != phaseIdle && c.phase != phaseHead {
			if w == wantRead {
				before, had := t.now, t.w-t.r
				err := c.recv(t)
				c.note(t, c.paced(t, before, t.w-t.r-had, err))
			}
			w = c.advance(t)
		}
		if w == wantRead {
			c.save(t)
		}
		putTurn(t)
		if w != wantRead {
			return
		}
	}
}

// end closes the connection, whatever has ended run: a runtime.Goexit in a handler does, too.
func (c *netConn) end() {
	if c.phase == phaseActive {
		c.sum.done.Add(1)
	}
	c.dropKept()
	if c.unbase != nil {
		c.unbase()
	}
	if !c.hijacked {
		c.nc.Close()
		c.s.dismiss(c)
	}
}

// handshake does TLS's, within the deadline of the first head.
func (c *netConn) handshake() bool {
	tc, ok := c.nc.(*tls.Conn)
	if !ok {
		return true
	}
	c.greeting.Store(true)
	tc.SetDeadline(c.s.time(c.due))
	if c.s.draining.Load() {
		c.kick()
	}
	if tc.Handshake() != nil {
		return false
	}
	c.greeting.Store(false)
	tc.SetDeadline(time.Time{})
	protocol := tc.ConnectionState().NegotiatedProtocol
	return protocol == "" || protocol == "http/1.1"
}

// kick wakes the goroutine from waiting for input, so that it sees that the server drains. It may be called by any
// goroutine. A handshake, which could not be gone on with, is left a while to be done.
func (c *netConn) kick() {
	if c.greeting.Load() {
		c.nc.SetReadDeadline(c.s.time(c.s.tick() + c.s.bounds.graceTime))
		return
	}
	c.nc.SetReadDeadline(time.Unix(1, 0))
}

// await waits for input between requests or in the middle of a head, and returns a turn that holds it, or a turn to act in on
// the deadline or the end.
func (c *netConn) await() *turn {
	for {
		c.armRead()
		if c.s.draining.Load() && c.quiet() {
			c.due = c.s.lastDue(&c.conn, c.s.tick())
			c.armRead()
		}
		if c.raw != nil {
			if err := c.raw.Read(c.try); err != nil {
				c.err = err
			}
		} else {
			c.readFew()
		}
		if t := c.t; t != nil {
			c.t = nil
			t.port.clock(t)
			c.note(t, c.err)
			return t
		}
		expired := c.s.tick().reached(c.due)
		if isTimeout(c.err) && !expired {
			c.readSet = false
			continue
		}
		t := c.newTurn()
		if t.port.clock(t); expired {
			c.flags |= flagExpired
		} else {
			c.phase = phaseDead
		}
		return t
	}
}

// moment is how long a server that drains looks for what is there already, in milliseconds. To see that, a read has to begin before
// its deadline.
const moment tick = 20

// lastDue is the deadline of a connection between requests when the server drains. A new one gets some time to send what it came
// for; one that had an answer is done, unless the next request is there.
func (s *Server) lastDue(c *conn, now tick) tick {
	grace := s.bounds.graceTime
	if c.requests > 0 {
		grace = moment
	}
	return min(c.due-now, grace) + now
}

// newTurn takes a turn for this connection.
func (c *netConn) newTurn() *turn {
	t := getTurn()
	t.attach(c.s, &c.conn, c, c.sum)
	c.restore(t)
	return t
}

// fewSize is what a connection that cannot wait without a buffer, such as one over TLS, waits with.
const fewSize = 512

func (c *netConn) readFew() {
	if c.few == nil {
		c.few = make([]byte, fewSize)
	}
	n, err := c.nc.Read(c.few)
	c.err = err
	if n == 0 && err != io.EOF {
		return
	}
	t := c.newTurn()
	for few := c.few[:n]; len(few) > 0; {
		k := copy(t.room(), few)
		t.w, few = t.w+k, few[k:]
	}
	c.t = t
	if n > 0 {
		c.err = nil // what it was comes again
	}
}

func (c *netConn) clock(t *turn) {
	now := time.Now()
	c.now = tick(now.Sub(epoch) / time.Millisecond)
	t.now, t.unix = c.now, now.Unix()
}

// armRead sees that a read ends at the connection's deadline, or earlier.
func (c *netConn) armRead() {
	if !c.readSet || int32(c.readArmed-c.due) > 0 || c.now.reached(c.readArmed) {
		c.readArmed, c.readSet = c.due, true
		c.nc.SetReadDeadline(c.s.time(c.due))
	}
}

func (c *netConn) armWrite(due tick) {
	if !c.writeSet || int32(c.writeArmed-due) > 0 || c.now.reached(c.writeArmed) {
		c.writeArmed, c.writeSet = due, true
		c.nc.SetWriteDeadline(c.s.time(due))
	}
}

// time returns the time of a tick that is not far off.
func (s *Server) time(due tick) time.Time {
	now := time.Since(epoch)
	return epoch.Add(now + time.Duration(int32(due-tick(now/time.Millisecond)))*time.Millisecond)
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

func (c *netConn) recv(t *turn) error {
	if c.unwatchReset() {
		defer c.watchReset(t)
	}
	for {
		c.armRead()
		if t.content.attention.Load() == woken { // looked at behind armRead, which may have undone what wake did
			c.clock(t)
			return ErrWoken
		}
		n, err := c.nc.Read(t.room())
		c.clock(t)
		t.w += n
		switch {
		case n > 0:
			return nil
		case err == io.EOF:
			return io.EOF
		case isTimeout(err):
			c.readSet = false
			if t.now.reached(c.due) {
				return errTimeout
			}
		case err != nil:
			return ErrReset
		}
	}
}

// recordSize is what is written at a time where a write that timed out cannot be gone on with.
const recordSize = 16 << 10

func (c *netConn) send(t *turn) error {
	p, due := t.pending(), c.due
	if c.raw == nil {
		p = p[:min(len(p), recordSize)]
		extra := uint64(t.s.bounds.rateTime) * uint64(len(p)/rateSize)
		due = t.now + tick(min(uint64(due-t.now)+extra, uint64(ticks(forever))))
		c.writeSet = false // a deadline that fires early cannot be made good here
	}
	c.armWrite(due)
	n, err := c.nc.Write(p)
	if n == 0 && c.raw != nil && isTimeout(err) {
		c.lastTry()
		n, err = c.nc.Write(p)
	}
	c.clock(t)
	t.took(n)
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		c.writeSet = false
		if c.raw == nil {
			return ErrSendTimeout
		}
		return errTimeout
	}
	return ErrReset
}

// lastTry lets one more write take what room there is: the system tells of room only when there is much of it.
func (c *netConn) lastTry() {
	c.nc.SetWriteDeadline(time.Now().Add(time.Duration(moment) * time.Millisecond))
	c.writeSet = false
}

func (c *netConn) wake(*turn) { c.kick() }

// wait is never called: recv and send block.
func (c *netConn) wait(*turn, want) error { return nil }

// detach and enter do nothing: the goroutine is the connection's own.
func (c *netConn) detach(*turn) {}
func (c *netConn) enter(*Route) {}

func (c *netConn) watch(t *turn) {
	c.watchMu.Lock()
	c.watched = t.req
	c.watchMu.Unlock()
	if c.unbase == nil {
		c.unbase = context.AfterFunc(c.s.base, c.tell)
	} else if c.s.base.Err() != nil {
		c.tell()
	}
	c.watchReset(t)
}

// tell tells the handler that watches, if any does, of the server's end.
func (c *netConn) tell() {
	c.watchMu.Lock()
	defer c.watchMu.Unlock()
	if c.watched != nil {
		c.watched.lost(context.Cause(c.s.base))
	}
}

func (c *netConn) unwatch(*turn) {
	c.watchMu.Lock()
	c.watched = nil
	c.watchMu.Unlock()
	c.unwatchReset()
}

func (c *netConn) addr() netip.AddrPort { return c.remote }

func (c *netConn) closeWrite(t *turn) error {
	h, ok := c.nc.(interface{ CloseWrite() error })
	if !ok {
		return os.ErrInvalid
	}
	c.armWrite(t.now + t.s.bounds.graceTime)
	return h.CloseWrite()
}

func (c *netConn) abort(*turn) {
	nc := c.nc
	if tc, ok := nc.(*tls.Conn); ok {
		nc = tc.NetConn()
	}
	if tc, ok := nc.(*net.TCPConn); ok {
		tc.SetLinger(0)
		tc.Close() // beneath TLS, whose own Close would say first that all is well
	}
}

func (c *netConn) hijack(*turn) (net.Conn, error) {
	c.hijacked = true
	c.s.dismiss(c) // from here on nobody else sets a deadline
	if err := c.nc.SetDeadline(time.Time{}); err != nil {
		c.nc.Close()
		return nil, err
	}
	return c.nc, nil
}
