//go:build amd64 || arm64

package srv

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// stressRoutes have handlers that do what is hard on a loop: they hold it up, wait in every way, give the connection away, and do not return.
func stressRoutes() routes {
	m := routes{}
	for _, r := range []*Route{
		route("/", true, hello),
		route("/block", false, func(w *Response, r *Request) {
			runtime.Gosched()
			hello(w, r)
		}),
		route("/stuck", true, func(w *Response, r *Request) {
			if rand.IntN(4) == 0 {
				time.Sleep(time.Duration(rand.IntN(6)) * watchInterval)
			}
			hello(w, r)
		}),
		route("/spin", true, func(w *Response, r *Request) {
			for end := time.Now().Add(time.Duration(rand.IntN(4)) * watchInterval); time.Now().Before(end); {
			}
			hello(w, r)
		}),
		route("/echo", true, echoContent),
		route("/big", true, func(w *Response, r *Request) { w.Write(pattern[:200_000]) }),
		route("/pieces", true, func(w *Response, r *Request) {
			for i := 0; i < 200_000; i += 10_000 {
				if w.Write(pattern[i : i+10_000]); i%50_000 == 0 {
					w.Flush()
				}
			}
		}),
		route("/panic", true, func(*Response, *Request) { panic("on purpose") }),
		route("/goexit", true, func(w *Response, r *Request) {
			hello(w, r)
			runtime.Goexit()
		}),
		route("/hijack", true, func(w *Response, _ *Request) {
			if nc, _, err := w.Hijack(); err == nil {
				io.WriteString(nc, "hijacked")
				nc.Close()
			}
		}),
		route("/context", true, func(w *Response, r *Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
			}
			hello(w, r)
		}),
		route("/lost", false, func(w *Response, r *Request) {
			lost := make(chan struct{})
			r.OnLost(func() { close(lost) })
			select {
			case <-lost:
			case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
			}
			hello(w, r)
		}),
	} {
		m[r.Name] = r
	}
	return m
}

// stressed counts what the clients have seen.
type stressed struct {
	t           testing.TB
	dial        dialer
	over        atomic.Bool
	whole, cuts atomic.Int64
}

var stressWants = map[string]string{
	"/": "hello", "/block": "hello", "/stuck": "hello", "/spin": "hello", "/context": "hello", "/lost": "hello",
	"/big": string(pattern[:200_000]), "/pieces": string(pattern[:200_000]),
}

// answer reads an answer. It reports whether that is whole; if so it has to be the right one.
func (st *stressed) answer(in *bufio.Reader, path, want string) bool {
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		st.cuts.Add(1)
		return false
	}
	content, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		st.cuts.Add(1)
		return false
	case res.StatusCode == 408: // on a machine that is busy enough
		return false
	case path == "/panic" || path == "/goexit":
		assert.Equal(st.t, 500, res.StatusCode, path)
	default:
		assert.Equal(st.t, 200, res.StatusCode, path)
		equal(st.t, want, string(content), path)
	}
	st.whole.Add(1)
	return !res.Close
}

