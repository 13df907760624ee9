package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A load is what the generator sends for how long.
type load struct {
	Addr  string
	Path  string
	Conns int
	Depth int // pipelined requests
	Time  time.Duration
}

// A tally is what came back. Latency is of a whole batch of pipelined requests.
type tally struct {
	Requests int
	Time     time.Duration
	P50, P99 time.Duration
}

// request is what every load generator sends.
func request(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + requestHost + "\r\nAccept: " + requestAccept + "\r\nConnection: keep-alive\r\n\r\n"
}

const (
	requestHost   = "bench.example:8080"
	requestAccept = "text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7"
)

// generateCommand is the first argument of a process that is the generator, which is one of its own to be pinned and counted.
const generateCommand = "-generate"

// generateMain is the generator's process: a load in JSON comes in, a tally goes out.
func generateMain() error {
	runtime.GOMAXPROCS(1)
	var l load
	if err := json.NewDecoder(os.Stdin).Decode(&l); err != nil {
		return err
	}
	t, err := generate(l)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}

// A client is one connection of the generator.
type client struct {
	fd   int
	got  int
	sent time.Time
}

// generate sends batch after batch on each connection from one thread. It looks at the first response, and from then on at the status
// of each read and at the number of octets, which is why all responses must have one size: that costs less than
// reading them, and leaves the core to the system calls that no client can save.
func generate(l load) (t tally, err error) {
	batch := []byte(strings.Repeat(request(l.Path), l.Depth))
	size, err := responseSize(l)
	if err != nil {
		return t, err
	}
	size *= l.Depth
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return t, err
	}
	defer syscall.Close(epoll)
	clients := make([]client, l.Conns)
	for i := range clients {
		c := &clients[i]
		if c.fd, err = connect(l.Addr); err != nil {
			return t, err
		}
		defer syscall.Close(c.fd)
		if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, c.fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}); err != nil {
			return t, err
		}
	}
	var latency histogram
	events, in := make([]syscall.EpollEvent, 512), make([]byte, 256<<10)
	began := time.Now()
	for i := range clients {
		if err := clients[i].send(batch, began); err != nil {
			return t, err
		}
	}
	for now := began; t.Time < l.Time; t.Time = now.Sub(began) {
		n, err := syscall.EpollWait(epoll, events, 100)
		if err != nil && err != syscall.EINTR {
			return t, err
		}
		now = time.Now()
		for _, e := range events[:max(n, 0)] {
			c := &clients[e.Fd]
			n, err := syscall.Read(c.fd, in)
			if err != nil || n == 0 {
				return t, fmt.Errorf("the server closed a connection: %v", err)
			}
			if c.got%(size/l.Depth) == 0 && !bytes.HasPrefix(in[:n], []byte("HTTP/1.1 2")[:min(n, 10)]) {
				return t, fmt.Errorf("not a response, or not 2xx: %.40q", in[:n])
			}
			if c.got += n; c.got < size {
				continue
			}
			c.got -= size
			t.Requests += l.Depth
			latency.add(now.Sub(c.sent))
			if err := c.send(batch, now); err != nil {
				return t, err
			}
		}
	}
	if t.Requests == 0 {
		return t, errors.New("no request was answered")
	}
	t.P50, t.P99 = latency.quantile(0.5), latency.quantile(0.99)
	return t, nil
}

func (c *client) send(batch []byte, now time.Time) error {
	c.sent = now
	n, err := syscall.Write(c.fd, batch)
	if err == nil && n < len(batch) {
		err = errors.New("short write")
	}
	return err
}

// connect returns a descriptor without the runtime's poller behind it.
func connect(addr string) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	sa := &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	for _, step := range []func() error{
		func() error { return syscall.Connect(fd, sa) },
		func() error { return syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) },
		func() error { return syscall.SetNonblock(fd, true) },
	} {
		if err := step(); err != nil {
			syscall.Close(fd)
			return 0, err
		}
	}
	return fd, nil
}

// responseSize asks once, and returns the size of the whole response.
func responseSize(l load) (int, error) {
	nc, err := net.Dial("tcp", l.Addr)
	if err != nil {
		return 0, err
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(nc, request(l.Path)); err != nil {
		return 0, err
	}
	b, n := make([]byte, 64<<10), 0
	for {
		m, err := nc.Read(b[n:])
		if err != nil {
			return 0, fmt.Errorf("%w after %.200q", err, b[:n])
		}
		n += m
		head, content, whole := bytes.Cut(b[:n], []byte("\r\n\r\n"))
		if !whole {
			continue
		}
		_, value, found := strings.Cut(strings.ToLower(string(head)), "\r\ncontent-length:")
		value, _, _ = strings.Cut(value, "\r\n")
		size, err := strconv.Atoi(strings.TrimSpace(value))
		if !found || err != nil || !bytes.HasPrefix(head, []byte("HTTP/1.1 200")) {
			return 0, fmt.Errorf("want 200 with Content-Length, got %.200q", b[:n])
		}
		if len(content) >= size {
			return len(head) + 4 + size, nil
		}
	}
}

// histogram counts durations in buckets of a microsecond, up to a second.
type histogram struct {
	count [1e6]int
	total int
}

func (h *histogram) add(d time.Duration) {
	h.count[min(int(d/time.Microsecond), len(h.count)-1)]++
	h.total++
}

// quantile returns the duration that the share q of all is not above.
func (h *histogram) quantile(q float64) time.Duration {
	left := int(q * float64(h.total-1))
	for us, n := range h.count {
		if left -= n; left < 0 {
			return time.Duration(us) * time.Microsecond
		}
	}
	return 0
}
