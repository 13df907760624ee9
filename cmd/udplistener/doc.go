// Udplistener shows UDP datagrams: for each one that arrives on port 42069, it prints the sender, the size in octets and
// the content.
//
//	$ go run ./cmd/udplistener
//	udplistener: listening on [::]:42069
//	127.0.0.1:40507, size 5: hello
//	127.0.0.1:52105, size 3: \x00\x1b\n
//
// The datagrams are those of
//
//	$ go run ./cmd/udpsender
//	$ printf '\0\33\n' | nc -u -w 1 localhost 42069
//
// A datagram takes one line. All but printable ASCII is escaped, since a terminal would obey it, and a backslash is doubled. The
// largest datagram that there can be, of nearly 64 KiB, is shown whole.
//
// -addr names another address. The exit status is 0 after SIGINT or SIGTERM, 1 when the address cannot be had or
// standard output cannot be written, 2 for a wrong command line.
package main
