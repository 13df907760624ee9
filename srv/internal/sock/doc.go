// Package sock has the three system calls that a request cannot do without, for sockets that do not block: Recv, Peek and Send. The event loop
// makes them for its clients, the net engine and the proxy within a RawConn's functions.
//
// On a socket that does not block they return at once. Where the system allows it they are therefore made without telling Go's
// scheduler, which would be prepared for a wait, and past the layer for files of all kinds that read and write go through.
// What they return is a syscall.Errno and not an error, so that to compare it costs nothing; 0 is success, and 0 octets without an
// error are the end.
package sock
