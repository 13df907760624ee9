package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
)

// The exit statuses of a command.
const (
	ExitOK     = iota // also after a signal, and for -h
	ExitFailed        // it could not do its work
	ExitUsage         // the command line is wrong
)

// Flags returns an empty set of flags for the command with the name. -h prints about, which ends with a line break, and the flags.
func Flags(name, about string, stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintf(stderr, "%s\nFlags:\n", about)
		f.PrintDefaults()
	}
	return f
}

// Parse parses a command line of flags alone. Where ok is false there is nothing left to do but to exit with the status.
func Parse(f *flag.FlagSet, args []string) (status int, ok bool) {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return ExitOK, false
	case err != nil:
		return ExitUsage, false
	case f.NArg() > 0:
		fmt.Fprintf(f.Output(), "%s: unexpected argument %q\n", f.Name(), f.Arg(0))
		return ExitUsage, false
	}
	return ExitOK, true
}

// Address defines the flag -addr, an address to listen on or to send to: a host, which may be empty, and a port, by number or name. Whether
// there is such a host is found out when it is used.
func Address(f *flag.FlagSet, value, usage string) *string {
	a := address(value)
	f.Var(&a, "addr", usage)
	return (*string)(&a)
}

type address string

func (a *address) String() string { return string(*a) }

func (a *address) Set(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	*a = address(text)
	return err
}

// IsTerminal reports whether a file is a terminal, as far as can be told without asking its driver.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// Signalled returns a context that SIGINT and SIGTERM end. A second signal ends the program at once.
func Signalled() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}
