//go:build amd64 || arm64

package srv

import (
	"runtime"
	"sync/atomic"
)

// runner is a goroutine that leads a loop, or follows it, or has left it to go on with one connection. But for a follower, it has a turn of
// its own. All of it is the goroutine's, but for what is said to be shared.
type runner struct {
	l       *loop
	called  chan struct{} // gets something when a follower is to lead, or to end
	t       *turn
	c       *loopConn // that it owns, while it serves
	leads   bool      // it leads the loop, unless that was taken from it unnoticed
	serving bool      // it has begun to as the leader
	token   uint64    // of the loop, while it serves
	sent    int       // octets, since it began to serve the connection
	resume  bool      // the connection goes on with what it has, before it reads
	before  tick      // when the wait for input began

	now      tick // when the leader last read the clock
	unix     int64
	id       goroutineID
	finished bool

	last    *Route                // the Route of the last inline handler, for not writing to
	running atomic.Pointer[Route] // the same, which is shared
	stuck   atomic.Bool           // shared: the loop was taken, and the runner has not noticed
}

const (
	followersMax        = 64 // parked at a time
	followersLow        = 2  // that stay when nothing happens
	followersTurns      = 4  // that keep their turns; the others' go to the pool, which the collector empties
	trimInterval   tick = 1000
)

// promote makes another runner the leader. The caller has just made the token even.
func (l *loop) promote() {
	l.mu.Lock()
	n := len(l.followers)
	if n == 0 {
		l.mu.Unlock()
		go newRunner(l).run()
		return
	}
	p := l.followers[n-1]
	l.followers = l.followers[:n-1]
	l.spare = min(l.spare, n-1)
	l.mu.Unlock()
	p.called <- struct{}{}
}

func newRunner(l *loop) *runner {
	return &runner{l: l, called: make(chan struct{}, 1), t: getTurn()}
}

// run begins as the leader.
func (p *runner) run() {
	p.id = thisGoroutine()
	defer p.unwind()
	for p.lead(); p.follow(); {
		p.lead()
	}
	if p.finished = true; p.t != nil {
		putTurn(p.t)
	}
}

// follow parks until the runner is to lead. It reports false when it is to end.
func (p *runner) follow() bool {
	l := p.l
	l.mu.Lock()
	if l.over || len(l.followers) >= followersMax {
		l.mu.Unlock()
		return false
	}
	if len(l.followers) >= followersTurns {
		putTurn(p.t)
		p.t = nil
	}
	l.followers = append(l.followers, p)
	wake := l.sleeps && len(l.followers) > followersLow
	l.sleeps = l.sleeps && !wake
	l.mu.Unlock()
	if wake {
		l.wake()
	}
	<-p.called
	if p.finished {
		return false
	}
	if p.t == nil {
		p.t = getTurn()
	}
	return true
}

// trim ends half of the followers that nobody has needed since the last time, and returns when to come again, if ever. The leader calls
// it before it waits.
func (l *loop) trim(now tick) (next tick, never bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sleeps = len(l.followers) <= followersLow; l.sleeps {
		return 0, true
	}
	next = l.trimmed + trimInterval
	if !now.reached(next) {
		return next, false
	}
	l.trimmed = now
	n := min((l.spare+1)/2, len(l.followers)-followersLow)
	for _, p := range l.followers[:n] {
		p.finished = true
		p.called <- struct{}{}
	}
	left := copy(l.followers, l.followers[n:])
	clear(l.followers[left:])
	l.followers = l.followers[:left]
	l.spare = left
	l.sleeps = left <= followersLow
	return now + trimInterval, l.sleeps
}

// unwind is run's end, whether it returns or a handler called runtime.Goexit.
func (p *runner) unwind() {
	if c := p.c; c != nil {
		p.close(c)
	}
	switch { // runtime.Goexit was called
	case p.finished:
	case p.leads && !p.serving:
		p.l.promote()
	default:
		p.detach(nil)
	}
}

// stillLeads reports whether nobody has taken the loop.
func (p *runner) stillLeads() bool { return p.leads && p.l.token.Load() == p.token }

// detach gives the loop to another runner, and keeps the connection. It is called before anything that may block.
func (p *runner) detach(*turn) {
	if !p.leads {
		return
	}
	p.leads = false
	if p.l.token.CompareAndSwap(p.token, p.token+1) {
		p.l.promote()
	} else {
		p.stuck.Store(false)
	}
}

// enter notes the Route whose inline handler begins, for the watchdog.
func (p *runner) enter(r *Route) {
	if p.last != r {
		p.last = r
		p.running.Store(r)
	}
}

// thisGoroutine returns the number that the runtime calls this goroutine by in its stacks.
func thisGoroutine() (id goroutineID) {
	n := runtime.Stack(id[:], false)
	for i, c := range id[:n] {
		if c == '[' {
			clear(id[i:])
			break
		}
	}
	return id
}

// goroutineID is the text before a goroutine's stack, "goroutine 7 ".
type goroutineID [32]byte
