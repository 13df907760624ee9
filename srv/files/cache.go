package files

import (
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of what a Dir holds.
const (
	smallSize = 64 << 10 // a file of up to so many octets is kept in memory, a larger one as a descriptor
	totalSize = 16 << 20 // octets in memory
	openCount = 256      // descriptors that no request uses
	entrySize = 1 << 10  // what an entry itself counts for, about
	maxAge    = time.Second
	idleTime  = 10 * maxAge // after which what nobody asks for is dropped
	sweepSize = 64          // entries looked at, each maxAge, for that
	settled   = 2 * time.Second
)

// entry is a file that was asked for, in all codings that there are. mu is held to look at it or to bring it up to date, never while
// anything is sent, so that many requests for one file look at the disk one after the other, and all but the first find it done.
type entry struct {
	name string
	used atomic.Bool // since the hand of the cache came by

	mu       sync.Mutex
	dead     bool          // not in the cache, or not any more
	checked  time.Duration // when it was last compared with the disk, on the clock of the Dir
	fresh    bool          // it was so young then that its next change may look like none
	seen     [codingCount]identity
	versions [codingCount]*version

	// These belong to the cache, whose mu guards them.
	slot  int
	files int
	size  int64
}

// drop lets go of what the entry holds. It is locked.
func (e *entry) drop() {
	e.dead = true
	for c, v := range e.versions {
		v.release()
		e.versions[c] = nil
	}
}

// cache holds entries, by name, up to the bounds. When they are reached, a hand goes round and drops the first entry that was not used since
// it last came by.
//
// Locks: whoever holds the mutex of an entry may take that of the cache. The cache only tries the entries': one that is locked is in
// use. So nobody waits for a disk under the cache's own mutex, and descriptors are closed when it is free again.
type cache struct {
	mu      sync.RWMutex
	entries map[string]*entry
	ring    []*entry
	hand    int
	files   int
	size    int64
	closed  bool
	swept   atomic.Int64 // when sweep was last done
}

// get returns the entry with the name, nil if there is none.
func (c *cache) get(name []byte) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.entries[string(name)]
}

// put counts what a locked entry holds now, and takes it in if it is not in yet. It reports false where that cannot be: somebody else has put one
// with the name, the cache is closed, or everything else is in use. The entry is not in the cache then.
func (c *cache) put(e *entry) bool {
	files, size := 0, int64(len(e.name)+entrySize)
	for _, v := range e.versions {
		if v != nil && v.f != nil {
			files++
		} else if v != nil {
			size += v.size
		}
	}
	var dropped []*entry
	c.mu.Lock()
	c.remove(e)
	ok := !c.closed && c.entries[e.name] == nil
	for ok && (c.files+files > openCount || c.size+size > totalSize) {
		old := c.victim()
		if ok = old != nil; ok {
			dropped = append(dropped, old)
		}
	}
	if ok {
		e.slot, e.files, e.size = len(c.ring), files, size
		c.ring = append(c.ring, e)
		c.entries[e.name] = e
		c.files, c.size = c.files+files, c.size+size
	}
	c.mu.Unlock()
	dropAll(dropped)
	return ok
}

// take removes a locked entry.
func (c *cache) take(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(e)
}

// remove removes an entry if it is in. c is locked.
func (c *cache) remove(e *entry) {
	if c.entries[e.name] != e {
		return
	}
	delete(c.entries, e.name)
	last := len(c.ring) - 1
	c.ring[e.slot] = c.ring[last]
	c.ring[e.slot].slot = e.slot
	c.ring[last] = nil
	c.ring = c.ring[:last]
	c.files, c.size = c.files-e.files, c.size-e.size
}

// next moves the hand and returns the entry that it points to. The ring is not empty.
func (c *cache) next() *entry {
	if c.hand++; c.hand >= len(c.ring) {
		c.hand = 0
	}
	return c.ring[c.hand]
}

// victim removes an entry that may go and returns it, locked; nil if there is none. c is locked.
func (c *cache) victim() *entry {
	for range 2 * len(c.ring) {
		e := c.next()
		if e.used.Swap(false) || !e.mu.TryLock() {
			continue
		}
		c.remove(e)
		return e
	}
	return nil
}

// shed drops an entry that has descriptors, and reports whether there was one.
func (c *cache) shed() bool {
	var dropped []*entry
	c.mu.Lock()
	for range len(c.ring) {
		if e := c.next(); e.files > 0 && e.mu.TryLock() {
			c.remove(e)
			dropped = append(dropped, e)
			break
		}
	}
	c.mu.Unlock()
	dropAll(dropped)
	return len(dropped) > 0
}

// sweep drops some of the entries that nobody has asked for in idleTime, so that a file that was removed does not keep its place on
// the disk. It does something once in maxAge.
func (c *cache) sweep(now time.Duration) {
	last := c.swept.Load()
	if now-time.Duration(last) < maxAge || !c.swept.CompareAndSwap(last, int64(now)) {
		return
	}
	var dropped []*entry
	c.mu.Lock()
	for range min(sweepSize, len(c.ring)) {
		e := c.next()
		if !e.mu.TryLock() {
			continue
		}
		if now-e.checked < idleTime {
			e.mu.Unlock()
			continue
		}
		c.remove(e)
		dropped = append(dropped, e)
		if len(c.ring) == 0 {
			break
		}
	}
	c.mu.Unlock()
	dropAll(dropped)
}

// close drops everything. Nothing is taken in any more.
func (c *cache) close() {
	c.mu.Lock()
	all := c.ring
	c.ring, c.files, c.size, c.closed = nil, 0, 0, true
	clear(c.entries)
	c.mu.Unlock()
	for _, e := range all {
		e.mu.Lock()
	}
	dropAll(all)
}

// dropAll drops locked entries.
func dropAll(all []*entry) {
	for _, e := range all {
		e.drop()
		e.mu.Unlock()
	}
}
