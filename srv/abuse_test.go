package srv_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
)

// Clients that no server wants, over sockets. Deadlines are short, so that what takes minutes in earnest takes moments here.

var long = flag.Bool("long", false, "abuse the server for longer, and by more clients")

// abusedEngines are the engines that are built for this system.
var abusedEngines = func() map[string]srv.Engine {
	there := map[string]srv.Engine{"net": srv.EngineNet}
	loop := &srv.Server{Engine: srv.EngineLoop}
	if loop.Listen("127.0.0.1:0") == nil {
		loop.Close()
		there["loop"] = srv.EngineLoop
	}
	return there
}()

// kept is how many goroutines an engine keeps for later: two followers for each loop.
func (a *abused) kept() int {
	if a.Engine == srv.EngineLoop {
		return 2 * runtime.GOMAXPROCS(0)
	}
	return 0
}

const (
	abuseTick = 25 * time.Millisecond  // between the octets of a slow client
	abuseWait = 300 * time.Millisecond // how long /slow takes
	patience  = 20 * time.Second       // how long anything may take before the test gives up
)

var (
	// hasty is for clients that the server is to get rid of by its deadlines.
	hasty = srv.Timeouts{Head: 500 * time.Millisecond, Idle: 500 * time.Millisecond, Rate: abuseWait / 2, Grace: 50 * time.Millisecond}
	// patient is for those that end by themselves, however long a busy machine makes that take.
	patient = srv.Timeouts{Grace: 50 * time.Millisecond}
)

// abused is a server under abuse.
type abused struct {
	*srv.Server
	host   string
	ended  chan error // gets what Write said to the handler of /endless
	conns  []net.Conn // of the clients
	before footprint
}

// abusedRouter has a page, an echo of nothing, a stream without end and a slow handler.
func abusedRouter(ended chan<- error) srv.Router {
	m := route.New()
	m.Get("/", func(w *srv.Response, _ *srv.Request) { w.WriteString("OK") }).Inline()
	m.Post("/", func(w *srv.Response, r *srv.Request) {
		n, err := r.Content().WriteTo(io.Discard)
		if err == nil {
			fmt.Fprint(w, n)
		}
	})
	m.Get("/endless", func(w *srv.Response, _ *srv.Request) {
		piece := bytes.Repeat([]byte("x"), 10_000)
		for {
			if _, err := w.Write(piece); err != nil {
				ended <- err
				return
			}
		}
	})
	m.Get("/slow", func(w *srv.Response, _ *srv.Request) {
		time.Sleep(abuseWait)
		w.WriteString("OK")
	})
	return m
}

// eachEngine runs f against a server on each engine, and wants descriptors, goroutines and memory back afterwards.
func eachEngine(t *testing.T, timeouts srv.Timeouts, f func(t *testing.T, a *abused)) {
	for name, engine := range abusedEngines {
		t.Run(name, func(t *testing.T) {
			a := &abused{ended: make(chan error, 100)}
			a.Server = &srv.Server{
				Engine:   engine,
				Router:   abusedRouter(a.ended),
				Log:      slog.New(slog.DiscardHandler),
				Timeouts: timeouts,
			}
			require.NoError(t, a.Listen("127.0.0.1:0"))
			a.host = a.Addrs()[0].String()
			run := make(chan error, 1)
			go func() { run <- a.Run() }()
			wellBehaved(t, a.dial(t), 1) // what is made once is there
			a.hangUp()
			for a.Stats().Conns > 0 {
				time.Sleep(abuseTick)
			}
			a.before = footprintOf()

			f(t, a)
			a.hangUp()
			a.settles(t)
			wellBehaved(t, a.dial(t), 1)
			a.hangUp()
			require.NoError(t, a.Close())
			require.NoError(t, <-run)
		})
	}
}

// footprint is what a process has.
type footprint struct {
	descriptors int // 0 where it cannot be told
	goroutines  int
	heap        int64 // octets in use
}

func footprintOf() footprint {
	runtime.GC()
	runtime.GC() // the first one leaves what was in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	descriptors, _ := os.ReadDir("/proc/self/fd")
	return footprint{len(descriptors), runtime.NumGoroutine(), int64(m.HeapAlloc)}
}

