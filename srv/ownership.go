package srv

import "sync/atomic"

// ownership is the one word through which a connection of the event loop passes from hand to hand. It holds
//
//   - what epoll has reported and nobody has looked at yet: read, write, FIN, trouble, and look, which is not from epoll and
//     means that a deadline may have been reached or that the server ends;
//   - busy: somebody owns the connection, and only they touch its other fields and its descriptor;
//   - parked: the owner sleeps until one of the events it waits for is reported;
//   - full: who waits, does so to write and not to read;
//   - watched: a handler wants to know of trouble;
//   - open: there is a connection;
//   - in the upper half, the generation: how often the descriptor's slot was used, so that an event for a connection that
//     was closed meanwhile is known as such.
//
// Reporting and giving up both are one compare-and-swap of all of it. So an event that is reported before the owner gives
// up stops the giving up, and one that is reported after it finds nobody busy and makes its reporter the owner: none is lost, and two
// owners cannot be. Diagram in the package documentation, proof by exhaustion in the tests.
type ownership struct{ v atomic.Uint64 }

const (
	evRead  uint32 = 1 << iota // octets may be there
	evWrite                    // there may be room
	evFIN                      // the peer has half-closed
	evError                    // the connection is broken, or both ends have closed
	evLook                     // look at the clock and at the server
	isBusy
	isParked
	isFull
	isWatched
	isOpen // not in between two generations

	events = evRead | evWrite | evFIN | evError | evLook
)

// awaited is what ends the waiting of who waits in state v.
func awaited(v uint32) uint32 {
	if v&isFull != 0 {
		return evWrite | evError | evLook
	}
	return evRead | evFIN | evError | evLook
}

// report is what came of reporting events.
type report uint8

const (
	reportStale report = iota // of a connection that is no more
	reportNoted               // whoever owns or comes to own the connection will see them
	reportWake                // the owner is to be woken
	reportOwned               // the reporter owns the connection now
)

// report notes events of the connection of a generation. For reportOwned, had are all events noted, which are the
// new owner's. watched says that a handler wants to know of trouble.
func (o *ownership) report(gen, bits uint32) (r report, had uint32, watched bool) {
	for {
		old := o.v.Load()
		v := uint32(old)
		if uint32(old>>32) != gen {
			return reportStale, 0, false
		}
		next := v | bits
		switch {
		case v&isBusy != 0 && v&isParked == 0 || bits&awaited(v) == 0:
			r = reportNoted
		case v&isParked != 0:
			r, next = reportWake, next&^isParked
		default:
			r, had, next = reportOwned, next&events, next&^(events|isFull)|isBusy
		}
		if o.v.CompareAndSwap(old, old&^(1<<32-1)|uint64(next)) {
			return r, had, v&isWatched != 0
		}
	}
}

// open begins a generation, whose first owner is the caller.
func (o *ownership) open() (gen uint32) {
	gen = uint32(o.v.Load() >> 32)
	o.v.Store(uint64(gen)<<32 | uint64(isBusy|isOpen))
	return gen
}

// close ends a generation. The descriptor is closed afterwards, and not before, so that nobody else opens the next one yet.
func (o *ownership) close() {
	gen := uint32(o.v.Load()>>32) + 1
	o.v.Store(uint64(gen&genMask)<<32 | uint64(isBusy))
}

// genMask keeps generations apart from what the poller's other descriptors are marked with.
const genMask = 1<<31 - 1

// rest gives the connection up until something happens that is awaited: room, or else input. If it has happened meanwhile, the caller
// stays the owner, and had are the events.
func (o *ownership) rest(full bool) (rested bool, had uint32) {
	return o.give(full, isBusy, 0)
}

// park is rest for an owner who stays one, and is to sleep now if parked is true.
func (o *ownership) park(full bool) (parked bool, had uint32) {
	return o.give(full, 0, isParked)
}

func (o *ownership) give(full bool, without, with uint32) (bool, uint32) {
	if full {
		with |= isFull
	}
	for {
		old := o.v.Load()
		v := uint32(old) &^ isFull
		if had := v & events; had&awaited(with) != 0 {
			if o.v.CompareAndSwap(old, old&^uint64(events|isFull)) {
				return false, had
			}
		} else if o.v.CompareAndSwap(old, old&^(1<<32-1)|uint64(v&^without|with)) {
			return true, 0
		}
	}
}

// take takes the events that were noted. The owner does so before the system calls that use them up.
func (o *ownership) take() (had uint32) { return uint32(o.v.And(^uint64(events|isFull))) & events }

// watch says whether trouble is to be told.
func (o *ownership) watch(on bool) {
	if on {
		o.v.Or(uint64(isWatched))
	} else {
		o.v.And(^uint64(isWatched))
	}
}

// state returns the generation and whether a handler watches.
func (o *ownership) state() (gen uint32, watched bool) {
	v := o.v.Load()
	return uint32(v >> 32), uint32(v)&isWatched != 0
}

// serving reports whether somebody owns the connection.
func (o *ownership) serving() bool { return o.v.Load()&uint64(isOpen|isBusy) == uint64(isOpen|isBusy) }

// noted returns the events that nobody has taken.
func (o *ownership) noted() (had uint32) { return uint32(o.v.Load()) & events }
