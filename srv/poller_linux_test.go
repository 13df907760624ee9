//go:build amd64 || arm64

package srv

import (
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A goroutine that waits by way of the runtime's poller gets its turn by a pass, though there is one that never rests.
func TestPollerPass(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var q poller
	defer q.close()
	require.NoError(t, q.open())
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	defer syscall.Close(fds[1])
	f := os.NewFile(uintptr(fds[0]), "socket")
	nc, err := net.FileConn(f)
	require.NoError(t, err)
	defer nc.Close()
	f.Close()
	var got atomic.Int64
	yield := func() { // with one processor there is always somebody to run, so the scheduler does not ask the poller
		for range 10 {
			runtime.Gosched()
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var b [1]byte
		for {
			if _, err := nc.Read(b[:]); err != nil {
				return
			}
			got.Add(1)
		}
	}()
	for i := range int64(20) {
		yield() // it waits
		_, err := syscall.Write(fds[1], []byte{'a'})
		require.NoError(t, err)
		assert.True(t, q.pass())
		assert.Equal(t, []any{1, int32(markBell)}, []any{q.got, q.events[0].Pad})
		q.silence()
		yield() // the two became ready together
		assert.Equal(t, i+1, got.Load())
	}
	syscall.Shutdown(fds[1], syscall.SHUT_WR)
	<-ended
}

// A pass ends, too, where the end of a wait that was set is due.
func TestPollerPassLate(t *testing.T) {
	s := new(Server)
	var q poller
	defer q.close()
	require.NoError(t, q.open())
	q.wait(s, s.tick(), s.tick(), false)
	assert.False(t, q.armed)
	q.armed = true
	require.NoError(t, q.file.SetReadDeadline(s.time(s.tick()-1)))
	assert.False(t, q.pass())
	assert.False(t, q.armed)
	assert.True(t, q.pass())
}
