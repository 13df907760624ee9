package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// tested are the engines that this build has; all of them answer the same octets in the same way.
var tested = func() (names []string) {
	for _, name := range []string{"net", "loop"} {
		s := &srv.Server{Engine: engines[name]}
		if s.Listen("127.0.0.1:0") == nil {
			names = append(names, name)
		}
		s.Close()
	}
	return names
}()

const (
	patience = 10 * time.Second       // how long an answer may take before the test gives up
	silence  = 100 * time.Millisecond // how long nothing has to come for "silent"
	restTime = 300 * time.Microsecond // between two writes, for the server to see the pieces apart
)

// start runs an origin on a port of its own and returns its address.
func start(t *testing.T, engine string) string {
	return serve1(t, newServer(options{engine: engine}))
}

// serve1 runs a server on a port of its own and returns its address.
func serve1(t *testing.T, s *srv.Server) string {
	s.Log = slog.New(slog.DiscardHandler)
	require.NoError(t, s.Listen("127.0.0.1:0"))
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, s.Shutdown(ctx))
		assert.NoError(t, <-ended)
	})
	return s.Addrs()[0].String()
}

// step is what a client does: it sends octets, then half-closes or not. Between steps the outcome says what to wait
// for.
type step struct {
	octets string
	fin    bool
}

// answer is what is expected of one response.
type answer struct {
	method   string // of the request; "" is POST
	statuses []int
	text     string // the content, unless check looks at it
	interim  bool   // 100 (Continue) may come before it
	check    func(t *testing.T, r *http.Response, text string)
}

// pause is what a client waits for before its next step.
type pause uint8

const (
	forAnswer  pause = iota // the first octet of an answer
	forSilence              // nothing may come
)

type outcome struct {
	answers []answer
	pause   pause
	closes  bool // the server closes after the last answer, without the client having done so
}

// refused is one answer, after which nothing is processed.
func refused(statuses ...int) outcome {
	return outcome{answers: []answer{{statuses: statuses, check: isRefusal}}, closes: true}
}

func isRefusal(t *testing.T, r *http.Response, text string) {
	assert.True(t, r.Close, "a refusal says Connection: close")
	assert.NotEmpty(t, text, "a refusal says why")
}

func echoed(text string) answer { return answer{statuses: []int{200}, text: text} }

func ok(method string) answer {
	text := "OK"
	if method != "GET" {
		text = ""
	}
	return answer{method: method, statuses: []int{200}, text: text}
}

// lines is the answer of /echo: it has those lines and does not have these, however their names are spelt.
func lines(has []string, hasNot ...string) answer {
	return answer{statuses: []int{200}, check: func(t *testing.T, _ *http.Response, text string) {
		got := strings.Split(strings.ToLower(text), "\n")
		for _, line := range has {
			assert.Contains(t, got, strings.ToLower(line))
		}
		for _, part := range hasNot {
			assert.NotContains(t, text, part)
		}
	}}
}

