//go:build amd64 || arm64

package srv

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// idleVar in the environment makes this program the clients of TestIdleMemory.
const idleVar = "BAREWIRE_TEST_IDLE"

// TestIdleClients connects to the address in the environment as often as its standard input says, sends a request on each connection and
// reads the answer; then it says so, and waits for the end of its input.
func TestIdleClients(t *testing.T) {
	addr := os.Getenv(idleVar)
	if addr == "" {
		t.Skip("runs in a process of its own, for TestIdleMemory")
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var count int
		fmt.Sscan(in.Text(), &count)
		answer := make([]byte, len(ok("hello"))+dateSize)
		for range count {
			nc, err := net.Dial("tcp", addr)
			require.NoError(t, err)
			defer nc.Close()
			io.WriteString(nc, plain("/"))
			_, err = io.ReadFull(nc, answer)
			require.NoError(t, err)
		}
		fmt.Println(count)
	}
}

// memoryInUse returns the octets of heap and stacks in use when all that can be given back has been.
func memoryInUse() int {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // the first one leaves what was in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// A connection that is idle after a request has next to nothing: no buffer, no goroutine, no timer of its own.
func TestIdleMemory(t *testing.T) {
	const perConn = 200 // octets at most, besides the kernel's
	count := 10_000
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	if room := int(min(limit.Cur, 1<<20)) - 100; room < count {
		count = room
		t.Logf("the descriptor limit has room for %d connections only", count)
	}
	s := loopServer(0, routes{"/": route("/", true, hello)})
	s.Limits.Conns = -1
	s.Timeouts = Timeouts{Head: -1, Idle: -1}
	startLoops(t, s)

	clients := exec.Command(os.Args[0], "-test.run=^TestIdleClients$")
	clients.Env = append(os.Environ(), idleVar+"="+s.Addrs()[0].String())
	in, err := clients.StdinPipe()
	require.NoError(t, err)
	pipe, err := clients.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, clients.Start())
	defer func() {
		in.Close()
		assert.NoError(t, clients.Wait())
	}()
	out := bufio.NewScanner(pipe)
	connects := func(n int) {
		fmt.Fprintln(in, n)
		require.True(t, out.Scan())
		require.Equal(t, fmt.Sprint(n), out.Text())
	}

	connects(50) // what is made once is there
	goroutines := runtime.NumGoroutine()
	before := memoryInUse()
	connects(count)
	assert.Equal(t, 50+count, s.Stats().Conns)
	goroutines += runtime.GOMAXPROCS(0) * followersLow // that a loop may have kept since, if it was slow
	eventually(t, func() bool { return resting(s) && runtime.NumGoroutine() <= goroutines }, "the connections do not rest")
	each := float64(memoryInUse()-before) / float64(count)
	t.Logf("%d connections, %.0f octets each", count, each)
	if !poison {
		assert.LessOrEqual(t, each, float64(perConn))
	}
}
