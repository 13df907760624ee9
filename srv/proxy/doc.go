// Package proxy passes requests on to an upstream server and streams its responses back. Both sides are this project's own: the
// response that comes in is read by parser's rules, and what goes out on either side is framed anew, so that nothing passes
// that could mean one thing here and another there.
//
//	p, err := proxy.New("https://httpbin.org")
//	p.Digest = true
//	m.Any("/httpbin/*", p.ServeHTTP)
//	...
//	p.Close() // when no more requests come
//
// # What passes
//
// Method, path, query, content and end-to-end fields go to the upstream; its status, end-to-end fields, content and trailers come
// back. What does not pass:
//
//   - Fields about one connection: Connection and what it nominates, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding,
//     Upgrade (RFC 9110 section 7.6.1), and those between a client and its proxy, Proxy-Authorization and Proxy-Authenticate.
//   - Host, Content-Length and Max-Forwards: they are made anew, and nominating them removes nothing.
//   - Expect: the client is told to continue when its content is first read, which is when the upstream's connection is there.
//   - Trailers of requests, which a server need not expect, and those of responses that no trailer section may have.
//   - 100 (Continue), which is this hop's to send. Other interim responses pass, of which there may be 64.
//   - 101 (Switching Protocols), unless Proxy.Upgrade allows it.
//   - The reason phrase, which means nothing, and content of a 205, which can have none.
//
// Names are sent in lower case. Via is added to requests behind the lines that are there (RFC 9110 section 7.6.3), and Max-Forwards of
// OPTIONS and TRACE is counted down (RFC 9110 section 7.6.2). What the upstream is told of the client, by Forwarded and the like, is for
// Proxy.Forwarded and Proxy.XForwarded to say.
//
// # One exchange
//
//	client                   exchange                         upstream
//	  │ head                    │                                │
//	  ├────────────────────────►│ connection, head               │
//	  │                         ├───────────────────────────────►│
//	  │ content                 │ content, piece by piece        │
//	  ├────────────────────────►├───────────────────────────────►│
//	  │ 1xx                     │             1xx (at most 64)   │
//	  │◄────────────────────────┤◄───────────────────────────────┤
//	  │ head                    │                          head  │
//	  │◄────────────────────────┤◄───────────────────────────────┤
//	  │ a chunk for each piece  │   content, in whatever pieces  │
//	  │◄────────────────────────┤◄───────────────────────────────┤
//	  │ last chunk, trailers    │                           end  │
//	  │◄────────────────────────┤◄───────────────────────────────┤
//
// The exchange belongs to the handler's goroutine. A piece is read from one side only when the other has taken the one
// before, so memory is one buffer for each direction, however large the content and however slow the reader. What has been read
// leaves at once: no piece waits for the next. Exchanges are pooled, and a request that goes over a connection of the pool allocates nothing.
//
// Large content whose size is known and that nothing needs to see, which is without Digest and over plain connections, does not pass through
// this process: the kernel moves it from socket to socket (srv.Response.Splice), as it comes.
//
// Between the pieces of the request that are there and that the upstream takes at once, a look is taken at whether it has answered.
// While the client has to send more, or the upstream does not take a piece, the response is read too, and passed on. So an upstream
// may answer before it has the whole request, even stop reading until its answer is taken or wait for the client to go on, and
// the answer gets through; once the answer is whole, the rest of the request is not sent. Only for that the read has a goroutine,
// and so has the write of a piece that has to wait; the exchange awaits their end, and what is read ends a wait for
// the client (srv.Content.Wake).
//
// # Connections
//
//	   ┌───────────── put: clean ──────────────┐
//	   ▼                                       │
//	┌──────┐  get: alive, silent          ┌────────┐
//	│ idle │ ────────────────────────────►│ in use │◄──── dial, TLS
//	└──────┘                              └────────┘
//	   │ IdleTime, IdleCount, Close            │ not clean
//	   │ closed or written to by upstream      │
//	   ▼                                       ▼
//	 closed                       closed if whole, else reset
//
// A connection is used again when nothing can be left on it: the request was sent to its end, and the response has an end of its
// own, behind which nothing has come. It is not behind Connection: close, HTTP/1.0 without keep-alive, close-delimited content, an
// upload that was not completed, a 205 that has content, octets behind the end, 101, and any error. Idle connections stand on
// a stack, hold no buffer, and one timer closes those that have stood there for IdleTime. Before one is used again, a look is taken
// at its socket (on Linux, macOS and FreeBSD) and into what TLS has read ahead: one that the upstream has closed, or sent something on that
// nobody had asked for, is closed. For a request without content that look, sending the head and waiting for the answer are one visit to
// the connection (link.ask), so that such a request costs five system calls on its two connections, beside those of waiting.
//
// It may also be closed after the look. If a connection of the pool ends without an octet of a response, the request goes once more, on a
// new connection, when it may: its method is idempotent, and none of its content has been taken from the client (RFC 9110
// section 9.2.2).
//
// # Upgrade
//
// With Proxy.Upgrade, a request without content that asks for that protocol offers it to the upstream. If that agrees, both connections leave
// HTTP: octets are carried both ways, from socket to socket by the kernel where it can, a half-close is passed on as one, an error or
// reset ends both, and the handler returns when both directions have ended. The Server has forgotten such a
// connection; UpgradeCount bounds their number, and Proxy.Close ends them.
//
// # The end of a response
//
//	upstream's framing    its end                       client of HTTP/1.1            of HTTP/1.0
//	Content-Length        all octets                    Content-Length, or chunked    Content-Length, or close
//	chunked               last chunk, trailer section   chunked, trailers             close
//	close-delimited       FIN, over TLS a closure alert chunked                       close
//	HEAD, 204, 304        the head                      as for the upstream           as for the upstream
//
// With Proxy.Digest a response to HTTP/1.1 that has content is always chunked, and its trailers are announced; the answer to HEAD, which has
// no content, does not announce them. To HTTP/1.0 a small response that was there at once has a Content-Length instead of the close.
//
// # When it goes wrong
//
// Before the response's head has left, the client gets 502 or 504 with a page of the Proxy's choice; see Error. After that there is one
// honest way to say that the rest is missing: the client's connection is aborted without a last chunk, and by a reset where the
// connection's end would be the content's.
//
// The client's reset ends the exchange at once, whatever the upstream was doing, and is passed on as a reset. Its FIN alone does
// not, since a client may half-close and still read the answer; one that has gone for good while the upstream is silent is found out by
// TCP's keep-alive: some 75 s later, when its system has forgotten the connection, or after 150 s if that does not answer either. In the
// same way an exchange that is cut off for any other reason
// ends with a reset, and a whole one with a FIN.
package proxy
