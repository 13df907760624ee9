//go:build amd64 || arm64

package srv

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lockedBuffer is what a log is written to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// gates has handlers wait, and knows how many do.
type gates struct {
	inside atomic.Int32
	open   chan struct{}
}

func newGates() *gates { return &gates{open: make(chan struct{}, 100)} }

// holdUpTheLoop is an inline handler that blocks until it may go on. Its name is in its stack.
func (g *gates) holdUpTheLoop(w *Response, r *Request) {
	g.inside.Add(1)
	<-g.open
	g.inside.Add(-1)
	hello(w, r)
}

// An inline handler that blocks holds up nobody else on the loop. Once is no reason to demote its Route.
func TestSteal(t *testing.T) {
	noLeaks(t)
	g := newGates()
	stuck := route("/stuck", true, g.holdUpTheLoop)
	log := new(lockedBuffer)
	s := loopServer(1, routes{"/": route("/", true, hello), "/stuck": stuck})
	s.Log = textLog(log)
	dial := startTCP(t, s)
	c, other, waiting := connect(t, dial), connect(t, dial), connect(t, dial)
	other.ask("/", "hello")
	waiting.send(plain("/")[:10])
	c.send(plain("/stuck") + plain("/"))
	eventually(t, func() bool { return g.inside.Load() == 1 }, "the handler does not start")
	for range 20 {
		other.ask("/", "hello")
		time.Sleep(watchInterval)
	}
	waiting.send(plain("/")[10:])
	waiting.expect(ok("hello"))
	assert.EqualValues(t, 1, g.inside.Load())
	assert.EqualValues(t, 1, s.Stats().InFlight)
	assert.Positive(t, s.Stats().Stolen)
	g.open <- struct{}{}
	c.expect(ok("hello") + ok("hello"))
	c.ask("/", "hello")
	assert.Zero(t, atomic.LoadUint32(&stuck.demotion.until))
	assert.Empty(t, log.String())
	assert.Zero(t, s.Stats().InFlight)
}

// A Route that holds up the loop time and again loses its right to be inline, which is logged once, with a stack that shows where. From then
// on its handlers run beside the loop.
func TestDemotion(t *testing.T) {
	noLeaks(t)
	g := newGates()
	stuck := route("/stuck", true, g.holdUpTheLoop)
	log := new(lockedBuffer)
	s := loopServer(1, routes{"/": route("/", true, hello), "/stuck": stuck})
	s.Log = textLog(log)
	dial := startLoops(t, s)
	c, other := connect(t, dial), connect(t, dial)
	demoted := func() bool { return atomic.LoadUint32(&stuck.demotion.until) != 0 }
	record := func() demotion { // which each time that the Route is blamed changes
		demotions.Lock()
		defer demotions.Unlock()
		return demotion{count: stuck.demotion.count, since: stuck.demotion.since}
	}
	// Three times within a second: on a machine that is too busy for that, more.
	for !demoted() {
		// Who has lost the loop goes on beside it for as long as requests come without a pause.
		eventually(t, func() bool { return resting(s) }, "the connections do not rest")
		before := record()
		c.send(plain("/stuck"))
		eventually(t, func() bool { return demoted() && log.String() != "" || !demoted() && record() != before }, "the Route is not blamed")
		other.ask("/", "hello")
		g.open <- struct{}{}
		c.expect(ok("hello"))
	}

	assert.EqualValues(t, 1, s.Stats().Demoted)
	assert.Contains(t, log.String(), "route=/stuck")
	assert.Contains(t, log.String(), "holdUpTheLoop")
	assert.Equal(t, 1, strings.Count(log.String(), "inline handler holds up"))

	// Several at a time, none of which has to be taken the loop from.
	stolen := s.Stats().Stolen
	var clients []*client
	for range 5 {
		c := connect(t, dial)
		c.send(plain("/stuck"))
		clients = append(clients, c)
	}
	eventually(t, func() bool { return g.inside.Load() == 5 }, "they do not run side by side")
	time.Sleep(5 * watchInterval)
	assert.Less(t, s.Stats().Stolen, stolen+5) // a busy machine may be the reason for one
	for range clients {
		g.open <- struct{}{}
	}
	for _, c := range clients {
		c.expect(ok("hello"))
	}
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), "once is enough")
}

