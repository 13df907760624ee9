//go:build amd64 || arm64

package srv

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Times that a wheel is begun at: early, and where spans, ticks and the sign of their differences are about to wrap.
var wheelStarts = map[string]tick{"early": 1000, "half": 1<<31 - 3000, "wrapping": 1<<32 - 3000, "at once": 1<<32 - 1}

func newWheel(now tick) *wheel {
	return &wheel{table: new(table), hand: uint32(now / spanSize)}
}

// eachStart runs a test of a wheel from each of the starts.
func eachStart(t *testing.T, test func(t *testing.T, now tick)) {
	for name, now := range wheelStarts {
		t.Run(name, func(t *testing.T) { test(t, now) })
	}
}

// dueIn returns the connections that are due when a wheel looks, by descriptor.
func (w *wheel) dueIn(t *testing.T, now tick) (fds []int32) {
	for _, task := range w.expired(nil, now) {
		assert.Equal(t, evLook, task.bits)
		gen, _ := task.c.word.state()
		assert.Equal(t, gen, task.gen)
		fds = append(fds, task.c.fd)
	}
	return fds
}

// A deadline fires in the first span that begins at or after it, and not before.
func TestWheelFires(t *testing.T) {
	eachStart(t, func(t *testing.T, start tick) {
		for in := tick(0); in < 5*spanSize; in++ {
			w := newWheel(start)
			c := w.table.grow(3)
			w.set(c, start+in)
			for now := start; ; now++ {
				fds := w.dueIn(t, now)
				if len(fds) > 0 {
					assert.Equal(t, []int32{3}, fds)
					assert.GreaterOrEqual(t, now-start, in, "too early")
					break
				}
				require.Less(t, now-start, in+spanSize, "too late")
			}
			assert.Empty(t, w.dueIn(t, start+100*spanSize), "twice")
			assert.Zero(t, c.filing.at.Load())
		}
	})
}

// A deadline that moves away leaves the connection where it is filed until that comes; one that comes nearer is filed at once.
func TestWheelSetAgain(t *testing.T) {
	eachStart(t, func(t *testing.T, start tick) {
		w := newWheel(start)
		c := w.table.grow(70)
		w.set(c, start+1000)
		at := c.filing.at.Load()
		for in := tick(1001); in < 3000; in += 37 {
			w.set(c, start+in)
			require.Equal(t, at, c.filing.at.Load(), "it is not filed again")
		}
		assert.Empty(t, w.dueIn(t, start+1100))
		assert.NotEqual(t, at, c.filing.at.Load(), "it is filed again when its slot has come")
		w.set(c, start+1200)
		assert.Empty(t, w.dueIn(t, start+1199))
		assert.Equal(t, []int32{70}, w.dueIn(t, start+1200+spanSize))
		w.set(c, start+1) // is over
		assert.Equal(t, []int32{70}, w.dueIn(t, start+1200+2*spanSize))
	})
}

func TestWheelDrop(t *testing.T) {
	eachStart(t, func(t *testing.T, start tick) {
		const count = 6
		for dropped := range 1 << count { // of connections in one slot, in every way
			w := newWheel(start)
			var want, all []*loopConn
			for fd := range int32(count) {
				c := w.table.grow(fd)
				w.set(c, start+100)
				all = append(all, c)
			}
			for fd, c := range all {
				if dropped>>fd&1 != 0 {
					w.drop(c)
					w.drop(c)
					assert.Zero(t, c.filing.at.Load())
				} else {
					want = append(want, c)
				}
			}
			wait := sleepFor(w, start, -1)
			assert.Equal(t, len(want) == 0, wait < 0, "nothing is left to wait for")
			var fds []int32
			for _, c := range want {
				fds = append(fds, c.fd)
			}
			require.ElementsMatch(t, fds, w.dueIn(t, start+100+spanSize))
			require.Zero(t, w.used)
		}
	})
}

// A deadline beyond the horizon is filed at it, and again from there.
func TestWheelBeyondTheHorizon(t *testing.T) {
	eachStart(t, func(t *testing.T, start tick) {
		const round = slotCount * spanSize
		for _, in := range []tick{round - 2*spanSize, round - spanSize, round - 1, round, round + 1, 2*round + 5, 10 * round, ticks(forever)} {
			w := newWheel(start)
			c := w.table.grow(0)
			w.set(c, start+in)
			now, looks := start, 0
			for fired := false; !fired; looks++ {
				wait := sleepFor(w, now, -1)
				require.Positive(t, wait)
				now += tick(wait)
				w.awake()
				fired = len(w.dueIn(t, now)) > 0
			}
			assert.GreaterOrEqual(t, now-start, in)
			assert.Less(t, now-start, in+spanSize)
			assert.LessOrEqual(t, looks, int(in/round)+2, "it looks once in a round")
		}
	})
}

// The time to sleep is up to the first slot in use, or shorter if that is asked for; and the loop is to be woken for a deadline before that, and
// only for that.
func TestWheelSleep(t *testing.T) {
	eachStart(t, func(t *testing.T, start tick) {
		start &^= spanSize - 1
		w := newWheel(start)
		a, b := w.table.grow(1), w.table.grow(2)
		assert.Empty(t, w.dueIn(t, start))
		assert.False(t, w.set(a, start+10*spanSize), "the loop does not sleep")
		w.drop(a)
		assert.Equal(t, -1, sleepFor(w, start, -1), "for ever")
		assert.True(t, w.set(a, start+10*spanSize))
		w.awake()
		assert.Equal(t, 1000, sleepFor(newWheel(start), start, 1000))
		assert.Equal(t, 100, sleepFor(w, start, 100))
		assert.Equal(t, 10*int(spanSize), sleepFor(w, start, 1000))
		assert.Equal(t, 10*int(spanSize)-5, sleepFor(w, start+5, -1))
		assert.False(t, w.set(a, start+11*spanSize), "further away")
		assert.False(t, w.set(b, start+10*spanSize), "as far away")
		assert.True(t, w.set(b, start+9*spanSize), "nearer")
		w.awake()
		assert.False(t, w.set(b, start+8*spanSize), "the loop is awake")
		assert.Equal(t, 8*int(spanSize), sleepFor(w, start, -1))
		assert.Equal(t, 0, sleepFor(w, start+9*spanSize, -1), "late")
	})
}

