package srv

import (
	"time"

	"barewire/parser"
)

// Limits bounds what a client can make the server hold. A zero field is the default, which is safe on the open internet; a
// negative one means no limit, or the largest that the layout allows.
type Limits struct {
	Target       int   // octets of a request-target; 16 KiB, beyond it 414
	Head         int   // octets of a request head; 32 KiB, at most 64 KiB, beyond it 431
	Fields       int   // field lines of a head; 128, at most 255, beyond it 431
	Content      int64 // octets of a request's content unless its Route says otherwise; 10 MiB, beyond it 413
	Conns        int   // connections open; the descriptor limit less an eighth; at the limit accepting stops (each listener beyond the first may add one)
	ConnsPerAddr int   // connections open from one address; none, since many users share one behind proxies
	Requests     int   // requests on one connection; none; the last one is answered with Connection: close
}

// Timeouts bounds how long a client can make the server wait. A zero field is the default, a negative one means for
// ever. Only waiting for the client counts: a handler may take as long as it likes.
type Timeouts struct {
	Head  time.Duration // from the first octet of a head, or from the connection, to the end of the head; 10 s
	Idle  time.Duration // between requests; 60 s
	Rate  time.Duration // each such time of waiting in a request must bring, or take, 1,200 octets; 5 s
	Grace time.Duration // how long a closing connection waits for the client to have read the last answer; 500 ms
}

// Constants of the connection core, in octets unless they say otherwise.
const (
	rateSize    = 1200      // what each Timeouts.Rate of waiting must move
	lingerSize  = 64 << 10  // input discarded after the last answer
	restSize    = 64 << 10  // unread content discarded to keep a connection
	bodySize    = 16 << 10  // content up to here is sent with a Content-Length
	sendSize    = 32 << 10  // output beyond here is sent before more is added
	firstSize   = 4 << 10   // a turn's input buffer, at first
	inputSize   = 16 << 10  // and what it grows to for a client that fills it; larger ones are not pooled
	slackSize   = 64        // behind the input, for vector loads
	keptSize    = 2 << 10   // partial heads up to here are kept in pooled memory
	pooledSize  = 64 << 10  // larger output buffers are not pooled
	turnMax     = 64        // requests a connection is served before others have their turn
	turnOut     = 64 << 10  // octets of answers likewise
	contentArea = 8<<10 + 1 // room behind the largest head; holds a trailer section and an octet too many
)

// bounds is Limits and Timeouts with the defaults filled in; noLimit is "none".
type bounds struct {
	head         parser.Limits
	content      int64
	conns        int
	connsPerAddr int
	requests     uint32
	headTime     tick
	idleTime     tick
	rateTime     tick
	graceTime    tick
}

const noLimit = 1<<31 - 1

func boundsOf(l Limits, t Timeouts) bounds {
	return bounds{
		head:         parser.Limits{Target: l.Target, Head: l.Head, Fields: l.Fields},
		content:      or(l.Content, 10<<20, 1<<63-1),
		conns:        or(l.Conns, descriptorLimit(), noLimit),
		connsPerAddr: or(l.ConnsPerAddr, noLimit, noLimit),
		requests:     uint32(or(l.Requests, noLimit, noLimit)),
		headTime:     ticks(or(t.Head, 10*time.Second, forever)),
		idleTime:     ticks(or(t.Idle, 60*time.Second, forever)),
		rateTime:     ticks(or(t.Rate, 5*time.Second, forever)),
		graceTime:    ticks(or(t.Grace, 500*time.Millisecond, forever)),
	}
}

// or returns v, or the value that stands for a zero or a negative one.
func or[T ~int | ~int64](v, zero, negative T) T {
	switch {
	case v == 0:
		return zero
	case v < 0:
		return negative
	}
	return min(v, negative)
}

// tick is a time in milliseconds since the epoch. It wraps after seven weeks, so two ticks are compared by their difference.
type tick uint32

const forever = 20 * 24 * time.Hour // less than half the range of tick

func ticks(d time.Duration) tick {
	return tick(max(min(d, forever)/time.Millisecond, 1))
}

// reached reports whether the time now is at or after due.
func (now tick) reached(due tick) bool { return int32(now-due) >= 0 }
