package srv

import (
	"sync"

	"barewire/parser"
)

// kept is the part of a head that has come, and the parser's place in it, while the connection waits for the rest without a
// turn. A client that sends a head octet by octet holds this much memory and no more.
type kept struct {
	head parser.Head
	b    []byte
}

// Pieces of memory of two sizes are pooled, so that who sends little holds little, and a head with many cookies that comes in a few
// segments costs no allocation.
var (
	keptPool      = sync.Pool{New: func() any { return &kept{b: make([]byte, 0, keptSize)} }}
	largeKeptPool = sync.Pool{New: func() any { return &kept{b: make([]byte, 0, inputSize)} }}
)

// save moves what outlives the turn to the connection, which waits between heads or in one: output that the socket has not
// taken, and the part of a head that has come.
func (c *conn) save(t *turn) {
	if len(t.out) > t.taken {
		c.out = append(c.out, t.out[t.taken:]...)
		t.out, t.taken = t.out[:0], 0
	}
	if c.phase != phaseHead {
		return
	}
	if n := t.w - t.r; c.kept == nil || cap(c.kept.b) < min(n, inputSize) {
		c.dropKept()
		pool := &keptPool
		if n > keptSize {
			pool = &largeKeptPool
		}
		c.kept = pool.Get().(*kept)
	}
	c.kept.head = t.head
	c.kept.b = append(c.kept.b[:0], t.unread()...)
}

// restore moves it back.
func (c *conn) restore(t *turn) {
	if c.kept == nil {
		return
	}
	t.head = c.kept.head
	for len(t.b) < len(c.kept.b) {
		t.grow()
	}
	t.r, t.w = 0, copy(t.b, c.kept.b)
}

func (c *conn) dropKept() {
	if c.kept == nil {
		return
	}
	switch cap(c.kept.b) {
	case keptSize:
		keptPool.Put(c.kept)
	case inputSize:
		largeKeptPool.Put(c.kept)
	}
	c.kept = nil
}
