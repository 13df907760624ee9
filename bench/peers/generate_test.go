package main

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGenerate(t *testing.T) {
	addr := strict(t)
	for _, l := range []load{{Conns: 4, Depth: 1}, {Conns: 3, Depth: 16}} {
		l.Addr, l.Path, l.Time = addr, plaintext, 50*time.Millisecond
		got, err := generate(l)
		require.NoError(t, err)
		assert.Positive(t, got.Requests)
		assert.Zero(t, got.Requests%l.Depth, "whole batches count")
		assert.GreaterOrEqual(t, got.Time, l.Time)
		assert.GreaterOrEqual(t, got.P99, got.P50)
	}
}

func TestGenerateRefuses(t *testing.T) {
	answers := func(texts ...string) func(net.Conn) {
		return func(nc net.Conn) {
			in := make([]byte, 4<<10)
			for _, text := range texts {
				if _, err := nc.Read(in); err != nil {
					return
				}
				io.WriteString(nc, text)
			}
			io.Copy(io.Discard, nc)
		}
	}
	const error500 = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
	tests := []struct {
		name string
		talk func(net.Conn)
		err  string
	}{
		{"another status at first", answers(error500), "want 200"},
		{"no length", answers("HTTP/1.1 200 OK\r\n\r\n"), "want 200 with Content-Length"},
		{"another status later", answers(okText, error500), "not 2xx"},
		{"closed at once", func(net.Conn) {}, ""},
		{"closed later", func(nc net.Conn) { nc.Read(make([]byte, 4<<10)); io.WriteString(nc, okText) }, "closed a connection"},
		{"silent later", func() func(net.Conn) {
			var conns atomic.Int32
			return func(nc net.Conn) {
				if conns.Add(1) == 1 {
					io.WriteString(nc, okText)
				}
				io.Copy(io.Discard, nc)
			}
		}(), "no request was answered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := generate(load{Addr: serve(t, tt.talk), Path: plaintext, Conns: 2, Depth: 1, Time: 50 * time.Millisecond})
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.err)
		})
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	assert.Equal(t, 50*time.Millisecond, h.quantile(0.5))
	assert.Equal(t, 99*time.Millisecond, h.quantile(0.99))
	assert.Equal(t, 100*time.Millisecond, h.quantile(1))
	h.add(time.Hour)
	assert.Equal(t, 999_999*time.Microsecond, h.quantile(1), "what is longer than a second counts as one")
}

func TestHold(t *testing.T) {
	release, err := hold(strict(t), plaintext, 10)
	require.NoError(t, err)
	release()

	release, err = hold(serve(t, func(nc net.Conn) { io.WriteString(nc, "HTTP/1.1 500 x\r\n\r\n"+hello) }), plaintext, 1)
	release()
	assert.ErrorContains(t, err, "connection 1")
}

func TestStatTime(t *testing.T) {
	assert.Equal(t, 150*time.Millisecond, statTime("12 (a) b) S 1 12 12 0 -1 4194560 100 0 0 0 10 5 70 70 20 0 1 0 100"))
	assert.Zero(t, statTime("12 (a) S 1"))
}

func TestOwnProcess(t *testing.T) {
	assert.Contains(t, descendants(os.Getpid()), os.Getpid())
	busy, all := machineTime()
	assert.Positive(t, busy)
	assert.Greater(t, all, busy)
}

func TestStartFails(t *testing.T) {
	for name, s := range map[string]server{"no program": {program: "no/such/program"}, "ends at once": {program: "false"}} {
		_, err := start(t.Context(), s, t.TempDir(), 1, "")
		assert.Error(t, err, name)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name string
		args []string
		ok   bool
	}{
		{"none", nil, true},
		{"all", []string{"-out", "a", "-svg", "b", "-secs", "1.5", "-rounds", "2", "-only", "barewire,nginx"}, true},
		{"quick", []string{"-quick"}, true},
		{"no such server", []string{"-only", "apache"}, false},
		{"argument", []string{"x"}, false},
		{"no time", []string{"-secs", "0"}, false},
		{"no rounds", []string{"-rounds", "0"}, false},
		{"no such flag", []string{"-x"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseOptions(tt.args, io.Discard)
			assert.Equal(t, tt.ok, err == nil, err)
		})
	}
}

func TestConfigurations(t *testing.T) {
	dir := t.TempDir()
	for _, s := range servers() {
		command, err := s.command(dir, "127.0.0.1:18080", 2)
		require.NoError(t, err, s.key)
		assert.Equal(t, s.program, command[0])
		if s.config == nil {
			continue
		}
		text, err := os.ReadFile(command[len(command)-1])
		require.NoError(t, err, s.key)
		assert.Contains(t, string(text), "18080")
		assert.NotContains(t, string(text), "%!", "no fault of formatting")
	}
	assert.Equal(t, "1.22.1", version("nginx version: nginx/1.22.1"))
	assert.Equal(t, "", version("none"))
}
