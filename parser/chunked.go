package parser

// chunkLine parses the line before the data of a chunk (RFC 9112 section 7.1):
//
//	chunk-size [ chunk-ext ] CRLF
//	chunk-size = 1*HEXDIG
//	chunk-ext  = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
//
// The grammar of chunk-ext is checked in full, and then ignored.
type chunkLine struct {
	phase  chunkPhase
	digits uint8
	octets uint16 // of the line in hand
	excess uint16 // octets of overhead beyond a fair share, over all lines
	size   int64
}

type chunkPhase uint8

const (
	inSize       chunkPhase = iota
	inGap                   // BWS behind a size or a value: only ";" may follow
	atExtName               // behind ";" and BWS
	inExtName               //
	inExtGap                // BWS behind a name: ";" or "=" may follow
	atExtValue              // behind "=" and BWS
	inExtValue              // in a token
	inQuoted                // in a quoted-string
	inQuotedPair            // behind its "\"
	afterQuoted             // behind the closing quote
	inChunkLF               // behind CR
)

// next takes one octet. It returns true when the line is complete.
func (l *chunkLine) next(c byte, room int64) (done bool, e Error) {
	if l.phase == inChunkLF {
		if c != '\n' {
			return false, BareCR
		}
		return true, l.charge()
	}
	if l.phase == inSize && is(c, classHex) {
		e = l.digit(c, room)
	} else {
		e = l.step(c)
	}
	if l.octets++; e == 0 && l.octets > ChunkLineSize && l.phase != inChunkLF {
		e = ChunkLineTooLarge
	}
	return false, e
}

// digit adds a digit to the size, which must not become larger than room.
func (l *chunkLine) digit(c byte, room int64) Error {
	if l.digits++; l.digits > ChunkSizeCount {
		return ChunkSizeTooLong
	}
	if v := hexValue(c); l.size > (room-v)>>4 {
		return ContentTooLarge
	} else {
		l.size = l.size<<4 | v
	}
	return 0
}

// step takes an octet that is not a digit of the size.
func (l *chunkLine) step(c byte) Error {
	switch l.phase {
	case inSize:
		if l.digits == 0 {
			return lineError(c, ChunkSizeSyntax)
		}
		return l.separate(c, inGap, ChunkSizeSyntax)
	case inGap:
		if c == '\r' { // BWS belongs to the ";" behind it
			return ChunkExtSyntax
		}
		return l.separate(c, inGap, ChunkExtSyntax)
	case atExtName:
		if is(c, classToken) {
			l.phase = inExtName
		} else if !isOWS(c) {
			return lineError(c, ChunkExtSyntax)
		}
	case inExtName, inExtGap:
		switch {
		case c == '=':
			l.phase = atExtValue
		case c == '\r' && l.phase == inExtGap:
			return ChunkExtSyntax
		case l.phase == inExtGap || !is(c, classToken):
			return l.separate(c, inExtGap, ChunkExtSyntax)
		}
	case atExtValue:
		switch {
		case c == '"':
			l.phase = inQuoted
		case is(c, classToken):
			l.phase = inExtValue
		case !isOWS(c):
			return lineError(c, ChunkExtSyntax)
		}
	case inExtValue:
		if !is(c, classToken) {
			return l.separate(c, inGap, ChunkExtSyntax)
		}
	case afterQuoted:
		return l.separate(c, inGap, ChunkExtSyntax)
	case inQuoted:
		switch {
		case c == '"':
			l.phase = afterQuoted
		case c == '\\':
			l.phase = inQuotedPair
		case !is(c, classQuoted):
			return lineError(c, ChunkExtSyntax)
		}
	case inQuotedPair:
		if !is(c, classValue) {
			return lineError(c, ChunkExtSyntax)
		}
		l.phase = inQuoted
	}
	return 0
}

// separate takes an octet behind a size, a name or a value: ";" or the CR, or white space that leads to the phase gap.
func (l *chunkLine) separate(c byte, gap chunkPhase, otherwise Error) Error {
	switch {
	case c == ';':
		l.phase = atExtName
	case c == '\r':
		l.phase = inChunkLF
	case isOWS(c):
		l.phase = gap
	default:
		return lineError(c, otherwise)
	}
	return 0
}

// charge accounts for the overhead of a complete line; see ChunkOverheadSize.
func (l *chunkLine) charge() Error {
	const lf = 1 // octets counts the CR
	fair := 16 + 2*min(l.size, ChunkOverheadSize+ChunkLineSize)
	sum := max(int64(l.excess)+int64(l.octets)+lf-fair, 0)
	if sum > ChunkOverheadSize {
		return ChunkOverhead
	}
	l.excess = uint16(sum)
	return 0
}

// nextChunked is Next for FramingChunked before the trailer section: chunked-body = *chunk last-chunk trailer-section CRLF, and a chunk
// is a chunk line, data and CRLF.
func (c *Content) nextChunked(b []byte) (data []byte, n int, e Error) {
	for i := 0; i < len(b); i++ {
		switch c.phase {
		case inChunkLine:
			done, e := c.chunk.next(b[i], c.room)
			if e != 0 {
				return c.refuse(e, i)
			}
			if !done {
				continue
			}
			c.left = c.chunk.size
			c.chunk = chunkLine{excess: c.chunk.excess}
			c.phase = inData
			if c.left == 0 {
				return c.lastChunk(b, i+1)
			}
		case inData:
			data = c.take(b, i)
			if c.left == 0 {
				c.phase = inDataCR
			}
			return data, i + len(data), 0
		case inDataCR:
			if b[i] != '\r' {
				return c.refuse(lineError(b[i], ChunkDataEnd), i)
			}
			c.phase = inDataLF
		case inDataLF:
			if b[i] != '\n' {
				return c.refuse(BareCR, i)
			}
			c.phase = inChunkLine
		}
	}
	return nil, len(b), 0
}

// lastChunk ends the data at b[i:]. Most messages have no trailers, and are complete with the CRLF there; otherwise the trailer
// section waits for the next call, so that its offsets are those in the b of that call alone.
func (c *Content) lastChunk(b []byte, i int) (data []byte, n int, e Error) {
	c.section.reset(0, TrailerFieldCount)
	c.phase = inTrailers
	if len(b) >= i+2 && b[i] == '\r' && b[i+1] == '\n' {
		c.phase = contentDone
		i += 2
	}
	return nil, i, 0
}

// trailers goes on with the trailer section at the start of b.
func (c *Content) trailers(b []byte) (data []byte, n int, e Error) {
	b = b[:min(len(b), TrailerSectionSize+1)]
	done, e := c.section.parse(b)
	switch {
	case e != 0:
		return c.refuse(e, c.section.pos)
	case len(b) > TrailerSectionSize && (!done || c.section.pos > TrailerSectionSize):
		return c.refuse(TrailersTooLarge, TrailerSectionSize)
	case !done:
		return nil, 0, 0
	}
	b = b[:c.section.pos]
	c.section.note(b)
	c.section.fold(b)
	c.phase = contentDone
	return nil, len(b), 0
}
