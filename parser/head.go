package parser

import "barewire/hdr"

// phase is how far a head has come. Request lines and status lines share the names; see the drawing in doc.go.
type phase uint8

const (
	inLead phase = iota // nothing but a leading CRLF, or part of it; of a response, in the version
	inMethod
	inTarget
	inVersion
	inStatus
	inReason
	inLineFeed // the CR of the status line was seen
	inFields
	complete // and accepted
	refused
)

// message is what request heads and response heads have in common: all but the start line.
type message struct {
	progress
	limits  Limits // as applied
	given   Limits // as given
	section fieldSection
}

// progress is what reset clears, all at once.
type progress struct {
	phase      phase
	err        Error
	minor      uint8
	framing    Framing
	persistent bool
	expect     bool
	pos        int // next octet of the start line; then the size of the head, or the offset of the octet refused
	size       int64
}

func (m *message) reset(l Limits) {
	if l != m.given || m.limits.Head == 0 {
		m.given, m.limits = l, l.effective()
	}
	m.progress = progress{}
}

// window cuts b behind the first octet that the head may not have. That octet is looked at: it may be worse than
// one too many.
func (m *message) window(b []byte) []byte { return b[:min(len(b), m.limits.Head+1)] }

// pause keeps what is needed to go on at offset i of the start line.
func (m *message) pause(p phase, i int) bool {
	m.phase, m.pos = p, i
	return false
}

// refuse ends the parsing with e for the octet at offset off.
func (m *message) refuse(e Error, off int) bool {
	m.phase, m.err, m.pos = refused, e, off
	return false
}

// fields goes on with the header section in b, a window. It returns true once the head is complete.
func (m *message) fields(b []byte) bool {
	if usedPath != pathWords && m.section.scan(b[:min(len(b), m.limits.Head)]) {
		return true
	}
	done, e := m.section.parse(b)
	if e != 0 {
		return m.refuse(e, m.section.pos)
	}
	return done && m.section.pos <= m.limits.Head
}

// outcome returns the answer of Parse for a head that is not complete in b, a window, or was finished before.
func (m *message) outcome(b []byte) (n int, e Error) {
	switch {
	case m.phase == complete:
		return m.pos, 0
	case m.phase != refused && len(b) > m.limits.Head:
		m.refuse(HeadTooLarge, m.limits.Head)
	}
	return 0, m.err
}

// finish takes a complete head after its last check: e and off are what that found. Names are folded only now, so that a
// refused head is left as received.
func (m *message) finish(b []byte, off int, e Error) (n int, _ Error) {
	if e != 0 {
		m.refuse(e, off)
		return 0, e
	}
	m.section.fold(b)
	m.phase, m.pos = complete, len(b)
	return len(b), 0
}

// ErrorOff returns the offset of the octet for which the head was refused; where something is missing, of the octet that
// is there in its place.
func (m *message) ErrorOff() int { return m.pos }

// Minor returns 1 for HTTP/1.1 and every later HTTP/1.x, which is to be served as HTTP/1.1, and 0 for HTTP/1.0 (RFC 9110
// section 2.5).
func (m *message) Minor() int { return int(m.minor) }

// Fields returns the header section. b must hold the head at its start, as for the call of Parse that completed it; the
// View is valid until b changes or Reset is called. It is empty as long as no head is complete.
func (m *message) Fields(b []byte) hdr.View {
	if m.phase != complete {
		return hdr.View{}
	}
	return m.section.index.View(b)
}

// Framing returns how the end of the message body is found.
func (m *message) Framing() Framing { return m.framing }

// Size returns the size of the content in octets for FramingLength, 0 for FramingNone and -1 otherwise.
func (m *message) Size() int64 { return m.size }

// Persistent reports whether the sender keeps the connection open after this message (RFC 9112 section 9.3).
func (m *message) Persistent() bool { return m.persistent }

// Head parses the head of one request after the other: request line, header section and the blank line. It does not
// allocate and keeps no pointer into the octets. Reset comes before every request; the accessors are for a complete head, and the
// octets they are given must be those that Parse completed, wherever they are by then. The slices they return alias
// those octets, with their capacity cut to their length, and are valid as long as those are.
type Head struct {
	message
	lineProgress
	asterisk  [1]byte
	target    int
	version   int
	path      int
	authority int
}

