//go:build !linux

package srv

type kernelSender struct{}

func (c *netConn) splices() bool { return false }

func (c *netConn) kernel(*turn, int, int64, int64) (int64, error) { return 0, errCopy }
