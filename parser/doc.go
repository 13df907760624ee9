// Package parser reads HTTP/1.1 messages from octets in memory: request heads ([Head]), response heads ([ResponseHead]) and
// message bodies ([Content]). It does no input or output, reads no clock, starts no goroutine and allocates nothing, so that it fits under
// any way of moving octets. It accepts what RFC 9112 allows and nothing else.
//
// # Words
//
// The words are those of RFC 9110 and RFC 9112. One is our own: a head is the start line with the header section and the
// empty line that ends it. Sizes are in octets, offsets are counted from the start of the buffer given.
//
// # Three outcomes
//
// A parser is given all octets of a head so far and answers in one of three ways:
//
//	n > 0, 0    complete and accepted; the head took n octets
//	0, 0        not complete: call again when there are more
//	0, e        refused
//
// Not having enough yet is no error. An [Error] is a number with a table behind it: the rule broken, a text, a status code and
// the section of the RFC. Where the offending octet is, ErrorOff says.
//
// # Octets and their lifetimes
//
// The octets belong to the caller. A parser keeps offsets, not pointers, so that between two calls the buffer may move or
// grow. What the accessors return borrows from the buffer that they are given, and lives as long as that does: copy it to keep it. Its
// capacity is cut to its length, so that an append never overwrites what follows. Names of field lines are folded to lower case in
// place, when the head is complete and accepted; nothing else is ever changed, and a refused head is left as it was
// received. (Octets between the names of an accepted head may be written as they are.)
//
// # How a head is parsed
//
//	             request                        response
//
//	start --> inLead --CRLF--+             start --> inLead (version, SP)
//	             |           |                          |
//	             v <---------+                          v
//	          inMethod                               inStatus
//	             | SP                                   | SP
//	             v                                      v
//	          inTarget                               inReason
//	             | SP                                   | CR
//	             v                                      v
//	          inVersion                              inLineFeed
//	             | CRLF                                 | LF
//	             +-------------> inFields <-------------+
//	                                |
//	                                v
//	        +-----------------> lineStart --CR--> inSectionEnd --LF--> checks --> complete
//	        |                       | tchar                              |
//	        |                       v                                    |
//	        |                     inName                                 |
//	        |                       | ":"                                |
//	        |                       v                                    v
//	        |                     inValue                 from every state --> refused
//	        |                       | CR
//	        |                       v
//	        +---------LF-------- inLineEnd
//
// The part below inFields is one machine for request heads, response heads and trailer sections. Within a run of octets of one class eight
// octets are looked at in one step (swar.go); the machine is what connects the runs. It can stop and go on at every
// octet, so each octet is looked at a bounded number of times however a head is cut.
//
// On amd64 a pass with AVX-512 or AVX2 goes ahead of the machine (scan.go): 64 octets in one step, for all of a head that has nothing unusual in
// it. Whatever it does not like, it leaves to the machine, which alone decides what is refused, and where. It may read up to 64
// octets behind the end of the slice that it is given, never behind its capacity: a buffer with 64 octets of room behind what was
// received lets it recognise the well-known names and check Host as well, instead of doing so afterwards. Elsewhere such a pass, line by line
// and with words of eight octets, goes over the start of a request.
//
// # The order of errors
//
// For every input, and every way of cutting it, outcome, error and offset are the same. That needs an order:
//
//  1. Lexical errors and limits, as soon as the octet that decides is seen. The lowest offset wins. At one offset an error in
//     the octet itself comes before a limit, and of two limits the narrower one comes first: method, target, field line or
//     field count before the head. Limits count octets, never what happens to be in a buffer.
//  2. On a complete head, in this order: version, request-target, Host, Transfer-Encoding, Content-Length, Expect.
//
// # What is stricter than it has to be
//
// RFC 9112 lets a recipient repair some malformed messages. Attacks live on two recipients that repair in two ways, so here these are
// refused: LF alone as the end of a line, a field line folded into two, Content-Length twice even with equal values, Transfer-Encoding with an
// empty element, in HTTP/1.0 or beside Content-Length, a transfer coding other than chunked, a malformed chunk-ext, a status line
// without the SP before its reason phrase. One empty line before a request is ignored, as section 2.2 asks; a second one is not.
//
// # How a message body is decoded
//
// [Content] takes the framing off. Its Next consumes octets and hands out content, one run at a time, without copying:
//
//	FramingNone      contentDone at once
//	FramingLength    inData --left is 0--> contentDone
//	FramingClose     inData --End--> contentDone
//	FramingChunked
//	      +---------------------------LF-----------------------------+
//	      v                                                          |
//	  inChunkLine --size > 0--> inData --left is 0--> inDataCR --CR--> inDataLF
//	      | size is 0
//	      v
//	  inTrailers --empty line--> contentDone
//
// The size of a chunk is never believed further than the limit on the content, its digits are bounded, and so is what chunk lines take beside
// the data ([ChunkOverheadSize]). Trailers are a section of their own and are never merged into the header section.
//
// # Where a rule lives
//
//	request_line.go    RFC 9112 section 3        target.go    RFC 9112 section 3.2, 3.3
//	status_line.go     RFC 9112 section 4        host.go      RFC 9112 section 3.2, RFC 3986 section 3.2
//	version.go         RFC 9112 section 2.3      framing.go   RFC 9112 sections 6, 9.3, RFC 9110 section 10.1.1
//	field_section.go   RFC 9112 section 5        chunked.go   RFC 9112 section 7.1
//	octets.go          classes of octets         limits.go    every bound
//	swar.go            words of eight octets     scan.go      passes: scan_words.go, scan_*.s, fold_*.s, cpu_*.s
package parser
