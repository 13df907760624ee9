package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An external load generator is a program that is installed or not.
type external struct {
	name    string
	path    string
	command func(path, url string, secs int) []string
	parse   func(output string) (tally, error)
}

const (
	externalConns   = 64
	externalThreads = 2
)

var externals = []external{
	{
		name: "wrk",
		command: func(path, url string, secs int) []string {
			return []string{path, fmt.Sprint("-t", externalThreads), fmt.Sprint("-c", externalConns), fmt.Sprint("-d", secs), "--latency",
				"-H", "Host: " + requestHost, "-H", "Accept: " + requestAccept, "-H", "Connection: keep-alive", url}
		},
		parse: parseWrk,
	},
	{
		name: "h2load",
		command: func(path, url string, secs int) []string {
			return []string{path, "--h1", fmt.Sprint("-t", externalThreads), fmt.Sprint("-c", externalConns), fmt.Sprint("-D", secs),
				"-H", "Accept: " + requestAccept, url}
		},
		parse: parseH2load,
	},
}

// findExternal returns the first external generator that is installed, or nil.
func findExternal() *external {
	for _, e := range externals {
		if path, err := exec.LookPath(e.name); err == nil {
			e.path = path
			return &e
		}
	}
	return nil
}

// parseWrk reads what wrk --latency prints.
func parseWrk(output string) (t tally, err error) {
	if bad := regexp.MustCompile(`Non-2xx or 3xx responses: \d+|Socket errors: .*`).FindString(output); bad != "" {
		return t, errors.New("wrk: " + bad)
	}
	m := regexp.MustCompile(`(\d+) requests in ([\d.]+[a-z]+)`).FindStringSubmatch(output)
	if m == nil {
		return t, fmt.Errorf("wrk: no result in %q", tail(output))
	}
	t.Requests, _ = strconv.Atoi(m[1])
	if t.Time, err = time.ParseDuration(m[2]); err != nil {
		return t, err
	}
	for _, q := range []struct {
		share string
		to    *time.Duration
	}{{"50%", &t.P50}, {"99%", &t.P99}} {
		m := regexp.MustCompile(`(?m)^ +` + q.share + ` +([\d.]+[a-z]+)$`).FindStringSubmatch(output)
		if m == nil {
			return t, fmt.Errorf("wrk: no latency of %s in %q", q.share, tail(output))
		}
		if *q.to, err = time.ParseDuration(m[1]); err != nil {
			return t, err
		}
	}
	if t.Requests == 0 || t.Time == 0 {
		return t, errors.New("wrk: no request was answered")
	}
	return t, nil
}

// parseH2load reads what h2load prints, which has no quantiles.
func parseH2load(output string) (t tally, err error) {
	rate := regexp.MustCompile(`finished in ([\d.]+[a-z]+), `).FindStringSubmatch(output)
	count := regexp.MustCompile(`(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout`).FindStringSubmatch(output)
	if rate == nil || count == nil {
		return t, fmt.Errorf("h2load: no result in %q", tail(output))
	}
	if strings.Trim(strings.Join(count[2:], ""), "0") != "" {
		return t, errors.New("h2load: " + count[0])
	}
	t.Requests, _ = strconv.Atoi(count[1])
	if t.Time, err = time.ParseDuration(rate[1]); err == nil && (t.Requests == 0 || t.Time == 0) {
		err = errors.New("h2load: no request was answered")
	}
	return t, err
}
