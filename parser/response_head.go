package parser

// ResponseHead parses the head of one response after the other, for a client: status line, header section and the blank
// line. It is used as [Head] is. An interim response (RFC 9110 section 15.2) is a complete head of its own, after which Reset and
// Parse go on behind it with the same request's method.
type ResponseHead struct {
	message
	request   Method
	status    int
	reasonEnd int
}

// Reset prepares for the next response, to a request with the method given, on which the framing depends.
func (h *ResponseHead) Reset(l Limits, request Method) {
	h.reset(l)
	h.request, h.status, h.reasonEnd = request, 0, 0
}

// Parse goes on with a head whose octets so far are b, as [Head.Parse] does.
func (h *ResponseHead) Parse(b []byte) (n int, e Error) {
	if h.phase == inFields && h.section.goesOn(b, h.limits.Head) {
		return 0, 0
	}
	w := h.window(b)
	if h.phase < inFields {
		h.statusLine(w)
	}
	if h.phase != inFields || !h.fields(w) {
		return h.outcome(w)
	}
	w = w[:h.section.pos]
	off, e := h.check(w)
	return h.finish(w, off, e)
}

// check looks at a complete head as a whole. What it may find comes in the order of these calls.
func (h *ResponseHead) check(b []byte) (off int, e Error) {
	if off, e = h.checkVersion(b, 0); e != 0 {
		return off, e
	}
	for _, c := range b[statusOff : statusOff+3] {
		h.status = h.status*10 + int(c-'0')
	}
	seen, repeated := h.section.note(b)
	h.checkPersistent(b, seen, repeated)
	if h.switches() {
		h.persistent = false
	}
	if h.tunnels() {
		return 0, 0
	}
	if off, e = h.checkFraming(b, seen, repeated); e != 0 {
		return off, e
	}
	switch {
	case h.request == MethodHead, h.status < 200, h.status == 204, h.status == 304:
		h.framing, h.size = FramingNone, 0
	case h.framing == FramingNone:
		h.framing, h.size, h.persistent = FramingClose, -1, false
	}
	return 0, 0
}

// tunnels reports whether the response makes the connection a tunnel. Framing fields in it are ignored (RFC 9110 section
// 9.3.6).
func (h *ResponseHead) tunnels() bool { return h.request == MethodConnect && h.status/100 == 2 }

// switches reports whether the connection speaks something else than HTTP/1.1 behind this response.
func (h *ResponseHead) switches() bool { return h.status == 101 || h.tunnels() }

// Status returns the status code, 100 to 599.
func (h *ResponseHead) Status() int { return h.status }

// Reason returns the reason phrase as received, which may be empty and means nothing (RFC 9112 section 4).
func (h *ResponseHead) Reason(b []byte) []byte { return b[reasonOff:h.reasonEnd:h.reasonEnd] }
