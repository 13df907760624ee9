package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"barewire/cmd/internal/cli"
)

const about = `Httpserver is an HTTP/1.1 server to try things on:

  /             a page, with what follows on it
  /yourproblem  status 400
  /myproblem    status 500
  /video        a clip
  /files/X      the file X below -dir
  /httpbin/X    what the upstream answers to /X, in chunks as it arrives, with
                trailers that hold size and SHA-256

Try:
  httpserver
  curl --raw http://localhost:42069/httpbin/stream/3     in another terminal
`

// options is what the command line says.
type options struct {
	addr      string
	video     string
	dir       string
	upstream  string
	timeout   time.Duration
	accessLog format
}

// parse parses the command line. Where ok is false there is nothing left to do but to exit with the status.
func parse(args []string, stdout *os.File, stderr io.Writer) (o *options, status int, ok bool) {
	o = &options{}
	f := cli.Flags("httpserver", about, stderr)
	f.Usage = func() { printUsage(f) }
	addr := cli.Address(f, "localhost:42069", "`address` to listen on; port 0 takes any free one")
	f.StringVar(&o.video, "video", "assets/vim.mp4", "`file` that /video sends; looked for in the working\n"+
		"directory, in its parents, and beside the program")
	f.StringVar(&o.dir, "dir", "", "`directory` that /files/ sends; without it there is none")
	f.StringVar(&o.upstream, "httpbin-upstream", "https://httpbin.org", "`URL` that /httpbin/ stands for")
	f.DurationVar(&o.timeout, "httpbin-timeout", 10*time.Second, "`time` that each step may take there: to connect, TLS,\nto take more of the request, to begin the answer")
	f.Var(&o.accessLog, "access-log", "a line per request on standard output, in a `format`:\n"+
		"off, clf (common log format) or json; without it,\nlines to read on a terminal, else none")
	version := f.Bool("version", false, "print the version and end")
	if status, ok := cli.Parse(f, args); !ok {
		return nil, status, false
	}
	if *version {
		fmt.Fprintln(stdout, versionLine())
		return nil, cli.ExitOK, false
	}
	if o.addr = *addr; o.video == "" {
		fmt.Fprintln(stderr, "httpserver: -video: no file name")
		return nil, cli.ExitUsage, false
	}
	if o.timeout <= 0 {
		fmt.Fprintf(stderr, "httpserver: -httpbin-timeout: %v is not a time to wait\n", o.timeout)
		return nil, cli.ExitUsage, false
	}
	if o.accessLog == formatUnset && cli.IsTerminal(stdout) {
		o.accessLog = formatText
	}
	return o, cli.ExitOK, true
}

// printUsage prints what -h asks for.
func printUsage(f *flag.FlagSet) {
	fmt.Fprintf(f.Output(), "%s\nFlags:\n", about)
	table := tabwriter.NewWriter(f.Output(), 0, 0, 2, ' ', 0)
	f.VisitAll(func(fl *flag.Flag) {
		value, usage := flag.UnquoteUsage(fl)
		fallback := fl.DefValue
		if value == "" {
			fallback = "" // false goes without saying
		}
		fmt.Fprintf(table, "  -%s %s\t%s\t%s\n", fl.Name, value, fallback, strings.ReplaceAll(usage, "\n", "\n\t\t"))
	})
	table.Flush()
}

// versionLine says what the program was built from, as far as it knows.
func versionLine() string {
	line := "httpserver (unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		line = "httpserver " + info.Main.Path + " " + info.Main.Version
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				line += " " + s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				line += " (modified)"
			}
		}
	}
	return line + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// format is that of the access log.
type format uint8

const (
	formatUnset format = iota // formatText on a terminal, else none
	formatOff
	formatText
	formatCLF
	formatJSON
)

// String returns the value of the flag.
func (f *format) String() string {
	return [...]string{formatCLF: "clf", formatJSON: "json", formatOff: "off"}[*f]
}

// Set takes the value of the flag.
func (f *format) Set(value string) error {
	switch value {
	case "off":
		*f = formatOff
	case "clf":
		*f = formatCLF
	case "json":
		*f = formatJSON
	default:
		return errors.New("want off, clf or json")
	}
	return nil
}