// Demotion ends, and three times in more than the window are no reason for it.
func TestDemotionRecord(t *testing.T) {
	s := &Server{Log: textLog(new(lockedBuffer))}
	s.setup()
	d := &watchdog{e: &loopEngine{s: s}}
	r := route("/", true, hello)
	p := &runner{}
	p.id = thisGoroutine()
	p.stuck.Store(true)
	p.enter(r)
	for range 2 * demotionCount {
		d.blame(p, true)
		r.demotion.since -= demotionWindow + 1
		require.False(t, r.demoted(s.tick()), "they are too far apart")
	}
	r.demotion = demotion{}
	for range demotionCount {
		require.False(t, r.demoted(s.tick()))
		d.blame(p, true)
	}
	now := s.tick()
	assert.True(t, r.demoted(now))
	assert.True(t, r.demoted(now+demotionTime/2))
	assert.False(t, r.demoted(now+demotionTime+2))
	assert.False(t, r.demoted(now), "it ends once")

	r.demotion = demotion{}
	for range 2 * demotionCount {
		d.blame(p, false)
	}
	assert.False(t, r.demoted(s.tick()), "a goroutine that runs may have been kept from it")
	r.demotion = demotion{}
	p.stuck.Store(false)
	for range 2 * demotionCount {
		d.blame(p, true)
	}
	assert.False(t, r.demoted(s.tick()), "it has come back")

	d.blame(&runner{}, true) // which has run no handler: nobody is to blame
}

// When the loops have nothing to do, nor has the watchdog, and the process takes no time at all. It is there again when they have.
func TestWatchdogSleeps(t *testing.T) {
	noLeaks(t)
	g := newGates()
	s := loopServer(2, routes{"/": route("/", true, hello), "/stuck": route("/stuck", true, g.holdUpTheLoop)})
	dial := startLoops(t, s)
	c, other := connect(t, dial), connect(t, dial)
	for range 3 {
		c.ask("/", "hello")
		eventually(t, s.loops.dog.asleep.Load, "the watchdog does not sleep")
	}
	idle := func() bool { // whether a while without work takes next to nothing
		before := switches(t)
		time.Sleep(100 * time.Millisecond)
		return switches(t)-before < 50 // awake, the watchdog alone has about 100
	}
	eventually(t, idle, "it does not rest")
	assert.True(t, s.loops.dog.asleep.Load())
	c.send(plain("/stuck"))
	eventually(t, func() bool { return s.Stats().Stolen > 0 }, "the watchdog does not wake")
	other.ask("/", "hello")
	g.open <- struct{}{}
	c.expect(ok("hello"))
	eventually(t, s.loops.dog.asleep.Load, "the watchdog does not sleep")
}

// switches returns how often threads of the process have given up a processor to wait.
func switches(t testing.TB) int64 {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return u.Nvcsw
}

func TestWaits(t *testing.T) {
	for stack, want := range map[string]bool{
		"goroutine 7 [chan receive]:\nmain.f()": true, "goroutine 7 [sleep]:": true, "goroutine 7 [IO wait, 2 minutes]:": true, "goroutine 7 [syscall]:": true,
		"goroutine 7 [running]:": false, "goroutine 7 [runnable]:": false, "goroutine 7 [runnable, locked to thread]:": false, "": false,
	} {
		assert.Equal(t, want, waits([]byte(stack)), stack)
	}
	blocked, gate := make(chan goroutineID), make(chan bool)
	go func() {
		blocked <- thisGoroutine()
		<-gate
	}()
	p := &runner{id: <-blocked}
	eventually(t, func() bool { return waits(p.stack()) }, "its stack does not say that it waits")
	close(gate)
	p.id = thisGoroutine()
	assert.False(t, waits(p.stack()))
}
