package srv

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The proof of the one-word protocol, in two parts. TestOwnershipModel goes through every interleaving of a small world: a socket, loops that
// report its events, whoever owns the connection, and a client. In it each atomic operation and each system call is a step.
// TestOwnershipIsTheModel holds the functions that the model is made of against the methods that run in earnest, for every state and
// argument, so that the two cannot drift apart.

// protocol is what ownership's methods do to the word, between a load and the compare-and-swap, or in one step.
type protocol struct {
	report func(old uint64, gen, bits uint32) (next uint64, r report, had uint32)
	give   func(old uint64, full bool, without, with uint32) (next uint64, gave bool, had uint32)
	take   func(old uint64) (next uint64, had uint32)
	open   func(old uint64) (next uint64)
	close  func(old uint64) (next uint64)

	blind    bool // swaps without comparing
	lateTake bool // the owner takes events after the read that uses them up
}

func wordOf(gen, v uint32) uint64 { return uint64(gen)<<32 | uint64(v) }

func rightProtocol() protocol {
	return protocol{report: reportStep, give: giveStep, take: takeStep, open: openStep, close: closeStep}
}

func reportStep(old uint64, gen, bits uint32) (uint64, report, uint32) {
	now, v := uint32(old>>32), uint32(old)
	switch all := v | bits; {
	case now != gen:
		return old, reportStale, 0
	case v&(isBusy|isParked) == isBusy, bits&awaited(v) == 0:
		return wordOf(now, all), reportNoted, 0
	case v&isParked != 0:
		return wordOf(now, all&^isParked), reportWake, 0
	default:
		return wordOf(now, all&^(events|isFull)|isBusy), reportOwned, all & events
	}
}

func giveStep(old uint64, full bool, without, with uint32) (uint64, bool, uint32) {
	gen, v, as := uint32(old>>32), uint32(old)&^isFull, uint32(0)
	if full {
		as = isFull
	}
	if v&awaited(as) != 0 {
		return wordOf(gen, v&^events), false, v & events
	}
	return wordOf(gen, v&^without|with|as), true, 0
}

func takeStep(old uint64) (uint64, uint32) {
	return old &^ uint64(events|isFull), uint32(old) & events
}

func openStep(old uint64) uint64 { return old>>32<<32 | uint64(isBusy|isOpen) }

func closeStep(old uint64) uint64 { return wordOf((uint32(old>>32)+1)&genMask, isBusy) }

func TestOwnershipIsTheModel(t *testing.T) {
	const all = 2*isOpen - 1
	p := rightProtocol()
	for _, gen := range []uint32{0, 1, genMask - 1, genMask} {
		for v := range uint32(all + 1) {
			old := wordOf(gen, v)
			at := func() *ownership {
				var o ownership
				o.v.Store(old)
				return &o
			}
			same := func(o *ownership, next uint64, what string) {
				if o.v.Load() != next {
					require.Equal(t, fmt.Sprintf("%#x", next), fmt.Sprintf("%#x", o.v.Load()), "%s of %#x", what, old)
				}
			}
			is := func(want, got any, what string) {
				if want != got {
					require.Equal(t, want, got, "%s of %#x", what, old)
				}
			}
			for bits := uint32(1); bits <= events; bits++ {
				for _, other := range []uint32{0, 1} {
					o := at()
					next, r, had := p.report(old, gen^other, bits)
					gotR, gotHad, watched := o.report(gen^other, bits)
					same(o, next, "report")
					is(r, gotR, "report")
					is(had, gotHad, "report")
					is(r != reportStale && v&isWatched != 0, watched, "report")
				}
			}
			for _, full := range []bool{false, true} {
				o := at()
				next, gave, had := p.give(old, full, isBusy, 0)
				gotGave, gotHad := o.rest(full)
				same(o, next, "rest")
				is(gave, gotGave, "rest")
				is(had, gotHad, "rest")
				o = at()
				next, gave, had = p.give(old, full, 0, isParked)
				gotGave, gotHad = o.park(full)
				same(o, next, "park")
				is(gave, gotGave, "park")
				is(had, gotHad, "park")
			}
			o := at()
			next, had := p.take(old)
			is(had, o.noted(), "noted")
			is(had, o.take(), "take")
			same(o, next, "take")
			o = at()
			o.close()
			same(o, p.close(old), "close")
			o = at()
			is(gen, o.open(), "open")
			same(o, p.open(old), "open")
			o = at()
			gotGen, watched := o.state()
			is(gen, gotGen, "state")
			is(v&isWatched != 0, watched, "state")
			is(v&isOpen != 0 && v&isBusy != 0, o.serving(), "serving")
			o.watch(true)
			same(o, old|uint64(isWatched), "watch")
			o.watch(false)
			same(o, old&^uint64(isWatched), "unwatch")
		}
	}
}

