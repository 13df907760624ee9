package srv

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// slices cuts s into pieces of n octets.
func slices(s string, n int) (pieces [][]byte) {
	for ; len(s) > n; s = s[n:] {
		pieces = append(pieces, []byte(s[:n]))
	}
	return append(pieces, []byte(s))
}

func pieces(s ...string) (b [][]byte) {
	for _, p := range s {
		b = append(b, []byte(p))
	}
	return b
}

// TestTime lets the fake clock run. The defaults are 10 s for a head, 60 s idle, 1,200 octets in each 5 s of waiting in a request, and
// 500 ms for the client to take the last answer.
func TestTime(t *testing.T) {
	const s = 1000
	half := "GET / HTTP/1.1\r\nHo"
	one := on("/i", get("write:a"))
	upload := on("/i", head("POST", "drop,write:x", "1.1", "Content-Length: 100000"))
	unread := on("/i", head("POST", "write:x", "1.1", "Content-Length: 100"))
	slowLog := failed(ErrContentTimeout, "drop", "write")
	tests := []struct {
		name    string
		pieces  [][]byte
		end     clientEnd
		gap     tick // between the pieces
		take    int  // octets that the client takes
		takeGap tick // at a time
		reads   int  // octets that it takes at all
		limits  Timeouts
		want    string
		seconds float64 // until the end
		log     []string
	}{
		{name: "silent", end: endSilent, seconds: 10},
		{name: "an empty line and silent", pieces: pieces("\r\n"), end: endSilent, seconds: 10},
		{name: "half a head", pieces: pieces(half), end: endSilent, want: refusal(408, ErrHeadTimeout), seconds: 10.5},
		{name: "one octet a second", pieces: octets([]byte(half)), gap: s, end: endSilent, want: refusal(408, ErrHeadTimeout), seconds: 10.5},
		{name: "a head in time", pieces: slices(one, 6), gap: s, end: endSilent, want: ok("a"), seconds: float64((len(one)-1)/6) + 60},
		{name: "idle", pieces: pieces(one), end: endSilent, want: ok("a"), seconds: 60},
		{name: "idle, then an empty line", pieces: pieces(one, "\r\n"), gap: 50 * s, end: endSilent, want: ok("a"), seconds: 60},
		{name: "idle, and the next in time", pieces: pieces(one, one), gap: 59 * s, end: endSilent, want: ok("a") + ok("a"), seconds: 119},
		{name: "the next head has its own time", pieces: pieces(one, half), gap: 59 * s, end: endSilent, want: ok("a") + refusal(408, ErrHeadTimeout), seconds: 69.5},
		{name: "no time to be idle", pieces: pieces(one, one), gap: 2, end: endSilent, limits: Timeouts{Idle: time.Millisecond}, want: ok("a"), seconds: 0.001},
		{name: "for ever", pieces: pieces(one[:20], one[20:], one), gap: 2000 * s, limits: Timeouts{Head: -1, Idle: -1}, want: ok("a") + ok("a"), seconds: 6000},

		{name: "content stalls", pieces: pieces(upload + k40[:2000]), end: endSilent, want: refusal(408, ErrContentTimeout), seconds: 5.5, log: slowLog},
		{name: "no content at all", pieces: pieces(upload), end: endSilent, want: refusal(408, ErrContentTimeout), seconds: 5.5, log: slowLog},
		{name: "content too slow", pieces: append(pieces(upload), slices(k40, 239)...), gap: s, end: endSilent, want: refusal(408, ErrContentTimeout), seconds: 5.5, log: slowLog},
		{name: "content just fast enough", pieces: append(pieces(on("/i", head("POST", "drop,write:x", "1.1", "Content-Length: 12000"))), slices(k40[:12000], 240)...),
			gap: s, want: ok("x"), seconds: 51},
		{name: "a surplus does not count later", pieces: append(pieces(upload, k16), octets([]byte(k16))...), gap: s, end: endSilent,
			want: refusal(408, ErrContentTimeout), seconds: 10.5, log: slowLog},
		{name: "chunked content stalls", pieces: pieces(on("/i", send("drop,write:x", "5\r\nhel"))), end: endSilent, want: refusal(408, ErrContentTimeout), seconds: 5.5, log: slowLog},
		{name: "content stalls behind the head", pieces: pieces(on("/i", send("flush,drop,write:x", "5\r\nhel"))), end: endSilent,
			want: answer("200 OK", "", chunkLine), seconds: 5, log: slowLog},
		{name: "unread content stalls", pieces: pieces(unread), end: endSilent, want: ok("x"), seconds: 5.5},
		{name: "unread content comes late", pieces: pieces(unread, k40[:100]+one), gap: 4 * s, want: ok("x") + ok("a"), seconds: 8},
		{name: "slow content for ever", pieces: append(pieces(upload), slices(k40, 20000)...), gap: 3600 * s, limits: Timeouts{Rate: -1},
			want: refusal(400, parser.Truncated), seconds: 4 * 3600, log: failed(parser.Truncated, "drop", "write")},

		{name: "the answer is not read", pieces: pieces(on("/i", get("fill:20000,flush,write:x"))), end: endSilent, reads: 47 + dateSize, seconds: 5,
			want: answer("200 OK", "", chunkLine), log: failed(ErrSendTimeout, "flush", "write")},
		{name: "the answer is read too slowly", pieces: pieces(on("/i", get("fill:20000,flush"))), end: endSilent, take: 47, takeGap: s, seconds: 5,
			want: answer("200 OK", "", chunkLine) + "4000\r\n" + string(pattern[:6*47-dateSize-47-6]), log: failed(ErrSendTimeout, "flush")},
		{name: "the answer is read just fast enough", pieces: pieces(on("/i", get("size:23900,fill:23900,flush"))), take: 240, takeGap: s,
			want: answer("200 OK", string(pattern[:23900]), "Content-Length: 23900"), seconds: 99},
		{name: "a finished answer is not read", pieces: pieces(on("/i", get("fill:15000"))), end: endSilent, reads: 42 + dateSize, seconds: 5,
			want: answer("200 OK", "", "Content-Length: 15000")},
		{name: "a finished answer is read too slowly", pieces: pieces(on("/i", get("fill:15000"))), end: endSilent, take: 43, takeGap: s, seconds: 5,
			want: answer("200 OK", string(pattern[:6*43-dateSize-42]), "Content-Length: 15000")},
		{name: "a finished answer is read slowly, then idle", pieces: pieces(on("/i", get("fill:2000"))), end: endSilent, take: 300, takeGap: s, seconds: 66,
			want: ok(string(pattern[:2000]))},
		{name: "a finished answer is read slowly, then half a head", pieces: pieces(on("/i", get("fill:2000")) + half), end: endSilent, take: 300, takeGap: s,
			want: ok(string(pattern[:2000])) + refusal(408, ErrHeadTimeout), seconds: 16.5},
		{name: "the last answer is not read", pieces: pieces(on("/i", get("fill:15000", closeLine))), end: endSilent, reads: 61 + dateSize, seconds: 5,
			want: answer("200 OK", "", "Content-Length: 15000", closeLine)},

		{name: "linger", pieces: pieces(on("/i", get("write:a", closeLine))), end: endSilent, want: bye("a"), seconds: 0.5},
		{name: "linger with octets coming", pieces: append(pieces(on("/i", get("write:a", closeLine))), octets([]byte(k16))...), gap: 100, end: endSilent,
			want: bye("a"), seconds: 0.5},
		{name: "linger until the FIN", pieces: pieces(on("/i", get("write:a", closeLine)), "x", "y"), gap: 100, want: bye("a"), seconds: 0.3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, mode := range coreModes[:2] {
				sc := newScripts()
				server := quietServer(sc)
				server.Timeouts = test.limits
				p := newFakePort(t, clone(test.pieces)...)
				p.loop, p.end, p.gap, p.take, p.takeGap, p.reads = mode.loop, test.end, test.gap, test.take, test.takeGap, test.reads
				if len(p.pieces) == 0 && p.end == endSilent {
					p.inAt = never
				}
				p.run(server)
				equal(t, test.want, undated(t, string(p.out)), mode.name)
				assert.Equal(t, test.log, sc.seen(), mode.name)
				assert.InDelta(t, test.seconds, float64(p.now-1000)/1000, float64(1+len(p.outAtRecv))/1000, mode.name)
			}
		})
	}
}

