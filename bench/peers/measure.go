package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// A sample is what one run of a load says about a server.
type sample struct {
	rate     float64       // requests in a second
	cpu      time.Duration // of the server for a request
	p50, p99 time.Duration
	use      float64 // of the cores that the server may use
}

func sampleOf(t tally, used, elapsed time.Duration, cores int) sample {
	return sample{
		rate: float64(t.Requests) / t.Time.Seconds(), cpu: used / time.Duration(t.Requests), p50: t.P50, p99: t.P99,
		use: used.Seconds() / elapsed.Seconds() / float64(cores),
	}
}

// A machine is where and how long everything runs.
type machine struct {
	dir      string // of programs and configurations
	self     string // this program
	time     time.Duration
	external *external
	idle     int // connections
}

// saturate loads a server that has one core with the generator on another.
func (m *machine) saturate(ctx context.Context, s server, conns, depth int) (out sample, err error) {
	p, err := start(ctx, s, m.dir, 1, serverCore)
	if err != nil {
		return out, err
	}
	defer p.stop()
	l := load{Addr: p.addr, Path: s.path, Conns: conns, Depth: depth, Time: m.time / 5}
	if _, err := m.generator(ctx, l); err != nil { // warms the server up
		return out, err
	}
	l.Time = m.time
	used, began := p.cpu(), time.Now()
	t, err := m.generator(ctx, l)
	if err != nil {
		return out, err
	}
	return sampleOf(t, p.cpu()-used, time.Since(began), 1), nil
}

// generator runs the generator in a process of its own.
func (m *machine) generator(ctx context.Context, l load) (t tally, err error) {
	in, err := json.Marshal(l)
	if err != nil {
		return t, err
	}
	out, err := run(ctx, l.Time, string(in), pinned(loadCore, []string{m.self, generateCommand}))
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(out), &t)
}

// run runs a program that is expected to take some time, and a few seconds more at most. It returns its output.
func run(ctx context.Context, expected time.Duration, in string, command []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, expected+20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, tail(errs.String()))
	}
	return out.String(), nil
}

// share loads a server with an external generator, both on all cores.
func (m *machine) share(ctx context.Context, s server) (out sample, err error) {
	cores := runtime.NumCPU()
	p, err := start(ctx, s, m.dir, cores, "")
	if err != nil {
		return out, err
	}
	defer p.stop()
	url := "http://" + p.addr + s.path
	if _, err := run(ctx, time.Second, "", m.external.command(m.external.path, url, 1)); err != nil {
		return out, err
	}
	secs := max(1, int(m.time.Round(time.Second)/time.Second))
	used, began := p.cpu(), time.Now()
	text, err := run(ctx, time.Duration(secs)*time.Second, "", m.external.command(m.external.path, url, secs))
	if err != nil {
		return out, err
	}
	elapsed := time.Since(began)
	used = p.cpu() - used
	t, err := m.external.parse(text)
	if err != nil {
		return out, err
	}
	return sampleOf(t, used, elapsed, cores), nil
}

// idleMemory returns how many octets of memory the server takes for each connection that waits.
func (m *machine) idleMemory(ctx context.Context, s server) (float64, error) {
	p, err := start(ctx, s, m.dir, runtime.NumCPU(), "")
	if err != nil {
		return 0, err
	}
	defer p.stop()
	settle := func() error {
		if s.config == nil {
			return p.collect()
		}
		time.Sleep(200 * time.Millisecond)
		return nil
	}
	release, err := hold(p.addr, s.path, min(200, m.idle)) // what the first connections cost once and for all
	release()
	if err != nil {
		return 0, err
	}
	time.Sleep(100 * time.Millisecond)
	if err := settle(); err != nil {
		return 0, err
	}
	before := p.resident()
	release, err = hold(p.addr, s.path, m.idle)
	defer release()
	if err != nil {
		return 0, err
	}
	if err := settle(); err != nil {
		return 0, err
	}
	return float64(p.resident()-before) / float64(m.idle), nil
}

// hold opens connections and makes one request on each. release closes them; by a reset, so that no port stays taken.
func hold(addr, path string, n int) (release func(), err error) {
	var held []*net.TCPConn
	release = func() {
		for _, nc := range held {
			nc.SetLinger(0)
			nc.Close()
		}
	}
	b := make([]byte, 4<<10)
	for range n {
		nc, err := net.DialTimeout("tcp", addr, 5*time.Second)
		if err != nil {
			return release, err
		}
		held = append(held, nc.(*net.TCPConn))
		nc.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := nc.Write([]byte(request(path))); err != nil {
			return release, err
		}
		for got := 0; ; {
			m, err := nc.Read(b[got:])
			if err != nil {
				return release, fmt.Errorf("connection %d: %w", len(held), err)
			}
			if got += m; bytes.HasSuffix(b[:got], []byte(hello)) {
				break
			}
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.1 200")) {
			return release, fmt.Errorf("connection %d: %.40q", len(held), b)
		}
	}
	return release, nil
}

// descriptors returns how many descriptors a process may have.
func descriptors() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 1024
	}
	return int(min(r.Max, 1<<20))
}

// raiseDescriptors lets this program and the servers have as many descriptors as there may be.
func raiseDescriptors() error {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return err
	}
	r.Cur = r.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r)
}

// checkMachine says why nothing can be measured here.
func checkMachine() error {
	if runtime.NumCPU() < 2 {
		return errors.New("two cores are needed: one for the server, one for the load")
	}
	if _, err := exec.LookPath("taskset"); err != nil {
		return errors.New("taskset is needed, of the package util-linux")
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return err
	}
	return nil
}
