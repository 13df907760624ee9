package srv

import (
	"fmt"
	"hash/crc32"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/writer"
)

// Requests. "/do" stands for the path of each kind of route.

func get(script string, lines ...string) string { return head("GET", script, "1.1", lines...) }

// post has content with a Content-Length.
func post(script, content string, lines ...string) string {
	return head("POST", script, "1.1", append(lines, fmt.Sprint("Content-Length: ", len(content)))...) + content
}

// send has chunked content; body is what is on the wire.
func send(script, body string, lines ...string) string {
	return head("POST", script, "1.1", append(lines, "Transfer-Encoding: chunked")...) + body
}

func head(method, script, version string, lines ...string) string {
	return method + " /do?" + script + " HTTP/" + version + "\r\n" + section(append([]string{"Host: a"}, lines...)...)
}

func section(lines ...string) string {
	s := ""
	for _, line := range lines {
		s += line + "\r\n"
	}
	return s + "\r\n"
}

const (
	closeLine = "Connection: close"
	keepLine  = "Connection: keep-alive"
	chunkLine = "Transfer-Encoding: chunked"
)

// Responses, without their Date.

func answer(status, content string, lines ...string) string {
	return "HTTP/1.1 " + status + "\r\n" + section(lines...) + content
}

func sized(content string) string { return fmt.Sprint("Content-Length: ", len(content)) }

// ok has a Content-Length, and bye says that the connection ends as well.
func ok(content string) string  { return answer("200 OK", content, sized(content)) }
func bye(content string) string { return answer("200 OK", content, sized(content), closeLine) }

// chunked has one chunk for each of its arguments.
func chunked(chunks ...string) string { return answer("200 OK", chunks2wire(chunks), chunkLine) }

func chunks2wire(chunks []string) string { return openChunks(chunks...) + "0\r\n\r\n" }

// openChunks is chunks without the last one.
func openChunks(chunks ...string) string {
	body := ""
	for _, c := range chunks {
		body += fmt.Sprintf("%x\r\n%s\r\n", len(c), c)
	}
	return body
}

// refusal is what a request gets that is not accepted.
func refusal(code int, f fault) string {
	status := fmt.Sprint(code, " ", writer.StatusText(code))
	content := fmt.Sprintf("%s: %s (%s)\n", status, f.Text(), f.Section())
	return answer(status, content, "Content-Type: text/plain; charset=utf-8", sized(content), closeLine)
}

// failed is the log of steps that failed with err.
func failed(err error, steps ...string) (log []string) {
	for _, step := range steps {
		log = append(log, step+" "+err.Error())
	}
	return log
}

var (
	dateLine = regexp.MustCompile(`Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT\r\n`)
	finals   = regexp.MustCompile(`HTTP/1\.1 [2-5]\d\d `)
)

// undated removes the Date lines, of which every final response has one.
func undated(t testing.TB, out string) string {
	t.Helper()
	require.Len(t, dateLine.FindAllString(out, -1), len(finals.FindAllString(out, -1)), "Date lines in %q", out)
	return dateLine.ReplaceAllString(out, "")
}

// equal compares what was received, and says so in brief.
func equal(t testing.TB, want, got string, about ...any) {
	t.Helper()
	if want != got {
		require.Equal(t, brief(want), brief(got), about...)
		require.Fail(t, "different in octets that brief left out", about...)
	}
}

var longRun = regexp.MustCompile(`[0-9a-z]{200,}`)

// brief puts size and checksum in place of long runs of pattern, so that a failure can be read.
func brief(s string) string {
	return longRun.ReplaceAllStringFunc(s, func(run string) string {
		return fmt.Sprintf("<%d octets, %08x>", len(run), crc32.ChecksumIEEE([]byte(run)))
	})
}

// A wireCase is a connection: what the client sends before its FIN, and what comes back.
type wireCase struct {
	name string
	in   string
	want string // without Date lines
	ends bool   // the server answers nothing behind this; otherwise one more request is sent, and answered
	log  []string
	raw  bool // no further request is sent
	fin  bool // the FIN counts
	once bool // how the octets are cut changes the answer; tried in one piece only
}

const followUp = "GET /i?follow HTTP/1.1\r\nHost: a\r\n\r\n"

func (c wireCase) octets(path string) []byte {
	in := strings.ReplaceAll(c.in, "/do?", path+"?")
	if !c.raw {
		in += followUp
	}
	return []byte(in)
}

// coreMode is a way in which an engine may behave.
type coreMode struct {
	name string
	loop bool
	take int
}

var coreModes = []coreMode{{"blocking", false, 0}, {"loop", true, 0}, {"blocking, short writes", false, 7}, {"loop, short writes", true, 7}}

// outcome is all that can be seen of a connection from outside.
type outcome struct {
	Out    string
	FIN    bool // was sent before the end
	Aborts int
	Log    []string
	Follow int // requests behind the last one answered that were served
}

func (m coreMode) run(t testing.TB, s *Server, sc *scripts, end clientEnd, pieces ...[]byte) (*fakePort, outcome) {
	p := newFakePort(t, pieces...)
	p.loop, p.take, p.end = m.loop, m.take, end
	p.run(s)
	return p, outcome{string(p.out), p.fins > 0, p.aborts, sc.seen(), sc.followed()}
}

// cuts returns in as one piece, as single octets, and cut in two at every position.
func cuts(in []byte) (all [][][]byte) {
	all = append(all, [][]byte{in}, octets(in))
	for i := 1; i < len(in); i++ {
		all = append(all, [][]byte{in[:i], in[i:]})
	}
	return all
}

func octets(in []byte) (pieces [][]byte) {
	for i := range in {
		pieces = append(pieces, in[i:i+1])
	}
	return pieces
}

func quietServer(sc *scripts) *Server {
	return &Server{Router: sc.router(), Log: slog.New(slog.DiscardHandler)}
}

// TestWire runs every case in inline routes and in others, on ports that block and on ports that do not, with octets cut everywhere.
// The answers must not differ.
func TestWire(t *testing.T) {
	sc := newScripts()
	sc.file = tempFile(t, 100<<10)
	s := quietServer(sc)
	for number, c := range wireCases {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if !c.ends {
				want += ok("next")
			}
			for _, path := range []string{"/i", "/b"} {
				if poison && (path == "/i") != (number%2 == 0) { // slow builds take half of the routes
					continue
				}
				in := c.octets(path)
				var first *outcome
				for _, mode := range coreModes {
					for i, pieces := range cuts(in) {
						if i > 0 && (c.once || len(in) > 4<<10) || i > 1 && mode.take > 0 {
							break
						}
						if poison && i > 1 && i%7 != number%7 { // slow builds take a seventh of the cuts
							continue
						}
						if mode.take > 0 && len(in)+len(want) > 4<<10 {
							mode.take = 999
						}
						_, o := mode.run(t, s, sc, endFIN, pieces...)
						if first == nil {
							first = &o
							equal(t, want, undated(t, o.Out), path)
							require.Equal(t, c.log, o.Log, path)
							require.Equal(t, strings.Count(want, "next"), o.Follow)
						}
						if !reflect.DeepEqual(*first, o) {
							first.Out, o.Out = brief(first.Out), brief(o.Out)
							require.Equal(t, *first, o, "%s, %s, cut %d (at %d)", path, mode.name, i, len(pieces[0]))
						}
					}
				}
			}
		})
	}
}
