package srv_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// An IPv4 address is that and no more, the one for all addresses too.
func TestListenFamily(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "127.0.0.1:0"} {
		s := &srv.Server{}
		require.NoError(t, s.Listen(addr))
		bound := s.Addrs()
		require.Len(t, bound, 1)
		assert.NotNil(t, bound[0].(*net.TCPAddr).IP.To4(), addr)
		_, port, _ := net.SplitHostPort(bound[0].String())
		l, err := net.Listen("tcp6", "[::1]:"+port)
		if assert.NoError(t, err, "the port is free in the other family") {
			l.Close()
		}
		require.NoError(t, s.Close())
	}
}
