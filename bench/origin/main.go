package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"barewire/srv"
	"barewire/srv/proxy"
)

// The exit statuses.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

type options struct {
	addr   string
	engine string
	loops  int
	file   srv.HandlerFunc // sends the file for /file; nil without one
	proxy  *proxy.Proxy    // for /proxy/; nil without an upstream
}

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err == errFlags:
		return exitUsage
	case err != nil:
		fmt.Fprintln(stderr, "origin:", err)
		return exitUsage
	}
	if err := serve(o, stderr); err != nil {
		fmt.Fprintln(stderr, "origin:", err)
		if errors.Is(err, srv.ErrEngine) {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
}

// errFlags is what package flag has said already.
var errFlags = errors.New("wrong flags")

func parseOptions(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("origin", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "`address` to listen on")
	f.StringVar(&o.engine, "engine", "auto", "`engine` that drives the connections: loop, net, or auto, the best one for the system")
	f.IntVar(&o.loops, "loops", 0, "`number` of event loops, 0 is one per core; the engine net has none")
	file := f.String("file", "", "`path` of the file for /file")
	upstream := f.String("upstream", "", "`URL` of the server behind /proxy/")
	switch err = f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		err = errFlags
	case f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	default:
		if _, ok := engines[o.engine]; !ok {
			err = fmt.Errorf("unknown engine %q", o.engine)
		}
	}
	if err == nil && *file != "" {
		if o.file, err = fileHandler(*file); err != nil {
			err = fmt.Errorf("-file: %w", err)
		}
	}
	if err == nil && *upstream != "" {
		o.proxy, err = proxy.New(*upstream)
	}
	return o, err
}

var engines = map[string]srv.Engine{"auto": srv.EngineAuto, "loop": srv.EngineLoop, "net": srv.EngineNet}

func newServer(o options) *srv.Server {
	return &srv.Server{Router: newRouter(o), Engine: engines[o.engine], Loops: o.loops}
}

// drainTime is how long requests in flight may go on after a signal.
const drainTime = 10 * time.Second

// serve answers requests until SIGINT or SIGTERM, after which a second one ends the program at once.
func serve(o options, stderr io.Writer) error {
	s := newServer(o)
	if err := s.Listen(o.addr); err != nil {
		return err
	}
	reportOnSignal(stderr)
	signalled, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(signalled, func() {
		stop()
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			s.Close()
		}
	})
	fmt.Fprintln(stderr, "origin: engine", o.engine, "listens on", s.Addrs())
	return s.Run()
}
