package srv

import (
	"io"
	"net"
	"net/netip"
	"testing"
)

// fakePort is a port with a clock of its own and a client that sends and reads as the test says. It is an engine, too: run
// drives a connection to its end. With loop it behaves like an event loop: recv and send never wait, wait lets time pass, and
// between heads the connection gets another turn each time, full of rubbish.
type fakePort struct {
	t    testing.TB
	loop bool

	pieces  [][]byte // what the client sends
	end     clientEnd
	gap     tick // between two pieces
	take    int  // octets that the client reads at a time; 0: all
	takeGap tick // between two times
	reads   int  // octets after which the client stops reading; 0: never

	now          tick
	inAt, outAt  tick     // when the next piece comes, and when there is room again
	out          []byte   // what the client got
	sends        []string // the same, one system call each
	finAt        int      // len(out) at our FIN, or -1
	fins, aborts int
	reset        bool // the client resets the connection with its next octet read
	conn         conn
	turn         *turn
	onDetach     func()
	outAtRecv    []int // len(out) at each recv that got octets
	turns        int   // how often advance returned wantTurn
	lean         bool  // keep no records, which allocate
	detached     int   // calls of detach
	watching     bool
	watched      int
	gone         bool // hijacked
	limit        int  // of calls, so that a loop without an end is an error
}

// clientEnd is what comes behind the client's octets.
type clientEnd uint8

const (
	endFIN clientEnd = iota
	endSilent
	endReset
)

const never tick = 1 << 30

func newFakePort(t testing.TB, pieces ...[]byte) *fakePort {
	return &fakePort{t: t, pieces: pieces, now: 1000, inAt: 1000, outAt: 1000, finAt: -1, limit: 1 << 20}
}

// run is the engine.
func (p *fakePort) run(s *Server) *fakePort {
	s.setup()
	c := &p.conn
	p.turn = getTurn()
	p.turn.attach(s, c, p, &s.tallies[0])
	c.due = p.now + s.bounds.headTime
	for w := wantRead; ; w = c.advance(p.turn) {
		p.step()
		switch w {
		case wantRead:
			p.swap(s)
			if p.loop && !p.pass(p.inAt) {
				c.flags |= flagExpired
			}
			p.clock(p.turn)
			if !c.flags.has(flagExpired) {
				c.note(p.turn, p.recv(p.turn))
			}
		case wantWrite:
			p.must(p.loop, "a port that blocks has nothing to wait for")
			p.swap(s)
			if !p.pass(p.outAt) {
				c.flags |= flagExpired
			}
			p.clock(p.turn)
		case wantTurn:
			p.turns++
		case wantClose, wantGone:
			p.must((w == wantGone) == p.gone, "wantGone means hijacked")
			p.must(!p.watching, "the watcher was left behind")
			c.dropKept()
			putTurn(p.turn)
			return p
		}
	}
}

// swap gives the connection another turn, as happens when an event loop has one for many connections.
func (p *fakePort) swap(s *Server) {
	c := &p.conn
	if !p.loop || c.phase != phaseIdle && c.phase != phaseHead {
		return
	}
	old := p.turn
	c.save(old)
	p.turn = getTurn()
	copy(p.turn.b, pattern[:rubbish])
	copy(p.turn.out[:cap(p.turn.out)], pattern[:rubbish])
	p.turn.headStart, p.turn.area = int32(len(p.turn.b)-9), int32(len(p.turn.b)-5)
	p.turn.head, p.turn.body, p.turn.resp = old.head, old.body, old.resp
	p.turn.head.Reset(s.bounds.head)
	p.turn.head.Parse(staleHead)
	p.turn.attach(s, c, p, &s.tallies[0])
	c.restore(p.turn)
	copy(old.b, pattern[:rubbish])
	copy(old.out[:cap(old.out)], pattern[:rubbish])
	putTurn(old)
}

// must is require.True without its cost, which is too much for every octet.
func (p *fakePort) must(ok bool, what string) {
	if !ok {
		p.t.Helper()
		p.t.Fatal(what)
	}
}

func (p *fakePort) step() {
	p.limit--
	p.must(p.limit > 0, "no end")
}

// pass lets time go by until at, or until the deadline if that comes first.
func (p *fakePort) pass(at tick) bool {
	if due := p.conn.due; int32(at-due) > 0 || at == never {
		if !p.now.reached(due) {
			p.now = due
		}
		return false
	}
	if !p.now.reached(at) {
		p.now = at
	}
	return true
}

