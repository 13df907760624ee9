package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what has to come. No test measures a time.
const patience = time.Minute

var scratch string // the folder that the program is built in

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "httpserver")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// built makes the program once, with the race detector and the tags that the tests were built with.
var built = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "httpserver.exe")
	args := []string{"build", "-buildvcs=false", "-o", bin}
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" || s.Key == "-tags" {
			args = append(args, s.Key+"="+s.Value)
		}
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return bin, nil
})

func binary(t *testing.T) string {
	bin, err := built()
	require.NoError(t, err)
	return bin
}

// program is a running server.
type program struct {
	cmd    *exec.Cmd
	addr   string
	stderr *output
	exited chan struct{}
}

// launch starts the program on a free port, in an empty folder, and waits for its start line. More can be said with prepare.
func launch(t *testing.T, prepare func(*exec.Cmd), args ...string) *program {
	p := &program{stderr: newOutput(), exited: make(chan struct{})}
	p.cmd = exec.Command(binary(t), append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	p.cmd.Stderr, p.cmd.Dir = p.stderr, t.TempDir()
	if prepare != nil {
		prepare(p.cmd)
	}
	require.NoError(t, p.cmd.Start())
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.exited
		assert.NotContains(t, p.stderr.String(), "DATA RACE")
	})
	p.addr = p.stderr.await(t, `^httpserver: listening on http://(127\.0\.0\.1:\d+)\b.*\n`)[1]
	return p
}

// exitCode waits for the end of the program.
func (p *program) exitCode(t *testing.T) int {
	select {
	case <-p.exited:
	case <-time.After(patience):
		require.Fail(t, "the program does not end", p.stderr.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// signal sends a signal, which Windows cannot.
func (p *program) signal(t *testing.T, s os.Signal) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals on Windows")
	}
	require.NoError(t, p.cmd.Process.Signal(s))
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
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}

// output collects what a program writes.
type output struct {
	mu   sync.Mutex
	more sync.Cond
	text []byte
}

func newOutput() *output {
	o := &output{}
	o.more.L = &o.mu
	return o
}

// Write adds p.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	o.more.Broadcast()
	return len(p), nil
}

// String returns what there is.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// await waits until what there is matches, and returns the match and its groups.
func (o *output) await(t *testing.T, pattern string) []string {
	re, late := regexp.MustCompile(pattern), false
	timer := time.AfterFunc(patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		late = true
		o.more.Broadcast()
	})
	defer timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for !late {
		if found := re.FindSubmatch(o.text); found != nil {
			groups := make([]string, len(found))
			for i := range found {
				groups[i] = string(found[i])
			}
			return groups
		}
		o.more.Wait()
	}
	require.Fail(t, "waited in vain", "for %s in:\n%s", pattern, o.text)
	return nil
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
				c.SetDeadline(time.Now().Add(patience))
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
