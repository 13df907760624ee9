package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"

	"barewire/cmd/internal/cli"
)

const about = `Udpsender sends every line that it reads as a UDP datagram. When nobody listens it says
so, as far as the system tells, and goes on.

Try:
  udplistener                  in another terminal
  udpsender
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin, stdout *os.File, stderr io.Writer) int {
	f := cli.Flags("udpsender", about, stderr)
	addr := cli.Address(f, "localhost:42069", "`address` to send to")
	if status, ok := cli.Parse(f, args); !ok {
		return status
	}
	s := &sender{errors: stderr}
	if err := s.dial(*addr); err != nil {
		fmt.Fprintf(stderr, "udpsender: %v (-addr names another address)\n", err)
		return cli.ExitFailed
	}
	if cli.IsTerminal(stdin) && cli.IsTerminal(stdout) {
		s.prompts = stdout
	}
	ctx := cli.Signalled()
	result := make(chan error, 1)
	go func() { result <- s.sendAll(bufio.NewReaderSize(stdin, inputSize)) }()
	select {
	case <-ctx.Done(): // what reads the input may be stuck there, and ends with the program
	case err := <-result:
		if err != nil {
			fmt.Fprintln(stderr, "udpsender:", err)
			return cli.ExitFailed
		}
	}
	return cli.ExitOK
}

// dial resolves the address and makes the socket. Nothing is sent by that.
func (s *sender) dial(addr string) error {
	to, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return err
	}
	if s.conn, err = net.DialUDP("udp", nil, to); err != nil {
		return err
	}
	// A datagram has at most 65535 octets with the header of UDP, and in IPv4 with that of IP as well.
	s.limit = 65535 - 8
	if s.conn.RemoteAddr().(*net.UDPAddr).IP.To4() != nil {
		s.limit -= 20
	}
	return nil
}
