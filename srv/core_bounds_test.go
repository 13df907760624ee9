package srv

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// fields returns field lines of size octets, CRLF included.
func fields(size int) string {
	var b strings.Builder
	for size > 0 {
		n := min(size, 8000)
		if rest := size - n; rest > 0 && rest < 8 {
			n -= 8
		}
		b.WriteString("X: " + strings.Repeat("v", n-5) + "\r\n")
		size -= n
	}
	return b.String()
}

// Heads, content and trailers of the largest sizes fit into the buffer, however they are cut, and one octet more is refused.
func TestLargest(t *testing.T) {
	start := "POST /b?drop,trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	request := func(headSize, trailerSize int) string {
		return start + fields(headSize-len(start)-2) + "\r\n" + "3\r\nabc\r\n0\r\n" + fields(trailerSize-2) + "\r\n"
	}
	tests := []struct {
		name           string
		limit          int
		head, trailers int
		status         string
	}{
		{"default", 0, parser.DefaultHeadSize, parser.TrailerSectionSize, "200 OK"},
		{"default, head too large", 0, parser.DefaultHeadSize + 1, 2, "431 Request"},
		{"default, trailers too large", 0, parser.DefaultHeadSize, parser.TrailerSectionSize + 1, "431 Request"},
		{"small head", 0, 300, parser.TrailerSectionSize, "200 OK"},
		{"small head, trailers too large", 0, 300, parser.TrailerSectionSize + 1, "431 Request"},
		{"fills the buffer", 0, inputSize - slackSize, parser.TrailerSectionSize, "200 OK"},
		{"fills the buffer but for one", 0, inputSize - slackSize - 1, parser.TrailerSectionSize + 1, "431 Request"},
		{"largest", -1, parser.MaxHeadSize, parser.TrailerSectionSize, "200 OK"},
		{"largest, trailers too large", -1, parser.MaxHeadSize, parser.TrailerSectionSize + 1, "431 Request"},
		{"larger than the largest", -1, parser.MaxHeadSize + 1, 2, "431 Request"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := request(test.head, test.trailers)
			require.Equal(t, test.head, strings.Index(in, "\r\n\r\n")+4)
			for _, mode := range coreModes[:2] {
				for _, size := range []int{len(in), 8191, 1000, test.head - 1, test.head, test.head + 1} {
					sc := newScripts()
					s := quietServer(sc)
					s.Limits.Head = test.limit
					p := newFakePort(t, append(slices(get("write:a")+in, size), []byte(strings.Repeat("y", 9000)))...)
					p.pieces[0] = []byte(on("/i", string(p.pieces[0])))
					p.loop = mode.loop
					p.run(s)
					_, out, _ := strings.Cut(string(p.out), "\r\n\r\na")
					if !strings.HasPrefix(out, "HTTP/1.1 "+test.status) {
						t.Fatalf("%s, %d: %s", mode.name, size, brief(out))
					}
				}
			}
		})
	}
}

// The largest head has room for the largest trailer section also where it stands far up in a buffer that an earlier request has made
// large.
func TestLargestBehindOthers(t *testing.T) {
	start := "POST /b?drop,trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	large := start + fields(parser.MaxHeadSize-len(start)-2) + "\r\n"
	second := on("/i", get("write:a", strings.TrimSuffix(fields(7000), "\r\n")))
	for _, trailers := range []int{parser.TrailerSectionSize, parser.TrailerSectionSize + 1} {
		for _, mode := range coreModes[:2] {
			s := quietServer(newScripts())
			s.Limits.Head = -1
			p := newFakePort(t, []byte(large+zero), []byte(second+large+"0\r\n"), []byte(fields(trailers-2)+"\r\n"), []byte(strings.Repeat("y", 9000)))
			p.loop = mode.loop
			p.run(s)
			out := undated(t, string(p.out))
			require.True(t, strings.HasPrefix(out, ok("")+ok("a")), brief(out))
			third := out[len(ok("")+ok("a")):]
			assert.Equal(t, trailers == parser.TrailerSectionSize, strings.HasPrefix(third, "HTTP/1.1 200 "), "%d: %.30s", trailers, third)
			assert.Equal(t, trailers != parser.TrailerSectionSize, strings.HasPrefix(third, "HTTP/1.1 431 "), "%d: %.30s", trailers, third)
		}
	}
}