// client is one connection to the server.
func (st *stressed) client(random *rand.Rand) {
	nc, err := st.dial()
	if err != nil {
		return
	}
	defer nc.Close()
	tc := nc.(*net.TCPConn)
	nc.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(nc)
	paths := []string{"/", "/", "/block", "/stuck", "/spin", "/big", "/pieces", "/context", "/lost", "/panic", "/goexit"}
	any := func() string { return paths[random.IntN(len(paths))] }
	switch random.IntN(9) {
	case 0, 1: // one after the other
		for range 1 + random.IntN(8) {
			path := any()
			if io.WriteString(nc, plain(path)); !st.answer(in, path, stressWants[path]) {
				return
			}
		}
	case 2: // pipelined, and the end of the input with the last
		var batch strings.Builder
		var asked []string
		for range 1 + random.IntN(20) {
			path := any()
			asked = append(asked, path)
			batch.WriteString(plain(path))
		}
		io.WriteString(nc, batch.String())
		tc.CloseWrite()
		for _, path := range asked {
			if !st.answer(in, path, stressWants[path]) {
				return
			}
		}
	case 3: // content in pieces
		content := pattern[:random.IntN(50_000)]
		fmt.Fprintf(nc, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", len(content))
		go func() {
			for left := content; len(left) > 0; {
				n := min(1+rand.IntN(20_000), len(left))
				if _, err := nc.Write(left[:n]); err != nil {
					return
				}
				left = left[n:]
				time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
			}
		}()
		st.answer(in, "/echo", string(content))
	case 4: // resets in the middle
		io.WriteString(nc, plain(any()))
		if random.IntN(2) == 0 {
			io.CopyN(io.Discard, in, int64(random.IntN(100_000)))
		}
		time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
		tc.SetLinger(0)
	case 5: // too slow
		octets := []string{plain("/")[:10], "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", plain("/") + "GET", ""}[random.IntN(4)]
		io.WriteString(nc, octets)
		io.Copy(io.Discard, in)
	case 6: // reads nothing for a while
		for range 10 {
			io.WriteString(nc, plain("/pieces"))
		}
		time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
		for range 10 {
			if !st.answer(in, "/pieces", stressWants["/pieces"]) {
				return
			}
		}
	case 7:
		io.WriteString(nc, plain("/hijack"))
		if b, err := io.ReadAll(in); err == nil && len(b) > 0 {
			assert.Equal(st.t, "hijacked", string(b))
		}
	case 8: // a head in pieces
		for _, b := range []byte(plain("/")) {
			nc.Write([]byte{b})
			if random.IntN(8) == 0 {
				runtime.Gosched()
			}
		}
		st.answer(in, "/", "hello")
	}
}

// TestLoopStress has many clients of every kind, and ends the server in the middle of it.
func TestLoopStress(t *testing.T) {
	length := 200 * time.Millisecond
	if flag.Lookup("long").Value.String() == "true" {
		length *= 100
	}
	for _, loops := range []int{1, 3} {
		for _, kill := range []bool{false, true} {
			t.Run(fmt.Sprintf("loops=%d,close=%v", loops, kill), func(t *testing.T) {
				noLeaks(t)
				s := loopServer(loops, stressRoutes())
				s.Timeouts = Timeouts{Head: 60 * time.Millisecond, Idle: 60 * time.Millisecond, Rate: 60 * time.Millisecond, Grace: 20 * time.Millisecond}
				s.Limits.Conns, s.Limits.ConnsPerAddr = 24, 1000
				st := &stressed{t: t, dial: startLoops(t, s)}
				var group sync.WaitGroup
				for i := range 48 {
					random := rand.New(rand.NewPCG(uint64(i), uint64(loops)))
					group.Go(func() {
						for !st.over.Load() {
							st.client(random)
						}
					})
				}
				time.Sleep(length)
				for end := time.Now().Add(patience); (st.whole.Load() < 50 || s.Stats().Stolen == 0) && time.Now().Before(end); {
					time.Sleep(time.Millisecond)
				}
				if kill {
					s.Close()
				} else {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					defer cancel()
					assert.NoError(t, s.Shutdown(ctx))
					assert.Zero(t, s.Stats().Conns)
				}
				st.over.Store(true)
				group.Wait()
				eventually(t, func() bool { now := s.Stats(); return now.InFlight == 0 && now.Conns == 0 }, "something is left")
				now := s.Stats()
				t.Logf("%d answers, %d cut; %d connections, %d requests, %d stolen, %d panics, %d aborted",
					st.whole.Load(), st.cuts.Load(), now.Accepted, now.Requests, now.Stolen, now.Panics, now.Aborted)
				assert.GreaterOrEqual(t, st.whole.Load(), int64(50))
				assert.Positive(t, now.Stolen)
				s.mu.Lock()
				assert.Empty(t, s.perAddr)
				s.mu.Unlock()
			})
		}
	}
}
