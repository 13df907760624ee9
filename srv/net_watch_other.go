//go:build !linux

package srv

// watch does nothing: a reset is seen at the next read or write.
func (c *netConn) watch(*turn)   {}
func (c *netConn) unwatch(*turn) {}
