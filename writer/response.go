package writer

import (
	"math"

	"barewire/hdr"
)

// Framing is how a recipient finds the end of the content (RFC 9112 section 6.3).
type Framing uint8

const (
	FramingNone    Framing = iota // the head is all (204, 304); also before Begin
	FramingLength                 // Content-Length
	FramingChunked                // Transfer-Encoding: chunked
	FramingClose                  // the connection's end: to HTTP/1.0, when the size is not known
)

// Head is what [Response.Begin] renders. Nothing in it is kept.
type Head struct {
	Status  int      // 200 to 599
	Reason  string   // "": the registered reason phrase
	Fields  *hdr.Set // may be nil; without the fields that Size, Close and Trailer stand for
	Size    int64    // of the content in octets, for HEAD that of the GET; below 0: not known
	Close   bool     // this is the connection's last response
	Date    []byte   // from [Date.Line]; nil: none; a Date among Fields wins
	Trailer []byte   // value of the Trailer field, sent only when a trailer section can follow; empty: none
}

// state is how far a Response is. The head and the trailer section need none: each is appended whole, by one call.
type state uint8

const (
	idle    state = iota // Interim or Begin may come
	content              // Content, Span or End may come
	span                 // EndSpan must come
	done                 // nothing may come before Reset
)

// Response frames one response. It holds no octets: every method appends to dst what belongs onto the wire and
// returns the extended slice, or an [Error] and dst as it was. The zero Response answers a request other than HEAD, of HTTP/1.0.
//
// A Response is for one goroutine at a time and may be copied.
type Response struct {
	left    int64 // content octets that may still come; counted down from MaxInt64 when the size is not known
	sent    int64
	state   state
	framing Framing
	head    bool // to HEAD: content is counted, not appended
	http10  bool
	closing bool // the connection ends with this response
	empty   bool // the status code allows no content
}

// Reset makes w ready for the response to a request: head says that its method was HEAD, and minor is its HTTP/1.minor.
func (w *Response) Reset(head bool, minor int) {
	*w = Response{head: head, http10: minor < 1}
}

// Interim appends an interim response (RFC 9110 section 15.2), any number of times before Begin. fields may be
// nil. Codes are 100 to 199 but for 101, which ends HTTP on a connection: ErrStatus. For a request of HTTP/1.0, which
// knows no interim responses, nothing is appended.
func (w *Response) Interim(dst []byte, code int, fields *hdr.Set) ([]byte, error) {
	switch {
	case w.state != idle:
		return dst, ErrState
	case code < 100 || code > 199 || code == 101:
		return dst, ErrStatus
	case fields != nil && fields.Seen()&interimForbidden != 0:
		return dst, ErrField
	case w.http10:
		return dst, nil
	}
	dst = appendStatusLine(dst, code, "")
	if fields != nil {
		dst = fields.AppendTo(dst)
	}
	return append(dst, "\r\n"...), nil
}

// Begin appends the head of the final response and decides on the framing and on whether the connection persists:
//
//   - 204: neither framing field nor content; 304: Content-Length if Size is known, no content
//   - 205: Content-Length: 0, whatever Size says, no content
//   - Size known: Content-Length
//   - Size not known: chunked to HTTP/1.1, close-delimited to HTTP/1.0
//
// HEAD gets the head that GET would. h.Close must be set for a client of HTTP/1.0 that has not asked for the connection to persist.
//
// Errors are ErrState, ErrStatus for a code outside 200 to 599 or a bad reason, and ErrField for one of
// Content-Length, Transfer-Encoding, Trailer, Connection, Keep-Alive and Proxy-Connection among the fields, for a Date that
// is not a Date line, and for a Trailer that lists anything but allowed names.
func (w *Response) Begin(dst []byte, h *Head) ([]byte, error) {
	var seen hdr.Bits
	if h.Fields != nil {
		seen = h.Fields.Seen()
	}
	switch {
	case w.state != idle:
		return dst, ErrState
	case h.Status < 200 || h.Status > maxStatus || !hdr.IsValue(h.Reason):
		return dst, ErrStatus
	case seen&ownFields != 0,
		len(h.Date) > 0 && !isDateLine(h.Date),
		len(h.Trailer) > 0 && !validAnnouncement(h.Trailer):
		return dst, ErrField
	}
	size := w.frame(h)
	w.state = content

	dst = appendStatusLine(dst, h.Status, h.Reason)
	if !seen.Has(hdr.Date) {
		dst = append(dst, h.Date...)
	}
	if h.Fields != nil {
		dst = h.Fields.AppendTo(dst)
	}
	if size >= 0 {
		dst = append(dst, "Content-Length: "...)
		dst = AppendInt(dst, size)
		dst = append(dst, "\r\n"...)
	} else if w.framing == FramingChunked {
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
		if len(h.Trailer) > 0 {
			dst = append(dst, "Trailer: "...)
			dst = append(dst, h.Trailer...)
			dst = append(dst, "\r\n"...)
		}
	}
	if i := w.connection(seen); i > 0 {
		dst = append(dst, connections[i]...)
	}
	return append(dst, "\r\n"...), nil
}