// Whatever a connection needed, what it leaves in the pool is small.
func TestTurnShrinks(t *testing.T) {
	turn := newTurn()
	turn.b = make([]byte, 80<<10)
	turn.out = make([]byte, 0, pooledSize+1)
	turn.release()
	assert.LessOrEqual(t, cap(turn.b), inputSize)
	assert.LessOrEqual(t, cap(turn.out), pooledSize)
	assert.Equal(t, firstSize-slackSize, len(turn.b))

	var c conn
	c.kept = &kept{b: make([]byte, 0, keptSize+1)}
	c.dropKept()
	assert.Nil(t, c.kept)
}

func TestRequestsLimit(t *testing.T) {
	for limit, want := range map[int]string{
		0:  ok("a") + ok("a") + ok("a"),
		-1: ok("a") + ok("a") + ok("a"),
		1:  bye("a"),
		2:  ok("a") + bye("a"),
		3:  ok("a") + ok("a") + bye("a"),
		4:  ok("a") + ok("a") + ok("a"),
	} {
		for _, mode := range coreModes {
			sc := newScripts()
			s := quietServer(sc)
			s.Limits.Requests = limit
			_, o := mode.run(t, s, sc, endFIN, []byte(strings.Repeat(on("/i", get("write:a")), 3)))
			assert.Equal(t, want, undated(t, o.Out), "%d, %s", limit, mode.name)
		}
	}
}

func TestContentLimits(t *testing.T) {
	tests := []struct {
		path   string
		server int64
		size   int
		status int
	}{
		{"/t", 0, 10, 200}, {"/t", 0, 11, 413},
		{"/t", 5, 10, 200}, {"/t", -1, 11, 413}, // the Route's limit wins
		{"/i", 5, 5, 200}, {"/i", 5, 6, 413}, {"/i", -1, 100, 200},
		{"/n", 5, 100, 200}, // a Route without a limit
	}
	for _, test := range tests {
		for _, chunks := range []bool{false, true} {
			sc := newScripts()
			s := quietServer(sc)
			s.Limits.Content = test.server
			in := post("drop", string(pattern[:test.size]))
			if chunks {
				in = send("drop", openChunks(strings.Split(string(pattern[:test.size]), "")...)+zero)
			}
			for _, mode := range coreModes {
				_, o := mode.run(t, s, sc, endFIN, []byte(on(test.path, in)))
				assert.Contains(t, o.Out, fmt.Sprint("HTTP/1.1 ", test.status, " "), "%+v, chunks %v, %s", test, chunks, mode.name)
			}
		}
	}
}

