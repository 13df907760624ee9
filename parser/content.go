package parser

import (
	"math"

	"barewire/hdr"
)

// Content decodes one message body after the other: it takes the framing off and hands out the content. It does not
// allocate and keeps no pointer into the octets. Reset comes before every message.
type Content struct {
	phase   contentPhase
	framing Framing
	err     Error
	errOff  int
	left    int64 // octets still to come: of the content for FramingLength, of the chunk in hand for FramingChunked
	room    int64 // octets that the content may still grow by
	chunk   chunkLine
	section fieldSection // trailers
}

type contentPhase uint8

const (
	inData      contentPhase = iota // of the content or of a chunk
	inDataCR                        // all data of a chunk was seen
	inDataLF                        // and the CR behind it
	inChunkLine                     // chunk-size, chunk-ext, CRLF
	inTrailers
	contentDone
	contentRefused
)

// Reset prepares for a message body with the framing and the size that its head gives ([Head.Framing], [Head.Size]). limit
// is the largest content accepted, in octets, negative for none. A size beyond the limit is refused by the first call
// of Next.
func (c *Content) Reset(f Framing, size, limit int64) {
	if limit < 0 {
		limit = math.MaxInt64
	}
	c.phase, c.framing, c.err, c.errOff, c.left, c.room = inData, f, 0, 0, 0, limit
	switch f {
	case FramingNone:
		c.phase = contentDone
	case FramingLength:
		c.left = size
		if size > limit {
			c.refuse(ContentTooLarge, 0)
		} else if size <= 0 {
			c.phase = contentDone
		}
	case FramingChunked:
		c.phase = inChunkLine
		c.chunk = chunkLine{}
	}
}

// Next decodes the unread octets b. It consumes the first n of them, and data, if there is any, is the end of those: one run of
// content, aliasing b, its capacity cut to its length. The next call wants what follows them.
//
//	n > 0       go on; data may be empty, when there was framing alone
//	n == 0      more octets are needed, or Done is true
//	e != 0      refused; [Content.ErrorOff] says where in b
//
// All is consumed as it comes, with one exception: a trailer section is consumed at once when it is complete. Until then the
// caller keeps its octets, at most TrailerSectionSize, and calls again with more behind them.
func (c *Content) Next(b []byte) (data []byte, n int, e Error) {
	switch c.phase {
	case contentDone:
		return nil, 0, 0
	case contentRefused:
		return nil, 0, c.err
	case inTrailers:
		return c.trailers(b)
	}
	switch c.framing {
	case FramingLength:
		data = c.take(b, 0)
		if c.left == 0 {
			c.phase = contentDone
		}
	case FramingClose:
		if c.room == 0 && len(b) > 0 {
			return c.refuse(ContentTooLarge, 0)
		}
		c.left = c.room
		data = c.take(b, 0)
	default:
		return c.nextChunked(b)
	}
	return data, len(data), 0
}

// take returns the data at b[i:], as much as is there and due.
func (c *Content) take(b []byte, i int) []byte {
	size := min(c.left, int64(len(b)-i))
	c.left -= size
	c.room -= size
	end := i + int(size)
	return b[i:end:end]
}

func (c *Content) refuse(e Error, off int) ([]byte, int, Error) {
	c.phase, c.err, c.errOff = contentRefused, e, off
	return nil, 0, e
}

// ErrorOff returns the offset of the octet for which the content was refused, in the b of the call of Next that
// refused it first.
func (c *Content) ErrorOff() int { return c.errOff }

// Done reports whether the content, and its trailer section, has been read to the end. For FramingClose that is after
// End.
func (c *Content) Done() bool { return c.phase == contentDone }

// End takes note that nothing more will come, and returns 0 if the content is complete with that, else Truncated or
// the error that it was refused for (RFC 9112 section 8).
func (c *Content) End() Error {
	switch {
	case c.phase == contentRefused:
		return c.err
	case c.phase == contentDone || c.framing == FramingClose:
		c.phase = contentDone
		return 0
	}
	return Truncated
}

// Left returns how many octets of the content are still to come; -1 where that is not known.
func (c *Content) Left() int64 {
	switch {
	case c.phase == contentDone:
		return 0
	case c.framing == FramingLength:
		return c.left
	}
	return -1
}

// Trailers returns the trailer section, names in lower case. It is empty until Done. b must hold what the call of Next that made Done true
// was given; the View is valid until b changes or Reset is called. Trailers are a section of their own: what
// looks like framing, routing or authentication in it has no such meaning (RFC 9110 section 6.5.1).
func (c *Content) Trailers(b []byte) hdr.View {
	if c.phase != contentDone || c.framing != FramingChunked {
		return hdr.View{}
	}
	return c.section.index.View(b)
}
