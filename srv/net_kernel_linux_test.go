package srv

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A socket that takes nothing any more is not taken for one that took something, nor for an error.
func TestKernelSenderWaits(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	nc, err := l.Accept()
	require.NoError(t, err)
	defer nc.Close()
	raw, err := nc.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)

	f := tempFile(t, 100_000)
	s := kernelSender{from: int(f.Fd()), size: 50_000}
	sent := 0
	err = raw.Control(func(fd uintptr) {
		for s.step(fd) {
			assert.NoError(t, s.err)
			assert.Positive(t, s.sent)
			sent += s.sent
		}
	})
	require.NoError(t, err)
	assert.Positive(t, sent)
	assert.Equal(t, syscall.EAGAIN, s.err)
	assert.Zero(t, s.sent)
}
