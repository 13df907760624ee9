package clitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long a test waits for what has to happen before it fails.
const Patience = time.Minute

// built are the programs that Build has made, by folder.
var built struct {
	mu    sync.Mutex
	where string // the folder that they are in, once there is one
	bins  map[string]string
}

// Main runs the tests of a package that calls Build, and removes what that has made. TestMain calls it.
func Main(m *testing.M) {
	built.bins = map[string]string{}
	defer func() { os.RemoveAll(built.where) }() // nothing is called ""
	m.Run()
}

// Build builds the command in a folder, relative to that of the test, and returns the path of the program. It does so once, with the
// tags that the tests were built with, and with the race detector if they were.
func Build(t testing.TB, folder string) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	if bin := built.bins[folder]; bin != "" {
		return bin
	}
	if built.bins == nil {
		t.Fatal("TestMain does not call clitest.Main")
	}
	if built.where == "" {
		var err error
		if built.where, err = os.MkdirTemp("", "clitest"); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(built.where, strconv.Itoa(len(built.bins))+".exe")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", bin)
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" || s.Key == "-tags" {
			build.Args = append(build.Args, s.Key+"="+s.Value)
		}
	}
	build.Dir = folder
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built.bins[folder] = bin
	return bin
}

// Program is a running program. It is killed at the end of the test if it still runs, and must not have had a data race.
type Program struct {
	Stdout, Stderr Output
	cmd            *exec.Cmd
	done           chan struct{}
}

// Start starts a program, with what is given on standard input; with nothing given, that is at its end.
func Start(t testing.TB, stdin string, bin string, args ...string) *Program {
	t.Helper()
	return StartPrepared(t, func(c *exec.Cmd) { c.Stdin = strings.NewReader(stdin) }, bin, args...)
}

// StartPrepared starts a program after prepare has been called, which may change everything but where standard error goes.
func StartPrepared(t testing.TB, prepare func(*exec.Cmd), bin string, args ...string) *Program {
	t.Helper()
	p := &Program{cmd: exec.Command(bin, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.Stdout, &p.Stderr
	prepare(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if text := p.Stderr.String(); strings.Contains(text, "DATA RACE") {
			t.Error(text)
		}
	})
	return p
}

var startLine = regexp.MustCompile(`(?m)^[a-z]+: listening on (\S+)$`)

// Addr waits for the start line, and returns the address in it.
func (p *Program) Addr(t testing.TB) string {
	t.Helper()
	return p.Stderr.Await(t, startLine)[1]
}

// Exit waits for the end of the program, and returns its exit status.
func (p *Program) Exit(t testing.TB) int {
	t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(Patience):
		t.Fatalf("still running after %v; standard error:\n%s", Patience, p.Stderr.String())
		return 0
	}
}

// Exited returns a channel that is closed when the program has ended.
func (p *Program) Exited() <-chan struct{} { return p.done }

// Signal sends a signal. It skips the test where a program cannot be sent one.
func (p *Program) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Output collects what is written to it. The zero Output is ready.
type Output struct {
	mu   sync.Mutex
	text []byte
}

// Write appends b. It never fails.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	return len(b), nil
}

// String returns all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// Await waits until re matches what was written, and returns the leftmost match with its groups.
func (o *Output) Await(t testing.TB, re *regexp.Regexp) []string {
	t.Helper()
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if m := re.FindStringSubmatch(o.String()); m != nil {
			return m
		}
	}
	t.Fatalf("nothing that matches %v was written, but:\n%s", re, o.String())
	return nil
}

// AwaitText waits until text was written.
func (o *Output) AwaitText(t testing.TB, text string) {
	t.Helper()
	o.Await(t, regexp.MustCompile(regexp.QuoteMeta(text)))
}
