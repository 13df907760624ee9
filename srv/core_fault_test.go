package srv

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// The client resets the connection behind each octet. Nothing is answered any more, nothing is called a refusal, and every request
// that was begun is accounted for.
func TestReset(t *testing.T) {
	in := on("/i", get("write:a")) + on("/b", post("copy,write:x,flush", "hello")) + on("/i", send("flush,drop,fill:40000", "5\r\nhello\r\n"+zero))
	for _, mode := range coreModes[:2] {
		for i := range in {
			sc := newScripts()
			s := quietServer(sc)
			s.OnRefuse = func(r *Refusal) { t.Errorf("cut at %d: %s", i, r.Rule) }
			p := newFakePort(t, []byte(in[:i]))
			p.loop, p.end = mode.loop, endReset
			if i == 0 {
				p.pieces = nil
			}
			p.run(s)
			st := s.Stats()
			assert.Zero(t, st.InFlight, i)
			assert.Equal(t, uint64(strings.Count(in[:i], "\r\n\r\n")), st.Requests+uint64(strings.Count(in[:i], zero)), i)
			for _, line := range sc.seen() {
				assert.Contains(t, line, ErrReset.Error(), i)
			}
		}
	}
}

// A handler that panics is logged with its stack and its route, whatever it panicked with, and counted.
func TestPanicIsLogged(t *testing.T) {
	for _, v := range []any{"boom", errInjected, 7, nil} {
		var log bytes.Buffer
		route := &Route{Name: "/named", Handler: HandlerFunc(func(*Response, *Request) { panic(v) })}
		s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil)), Router: routerFunc(func(*Request) *Route { return route })}
		p := newFakePort(t, []byte(followUp)).run(s)
		assert.Equal(t, refusal(500, ErrHandler), undated(t, string(p.out)))
		assert.Contains(t, log.String(), "level=ERROR")
		assert.Contains(t, log.String(), "route=/named")
		assert.Contains(t, log.String(), "TestPanicIsLogged", "the stack")
		if v != nil {
			assert.Contains(t, log.String(), slog.AnyValue(v).String())
		}
		st := s.Stats()
		assert.EqualValues(t, 1, st.Panics)
		assert.Zero(t, st.InFlight)
	}
}

func TestPanicInRouterIsLogged(t *testing.T) {
	var log bytes.Buffer
	sc := newScripts()
	s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil)), Router: sc.router()}
	newFakePort(t, []byte("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n")).run(s)
	assert.Contains(t, log.String(), "in the Router")
	assert.Contains(t, log.String(), "stack=")
	assert.EqualValues(t, 1, s.Stats().Panics)
}

// A response that was aborted is logged, unless it is the client's doing, and counted in any case.
func TestAbortIsLogged(t *testing.T) {
	tests := []struct {
		script string
		end    clientEnd
		want   string
	}{
		{"flush,abort", endFIN, ErrAborted.Error()},
		{"size:3,write:a,flush", endFIN, "writer: less content than declared"},
		{"size:3,write:a", endFIN, "writer: less content than declared"},
		{"flush,drop", endReset, ""},
	}
	for _, test := range tests {
		var log bytes.Buffer
		sc := newScripts()
		s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil)), Router: sc.router()}
		p := newFakePort(t, []byte(on("/i", head("POST", test.script, "1.1", "Content-Length: 5"))))
		p.end = test.end
		p.run(s)
		if test.want == "" {
			assert.Empty(t, log.String(), test.script)
		} else {
			assert.Contains(t, log.String(), test.want)
			assert.Contains(t, log.String(), "route=/i")
		}
		if strings.Contains(test.script, "flush") {
			assert.EqualValues(t, 1, s.Stats().Aborted, test.script)
		}
	}
}

