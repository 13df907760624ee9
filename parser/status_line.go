package parser

// statusLine goes on with the status line (RFC 9112 section 4) in b:
//
//	status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF
//
// The second SP is required even when there is no reason phrase. It returns true once the line is complete.
func (h *ResponseHead) statusLine(b []byte) bool {
	i := h.pos
	switch h.phase {
	case inLead:
		var e Error
		if i, e = consumeVersion(b, 0, i, versionInResponse); e != 0 {
			return h.refuse(e, i)
		}
		if i < len(versionInResponse) {
			return h.pause(inLead, i)
		}
		fallthrough
	case inStatus:
		var e Error
		if i, e = consumeStatus(b, i); e != 0 {
			return h.refuse(e, i)
		}
		if i < reasonOff {
			return h.pause(inStatus, i)
		}
		fallthrough
	case inReason:
		if i = scanValue(b, i); i >= len(b) {
			return h.pause(inReason, i)
		}
		if b[i] != '\r' {
			return h.refuse(lineError(b[i], ReasonOctet), i)
		}
		h.reasonEnd = i
		i++
		fallthrough
	case inLineFeed:
		if i >= len(b) {
			return h.pause(inLineFeed, i)
		}
		if b[i] != '\n' {
			return h.refuse(BareCR, i)
		}
		i++
	}
	if i > h.limits.Head {
		return h.refuse(HeadTooLarge, h.limits.Head)
	}
	h.phase = inFields
	h.section.reset(i, h.limits.Fields)
	return true
}

// All that precedes the reason phrase has a fixed size.
const (
	statusOff = len(versionInResponse)
	reasonOff = statusOff + len("200 ")
)

// consumeStatus goes on at b[i] with three digits and the SP behind them. A status code is 100 to 599 (RFC 9110 section 15).
func consumeStatus(b []byte, i int) (int, Error) {
	for ; i < len(b) && i < reasonOff; i++ {
		c := b[i]
		switch {
		case i == reasonOff-1 && c == ' ':
		case i == statusOff && (c < '1' || c > '5'), i != statusOff && !is(c, classDigit), i == reasonOff-1:
			return i, lineError(c, StatusCode)
		}
	}
	return i, 0
}
