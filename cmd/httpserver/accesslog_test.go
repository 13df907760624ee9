package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/assets"
	"barewire/cmd/internal/cli"
	"barewire/cmd/internal/clitest"
	"barewire/srv"
	"barewire/srv/srvtest"
)

var (
	teatime = time.Date(2026, 11, 22, 17, 4, 5, 678e6, time.FixedZone("", 2*60*60))
	visit   = entry{remote: netip.MustParseAddr("2001:db8::1"), method: []byte("GET"), target: []byte("/video?a"), minor: 1, status: 200, size: 191009}
	nothing = entry{method: []byte("HEAD"), target: []byte("*"), status: 304}
	refusal = entry{remote: netip.MustParseAddr("192.0.2.1"), rule: "bare-lf", status: 400}
)

func TestAccessLines(t *testing.T) {
	tests := []struct {
		name  string
		form  format
		entry entry
		want  string
	}{
		{"text", formatText, visit, "17:04:05 2001:db8::1 GET /video?a HTTP/1.1: 200, 191009 octets\n"},
		{"text, nothing", formatText, nothing, "17:04:05 - HEAD * HTTP/1.0: 304, 0 octets\n"},
		{"text, refused", formatText, refusal, "17:04:05 192.0.2.1 refused (bare-lf): 400\n"},
		{"clf", formatCLF, visit, `2001:db8::1 - - [22/Nov/2026:17:04:05 +0200] "GET /video?a HTTP/1.1" 200 191009` + "\n"},
		{"clf, nothing", formatCLF, nothing, `- - - [22/Nov/2026:17:04:05 +0200] "HEAD * HTTP/1.0" 304 -` + "\n"},
		{"clf, refused", formatCLF, refusal, `192.0.2.1 - - [22/Nov/2026:17:04:05 +0200] "-" 400 -` + "\n"},
		{"json", formatJSON, visit,
			`{"time":"2026-11-22T15:04:05.678Z","remote":"2001:db8::1","method":"GET","target":"/video?a","version":"1.1","status":200,"bytes":191009}` + "\n"},
		{"json, nothing", formatJSON, nothing,
			`{"time":"2026-11-22T15:04:05.678Z","remote":"-","method":"HEAD","target":"*","version":"1.0","status":304,"bytes":0}` + "\n"},
		{"json, refused", formatJSON, refusal, `{"time":"2026-11-22T15:04:05.678Z","remote":"192.0.2.1","refused":"bare-lf","status":400}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line := tt.entry.append([]byte("before\n"), tt.form, teatime)
			assert.Equal(t, "before\n"+tt.want, string(line))
			if tt.form == formatJSON {
				assert.True(t, json.Valid([]byte(tt.want)))
			}
		})
	}
}

// Whatever octets there are in a request, a line is one line of printable ASCII, can be read back, and is as long as was foreseen.
func TestAccessLineOctets(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	for _, octets := range [][]byte{all, []byte("\xff\xfe"), []byte("\xed\xa0\x80"), []byte(`\"`), []byte(`" 200 0`), []byte("\x1b[2J\r\nGET "), {}} {
		e := visit
		e.method, e.target = octets, octets
		for _, form := range []format{formatText, formatCLF, formatJSON} {
			line := string(e.append(nil, form, teatime))
			require.LessOrEqual(t, len(line), e.bound())
			for _, c := range []byte(line[:len(line)-1]) {
				require.True(t, c >= ' ' && c <= '~', "%#x in %q", c, line)
			}
			require.Equal(t, byte('\n'), line[len(line)-1])
			switch form {
			case formatCLF:
				from, to := strings.IndexByte(line, '"'), strings.LastIndexByte(line, '"')
				back, err := strconv.Unquote(line[from : to+1])
				require.NoError(t, err)
				require.Equal(t, string(octets)+" "+string(octets)+" HTTP/1.1", back)
			case formatJSON:
				var got struct{ Method, Target string }
				require.NoError(t, json.Unmarshal([]byte(line), &got))
				latin := []byte{}
				for _, r := range got.Target {
					latin = append(latin, byte(r))
				}
				require.Equal(t, octets, latin)
				require.Equal(t, got.Method, got.Target)
			}
		}
	}
}

func TestAccessLogAllocates(t *testing.T) {
	for _, form := range []format{formatText, formatCLF, formatJSON} {
		l := newAccessLog(form, io.Discard, io.Discard)
		allocs, ran := 0.0, false
		s := &srv.Server{Router: handler(func(w *srv.Response, r *srv.Request) {
			allocs, ran = testing.AllocsPerRun(1000, func() { l.done(w, r) }), true
		})}
		srvtest.Do(s, []byte("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
		assert.True(t, ran)
		assert.Zero(t, allocs)
		f := &srv.Refusal{Rule: "bare-lf", Status: 400}
		assert.Zero(t, testing.AllocsPerRun(1000, func() { l.refused(f) }))
		l.close()
		line := visit.append(nil, form, teatime)
		assert.Zero(t, testing.AllocsPerRun(1000, func() { line = visit.append(line[:0], form, teatime) }), "the line alone")
		full := &accessLog{form: form}
		assert.Zero(t, testing.AllocsPerRun(1000, func() { full.add(visit) }), "nobody takes the lines")
		assert.Equal(t, 1001, full.lost)
	}
	assert.Nil(t, newAccessLog(formatUnset, nil, nil))
	assert.Nil(t, newAccessLog(formatOff, nil, nil))
}

// handler is a Router that takes everything to one place.
type handler srv.HandlerFunc

func (h handler) Route(*srv.Request) *srv.Route {
	return &srv.Route{Name: "a", Handler: srv.HandlerFunc(h), ContentSize: 4}
}

// Each request has one line, whoever answered it.
func TestAccessLogOnce(t *testing.T) {
	const head = "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	tests := []struct {
		name, request string
		handler       handler
		want          string
	}{
		{"answered", head + "1\r\na\r\n0\r\n\r\n", func(w *srv.Response, r *srv.Request) { r.Content().WriteTo(w) }, `"POST /a HTTP/1.1" 200 1`},
		{"answered without reading", head + "5\r\nhello\r\n0\r\n\r\n", func(w *srv.Response, r *srv.Request) { w.SetStatus(204) }, `"POST /a HTTP/1.1" 204 -`},
		{"content too large", head + "5\r\nhello\r\n0\r\n\r\n", func(w *srv.Response, r *srv.Request) { r.Content().WriteTo(w) }, `"POST /a HTTP/1.1" 413 [1-9]\d*`},
		{"content too large, on its way", head + "4\r\nhell\r\n1\r\no\r\n0\r\n\r\n", func(w *srv.Response, r *srv.Request) {
			w.Flush()
			r.Content().WriteTo(w)
		}, `"POST /a HTTP/1.1" 200 4`},
		{"content known to be too large", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", nil, `"-" 413 -`},
		{"content malformed", head + "x", func(w *srv.Response, r *srv.Request) { r.Content().Next() }, `"POST /a HTTP/1.1" 400 [1-9]\d*`},
		{"head malformed", "GET / HTTP/1.1\r\n\r\n", nil, `"-" 400 -`},
		{"aborted before anything was sent", head + "0\r\n\r\n", func(w *srv.Response, r *srv.Request) { w.Abort() }, `"POST /a HTTP/1.1" - -`},
		{"aborted", head + "0\r\n\r\n", func(w *srv.Response, r *srv.Request) {
			w.WriteString("hello")
			w.Flush()
			w.Abort()
		}, `"POST /a HTTP/1.1" 200 5`},
		{"panicked", head + "0\r\n\r\n", func(*srv.Response, *srv.Request) { panic("on purpose") }, `"POST /a HTTP/1.1" 500 [1-9]\d*`},
		{"HEAD", "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", func(w *srv.Response, r *srv.Request) { w.WriteString("hello") }, `"HEAD /a HTTP/1.1" 200 -`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			l := newAccessLog(formatCLF, &out, &errs)
			s := &srv.Server{Router: tt.handler, OnDone: l.done, OnRefuse: l.refused, Log: slog.New(slog.DiscardHandler)}
			srvtest.Do(s, []byte(tt.request))
			l.close()
			l.refused(&srv.Refusal{Rule: "late"}) // of a handler that nobody has waited for
			assert.Regexp(t, `^192\.0\.2\.1 - - \[[^]]+\] `+tt.want+"\n$", out.String())
			assert.Empty(t, errs.String())
		})
	}
}

// flaky is a writer that fails as often as it is told to.
type flaky struct {
	failures int
	calls    chan struct{}
	text     bytes.Buffer
}

func (f *flaky) Write(p []byte) (int, error) {
	defer func() { f.calls <- struct{}{} }()
	if f.failures > 0 {
		f.failures--
		return 0, errors.New("disk full")
	}
	return f.text.Write(p)
}

func TestAccessLogRecovers(t *testing.T) {
	out, errs := &flaky{failures: 2, calls: make(chan struct{}, 1)}, new(clitest.Output)
	l := newAccessLog(formatText, out, errs)
	for range 3 {
		l.add(visit)
		await(t, out.calls)
	}
	l.close()
	assert.Equal(t, "httpserver: access log: disk full\n", errs.String())
	assert.Equal(t, 1, strings.Count(out.text.String(), "\n"))
}

func TestAccessLog(t *testing.T) {
	requests := func(t *testing.T, p *program) {
		p.get(t, "/")
		exchange(t, p.addr, "HEAD /nowhere HTTP/1.0\r\n\r\n")
		exchange(t, p.addr, "GET /\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n")
		p.get(t, "/video?%22")
	}
	size, none := strconv.Itoa(len(assets.Home)), strconv.Itoa(len(assets.NoClip))
	tests := []struct{ format, want string }{
		{"off", `^$`},
		{"", `^$`}, // standard output is a pipe
		{"clf", `^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET / HTTP/1\.1" 200 ` + size + `
127\.0\.0\.1 - - \[[^]]+\] "HEAD /nowhere HTTP/1\.0" 404 -
127\.0\.0\.1 - - \[[^]]+\] "-" 400 -
127\.0\.0\.1 - - \[[^]]+\] "GET /video\?%22 HTTP/1\.1" 404 ` + none + `
$`},
		{"json", `^{"time":"[^"]+","remote":"127\.0\.0\.1","method":"GET","target":"/","version":"1\.1","status":200,"bytes":` + size + `}
{"time":"[^"]+","remote":"127\.0\.0\.1","method":"HEAD","target":"/nowhere","version":"1\.0","status":404,"bytes":0}
{"time":"[^"]+","remote":"127\.0\.0\.1","refused":"[a-z-]+","status":400}
{"time":"[^"]+","remote":"127\.0\.0\.1","method":"GET","target":"/video\?%22","version":"1\.1","status":404,"bytes":` + none + `}
$`},
	}
	for _, tt := range tests {
		t.Run(tt.format, func(t *testing.T) {
			args := []string{"-access-log", tt.format}
			if tt.format == "" {
				args = nil
			}
			stdout := new(clitest.Output)
			p := launch(t, func(c *exec.Cmd) { c.Stdout = stdout }, args...)
			requests(t, p)
			p.Signal(t, os.Interrupt)
			assert.Equal(t, cli.ExitOK, p.Exit(t))
			assert.Regexp(t, tt.want, stdout.String())
		})
	}
	t.Run("terminal", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("the script of other systems takes other arguments")
		}
		c, out := exec.Command("script", "-qec", "exec "+binary(t)+" -addr 127.0.0.1:0", os.DevNull), new(clitest.Output)
		c.Stdout, c.Dir = out, t.TempDir()
		keyboard, err := c.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		defer func() {
			io.WriteString(keyboard, "\x03") // Ctrl-C
			assert.NoError(t, c.Wait())
			assert.Contains(t, out.String(), "stopping, requests in flight: 0")
		}()
		addr := out.Await(t, regexp.MustCompile(`listening on http://(\S+)`))[1]
		requests(t, &program{addr: addr})
		out.Await(t, regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d 127\.0\.0\.1 GET / HTTP/1\.1: 200, `+size+` octets\r$`))
		out.Await(t, regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d 127\.0\.0\.1 HEAD /nowhere HTTP/1\.0: 404, 0 octets\r$`))
		out.Await(t, regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d 127\.0\.0\.1 refused \([a-z-]+\): 400\r$`))
		assert.NotContains(t, out.String(), "\x1b")
	})
	t.Run("nobody reads", func(t *testing.T) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		p := launch(t, func(c *exec.Cmd) { c.Stdout = w }, "-access-log", "clf")
		w.Close()
		r.Close()
		for range 3 {
			assert.True(t, strings.HasPrefix(p.get(t, "/"), "HTTP/1.1 200 OK\r\n"))
		}
		p.stderr.AwaitText(t, "httpserver: access log: ")
		p.Signal(t, os.Interrupt)
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		assert.Equal(t, 1, strings.Count(p.stderr.String(), "access log"))
	})
}

// A reader that stands still costs lines, which are counted, and no request.
func TestAccessLogSlow(t *testing.T) {
	const count = 400
	start := func(t *testing.T) (*program, *os.File) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		t.Cleanup(func() { r.Close() })
		p := launch(t, func(c *exec.Cmd) { c.Stdout = w }, "-access-log", "clf")
		w.Close()
		request := "GET /" + strings.Repeat("a", 12<<10) + " HTTP/1.1\r\nHost: a\r\n"
		answers := exchange(t, p.addr, strings.Repeat(request+"\r\n", count-1)+request+"Connection: close\r\n\r\n")
		assert.Equal(t, count, strings.Count(answers, "HTTP/1.1 404 Not Found\r\n"))
		p.Signal(t, os.Interrupt)
		p.stderr.AwaitText(t, "stopping")
		awaitRefused(t, p.addr)
		select {
		case <-p.Exited():
			require.Fail(t, "lines were left unwritten")
		case <-time.After(100 * time.Millisecond): // time enough to make that mistake
		}
		return p, r
	}
	t.Run("and then goes on", func(t *testing.T) {
		p, r := start(t)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		lost := 0
		for _, said := range strings.Split(p.stderr.String(), "lines lost: ")[1:] {
			number, _, _ := strings.Cut(said, "\n")
			n, err := strconv.Atoi(number)
			require.NoError(t, err)
			lost += n
		}
		assert.Positive(t, lost)
		assert.Equal(t, count, bytes.Count(text, []byte("\n"))+lost)
	})
	t.Run("and does not", func(t *testing.T) {
		p, _ := start(t)
		p.Signal(t, os.Interrupt)
		assert.Equal(t, cli.ExitFailed, p.Exit(t))
	})
}