// step is what an actor does next.
type step uint8

const (
	atNothing step = iota
	atLook         // to see the generation, for a look
	atLoad         // to load the word for a report
	atSwap         // to swap it
	atWake         // to wake the owner
	atAdd          // to add the descriptor to the poller

	// From here on the actor owns the connection.
	atOpenLoad
	atOpenStore
	atServe
	atRecv
	atTake
	atRead
	atLateTake
	atChoose
	atSend
	atGiveLoad
	atGiveSwap
	atParked
	atWoken
	atCloseLoad
	atCloseStore
	atClose
)

type actor struct {
	at      step
	gen     uint32 // of the event that it reports
	bits    uint32
	old     uint64 // what it has loaded
	parks   bool   // it is a handler: it waits by parking
	full    bool   // it waits for room
	renewed bool   // it has opened the connection
}

// world is a state of everything.
type world struct {
	word   uint64
	actors [3]actor // of which the last one looks and opens

	// The socket and its descriptor.
	open, added   bool
	gen           uint32 // that its events are marked with
	edges         uint32 // that the poller has and nobody has fetched
	data          bool   // to be read
	room          bool
	wanted        bool // a write has found no room
	broken        bool
	have          uint32 // conn fields that go with ownership
	full          bool
	token         bool // in the owner's wake channel
	closes        int8 // what may happen yet
	arrivals      int8
	drains, sends int8
	errors, looks int8
}

// explorer goes through all worlds.
type explorer struct {
	protocol
	seen    map[world]struct{}
	todo    []world
	wrong   string
	reached map[string]int
}

func (x *explorer) fail(w world, what string) {
	if x.wrong == "" {
		x.wrong = fmt.Sprintf("%s: %+v", what, w)
	}
}

// add adds a world that was come to.
func (x *explorer) add(w world) {
	owners := 0
	for _, a := range w.actors {
		if a.at >= atOpenLoad {
			owners++
		}
	}
	switch {
	case owners > 1:
		x.fail(w, "two owners")
	case owners == 1 && uint32(w.word)&isBusy == 0:
		x.fail(w, "an owner, and nobody is busy")
	}
	if _, ok := x.seen[w]; !ok {
		x.seen[w] = struct{}{}
		x.todo = append(x.todo, w)
	}
}

// explore goes through all that can come of a world, and returns what is wrong with it.
func (x *explorer) explore(w world) string {
	x.seen, x.reached = map[world]struct{}{}, map[string]int{}
	for x.add(w); len(x.todo) > 0 && x.wrong == ""; {
		w := x.todo[len(x.todo)-1]
		x.todo = x.todo[:len(x.todo)-1]
		moved := false
		for i := range w.actors {
			moved = x.act(w, i) || moved
		}
		if !moved {
			x.quiet(w)
		}
		x.client(w)
	}
	return x.wrong
}

// quiet looks at a world in which nothing moves unless the client does something.
func (x *explorer) quiet(w world) {
	v := uint32(w.word)
	waits := w.data && v&isFull == 0 || w.room && v&isFull != 0 || w.broken
	switch {
	case !w.open:
	case v&isBusy != 0 && v&isParked == 0:
		x.fail(w, "the owner sleeps and will not be woken")
	case v&awaited(v) != 0:
		x.fail(w, "an awaited event is noted and nobody comes")
	case waits:
		x.fail(w, "a lost wake-up")
	default:
		x.reached["quiet"]++
	}
}

