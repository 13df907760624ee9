package srv

import (
	"sync/atomic"

	"barewire/parser"
)

// Stats is what a server has done so far. Counters are read one after the other, so they may be apart by the requests of
// that moment.
type Stats struct {
	Conns    int    // connections open
	Accepted uint64 // connections accepted
	Requests uint64 // requests whose head was accepted
	InFlight int    // requests that a handler has and that are not answered
	Aborted  uint64 // responses cut off
	Panics   uint64 // handlers that panicked
	Stolen   uint64 // times that an inline handler held up an event loop, and the loop was taken from it
	Demoted  uint64 // times that a Route lost its right to be inline for that, for a minute
	Refused  uint64 // requests refused
	Refusals []RuleCount
}

// RuleCount is how many requests were refused for one rule.
type RuleCount struct {
	Rule  string
	Count uint64
}

// tally is a set of counters that few goroutines write, on cache lines of their own; Stats adds them up.
type tally struct {
	accepted, requests, done, aborted, panics, stolen, demoted atomic.Uint64
	_                                                          [128 - 7*8]byte
}

const tallyCount = 8

// Stats returns the counters. It allocates.
func (s *Server) Stats() Stats {
	s.setup()
	s.mu.Lock()
	st := Stats{Conns: s.conns}
	s.mu.Unlock()
	var done uint64
	for i := range s.tallies {
		t := &s.tallies[i]
		done += t.done.Load() // before requests, so that InFlight is never negative
		st.Accepted += t.accepted.Load()
		st.Requests += t.requests.Load()
		st.Aborted += t.aborted.Load()
		st.Panics += t.panics.Load()
		st.Stolen += t.stolen.Load()
		st.Demoted += t.demoted.Load()
	}
	st.InFlight = int(st.Requests - done)
	for i := range s.malformed {
		st.add(parser.Error(i), s.malformed[i].Load())
	}
	for i := range s.failed {
		st.add(Error(i), s.failed[i].Load())
	}
	return st
}

func (st *Stats) add(f fault, n uint64) {
	if n > 0 {
		st.Refused += n
		st.Refusals = append(st.Refusals, RuleCount{f.Rule(), n})
	}
}
