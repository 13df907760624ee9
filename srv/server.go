package srv

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"barewire/parser"
)

// Server answers HTTP/1.1 requests. Its exported fields are set before the first call of a method and not changed
// afterwards; the zero value of each is a default that is safe on the open internet. Methods may be called from any goroutine.
type Server struct {
	Router   Router
	Limits   Limits
	Timeouts Timeouts
	Engine   Engine
	Loops    int          // event loops; 0: one per core
	Log      *slog.Logger // nil: slog.Default

	// OnRefuse, if set, is called for each request that is refused. It must not block.
	OnRefuse func(*Refusal)
	// OnDone, if set, is called for each request that a handler got, once the last octet of the response was taken by the
	// socket, or the response was aborted. It must not block, and what it is given is borrowed until it returns. With it,
	// answers to pipelined requests are sent one by one.
	OnDone func(*Response, *Request)

	once       sync.Once
	bounds     bounds
	base       context.Context // parent of every request's context
	cancel     context.CancelCauseFunc
	draining   atomic.Bool // connections are to end
	loopCount  int
	tallies    []tally
	malformed  [parser.ErrorCount]atomic.Uint64
	failed     [errorCount]atomic.Uint64
	refusalLog logLimit
	abortLog   logLimit
	replaceLog logLimit
	acceptLog  logLimit

	mu        sync.Mutex // guards what follows
	room      sync.Cond  // conns fell below the limit, or draining began
	bound     []net.Listener
	accepting map[net.Listener]struct{}
	loops     *loopEngine // nil: it does not run
	first     *netConn    // all connections of the net engine, in a ring of prev and next
	conns     int
	perAddr   map[netip.Addr]int
	closed    bool
	ended     chan struct{} // closed when nothing is left, or nobody waits any longer
}

// Engine says how connections are driven. All engines serve alike.
type Engine uint8

const (
	EngineAuto Engine = iota // the best one built for the system and the listener
	EngineNet                // a goroutine for each connection, over any net.Listener
	EngineLoop               // event loops over plain TCP
)

func (s *Server) setup() {
	s.once.Do(func() {
		s.bounds = boundsOf(s.Limits, s.Timeouts)
		s.base, s.cancel = context.WithCancelCause(context.Background())
		s.room.L = &s.mu
		s.accepting = map[net.Listener]struct{}{}
		s.ended = make(chan struct{})
		if s.loopCount = s.Loops; s.loopCount <= 0 {
			s.loopCount = runtime.GOMAXPROCS(0)
		}
		s.tallies = make([]tally, max(tallyCount, s.loopCount))
		if s.bounds.connsPerAddr < noLimit {
			s.perAddr = map[netip.Addr]int{}
		}
	})
}

// epoch is when the clock of all servers starts: a Route may be used by several.
var epoch = time.Now().Add(-time.Second)

// tick reads the server's clock.
func (s *Server) tick() tick { return tick(time.Since(epoch) / time.Millisecond) }

// Listen binds addr, "host:port", and serves nothing yet, so that a message about it is true before the first request. It may be
// called several times. The host localhost is 127.0.0.1 and ::1, without asking a resolver; a family that the system
// lacks is left out (see Addrs). Port 0 takes a free one, the same for both.
func (s *Server) Listen(addr string) error {
	s.setup()
	if s.Engine == EngineLoop && !loopBuilt {
		return ErrEngine
	}
	ls, err := listen(addr)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		for _, l := range ls {
			l.Close()
		}
		return ErrClosed
	}
	s.bound = append(s.bound, ls...)
	return nil
}

// Addrs returns the addresses that Listen has bound.
func (s *Server) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	addrs := make([]net.Addr, len(s.bound))
	for i, l := range s.bound {
		addrs[i] = l.Addr()
	}
	return addrs
}

// Run serves what Listen has bound. It returns nil when the server has ended by Shutdown or Close: when the last answer has
// been sent, or nobody waits for it any longer. An error means that a listener failed; the server is closed then.
func (s *Server) Run() error {
	s.setup()
	s.mu.Lock()
	ls := s.bound
	s.mu.Unlock()
	if len(ls) == 0 {
		return ErrListen
	}
	if loopBuilt && s.Engine != EngineNet {
		return s.runLoops(ls)
	}
	errs := make(chan error, len(ls))
	for _, l := range ls {
		go func() { errs <- s.Serve(l) }()
	}
	var first error
	for range ls {
		if err := <-errs; err != nil && first == nil {
			first = err
			s.Close()
		}
	}
	return first
}

