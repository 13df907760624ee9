package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/cmd/internal/cli"
	"barewire/cmd/internal/clitest"
)

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"help", []string{"-h"}, cli.ExitOK, "  -addr address "},
		{"unknown flag", []string{"-port", "1"}, cli.ExitUsage, "not defined: -port"},
		{"argument", []string{"80"}, cli.ExitUsage, `unexpected argument "80"`},
		{"no such address", []string{"-addr", "256.0.0.1:0"}, cli.ExitFailed, "(-addr names another address)\n"},
		{"no port", []string{"-addr", "127.0.0.1"}, cli.ExitUsage, "for flag -addr: address 127.0.0.1: missing port"},
		{"no clip", []string{"-video", ""}, cli.ExitUsage, "httpserver: -video: no file name"},
		{"access log", []string{"-access-log", "text"}, cli.ExitUsage, "want off, clf or json"},
		{"access log without a name", []string{"-access-log", ""}, cli.ExitUsage, "want off, clf or json"},
		{"upstream", []string{"-httpbin-upstream", "ftp://a"}, cli.ExitUsage, "httpserver: -httpbin-upstream: "},
		{"upstream without a scheme", []string{"-httpbin-upstream", "localhost"}, cli.ExitUsage, "httpserver: -httpbin-upstream: "},
		{"no such directory", []string{"-dir", "nothing"}, cli.ExitUsage, "httpserver: -dir: open nothing: "},
		{"not a directory", []string{"-dir", "main.go"}, cli.ExitUsage, "httpserver: -dir: open main.go: not a directory"},
		{"time-out of nothing", []string{"-httpbin-timeout", "0"}, cli.ExitUsage, "httpserver: -httpbin-timeout: "},
		{"time-out of less", []string{"-httpbin-timeout", "-1s"}, cli.ExitUsage, "httpserver: -httpbin-timeout: "},
		{"time-out without a unit", []string{"-httpbin-timeout", "10"}, cli.ExitUsage, "-httpbin-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			require.NoError(t, err)
			defer null.Close()
			assert.Equal(t, tt.code, run(tt.args, null, &stderr, nil))
			assert.Contains(t, stderr.String(), tt.says)
		})
	}
}

// The program as it is built, where its arguments are read by main.
func TestShortRuns(t *testing.T) {
	tests := []struct {
		name, arg      string
		code           int
		stdout, stderr string // patterns
	}{
		{"version", "-version", cli.ExitOK, `^httpserver barewire \S+ .*` + runtime.Version() + ".* " + runtime.GOOS + "/" + runtime.GOARCH + "\n$", `^$`},
		{"help", "-h", cli.ExitOK, `^$`, `(?s)^Httpserver is .*\nFlags:\n.*  -video file `},
		{"usage", "-access-log=xml", cli.ExitUsage, `^$`, `^invalid value "xml" for flag -access-log: want off, clf or json\n`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			c := exec.Command(binary(t), tt.arg)
			c.Stdout, c.Stderr = &stdout, &stderr
			c.Run()
			assert.Equal(t, tt.code, c.ProcessState.ExitCode())
			assert.Regexp(t, tt.stdout, stdout.String())
			assert.Regexp(t, tt.stderr, stderr.String())
			for _, line := range strings.Split(stderr.String(), "\n") {
				assert.LessOrEqual(t, len(line), 100, line)
			}
		})
	}
}

func TestLocalhost(t *testing.T) {
	p := launch(t, nil, "-addr", "localhost:0")
	urls := regexp.MustCompile(`http://(\S+)`).FindAllStringSubmatch(p.stderr.String(), -1)
	if !strings.Contains(p.stderr.String(), " (no IPv6)\n") {
		require.Len(t, urls, 2)
		assert.Equal(t, strings.Replace(urls[0][1], "127.0.0.1", "[::1]", 1), urls[1][1])
	}
	for _, url := range urls {
		answer := exchange(t, url[1], "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n"), answer)
	}
}

func TestAddressInUse(t *testing.T) {
	p := launch(t, nil)
	out, err := exec.Command(binary(t), "-addr", p.addr).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, cli.ExitFailed, exit.ExitCode())
	assert.Regexp(t, `^httpserver: .*`+p.addr+`.* \(-addr names another address\)\n$`, string(out))
	if runtime.GOOS != "windows" {
		assert.Contains(t, string(out), "address already in use")
	}
}