// settles wants the process to come back to what it had before.
func (a *abused) settles(t *testing.T) {
	for deadline := time.Now().Add(patience); ; time.Sleep(abuseTick) {
		now, st := footprintOf(), a.Stats()
		back := now.descriptors <= a.before.descriptors && now.goroutines <= a.before.goroutines+a.kept() && now.heap < a.before.heap+1<<20
		if back && st.Conns == 0 && st.InFlight == 0 && closeWaits(a.host) == 0 {
			return
		}
		if time.Now().After(deadline) {
			assert.Fail(t, "something is left", "%+v became %+v, %+v, %d in CLOSE-WAIT", a.before, now, st, closeWaits(a.host))
			return
		}
	}
}

// closeWaits counts the server's sockets whose client has sent a FIN and that were not closed; 0 where it cannot be told.
func closeWaits(host string) (n int) {
	_, port, _ := strings.Cut(host, ":")
	number, _ := strconv.Atoi(port)
	local := fmt.Sprintf("0100007F:%04X", number)
	text, _ := os.ReadFile("/proc/self/net/tcp")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 3 && f[1] == local && f[3] == "08" {
			n++
		}
	}
	return n
}

// dial makes a connection, which hangUp closes.
func (a *abused) dial(t *testing.T) *net.TCPConn {
	conn := dial(t, a.host)
	a.conns = append(a.conns, conn)
	return conn
}

// end waits for a handler of /endless to end, and returns the error for which it did.
func (a *abused) end(t *testing.T) error {
	select {
	case err := <-a.ended:
		return err
	case <-time.After(patience):
		require.Fail(t, "the response goes on")
		return nil
	}
}

func (a *abused) hangUp() {
	for _, conn := range a.conns {
		conn.Close()
	}
	a.conns = nil
}

func dial(t *testing.T, host string) *net.TCPConn {
	conn, err := net.Dial("tcp", host)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn.(*net.TCPConn)
}

// wellBehaved sends requests one after the other, each of which has to be answered, and returns how long each answer
// took.
func wellBehaved(t *testing.T, conn net.Conn, count int) (took []time.Duration) {
	in := bufio.NewReader(conn)
	for range count {
		began := time.Now()
		_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		require.NoError(t, err)
		r, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, "OK", string(text))
		took = append(took, time.Since(began))
	}
	return took
}

const (
	partOfHead    = "GET / HTTP/1.1\r\nHost: a\r\nX: "
	startOfUpload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
)

// drip sends an octet at a time until the connection ends, and returns what came back.
func drip(conn net.Conn, start string, octet byte) string {
	answer := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(conn)
		answer <- string(b)
	}()
	io.WriteString(conn, start)
	ticker := time.NewTicker(abuseTick)
	defer ticker.Stop()
	for {
		select {
		case a := <-answer:
			return a
		case <-ticker.C:
			conn.Write([]byte{octet})
		}
	}
}

