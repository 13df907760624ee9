package srv

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// OnDone is called for each request that a handler got, when its response is out, or cut off.
func TestOnDone(t *testing.T) {
	tests := []struct {
		name, in string
		end      clientEnd
		want     []string // method, path, status, octets written; and how much had been sent
	}{
		{"one", get("write:hi"), endFIN, []string{"GET 200 2, 1 sent"}},
		{"several", get("write:a") + post("copy", "hello") + head("HEAD", "status:404,write:abc", "1.1"), endFIN,
			[]string{"GET 200 1, 1 sent", "POST 200 5, 2 sent", "HEAD 404 3, 3 sent"}},
		{"chunked", get("fill:40000"), endFIN, []string{"GET 200 40000, 1 sent"}},
		{"file", get("file:0+1000"), endFIN, []string{"GET 200 1000, 1 sent"}},
		{"to HTTP/1.0", head("GET", "flush,write:a", "1.0"), endFIN, []string{"GET 200 1, 1 sent"}},
		{"panic", get("write:a") + get("panic:x"), endFIN, []string{"GET 200 1, 1 sent", "GET 500 81, 2 sent"}},
		{"abort", get("write:a,abort"), endFIN, []string{"GET 200 1, 0 sent"}},
		{"abort, begun", get("write:a,flush,write:b,abort"), endFIN, []string{"GET 200 2, 1 sent"}},
		{"bad content", send("drop", "z"), endFIN, []string{"POST 400 83, 1 sent"}},
		{"reset", head("POST", "status:201,drop", "1.1", "Content-Length: 5"), endReset, []string{"POST 201 0, 0 sent"}},
		{"hijacked", get("hijack:x"), endFIN, nil},
		{"refused", "GET / HTTP/1.1\r\n\r\n", endFIN, nil},
		{"too large", head("POST", "drop", "1.1", "Content-Length: 10485761"), endFIN, nil},
		{"panic in the Router", "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n", endFIN, nil},
	}
	for _, test := range tests {
		for _, mode := range coreModes {
			for _, path := range []string{"/i", "/b"} {
				var got []string
				var p *fakePort
				sc := newScripts()
				sc.file = tempFile(t, 1000)
				s := quietServer(sc)
				s.OnDone = func(w *Response, r *Request) {
					assert.Empty(t, p.turn.pending())
					got = append(got, fmt.Sprintf("%s %d %d, %d sent", r.Method(), w.Status(), w.Sent(), bytes.Count(p.out, []byte("\r\nDate: "))))
				}
				p = newFakePort(t, []byte(on(path, test.in)))
				p.loop, p.take, p.end = mode.loop, mode.take, test.end
				p.run(s)
				assert.Equal(t, test.want, got, "%s, %s", test.name, mode.name)
			}
		}
	}
}

// A client that goes away is no reason not to call OnDone.
func TestOnDoneNotRead(t *testing.T) {
	for _, script := range []string{"write:a", "fill:20000", "write:a,flush"} {
		for _, mode := range coreModes[:2] {
			called := 0
			sc := newScripts()
			s := quietServer(sc)
			s.OnDone = func(w *Response, r *Request) { called++ }
			p := newFakePort(t, []byte(on("/i", get(script))))
			p.loop, p.reads, p.end = mode.loop, 20, endSilent
			p.run(s)
			assert.Equal(t, 1, called, script)
			assert.Zero(t, s.Stats().InFlight)
		}
	}
}

func TestOnRefuse(t *testing.T) {
	long := strings.Repeat("a", 40)
	tooLarge := on("/t", post("drop", long))
	badChunk := on("/b", send("drop", "z\r\n"))
	lateChunk := on("/b", send("flush,drop", "z\r\n"))
	tests := []struct {
		name, in string
		rule     fault
		off      int
		excerpt  string
		route    string
	}{
		{"short", "GET / HTTP/1.1\r\nHost: a\r\nb c\r\n\r\n", parser.NameSpace, 26, "/1.1\r\nHost: a\r\nb c\r\n\r\n", ""},
		{"at the start", "\x00GET / HTTP/1.1\r\nHost: a\r\n\r\n", parser.MethodOctet, 0, "\x00GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		{"in the middle", "GET /" + long + "<" + long + " HTTP/1.1\r\n", parser.TargetOctet, 45, long[:16] + "<" + long[:15], ""},
		{"behind another request", followUp + "GET / HTTP/3.0\r\n\r\n", parser.VersionUnsupported, 11, "GET / HTTP/3.0\r\n\r\n", ""},
		{"too large", tooLarge, parser.ContentTooLarge, strings.Index(tooLarge, "Content-Length:"), "P/1.1\r\nhost: a\r\ncontent-length: ", "/t"},
		{"bad content", badChunk, parser.ChunkSizeSyntax, strings.Index(badChunk, "z\r\n"), "z\r\n", "/b"},
		{"bad content behind the head", lateChunk, parser.ChunkSizeSyntax, strings.Index(lateChunk, "z\r\n"), "z\r\n", "/b"},
		{"time", "GET / HTTP/1.1\r\nHo", ErrHeadTimeout, 18, "T / HTTP/1.1\r\nHo", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, mode := range coreModes {
				var got []Refusal
				sc := newScripts()
				s := quietServer(sc)
				s.OnRefuse = func(r *Refusal) {
					kept := *r
					kept.Excerpt = bytes.Clone(r.Excerpt)
					got = append(got, kept)
				}
				p := newFakePort(t, []byte(test.in))
				p.loop, p.take, p.end = mode.loop, mode.take, endSilent
				p.run(s)
				require.Len(t, got, 1)
				r := got[0]
				assert.Equal(t, test.rule.Rule(), r.Rule)
				assert.Equal(t, test.rule.Text(), r.Text)
				assert.Equal(t, test.rule.Section(), r.Section)
				if test.in == lateChunk {
					assert.Zero(t, r.Status, "another answer had left")
				} else {
					assert.Equal(t, test.rule.Status(), r.Status)
				}
				assert.Equal(t, test.off, r.Off)
				assert.Equal(t, test.excerpt, string(r.Excerpt))
				assert.Equal(t, test.route, r.Route)
				assert.Equal(t, p.addr(), r.Remote)
				assert.Equal(t, []RuleCount{{test.rule.Rule(), 1}}, s.Stats().Refusals)
			}
		})
	}
}

