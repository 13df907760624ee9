// Package sock has the three system calls that a request cannot do without, for sockets that do not block: Recv, Peek and Send. The event loop
// makes them for its clients, the net engine and the proxy within a RawConn's functions.
//
// On Linux they are told not to wait, and so are made without telling Go's scheduler, which would be prepared for a wait, and
// past the layer for files of all kinds that read and write go through. A socket that somebody has made a blocking one is served all the
// same. Under the race detector, and elsewhere, they are those of package syscall: the detector knows that what is sent through them comes
// before what is received.
//
// What they return is a syscall.Errno and not an error, so that to compare it costs nothing; 0 is success, and 0 octets without an
// error are the end.
package sock
