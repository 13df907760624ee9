//go:build amd64 || arm64

package srv

// serve serves a connection that the runner owns, until it rests, ends, or, with wantTurn, has had its turn and is still owned.
func (p *runner) serve(c *loopConn) want {
	p.c, p.sent = c, 0
	for {
		t := p.open(c)
		switch w := p.drive(c, t); w {
		case wantRead, wantWrite:
			p.put(c, t)
			if p.settle(c, w) {
				p.c = nil
				return w
			}
		case wantTurn:
			p.retain(c, t)
			p.c = nil
			return w
		default:
			p.c = nil
			p.close(c)
			return w
		}
	}
}

// open gives the connection a turn: the runner's, or the one that it has retained.
func (p *runner) open(c *loopConn) *turn {
	if t := c.x; t != nil {
		c.x = nil
		putTurn(p.t)
		p.t = t
		t.port = p
		p.before = t.now
		p.clock(t)
		return t
	}
	t := p.t
	t.attach(c.loop.e.s, &c.conn, p, p.l.sum)
	c.restore(t)
	p.before = t.now
	return t
}

// drive goes on with the connection as far as it gets.
func (p *runner) drive(c *loopConn, t *turn) want {
	if p.l.e.killed.Load() {
		if !c.quiet() {
			c.lose(t)
		}
		return wantClose
	}
	if c.have&evLook != 0 {
		c.have &^= evLook
		if t.now.reached(c.due) {
			c.flags |= flagExpired
		}
	}
	for {
		switch {
		case c.flags.has(flagFull) && c.have&(evWrite|evError) == 0 && !c.flags.has(flagExpired):
			return wantWrite
		case c.flags.has(flagFull|flagExpired) || p.resume:
			p.resume = false
		default:
			had := t.w - t.r
			err := p.recv(t)
			if err == errWait {
				return wantRead
			}
			c.note(t, c.paced(t, p.before, t.w-t.r-had, err))
		}
		c.have &^= evWrite
		p.before = t.now
		w := c.advance(t)
		if w != wantRead || c.have&(evRead|evFIN|evError) == 0 {
			return w
		}
	}
}

// put keeps with the connection what it needs while it rests.
func (p *runner) put(c *loopConn, t *turn) {
	if c.phase == phaseRest || c.phase != phaseHead && c.phase < phaseDrain && t.r < t.w {
		p.retain(c, t)
		return
	}
	c.x = nil
	c.save(t)
	if poison {
		putTurn(t)
		p.t = getTurn()
		return
	}
	t.trim()
}

// retain leaves the turn with the connection: its request is in the middle, or the next ones have come.
func (p *runner) retain(c *loopConn, t *turn) {
	c.x = t
	p.t = getTurn()
}

// settle gives the connection up, unless something has happened meanwhile.
func (p *runner) settle(c *loopConn, w want) bool {
	s := p.l.e.s
	if w == wantRead && s.draining.Load() && c.quiet() {
		c.due = s.lastDue(&c.conn, p.now)
	}
	p.arm(c)
	rested, had := c.word.rest(w == wantWrite)
	if !rested {
		c.have |= had
	}
	return rested
}

// close ends a connection that the runner owns. Its place may be somebody else's as soon as the descriptor is closed.
func (p *runner) close(c *loopConn) {
	l, s, addr, hijacked := c.loop, p.l.e.s, c.peer.addr(), c.hijacked
	if c.phase == phaseActive {
		p.l.sum.done.Add(1)
	}
	if _, watched := c.word.state(); watched { // a hook or a Router has asked, and called runtime.Goexit
		l.e.watchMu.Lock()
		c.word.watch(false)
		l.e.watchMu.Unlock()
	}
	if c.x != nil && c.x != p.t {
		putTurn(c.x)
	}
	c.dropKept()
	l.wheel.drop(c)
	c.conn, c.x, c.have, c.hijacked = conn{}, nil, 0, false
	l.closing.Lock()
	c.word.close()
	rawClose(c.fd)
	l.closing.Unlock()
	if !hijacked {
		s.forget(addr)
	}
	if l.conns.Add(-1) == 0 && l.e.ending.Load() {
		l.wake()
	}
}