func TestHeadLimits(t *testing.T) {
	tests := []struct {
		limits Limits
		in     string
		want   int
	}{
		{Limits{Target: 5}, "GET /abcd HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{Limits{Target: 5}, "GET /abcde HTTP/1.1\r\nHost: a\r\n\r\n", 414},
		{Limits{Fields: 2}, "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n", 404},
		{Limits{Fields: 2}, "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: b\r\n\r\n", 431},
		{Limits{Head: 30}, "GET / HTTP/1.1\r\nHost: abc\r\n\r\n", 404},
		{Limits{Head: 28}, "GET / HTTP/1.1\r\nHost: abc\r\n\r\n", 431},
		{Limits{}, "GET /" + strings.Repeat("a", 8000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 404},
	}
	for _, test := range tests {
		for _, mode := range coreModes {
			sc := newScripts()
			s := quietServer(sc)
			s.Limits = test.limits
			for _, in := range [][][]byte{{[]byte(test.in)}, octets([]byte(test.in))} {
				if mode.take > 0 && len(in) > 1000 {
					continue
				}
				_, o := mode.run(t, s, sc, endFIN, in...)
				assert.Contains(t, o.Out, fmt.Sprint("HTTP/1.1 ", test.want, " "), "%s, %s", test.in[:20], mode.name)
			}
		}
	}
}

func TestBoundsOf(t *testing.T) {
	d := boundsOf(Limits{}, Timeouts{})
	assert.EqualValues(t, 10<<20, d.content)
	assert.Equal(t, descriptorLimit(), d.conns)
	assert.EqualValues(t, noLimit, d.connsPerAddr)
	assert.EqualValues(t, noLimit, d.requests)
	assert.Equal(t, []tick{10_000, 60_000, 5_000, 500}, []tick{d.headTime, d.idleTime, d.rateTime, d.graceTime})

	n := boundsOf(Limits{-1, -1, -1, -1, -1, -1, -1}, Timeouts{-1, -1, -1, -1})
	assert.Equal(t, int64(math.MaxInt64), n.content)
	assert.EqualValues(t, noLimit, n.conns)
	assert.Equal(t, ticks(forever), n.headTime)
	assert.Equal(t, ticks(forever), n.graceTime)

	o := boundsOf(Limits{Content: 1, Conns: 2, ConnsPerAddr: 3, Requests: 4},
		Timeouts{Head: time.Nanosecond, Idle: time.Second, Rate: 100 * 24 * time.Hour, Grace: 1500 * time.Microsecond})
	assert.Equal(t, []int{1, 2, 3, 4}, []int{int(o.content), o.conns, o.connsPerAddr, int(o.requests)})
	assert.Equal(t, []tick{1, 1000, ticks(forever), 1}, []tick{o.headTime, o.idleTime, o.rateTime, o.graceTime})
	assert.Positive(t, descriptorLimit())
}

// A clock that wraps goes on to tell earlier from later.
func TestTickWraps(t *testing.T) {
	for _, now := range []tick{0, 1, 1 << 31, math.MaxUint32} {
		assert.True(t, now.reached(now))
		assert.True(t, (now + 1).reached(now))
		assert.False(t, now.reached(now+1))
		assert.False(t, now.reached(now+ticks(forever)))
		assert.True(t, (now + ticks(forever)).reached(now))
	}
	s := &Server{}
	s.setup()
	for _, ahead := range []tick{0, 1, 1000, ticks(forever)} {
		now := s.tick()
		at := s.time(now + ahead)
		assert.InDelta(t, float64(time.Duration(ahead)*time.Millisecond), float64(time.Until(at)), float64(patience))
	}
}

func TestRate(t *testing.T) {
	const window = 5000
	tests := []struct {
		name string
		adds [][2]int // waited, octets
		ok   bool     // of the last one
		left tick
	}{
		{"not yet a window", [][2]int{{4999, 0}}, true, 1},
		{"a window with nothing", [][2]int{{5000, 0}}, false, window},
		{"a window with enough", [][2]int{{5000, rateSize}}, true, window},
		{"a window with too little", [][2]int{{5000, rateSize - 1}}, false, window},
		{"waits add up", [][2]int{{3000, 100}, {1000, 100}, {1000, 999}}, false, window},
		{"octets add up", [][2]int{{3000, 600}, {2000, 600}}, true, window},
		{"no surplus is kept", [][2]int{{5000, 100_000}, {5000, 10}}, false, window},
		{"without waiting nothing is judged", [][2]int{{0, 0}, {0, 5}, {0, 0}}, true, window},
	}
	for _, test := range tests {
		var r rate
		ok := false
		for _, a := range test.adds {
			ok = r.add(tick(a[0]), a[1], window)
		}
		assert.Equal(t, test.ok, ok, test.name)
		assert.Equal(t, test.left, r.left(window), test.name)
	}
	var r rate
	r.wait(4000)
	r.wait(2000)
	assert.True(t, r.add(0, rateSize, window), "judged by what came of the wait")
}

func TestOr(t *testing.T) {
	assert.Equal(t, 7, or(0, 7, 9))
	assert.Equal(t, 9, or(-1, 7, 9))
	assert.Equal(t, 3, or(3, 7, 9))
	assert.Equal(t, 9, or(10, 7, 9), "cut to the largest")
}

// Every Error has all that there is to say about it, and the client's ones have a status.
func TestErrors(t *testing.T) {
	rules := map[string]bool{}
	for e := Error(1); e < errorCount; e++ {
		assert.NotEmpty(t, e.Rule(), e)
		assert.False(t, rules[e.Rule()], e.Rule())
		rules[e.Rule()] = true
		assert.Equal(t, "srv: "+e.Text(), e.Error())
		assert.NotEmpty(t, e.Text())
		if e.Status() != 0 {
			assert.NotEmpty(t, e.Section(), e)
		}
	}
	for e := parser.Error(1); e < parser.ErrorCount; e++ {
		assert.False(t, rules[e.Rule()], "%s is a rule of the parser, too", e.Rule())
	}
	assert.NotEqual(t, errWait.Error(), errTimeout.Error())
}
