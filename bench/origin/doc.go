// Origin is the server that load generators, conformance probes and other people's test suites talk to. It is a thin program over
// the public API of srv and srv/route, so it also shows that the API is enough.
//
//	GET, HEAD /              OK
//	POST /                   the octets of the content
//	GET, POST /echo          the received field lines, one "name: value" each, in order; the content is read and dropped
//	GET /cookie              the received cookies, one "name=value" a line
//	GET /plaintext           Hello, World!, from a handler that runs inline
//	GET /plaintext-blocking  the same, from a handler that may block
//	GET /sleep?ms=N          OK, after N milliseconds
//	GET /bytes?n=N           N octets, streamed
//	GET, HEAD /file          the file that -file names, as srv/files sends it
//	GET, HEAD /proxy/X       what the server that -upstream names answers to /X, its Content-Length included
//
// Everything else is srv/route's to answer: 404, 405 with Allow, 501, and OPTIONS.
//
// Flags: -addr host:port (127.0.0.1:8080), -engine loop, net or auto, -loops N, -file path of a regular file that is there, -upstream URL.
// On SIGUSR1 it collects garbage, returns memory to the system and prints "gc goroutines=N" on standard error.
package main
