// Package srv is an HTTP/1.1 server on raw sockets: connections, content, deadlines and the API for handlers. It stands on parser, writer and hdr,
// which know the octets; it adds time, memory and other people.
//
//	m := route.New()
//	m.Get("/", home).Inline()
//	s := &srv.Server{Router: m}
//	if err := s.Listen("localhost:42069"); err != nil {
//		log.Fatal(err)
//	}
//	if err := s.Run(); err != nil { // nil after Shutdown
//		log.Fatal(err)
//	}
//
// # Borrowed octets
//
// A request costs no allocation because nothing is copied out of the buffer that it was received into. So every []byte
// that a handler gets is borrowed:
//
//   - What Request and its hdr.View give is valid until the handler returns; what Content.Next gives, until the next call.
//   - To keep it, copy it: bytes.Clone(b) or string(b).
//   - Every slice is cut to its length, so that an append cannot overwrite what follows it.
//   - Request, Response and Content themselves are borrowed too. A context from Request.Context may be kept: it ends with the
//     handler.
//
// A build with -race or -tags poison finds handlers that break this: borrowed octets are overwritten with the name of
// the Route as soon as the handler has returned, and a kept Request, Response or Content panics with that name. It runs the same
// code on the same buffers.
//
// # The connection core
//
// A conn is the protocol and nothing else: no socket, no clock, no lock, no goroutine. Its method advance consumes octets
// and produces octets until it would have to wait, and says what for. What moves octets between it and the world is an
// engine, which it sees as a port. The same core is driven by tests that cut octets in every possible place.
//
//	         first octet             head complete
//	┌──────┐ ──────────► ┌──────┐ ──────────────► ┌────────┐
//	│ idle │             │ head │                 │ active │ a handler has the request
//	└──────┘             └──────┘                 └────────┘
//	 ▲  │ FIN, deadline    │ refused, deadline      │ handler has returned, response complete
//	 │  ▼                  │                        ▼
//	 │ dead                │                     ┌──────┐ content that was left unread
//	 └─────────────────────┼──────────────────── │ rest │ is discarded, up to 64 KiB
//	      kept alive       │                     └──────┘
//	                       ▼                        │ Connection: close, or too much is left
//	                   ┌───────┐                    │
//	                   │ drain │ ◄──────────────────┘
//	                   └───────┘ the last octets are sent
//	                       │ FIN sent
//	                       ▼
//	                   ┌────────┐ input is discarded until the peer's FIN,
//	                   │ linger │ 64 KiB or 500 ms: closing with input unread
//	                   └────────┘ would be a reset, and the answer lost with it
//	                       │
//	                       ▼
//	                     dead
//
// Answers are collected in the turn's output buffer and leave together: when the next request is not complete, when 32 KiB
// have come together, and before a handler that may block. So sixteen pipelined requests cost one read and one write, and
// no finished answer ever waits for somebody else.
//
// # Turns
//
// What a connection needs only while it is served, buffers above all, is its turn. Turns are pooled. A connection that waits for its next
// request has none; one in the middle of a head keeps the octets that have come, and the parser's place in them, in a smaller piece of
// memory. On the loop engine the turn belongs to the goroutine that serves. On the net engine, a connection of TCP or of a Unix socket
// waits for its descriptor to become readable, and only then takes a turn to read into; one that cannot wait like that, such as one over
// TLS, waits with 512 octets.
//
// # Engines
//
// Two engines drive the same core, and the same tests.
//
// The net engine has a goroutine for each connection, which blocks in reads and writes. It runs everywhere and over any
// net.Listener: TLS, Unix sockets, pipes.
//
// The loop engine, on Linux for what Listen has bound, has one event loop per core. A loop is an epoll descriptor with the
// connections that it was given, and a goroutine that leads it: it takes a batch of events and serves each connection as far as it
// gets without waiting. So a request whose handler is inline costs two system calls, recv and send, and no switch between
// goroutines; and an idle connection costs its 144 octets in a table and what the kernel keeps.
//
// A handler that may block must not do so on the loop. Handing the request to another goroutine would cost a hand-over there and
// back; so it is the loop that is handed over. The goroutine that serves the request stays with it and detaches: a follower, parked
// until then, becomes the leader.
//
//	            promoted              an event: serves a connection
//	┌──────────┐ ──────► ┌────────┐ ◄──────────────────────────────┐
//	│ follower │         │ leader │ ─────────────────────────────► │
//	└──────────┘         └────────┘  the connection rests or ends ─┘
//	     ▲                   │ detaches: before a handler that may block, at the first wait of one that is
//	     │                   │ inline, or when the watchdog takes the loop from one that is stuck
//	     │                   ▼
//	     │               ┌────────┐ promotes a follower, and goes on with its connection alone
//	     └────────────── │ on its │
//	       connection    │  own   │
//	       rests or ends └────────┘
//
// A number that is odd while the leader serves, the token, says who has the loop: detaching makes it even by a compare-and-swap, and
// so does the watchdog. Whose swap fails has lost the loop, and touches from then on its connection and its turn alone.
//
// Who owns a connection is in one atomic word, together with what epoll has reported and nobody has looked at (ownership.go).
//
//	                 event that is awaited: the reporter owns it
//	┌──────┐ ─────────────────────────────────────────────► ┌──────┐ ◄─┐ event: noted in
//	│ rest │                                                │ busy │ ──┘ the word
//	└──────┘ ◄───────────────────────────────────────────── └──────┘
//	   │      the owner gives up; that fails if what it       │  ▲ event that is awaited,
//	   │      waits for was noted meanwhile                   │  │ or the deadline: woken
//	   │                                            a handler │  │
//	   │ other events: noted                            waits ▼  │
//	   └─► rest                                            ┌────────┐
//	                                                       │ parked │
//	                                                       └────────┘
//
// Connections are registered once, edge-triggered: an edge that is noted in the word is never reported again, so it is taken from there only
// before the system call that uses it up. A read that does not fill the buffer has emptied the socket, and saves the one that would say so,
// unless a FIN was reported, which takes a read to be seen.
//
// Files of the loop engine, in the order to read them: ownership.go (the word), loop_conn_linux.go (a connection, the table),
// poller_linux.go (epoll), loop_linux.go (the loop), serve_linux.go (what is done for a connection), loop_port_linux.go (the port),
// detach_linux.go (followers), wheel_linux.go (deadlines), watchdog_linux.go, listener_linux.go, loop_engine_linux.go (begin and end).
// The system calls of serving are in internal/sock and syscall_unsafe_linux.go.
//
// What the kernel sends by itself, without a buffer here, is files (Response.SendFile) and what comes over another connection
// (Response.Splice): file.go and splice.go say how that stands in a response, kernel_linux.go makes the system call for both engines.
//
// # Routes
//
// The core asks a Router for the Route of each request before anything else. A Route is data: the handler, its name, whether
// it is Inline, and how much content it takes. srv/route is a Router; so is any type with the one method.
//
// # Bounds
//
// Every quantity that a client can choose has a limit, and every wait for a client has a deadline: see Limits and Timeouts. Nothing
// is allocated by a size that a client declares. What a limit or a rule of the RFC refuses is answered with the status that its
// fault maps to (faults here, the error table in parser), counted by rule in Stats, logged at a bounded rate, and told to
// OnRefuse.
//
// # Ends
//
// A response that cannot be completed (a handler that panicked, or wrote less than it had declared, or called Abort) is cut off so that
// the client sees it: without the last chunk, short of its Content-Length, or by a reset where only the end of the
// connection marks the end of the content. If nothing has left yet, a 500 takes its place where that is the truth.
//
// # References
//
// RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 6585 (431), RFC 6265 (cookies).
package srv
