package parser

// requestLine goes on with the request line (RFC 9112 section 3) in b:
//
//	request-line = method SP request-target SP HTTP-version CRLF
//
// One empty line before it is ignored (RFC 9112 section 2.2). It returns true once the line is complete.
func (h *Head) requestLine(b []byte) bool {
	i := h.pos
	if h.phase == inLead && i == 0 && uint32(word(b, 0)) == get { // most requests
		h.phase, h.method, h.target, i = inTarget, MethodGet, len("GET "), len("GET ")
	}
	switch h.phase {
	case inLead:
		if i == 0 && len(b) > 0 && b[0] == '\r' {
			i++
		}
		if i >= len(b) {
			return h.pause(inLead, i)
		}
		if i == 1 {
			if b[1] != '\n' {
				return h.refuse(BareCR, 1)
			}
			i++
		}
		h.start = i
		fallthrough
	case inMethod:
		if i = scanToken(b, i); i-h.start > MethodSize {
			return h.refuse(MethodTooLong, h.start+MethodSize)
		}
		if i >= len(b) {
			return h.pause(inMethod, i)
		}
		if b[i] != ' ' || i == h.start {
			return h.refuse(startLineError(b[i], MethodOctet), i)
		}
		i++
		h.target = i
		fallthrough
	case inTarget:
		var e Error
		if i, e = h.consumeTarget(b, i); e != 0 {
			return h.refuse(e, i)
		}
		if i >= len(b) {
			return h.pause(inTarget, i)
		}
		i++
		h.version = i
		fallthrough
	case inVersion:
		var e Error
		if i == h.version && isHTTP11(b, i) {
			i += len(versionInRequest)
		} else if i, e = consumeVersion(b, h.version, i, versionInRequest); e != 0 {
			return h.refuse(e, i)
		}
		if i < h.version+len(versionInRequest) {
			return h.pause(inVersion, i)
		}
	}
	if i > h.limits.Head {
		return h.refuse(HeadTooLarge, h.limits.Head)
	}
	h.phase = inFields
	h.section.reset(i, h.limits.Fields)
	return true
}

const get = 'G' | 'E'<<8 | 'T'<<16 | ' '<<24

// startLineError is otherwise, unless c ends the line.
func startLineError(c byte, otherwise Error) Error {
	if c == '\r' {
		return RequestLine
	}
	return lineError(c, otherwise)
}
