//go:build !linux

package bench

import (
	"errors"
	"net/netip"
)

// counted says that clients can be left out of what is counted for a connection.
const counted = false

type rawClient struct{}

func newRawClient(netip.AddrPort, int, string) *rawClient { return nil }
func (*rawClient) exchange() error                        { return errors.ErrUnsupported }
func (*rawClient) last() []byte                           { return nil }
