package srv

import (
	"bytes"
	"io"

	"barewire/parser"
)

// phase says what a connection is doing. The diagram is in the package documentation.
type phase uint8

const (
	phaseIdle   phase = iota // between requests: nothing buffered, no turn
	phaseHead                // part of a head has come
	phaseActive              // a handler has the request
	phaseRest                // answered: unread content is discarded, up to a cap
	phaseDrain               // the last octets are to be sent
	phaseLinger              // FIN sent: input is discarded until the peer's FIN, a cap or a deadline
	phaseDead
)

type connFlags uint8

const (
	flagEOF     connFlags = 1 << iota // the peer's FIN has come
	flagClosing                       // no further request is answered
	flagExpired                       // the deadline was reached
	flagGone                          // hijacked
	flagFull                          // the socket took no more when advance returned
	flagStarted                       // octets of a request line have come
	flagSecure                        // over TLS
)

func (f connFlags) has(bits connFlags) bool { return f&bits != 0 }

// conn is a connection's protocol state, and all that an idle connection has. It knows no socket, clock, lock or goroutine: an
// engine drives it by calling advance with a turn whose port is the socket's, and only one goroutine does so at a
// time.
type conn struct {
	phase     phase
	flags     connFlags
	due       tick
	requests  uint32
	discarded uint32 // unread octets thrown away after the answer, or after the FIN
	readRate  rate
	sendRate  rate
	kept      *kept  // the part of a head that outlives the turn
	out       []byte // output that outlives the turn
}

// note takes the outcome of a port's recv outside a handler.
func (c *conn) note(t *turn, err error) {
	switch err {
	case nil, errWait:
	case io.EOF:
		c.flags |= flagEOF
	case errTimeout:
		c.flags |= flagExpired
	default:
		c.phase = phaseDead
	}
}

// advance serves the connection with the octets that are there, and goes on until it would have to wait outside a
// handler.
func (c *conn) advance(t *turn) want {
	c.resume(t)
	t.spent = 0
	for served := 0; served < turnMax && t.spent < turnOut; {
		if t.unsent() > sendSize && c.phase < phaseDrain {
			if w := c.pause(t); w != wantRead {
				return w
			}
		}
		switch c.phase {
		case phaseIdle, phaseHead:
			if !c.parse(t) {
				return c.pause(t)
			}
		case phaseActive:
			c.serve(t)
			served++
			if c.flags.has(flagGone) {
				return wantGone
			}
		case phaseRest:
			if !c.rest(t) {
				return c.pause(t)
			}
		case phaseDrain:
			switch err := t.flush(); {
			case err == errWait:
				c.flags |= flagFull
				return wantWrite
			case err != nil:
				c.lose(t)
			case c.flags.has(flagEOF) || t.port.closeWrite(t) != nil:
				c.phase = phaseDead
			default:
				c.phase, c.discarded = phaseLinger, 0
				c.arm(t, lingerDue)
			}
		case phaseLinger:
			if !c.linger(t) {
				return wantRead
			}
		case phaseDead:
			return wantClose
		}
	}
	return wantTurn
}

// pause waits for input, once the answers that are finished have been sent: a client that reads nothing is not read from
// either.
func (c *conn) pause(t *turn) want {
	if t.unsent() == 0 {
		return wantRead
	}
	switch err := t.flush(); {
	case err == errWait:
		c.flags |= flagFull
		return wantWrite
	case err != nil:
		c.lose(t)
		return wantClose
	}
	if c.quiet() {
		c.arm(t, idleDue)
	} else {
		c.arm(t, c.phase.due()) // the wait for input begins here
	}
	return wantRead
}

// resume takes note of how the wait ended that advance has returned for.
func (c *conn) resume(t *turn) {
	full, expired := c.flags.has(flagFull), c.flags.has(flagExpired)
	c.flags &^= flagFull | flagExpired
	window := t.s.bounds.rateTime
	if full {
		c.sendRate.wait(c.sendRate.left(window) - (c.due - t.now))
	}
	switch {
	case expired && !full:
		c.expire(t)
	case expired && !c.sendRate.add(0, 0, window):
		c.lose(t)
	}
}

// lose gives the connection up with octets unsent. It is reset: a FIN would tell the client that a response which ends with
// the connection is complete.
func (c *conn) lose(t *turn) {
	t.port.abort(t)
	c.phase = phaseDead
}

