//go:build amd64 || arm64

package srv

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// TestLoopConnSize holds what an idle connection has to a size.
func TestLoopConnSize(t *testing.T) {
	t.Logf("a connection has %d octets, of which the core's are %d", unsafe.Sizeof(loopConn{}), unsafe.Sizeof(conn{}))
	assert.LessOrEqual(t, unsafe.Sizeof(loopConn{}), uintptr(200))
	assert.LessOrEqual(t, unsafe.Sizeof(tally{}), uintptr(128), "two cache lines")
	assert.LessOrEqual(t, unsafe.Sizeof(turn{}), uintptr(4096-8), "one of the allocator's sizes, with its header; the next is a sixth more, for each request in the middle of its content")
}
