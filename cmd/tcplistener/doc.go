// Tcplistener shows what an HTTP client sends: it accepts TCP connections, parses each request with the parser of this
// module and prints it on standard output.
//
//	$ go run ./cmd/tcplistener
//	tcplistener: listening on [::]:42069
//
// and in another terminal
//
//	$ curl -d 'hello' 'http://localhost:42069/where?q=now'
//
// prints
//
//	Connection accepted: 127.0.0.1:51310
//	Request line:
//	- Method: POST
//	- Target: /where?q=now
//	- Version: 1.1
//	Headers:
//	- host: localhost:42069
//	- user-agent: curl/8.14.1
//	- accept: */*
//	- content-length: 5
//	- content-type: application/x-www-form-urlencoded
//	Body:
//	hello
//	Connection closed: 127.0.0.1:51310 (by the client)
//
// Names are in lower case, the body is the content with the chunks taken off, and a trailer section, if there is one, follows as
// "Trailers:". A request is printed when it is complete, in one piece, so that connections served at the same time do not
// mix. Each is answered with an empty 200, by the rules of RFC 9112: connections persist, pipelined requests are
// taken one by one, and 100-continue is answered. Only CONNECT gets a 501, since 200 would open a tunnel.
//
// A malformed request is printed with the rule that it breaks, where that is written, and the octets around the
// offending one, above the caret. It is answered with the status for it, and its connection is closed:
//
//	$ printf 'GET / HTTP/1.1\r\nHost : a\r\n\r\n' | nc localhost 42069
//
//	Refused:
//	- Rule: name-space: white space in a field name or before its colon
//	- Section: RFC 9112 section 5.1
//	- Offset: 20
//	- Octets: GET / HTTP/1.1\r\nHost : a\r\n\r\n
//	                                ^
//	- Answer: 400 Bad Request
//
// With -explain, each request is also taken apart: "Octets:" lists the ranges of octets, counted from the request's first,
// each with the part of the grammar that claims it and the section of the RFC where that is defined, up to the end
// or to the octet that is refused:
//
//	Octets:
//	range     octets                         grammar        defined in
//	0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
//	3         " "                            SP             RFC 9112 section 3
//	4         "/"                            absolute-path  RFC 9110 section 4.1   request-target in origin-form
//	5         " "                            SP             RFC 9112 section 3
//	6-13      "HTTP/1.1"                     HTTP-version   RFC 9112 section 2.3   persists after the answer unless asked not to
//	14-15     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
//	16-19     "Host"                         field-name     RFC 9110 section 5.1
//	20        " "                            refused        RFC 9112 section 5.1   name-space: white space in a field name or before its colon
//
// All octets of the peer are escaped (backslash doubled, \r, \x1b; \n and \t stay only in the body), since a terminal would obey
// them. Memory is bounded whatever a peer declares or sends: of a body, its first 1 MiB is shown, and the number of octets beyond;
// 64 connections are served at a time. A peer that sends nothing for a minute is cut off.
//
// -addr names another address. The exit status is 0 after SIGINT or SIGTERM, 1 when the address cannot be had or
// standard output cannot be written, 2 for a wrong command line.
package main
