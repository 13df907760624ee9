package srv

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A socket that takes nothing any more is not taken for one that took something, nor for an error.
func TestFileSenderWaits(t *testing.T) {
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
	s := fileSender{file: int(f.Fd()), size: 50_000}
	sent := 0
	err = raw.Control(func(fd uintptr) {
		for s.step(fd) {
			assert.NoError(t, s.errno)
			assert.Positive(t, s.sent)
			sent += s.sent
			assert.EqualValues(t, sent%100_000, s.off%100_000)
			if s.off >= 50_000 {
				s.off = 0
				sent = 0
			}
		}
	})
	require.NoError(t, err)
	assert.Equal(t, syscall.EAGAIN, s.errno)
	assert.Zero(t, s.sent)
}