// What arrives octet by octet is refused when its time is over, however steadily it comes.
func TestAbuseByDripping(t *testing.T) {
	tests := []struct{ name, start, status string }{
		{"method", "G", "408"},
		{"target", "GET /", "408"},
		{"field", partOfHead, "408"},
		{"content", startOfUpload, "408"},
		{"chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", "408"},
		{"chunk-ext", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;", "408"},
		{"trailer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:", "408"},
		{"head behind an answer", "GET / HTTP/1.1\r\nHost: a\r\n\r\n" + partOfHead, "200 408"},
		{"content that nobody reads", "POST /lost HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n", "404"},
	}
	eachEngine(t, hasty, func(t *testing.T, a *abused) {
		var group sync.WaitGroup
		for _, tt := range tests {
			for range 5 {
				conn := a.dial(t)
				group.Go(func() { assert.Equal(t, tt.status, statusesIn(drip(conn, tt.start, 'a')), tt.name) })
			}
		}
		group.Wait()
	})
}

// statusesIn returns the status codes of all responses in a text.
func statusesIn(answer string) string {
	var statuses []string
	for _, part := range strings.Split(answer, "HTTP/1.1 ")[1:] {
		statuses = append(statuses, part[:min(len(part), 3)])
	}
	return strings.Join(statuses, " ")
}

// A connection on which nothing is sent is closed without a word.
func TestAbuseBySilence(t *testing.T) {
	eachEngine(t, hasty, func(t *testing.T, a *abused) {
		var group sync.WaitGroup
		for _, start := range []string{"", "\r", "\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"} {
			for range 20 {
				conn := a.dial(t)
				group.Go(func() {
					io.WriteString(conn, start)
					answer, err := io.ReadAll(conn)
					assert.NoError(t, err)
					want := ""
					if strings.HasPrefix(start, "GET") {
						want = "200"
					}
					assert.Equal(t, want, statusesIn(string(answer)), "%q", start)
				})
			}
		}
		group.Wait()
	})
}

// A client that does not read what it asked for is cut off, and until then its response takes no memory.
func TestAbuseByNotReading(t *testing.T) {
	eachEngine(t, hasty, func(t *testing.T, a *abused) {
		const clients = 20
		for range clients {
			conn := a.dial(t)
			io.WriteString(conn, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
		}
		for range clients {
			assert.ErrorIs(t, a.end(t), srv.ErrSendTimeout)
			assert.Less(t, footprintOf().heap, a.before.heap+clients*100<<10)
		}
	})
}

// A client that asks and asks and reads nothing is not read from any longer.
func TestAbuseByAsking(t *testing.T) {
	eachEngine(t, hasty, func(t *testing.T, a *abused) {
		var group sync.WaitGroup
		for range 5 {
			conn := a.dial(t)
			group.Go(func() {
				requests := strings.Repeat("GET /lost HTTP/1.1\r\nHost: a\r\n\r\n", 1000)
				for {
					if _, err := io.WriteString(conn, requests); err != nil {
						assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
						return
					}
				}
			})
		}
		group.Wait()
	})
}

// Connections that are reset, at any point.
func TestAbuseByReset(t *testing.T) {
	eachEngine(t, patient, func(t *testing.T, a *abused) {
		for i := range 200 {
			conn := a.dial(t)
			conn.SetLinger(0)
			switch i % 8 {
			case 0: // at once
			case 1:
				io.WriteString(conn, partOfHead)
			case 2:
				io.WriteString(conn, startOfUpload+"hello")
			case 3:
				io.WriteString(conn, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
				conn.Read(make([]byte, 1000))
			case 4:
				io.WriteString(conn, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
			case 5:
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
			case 6:
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			case 7: // in the time of grace
				io.WriteString(conn, "GET /\r\n")
				conn.Read(make([]byte, 10))
			}
			if i%2 == 0 {
				time.Sleep(time.Millisecond)
			}
			conn.Close()
		}
		for range 200 / 8 {
			assert.ErrorIs(t, a.end(t), srv.ErrReset)
		}
	})
}

// A FIN that comes together with a request is seen, when the answer has left.
func TestAbuseByFIN(t *testing.T) {
	eachEngine(t, patient, func(t *testing.T, a *abused) {
		for _, tt := range []struct{ octets, statuses string }{
			{"", ""},
			{"G", ""},
			{partOfHead, ""},
			{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
			{"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n" + partOfHead, "200 200"},
			{"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
			{startOfUpload, "400"},
			{"GET /\r\n", "400"},
		} {
			var group sync.WaitGroup
			for range 40 {
				conn := a.dial(t)
				group.Go(func() {
					io.WriteString(conn, tt.octets)
					conn.CloseWrite()
					answer, err := io.ReadAll(conn)
					assert.NoError(t, err)
					assert.Equal(t, tt.statuses, statusesIn(string(answer)), "%q", tt.octets)
					conn.Close()
				})
			}
			group.Wait()
		}
	})
}

// Connections that come and go.
func TestAbuseByChurn(t *testing.T) {
	count := 500
	if *long {
		count = 20_000
	}
	eachEngine(t, patient, func(t *testing.T, a *abused) {
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for i := range count {
					conn, err := net.Dial("tcp", a.host)
					if !assert.NoError(t, err) {
						return
					}
					switch (worker + i) % 4 {
					case 0:
						io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
					case 1:
						io.WriteString(conn, partOfHead)
					case 2:
						io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
						io.ReadAll(conn)
					}
					conn.Close()
				}
			})
		}
		group.Wait()
	})
}

// fragments of HTTP, for octets that are random but not only.
var fragments = []string{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\r\n", "\n", "\r", "5\r\nhello\r\n", "0\r\n\r\n", "hello",
	"Expect: 100-continue\r\n", "Connection: close\r\n", "X: y\r\n", "HTTP/1.0\r\n", "OPTIONS * ", " ", ":", "\x00", "HEAD ", "/slow ",
}

// Random octets get an answer, or none, and the connection ends.
func TestAbuseByNoise(t *testing.T) {
	count := 300
	if *long {
		count = 30_000
	}
	eachEngine(t, patient, func(t *testing.T, a *abused) {
		var group sync.WaitGroup
		for worker := range uint64(4) {
			group.Go(func() {
				random := rand.New(rand.NewPCG(worker, 1))
				for range count / 4 {
					var octets []byte
					for range random.IntN(20) {
						if random.IntN(4) > 0 {
							octets = append(octets, fragments[random.IntN(len(fragments))]...)
							continue
						}
						for range random.IntN(40) {
							octets = append(octets, byte(random.Uint32()))
						}
					}
					conn, err := net.Dial("tcp", a.host)
					if !assert.NoError(t, err) {
						return
					}
					conn.SetDeadline(time.Now().Add(patience))
					conn.Write(octets)
					conn.(*net.TCPConn).CloseWrite()
					answer, err := io.ReadAll(conn)
					assert.NoError(t, err, "%q", octets)
					assert.LessOrEqual(t, strings.Count(statusesIn(string(answer)), "400"), 1, "%q", octets)
					conn.Close()
				}
			})
		}
		group.Wait()
	})
}

// crowdVar in the environment makes this program the server that TestAbuseByCrowd measures.
const crowdVar = "BAREWIRE_TEST_CROWD"

// TestServeCrowd serves until its standard input ends. To each line there, with a number of connections and one of requests in
// flight, it answers with the octets of its resident memory, once it has as many.
func TestServeCrowd(t *testing.T) {
	name := os.Getenv(crowdVar)
	if name == "" {
		t.Skip("runs in a process of its own, for TestAbuseByCrowd")
	}
	s := &srv.Server{
		Engine:   abusedEngines[name],
		Router:   abusedRouter(make(chan error, 1)),
		Log:      slog.New(slog.DiscardHandler),
		Timeouts: srv.Timeouts{Head: -1, Idle: -1, Rate: -1},
	}
	require.NoError(t, s.Listen("127.0.0.1:0"))
	go s.Run()
	fmt.Println(s.Addrs()[0])
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var conns, inFlight int
		fmt.Sscan(in.Text(), &conns, &inFlight)
		for st := s.Stats(); st.Conns != conns || st.InFlight != inFlight; st = s.Stats() {
			time.Sleep(abuseTick)
		}
		debug.FreeOSMemory()
		fmt.Println(residentMemory())
	}
	s.Close()
}

// residentMemory returns the octets of memory that the process occupies, 0 where it cannot be told.
func residentMemory() int {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize()
}

// While two thousand clients send an octet now and then, others are served, and none of the slow ones takes more memory than
// it has to.
func TestAbuseByCrowd(t *testing.T) {
	const perClient = 16_000 // octets of resident memory at most
	count, requests := 2000, 500
	if *long {
		requests = 50_000
	}
	starts := map[string]string{"heads": partOfHead, "contents": startOfUpload + "hello"}
	for name := range abusedEngines {
		for kind, start := range starts {
			t.Run(name+"/"+kind, func(t *testing.T) {
				server := exec.Command(os.Args[0], "-test.run=^TestServeCrowd$")
				server.Env = append(os.Environ(), crowdVar+"="+name)
				in, err := server.StdinPipe()
				require.NoError(t, err)
				pipe, err := server.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, server.Start())
				defer server.Wait()
				defer in.Close()
				out := bufio.NewScanner(pipe)
				line := func() string {
					require.True(t, out.Scan())
					return out.Text()
				}
				memory := func(conns, inFlight int) int {
					fmt.Fprintln(in, conns, inFlight)
					n, err := strconv.Atoi(line())
					require.NoError(t, err)
					return n
				}

				host := line()
				other := dial(t, host)
				defer other.Close()
				wellBehaved(t, other, 100)
				before := memory(1, 0)
				conns := make([]net.Conn, count)
				for i := range conns {
					conns[i] = dial(t, host)
					defer conns[i].Close()
					_, err := io.WriteString(conns[i], start)
					require.NoError(t, err)
				}
				stop := make(chan struct{})
				var dripping sync.WaitGroup
				dripping.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						conns[i%count].Write([]byte{'a'})
						time.Sleep(abuseTick / 100)
					}
				})
				took := wellBehaved(t, other, requests)
				inFlight := 0
				if start != partOfHead {
					inFlight = count
				}
				each := (memory(1+count, inFlight) - before) / count
				close(stop)
				dripping.Wait()

				slices.Sort(took)
				t.Logf("%d slow clients, %d octets of resident memory each; the other one's answers took %v (median), %v (p99)",
					count, each, took[len(took)/2], took[len(took)*99/100])
				if !instrumented {
					assert.LessOrEqual(t, each, perClient)
				}
			})
		}
	}
}
