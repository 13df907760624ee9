//go:build unix

package srv

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// blocking is a listener whose sockets block, as they do once somebody has asked for their descriptor to set an option.
type blocking struct{ net.Listener }

func (l blocking) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		if f, err := nc.(*net.TCPConn).File(); err == nil {
			f.Fd()
			f.Close()
		}
	}
	return nc, err
}

// A call that waited in the socket would hold up all goroutines.
func TestBlockingSockets(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	route := &Route{Handler: HandlerFunc(func(w *Response, _ *Request) { w.WriteString("hello") })}
	s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(blocking{l}) }()
	for range 4 {
		nc, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		nc.SetDeadline(time.Now().Add(patience))
		time.Sleep(time.Millisecond) // it is read before there is anything
		_, err = io.WriteString(nc, get("")+"GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err)
		out, err := io.ReadAll(nc)
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(string(out), "\r\n\r\nhello"))
		nc.Close()
	}
	s.Close()
	<-ended
}
