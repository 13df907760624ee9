//go:build !unix

package srv

// tryRead is for systems whose sockets can be read without blocking through their descriptor.
func (c *netConn) tryRead(uintptr) bool { return true }
