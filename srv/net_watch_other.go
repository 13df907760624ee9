//go:build !linux

package srv

// watchReset does nothing: a reset is seen at the next read or write.
func (c *netConn) watchReset(*turn) {}
func (c *netConn) unwatchReset()    {}