// frame decides on the framing and returns the value of the Content-Length field, negative for none.
func (w *Response) frame(h *Head) (size int64) {
	w.closing = h.Close
	switch {
	case h.Status == 204:
		w.empty = true
		return -1
	case h.Status == 304:
		w.empty = true
		return h.Size
	case h.Status == 205:
		w.framing, w.empty = FramingLength, true
		return 0
	case h.Size >= 0:
		w.framing, w.left = FramingLength, h.Size
		return h.Size
	}
	w.framing, w.left = FramingChunked, math.MaxInt64
	if w.http10 {
		w.framing, w.closing = FramingClose, true
	}
	return -1
}

// connection returns which of connections the head has.
func (w *Response) connection(seen hdr.Bits) (i int) {
	switch {
	case w.closing:
		i = 1
	case w.http10:
		i = 2
	}
	if seen.Has(hdr.Upgrade) {
		i += 3
	}
	return i
}

// Content appends p, as it is or as one chunk. An empty p appends nothing: a chunk of no octets would be the
// last-chunk. For HEAD p is counted only. p must not overlap the spare capacity of dst.
//
// Errors are ErrState, ErrContent, and ErrLong if p goes beyond the declared size.
func (w *Response) Content(dst, p []byte) ([]byte, error) {
	if e := w.take(int64(len(p))); e != 0 {
		return dst, e
	}
	switch {
	case w.head || len(p) == 0:
		return dst, nil
	case w.framing == FramingChunked:
		dst = appendChunkSize(dst, uint64(len(p)))
		dst = append(dst, p...)
		return append(dst, "\r\n"...), nil
	}
	return append(dst, p...), nil
}

// Span is Content for n octets that the caller sends itself, from a file for example: it appends what goes before them,
// and EndSpan, which must come next, what goes after them. When [Response.HasContent] is false (HEAD), the caller must not
// send the octets; they are counted.
//
// Errors are those of Content, and ErrSize if n < 1.
func (w *Response) Span(dst []byte, n int64) ([]byte, error) {
	if w.state == content && n < 1 {
		return dst, ErrSize
	}
	if e := w.take(n); e != 0 {
		return dst, e
	}
	w.state = span
	if w.framing == FramingChunked && !w.head {
		dst = appendChunkSize(dst, uint64(n))
	}
	return dst, nil
}

// EndSpan ends the span. The error is ErrState if there is none.
func (w *Response) EndSpan(dst []byte) ([]byte, error) {
	if w.state != span {
		return dst, ErrState
	}
	w.state = content
	if w.framing == FramingChunked && !w.head {
		dst = append(dst, "\r\n"...)
	}
	return dst, nil
}

// take counts n octets of content.
func (w *Response) take(n int64) Error {
	switch {
	case w.state != content:
		return ErrState
	case w.empty && n > 0:
		return ErrContent
	case n > w.left:
		return ErrLong
	}
	w.left -= n
	w.sent += n
	return 0
}

// End appends the last-chunk and the trailer section of chunked content and ends the response in any framing. trailers
// may be nil; they are dropped unless the framing is chunked (RFC 9112 section 7.1.2), but checked in any case, so that a mistake
// shows with every client.
//
// Errors are ErrState, ErrField for a trailer that [ForbiddenTrailer] excludes, and ErrShort for less content than
// declared. The latter leaves only one honest way out, which is to abort the connection. HEAD needs no content.
func (w *Response) End(dst []byte, trailers *hdr.Set) ([]byte, error) {
	switch {
	case w.state != content:
		return dst, ErrState
	case trailers != nil && trailers.Seen()&forbiddenTrailers != 0:
		return dst, ErrField
	case w.framing == FramingLength && w.left > 0 && !w.head:
		return dst, ErrShort
	}
	w.state = done
	if w.framing != FramingChunked || w.head {
		return dst, nil
	}
	dst = append(dst, "0\r\n"...)
	if trailers != nil {
		dst = trailers.AppendTo(dst)
	}
	return append(dst, "\r\n"...), nil
}

// Began reports whether the head of the final response was appended.
func (w *Response) Began() bool { return w.state != idle }

// Done reports whether the response is complete.
func (w *Response) Done() bool { return w.state == done }

// Framing returns the framing that Begin decided on; for HEAD, that of the GET.
func (w *Response) Framing() Framing { return w.framing }

// HasContent reports whether content goes onto the wire: not before Begin, not for HEAD, and not after a 204, 205 or 304.
func (w *Response) HasContent() bool { return w.state != idle && !w.head && !w.empty }

// Sent returns the size of the content so far, in octets; for HEAD, of the content that would have been sent.
func (w *Response) Sent() int64 { return w.sent }

// Left returns how many octets of content are still to come, -1 if that is not known.
func (w *Response) Left() int64 {
	if w.state == idle || w.framing == FramingChunked || w.framing == FramingClose {
		return -1
	}
	return w.left
}

// Persistent reports whether the connection outlives this response once it is done. Begin decides it; it is false before.
func (w *Response) Persistent() bool { return w.state != idle && !w.closing }
