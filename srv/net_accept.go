package srv

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// serve accepts until the server ends, and then waits until it has.
func (s *Server) serve(l net.Listener, config *tls.Config) error {
	s.setup()
	s.mu.Lock()
	if s.draining.Load() {
		s.mu.Unlock()
		l.Close()
		<-s.ended
		return nil
	}
	s.accepting[l] = struct{}{}
	s.mu.Unlock()

	err := s.accept(l, config)
	l.Close()
	s.mu.Lock()
	delete(s.accepting, l)
	s.endIfDone()
	s.mu.Unlock()
	if err == nil {
		<-s.ended
	}
	return err
}

// accept starts a goroutine for each connection. It returns nil once the server drains and the accept queue is empty, which
// a moment without a connection stands for. Who goes on to connect does not keep it for longer than Timeouts.Grace.
func (s *Server) accept(l net.Listener, config *tls.Config) error {
	var pause time.Duration
	var until time.Time // no more is accepted then
	for {
		s.awaitRoom()
		draining := s.draining.Load()
		if draining {
			if until.IsZero() {
				until = s.time(s.tick() + s.bounds.graceTime)
			}
			if time.Now().After(until) {
				return nil
			}
			if d, ok := l.(deadliner); ok {
				d.SetDeadline(s.time(s.tick() + moment))
			}
		}
		nc, err := l.Accept()
		switch {
		case err == nil:
		case draining:
			return nil
		case s.draining.Load(): // woken by it
			continue
		case !passing(err):
			return err
		default:
			// Out of descriptors or memory: connections that end give some back. Trying at once again would spin.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			if skipped, ok := s.acceptLog.allowed(s.tick()); ok {
				s.log().Error("accept failed", slog.String("error", err.Error()), slog.Duration("pause", pause), slog.Uint64("skipped", skipped))
			}
			time.Sleep(pause)
			continue
		}
		pause = 0
		if config != nil {
			nc = tls.Server(nc, config)
		}
		if c, err := s.admit(nc); err == nil {
			go c.run()
		} else {
			nc.Close()
		}
	}
}

// deadliner is a listener whose Accept can be made to end without closing it.
type deadliner interface{ SetDeadline(time.Time) error }

// passing reports whether accepting may work again later.
func passing(err error) bool {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EINTR} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// awaitRoom waits while the server has as many connections as it may. The kernel keeps the next ones in its accept queue.
func (s *Server) awaitRoom() {
	s.mu.Lock()
	for s.conns >= s.bounds.conns && !s.draining.Load() {
		s.room.Wait()
	}
	s.mu.Unlock()
}

// admit makes a connection of the net engine and counts it.
func (s *Server) admit(nc net.Conn) (*netConn, error) {
	c := newNetConn(s, nc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.countAddr(c.remote.Addr()) {
		return nil, ErrClosed
	}
	s.conns++
	c.sum = &s.tallies[s.tallies[0].accepted.Add(1)%tallyCount]
	if s.first == nil {
		c.prev, c.next = c, c
		s.first = c
	} else {
		c.prev, c.next = s.first.prev, s.first
		c.prev.next, c.next.prev = c, c
	}
	return c, nil
}

// countAddr counts a connection from an address, if there are not too many. s.mu is held. The peer of a Unix socket has no address.
func (s *Server) countAddr(addr netip.Addr) bool {
	if s.perAddr == nil || !addr.IsValid() {
		return true
	}
	if s.perAddr[addr] >= s.bounds.connsPerAddr {
		return false
	}
	s.perAddr[addr]++
	return true
}

// reserve counts a connection that is to be accepted, if there is room for it.
func (s *Server) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns >= s.bounds.conns && !s.draining.Load() {
		return false
	}
	s.conns++
	return true
}

func (s *Server) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns < s.bounds.conns
}

// admitAddr is countAddr for a connection that was counted.
func (s *Server) admitAddr(addr netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.countAddr(addr)
}

// dismiss forgets a connection of the net engine that was admitted.
func (s *Server) dismiss(c *netConn) {
	s.mu.Lock()
	c.prev.next, c.next.prev = c.next, c.prev
	if s.first == c {
		if s.first = c.next; c.next == c {
			s.first = nil
		}
	}
	c.prev, c.next = nil, nil
	s.uncount(c.remote.Addr())
	e := s.loops
	s.mu.Unlock()
	if e != nil {
		e.relisten()
	}
}

// uncount is the end of a connection from an address. s.mu is held.
func (s *Server) uncount(addr netip.Addr) {
	s.conns--
	if s.perAddr != nil && addr.IsValid() {
		if s.perAddr[addr]--; s.perAddr[addr] == 0 {
			delete(s.perAddr, addr)
		}
	}
	s.room.Signal()
	s.endIfDone()
}

// remoteOf returns the address of a connection's peer, the zero AddrPort if it is not of IP.
func remoteOf(nc net.Conn) netip.AddrPort {
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}
