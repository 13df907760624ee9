//go:build !linux

package srv

// watcher is not built for this system: a reset is seen at the next read or write.
type watcher struct{}

func (c *netConn) watchReset(*turn)   {}
func (c *netConn) unwatchReset() bool { return false }
