// Package writer renders HTTP/1.1 responses: status line, fields, framing, content and trailers (RFC 9112). It does no I/O. Every
// function appends to a slice that the caller gives and sends as it likes, several responses in one write for example.
//
// # An ill-framed response cannot be written
//
// A recipient trusts the head to say where the content ends. If it does not end there, the octets after it are taken for the
// next response, and what one client was sent reaches another. So framing is not left to the caller: [Response] derives the
// framing fields from what it is told, keeps to them, and refuses, with a typed [Error], each call that would break
// them. A refused call appends nothing and changes nothing, hence whatever was appended is at any time the beginning of one
// well-formed response.
//
//	             Interim                                 Content
//	             +-----+                                 +-----+
//	             |     v                                 |     v
//	Reset ---->   idle   ------------ Begin ---------->  content  ----------- End ---------->  done
//	                       head: status line, Date,       |   ^       trailer: last-chunk,
//	                       fields, framing field,         |   |       trailer section
//	                       Connection, blank line    Span |   | EndSpan
//	                                                      v   |
//	                                                      span
//
// Head and trailer are stations on the way, not states: each is appended whole, by one call. A span is content
// that the caller moves itself, by sendfile for example, and of which Response knows the size only.
//
// # Framing
//
// Begin chooses once (RFC 9112 section 6.3):
//
//	status    size       to HTTP/1.1          to HTTP/1.0          content
//	204       any        -                    -                    none
//	205       any        Content-Length: 0    Content-Length: 0    none
//	304       known      Content-Length       Content-Length       none
//	304       not known  -                    -                    none
//	other     known      Content-Length       Content-Length       that many octets
//	other     not known  chunked              connection's end     any number of octets
//
// The answer to HEAD has the head that the answer to GET would have; its content is counted, so that a handler can be the same
// for both, but not appended. Interim responses, 1xx, have neither framing field nor content. A 2xx answer to CONNECT would
// turn the connection into a tunnel; this package has no such thing, and a caller answers CONNECT with errors only.
//
// A status line says HTTP/1.1 whatever the client speaks: it states what the server is able to do (RFC 9110 section 6.2).
//
// # The connection afterwards
//
// HTTP/1.1 persists unless `Connection: close` says otherwise, which Begin writes when [Head].Close asks for it. A client of
// HTTP/1.0 that asked to stay is told `Connection: keep-alive`; whether it asked is for the caller to find out. When the
// connection's end is the framing, it closes in any case. [Response.Persistent] has the outcome. An Upgrade field among the fields
// brings the `upgrade` option with it (RFC 9110 section 7.8).
//
// A response that cannot be completed (End says [ErrShort], or content failed to come) must be cut visibly. With Content-Length
// and chunked any close does that; a close-delimited one is cut by a reset, since an orderly close would mean that it is complete.
//
// # Fields
//
// Fields come as an [hdr.Set], which holds no octet that could end a line early. The set knows which well-known
// names it has, so that the rules here are tests of bits, and writing it is one copy. Content-Length,
// Transfer-Encoding, Trailer, Connection, Keep-Alive and Proxy-Connection are the writer's own. A trailer section must not have
// what a recipient needs to know before the content ([ForbiddenTrailer]).
//
// # Cost
//
// Nothing allocates but append, when dst lacks room. Status lines of registered codes are ready to be copied. [Date] renders the
// Date line once per second from the time that it is given; no clock is read here.
package writer
