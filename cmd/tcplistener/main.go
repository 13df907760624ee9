package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"barewire/cmd/internal/cli"
)

const about = `Tcplistener prints every HTTP/1.1 request that it receives on standard output, and
answers it with an empty 200. A malformed request is printed with the rule that
it breaks. Octets that a terminal could obey are escaped.

Try:
  tcplistener -explain
  curl -d hello http://localhost:42069/x     in another terminal
`

const (
	idleTime  = time.Minute // how long a peer may send nothing, or read nothing
	connCount = 64          // served at a time; others wait in the backlog
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	f := cli.Flags("tcplistener", about, stderr)
	addr := cli.Address(f, ":42069", "`address` to listen on; port 0 takes any free one")
	explain := f.Bool("explain", false, "also print, range by range, which part of the grammar claims the octets")
	if status, ok := cli.Parse(f, args); !ok {
		return status
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "tcplistener: %v (-addr names another address)\n", err)
		return cli.ExitFailed
	}
	ctx, stop := context.WithCancel(cli.Signalled())
	defer stop()
	fmt.Fprintln(stderr, "tcplistener: listening on", l.Addr())
	out := &printer{w: stdout, failed: stop}
	if err := serve(ctx, l, &options{out, *explain, idleTime}); err != nil {
		fmt.Fprintln(stderr, "tcplistener:", err)
		return cli.ExitFailed
	}
	return cli.ExitOK
}

// options are the same for all connections.
type options struct {
	out     *printer
	explain bool
	idle    time.Duration
}

// serve takes connections until ctx ends, and returns when the last has been closed.
func serve(ctx context.Context, l net.Listener, o *options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ctx, func() { l.Close() })
	var conns sync.WaitGroup
	slots := make(chan struct{}, connCount)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			l.Close()
		}
		nc, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				err = nil
			}
			stop()
			conns.Wait()
			return cmp.Or(err, o.out.failure())
		}
		conns.Go(func() {
			defer func() { <-slots }()
			serveConn(ctx, nc, o)
		})
	}
}

// serveConn serves one connection and says so.
func serveConn(ctx context.Context, nc net.Conn, o *options) {
	defer context.AfterFunc(ctx, func() { nc.Close() })()
	peer := nc.RemoteAddr().String()
	o.out.printf("Connection accepted: %s\n", peer)
	c := &conn{net: nc, options: o}
	why := c.serve()
	if ctx.Err() != nil {
		why = "shutting down"
	}
	nc.Close()
	o.out.printf("Connection closed: %s (%s)\n", peer, why)
}

// printer writes what one event has to say in one piece.
type printer struct {
	w      io.Writer
	failed func() // called when w fails

	mu   sync.Mutex
	text []byte
	err  error // of the first write that failed
}

func (p *printer) printf(format string, args ...any) {
	p.print(func(dst []byte) []byte { return fmt.Appendf(dst, format, args...) })
}

// print writes what render appends.
func (p *printer) print(render func(dst []byte) []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return
	}
	p.text = render(p.text[:0])
	if _, p.err = p.w.Write(p.text); p.err != nil {
		p.failed()
	}
}

func (p *printer) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}
