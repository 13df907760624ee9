package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The cores of a saturated run.
const (
	serverCore = "0"
	loadCore   = "1"
)

// pinned makes a command run on one core alone.
func pinned(core string, command []string) []string {
	return append([]string{"taskset", "-c", core}, command...)
}

// A process is a running server with all that it has started.
type process struct {
	addr  string
	cmd   *exec.Cmd
	log   *log
	ended chan struct{}
}

// log keeps what a server writes to standard error, up to a bound.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < 64<<10 {
		l.text.Write(p)
	}
	return len(p), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start starts a server and waits until it takes connections. core is where it runs, or empty for all cores.
func start(ctx context.Context, s server, dir string, loops int, core string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	command, err := s.command(dir, addr, loops)
	if err != nil {
		return nil, err
	}
	if core != "" {
		command = pinned(core, command)
	}
	p := &process{addr: addr, log: new(log), ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, command[0], command[1:]...)
	p.cmd.Stderr = p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = p.kill
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.ended)
	}()
	for range 500 {
		if nc, err := net.Dial("tcp", addr); err == nil {
			nc.Close()
			return p, nil
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("%s ended at once: %s", s.key, tail(p.log.String()))
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s does not listen: %s", s.key, tail(p.log.String()))
}

func tail(text string) string {
	text = strings.TrimSpace(text)
	return strings.ToValidUTF8(text[max(0, len(text)-300):], "")
}

// kill ends the group that the server's processes are in, the server's alone.
func (p *process) kill() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

func (p *process) stop() {
	select {
	case <-p.ended:
		return
	default:
	}
	p.kill()
	<-p.ended
}

// freeAddr returns an address of 127.0.0.1 that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// pids returns the process and its descendants.
func (p *process) pids() []int { return descendants(p.cmd.Process.Pid) }

func descendants(pid int) []int {
	all := []int{pid}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, descendants(n)...)
			}
		}
	}
	return all
}

// tick is the unit of processor time in /proc, on every architecture that Go runs on.
const tick = 10 * time.Millisecond

// cpu returns the processor time that the server has used so far.
func (p *process) cpu() (total time.Duration) {
	for _, pid := range p.pids() {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		total += statTime(string(b))
	}
	return total
}

// statTime returns the user and system time in a line of /proc/PID/stat. A name in parentheses, which may hold anything, comes before
// the numbers.
func statTime(line string) time.Duration {
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// resident returns how much memory the server has, in octets.
func (p *process) resident() (total int64) {
	for _, pid := range p.pids() {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), "\nVmRSS:")
		if fields := strings.Fields(rest); len(fields) > 0 {
			kB, _ := strconv.ParseInt(fields[0], 10, 64)
			total += kB << 10
		}
	}
	return total
}

// collect makes a server in Go give back the memory that it does not need.
func (p *process) collect() error {
	before := strings.Count(p.log.String(), "gc")
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	for range 200 {
		if strings.Count(p.log.String(), "gc") > before {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("no answer to SIGUSR1")
}
