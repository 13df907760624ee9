//go:build amd64 || arm64

package srv

import (
	"bytes"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// watchdog takes a loop from under an inline handler that does not come back. It looks at every loop once in a while: one that serves the
// same connection as the last time, and has accepted no request since, is stuck, and another runner is made its leader. Requests that
// runners who have left the loop accept are counted in, so they excuse it for a few times only. The stuck
// one keeps its connection and its turn, and finds out when it is done.
//
// While the loops wait in the kernel it sleeps too, until one of them rouses it.
type watchdog struct {
	e      *loopEngine
	asleep atomic.Bool
	call   chan struct{}
	seen   []sighting // by loop
}

// sighting is what the watchdog has seen of a loop the last time.
type sighting struct {
	token, requests uint64
	excused         int     // times that it served the same connection, but requests were accepted
	stolen          *runner // from whom it has taken the loop, until he finds out
	looks           int     // since then
}

const (
	watchInterval = time.Millisecond
	watchIdle     = 16 // times that it finds all loops waiting before it sleeps
	watchExcuses  = 8
	watchHog      = 20 // looks at one that is stuck, after which it is so for certain
)

// run is the watchdog's goroutine, which ends with the last loop.
func (d *watchdog) run() {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for idle := 0; d.e.left.Load() > 0; {
		<-tick.C
		for i, l := range d.e.loops {
			d.look(l, &d.seen[i])
		}
		if idle++; !d.e.waiting() {
			idle = 0
		} else if idle >= watchIdle {
			tick.Stop()
			d.sleep()
			tick.Reset(watchInterval)
			idle = 0
		}
	}
}

// waiting reports whether all loops wait in the kernel.
func (e *loopEngine) waiting() bool {
	for _, l := range e.loops {
		if !l.asleep.Load() {
			return false
		}
	}
	return true
}

// sleep waits for a loop to be woken. One that was woken before it saw that the watchdog sleeps is seen here.
func (d *watchdog) sleep() {
	d.asleep.Store(true)
	if d.e.waiting() && d.e.left.Load() > 0 || !d.asleep.CompareAndSwap(true, false) {
		<-d.call
	}
}

// rouse wakes the watchdog if it sleeps.
func (d *watchdog) rouse() {
	if d.asleep.Load() && d.asleep.CompareAndSwap(true, false) {
		d.call <- struct{}{}
	}
}

func (d *watchdog) look(l *loop, s *sighting) {
	if p := s.stolen; p != nil {
		switch s.looks++; {
		case !p.stuck.Load():
			s.stolen = nil
		case s.looks == 1:
			d.blame(p, false)
		case s.looks == watchHog:
			d.blame(p, true)
			s.stolen = nil
		}
	}
	token, requests := l.token.Load(), l.sum.requests.Load()
	switch {
	case token&1 == 0 || token != s.token:
		s.excused = 0
	case requests != s.requests && s.excused < watchExcuses:
		s.excused++
	default:
		if p := l.leader.Load(); d.steal(l, p, token) {
			s.stolen, s.looks = p, 0
		}
	}
	s.token, s.requests = token, requests
}

// steal makes another runner the leader in place of p.
func (d *watchdog) steal(l *loop, p *runner, token uint64) bool {
	p.stuck.Store(true)
	if !l.token.CompareAndSwap(token, token+1) {
		p.stuck.Store(false)
		return false
	}
	l.sum.stolen.Add(1)
	l.promote()
	return true
}

// Demotion: a Route whose handlers hold up the loop demotionCount times within demotionWindow is not taken at its word that it is Inline,
// for demotionTime. One hiccup demotes nothing, and nothing is for good.
const (
	demotionCount       = 3
	demotionWindow tick = 1000
	demotionTime   tick = 60_000
)

var demotions sync.Mutex

// blame notes that the handler of the runner's Route has held up the loop. On a busy machine that may be nobody's fault: the thread was
// taken off its core. So what counts in the end is whether the goroutine waits for something, which its stack says, or whether it is, for certain,
// stuck for much longer than a thread is off. What is stuck may also be the Router or a hook, which are not to block either: then the
// Route of the last inline handler pays for it.
func (d *watchdog) blame(p *runner, certain bool) {
	route, s := p.running.Load(), d.e.s
	if route == nil {
		return // it has run no handler yet
	}
	now := s.tick()
	demotions.Lock()
	defer demotions.Unlock()
	m := &route.demotion
	if now-m.since > demotionWindow {
		m.since, m.count, m.asked = now, 0, false
	}
	if m.count++; m.count < demotionCount || m.asked && !certain {
		return
	}
	stack := p.stack() // stops the world, so not more than once in a window
	m.asked = true
	if !certain && !waits(stack) || !p.stuck.Load() {
		return
	}
	atomic.StoreUint32(&m.until, uint32(now+demotionTime)|1)
	s.tallies[0].demoted.Add(1)
	m.count = 0
	if !m.logged {
		m.logged = true
		s.log().Warn("inline handler holds up the event loop: its route is taken for one that may block",
			slog.String("route", route.Name), slog.Duration("for", time.Duration(demotionTime)*time.Millisecond), slog.String("stack", string(stack)))
	}
}

// waits reports whether a goroutine waits, by the first line of its stack: "goroutine 7 [chan receive]:".
func waits(stack []byte) bool {
	_, state, _ := bytes.Cut(stack, []byte("["))
	return len(state) > 0 && !bytes.HasPrefix(state, []byte("runn")) // running, runnable
}

// stack returns the runner's stack as it is now, or nothing if there are too many to find it.
func (p *runner) stack() []byte {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	id := bytes.TrimRight(p.id[:], "\x00")
	for len(all) > 0 {
		one, rest, _ := bytes.Cut(all, []byte("\n\n"))
		if bytes.HasPrefix(one, id) {
			return one
		}
		all = rest
	}
	return nil
}