// runLoops is Run on the loop engine.
func (s *Server) runLoops(ls []net.Listener) error {
	s.mu.Lock()
	if s.draining.Load() || s.loops != nil {
		s.mu.Unlock()
		<-s.ended
		return nil
	}
	e, err := newLoopEngine(s, ls)
	if err != nil {
		s.mu.Unlock()
		s.Close()
		return err
	}
	s.loops = e
	for _, l := range ls {
		s.accepting[l] = struct{}{}
	}
	s.mu.Unlock()
	if err := e.run(); err != nil {
		s.Close()
		return err
	}
	return nil
}

// drainLoops ends the loop engine's accepting, and makes its connections end.
func (s *Server) drainLoops(kill bool) {
	s.mu.Lock()
	e := s.loops
	s.mu.Unlock()
	if e == nil {
		return
	}
	e.drain(kill)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.bound {
		delete(s.accepting, l)
	}
	s.endIfDone()
}

// stop ends the contexts of requests.
func (s *Server) stop(cause error) {
	s.cancel(cause)
	s.mu.Lock()
	e := s.loops
	s.mu.Unlock()
	if e != nil {
		go e.tellAll(cause)
	}
}

// Serve accepts connections from l, which it closes in the end, and serves them by the net engine. It returns as Run does.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, nil) }

// ServeTLS is Serve over TLS. The configuration needs a certificate; the only protocol that is negotiated is http/1.1. The
// handshake has to be done within Timeouts.Head.
func (s *Server) ServeTLS(l net.Listener, config *tls.Config) error {
	if config = config.Clone(); config == nil {
		config = &tls.Config{}
	}
	config.NextProtos = []string{"http/1.1"}
	return s.serve(l, config)
}

// ServeConn serves one connection, in the calling goroutine, and closes it.
func (s *Server) ServeConn(nc net.Conn) error {
	s.setup()
	c, err := s.admit(nc)
	if err != nil {
		nc.Close()
		return err
	}
	c.run()
	return nil
}

// Shutdown ends the server in good order: nothing more is accepted, requests on their way are answered with Connection: close, and
// idle connections are closed. It returns nil when all is done. When ctx ends before that, the contexts of the requests
// end too and its error is returned; the connections that are left go on until Close.
func (s *Server) Shutdown(ctx context.Context) error {
	s.setup()
	s.drain(func(l net.Listener) {
		// A connection in the accept queue is somebody who was let in: accept is woken, and takes them out.
		if d, ok := l.(deadliner); !ok || d.SetDeadline(s.time(s.tick()+moment)) != nil {
			l.Close()
		}
	}, (*netConn).kick)
	s.drainLoops(false)
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-s.ended: // both, and this is the better news
		return nil
	default:
		s.stop(context.Cause(ctx))
		return ctx.Err()
	}
}

// Close ends the server at once: listeners and connections are closed, and the contexts of requests end. It does not
// wait for handlers.
func (s *Server) Close() error {
	s.setup()
	s.drain(func(l net.Listener) { l.Close() }, func(c *netConn) { c.nc.Close() })
	s.drainLoops(true)
	s.stop(ErrClosed)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return nil
}

// drain begins the end: it hands every listener and connection to the functions given.
func (s *Server) drain(stop func(net.Listener), wake func(*netConn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining.Store(true)
	for _, l := range s.bound {
		if _, ok := s.accepting[l]; !ok {
			l.Close() // Run was not called
		}
	}
	for l := range s.accepting {
		stop(l)
	}
	if c := s.first; c != nil {
		for wake(c); c.next != s.first; {
			c = c.next
			wake(c)
		}
	}
	s.room.Broadcast()
	s.endIfDone()
}

// endIfDone ends the server if it drains and nothing is left. s.mu is held.
func (s *Server) endIfDone() {
	if s.draining.Load() && len(s.accepting) == 0 && s.conns == 0 {
		s.end()
	}
}

// end lets Run, Serve and Shutdown return. s.mu is held.
func (s *Server) end() {
	if !s.closed {
		s.closed = true
		close(s.ended)
	}
}
