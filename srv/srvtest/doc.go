// Package srvtest runs requests through a server in memory, for tests of handlers and routers: through the real connection core and its
// limits, without a socket.
//
//	response := srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
//
// DoCut gives the same octets in pieces. What a server answers must not depend on where a network cut them, and here that can be
// tried for every place.
package srvtest
