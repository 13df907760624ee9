package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"barewire/cmd/internal/cli"
)

const about = `Udplistener prints the sender, the size and the content of every UDP datagram that
it receives. Octets that a terminal could obey are escaped.

Try:
  udplistener
  udpsender                    in another terminal
`

const (
	datagramSize = 64 << 10 // more than a datagram can have
	queueSize    = 1 << 20  // octets that may wait while something is printed
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	f := cli.Flags("udplistener", about, stderr)
	addr := cli.Address(f, ":42069", "`address` to listen on; port 0 takes any free one")
	if status, ok := cli.Parse(f, args); !ok {
		return status
	}
	conn, err := net.ListenPacket("udp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "udplistener: %v (-addr names another address)\n", err)
		return cli.ExitFailed
	}
	ctx := cli.Signalled()
	context.AfterFunc(ctx, func() { conn.Close() })
	fmt.Fprintln(stderr, "udplistener: listening on", conn.LocalAddr())
	if err := printAll(conn.(*net.UDPConn), stdout); ctx.Err() == nil {
		fmt.Fprintln(stderr, "udplistener:", err)
		return cli.ExitFailed
	}
	return cli.ExitOK
}

// printAll prints datagrams until it fails, or until the socket is closed.
func printAll(conn *net.UDPConn, stdout io.Writer) error {
	conn.SetReadBuffer(queueSize) // as much as the system allows
	b := make([]byte, datagramSize)
	var line []byte
	for {
		n, from, err := conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return err
		}
		line = appendLine(line[:0], from, b[:n])
		if _, err := stdout.Write(line); err != nil {
			return err
		}
	}
}

// appendLine appends what is printed of a datagram.
func appendLine(dst []byte, from netip.AddrPort, content []byte) []byte {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) // a socket for both families says ::ffff:127.0.0.1
	dst = fmt.Appendf(dst, "%v, size %d: ", from, len(content))
	return append(cli.AppendEscaped(dst, content, ""), '\n')
}
