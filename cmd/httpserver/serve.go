package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"barewire/cmd/internal/cli"
	"barewire/srv"
)

// serve answers requests until signals, or a listener that fails, end it. It returns the exit status.
func serve(s *srv.Server, log *accessLog, stderr io.Writer, signals <-chan os.Signal) int {
	ended := make(chan error, 1)
	go func() {
		err := s.Run()
		log.close()
		ended <- err
	}()
	select {
	case err := <-ended:
		fmt.Fprintln(stderr, "httpserver:", err)
		return cli.ExitFailed
	case <-signals:
	}
	fmt.Fprintf(stderr, "httpserver: stopping, requests in flight: %d (a second signal stops at once)\n", s.Stats().InFlight)
	go s.Shutdown(context.Background()) // takes as long as the slowest of them
	select {
	case <-ended:
		return cli.ExitOK
	case <-signals:
		if s.Stats().InFlight == 0 { // both signals were for an end that is at hand
			select {
			case <-ended:
				return cli.ExitOK
			case <-time.After(100 * time.Millisecond):
			}
		}
		fmt.Fprintf(stderr, "httpserver: stopped, requests in flight: %d\n", s.Stats().InFlight)
		s.Close()
		return cli.ExitFailed
	}
}

// startLine says where the server listens, which family of localhost the system lacks, and whether this machine is the only one that
// reaches it.
func startLine(addr string, bound []net.Addr) string {
	line, reachable := "httpserver: listening on", false
	for _, a := range bound {
		line += " http://" + a.String()
		reachable = reachable || !a.(*net.TCPAddr).IP.IsLoopback()
	}
	switch {
	case reachable:
		return line + " (other machines can reach it)"
	case !strings.HasPrefix(addr, "localhost:") || len(bound) == 2:
		return line
	case bound[0].(*net.TCPAddr).IP.To4() != nil:
		return line + " (no IPv6)"
	}
	return line + " (no IPv4)"
}
