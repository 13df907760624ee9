//go:build amd64 || arm64

package srv

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// loopEngine is the loops of a server and what they share.
type loopEngine struct {
	s         *Server
	loops     []*loop
	listeners []*loopListener
	table     table
	dog       watchdog
	left      atomic.Int32  // loops that have not ended
	next      atomic.Uint32 // the loop that is next to be offered a connection
	full      atomic.Bool   // nothing is accepted until a connection ends
	killed    atomic.Bool   // by Close: connections end without more ado
	ending    atomic.Bool   // nothing is accepted any more, ever
	failing   atomic.Bool   // the last accept failed
	failed    chan error

	// placeholder is a descriptor to put in the place of a hijacked one.
	placeholder int

	watchMu sync.Mutex // held while a handler is told of trouble, or ceases to be

	mu        sync.Mutex
	listening bool
	pause     time.Duration // of accepting, the last time that it failed
	retry     *time.Timer   // its end
}

// newLoopEngine makes the loops that accept from ls, which it takes over.
func newLoopEngine(s *Server, ls []net.Listener) (*loopEngine, error) {
	e := &loopEngine{s: s, failed: make(chan error, 1), placeholder: -1}
	e.dog = watchdog{e: e, call: make(chan struct{}, 1), seen: make([]sighting, s.loopCount)}
	for i := range s.loopCount {
		l, err := newLoop(e, i)
		e.loops = append(e.loops, l)
		if err != nil {
			e.discard()
			return nil, err
		}
	}
	var err error
	if e.placeholder, err = newEventFD(); err != nil {
		e.discard()
		return nil, err
	}
	for _, l := range ls {
		ls, err := newLoopListener(l)
		if err != nil {
			e.discard()
			return nil, err
		}
		e.listeners = append(e.listeners, ls)
	}
	return e, nil
}

// discard gives back what an engine has that did not come to run.
func (e *loopEngine) discard() {
	for _, l := range e.loops {
		l.poller.close()
	}
	for _, ls := range e.listeners {
		ls.close()
	}
	syscall.Close(e.placeholder)
}

// run serves until the server ends, or a listener fails.
func (e *loopEngine) run() error {
	e.left.Store(int32(len(e.loops)))
	for _, l := range e.loops {
		go newRunner(l).run()
	}
	go e.dog.run()
	e.listen()
	select {
	case <-e.s.ended:
		return nil
	case err := <-e.failed:
		return err
	}
}

func (e *loopEngine) fail(err error) {
	select {
	case e.failed <- err:
		e.unlisten()
	default:
	}
}

// drain ends accepting. Who is in an accept queue was let in already, and is taken out; but who goes on to connect does not keep it
// for longer than Timeouts.Grace. Then every connection is made to see that the server drains, or, with kill, is dead.
func (e *loopEngine) drain(kill bool) {
	e.mu.Lock()
	if e.retry != nil {
		e.retry.Stop()
	}
	e.mu.Unlock()
	e.unlisten()
	if kill {
		e.killed.Store(true)
	}
	until := e.s.tick() + e.s.bounds.graceTime
	for _, ls := range e.listeners {
		ls.mu.RLock()
		for !e.killed.Load() && ls.fd >= 0 && !e.s.tick().reached(until) && e.acceptOne(e.loops[0], ls) {
		}
		ls.mu.RUnlock()
		ls.close()
	}
	e.ending.Store(true)
	if kill {
		e.kill()
	}
	for _, l := range e.loops {
		l.recall.Store(true)
		l.wake()
	}
}

// kill resets the connections that handlers have, who find out when they read or write.
func (e *loopEngine) kill() {
	for _, l := range e.loops {
		l.closing.Lock()
		defer l.closing.Unlock()
	}
	e.table.all(func(c *loopConn) {
		if c.word.serving() {
			rawReset(c.fd)
		}
	})
}

// tell tells the handler of a connection of a generation, if it watches.
func (e *loopEngine) tell(c *loopConn, gen uint32, cause error) {
	e.watchMu.Lock()
	defer e.watchMu.Unlock()
	if now, watched := c.word.state(); watched && now == gen {
		c.x.req.lost(cause)
	}
}

// tellAll tells all handlers that watch.
func (e *loopEngine) tellAll(cause error) {
	e.table.all(func(c *loopConn) {
		gen, _ := c.word.state()
		e.tell(c, gen, cause)
	})
}

// loopEnded is called by each loop at its end.
func (e *loopEngine) loopEnded() {
	if e.left.Add(-1) == 0 {
		syscall.Close(e.placeholder)
		e.dog.rouse()
	}
}

// forget is the end of a connection of the loop engine, from an address.
func (s *Server) forget(addr netip.Addr) {
	s.mu.Lock()
	s.uncount(addr)
	s.mu.Unlock()
	s.loops.relisten()
}

// release takes back what reserve has counted.
func (s *Server) release() { s.forget(netip.Addr{}) }

const loopBuilt = true

// tally is the set of counters for a loop.
func (s *Server) tally(index int) *tally { return &s.tallies[index] }
