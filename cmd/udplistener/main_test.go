package main

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/cmd/internal/cli"
	"barewire/cmd/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

func TestAppendLine(t *testing.T) {
	tests := []struct{ name, from, content, want string }{
		{"text", "127.0.0.1:5", "hello", "127.0.0.1:5, size 5: hello\n"},
		{"empty", "127.0.0.1:5", "", "127.0.0.1:5, size 0: \n"},
		{"IPv6", "[::1]:5", "a", "[::1]:5, size 1: a\n"},
		{"IPv4 on a socket for both", "[::ffff:192.0.2.7]:5", "a", "192.0.2.7:5, size 1: a\n"},
		{"escaped", "127.0.0.1:5", "a\r\n\t\x00\x1b[2J\\\x9b\xc3\xbc", `127.0.0.1:5, size 13: a\r\n\t\x00\x1b[2J\\\x9b\xc3\xbc` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, "> "+tt.want, string(appendLine([]byte("> "), netip.MustParseAddrPort(tt.from), []byte(tt.content))))
		})
	}
}

func TestProgram(t *testing.T) {
	bin := clitest.Build(t, ".")
	p := clitest.Start(t, "", bin, "-addr", "127.0.0.1:0")
	addr := p.Addr(t)
	c, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer c.Close()
	from := c.LocalAddr().String()

	largest := 9216 // what some systems allow at most unless told otherwise
	if runtime.GOOS == "linux" {
		largest = 65507
	}
	long := strings.Repeat("x", largest-1) + "!"
	for _, content := range []string{"hello", "", "\x1b[2J\n", long, "last"} {
		_, err := c.Write([]byte(content))
		require.NoError(t, err)
		p.Stdout.AwaitText(t, string(appendLine(nil, netip.MustParseAddrPort(from), []byte(content))))
	}
	assert.Equal(t, 5, strings.Count(p.Stdout.String(), "\n"))

	t.Run("address in use", func(t *testing.T) {
		second := clitest.Start(t, "", bin, "-addr", addr)
		assert.Equal(t, cli.ExitFailed, second.Exit(t))
		assert.Regexp(t, `^udplistener: listen udp `+regexp.QuoteMeta(addr)+`: .* \(-addr names another address\)\n$`, second.Stderr.String())
	})
	t.Run("interrupt", func(t *testing.T) {
		p.Signal(t, os.Interrupt)
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		assert.Equal(t, "udplistener: listening on "+addr+"\n", p.Stderr.String())
	})
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestStandardOutputFails(t *testing.T) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.WriteTo([]byte("hello"), conn.LocalAddr())
	require.NoError(t, err)
	assert.EqualError(t, printAll(conn, failing{}), "no space")
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"help", []string{"-h"}, cli.ExitOK, "-addr address"},
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
