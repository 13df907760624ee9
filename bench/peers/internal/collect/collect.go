package collect

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// OnSignal makes SIGUSR1 collect garbage and give the memory back to the system, and says so in a line on standard error.
func OnSignal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	go func() {
		for range c {
			debug.FreeOSMemory()
			os.Stderr.WriteString("gc\n")
		}
	}()
}
