package srv

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// on puts the path of a route in place of "/do".
func on(path, request string) string { return strings.ReplaceAll(request, "/do?", path+"?") }

func TestBatch(t *testing.T) {
	a, b, c := on("/i", get("write:a")), on("/i", get("write:b")), on("/i", get("write:c"))
	slow := on("/b", get("write:s"))
	big := on("/i", get("fill:20480"))
	bad := "GET / HTTP/1.1\r\n\r\n"
	tests := []struct {
		name   string
		pieces []string
		sends  []string // what went out in one system call each
	}{
		{"inline answers go out together", []string{strings.Repeat(a, 16)}, []string{strings.Repeat(ok("a"), 16)}},
		{"one by one as they come", []string{a, b}, []string{ok("a"), ok("b")}},
		{"before a handler that may block", []string{a + b + slow + c}, []string{ok("a") + ok("b"), ok("s") + ok("c")}},
		{"before each of them", []string{slow + slow + a}, []string{ok("s"), ok("s") + ok("a")}},
		{"before the rest of the next request", []string{a + b + c[:20], c[20:]}, []string{ok("a") + ok("b"), ok("c")}},
		{"before the rest of some content", []string{a + strings.TrimSuffix(on("/i", post("copy", "hello")), "lo"), "lo" + a},
			[]string{ok("a"), ok("hello") + ok("a")}},
		{"before the rest of content that nobody reads", []string{a + strings.TrimSuffix(on("/i", post("write:p", "hello")), "lo"), "lo" + a},
			[]string{ok("a") + ok("p"), ok("a")}},
		{"a flush takes along what is before it", []string{a + on("/i", get("write:x,flush,write:y"))},
			[]string{ok("a") + answer("200 OK", "1\r\nx\r\n", chunkLine), "1\r\ny\r\n0\r\n\r\n"}},
		{"with a refusal", []string{a + b + bad + c}, []string{ok("a") + ok("b") + refusal(400, parser.HostMissing)}},
		{"when there is enough", []string{big + big + a}, []string{
			chunked(k16, k20[16<<10:]) + answer("200 OK", openChunks(k16), chunkLine), openChunks(k20[16<<10:]) + zero + ok("a")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, mode := range coreModes[:2] {
				sc := newScripts()
				var pieces [][]byte
				for _, p := range test.pieces {
					pieces = append(pieces, []byte(p))
				}
				p, _ := mode.run(t, quietServer(sc), sc, endFIN, pieces...)
				for i := range p.sends {
					p.sends[i] = undated(t, p.sends[i])
				}
				require.Equal(t, test.sends, p.sends, mode.name)
			}
		})
	}
}

// A handler that may block starts only when what is finished has been sent, and the loop was given away.
func TestBatchBeforeBlocking(t *testing.T) {
	for _, mode := range coreModes {
		p := newFakePort(t, []byte(on("/i", get(""))+on("/b", get(""))))
		p.loop, p.take = mode.loop, mode.take
		var order []string
		p.onDetach = func() {
			if len(p.turn.pending()) == 0 {
				order = append(order, "detached")
			}
		}
		inline := &Route{Inline: true, Handler: HandlerFunc(func(*Response, *Request) { order = append(order, "inline") })}
		blocking := &Route{Handler: HandlerFunc(func(*Response, *Request) {
			order = append(order, "blocking")
			assert.Equal(t, ok(""), undated(t, string(p.out)))
		})}
		p.run(&Server{Router: routerFunc(func(r *Request) *Route {
			if string(r.Path()) == "/i" {
				return inline
			}
			return blocking
		})})
		assert.Equal(t, []string{"inline", "detached", "blocking"}, order, mode.name)
	}
}

// An inline handler that does not wait never gives the loop away.
func TestInlineStays(t *testing.T) {
	sc := newScripts()
	for _, mode := range coreModes[:2] {
		p, _ := mode.run(t, quietServer(sc), sc, endFIN, []byte(on("/i", get("write:a")+post("copy", "hello")+get("fill:40000"))))
		assert.Zero(t, p.detached, mode.name)
	}
	p, _ := coreModes[1].run(t, quietServer(sc), sc, endFIN, []byte(on("/i", head("POST", "copy", "1.1", "Content-Length: 2")+"a")), []byte("b"))
	assert.Positive(t, p.detached, "waited for content")
	p, _ = coreModes[3].run(t, quietServer(sc), sc, endFIN, []byte(on("/i", get("write:a,flush"))))
	assert.Positive(t, p.detached, "waited for room")
}

// Finished answers are sent before the server waits for input, whatever it is that it waits for.
func TestNothingWithheld(t *testing.T) {
	sc := newScripts()
	requests := []string{on("/i", get("write:a")), on("/i", post("copy", "hello")), on("/i", send("write:a", "3\r\nabc\r\n"+zero)), on("/b", get("write:b"))}
	in := strings.Join(requests, "")
	for _, mode := range coreModes[:2] {
		for i := 1; i < len(in); i++ {
			p, _ := mode.run(t, quietServer(sc), sc, endFIN, []byte(in[:i]), []byte(in[i:]))
			complete, end := 0, 0
			for _, r := range requests {
				if end += len(r); end <= i {
					complete++
				}
			}
			require.Len(t, p.outAtRecv, 2)
			assert.GreaterOrEqual(t, strings.Count(string(p.out[:p.outAtRecv[1]]), "200 OK"), complete, "%s, cut at %d", mode.name, i)
		}
	}
}

// A connection lets others have their turn after some requests, and loses none of its own.
func TestTurns(t *testing.T) {
	const n = 5*turnMax + 1
	sc := newScripts()
	for _, mode := range coreModes[:2] {
		for _, path := range []string{"/i", "/b"} {
			p, o := mode.run(t, quietServer(sc), sc, endFIN, []byte(strings.Repeat(on(path, get("write:a")), n)))
			assert.Equal(t, strings.Repeat(ok("a"), n), undated(t, o.Out), mode.name)
			assert.InDelta(t, 4, p.turns, 1, mode.name) // a buffer that is full ends one, too
		}
	}
}

// A client that sends requests and reads no answers is not read from any longer, and what is kept for it stays small.
func TestNothingRead(t *testing.T) {
	for _, mode := range coreModes[:2] {
		served := 0
		route := &Route{Inline: true, Handler: HandlerFunc(func(w *Response, r *Request) {
			w.Write(pattern[:1000])
			served++
		})}
		s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
		p := newFakePort(t, []byte(strings.Repeat(followUp, 10000)))
		p.loop, p.reads, p.end = mode.loop, 100, endSilent
		p.run(s)
		assert.Len(t, p.out, 100)
		assert.Less(t, served, 100, mode.name)
		assert.Equal(t, s.bounds.rateTime, p.now-1000, mode.name)
	}
}