// parse reads a head. It reports false when more input is needed.
func (c *conn) parse(t *turn) bool {
	in := t.unread()
	if len(in) > 0 && c.phase == phaseIdle {
		c.phase = phaseHead
		c.flags &^= flagStarted
		t.head.Reset(t.s.bounds.head)
	}
	if len(in) > 0 {
		n, e := t.head.Parse(in)
		if e != 0 {
			t.refuse(e, in, t.head.ErrorOff(), 0)
			return true
		}
		if n > 0 {
			c.begin(t, n)
			return true
		}
		if c.quiet() && t.head.Started() {
			c.flags |= flagStarted
			c.arm(t, headDue)
		}
	}
	if c.flags.has(flagEOF) {
		c.close()
		return true
	}
	return false
}

// begin starts on a request whose head is complete.
func (c *conn) begin(t *turn, n int) {
	c.phase = phaseActive
	c.readRate, c.sendRate = rate{}, rate{}
	c.requests++
	c.dropKept()
	t.sum.requests.Add(1)
	t.pin(n)
	// What comes behind a CONNECT that is not granted may be meant for the tunnel: it is no request (RFC 9931).
	if !t.head.Persistent() || c.requests >= t.s.bounds.requests || t.head.MethodID() == parser.MethodConnect {
		c.flags |= flagClosing
	}
	t.req.reset()
	t.res.reset()
	t.content.reset(t.s.bounds.content)
	if err := t.find(); err != nil {
		t.refuse(err, t.octets(), bytes.IndexByte(t.octets(), ' ')+len(" "), 0)
	} else if t.content.limit < t.head.Size() {
		t.refuse(parser.ContentTooLarge, t.octets(), bytes.Index(t.octets(), lengthName)+len("\n"), 0)
	} else {
		return
	}
	t.req.end()
	t.handBack()
	t.sum.done.Add(1)
}

var lengthName = []byte("\ncontent-length:")

// serve runs the handler and completes its response.
func (c *conn) serve(t *turn) {
	inline := t.route.Inline && !t.route.demoted(t.now)
	if inline {
		t.port.enter(t.route)
	} else {
		// Answers that are finished do not wait for a handler that may take its time.
		if t.push() != nil {
			c.phase = phaseDead
		}
		t.port.detach(t)
	}
	if c.phase == phaseActive {
		t.call()
		t.port.clock(t)
		t.req.end()
	}
	if c.phase == phaseActive && !c.flags.has(flagGone) {
		c.conclude(t)
	}
	if c.phase == phaseActive {
		c.phase = phaseRest
		c.readRate, c.discarded = rate{}, 0
		c.arm(t, readDue)
	}
	t.handBack()
	t.sum.done.Add(1)
}

// quit ends the connection of a handler that called runtime.Goexit, while the goroutine unwinds.
func (c *conn) quit(t *turn) {
	t.req.end()
	if c.phase == phaseActive {
		c.conclude(t)
	}
	if c.phase == phaseDrain {
		t.push()
	}
	c.phase = phaseDead
	t.sum.done.Add(1)
}

// conclude completes the response of a handler that has returned, or puts another in its place.
func (c *conn) conclude(t *turn) {
	err := t.res.err
	if err == nil {
		err = t.res.finish()
	}
	if err != nil {
		t.res.replace(err)
	}
	if done := t.s.OnDone; done != nil {
		if c.phase != phaseDead && t.push() != nil {
			t.res.aborted, t.res.left = true, true
			c.lose(t)
		}
		t.tell(done)
	}
}

// rest discards content that the handler left unread. It reports false when more input is needed.
func (c *conn) rest(t *turn) bool {
	if c.flags.has(flagClosing) {
		c.phase = phaseDrain
		return true
	}
	for !t.body.Done() {
		data, n, e := t.body.Next(t.unread())
		t.r += n
		t.used += int64(n)
		c.discarded += uint32(len(data))
		if e != 0 {
			t.reportContent(e, 0)
		}
		switch {
		case e != 0 || c.discarded > restSize || t.body.Left() > restSize:
			c.close()
			return true
		case n == 0 && c.flags.has(flagEOF):
			c.close()
			return true
		case n == 0 && !t.body.Done():
			return false
		}
	}
	c.phase = phaseIdle
	c.arm(t, idleDue)
	return true
}

// linger discards input after the FIN was sent, since closing with input unread would be a reset, and the peer might lose
// the answer with it. It reports false when more may come.
func (c *conn) linger(t *turn) bool {
	c.discarded += uint32(t.w - t.r)
	t.r = t.w
	if c.flags.has(flagEOF) || c.discarded > lingerSize {
		c.phase = phaseDead
		return true
	}
	return false
}

// quiet reports whether the connection is between requests: nothing of the next one has come, but perhaps the empty line that is
// ignored before it.
func (c *conn) quiet() bool {
	return c.phase == phaseIdle || c.phase == phaseHead && !c.flags.has(flagStarted)
}

// close ends the connection once what is finished has been sent.
func (c *conn) close() {
	c.flags |= flagClosing
	c.phase = phaseDrain
}
