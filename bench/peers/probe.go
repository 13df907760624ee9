package main

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed patterns.txt
var patternText string

// A class says what a server should make of a pattern.
type class int

const (
	forbidden class = iota
	risky
	valid
	classes
)

var classNames = [classes]string{"forbidden", "risky", "valid"}

// A pattern is a message, and what it should come to.
type pattern struct {
	group  string
	class  class
	octets string
}

// parsePatterns reads the format that patterns.txt describes.
func parsePatterns(text string) (ps []pattern, err error) {
	group, frame := "", ""
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			group, _, _ = strings.Cut(line[1:], "]")
			continue
		}
		word, quoted, _ := strings.Cut(line, " ")
		octets, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %s", i+1, err, quoted)
		}
		if word == "frame" {
			frame = octets
			continue
		}
		c := class(0)
		for c < classes && classNames[c] != word {
			c++
		}
		before, after, framed := strings.Cut(frame, "%")
		if c == classes || !framed || group == "" {
			return nil, fmt.Errorf("line %d: %s", i+1, line)
		}
		ps = append(ps, pattern{group, c, before + octets + after})
	}
	return ps, nil
}

// A verdict says how many patterns of each class a server accepts.
type verdict struct {
	accepted [classes]int
	of       [classes]int
	odd      []pattern // forbidden and accepted, or valid and refused
}

// probing is how many patterns are tried at a time; tries is how often, as it may depend on the moment whether a fault is seen before the
// answer is sent; and answerTime is how long a server may take to say anything: one that waits for more has not accepted the message.
const (
	probing    = 16
	tries      = 3
	answerTime = time.Second
)

// probe sends each pattern on connections of its own. What is accepted in one of the tries is accepted.
func probe(addr string, ps []pattern) (v verdict, err error) {
	accepts, errs := make([]bool, len(ps)), make([]error, len(ps))
	var wg sync.WaitGroup
	slots := make(chan struct{}, probing)
	for i, p := range ps {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for try := 0; try < tries && !accepts[i] && errs[i] == nil; try++ {
				accepts[i], errs[i] = accepted(addr, p.octets)
			}
		})
	}
	wg.Wait()
	for i, p := range ps {
		if errs[i] != nil {
			return v, errs[i]
		}
		v.of[p.class]++
		if accepts[i] {
			v.accepted[p.class]++
		}
		if accepts[i] == (p.class == forbidden) && p.class != risky {
			v.odd = append(v.odd, p)
		}
	}
	return v, nil
}

// behind is another request, so that a server which is content with less, or wants more, finds octets to go on with.
const behind = "GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"

// accepted reports whether the first final answer to octets has a status below 400. Silence and a closed connection are none.
func accepted(addr, octets string) (bool, error) {
	nc, err := net.DialTimeout("tcp", addr, answerTime)
	if err != nil {
		return false, err
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(answerTime))
	if _, err := nc.Write([]byte(octets + behind)); err != nil {
		return false, nil // closed already
	}
	r := bufio.NewReader(nc)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false, nil
		}
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/1.") {
			return false, nil
		}
		if status, err := strconv.Atoi(fields[1]); err != nil || status >= 200 {
			return err == nil && status < 400, nil
		}
		for strings.TrimRight(line, "\r\n") != "" { // the head of a 100
			if line, err = r.ReadString('\n'); err != nil {
				return false, nil
			}
		}
	}
}

// probeServer starts the server for its verdict.
func (m *machine) probeServer(ctx context.Context, s server, ps []pattern) (verdict, error) {
	p, err := start(ctx, s, m.dir, 1, "")
	if err != nil {
		return verdict{}, err
	}
	defer p.stop()
	return probe(p.addr, ps)
}