// client is what happens to the socket.
func (x *explorer) client(w world) {
	if !w.open {
		return
	}
	edge := func(w world, bit uint32) {
		if w.added {
			w.edges |= bit
		}
		x.add(w)
	}
	if w.arrivals > 0 {
		n := w
		n.arrivals--
		n.data = true
		edge(n, evRead)
	}
	if w.drains > 0 && !w.room {
		n := w
		n.drains--
		n.room, n.wanted = true, false
		bit := uint32(0)
		if w.wanted {
			bit = evWrite
		}
		edge(n, bit)
	}
	if w.errors > 0 {
		n := w
		n.errors--
		n.broken = true
		edge(n, evError)
	}
}

// act does an actor's next step, in each way that there is, and reports whether it has one.
//
// size: one switch over the steps, which are read one after the other
func (x *explorer) act(w world, i int) bool {
	a := &w.actors[i]
	last := i == len(w.actors)-1
	to := func(at step) bool { // the way on when there is one only
		a.at = at
		x.add(w)
		return true
	}
	used := func() { // by a system call on the descriptor
		if !w.open {
			x.fail(w, "a descriptor is used after it was closed")
		}
	}
	switch a.at {
	case atNothing:
		switch {
		case last && w.looks > 0:
			w.looks--
			return to(atLook)
		case last && !w.open && w.gen == 0: // accept: the descriptor is used again
			w.open, w.gen, w.data, w.room, w.broken, w.wanted = true, 1, false, true, false, false
			a.renewed = true
			return to(atOpenLoad)
		case !last && w.edges != 0:
			a.gen, a.bits = w.gen, w.edges
			w.edges = 0
			return to(atLoad)
		}
		return false
	case atLook:
		a.gen, a.bits = uint32(w.word>>32), evLook
		return to(atLoad)
	case atLoad:
		a.old = w.word
		return to(atSwap)
	case atSwap:
		next, r, had := x.report(a.old, a.gen, a.bits)
		if r != reportStale {
			if a.old != w.word && !x.blind {
				return to(atLoad)
			}
			w.word = next
			if a.gen < w.gen {
				x.fail(w, "an event of an earlier generation has an effect")
			}
		}
		x.reached[[]string{"stale", "noted", "wake", "owned"}[r]]++
		a.gen, a.bits, a.old = 0, 0, 0
		switch r {
		case reportWake:
			return to(atWake)
		case reportOwned:
			w.have |= had
			return to(atServe)
		}
		return to(atNothing)
	case atWake:
		if w.token {
			x.fail(w, "woken twice")
		}
		w.token = true
		return to(atNothing)
	case atAdd:
		a.renewed, w.added = false, true
		if w.data {
			w.edges |= evRead
		}
		if w.room {
			w.edges |= evWrite
		}
		if w.broken {
			w.edges |= evError
		}
		return to(atNothing)

	case atOpenLoad:
		a.old = w.word
		return to(atOpenStore)
	case atOpenStore:
		w.word, a.old = x.open(a.old), 0
		a.parks, a.full = false, false
		return to(atGiveLoad)

	case atServe: // as in drive
		w.have &^= evLook
		switch {
		case w.full && w.have&(evWrite|evError) == 0:
			a.parks, a.full = false, true
			return to(atGiveLoad)
		case w.full:
			w.have &^= evWrite
			w.full, a.parks = false, false
			return to(atSend)
		}
		return to(atRecv)
	case atRecv:
		if w.have&(evRead|evFIN|evError) == 0 && !x.lateTake {
			return to(atTake)
		}
		return to(atRead)
	case atTake:
		var had uint32
		w.word, had = x.take(w.word)
		if w.have |= had; w.have&(evRead|evFIN|evError) == 0 {
			return to(atChoose)
		}
		return to(atRead)
	case atRead:
		used()
		switch {
		case w.broken:
			return to(atCloseLoad)
		case !w.data:
			w.have &^= evRead | evFIN | evError
		default:
			w.data = false
			if w.have&(evFIN|evError) == 0 {
				w.have &^= evRead
			}
			w.have &^= evWrite
		}
		if x.lateTake {
			return to(atLateTake)
		}
		return to(atChoose)
	case atLateTake:
		w.word, _ = x.take(w.word)
		return to(atChoose)
	case atChoose:
		if w.sends > 0 {
			for _, parks := range []bool{false, true} {
				n := w
				n.actors[i].at, n.actors[i].parks = atSend, parks
				n.sends--
				x.add(n)
			}
		}
		if w.closes > 0 {
			n := w
			n.closes--
			n.actors[i].at = atCloseLoad
			x.add(n)
		}
		if w.have&(evRead|evFIN|evError) != 0 {
			return to(atRecv)
		}
		a.full = false
		for _, a.parks = range []bool{false, true} {
			to(atGiveLoad)
		}
		return true
	case atSend:
		used()
		switch {
		case w.broken:
			return to(atCloseLoad)
		case w.room:
			w.room = false
			return to(atChoose)
		}
		w.wanted, a.full, w.full = true, true, !a.parks
		return to(atGiveLoad)

	case atGiveLoad:
		a.old = w.word
		return to(atGiveSwap)
	case atGiveSwap:
		without, with := isBusy, uint32(0)
		if a.parks {
			without, with = 0, isParked
		}
		next, gave, had := x.give(a.old, a.full, without, with)
		if a.old != w.word && !x.blind {
			return to(atGiveLoad)
		}
		w.word, a.old = next, 0
		x.reached[fmt.Sprintf("gave %v, parks %v, full %v", gave, a.parks, a.full)]++
		switch {
		case gave && a.parks:
			return to(atParked)
		case gave:
			a.full = false
			if a.renewed {
				return to(atAdd)
			}
			return to(atNothing)
		case a.renewed:
			return to(atGiveLoad) // a look, at a connection without events
		case a.parks:
			return x.woken(w, i, had)
		}
		w.have |= had
		return to(atServe)
	case atParked:
		if !w.token {
			return false
		}
		w.token = false
		return to(atWoken)
	case atWoken:
		var had uint32
		w.word, had = x.take(w.word)
		return x.woken(w, i, had)

	case atCloseLoad:
		a.old = w.word
		return to(atCloseStore)
	case atCloseStore:
		w.word, a.old = x.close(a.old), 0
		w.have, w.full = 0, false
		return to(atClose)
	case atClose:
		used()
		w.open, w.added, w.edges = false, false, 0
		a.parks, a.full = false, false
		return to(atNothing)
	}
	panic("no such step")
}

