package srv

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// scripts is a Router whose handlers do what the query says: steps with a comma between them, each a name and maybe an
// argument behind a colon. The path says how the route is made:
//
//	/i  inline   /b  may block   /t  inline, content up to 10 octets   /n  may block, content without a limit
//
// So a table of wire cases needs no Go for its handlers, and one case can be run in several kinds of routes.
type scripts struct {
	file  *os.File      // for the step file
	gate  chan struct{} // for the step gate
	inGat chan struct{} // the step gate is reached

	mu      sync.Mutex
	log     []string
	follows int
}

func init() { slog.SetDefault(slog.New(slog.DiscardHandler)) } // mistakes are made here on purpose

var routeKinds = map[string]Route{
	"/i": {Name: "/i", Inline: true},
	"/b": {Name: "/b"},
	"/t": {Name: "/t", Inline: true, ContentSize: 10},
	"/n": {Name: "/n", ContentSize: -1},
}

func newScripts() *scripts {
	return &scripts{gate: make(chan struct{}), inGat: make(chan struct{}, 64)}
}

// router makes the routes once, as a Router should.
func (s *scripts) router() Router {
	routes := map[string]*Route{}
	for path, route := range routeKinds {
		route.Handler = s
		routes[path] = &route
	}
	lost := &Route{Name: "lost", Inline: true, Handler: HandlerFunc(func(w *Response, _ *Request) { w.SetStatus(404) })}
	return routerFunc(func(r *Request) *Route {
		if string(r.Path()) == "/panic" {
			panic("in the Router")
		}
		if string(r.Path()) == "/nil" {
			return nil
		}
		if route := routes[string(r.Path())]; route != nil {
			return route
		}
		return lost
	})
}

type routerFunc func(r *Request) *Route

func (f routerFunc) Route(r *Request) *Route { return f(r) }

// note logs what a handler saw.
func (s *scripts) note(what ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, strings.Join(what, " "))
}

// seen returns the log and empties it.
func (s *scripts) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// followed returns how many requests for the step follow there were since the last call.
func (s *scripts) followed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.follows
	s.follows = 0
	return n
}

func (s *scripts) ServeHTTP(w *Response, r *Request) {
	for q := r.Query(); len(q) > 0; {
		var step []byte
		step, q, _ = bytes.Cut(q, []byte(","))
		name, arg, _ := strings.Cut(string(step), ":")
		if err := s.step(w, r, name, arg); err != nil {
			s.note(name, err.Error())
		}
	}
}

// step is one step of a script.
func (s *scripts) step(w *Response, r *Request, name, arg string) (err error) {
	field, value, _ := strings.Cut(arg, "=")
	n, _ := strconv.Atoi(arg)
	switch name {
	case "status":
		w.SetStatus(n)
	case "set":
		return w.Set(field, value)
	case "size":
		w.SetSize(int64(n))
	case "write":
		_, err = w.WriteString(arg)
	case "follow": // the request that comes last
		s.mu.Lock()
		s.follows++
		s.mu.Unlock()
		_, err = w.WriteString("next")
	case "fill": // n octets
		_, err = w.Write(pattern[:n])
	case "pour": // n octets in pieces of 1,000
		for i := 0; i < n && err == nil; i += 1000 {
			_, err = w.Write(pattern[i:min(n, i+1000)])
		}
	case "flush":
		return w.Flush()
	case "next": // one piece of the content
		var p []byte
		if p, err = r.Content().Next(); err == nil {
			_, err = w.Write(p)
		}
	case "echo":
		_, err = r.Content().WriteTo(w)
	case "copy":
		_, err = io.Copy(struct{ io.Writer }{w}, struct{ io.Reader }{r.Content()})
	case "sip": // n octets of the content by Read
		p := make([]byte, n)
		n, err = io.ReadFull(r.Content(), p)
		w.Write(p[:n])
	case "drop": // all content
		for err == nil {
			_, err = r.Content().Next()
		}
		if err == io.EOF {
			err = nil
		}
	case "trailers": // as received
		for name, value := range r.Trailers().All() {
			w.WriteString("[" + string(name) + "=" + string(value) + "]")
		}
	case "announce":
		return w.Announce(arg)
	case "trailer":
		return w.SetTrailer(field, []byte(value))
	case "interim":
		if code, err := strconv.Atoi(field); err == nil {
			if value == "" {
				return w.Interim(code)
			}
			return w.Interim(code, hdr.Field{Name: "Link", Value: value})
		}
	case "file":
		off, size, _ := strings.Cut(arg, "+")
		o, _ := strconv.ParseInt(off, 10, 64)
		k, _ := strconv.ParseInt(size, 10, 64)
		return w.SendFile(s.file, o, k)
	case "abort":
		w.Abort()
	case "panic":
		panic(arg)
	case "goexit":
		runtime.Goexit()
	case "context":
		s.note("context", errText(r.Context().Err()))
	case "gate": // waits until the test lets it go
		s.inGat <- struct{}{}
		<-s.gate
	case "wait": // waits for the end of the request's context
		s.inGat <- struct{}{}
		select {
		case <-r.Context().Done():
			s.note("ended", r.Context().Err().Error())
		case <-time.After(patience):
			s.note("context did not end")
		}
	case "began":
		s.note("began", strconv.FormatBool(w.Began()))
	case "saw":
		s.note("saw", string(r.Method()), string(r.Path()), string(r.Content().trailers.Get("x")))
	case "hijack":
		nc, rest, err := w.Hijack()
		if err != nil {
			return err
		}
		s.note("unread", strconv.Quote(string(rest)))
		nc.Write([]byte("hijacked " + arg))
		nc.Close()
	default:
		panic("no such step: " + name)
	}
	return err
}

func errText(err error) string {
	if err == nil {
		return "<nil>"
	}
	return err.Error()
}

// pattern is content whose every octet says where it belongs, more or less.
var pattern = bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), 8<<10)

// patience is how long a test waits for something that has to happen.
const patience = 20 * time.Second

// eventually waits until cond is true, and fails the test when that does not happen.
func eventually(t testing.TB, cond func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(end), what)
	}
}

// tempFile returns a file of n octets of pattern.
func tempFile(t testing.TB, n int) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "content")
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	_, err = f.Write(pattern[:n])
	require.NoError(t, err)
	return f
}

var errInjected = errors.New("injected")