// What is malformed behind the head of a request reaches the handler as an error, and the client as a refusal.
func TestHandlerSeesBadContent(t *testing.T) {
	tests := []struct {
		name, in string
		err      error
	}{
		{"chunk size", send("copy", "z\r\n"), parser.ChunkSizeSyntax},
		{"end of a chunk", send("copy", "1\r\nabc\r\n"), parser.ChunkDataEnd},
		{"bare LF", send("copy", "1\na"), parser.BareLF},
		{"chunk-ext", send("copy", "1;\r\na"), parser.ChunkExtSyntax},
		{"trailer", send("copy", "0\r\n x: y\r\n\r\n"), parser.LeadingSpace},
		{"chunk too large", send("copy", "ffffffffffffffff\r\n"), parser.ContentTooLarge},
		{"truncated", send("copy", "5\r\nhel"), parser.Truncated},
	}
	for _, test := range tests {
		for _, mode := range coreModes[:2] {
			for _, script := range []string{"copy", "echo", "drop", "sip:9"} {
				sc := newScripts()
				in := on("/b", strings.Replace(test.in, "copy", script+",write:x,flush,interim:103=a,file:0+1,sip:1", 1))
				_, o := mode.run(t, quietServer(sc), sc, endFIN, []byte(in))
				assert.Equal(t, refusal(test.err.(fault).Status(), test.err.(fault)), undated(t, o.Out), test.name)
				step, _, _ := strings.Cut(script, ":")
				want := failed(test.err, step, "write", "flush", "interim", "file", "sip")
				if strings.HasPrefix(script, "sip") && len(o.Log) > 0 && strings.Contains(o.Log[0], "EOF") {
					want[0] = "sip unexpected EOF"
				}
				assert.Equal(t, want, o.Log, "%s, %s", test.name, script)
			}
		}
	}
}

// The request's context is watched over from its first use to the handler's return, and ends then.
func TestContext(t *testing.T) {
	for _, mode := range coreModes[:2] {
		var kept context.Context
		var p *fakePort
		type key struct{}
		route := &Route{Inline: true, Handler: HandlerFunc(func(w *Response, r *Request) {
			assert.False(t, p.watching)
			ctx := r.Context()
			assert.True(t, p.watching)
			assert.Same(t, ctx, r.Context())
			assert.NoError(t, ctx.Err())
			assert.Nil(t, ctx.Value(key{}))
			_, err := r.Content().Next()
			assert.NoError(t, err)
			assert.NoError(t, ctx.Err())
			kept = ctx
		})}
		s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
		p = newFakePort(t, pieces(head("POST", "", "1.1", "Content-Length: 5"), "hello")...)
		p.loop = mode.loop
		p.run(s)
		require.NotNil(t, kept)
		assert.ErrorIs(t, kept.Err(), context.Canceled)
		assert.Equal(t, 1, p.watched)
	}
}

// A reset that the handler runs into ends the context with its cause.
func TestContextEndsWithReset(t *testing.T) {
	for name, touch := range map[string]func(w *Response, r *Request) error{
		"read":  func(w *Response, r *Request) error { _, err := r.Content().Next(); return err },
		"flush": func(w *Response, r *Request) error { return w.Flush() },
		"file":  func(w *Response, r *Request) error { return w.SendFile(tempFile(t, 10), 0, 10) },
	} {
		for _, mode := range coreModes[:2] {
			var p *fakePort
			route := &Route{Handler: HandlerFunc(func(w *Response, r *Request) {
				ctx := r.Context()
				p.reset, p.inAt = true, p.now
				assert.Equal(t, ErrReset, touch(w, r), name)
				assert.ErrorIs(t, ctx.Err(), context.Canceled, name)
				assert.Equal(t, ErrReset, context.Cause(ctx), name)
			})}
			p = newFakePort(t, []byte(head("POST", "", "1.1", "Content-Length: 5")))
			p.loop = mode.loop
			p.run(&Server{Router: routerFunc(func(*Request) *Route { return route })})
		}
	}
}