// woken is the end of a wait in a handler.
func (x *explorer) woken(w world, i int, had uint32) bool {
	a := &w.actors[i]
	w.have |= had &^ (evWrite | evLook)
	switch {
	case a.full && had&(evWrite|evError) != 0:
		a.at = atSend
	case !a.full && w.have&(evRead|evFIN|evError) != 0:
		a.at = atRecv
	default:
		a.at = atGiveLoad
	}
	x.add(w)
	return true
}

// Worlds to begin with. In all a connection is at rest, and waits for input.
var modelWorlds = map[string]world{
	"reading":  {arrivals: 3, looks: 2},
	"writing":  {arrivals: 1, sends: 2, drains: 2, looks: 1},
	"breaking": {arrivals: 1, sends: 1, drains: 1, errors: 1},
	"closing":  {arrivals: 2, closes: 1, looks: 1},
	"all":      {arrivals: 1, sends: 1, drains: 1, errors: 1, closes: 1, looks: 1},
}

func beginning(w world) world {
	w.word, w.open, w.added = wordOf(0, isOpen), true, true
	return w
}

func TestOwnershipModel(t *testing.T) {
	reached := map[string]int{}
	for name, w := range modelWorlds {
		x := explorer{protocol: rightProtocol()}
		assert.Empty(t, x.explore(beginning(w)), name)
		t.Logf("%s: %d worlds", name, len(x.seen))
		for what, n := range x.reached {
			reached[what] += n
		}
	}
	for _, what := range []string{"stale", "noted", "wake", "owned", "quiet"} {
		assert.NotZero(t, reached[what], what)
	}
	for _, gave := range []bool{false, true} {
		for _, parks := range []bool{false, true} {
			for _, full := range []bool{false, true} {
				what := fmt.Sprintf("gave %v, parks %v, full %v", gave, parks, full)
				assert.NotZero(t, reached[what], what)
			}
		}
	}
}

