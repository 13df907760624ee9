package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/cmd/internal/cli"
	"barewire/cmd/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

func listen(t *testing.T, addr string) *net.UDPConn {
	conn, err := net.ListenPacket("udp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(clitest.Patience)))
	return conn.(*net.UDPConn)
}

func receive(t *testing.T, conn *net.UDPConn) string {
	b := make([]byte, datagramSize)
	n, _, err := conn.ReadFrom(b)
	require.NoError(t, err)
	return string(b[:n])
}

// nobody returns an address where nobody listens.
func nobody(t *testing.T) string {
	if runtime.GOOS == "windows" {
		t.Skip("says it in other words")
	}
	conn := listen(t, "127.0.0.1:0")
	conn.Close()
	return conn.LocalAddr().String()
}

func refusal(line int, addr string) string {
	return fmt.Sprintf("udpsender: line %d: connection refused: nobody listens (%s)\n", line, addr)
}

func TestSendAll(t *testing.T) {
	const limit = 1000
	fits := strings.Repeat("x", limit)
	tests := []struct {
		name, in string
		want     []string
		says     string
	}{
		{"nothing", "", nil, ""},
		{"lines", "a\nb c\n", []string{"a", "b c"}, ""},
		{"no line break at the end", "a\nb", []string{"a", "b"}, ""},
		{"an empty line", "a\n\nb\n", []string{"a", "", "b"}, ""},
		{"CRLF", "a\r\nb\rc\r\n", []string{"a", "b\rc"}, ""},
		{"any octets", "\x00\xff\x1b\n", []string{"\x00\xff\x1b"}, ""},
		{"longest", fits + "\n" + fits, []string{fits, fits}, ""},
		{"too long", "a\n" + fits + "x\nb\n", []string{"a", "b"}, "udpsender: line 2: not sent: longer than 1000 octets\n"},
		{"longer than the input buffer", strings.Repeat("x", 3*inputSize) + "\nb\n", []string{"b"}, "udpsender: line 1: not sent: longer than 1000 octets\n"},
		{"that at the end", "a\n" + strings.Repeat("x", inputSize), []string{"a"}, "udpsender: line 2: not sent: longer than 1000 octets\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := listen(t, "127.0.0.1:0")
			var stdout, stderr bytes.Buffer
			s := &sender{prompts: &stdout, errors: &stderr}
			require.NoError(t, s.dial(l.LocalAddr().String()))
			assert.Equal(t, 65507, s.limit)
			s.limit = limit
			require.NoError(t, s.sendAll(bufio.NewReaderSize(strings.NewReader(tt.in), inputSize)))
			for _, want := range tt.want {
				assert.Equal(t, want, receive(t, l))
			}
			assert.Equal(t, tt.says, stderr.String())
			assert.Equal(t, strings.Repeat("> ", strings.Count(tt.in, "\n")+1)+"\n", stdout.String())

			s.conn.Write([]byte("nothing else was sent"))
			assert.Equal(t, "nothing else was sent", receive(t, l))
		})
	}
}

// An error is reported for the line that it is about, and the next line is sent all the same.
func TestRefused(t *testing.T) {
	addr := nobody(t)
	var stderr clitest.Output
	s := &sender{errors: &stderr}
	require.NoError(t, s.dial(addr))
	in, input := io.Pipe()
	result := make(chan error, 1)
	go func() { result <- s.sendAll(bufio.NewReaderSize(in, inputSize)) }()

	io.WriteString(input, "one\n")
	stderr.AwaitText(t, refusal(1, addr))
	l := listen(t, addr)
	io.WriteString(input, "two\nthree\n")
	assert.Equal(t, "two", receive(t, l))
	assert.Equal(t, "three", receive(t, l))
	l.Close()
	io.WriteString(input, "four\n")
	stderr.AwaitText(t, refusal(4, addr))
	io.WriteString(input, "five")
	input.Close()
	assert.NoError(t, <-result)
	assert.Equal(t, refusal(1, addr)+refusal(4, addr)+refusal(5, addr), stderr.String())
}

func TestInputFails(t *testing.T) {
	s := &sender{errors: io.Discard}
	require.NoError(t, s.dial(listen(t, "127.0.0.1:0").LocalAddr().String()))
	assert.EqualError(t, s.sendAll(bufio.NewReader(iotest.ErrReader(errors.New("broken")))), "broken")
}

func TestProgram(t *testing.T) {
	bin := clitest.Build(t, ".")
	t.Run("with the listener", func(t *testing.T) {
		l := clitest.Start(t, "", clitest.Build(t, "../udplistener"), "-addr", "localhost:0")
		addr := l.Addr(t)
		p := clitest.Start(t, "hello\n\x1b\nend", bin, "-addr", addr)
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		assert.Empty(t, p.Stdout.String())
		assert.Empty(t, p.Stderr.String())
		l.Stdout.Await(t, regexp.MustCompile(`^\S+:\d+, size 5: hello\n\S+:\d+, size 1: \\x1b\n\S+:\d+, size 3: end\n$`))
	})
	t.Run("nobody listens", func(t *testing.T) {
		addr := nobody(t)
		p := clitest.Start(t, "one\ntwo\nthree", bin, "-addr", addr)
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		assert.Equal(t, refusal(1, addr)+refusal(2, addr)+refusal(3, addr), p.Stderr.String())
	})
	t.Run("prompts", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("the script of other systems takes other arguments")
		}
		line := "exec " + bin + " -addr " + listen(t, "127.0.0.1:0").LocalAddr().String()
		p := clitest.Start(t, "", "script", "-qec", line+" </dev/null", os.DevNull)
		assert.Zero(t, p.Exit(t))
		assert.Empty(t, p.Stdout.String(), "nobody types")
		p = clitest.Start(t, "", "script", "-qec", line+" | cat", os.DevNull)
		assert.Zero(t, p.Exit(t))
		assert.NotContains(t, p.Stdout.String(), "> ", "nobody looks")
		p = clitest.Start(t, "hello\n", "script", "-qec", line, os.DevNull)
		assert.Zero(t, p.Exit(t))
		assert.Regexp(t, `> .*> `, strings.ReplaceAll(p.Stdout.String(), "\n", ""))
	})
	t.Run("too long for a datagram", func(t *testing.T) {
		l := listen(t, "127.0.0.1:0")
		p := clitest.Start(t, strings.Repeat("x", 65508)+"\nok", bin, "-addr", l.LocalAddr().String())
		assert.Equal(t, cli.ExitOK, p.Exit(t))
		assert.Equal(t, "udpsender: line 1: not sent: longer than 65507 octets\n", p.Stderr.String())
		assert.Equal(t, "ok", receive(t, l))
	})
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
			var stderr bytes.Buffer
			assert.Equal(t, tt.status, run(tt.args, os.Stdin, os.Stdout, &stderr))
			assert.Contains(t, stderr.String(), tt.says)
		})
	}
}
