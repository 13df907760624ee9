//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The whole program runs in here, and gets its signals.
func TestSignals(t *testing.T) {
	stderr, out := io.Pipe()
	code := make(chan int, 1)
	go func() { code <- run([]string{"-addr", "127.0.0.1:0"}, out) }()

	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	found := regexp.MustCompile(`^origin: engine auto listens on \[(127\.0\.0\.1:\d+)\]\n$`).FindStringSubmatch(line)
	require.NotNil(t, found, line)
	r, err := http.Get("http://" + found[1] + "/")
	require.NoError(t, err)
	r.Body.Close()
	assert.Equal(t, 200, r.StatusCode)

	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGUSR1))
	line, err = lines.ReadString('\n')
	require.NoError(t, err)
	assert.Regexp(t, `^gc goroutines=[1-9]\d*\n$`, line)

	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGTERM))
	assert.Equal(t, exitOK, <-code)
}