const dateSize = len("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")

func clone(pieces [][]byte) [][]byte { return append([][]byte(nil), pieces...) }

// A response that ends with the connection is cut off by a reset when its last octets are not read: a FIN would say that it is
// complete.
func TestCloseDelimitedNotRead(t *testing.T) {
	for _, script := range []string{"flush,write:xyz", "flush,fill:10000", "flush,fill:20000", "flush,fill:40000", "fill:40000"} {
		for _, mode := range coreModes[:2] {
			for _, reads := range []int{60, 76} { // before the end of the head, and behind it
				p := newFakePort(t, []byte(on("/i", head("GET", script, "1.0"))))
				p.loop, p.end, p.reads = mode.loop, endSilent, reads
				p.run(quietServer(newScripts()))
				assert.Zero(t, p.fins, script)
				assert.Positive(t, p.aborts, "%s, %s, %d", script, mode.name, reads)
				assert.Len(t, p.out, reads)
			}
		}
	}
}

// Only waiting for the client counts: a handler takes as long as it likes, and has all of the time for content afterwards.
func TestHandlerTakesLong(t *testing.T) {
	for _, mode := range coreModes[:2] {
		var p *fakePort
		route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
			p.now += 3_600_000
			piece, err := r.Content().Next()
			require.NoError(t, err)
			w.Write(piece)
			p.now += 3_600_000
			require.NoError(t, w.Flush())
			p.now += 3_600_000
			_, err = r.Content().Next()
			assert.Equal(t, ErrContentTimeout, err)
		})}
		s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
		p = newFakePort(t, pieces(head("POST", "", "1.1", "Content-Length: 50"), "hello")...)
		p.loop, p.end, p.gap = mode.loop, endSilent, 4000
		p.run(s)
		assert.Equal(t, answer("200 OK", "5\r\nhello\r\n", chunkLine), undated(t, string(p.out)))
		assert.EqualValues(t, 3*3_600_000+5000, p.now-1000, mode.name)
	}
}