// hang makes an upstream that keeps requests waiting until it is let go, and says when it has one.
func hang(t *testing.T) (addr string, came chan struct{}, release func()) {
	came, held := make(chan struct{}, 16), make(chan struct{})
	release = func() { close(held) }
	addr = upstream(t, func(c net.Conn, _ string) {
		came <- struct{}{}
		<-held
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworth")
	})
	return addr, came, release
}

func await[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(clitest.Patience):
		require.Fail(t, "waited in vain")
	}
	return v
}

// awaitRefused waits until nobody is let in any more.
func awaitRefused(t *testing.T, addr string) {
	for end := time.Now().Add(clitest.Patience); time.Now().Before(end); {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		c.Close()
	}
	require.Fail(t, "connections are still accepted")
}

func TestSignals(t *testing.T) {
	t.Run("nothing in flight", func(t *testing.T) {
		for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			p := launch(t, nil)
			idle := dial(t, p.addr)
			_, err := io.WriteString(idle, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			_, err = idle.Read(make([]byte, 1))
			require.NoError(t, err)
			p.Signal(t, s)
			assert.Equal(t, cli.ExitOK, p.Exit(t))
			assert.Contains(t, p.stderr.String(), "requests in flight: 0 ")
		}
	})
	t.Run("the first one lets requests finish", func(t *testing.T) {
		addr, came, release := hang(t)
		p := launch(t, nil, "-httpbin-upstream", "http://"+addr)
		c := dial(t, p.addr)
		_, err := io.WriteString(c, "GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n")
		require.NoError(t, err)
		await(t, came)
		p.Signal(t, os.Interrupt)
		p.stderr.AwaitText(t, "requests in flight: 1 ")
		awaitRefused(t, p.addr)
		release()
		answer, err := io.ReadAll(c)
		require.NoError(t, err)
		assert.Contains(t, string(answer), "\r\nConnection: close\r\n")
		assert.Contains(t, string(answer), "\r\n5\r\nworth\r\n0\r\n")
		assert.Equal(t, cli.ExitOK, p.Exit(t))
	})
	t.Run("the second one does not", func(t *testing.T) {
		addr, came, release := hang(t)
		defer release()
		p := launch(t, nil, "-httpbin-upstream", "http://"+addr)
		for range 2 {
			_, err := io.WriteString(dial(t, p.addr), "GET /httpbin/x HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			await(t, came)
		}
		p.Signal(t, syscall.SIGTERM)
		p.stderr.AwaitText(t, "requests in flight: 2 ")
		p.Signal(t, syscall.SIGTERM)
		assert.Equal(t, cli.ExitFailed, p.Exit(t))
		assert.Contains(t, p.stderr.String(), "httpserver: stopped, requests in flight: 2\n")
	})
}

func TestStartLine(t *testing.T) {
	v4, v6 := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, &net.TCPAddr{IP: net.IPv6loopback, Port: 80}
	tests := []struct {
		name, addr string
		bound      []net.Addr
		want       string
	}{
		{"both families", "localhost:80", []net.Addr{v4, v6}, "httpserver: listening on http://127.0.0.1:80 http://[::1]:80"},
		{"IPv4 alone", "localhost:80", []net.Addr{v4}, "httpserver: listening on http://127.0.0.1:80 (no IPv6)"},
		{"IPv6 alone", "localhost:80", []net.Addr{v6}, "httpserver: listening on http://[::1]:80 (no IPv4)"},
		{"one address", "127.0.0.1:80", []net.Addr{v4}, "httpserver: listening on http://127.0.0.1:80"},
		{"another loopback", "127.9.9.9:80", []net.Addr{&net.TCPAddr{IP: net.IPv4(127, 9, 9, 9), Port: 80}}, "httpserver: listening on http://127.9.9.9:80"},
		{"all addresses", ":80", []net.Addr{&net.TCPAddr{IP: net.IPv6zero, Port: 80}}, "httpserver: listening on http://[::]:80 (other machines can reach it)"},
		{"all of IPv4", "0.0.0.0:80", []net.Addr{&net.TCPAddr{IP: net.IPv4zero, Port: 80}}, "httpserver: listening on http://0.0.0.0:80 (other machines can reach it)"},
		{"one of the network", "192.0.2.1:80", []net.Addr{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}}, "httpserver: listening on http://192.0.2.1:80 (other machines can reach it)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, startLine(tt.addr, tt.bound)) })
	}
}
