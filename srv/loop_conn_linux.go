//go:build amd64 || arm64

package srv

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// loopConn is a connection of the loop engine, and all that it has while it is idle. It stands in the table at the place of its
// descriptor and is used again with it. word says who owns the rest; the filing in the wheel has rules of its own.
type loopConn struct {
	word   ownership
	filing filing
	fd     int32
	have   uint32 // events taken from word and not used up
	loop   *loop  // that its events come to
	x      *turn  // of a handler that waits, or of a connection that rests with a request in the middle
	conn
	hijacked bool
	peer     peer
}

// peer is an address of IP, smaller than a netip.AddrPort.
type peer struct {
	ip    [16]byte
	port  uint16
	scope uint32 // of a link-local address
}

func peerOf(sa *syscall.RawSockaddrInet6) peer {
	if sa.Family == syscall.AF_INET {
		sa4 := inet4(sa)
		return peer{ip: netip.AddrFrom4(sa4.Addr).As16(), port: networkOrder(&sa4.Port)}
	}
	return peer{ip: sa.Addr, port: networkOrder(&sa.Port), scope: sa.Scope_id}
}

func (p *peer) addr() netip.Addr {
	a := netip.AddrFrom16(p.ip).Unmap()
	if p.scope == 0 {
		return a
	}
	if i, err := net.InterfaceByIndex(int(p.scope)); err == nil {
		return a.WithZone(i.Name)
	}
	return a.WithZone(strconv.Itoa(int(p.scope)))
}

// table holds connections by their descriptors. A place in it is never moved.
type table struct {
	mu     sync.Mutex // for growing
	blocks atomic.Pointer[[]*connBlock]
}

type connBlock [blockCount]loopConn

const blockCount = 64

// at returns the place of a descriptor, which there is.
func (t *table) at(fd int32) *loopConn { return &(*t.blocks.Load())[fd/blockCount][fd%blockCount] }

// grow makes the place of a descriptor.
func (t *table) grow(fd int32) *loopConn {
	if blocks := t.blocks.Load(); blocks != nil && int(fd/blockCount) < len(*blocks) && (*blocks)[fd/blockCount] != nil {
		return t.at(fd)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var blocks []*connBlock
	if old := t.blocks.Load(); old != nil {
		blocks = append(blocks, *old...)
	}
	for int(fd/blockCount) >= len(blocks) {
		blocks = append(blocks, nil)
	}
	if blocks[fd/blockCount] == nil {
		b := new(connBlock)
		first := fd / blockCount * blockCount
		for i := range b {
			b[i].fd = first + int32(i)
			b[i].word.v.Store(uint64(isBusy))
		}
		blocks[fd/blockCount] = b
	}
	t.blocks.Store(&blocks)
	return t.at(fd)
}

// all calls f for each connection that there is, or was.
func (t *table) all(f func(c *loopConn)) {
	blocks := t.blocks.Load()
	if blocks == nil {
		return
	}
	for _, b := range *blocks {
		if b == nil {
			continue
		}
		for i := range b {
			f(&b[i])
		}
	}
}
