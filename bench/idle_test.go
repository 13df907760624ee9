package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

const (
	idleCount   = 2000 // connections, besides those that come first
	idleWarming = 50
)

// BenchmarkIdle opens connections, each of which makes one request and then waits for its next. It answers what one costs a server meanwhile, in
// octets of heap and stacks: B/conn. The kernel's part is the same for all and not counted. The clients are in a process of their own.
func BenchmarkIdle(b *testing.B) {
	for _, engine := range engines {
		b.Run("engine="+engine.name, func(b *testing.B) {
			b.ReportAllocs()
			sum := 0
			for b.Loop() {
				clients := startIdleClients(b, engine.start(b, ""))
				clients.connect(b, idleWarming) // what is made once is there
				before := memoryInUse()
				clients.connect(b, idleCount)
				sum += memoryInUse() - before
				clients.end(b)
			}
			b.ReportMetric(float64(sum)/float64(b.N*idleCount), "B/conn")
		})
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

// idleVar in the environment makes this program the clients of BenchmarkIdle.
const idleVar = "BAREWIRE_BENCH_IDLE"

// TestIdleClients opens as many connections to the address in the environment as each line of its standard input says, makes a request on
// each of them, and answers when that is done.
func TestIdleClients(t *testing.T) {
	addr := os.Getenv(idleVar)
	if addr == "" {
		t.Skip("runs in a process of its own, for BenchmarkIdle")
	}
	request := strings.Replace(plainHead, "/plaintext", inlinePath, 1)
	answer := make([]byte, 4<<10)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var count int
		fmt.Sscan(in.Text(), &count)
		for range count {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if _, err := io.WriteString(nc, request); err != nil {
				t.Fatal(err)
			}
			for n := 0; !strings.HasSuffix(string(answer[:n]), hello); {
				k, err := nc.Read(answer[n:])
				if err != nil {
					t.Fatal(err)
				}
				n += k
			}
		}
		fmt.Println(count)
	}
}

type idleClients struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startIdleClients(b *testing.B, addr string) *idleClients {
	c := &idleClients{cmd: exec.Command(os.Args[0], "-test.run=^TestIdleClients$")}
	c.cmd.Env = append(os.Environ(), idleVar+"="+addr)
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return c
}

func (c *idleClients) connect(b *testing.B, count int) {
	fmt.Fprintln(c.in, count)
	if !c.out.Scan() || c.out.Text() != fmt.Sprint(count) {
		b.Fatalf("the clients say %q", c.out.Text())
	}
}

func (c *idleClients) end(b *testing.B) {
	c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}
