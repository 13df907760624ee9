package parser

import (
	"bytes"
	"math"

	"barewire/hdr"
)

// Framing says how the end of a message body is found (RFC 9112 section 6.3).
type Framing uint8

const (
	FramingNone    Framing = iota // there is no body
	FramingLength                 // Content-Length
	FramingChunked                // Transfer-Encoding: chunked
	FramingClose                  // the body of a response ends with the connection
)

// checkFraming finds the length of the message body from the header section of a complete head. Where RFC 9112 lets a recipient choose between
// refusing and repairing, it refuses.
func (m *message) checkFraming(b []byte, seen, repeated hdr.Bits) (off int, e Error) {
	if seen.Has(hdr.TransferEncoding) {
		return m.checkTransferEncoding(b, seen)
	}
	if !seen.Has(hdr.ContentLength) {
		return 0, 0
	}
	if repeated.Has(hdr.ContentLength) {
		return m.section.repeatedOff(b, hdr.ContentLength), ContentLengthRepeated
	}
	start, end := m.section.index.Span(b, hdr.ContentLength)
	size, bad, e := contentLength(b[start:end])
	if e != 0 {
		return start + bad, e
	}
	m.framing, m.size = FramingLength, size
	return 0, 0
}

// contentLength reads Content-Length = 1*DIGIT (RFC 9110 section 8.6). An error comes with the offset of the octet at fault.
func contentLength(value []byte) (size int64, bad int, e Error) {
	for i, c := range value {
		if !is(c, classDigit) {
			return 0, i, ContentLengthSyntax
		}
		digit := int64(c - '0')
		if size > (math.MaxInt64-digit)/10 {
			size, bad, e = 0, i, ContentLengthTooLarge
		}
		if e == 0 {
			size = size*10 + digit
		}
	}
	if len(value) == 0 {
		return 0, 0, ContentLengthSyntax
	}
	return size, bad, e
}

// checkTransferEncoding allows one thing: Transfer-Encoding: chunked, in HTTP/1.1, without Content-Length (RFC 9112
// section 6.1). All lines together are one list of transfer codings; a coding other than chunked is one that is not
// implemented here, once the list is known to be well-formed.
func (m *message) checkTransferEncoding(b []byte, seen hdr.Bits) (off int, e Error) {
	if m.minor == 0 {
		off, _ = m.section.index.Span(b, hdr.TransferEncoding)
		return off, TransferEncodingVersion
	}
	if seen.Has(hdr.ContentLength) {
		off, _ = m.section.index.Span(b, hdr.ContentLength)
		return off, TransferEncodingLength
	}
	chunked, unknown := false, -1
	for lineOff, rest := range m.section.values(b, hdr.TransferEncoding) {
		for size, last := len(rest), false; !last; {
			var coding []byte
			off = lineOff + size - len(rest)
			coding, rest, last = hdr.NextElement(rest)
			switch {
			case len(coding) == 0:
				return off, TransferEncodingEmpty
			case chunked:
				return off, TransferEncodingChunked
			case hdr.EqualFold(coding, "chunked"):
				chunked = true
			case hdr.EqualFold(codingName(coding), "chunked"):
				return off, TransferEncodingChunked
			case !hdr.IsToken(codingName(coding)):
				return off, TransferEncodingSyntax
			case unknown < 0:
				unknown = off
			}
		}
	}
	if !chunked {
		return off, TransferEncodingChunked
	}
	if unknown >= 0 {
		return unknown, TransferCodingUnknown
	}
	m.framing, m.size = FramingChunked, -1
	return 0, 0
}

// codingName returns a transfer coding without its parameters.
func codingName(coding []byte) []byte {
	if i := bytes.IndexByte(coding, ';'); i >= 0 {
		coding = coding[:i]
	}
	return hdr.TrimOWS(coding)
}

// checkPersistent applies RFC 9112 section 9.3: close ends the connection after this message; without it HTTP/1.1 stays
// open, and HTTP/1.0 with keep-alive.
func (m *message) checkPersistent(b []byte, seen, repeated hdr.Bits) {
	m.persistent = m.minor > 0
	switch {
	case !seen.Has(hdr.Connection):
	case repeated.Has(hdr.Connection):
		keepAlive, closes := false, false
		for _, value := range m.section.values(b, hdr.Connection) {
			k, c := connectionOptions(value)
			keepAlive, closes = keepAlive || k, closes || c
		}
		m.persistent = (m.persistent || keepAlive) && !closes
	default:
		start, end := m.section.index.Span(b, hdr.Connection)
		keepAlive, closes := connectionOptions(b[start:end])
		m.persistent = (m.persistent || keepAlive) && !closes
	}
}

// connectionOptions looks for the two options that matter in Connection = #connection-option (RFC 9110 section 7.6.1). Options are
// tokens: quotes do not hide a comma.
func connectionOptions(value []byte) (keepAlive, closes bool) {
	if string(value) == "keep-alive" { // as browsers write it
		return true, false
	}
	for more := true; more; {
		var option []byte
		option, value, more = bytes.Cut(value, comma)
		option = hdr.TrimOWS(option)
		keepAlive = keepAlive || hdr.EqualFold(option, "keep-alive")
		closes = closes || hdr.EqualFold(option, "close")
	}
	return keepAlive, closes
}

var comma = []byte(",")

// checkExpect applies RFC 9110 section 10.1.1: 100-continue is the one expectation there is. In HTTP/1.0 the field is ignored.
func (m *message) checkExpect(b []byte, seen hdr.Bits) (off int, e Error) {
	if !seen.Has(hdr.Expect) || m.minor == 0 {
		return 0, 0
	}
	for lineOff, rest := range m.section.values(b, hdr.Expect) {
		for size, last := len(rest), false; !last; {
			var expectation []byte
			off = lineOff + size - len(rest)
			expectation, rest, last = hdr.NextElement(rest)
			switch {
			case hdr.EqualFold(expectation, "100-continue"):
				m.expect = true
			case len(expectation) > 0:
				return off, ExpectationUnknown
			}
		}
	}
	return 0, 0
}