// Each of these protocols differs from the right one by a mistake that somebody could make, which the model has to find.
func TestOwnershipModelFindsMistakes(t *testing.T) {
	mistakes := map[string]struct {
		change func(p *protocol)
		want   string
	}{
		"rest without looking at what was noted": {func(p *protocol) {
			p.give = func(old uint64, full bool, without, with uint32) (uint64, bool, uint32) {
				next, gave, had := giveStep(old, full, without, with)
				if !gave && without != 0 {
					return giveStep(next, full, without, with)
				}
				return next, gave, had
			}
		}, "lost wake-up"},
		"park without looking at what was noted": {func(p *protocol) {
			p.give = func(old uint64, full bool, without, with uint32) (uint64, bool, uint32) {
				if with == 0 {
					return giveStep(old, full, without, with)
				}
				return old&^uint64(isFull) | uint64(with), true, 0
			}
		}, "noted and nobody comes"},
		"parked is cleared and nobody woken": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				next, r, had := reportStep(old, gen, bits)
				if r == reportWake {
					r = reportNoted
				}
				return next, r, had
			}
		}, "will not be woken"},
		"parked is not cleared": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				next, r, had := reportStep(old, gen, bits)
				if r == reportWake {
					next |= uint64(isParked)
				}
				return next, r, had
			}
		}, "woken twice"},
		"the generation is ignored": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				return reportStep(old, uint32(old>>32), bits)
			}
		}, "earlier generation"},
		"close leaves the generation": {func(p *protocol) {
			p.close = func(old uint64) uint64 { return wordOf(uint32(old>>32), isBusy) }
		}, ""},
		"close leaves nobody busy": {func(p *protocol) {
			p.close = func(old uint64) uint64 { return closeStep(old) &^ uint64(isBusy) }
		}, "nobody is busy"},
		"the new owner is not busy": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				next, r, had := reportStep(old, gen, bits)
				if r == reportOwned {
					next &^= uint64(isBusy)
				}
				return next, r, had
			}
		}, "nobody is busy"},
		"a reporter takes a parked owner's place": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				next, r, had := reportStep(old, gen, bits)
				if r == reportWake {
					r = reportOwned
				}
				return next, r, had
			}
		}, "two owners"},
		"the new owner gets the last event only": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				next, r, had := reportStep(old, gen, bits)
				return next, r, had & bits
			}
		}, "lost wake-up"},
		"an awaited event is noted only": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				if next, r, had := reportStep(old, gen, bits); r == reportStale {
					return next, r, had
				}
				return old | uint64(bits), reportNoted, 0
			}
		}, "noted and nobody comes"},
		"who waits for room is not told of trouble": {func(p *protocol) {
			p.report = func(old uint64, gen, bits uint32) (uint64, report, uint32) {
				if uint32(old>>32) == gen && uint32(old)&isFull != 0 && bits == evError {
					return old | uint64(bits), reportNoted, 0
				}
				return reportStep(old, gen, bits)
			}
		}, "noted and nobody comes"},
		"taking takes busy as well": {func(p *protocol) {
			p.take = func(old uint64) (uint64, uint32) {
				next, had := takeStep(old)
				return next &^ uint64(isBusy), had
			}
		}, "nobody is busy"},
		"it swaps without comparing":                   {func(p *protocol) { p.blind = true }, ""},
		"events are taken after the read they are for": {func(p *protocol) { p.lateTake = true }, "lost wake-up"},
	}
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			for _, w := range modelWorlds {
				x := explorer{protocol: rightProtocol()}
				mistake.change(&x.protocol)
				if wrong := x.explore(beginning(w)); wrong != "" && strings.Contains(wrong, mistake.want) {
					return
				}
			}
			t.Error("the model does not find it")
		})
	}
}
