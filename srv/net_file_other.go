//go:build !linux

package srv

import "os"

type fileSender struct{}

func (c *netConn) file(t *turn, f *os.File, off, n int64) (int64, error) {
	return t.copyFile(f, off, n)
}
