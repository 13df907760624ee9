package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/cmd/internal/cli"
	"barewire/cmd/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

func dial(t *testing.T, addr string) *net.TCPConn {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(clitest.Patience)))
	return c.(*net.TCPConn)
}

func send(t *testing.T, c io.Writer, octets string) {
	_, err := io.WriteString(c, octets)
	require.NoError(t, err)
}

// receive reads as much as want has, and compares but for dates.
func receive(t *testing.T, c io.Reader, want string) {
	const date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	b := make([]byte, len(want)+strings.Count(want, "HTTP/1.1 ")*len(date))
	_, err := io.ReadFull(c, b)
	require.NoError(t, err)
	require.Equal(t, want, dates.ReplaceAllString(string(b), ""))
}

// block is what is printed of a POST without further fields.
func block(target, content string) string {
	return fmt.Sprintf("Request line:\n- Method: POST\n- Target: %s\n- Version: 1.1\nHeaders:\n- host: a\n- content-length: %d\nBody:\n%s\n",
		target, len(content), content)
}

func post(target, content string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", target, len(content), content)
}

func TestProgram(t *testing.T) {
	bin := clitest.Build(t, ".")
	p := clitest.Start(t, "", bin, "-addr", "127.0.0.1:0")
	addr := p.Addr(t)

	t.Run("a client", func(t *testing.T) {
		client := &http.Client{Transport: &http.Transport{}, Timeout: clitest.Patience}
		r, err := client.Post("http://"+addr+"/coffee?milk=1", "text/plain", io.MultiReader(strings.NewReader("chunked "), strings.NewReader("content")))
		require.NoError(t, err)
		defer r.Body.Close()
		content, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.Equal(t, 200, r.StatusCode)
		assert.Empty(t, content)
		client.CloseIdleConnections()

		p.Stdout.Await(t, regexp.MustCompile(`^Connection accepted: (127\.0\.0\.1:\d+)
Request line:
- Method: POST
- Target: /coffee\?milk=1
- Version: 1\.1
Headers:
- host: `+regexp.QuoteMeta(addr)+`
- user-agent: Go-http-client/1\.1
- transfer-encoding: chunked
- content-type: text/plain
- accept-encoding: gzip
Body:
chunked content
Connection closed: (127\.0\.0\.1:\d+) \(by the client\)
$`))
	})
	t.Run("cut and pipelined", func(t *testing.T) {
		c := dial(t, addr)
		c.SetNoDelay(true)
		in := post("/cut1", "one") + post("/cut2", "two")
		for i := range in {
			send(t, c, in[i:i+1])
		}
		receive(t, c, ok+ok)
		send(t, c, post("/cut3", "three")+"GET / HTTP/1.0\r\n\r\n")
		receive(t, c, ok+okClose)
		rest, err := io.ReadAll(c)
		require.NoError(t, err)
		assert.Empty(t, rest)
		for i, content := range []string{"one", "two", "three"} {
			p.Stdout.AwaitText(t, block(fmt.Sprint("/cut", i+1), content))
		}
		p.Stdout.AwaitText(t, fmt.Sprintf("Connection closed: %v (not persistent)\n", c.LocalAddr()))
	})
	t.Run("continue", func(t *testing.T) {
		c := dial(t, addr)
		send(t, c, "PUT /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
		const proceed = "HTTP/1.1 100 Continue\r\n\r\n"
		b := make([]byte, len(proceed))
		_, err := io.ReadFull(c, b)
		require.NoError(t, err)
		assert.Equal(t, proceed, string(b))
		send(t, c, "hello")
		receive(t, c, ok)
		p.Stdout.AwaitText(t, "- expect: 100-continue\nBody:\nhello\n")
	})
	t.Run("refused, and the client reads why", func(t *testing.T) {
		c := dial(t, addr)
		send(t, c, "GET / HTTP/1.1\r\nHost: a\r\nBad Name: \x1b[31m\r\n\r\n"+strings.Repeat("more", 5000))
		answer, err := io.ReadAll(c)
		require.NoError(t, err)
		assert.Equal(t, errorAnswer("400 Bad Request", "white space in a field name or before its colon (RFC 9112 section 5.1)"),
			dates.ReplaceAllString(string(answer), ""))
		p.Stdout.AwaitText(t, "Refused:\n- Rule: name-space: ")
	})
	t.Run("many at the same time", func(t *testing.T) {
		const connections, requests = 20, 30
		content := func(i, n int) string { return fmt.Sprint(strings.Repeat("line\n", 40), i, " ", n) }
		var all sync.WaitGroup
		var closed []string
		for i := range connections {
			c := dial(t, addr)
			closed = append(closed, fmt.Sprintf("Connection closed: %v (by the client)\n", c.LocalAddr()))
			all.Go(func() {
				for n := range requests {
					if _, err := io.WriteString(c, post("/many", content(i, n))); !assert.NoError(t, err) {
						return
					}
				}
				c.CloseWrite()
				answers, err := io.ReadAll(c)
				assert.NoError(t, err)
				assert.Equal(t, requests, strings.Count(string(answers), "HTTP/1.1 200 OK\r\n"))
			})
		}
		all.Wait()
		for _, line := range closed {
			p.Stdout.AwaitText(t, line)
		}
		printed := p.Stdout.String()
		for i := range connections {
			for n := range requests {
				assert.Equal(t, 1, strings.Count(printed, block("/many", content(i, n))), "%d %d", i, n)
			}
		}
	})
	t.Run("address in use", func(t *testing.T) {
		second := clitest.Start(t, "", bin, "-addr", addr)
		assert.Equal(t, cli.ExitFailed, second.Exit(t))
		assert.Regexp(t, `^tcplistener: listen tcp `+regexp.QuoteMeta(addr)+`: .* \(-addr names another address\)\n$`, second.Stderr.String())
	})
	t.Run("interrupt", func(t *testing.T) {
		c := dial(t, addr)
		send(t, c, "GET /unfinished")
		p.Stdout.AwaitText(t, fmt.Sprintf("Connection accepted: %v\n", c.LocalAddr()))
		p.Signal(t, os.Interrupt)
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		assert.True(t, strings.HasSuffix(p.Stdout.String(), fmt.Sprintf("Connection closed: %v (shutting down)\n", c.LocalAddr())))
		assert.Equal(t, "tcplistener: listening on "+addr+"\n", p.Stderr.String())
	})
}

// Whatever comes, the next client is served, and nothing that a terminal obeys is printed.
func TestProgramSurvives(t *testing.T) {
	p := clitest.Start(t, "", clitest.Build(t, "."), "-addr", "127.0.0.1:0", "-explain")
	addr := p.Addr(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		in := make([]byte, r.IntN(300))
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		if r.IntN(2) == 0 {
			in = append([]byte(conversations[r.IntN(len(conversations))].in), in...)
		}
		c := dial(t, addr)
		send(t, c, string(in))
		c.CloseWrite()
		_, err := io.Copy(io.Discard, c)
		assert.NoError(t, err)
		c.Close()
	}
	c := dial(t, addr)
	send(t, c, post("/last", "words"))
	receive(t, c, ok)
	p.Stdout.AwaitText(t, block("/last", "words")+"Octets:\n")
	printed := p.Stdout.String()
	for i, octet := range []byte(printed) {
		require.True(t, octet == '\n' || octet == '\t' || octet >= ' ' && octet <= '~', "%q", printed[max(i-50, 0):i+1])
	}
	p.Signal(t, syscall.SIGTERM)
	assert.Equal(t, cli.ExitOK, p.Exit(t))
}

// start serves in this process, and returns the address, what is printed, and a function that ends it and returns the error of
// serve.
func start(t *testing.T, stdout io.Writer, idle time.Duration) (addr string, end func() error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- serve(ctx, l, &options{&printer{w: stdout, failed: stop}, false, idle}) }()
	return l.Addr().String(), func() error {
		stop()
		return <-result
	}
}

