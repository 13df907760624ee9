//go:build !unix

package main

import "io"

// reportOnSignal does nothing where there is no SIGUSR1.
func reportOnSignal(io.Writer) {}