// What clients send appears in the log escaped, and no oftener than once a second.
func TestRefusalLog(t *testing.T) {
	var log bytes.Buffer
	s := &Server{Log: slog.New(slog.NewJSONHandler(&log, nil)), Router: newScripts().router()}
	refuse := func(at tick) {
		p := newFakePort(t, []byte("GET /\x1b[31m\xff\r\n\r\n"))
		p.now = at
		p.inAt, p.outAt = at, at
		p.run(s)
	}
	for i := range tick(1000) {
		refuse(5000 + i)
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
	line := log.String()
	for _, want := range []string{`"level":"WARN"`, `"rule":"` + parser.TargetOctet.Rule() + `"`, `"section":"` + parser.TargetOctet.Section() + `"`, `"status":400`, `"off":5`,
		`GET /\\x1b[31m\\xff\\r\\n`, `"remote":"192.0.2.7:49152"`, `"skipped":0`} {
		assert.Contains(t, line, want)
	}
	log.Reset()
	refuse(6001)
	assert.Contains(t, log.String(), `"skipped":999`)
	assert.EqualValues(t, 1001, s.Stats().Refused)
	for _, c := range log.Bytes() {
		assert.True(t, c == '\n' || c >= 0x20 && c < 0x7f, "%q", c)
	}
}

// Without a logger that takes warnings, nothing is made ready for it.
func TestRefusalNotLogged(t *testing.T) {
	var log bytes.Buffer
	s := &Server{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))}
	newFakePort(t, []byte("\x00")).run(s)
	assert.Empty(t, log.String())
	assert.EqualValues(t, 1, s.Stats().Refused)
}

func TestLogLimit(t *testing.T) {
	for _, start := range []tick{0, 1000, 1<<32 - 1} {
		var l logLimit
		skipped, ok := l.allowed(start)
		assert.True(t, ok)
		assert.Zero(t, skipped)
		for _, d := range []tick{0, 1, 500, logInterval - 2} {
			_, ok = l.allowed(start + d)
			assert.False(t, ok, d)
		}
		skipped, ok = l.allowed(start + logInterval + 1)
		assert.True(t, ok)
		assert.EqualValues(t, 4, skipped)
	}
}

func TestStats(t *testing.T) {
	var during Stats
	var s *Server
	sc := newScripts()
	s = quietServer(sc)
	router := s.Router
	s.Router = routerFunc(func(r *Request) *Route {
		during = s.Stats()
		return router.Route(r)
	})
	for _, in := range []string{
		get("write:a") + get("write:b"),
		get("panic:x"),
		get("flush,abort"),
		get("hijack:x"),
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"\x00",
		send("drop", "z"),
		head("POST", "", "1.1", "Content-Length: 10485761"),
	} {
		newFakePort(t, []byte(on("/i", in))).run(s)
		assert.Equal(t, 0, s.Stats().InFlight, in)
	}
	assert.Equal(t, 1, during.InFlight)
	st := s.Stats()
	assert.EqualValues(t, 7, st.Requests)
	assert.EqualValues(t, 1, st.Panics)
	assert.EqualValues(t, 1, st.Aborted)
	assert.EqualValues(t, 5, st.Refused)
	counts := map[string]uint64{}
	for _, c := range st.Refusals {
		counts[c.Rule] = c.Count
	}
	assert.Equal(t, map[string]uint64{parser.HostMissing.Rule(): 2, parser.MethodOctet.Rule(): 1, parser.ChunkSizeSyntax.Rule(): 1, parser.ContentTooLarge.Rule(): 1}, counts)
}

// A server without a logger uses the default one, and one without a Router answers 404.
func TestDefaults(t *testing.T) {
	s := &Server{}
	p := newFakePort(t, []byte(followUp)).run(s)
	assert.Equal(t, answer("404 Not Found", "", "Content-Length: 0"), undated(t, string(p.out)))
	assert.Same(t, slog.Default(), s.log())
	assert.True(t, slog.Default().Enabled(context.Background(), slog.LevelWarn) == s.logs())
}
