package srv

// dueClass says what a connection's deadline is for.
type dueClass uint8

const (
	headDue dueClass = iota
	idleDue
	readDue
	sendDue
	lingerDue
)

// rate holds a minimum data rate over waiting time: each window of waiting, added up from however many waits, has to
// bring rateSize octets. What came in one window does not count in the next.
type rate struct{ waited, got uint32 }

// add notes that waiting for a time moved n octets, and reports whether that is fast enough.
func (r *rate) add(waited tick, n int, window tick) bool {
	r.waited += uint32(waited)
	r.got += uint32(n)
	if r.waited < uint32(window) {
		return true
	}
	ok := r.got >= rateSize
	*r = rate{}
	return ok
}

// wait notes that time was spent waiting, for the next add to judge by what came of it.
func (r *rate) wait(waited tick) { r.waited += uint32(waited) }

func (r *rate) left(window tick) tick { return window - tick(r.waited) }

// arm sets the deadline for what the connection does next.
func (c *conn) arm(t *turn, class dueClass) {
	switch b := &t.s.bounds; class {
	case headDue:
		c.due = t.now + b.headTime
	case idleDue:
		c.due = t.now + b.idleTime
	case readDue:
		c.due = t.now + c.readRate.left(b.rateTime)
	case sendDue:
		c.due = t.now + c.sendRate.left(b.rateTime)
	case lingerDue:
		c.due = t.now + b.graceTime
	}
}

// due is the class of the deadline for input in a phase before drain.
func (p phase) due() dueClass {
	switch p {
	case phaseIdle:
		return idleDue
	case phaseHead:
		return headDue
	}
	return readDue
}

// paced holds content that is discarded to the minimum rate. err is the outcome of a recv that began at before and got so
// many octets.
func (c *conn) paced(t *turn, before tick, got int, err error) error {
	if c.phase != phaseRest {
		return err
	}
	if !c.readRate.add(t.now-before, got, t.s.bounds.rateTime) {
		return errTimeout
	}
	c.arm(t, readDue)
	if err == errTimeout {
		return nil
	}
	return err
}

// expire acts on a deadline that was reached outside a handler.
func (c *conn) expire(t *turn) {
	switch {
	case c.phase == phaseHead && t.head.Started():
		t.refuse(ErrHeadTimeout, t.unread(), t.w-t.r, 0)
	case c.phase == phaseRest:
		c.close()
	default:
		c.phase = phaseDead
	}
}