// lineProgress is what Reset clears besides.
type lineProgress struct {
	method       Method
	form         Form
	triplet      uint8 // hexadecimal digits that a '%' in the target still needs
	start        int   // of the method
	query        int   // behind the '?'; 0: there is none
	authorityEnd int   // 0: the target has no authority
}

// Reset prepares for the next request.
func (h *Head) Reset(l Limits) {
	h.reset(l)
	h.lineProgress = lineProgress{}
}

// Parse goes on with a head whose octets so far are b: from the same start in every call, and never fewer than before. It
// returns
//
//	n > 0, 0    the head is complete and accepted, and took n octets
//	0, 0        more octets are needed; b is to be kept, and may be moved
//	0, e        the head is refused; [Head.ErrorOff] says where
//
// and the same again if it is called again after the first or the last. Octets seen in earlier calls are not looked at again. The
// names of the fields of an accepted head are folded to lower case in b; b is never changed otherwise.
func (h *Head) Parse(b []byte) (n int, e Error) {
	switch {
	case h.phase == inLead && h.pos == 0:
		if n = h.scan(b); n > 0 {
			return n, 0
		}
	case h.phase == inFields && h.section.goesOn(b, h.limits.Head):
		return 0, 0
	}
	return h.parse(b)
}

// parse is Parse without a pass over all of the head, or after one that did not get to its end.
func (h *Head) parse(b []byte) (n int, e Error) {
	w := h.window(b)
	if h.phase < inFields {
		h.requestLine(w)
	}
	if h.phase != inFields || !h.section.pass.done && !h.fields(w) {
		return h.outcome(w)
	}
	w = w[:h.section.pos]
	off, e := h.check(w)
	return h.finish(w, off, e)
}

// check looks at a complete head as a whole. What it may find comes in the order of these calls.
func (h *Head) check(b []byte) (off int, e Error) {
	if off, e = h.checkVersion(b, h.version); e != 0 {
		return off, e
	}
	if h.method == 0 {
		h.method = MethodOf(h.Method(b))
	}
	if b[h.target] == '/' && h.method != MethodConnect {
		h.path = h.target
	} else if off, e = h.checkTarget(b); e != 0 {
		return off, e
	}
	seen, repeated := h.section.note(b)
	if off, e = h.checkHostField(b, seen, repeated); e != 0 {
		return off, e
	}
	if h.persistent = h.minor > 0; h.persistent && h.section.isPlain(b, seen, repeated) {
		return 0, 0
	}
	return h.checkMessage(b, seen, repeated)
}

// checkMessage finds out how the message goes on behind the head, and the connection behind the message.
func (h *Head) checkMessage(b []byte, seen, repeated hdr.Bits) (off int, e Error) {
	if off, e = h.checkFraming(b, seen, repeated); e != 0 {
		return off, e
	}
	h.checkPersistent(b, seen, repeated)
	return h.checkExpect(b, seen)
}

// isPlain reports whether the section says nothing about the message body and the connection but, perhaps, "Connection: keep-alive", as
// most requests: in HTTP/1.1 there is nothing to check then.
func (s *fieldSection) isPlain(b []byte, seen, repeated hdr.Bits) bool {
	const connection hdr.Bits = 1 << hdr.Connection
	const all = 1<<hdr.TransferEncoding | 1<<hdr.ContentLength | 1<<hdr.Expect | connection
	if seen&all != connection || repeated&connection != 0 {
		return seen&all == 0
	}
	lines, first := s.index.Raw()
	l := lines[first[hdr.Connection]]
	return string(b[l.Colon:l.CR]) == ": keep-alive"
}

// Started reports whether a request line has begun: an octet was seen that is not part of a leading CRLF. Until then a
// connection is as good as idle.
func (h *Head) Started() bool { return h.phase > inMethod || h.pos > h.start && h.phase == inMethod }

// Method returns the method as received.
func (h *Head) Method(b []byte) []byte { return b[h.start : h.target-1 : h.target-1] }

// MethodID returns the method if it is registered, else 0.
func (h *Head) MethodID() Method { return h.method }

// ExpectContinue reports whether the client waits for a 100 (Continue) response before it sends the content (RFC 9110 section
// 10.1.1), which may be empty all the same. It is never true in HTTP/1.0.
func (h *Head) ExpectContinue() bool { return h.expect }
