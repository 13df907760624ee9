package policy

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
	"barewire/srv"
	"barewire/srv/route"
)

var update = flag.Bool("update", false, "write the table of rules into README.md")

const (
	exampleHead    = `GET / HTTP/1.1\r\nHost: a\r\n`
	examplePost    = `POST / HTTP/1.1\r\nHost: a\r\n`
	exampleChunked = examplePost + `Transfer-Encoding: chunked\r\n\r\n`
)

// examples has, for each rule, octets that break it and no other, as Go writes them in quotes, except that {x*3} is xxx.
var examples = map[string]string{
	"bare-lf":                   `GET / HTTP/1.1\nHost: a\n\n`,
	"bare-cr":                   exampleHead + `X: a\rb\r\n\r\n`,
	"request-line":              `GET /\r\n\r\n`,
	"method-octet":              `G@T / HTTP/1.1\r\n`,
	"method-size":               `{A*33} / HTTP/1.1\r\n`,
	"target-octet":              `GET /a<b HTTP/1.1\r\n`,
	"target-percent":            `GET /%2x HTTP/1.1\r\n`,
	"target-size":               `GET /{a*16384} HTTP/1.1\r\n`,
	"version-syntax":            `GET / HTTP/1.10\r\n`,
	"leading-space":             `GET / HTTP/1.1\r\n Host: a\r\n`,
	"obs-fold":                  exampleHead + `X: a\r\n b\r\n`,
	"name-empty":                exampleHead + `: v\r\n`,
	"name-space":                exampleHead + `X : v\r\n`,
	"name-octet":                exampleHead + `X@: v\r\n`,
	"colon-missing":             exampleHead + `X\r\n`,
	"value-octet":               exampleHead + `X: \x00\r\n`,
	"field-line-size":           exampleHead + `X: {v*16382}\r\n`,
	"field-count":               exampleHead + `{X: v\r\n*128}\r\n`,
	"head-size":                 exampleHead + `X: {v*16000}\r\nY: {v*16000}\r\nZ: {v*16000}\r\n`,
	"version":                   `GET / HTTP/2.0\r\n\r\n`,
	"target-form":               `GET a/b HTTP/1.1\r\nHost: a\r\n\r\n`,
	"target-connect":            `CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n`,
	"target-asterisk":           `GET * HTTP/1.1\r\nHost: a\r\n\r\n`,
	"target-scheme":             `GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n`,
	"target-authority":          `GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n`,
	"host-missing":              `GET / HTTP/1.1\r\n\r\n`,
	"host-repeated":             exampleHead + `Host: a\r\n\r\n`,
	"host-syntax":               `GET / HTTP/1.1\r\nHost: [::1\r\n\r\n`,
	"transfer-encoding-version": `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n`,
	"transfer-encoding-length":  examplePost + `Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`,
	"transfer-encoding-empty":   examplePost + `Transfer-Encoding: , chunked\r\n\r\n`,
	"transfer-encoding-syntax":  examplePost + `Transfer-Encoding: \xa0chunked\r\n\r\n`,
	"transfer-encoding-chunked": examplePost + `Transfer-Encoding: chunked, x\r\n\r\n`,
	"transfer-coding":           examplePost + `Transfer-Encoding: gzip, chunked\r\n\r\n`,
	"content-length-repeated":   examplePost + `Content-Length: 3\r\nContent-Length: 3\r\n\r\n`,
	"content-length-syntax":     examplePost + `Content-Length: +3\r\n\r\n`,
	"content-length-size":       examplePost + `Content-Length: 9223372036854775808\r\n\r\n`,
	"expectation":               examplePost + `Expect: x\r\nContent-Length: 3\r\n\r\n`,
	"content-size":              examplePost + `Content-Length: 10485761\r\n\r\n`,
	"chunk-size":                exampleChunked + `0x3\r\n`,
	"chunk-size-digits":         exampleChunked + `{0*33}\r\n`,
	"chunk-ext":                 exampleChunked + `3;\r\n`,
	"chunk-line-size":           exampleChunked + `3;{a*4095}\r\n`,
	"chunk-overhead":            exampleChunked + `{1;abcdefghijklmnopqrstuvwxyz\r\nv\r\n*2000}`,
	"chunk-data-end":            exampleChunked + `3\r\nabcd\r\n`,
	"trailer-size":              exampleChunked + `0\r\nX: {v*8192}\r\n\r\n`,
	"truncated":                 examplePost + `Content-Length: 3\r\n\r\nab`,
	"head-timeout":              `GET / HTTP/1.1\r\n`,
	"content-timeout":           examplePost + `Content-Length: 3\r\n\r\nab`,
	"misdirected":               `GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n`,
	"status-code":               `HTTP/1.1 99 \r\n`,
	"reason-octet":              `HTTP/1.1 200 \x00\r\n`,
}

var repeated = regexp.MustCompile(`\{([^{}]*)\*(\d+)\}`)

