//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

// reportOnSignal makes SIGUSR1 collect garbage, give memory back to the system and print how many goroutines there
// are, for measurements of what connections cost.
func reportOnSignal(out io.Writer) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	go func() {
		for range c {
			debug.FreeOSMemory()
			fmt.Fprintf(out, "gc goroutines=%d\n", runtime.NumGoroutine())
		}
	}()
}
