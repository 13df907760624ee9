package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"barewire/assets"
	"barewire/cmd/internal/cli"
	"barewire/srv"
	"barewire/srv/files"
	"barewire/srv/proxy"
	"barewire/srv/route"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a reader of the log that goes away is an error of a write, not the end
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, signals))
}

// run is the program. It returns the exit status.
func run(args []string, stdout *os.File, stderr io.Writer, signals <-chan os.Signal) int {
	o, status, ok := parse(args, stdout, stderr)
	if !ok {
		return status
	}
	p, err := newProxy(o)
	if err != nil {
		fmt.Fprintln(stderr, "httpserver: -httpbin-upstream:", err)
		return cli.ExitUsage
	}
	d, err := newDir(o)
	if err != nil {
		fmt.Fprintln(stderr, "httpserver: -dir:", err)
		return cli.ExitUsage
	}
	s := &srv.Server{Router: newRouter(o, p, d)}
	log := newAccessLog(o.accessLog, stdout, stderr)
	if log != nil {
		s.OnDone, s.OnRefuse = log.done, log.refused
	}
	if err := s.Listen(o.addr); err != nil {
		fmt.Fprintf(stderr, "httpserver: %v (-addr names another address)\n", err)
		return cli.ExitFailed
	}
	fmt.Fprintln(stderr, startLine(o.addr, s.Addrs()))
	return serve(s, log, stderr, signals)
}

// newRouter makes the routes; d may be nil.
func newRouter(o *options, p *proxy.Proxy, d *files.Dir) srv.Router {
	m := route.New()
	m.Get("/", page(200, assets.Home)).Inline()
	m.Get("/yourproblem", page(400, assets.YourProblem)).Inline()
	m.Get("/myproblem", page(500, assets.MyProblem)).Inline()
	m.Get("/video", newClip(o.video))
	m.Any("/httpbin/*", p.ServeHTTP)
	if d != nil {
		m.Get("/files", toFiles).Inline()
		m.Get("/files/*", d.ServeHTTP)
	}
	m.NotFound(page(404, assets.NotFound)).Inline()
	return m
}

// newDir opens the directory, nil if there is none. It is closed with the program.
func newDir(o *options) (*files.Dir, error) {
	if o.dir == "" {
		return nil, nil
	}
	d, err := files.New(o.dir)
	if err == nil {
		d.NotFound = page(404, assets.NotFound)
	}
	return d, err
}

// toFiles leads to the top of the directory.
func toFiles(w *srv.Response, _ *srv.Request) {
	w.SetStatus(301)
	w.Set("Location", "/files/")
}

// page returns a handler that answers with a status and an HTML page.
func page(status int, html []byte) srv.HandlerFunc {
	return func(w *srv.Response, _ *srv.Request) {
		w.SetStatus(status)
		w.Set("Content-Type", assets.PageType)
		w.Write(html)
	}
}