// outcomes spells out the fourth column of the cases. Where that leaves a choice, this is what the server has chosen; an entry with
// an id decides for one case.
var outcomes = map[string]outcome{
	"2xx":                                  {answers: []answer{ok("GET")}},
	"2xx COMP-OPTIONS-STAR":                {answers: []answer{{method: "OPTIONS", statuses: []int{200, 204}}}},
	"2xx without content":                  {answers: []answer{ok("HEAD")}},
	`2xx echoing "hello"`:                  {answers: []answer{echoed("hello")}},
	`2xx echoing "hello world"`:            {answers: []answer{echoed("hello world")}},
	"no 1xx":                               {answers: []answer{echoed("hello")}, closes: true},
	"4xx":                                  refused(400),
	"400":                                  refused(400),
	"400 or close":                         refused(400),
	"400 and close":                        refused(400),
	"400 or close; 2xx warns":              refused(400),
	"400 or close (501 too)":               refused(400, 501),
	"400/413 or close":                     refused(400, 413),
	"400/431 or close; 2xx warns":          refused(431),
	"400/501 and close":                    refused(400, 501),
	"400 or close, single response":        refused(400),
	"400; 2xx (fold replaced by SP) warns": refused(400),
	"400, or 2xx and close before the follow-up":                                      refused(400),
	"501/400, or accepted (as opaque coding) warns":                                   refused(501),
	"400/close, or replaced by SP; passed on fails":                                   refused(400),
	"no 2xx for the incomplete message, then closed":                                  refused(400),
	"400/413 or close (waiting tolerated where the size fits 64 bits), never wrapped": refused(400, 413),
	"400 or close or wait":                                                            {answers: refused(400).answers, pause: forSilence, closes: true},
	"405 with Allow; other statuses warn": {answers: []answer{{method: "DELETE", statuses: []int{405},
		check: func(t *testing.T, r *http.Response, _ string) {
			assert.Equal(t, "GET, HEAD, POST, OPTIONS", r.Header.Get("Allow"))
		}}}},
	"preserved, dropped or rejected; renamed to Content-Length fails": {answers: []answer{
		lines([]string{"Content-Length: 11", "Content_Length: 99"}, "Content-Length: 99", "content-length: 99")}},
	"silent on the fragment, then answers once completed": {answers: []answer{
		{method: "GET", statuses: []int{404}, check: func(t *testing.T, r *http.Response, _ string) { assert.False(t, r.Close) }}}, pause: forSilence},
	"one response, then close; nothing further processed":  {answers: []answer{echoed("q=42")}, closes: true},
	"three responses in order with the right bodies":       {answers: []answer{echoed("AAA"), echoed("BBBB"), echoed("CCCCC")}},
	"2xx and !#$%&'*+-.^_`|~09azAZ echoed as \"v1\"":       {answers: []answer{lines([]string{"!#$%&'*+-.^_`|~09azAZ: v1"})}},
	"100 or a final status before the body; then the echo": {answers: []answer{{statuses: []int{100}}, echoed("hello")}},
	"400, or 2xx with the trailer not merged into the header section": {answers: []answer{
		lines([]string{"Transfer-Encoding: chunked"}, "x-smuggled", "X-Smuggled", "evil")}},
	"five responses in order: GET, echo one, echo two, HEAD, echo three": {answers: []answer{
		ok("GET"), echoed("one"), echoed("two"), ok("HEAD"), echoed("three")}},
}

// computed makes the octets of the cases that the file does not list.
var computed = map[string]func(host string) string{
	"SMUG-TECL-SMUGGLED-GET": func(host string) string {
		inner := "GET / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 7\r\n\r\n"
		return fmt.Sprintf("POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
			host, len(inner), inner)
	},
	"MAL-LONG-HEADER-VALUE": func(host string) string {
		return "GET / HTTP/1.1\r\nHost: " + host + "\r\nX-Big: " + strings.Repeat("B", 100_000) + "\r\n\r\n"
	},
}

type conformanceCase struct {
	id      string
	outcome outcome
	steps   func(host string) []step
}

// loadCases reads the file, and fails on a case whose outcome is not spelt out.
func loadCases(t *testing.T) (cases []conformanceCase) {
	text, err := os.ReadFile("testdata/examples.tsv")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, columns, 6, line)
		id, expected, octets := columns[0], columns[3], columns[5]
		o, found := outcomes[expected+" "+id]
		if !found {
			o, found = outcomes[expected]
		}
		require.True(t, found, "no outcome for %q", expected)
		cases = append(cases, conformanceCase{id, o, func(host string) []step { return parseSteps(t, id, octets, host) }})
	}
	return cases
}

func parseSteps(t *testing.T, id, octets, host string) (steps []step) {
	if octets == "(computed)" {
		require.Contains(t, computed, id)
		return []step{{octets: computed[id](host)}}
	}
	fill := strings.NewReplacer("{H}", host, "{E}", "/echo")
	for octets != "" {
		switch quoted, err := strconv.QuotedPrefix(octets); {
		case err == nil:
			text, err := strconv.Unquote(quoted)
			require.NoError(t, err)
			steps = append(steps, step{octets: fill.Replace(text)})
			octets = octets[len(quoted):]
		case strings.HasPrefix(octets, "FIN"):
			steps[len(steps)-1].fin = true
			octets = octets[len("FIN"):]
		default:
			require.True(t, strings.HasPrefix(octets, "||"), octets)
			octets = octets[len("||"):]
		}
		octets = strings.TrimLeft(octets, " ")
	}
	return steps
}

// cut says how the octets of a step are divided into writes.
type cut struct {
	name string
	at   func(octets string) []int // ascending, inside octets
	rest time.Duration             // between writes, so that the server sees the pieces apart
}

