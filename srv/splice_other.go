//go:build !linux

package srv

import (
	"errors"
	"syscall"
)

// pipe stands in for splice(2), which is Linux's.
type pipe struct{}

func (*pipe) open() error                                { return errors.ErrUnsupported }
func (*pipe) close()                                     {}
func (*pipe) exit() int                                  { return -1 }
func (*pipe) fill(syscall.RawConn, int64) (int64, error) { return 0, errors.ErrUnsupported }