// Content that nobody reads is discarded to keep the connection, up to 64 KiB; beyond that the connection ends, in a way that lets
// the client read the answer first: FIN, and what still comes is discarded, up to another 64 KiB.
func TestUnreadContent(t *testing.T) {
	k64 := string(pattern[:64<<10])
	tests := []struct {
		name, in string
		stays    bool
		closes   bool // and says so
		taken    int  // octets that are read at least; a client that sent more would be reset
	}{
		{"64 KiB", on("/i", post("follow", k64)), true, false, 0},
		{"64 KiB in chunks", on("/i", send("follow", openChunks(k16, k16, k16, k16)+zero)), true, false, 0},
		{"one octet more", on("/i", post("follow", k64+"x")), false, true, 64 << 10},
		{"one octet more in chunks", on("/i", send("follow", openChunks(k64, "x")+zero)), false, false, 64 << 10},
		{"120 KiB", on("/i", post("follow", string(pattern[:120<<10]))), false, true, 64 << 10},
		{"120 KiB in a chunk", on("/i", send("follow", openChunks(string(pattern[:120<<10]))+zero)), false, false, 120 << 10},
		{"200 KiB", on("/i", post("follow", string(pattern[:200<<10]))), false, true, 64 << 10},
		{"200 KiB in a chunk", on("/i", send("follow", openChunks(string(pattern[:200<<10]))+zero)), false, false, 128 << 10},
		{"more than is left, once some was read", on("/i", post("sip:20000,follow", string(pattern[:80<<10]))), true, false, 0},
	}
	for _, test := range tests {
		for _, mode := range coreModes[:2] {
			sc := newScripts()
			p, o := mode.run(t, quietServer(sc), sc, endFIN, append(slices(test.in, 1000), []byte(followUp))...)
			answers := 1
			if test.stays {
				answers = 2
			}
			assert.Equal(t, answers, o.Follow, test.name)
			assert.Equal(t, test.closes, strings.Contains(o.Out, closeLine), test.name)
			assert.Equal(t, !test.stays, o.FIN, test.name)
			left := 0
			for _, piece := range p.pieces {
				left += len(piece)
			}
			assert.LessOrEqual(t, left, max(len(test.in)+len(followUp)-test.taken, 0), test.name)
		}
	}
}