var cuts = []cut{
	{"whole", func(string) []int { return nil }, 0},
	{"octet by octet", everyOctet, 0},
	{"in CRLF", func(s string) []int { return positions(s, "\r\n", 1) }, restTime},
	{"behind lines", func(s string) []int { return positions(s, "\r\n", 2) }, restTime},
	{"behind colons", func(s string) []int { return positions(s, ":", 1) }, restTime},
	{"in half", func(s string) []int { return []int{len(s) / 2} }, restTime},
	{"before the last", func(s string) []int { return []int{len(s) - 1} }, restTime},
}

func everyOctet(s string) (at []int) {
	for i := 1; i < min(len(s), 1000); i++ {
		at = append(at, i)
	}
	return at
}

// positions returns where the parts found in s begin, plus off: the first hundred of them.
func positions(s, part string, off int) (at []int) {
	for i := 0; ; {
		j := strings.Index(s[i:], part)
		if j < 0 || i+j+off >= len(s) || len(at) == 100 {
			return at
		}
		i += j + off
		at = append(at, i)
	}
}

func TestConformance(t *testing.T) {
	cases := loadCases(t)
	require.Len(t, cases, 44)
	for _, engine := range tested {
		t.Run(engine, func(t *testing.T) {
			host := start(t, engine)
			for _, c := range cases {
				for _, cut := range cuts {
					t.Run(c.id+"/"+cut.name, func(t *testing.T) {
						t.Parallel()
						converse(t, host, c.steps(host), c.outcome, cut)
					})
				}
			}
		})
	}
}

// converse sends the steps and checks what comes back.
func converse(t *testing.T, host string, steps []step, want outcome, cut cut) {
	nc, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer nc.Close()
	conn := nc.(*net.TCPConn)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	in := bufio.NewReader(conn)

	size := 0
	for i, s := range steps {
		if i > 0 {
			await(t, conn, in, want.pause)
		}
		send(conn, s, cut)
		size += len(s.octets)
	}
	last := steps[len(steps)-1]
	if want.pause == forSilence && len(steps) == 1 {
		await(t, conn, in, forSilence)
		require.NoError(t, conn.CloseWrite())
	}
	for i, a := range want.answers {
		receive(t, in, i, a)
	}
	if !want.closes && !last.fin {
		require.NoError(t, conn.CloseWrite())
	}
	more, err := io.ReadAll(in)
	assert.Empty(t, string(more), "after the last answer")
	if size <= 64<<10 { // beyond that the server need not read all that a refused client sends
		assert.NoError(t, err, "the connection is closed in order")
	}
}

// send writes a step in pieces. The server may have refused and closed meanwhile, which shows in what it answers.
func send(conn *net.TCPConn, s step, cut cut) {
	from := 0
	for _, to := range append(cut.at(s.octets), len(s.octets)) {
		if to <= from {
			continue // there is nothing to cut
		}
		if _, err := io.WriteString(conn, s.octets[from:to]); err != nil {
			return
		}
		from = to
		time.Sleep(cut.rest)
	}
	if s.fin {
		conn.CloseWrite()
	}
}

func await(t *testing.T, conn net.Conn, in *bufio.Reader, p pause) {
	if p == forAnswer {
		_, err := in.Peek(1)
		require.NoError(t, err)
		return
	}
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(silence)))
	got, err := in.Peek(1)
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded, "got %q", got)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
}

func receive(t *testing.T, in *bufio.Reader, i int, want answer) {
	method := want.method
	if method == "" {
		method = "POST"
	}
	r, err := http.ReadResponse(in, &http.Request{Method: method})
	require.NoError(t, err, "answer %d", i)
	if want.interim && r.StatusCode == 100 {
		r, err = http.ReadResponse(in, &http.Request{Method: method})
		require.NoError(t, err, "answer %d", i)
	}
	defer r.Body.Close()
	assert.Equal(t, "HTTP/1.1", r.Proto)
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err, "answer %d", i)
	require.Contains(t, want.statuses, r.StatusCode, "answer %d: %s", i, text)
	if r.StatusCode >= 200 {
		date := r.Header.Get("Date")
		_, err = time.Parse(http.TimeFormat, date)
		assert.NoError(t, err, "Date of answer %d", i)
	}
	if want.check != nil {
		want.check(t, r, string(text))
		return
	}
	assert.Equal(t, want.text, string(text), "answer %d", i)
}
