package proxy

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// full returns the address of a listener whose queue is full, so that connecting to it takes for ever.
func full(t *testing.T) string {
	noLeaks(t)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	addr := fmt.Sprint("127.0.0.1:", name.(*syscall.SockaddrInet4).Port)
	for range 16 {
		c, err := net.DialTimeout("tcp", addr, 50*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("the queue is never full")
	return ""
}

// A connection that does not come about is waited for as long as Timeout says, and no longer than the client is there.
func TestDialHangs(t *testing.T) {
	addr := full(t)
	t.Run("timeout", func(t *testing.T) {
		p := newProxy(t, "http://"+addr)
		p.Timeout = 50 * time.Millisecond
		answer, _ := do(t, serve(t, p), get)
		assert.True(t, strings.HasSuffix(answer, "504: upstream did not answer in time\n"), answer)
	})
	t.Run("reset by the client", func(t *testing.T) {
		p := newProxy(t, "http://"+addr)
		p.Timeout = 1000 * patience
		p.Fail = func(*srv.Response, *srv.Request, Error) { t.Error("an answer for nobody") }
		p.OnFail = func(*srv.Request, Error, error) { t.Error("not the upstream's failure") }
		c := dial(t, serve(t, p)) // which waits for the end of the request
		c.send(get)
		time.Sleep(5 * time.Millisecond)
		c.reset()
	})
}
