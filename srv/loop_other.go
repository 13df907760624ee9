//go:build !linux || !(amd64 || arm64)

package srv

import (
	"net"
	"syscall"
)

// loopEngine is not built for this system.
type loopEngine struct{}

const loopBuilt = false

// inherit has nothing to set: net does.
func inherit(string, string, syscall.RawConn) error { return nil }

func newLoopEngine(*Server, []net.Listener) (*loopEngine, error) { return nil, ErrEngine }

func (*loopEngine) run() error    { return nil }
func (*loopEngine) drain(bool)    {}
func (*loopEngine) tellAll(error) {}
func (*loopEngine) relisten()     {}
