//go:build amd64 || arm64

package srv

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

// loop is one event loop: an epoll descriptor and what belongs to it. At any time one goroutine, a runner, leads it; which one changes.
// What is not said to be shared is the leader's.
type loop struct {
	e      *loopEngine
	poller poller
	sum    *tally
	wheel  wheel

	// token is odd while the leader serves a connection, and changes each time. Who makes an odd one even ends that: the leader, or
	// somebody who takes the loop from under it.
	token  atomic.Uint64
	leader atomic.Pointer[runner]
	conns  atomic.Int32 // that are its own
	asleep atomic.Bool  // for the watchdog
	recall atomic.Bool  // all connections are to be looked at

	rested   tick   // when the leader last waited by way of Go's poller
	tasks    []task // to do besides the poller's events
	nextTask int
	lastTask int // those behind it are for the next batch

	// closing is held while one of the loop's descriptors is closed, so that Server.Close, which resets connections that others
	// own, gets no other's.
	closing sync.Mutex

	mu        sync.Mutex
	followers []*runner // parked, the last one first
	sleeps    bool      // the leader waits, with no intention to come again and trim
	spare     int       // the least number of followers since the last look
	trimmed   tick      // when that was
	over      bool
}

// task is something to do for a connection.
type task struct {
	c    *loopConn
	gen  uint32
	bits uint32 // events to report; 0: the connection is owned already, and goes on
}

// readyCount is how many tasks memory is kept for.
const readyCount = 256

func newLoop(e *loopEngine, index int) (*loop, error) {
	l := &loop{e: e, sum: e.s.tally(index)}
	l.wheel.table = &e.table
	l.wheel.hand = uint32(e.s.tick() / spanSize)
	return l, l.poller.open()
}

// wake ends the loop's waiting in the kernel. Anybody may call it.
func (l *loop) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.poller.ring()
	}
}

// lead leads the loop until it goes to another runner, or ends.
func (p *runner) lead() {
	l := p.l
	p.leads = true
	l.leader.Store(p)
	p.readClock()
	for p.leads {
		for q := &l.poller; p.leads && q.at < q.got; {
			ev := &q.events[q.at]
			q.at++
			p.event(ev.Fd, ev.Pad, ev.Events)
		}
		for p.leads && l.nextTask < l.lastTask {
			task := l.tasks[l.nextTask]
			l.tasks[l.nextTask] = task0
			l.nextTask++
			p.do(task)
		}
		if p.leads && !p.collect() {
			p.leads = false
			l.end()
		}
	}
}

var task0 task

// event acts on one event from epoll.
func (p *runner) event(fd, mark int32, bits uint32) {
	switch mark {
	case markBell:
		p.l.poller.silence()
	case markListener:
		p.l.e.accept(p.l, fd)
	default:
		p.do(task{p.l.e.table.at(fd), uint32(mark), eventsOf(bits)})
	}
}

// eventsOf translates what epoll reports.
func eventsOf(bits uint32) (ev uint32) {
	if bits&syscall.EPOLLIN != 0 {
		ev = evRead
	}
	if bits&syscall.EPOLLOUT != 0 {
		ev |= evWrite
	}
	if bits&syscall.EPOLLRDHUP != 0 {
		ev |= evFIN
	}
	if bits&(syscall.EPOLLERR|syscall.EPOLLHUP) != 0 {
		ev |= evError
	}
	return ev
}

// do reports events to a connection, and serves it if nobody else does.
func (p *runner) do(task task) {
	c := task.c
	if task.bits == 0 {
		p.resume = true
		p.own(c)
		return
	}
	r, had, watched := c.word.report(task.gen, task.bits)
	if task.bits&evError != 0 && watched && r != reportStale {
		go p.l.e.tell(c, task.gen, ErrReset) // what it calls is the handler's, and may do what it likes
	}
	switch r {
	case reportWake:
		c.x.wake <- struct{}{}
	case reportOwned:
		c.have |= had
		p.own(c)
	}
}

// own serves a connection that the runner owns now. The loop may be gone afterwards.
func (p *runner) own(c *loopConn) {
	l := p.l
	p.serving = true
	p.token = l.token.Add(1)
	w := p.serve(c)
	if p.leads && l.token.CompareAndSwap(p.token, p.token+1) {
		p.serving = false
		if w == wantTurn {
			l.tasks = append(l.tasks, task{c: c})
		}
		return
	}
	p.leads, p.serving = false, false
	p.stuck.Store(false)
	for w == wantTurn {
		p.resume = true
		w = p.serve(c)
	}
}

// collect gets the next things to do, and waits for them if there are none. It reports false when there will be none any more.
//
// Waiting costs a switch to another goroutine or thread and back. So it looks, lets others run, looks again, and only then waits. Under load
// too, others run once in each batch, and once in a millisecond the runtime's own poller is asked, which wakes goroutines that wait for an
// upstream: the scheduler does that only when a P has nothing else to do, or after 10 ms.
func (p *runner) collect() bool {
	l := p.l
	rests, found := p.now != l.rested, false
	if rests {
		found = l.poller.pass()
	} else {
		runtime.Gosched()
		found = l.poller.poll()
	}
	l.tasks = append(l.tasks[:0], l.tasks[l.nextTask:]...)
	if cap(l.tasks) > readyCount && len(l.tasks) == 0 {
		l.tasks = nil
	}
	if !found && len(l.tasks) == 0 && !l.recall.Load() && !l.finished() {
		runtime.Gosched()
		if !l.poller.poll() {
			p.sleep()
			rests = true
		}
	}
	p.readClock()
	if rests {
		l.rested = p.now
	}
	if l.recall.CompareAndSwap(true, false) {
		l.recallAll()
	}
	l.tasks = l.wheel.expired(l.tasks, p.now)
	l.nextTask, l.lastTask = 0, len(l.tasks)
	return !l.finished()
}

// sleep waits for events, or for the next deadline.
func (p *runner) sleep() {
	l := p.l
	p.readClock()
	due, forever := l.wheel.sleep(l.trim(p.now))
	l.asleep.Store(true)
	l.poller.wait(l.e.s, p.now, due, forever)
	l.asleep.Store(false)
	l.wheel.awake()
	l.e.dog.rouse()
}

// recallAll makes every connection look at the clock and the server. Those of other loops are among them, which does no harm: who
// reports to a connection serves it, wherever its events come to.
func (l *loop) recallAll() {
	l.e.table.all(func(c *loopConn) {
		gen, _ := c.word.state()
		l.tasks = append(l.tasks, task{c, gen, evLook})
	})
}

// finished reports whether nothing will ever come again.
func (l *loop) finished() bool { return l.e.ending.Load() && l.conns.Load() == 0 }

// end gives back what the loop has. Its connections are closed.
func (l *loop) end() {
	l.mu.Lock()
	l.over = true
	for _, p := range l.followers {
		p.finished = true
		p.called <- struct{}{}
	}
	l.followers = nil
	l.poller.close()
	l.mu.Unlock()
	l.asleep.Store(true)
	l.e.loopEnded()
}