// octetsOf returns the octets that an example stands for.
func octetsOf(t *testing.T, example string) string {
	spelt := repeated.ReplaceAllStringFunc(example, func(s string) string {
		parts := repeated.FindStringSubmatch(s)
		count, err := strconv.Atoi(parts[2])
		require.NoError(t, err)
		return strings.Repeat(parts[1], count)
	})
	octets, err := strconv.Unquote(`"` + spelt + `"`)
	require.NoError(t, err)
	return octets
}

// fault is what parser.Error and srv.Error have in common.
type fault interface {
	Rule() string
	Text() string
	Section() string
	Status() int
}

// refusals returns every fault that something received can have, in the order of their constants. What the server itself is
// to blame for is none.
func refusals() (all []fault) {
	for e := range parser.ErrorCount {
		all = appendRefusal(all, e)
	}
	for e := range srv.Error(255) {
		all = appendRefusal(all, e)
	}
	return all
}

func appendRefusal(all []fault, f fault) (out []fault) {
	out = all
	defer func() { recover() }() // there is no such Error
	if f.Status() != 0 && f.Status() != 500 {
		out = append(all, f)
	}
	return out
}

// TestRefused runs the example of each rule, and keeps the table in README.md.
func TestRefused(t *testing.T) {
	var table bytes.Buffer
	table.WriteString("| rule | status | section | what is wrong | octets |\n| --- | --- | --- | --- | --- |\n")
	listed := map[string]bool{}
	for _, f := range refusals() {
		example, found := examples[f.Rule()]
		if !assert.True(t, found, "no example for %q", f.Rule()) {
			continue
		}
		listed[f.Rule()] = true
		t.Run(f.Rule(), func(t *testing.T) {
			octets := octetsOf(t, example)
			if strings.HasPrefix(octets, "HTTP/") {
				refusedResponse(t, f, octets)
			} else {
				refusedRequest(t, f, octets)
			}
		})
		cell := strings.ReplaceAll(example, "|", `\|`)
		fmt.Fprintf(&table, "| %s | %d | %s | %s | `%s` |\n", f.Rule(), f.Status(), f.Section(), f.Text(), cell)
	}
	for rule := range examples {
		assert.True(t, listed[rule], "%q is no rule", rule)
	}
	requireInReadme(t, table.String())
}

// refusedRequest wants a server to refuse a request by the fault alone, and to say so.
func refusedRequest(t *testing.T, want fault, octets string) {
	var got []string
	var excerpt string
	off := 0
	m := route.New()
	m.Any("/*", func(w *srv.Response, r *srv.Request) { r.Content().WriteTo(io.Discard) })
	s := &srv.Server{
		Router:   m,
		Log:      slog.New(slog.DiscardHandler),
		OnRefuse: func(r *srv.Refusal) { got, off, excerpt = append(got, r.Rule), r.Off, string(r.Excerpt) },
		Timeouts: srv.Timeouts{Head: time.Minute, Rate: time.Minute, Grace: time.Millisecond},
	}
	silent := strings.HasSuffix(want.Rule(), "-timeout")
	if silent {
		s.Timeouts = srv.Timeouts{Head: 5 * time.Millisecond, Rate: 5 * time.Millisecond, Grace: time.Millisecond}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	l.Close()
	go func() {
		io.WriteString(client, octets)
		if !silent {
			client.(*net.TCPConn).CloseWrite()
		}
	}()
	answered := make(chan string, 1)
	go func() {
		answer, _ := io.ReadAll(client)
		answered <- string(answer)
	}()
	require.NoError(t, s.ServeConn(accepted))

	answer := <-answered
	assert.Equal(t, []string{want.Rule()}, got)
	require.LessOrEqual(t, off, len(octets), "offset")
	around := strings.ToLower(octets[max(off-32, 0):min(off+32, len(octets))])
	assert.Contains(t, around, strings.ToLower(excerpt), "excerpt at %d", off)
	assert.True(t, excerpt != "" || off == len(octets), "there is no excerpt")
	assert.True(t, strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d ", want.Status())), answer)
	assert.Equal(t, 1, strings.Count(answer, "HTTP/1.1 "), answer)
	assert.Contains(t, answer, want.Text()+" ("+want.Section()+")")
}

// refusedResponse wants the parser of responses to refuse a head by the fault. The status is what a gateway answers
// then.
func refusedResponse(t *testing.T, want fault, octets string) {
	var h parser.ResponseHead
	h.Reset(parser.Limits{}, parser.MethodGet)
	_, e := h.Parse([]byte(octets))
	assert.Equal(t, want, fault(e))
	assert.Equal(t, 502, want.Status())
}

const (
	tableBegin = "<!-- rules -->\n"
	tableEnd   = "<!-- /rules -->\n"
)

// requireInReadme wants the table between its markers in README.md, or writes it there.
func requireInReadme(t *testing.T, table string) {
	const name = "../../../README.md"
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	require.True(t, found && ended, "README.md has the markers")
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(before+tableBegin+table+tableEnd+after), 0o644))
		return
	}
	assert.Equal(t, table, strings.TrimSuffix(rest, tableEnd+after), "go test ./srv/internal/policy -update writes the table anew")
}