func TestIdle(t *testing.T) {
	var stdout clitest.Output
	addr, end := start(t, &stdout, 20*time.Millisecond)
	c := dial(t, addr)
	answer, err := io.ReadAll(c)
	assert.NoError(t, err)
	assert.Empty(t, answer)
	stdout.AwaitText(t, fmt.Sprintf("Connection closed: %v (nothing received, or no answer taken, for 20ms)\n", c.LocalAddr()))
	assert.NoError(t, end())
}

// One connection more than are served at a time has to wait for another to end.
func TestConnectionCount(t *testing.T) {
	var stdout clitest.Output
	addr, end := start(t, &stdout, time.Minute)
	var idle []*net.TCPConn
	for range connCount {
		idle = append(idle, dial(t, addr))
	}
	stdout.Await(t, regexp.MustCompile(fmt.Sprintf(`^(Connection accepted: \S+\n){%d}$`, connCount)))
	waiting := dial(t, addr)
	send(t, waiting, post("/", "waited"))
	idle[7].Close()
	receive(t, waiting, ok)
	assert.Contains(t, stdout.String(), fmt.Sprintf("Connection closed: %v (by the client)\nConnection accepted: %v\nRequest line:\n",
		idle[7].LocalAddr(), waiting.LocalAddr()))
	require.NoError(t, end())
	assert.Equal(t, connCount, strings.Count(stdout.String(), " (shutting down)\n"))
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestStandardOutputFails(t *testing.T) {
	addr, end := start(t, failing{}, time.Minute)
	c := dial(t, addr)
	io.Copy(io.Discard, c) // closed, since the program ends
	assert.EqualError(t, end(), "no space")
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"help", []string{"-h"}, cli.ExitOK, "-explain"},
		{"unknown flag", []string{"-port", "1"}, cli.ExitUsage, "not defined: -port"},
		{"argument", []string{"80"}, cli.ExitUsage, `unexpected argument "80"`},
		{"no such port", []string{"-addr", "127.0.0.1:70000"}, cli.ExitUsage, "for flag -addr: "},
		{"no such address", []string{"-addr", "256.0.0.1:0"}, cli.ExitFailed, "-addr names another address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			assert.Equal(t, tt.status, run(tt.args, &stdout, &stderr))
			assert.Contains(t, stderr.String(), tt.says)
			assert.Empty(t, stdout.String())
		})
	}
}