// nextSpan is the first one in use in a round from the hand on.
func TestWheelNextSpan(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		w := newWheel(0)
		w.hand = [...]uint32{0, random.Uint32N(1 << 28), 1<<28 - random.Uint32N(slotCount), 1 << 28}[random.IntN(4)]
		for range random.IntN(4) {
			slot := random.Uint32N(slotCount)
			if random.IntN(2) == 0 {
				slot = (w.hand + random.Uint32N(130) - 65) % slotCount
			}
			w.used[slot/64] |= 1 << (slot % 64)
		}
		var want uint32
		found := false
		for i := uint32(0); i < slotCount && !found; i++ {
			want = w.hand + i
			slot := want % slotCount
			found = w.used[slot/64]>>(slot%64)&1 != 0
		}
		at, ok := w.nextSpan()
		require.Equal(t, found, ok)
		if found {
			require.Equal(t, want, at, "hand %d", w.hand)
		}
	}
}

// Random deadlines, against what is said of the wheel.
func TestWheelRandomly(t *testing.T) {
	eachStart(t, func(t *testing.T, now tick) {
		random := rand.New(rand.NewPCG(3, uint64(now)))
		span := func() tick { // some time, mostly short
			return tick(random.Uint32N([...]uint32{2, 40, 2000, 100_000, 400_000}[random.IntN(5)]))
		}
		w := newWheel(now)
		type deadline struct {
			due   tick
			since tick // when it was set
		}
		dues := map[int32]deadline{}
		asleep, woken, until := false, false, tick(0) // until when the loop sleeps
		for range 10_000 {
			switch fd := random.Int32N(100); random.IntN(8) {
			case 0: // the loop wakes, in time or before
				pass := span()
				if next := until - now; asleep && int32(next) >= 0 && (random.IntN(2) == 0 || pass > next) {
					pass = next
				}
				now += pass
				asleep = false
				w.awake()
				for _, task := range w.expired(nil, now) {
					require.Contains(t, dues, task.c.fd)
					require.True(t, now.reached(dues[task.c.fd].due), "too early")
					delete(dues, task.c.fd)
				}
				for fd, d := range dues {
					last := d.due
					if int32(d.since-last) > 0 {
						last = d.since
					}
					if int32(now-last) >= int32(spanSize) {
						require.Fail(t, "it is forgotten", "descriptor %d", fd)
					}
				}
				wait := sleepFor(w, now, -1)
				if wait < 0 {
					require.Empty(t, dues)
					until = now + ticks(forever)
				} else {
					require.Positive(t, wait, "it spins")
					until = now + tick(wait)
				}
				asleep, woken = true, false
				for fd, d := range dues {
					if int32(until-d.due) > int32(spanSize) {
						require.Fail(t, "it will be looked at too late", "descriptor %d", fd)
					}
				}
			case 1:
				w.drop(w.table.grow(fd))
				delete(dues, fd)
			default:
				due := now + span()
				wake := w.set(w.table.grow(fd), due)
				dues[fd] = deadline{due, now}
				if wake {
					require.True(t, asleep && int32(due-until) < 0, "nothing to wake for: due in %d, the loop sleeps for %d", due-now, until-now)
					woken = true
				} else if asleep && !woken {
					require.LessOrEqual(t, int32(until-due), int32(spanSize), "due in %d, the loop sleeps for %d", due-now, until-now)
				}
			}
		}
	})
}

// Owners set deadlines while the loop looks at them: none is lost.
func TestWheelInParallel(t *testing.T) {
	const owners, rounds = 4, 200
	for name, start := range wheelStarts {
		t.Run(name, func(t *testing.T) {
			var now atomic.Uint32
			now.Store(uint32(start))
			w := newWheel(start)
			var looked [owners]atomic.Bool
			var group sync.WaitGroup
			var done atomic.Bool
			end := time.Now().Add(patience)
			for i := range owners {
				c := w.table.grow(int32(i))
				group.Go(func() {
					random := rand.New(rand.NewPCG(5, uint64(i)))
					for range rounds {
						due := tick(0)
						for range 1 + random.IntN(3) {
							due = tick(now.Load()) + tick(random.Uint32N(60))
							w.set(c, due)
						}
						for !tick(now.Load()).reached(due) || !looked[i].Swap(false) {
							if looked[i].Swap(false) {
								w.set(c, due) // it was for an earlier deadline
							}
							if time.Now().After(end) {
								t.Error("a deadline is lost")
								return
							}
							runtime.Gosched()
						}
					}
				})
			}
			go func() {
				group.Wait()
				done.Store(true)
			}()
			for !done.Load() {
				for _, task := range w.expired(nil, tick(now.Add(3))) {
					looked[task.c.fd].Store(true)
				}
				runtime.Gosched()
			}
		})
	}
}

// sleepFor puts the wheel to sleep and returns for how many milliseconds, -1 for ever; longest is the most, in the same way.
func sleepFor(w *wheel, now tick, longest int) int {
	due, forever := w.sleep(now+tick(max(longest, 0)), longest < 0)
	if forever {
		return -1
	}
	return max(int(int32(due-now)), 0)
}
