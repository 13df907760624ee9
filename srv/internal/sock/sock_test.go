//go:build unix

package sock

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair returns two sockets that are connected and do not block.
func pair(t *testing.T) (a, b int) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	for _, fd := range fds {
		require.NoError(t, syscall.SetNonblock(fd, true))
		t.Cleanup(func() { syscall.Close(fd) })
	}
	return fds[0], fds[1]
}

func TestRecv(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 4)
	got := func(n int, errno syscall.Errno) any { return []any{string(buf[:max(n, 0)]), errno} }
	nothing, none := []any{"", syscall.EAGAIN}, syscall.Errno(0)
	assert.Equal(t, nothing, got(Recv(b, buf)))
	assert.Equal(t, nothing, got(Peek(b, buf)))
	n, errno := Send(a, []byte("hello"))
	assert.Equal(t, []any{5, none}, []any{n, errno})
	assert.Equal(t, []any{"h", none}, got(Peek(b, buf[:1])))
	assert.Equal(t, []any{"hell", none}, got(Recv(b, buf)))
	assert.Equal(t, []any{"o", none}, got(Recv(b, buf)))
	assert.Equal(t, nothing, got(Recv(b, buf)))
	require.NoError(t, syscall.Shutdown(a, syscall.SHUT_WR))
	assert.Equal(t, []any{"", none}, got(Peek(b, buf)), "the end")
	assert.Equal(t, []any{"", none}, got(Recv(b, buf)), "the end")
	assert.Equal(t, []any{"", syscall.EBADF}, got(Recv(-1, buf)))
	assert.Equal(t, []any{"", syscall.EBADF}, got(Peek(-1, buf)))
}

func TestSend(t *testing.T) {
	a, b := pair(t)
	piece, sent := make([]byte, 64<<10), 0
	for range 1000 {
		n, errno := Send(a, piece)
		if errno != 0 {
			assert.Equal(t, syscall.EAGAIN, errno)
			break
		}
		sent += n
	}
	assert.Positive(t, sent)
	got, buf := 0, make([]byte, 64<<10)
	for range 1000 {
		n, errno := Recv(b, buf)
		if errno != 0 {
			assert.Equal(t, syscall.EAGAIN, errno)
			break
		}
		got += n
	}
	assert.Equal(t, sent, got)
	require.NoError(t, syscall.Shutdown(b, syscall.SHUT_RDWR))
	_, errno := Send(a, piece)
	assert.Equal(t, syscall.EPIPE, errno, "an error, and no signal")
}

func TestAllocations(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 8)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		Send(a, buf)
		Peek(b, buf)
		Recv(b, buf)
		Recv(b, buf)
	}))
}
