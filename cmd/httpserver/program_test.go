package main

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"barewire/cmd/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

func binary(t *testing.T) string { return clitest.Build(t, ".") }

// program is a running server.
type program struct {
	*clitest.Program
	cmd    *exec.Cmd
	addr   string
	stderr *clitest.Output
}

var startLines = regexp.MustCompile(`^httpserver: listening on http://(127\.0\.0\.1:\d+)\b.*\n`)

// launch starts the program on a free port, in an empty folder, and waits for its start line. More can be said with prepare.
func launch(t *testing.T, prepare func(*exec.Cmd), args ...string) *program {
	p := &program{}
	p.Program = clitest.StartPrepared(t, func(c *exec.Cmd) {
		p.cmd, c.Dir = c, t.TempDir()
		if prepare != nil {
			prepare(c)
		}
	}, binary(t), append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	p.stderr = &p.Stderr
	p.addr = p.stderr.Await(t, startLines)[1]
	return p
}

// get returns all that comes back for a GET.
func (p *program) get(t *testing.T, target string) string {
	return exchange(t, p.addr, "GET "+target+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

// exchange sends octets and returns all that comes back before the server closes.
func exchange(t *testing.T, addr, octets string) string {
	c := dial(t, addr)
	defer c.Close()
	_, err := io.WriteString(c, octets)
	require.NoError(t, err)
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	return string(answer)
}

func dial(t *testing.T, addr string) *net.TCPConn {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(clitest.Patience)))
	return c.(*net.TCPConn)
}

// upstream starts a server that reads heads and answers each as serve does, on a connection that is closed thereafter. It returns the
// server's address.
func upstream(t *testing.T, serve func(c net.Conn, head string)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var conns sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		conns.Wait()
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(clitest.Patience))
				if head, err := readHead(bufio.NewReader(c)); err == nil {
					serve(c, head)
				}
			})
		}
	}()
	return l.Addr().String()
}

func readHead(r *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return head.String(), err
		}
		head.WriteString(line)
	}
}
