package srvtest

import (
	"io"
	"net"
	"net/netip"
	"time"

	"barewire/srv"
)

// Do gives the octets of one or more requests to a new connection of s, all at once and followed by the client's FIN, and returns the octets
// that come back until the server closes it.
func Do(s *srv.Server, request []byte) (response []byte) {
	return DoCut(s, request, max(len(request), 1))
}

// DoCut is Do with the request arriving in pieces of cut octets, the last one shorter. What a server answers must not depend
// on how the octets were cut.
func DoCut(s *srv.Server, request []byte, cut int) (response []byte) {
	c := &conn{in: request, cut: max(cut, 1)}
	s.ServeConn(c)
	return c.out
}

// conn is the server's side of a connection whose client has sent everything and reads everything.
type conn struct {
	in  []byte
	cut int
	out []byte
}

func (c *conn) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.in[:min(c.cut, len(c.in))])
	c.in = c.in[n:]
	return n, nil
}

func (c *conn) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}

func (*conn) Close() error                     { return nil }
func (*conn) CloseWrite() error                { return nil }
func (*conn) LocalAddr() net.Addr              { return addr(80) }
func (*conn) RemoteAddr() net.Addr             { return addr(49152) }
func (*conn) SetDeadline(time.Time) error      { return nil }
func (*conn) SetReadDeadline(time.Time) error  { return nil }
func (*conn) SetWriteDeadline(time.Time) error { return nil }

// addr is a port of 192.0.2.1, an address for documentation (RFC 5737).
func addr(port uint16) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), port))
}
