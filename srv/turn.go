package srv

import (
	"io"

	"barewire/parser"
	"barewire/writer"
)

// turn is all that serving a connection needs and idling does not: buffers, parser, writer, and what the handler sees. It is
// pooled, belongs to one connection at a time, and is touched by one goroutine at a time.
//
//	b: | heads and content served | head | content read | unread |      room      | slack |
//	   0                          headStart area       r        w              len(b)   cap(b)
//
// While a handler runs, b[hs:area] is pinned, since the Request aliases it, and content moves through b[area:]. Between handlers
// only b[r:w] matters.
type turn struct {
	c    *conn
	s    *Server
	port port
	sum  *tally

	b         []byte
	r, w      int
	headStart int32
	area      int32
	used      int64 // octets of the message body that were decoded
	spent     int   // octets that the socket took since advance was called
	now       tick
	handled   bool // the route's handler was called
	unix      int64

	out   []byte // output not taken by the socket; behind conn.out
	taken int    // octets of out that were

	head    parser.Head
	body    parser.Content
	resp    writer.Response
	date    writer.Date
	req     *Request
	res     *Response
	content *Content
	route   *Route
	refusal Refusal
	wake    chan struct{} // loop engine: ends the sleep of who has parked
}

func newTurn() *turn {
	t := &turn{b: make([]byte, firstSize-slackSize, firstSize), wake: make(chan struct{}, 1)}
	t.renew()
	return t
}

// renew makes what the handler sees. In a poisoned build it is made again for every request, so that a kept Request
// can never be taken for a later one.
func (t *turn) renew() {
	if t.res == nil || poison {
		t.req, t.res, t.content = &Request{t: t}, &Response{t: t}, &Content{t: t}
	}
}

// attach gives the turn to a connection.
func (t *turn) attach(s *Server, c *conn, p port, sum *tally) {
	t.s, t.c, t.port, t.sum = s, c, p, sum
	t.r, t.w, t.out, t.taken, t.spent = 0, 0, t.out[:0], 0, 0
	p.clock(t)
}

// release takes the turn from its connection and cuts its buffers back to what a pool may hold.
func (t *turn) release() {
	t.s, t.c, t.port, t.sum, t.route = nil, nil, nil, nil, nil
	t.trim()
}

// trim cuts the buffers back, whose octets are not needed any more.
func (t *turn) trim() {
	if cap(t.b) > inputSize {
		t.b = make([]byte, firstSize-slackSize, firstSize)
	}
	if cap(t.out) > pooledSize {
		t.out = nil
	}
}

func (t *turn) unread() []byte { return t.b[t.r:t.w] }

// room returns where recv may put input. What is unread moves down to the start of the room, which is behind the pinned
// octets while a handler runs. The buffer starts small, for clients of which little comes, and grows for those that fill it: up to
// inputSize to read more at a time, and beyond that for a head or a trailer section, which have to be in one piece.
func (t *turn) room() []byte {
	start := 0
	if t.c.phase == phaseActive {
		start = int(t.area)
	}
	filled := t.w == len(t.b)
	if t.r == t.w || filled && t.r > start {
		t.w = start + copy(t.b[start:], t.b[t.r:t.w])
		t.r = start
	}
	if t.w == len(t.b) || filled && len(t.b) < inputSize-slackSize {
		t.grow()
	}
	return t.b[t.w:]
}

// grow doubles the buffer, as far as a head and its trailer section can need. Octets are copied, so slices into the old buffer stay
// as they are.
func (t *turn) grow() {
	size := min(2*cap(t.b)-slackSize, parser.MaxHeadSize+contentArea)
	b := make([]byte, size, size+slackSize)
	copy(b, t.b[:t.w])
	t.b = b
}

// pin makes the n unread octets of a head the ones that a Request aliases. The largest buffer has room for a trailer section
// behind them, as long as the head does not stand too far up.
func (t *turn) pin(n int) {
	if t.r+n > parser.MaxHeadSize {
		t.w = copy(t.b, t.b[t.r:t.w])
		t.r = 0
	}
	t.headStart, t.area = int32(t.r), int32(t.r+n)
	t.r += n
}

// pending is the output that the socket has to take next.
func (t *turn) pending() []byte {
	if len(t.c.out) > 0 {
		return t.c.out
	}
	return t.out[t.taken:]
}

// took notes that the socket took the first n octets of pending.
func (t *turn) took(n int) {
	t.spent += n
	if len(t.c.out) > 0 {
		if t.c.out = t.c.out[n:]; len(t.c.out) == 0 {
			t.c.out = nil
		}
		return
	}
	if t.taken += n; t.taken == len(t.out) {
		t.out, t.taken = t.out[:0], 0
	}
}

// flush sends what is pending. It returns errWait when the socket takes no more.
func (t *turn) flush() error {
	for len(t.pending()) > 0 {
		t.c.arm(t, sendDue)
		before, had := t.now, t.unsent()
		err := t.port.send(t)
		if !t.c.sendRate.add(t.now-before, had-t.unsent(), t.s.bounds.rateTime) {
			return ErrSendTimeout
		}
		if err != nil && err != errTimeout {
			return err
		}
	}
	return nil
}

func (t *turn) unsent() int { return len(t.c.out) + len(t.out) - t.taken }

// push sends what is pending, however long that takes. It is for a handler's goroutine.
func (t *turn) push() error {
	t.port.clock(t)
	for {
		err := t.flush()
		if err != errWait {
			return err
		}
		t.port.detach(t)
		t.c.arm(t, sendDue)
		before := t.now
		err = t.port.wait(t, wantWrite)
		t.c.sendRate.wait(t.now - before)
		if err != nil && err != errTimeout {
			return err
		}
	}
}

// more reads content, for a handler that has used up what was there.
func (t *turn) more() error {
	c := t.c
	if err := t.res.invite(); err != nil {
		return err
	}
	if c.flags.has(flagEOF) {
		return t.body.End()
	}
	attention := &t.content.attention
	if !attention.CompareAndSwap(attentive, waiting) {
		attention.Store(attentive)
		return ErrWoken
	}
	err := t.input()
	if err == ErrWoken {
		attention.Store(attentive)
	} else {
		attention.CompareAndSwap(waiting, attentive)
	}
	return err
}

// input waits for more content.
func (t *turn) input() error {
	c := t.c
	for {
		t.port.clock(t)
		c.arm(t, readDue)
		before, had := t.now, t.w-t.r
		err := t.port.recv(t)
		if err == errWait {
			t.port.detach(t)
			if err = t.port.wait(t, wantRead); err == nil {
				c.readRate.wait(t.now - before)
				continue
			}
		}
		got := t.w - t.r - had
		switch {
		case !c.readRate.add(t.now-before, got, t.s.bounds.rateTime):
			return ErrContentTimeout
		case got > 0:
			return nil
		case err == io.EOF:
			c.flags |= flagEOF
			return t.body.End()
		case err != nil && err != errTimeout:
			return err
		}
	}
}
