// Udpsender sends lines as UDP datagrams: each line of standard input, without its line break, becomes one datagram to
// localhost:42069.
//
//	$ go run ./cmd/udpsender
//	> hello
//	> is anybody there?                            (the listener was stopped before)
//	udpsender: line 2: connection refused: nobody listens (127.0.0.1:42069)
//
// The prompt is there on a terminal only; otherwise
//
//	$ printf 'hello\nworld' | go run ./cmd/udpsender
//
// sends two datagrams, since the last line counts without a line break too. A line longer than a datagram can be is
// reported and not sent.
//
// UDP does not tell whether a datagram arrives. When nobody listens, the other host may say so afterwards, in an ICMP message that
// the system hands out as an error of the next call on the socket. So an error of that kind is taken to be about
// the line before, and when no other line is waiting to be sent, udpsender waits a moment for one. It reports what it
// learns on standard error, and goes on.
//
// -addr names another receiver. The exit status is 0 at the end of input, whether the datagrams arrived or not, and after
// SIGINT or SIGTERM, 1 when the address cannot be resolved or standard input cannot be read, 2 for a wrong command line.
package main
