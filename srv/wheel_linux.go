//go:build amd64 || arm64

package srv

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// wheel is the deadlines of a loop's connections: a ring of slots, each the list of the connections that are to be looked at
// in one spanSize of time. A connection's deadline moves with every request and nearly always away, so it is written to one
// atomic word and the connection stays where it is; when its slot comes and the deadline has moved, it is filed again. Only a deadline
// that comes nearer is filed at once. So a request costs no list, no timer and no lock.
//
// A bitmap of the slots in use tells when to look next, so that nothing ticks in between.
//
// After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", scheme 6.
type wheel struct {
	table *table

	mu      sync.Mutex
	hand    uint32 // the next span to look at
	asleep  bool   // the loop waits,
	until   tick   // until then,
	forever bool   // or for ever
	slots   [slotCount]int32
	used    [slotCount / 64]uint64
}

const (
	spanSize  tick = 16 // milliseconds
	slotCount      = 4096
	horizon        = slotCount - 1 // spans; what is further off is filed there, and again
)

// filing is a connection's place in the wheel, and its deadline. Links are descriptors plus one; 0 is none.
type filing struct {
	due        atomic.Uint32 // the deadline, a tick; the owner writes it
	at         atomic.Uint32 // the span that it is filed for, plus one; 0: it is not filed
	next, prev int32         // guarded by the wheel's mu
}

// span is the first one that begins at or after a tick.
func (now tick) span() uint32 { return uint32(now/spanSize) + uint32(min(now%spanSize, 1)) }

// after compares spans. They wrap as ticks do, of which they have the upper bits.
func after(a, b uint32) bool { return int32((a-b)*uint32(spanSize)) > 0 }

// set sets the deadline, and reports whether the loop has to be woken for it.
func (w *wheel) set(c *loopConn, due tick) (wake bool) {
	c.filing.due.Store(uint32(due))
	at := c.filing.at.Load()
	if at != 0 && !after(at-1, due.span()) {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(c)
	w.file(c)
	return w.asleep && (w.forever || int32(due-w.until) < 0)
}

// drop takes the connection out.
func (w *wheel) drop(c *loopConn) {
	w.mu.Lock()
	w.unlink(c)
	w.mu.Unlock()
}

// file files the connection for its deadline. It looks at that again afterwards: if the owner sets an earlier one meanwhile,
// either it finds the place where the connection is filed now, or it is seen here.
func (w *wheel) file(c *loopConn) {
	for {
		due := c.filing.due.Load()
		at := tick(due).span()
		if after(w.hand, at) {
			at = w.hand
		} else if far := w.hand + horizon; after(at, far) {
			at = far
		}
		c.filing.at.Store(at + 1)
		if c.filing.due.Load() != due {
			continue
		}
		slot := at % slotCount
		head := w.slots[slot]
		c.filing.next, c.filing.prev = head, 0
		if head != 0 {
			w.table.at(head - 1).filing.prev = c.fd + 1
		}
		w.slots[slot] = c.fd + 1
		w.used[slot/64] |= 1 << (slot % 64)
		return
	}
}

func (w *wheel) unlink(c *loopConn) {
	f := &c.filing
	at := f.at.Load()
	if at == 0 {
		return
	}
	slot := (at - 1) % slotCount
	if f.next != 0 {
		w.table.at(f.next - 1).filing.prev = f.prev
	}
	if f.prev != 0 {
		w.table.at(f.prev - 1).filing.next = f.next
	} else if w.slots[slot] = f.next; f.next == 0 {
		w.used[slot/64] &^= 1 << (slot % 64)
	}
	f.at.Store(0)
}

// expired appends to due the connections whose deadline has been reached, which are filed no longer. The loop looks at them
// some time later, so each comes with its generation.
func (w *wheel) expired(due []task, now tick) []task {
	w.mu.Lock()
	defer w.mu.Unlock()
	for last := uint32(now / spanSize); ; {
		at, ok := w.nextSpan()
		if !ok || after(at, last) {
			w.hand = last + 1
			return due
		}
		w.hand = at + 1
		slot := at % slotCount
		fd := w.slots[slot]
		w.slots[slot] = 0
		w.used[slot/64] &^= 1 << (slot % 64)
		for fd != 0 {
			c := w.table.at(fd - 1)
			fd = c.filing.next
			c.filing.at.Store(0)
			if now.reached(tick(c.filing.due.Load())) {
				gen, _ := c.word.state()
				due = append(due, task{c: c, gen: gen, bits: evLook})
			} else {
				w.file(c)
			}
		}
	}
}

// nextSpan returns the first span from the hand on for which something is filed.
func (w *wheel) nextSpan() (at uint32, ok bool) {
	from := w.hand % slotCount
	for i := range uint32(len(w.used) + 1) {
		word := (from/64 + i) % uint32(len(w.used))
		used := w.used[word]
		switch i {
		case 0:
			used &= ^uint64(0) << (from % 64)
		case uint32(len(w.used)):
			used &= 1<<(from%64) - 1
		}
		if used != 0 {
			slot := word*64 + uint32(bits.TrailingZeros64(used))
			return w.hand + (slot-from)%slotCount, true
		}
	}
	return 0, false
}

// sleep notes that the loop is about to wait, and returns until when: for ever, or the next deadline or the tick given, whichever comes
// first.
func (w *wheel) sleep(next tick, forever bool) (tick, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, ok := w.nextSpan(); ok {
		if due := tick(at) * spanSize; forever || int32(due-next) < 0 {
			next, forever = due, false
		}
	}
	w.asleep, w.until, w.forever = true, next, forever
	return next, forever
}

func (w *wheel) awake() {
	w.mu.Lock()
	w.asleep = false
	w.mu.Unlock()
}