func (p *fakePort) clock(t *turn) { t.now, t.unix = p.now, 784111777 }

func (p *fakePort) recv(t *turn) error {
	p.step()
	if p.loop {
		if p.inAt == never || !p.now.reached(p.inAt) {
			return errWait
		}
	} else if !p.pass(p.inAt) {
		p.clock(t)
		return errTimeout
	}
	p.clock(t)
	if p.reset {
		return ErrReset
	}
	if len(p.pieces) == 0 {
		switch p.end {
		case endFIN:
			return io.EOF
		case endReset:
			p.reset = true
			return ErrReset
		}
		p.inAt = never
		if p.loop {
			return errWait
		}
		return p.recv(t)
	}
	room := t.room()
	p.must(len(room) > 0, "recv without room")
	p.must(cap(t.b)-len(t.b) >= slackSize, "no slack")
	n := copy(room, p.pieces[0])
	t.w += n
	if !p.lean {
		p.outAtRecv = append(p.outAtRecv, len(p.out))
	}
	if p.pieces[0] = p.pieces[0][n:]; len(p.pieces[0]) > 0 {
		return nil
	}
	p.pieces = p.pieces[1:]
	p.inAt = p.now + p.gap
	if p.loop {
		p.inAt = p.now + max(p.gap, 1)
	}
	if len(p.pieces) == 0 && p.end == endSilent {
		p.inAt = never
	}
	return nil
}

func (p *fakePort) send(t *turn) error {
	p.step()
	pending := t.pending()
	p.must(len(pending) > 0, "send of nothing")
	p.must(p.fins == 0, "send behind the FIN")
	n := len(pending)
	if p.take > 0 {
		n = min(n, p.take)
	}
	if p.reads > 0 {
		if n = min(n, p.reads-len(p.out)); n == 0 {
			p.outAt = never
		}
	}
	if p.reset {
		return ErrReset
	}
	if p.loop {
		if p.outAt == never || !p.now.reached(p.outAt) {
			return errWait
		}
	} else if !p.pass(p.outAt) {
		p.clock(t)
		return errTimeout
	}
	p.clock(t)
	p.out = append(p.out, pending[:n]...)
	if !p.lean {
		p.sends = append(p.sends, string(pending[:n]))
	}
	t.took(n)
	p.outAt = p.now + p.takeGap
	if p.loop && p.take > 0 {
		p.outAt = p.now + max(p.takeGap, 1)
	}
	return nil
}

func (p *fakePort) wait(t *turn, w want) error {
	p.step()
	p.must(p.loop, "wait after recv or send that block")
	p.must(p.detached > 0, "wait without detach")
	at := p.inAt
	if w == wantWrite {
		at = p.outAt
	}
	ok := p.pass(at)
	p.clock(t)
	if !ok {
		return errTimeout
	}
	return nil
}

func (p *fakePort) wake(*turn) {}

func (p *fakePort) detach(*turn) {
	p.detached++
	if p.onDetach != nil {
		p.onDetach()
	}
}

func (p *fakePort) enter(*Route) {}

func (p *fakePort) splices() bool { return false }

func (p *fakePort) kernel(t *turn, _ int, _, _ int64) (int64, error) {
	p.must(len(t.pending()) == 0, "output before the file")
	return 0, errCopy
}

func (p *fakePort) closeWrite(*turn) error {
	p.fins++
	p.finAt = len(p.out)
	return nil
}

func (p *fakePort) abort(*turn)          { p.aborts++ }
func (p *fakePort) watch(*turn)          { p.watching, p.watched = true, p.watched+1 }
func (p *fakePort) unwatch(*turn)        { p.watching = false }
func (p *fakePort) addr() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.7:49152") }
func (p *fakePort) hijack(*turn) (net.Conn, error) {
	p.gone = true
	return &hijackedConn{p: p}, nil
}

// hijackedConn writes to the fake client.
type hijackedConn struct {
	net.Conn
	p *fakePort
}

func (c *hijackedConn) Write(b []byte) (int, error) {
	c.p.out = append(c.p.out, b...)
	return len(b), nil
}
func (c *hijackedConn) Close() error { return nil }

// rubbish is how much of a turn's buffers is filled with what does not belong there.
const rubbish = 1 << 10

var staleHead = []byte("POST /stale HTTP/1.0\r\nContent-Length: 99\r\n")
