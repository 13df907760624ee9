package parser

import (
	"bytes"

	"barewire/hdr"
)

// Form is the form of a request-target (RFC 9112 section 3.2).
type Form uint8

const (
	OriginForm    Form = iota // "/where?q=now"
	AbsoluteForm              // "http://www.example.org/where?q=now"
	AuthorityForm             // "www.example.org:80", for CONNECT alone
	AsteriskForm              // "*", for OPTIONS alone
)

// String returns the name of the form.
func (f Form) String() string {
	return [...]string{"origin-form", "absolute-form", "authority-form", "asterisk-form"}[f&3]
}

// consumeTarget goes on at b[i] with the octets of the request-target. It returns the offset of the SP that ends it,
// len(b) when b ends before, or the offset of the octet that it refuses.
//
// What is checked here needs no look ahead: octets that no target has, percent-encoded triplets (RFC 3986 section 2.1), the size, and
// brackets in the origin-form. checkTarget does the rest.
func (h *Head) consumeTarget(b []byte, i int) (int, Error) {
	for ; ; i++ {
		if h.triplet == 0 {
			i = scanTarget(b, i)
		}
		switch {
		case i-h.target > h.limits.Target:
			return h.target + h.limits.Target, TargetTooLong
		case i >= len(b):
			return i, 0
		case h.triplet > 0:
			if !is(b[i], classHex) {
				return i, TargetPercent
			}
			h.triplet--
		case b[i] == ' ':
			if i == h.target {
				return i, RequestLine
			}
			return i, 0
		case b[i] == '?':
			if h.query == 0 {
				h.query = i + 1
			}
		case b[i] == '%':
			h.triplet = 2
		case (b[i] == '[' || b[i] == ']') && b[h.target] != '/':
		default:
			return i, startLineError(b[i], TargetOctet)
		}
	}
}

// checkTarget finds the form of the target of a complete head, checks that the method allows it, and finds
// authority, path and query.
func (h *Head) checkTarget(b []byte) (off int, e Error) {
	first, end := b[h.target], h.targetEnd()
	switch {
	case h.method == MethodConnect:
		return h.checkAuthorityForm(b, end)
	case first == '/':
		h.path = h.target
		return 0, 0
	case first == '*' && end == h.target+1:
		h.form, h.path = AsteriskForm, h.target
		if h.method != MethodOptions {
			return h.target, AsteriskTarget
		}
		return 0, 0
	}
	return h.checkAbsoluteForm(b, end)
}

// checkAuthorityForm checks authority-form = uri-host ":" port. There is no default for the port, and no port 0 to
// connect to (RFC 9110 section 9.3.6).
func (h *Head) checkAuthorityForm(b []byte, end int) (off int, e Error) {
	h.form, h.path, h.authority, h.authorityEnd = AuthorityForm, h.target, h.target, end
	hostEnd, bad := checkHost(b, h.target, end)
	if bad >= 0 {
		return bad, AuthorityTarget
	}
	if len(bytes.Trim(b[hostEnd:end], ":0")) == 0 {
		return end, AuthorityTarget
	}
	return 0, 0
}

// checkAbsoluteForm checks absolute-form = absolute-URI, for the schemes http and https. Their authority has a host that
// is not empty (RFC 9110 section 4.2) and no userinfo (RFC 9110 section 4.2.4).
func (h *Head) checkAbsoluteForm(b []byte, end int) (off int, e Error) {
	const separator = "://"
	target := b[h.target:end]
	colon := bytes.IndexByte(target, ':')
	if colon <= 0 || !bytes.HasPrefix(target[colon:], []byte(separator)) {
		return h.target, TargetForm
	}
	if scheme := target[:colon]; !hdr.EqualFold(scheme, "http") && !hdr.EqualFold(scheme, "https") {
		return h.target, TargetScheme
	}
	h.form = AbsoluteForm
	h.authority = h.target + colon + len(separator)
	h.authorityEnd = end
	if size := bytes.IndexAny(b[h.authority:end], "/?"); size >= 0 {
		h.authorityEnd = h.authority + size
	}
	if _, bad := checkHost(b, h.authority, h.authorityEnd); bad >= 0 {
		return bad, TargetAuthority
	}
	if bad := bytes.IndexAny(b[h.authorityEnd:end], "[]"); bad >= 0 {
		return h.authorityEnd + bad, TargetForm
	}
	h.path = h.authorityEnd
	if h.method == MethodOptions && h.authorityEnd == end {
		h.form = AsteriskForm // RFC 9112 section 3.2.4
	}
	return 0, 0
}

func (h *Head) targetEnd() int { return h.version - 1 }

// Target returns the request-target as received.
func (h *Head) Target(b []byte) []byte { return b[h.target:h.targetEnd():h.targetEnd()] }

// Form returns the form of the request-target. An OPTIONS request whose target is in absolute-form without path and
// query is for the server as a whole, and has the form AsteriskForm (RFC 9112 section 3.2.4).
func (h *Head) Form() Form { return h.form }

// Path returns the raw octets of the path: no percent-encoding is undone and no dot-segment removed. It starts with "/"
// in origin-form and absolute-form, is "*" in asterisk-form and the whole target in authority-form.
func (h *Head) Path(b []byte) []byte {
	end := h.targetEnd()
	if h.query > 0 {
		end = h.query - 1
	}
	switch {
	case h.path < end:
		return b[h.path:end:end]
	case h.form == AsteriskForm: // not in b
		h.asterisk[0] = '*'
		return h.asterisk[:1:1]
	}
	// An empty path in absolute-form is the same as "/" (RFC 9110 section 4.2.3): the last octet of "://".
	return b[h.authority-1 : h.authority : h.authority]
}

// Query returns the raw octets of the query without its '?'. It is nil when there is no '?', and empty, not nil, when nothing
// follows it.
func (h *Head) Query(b []byte) []byte {
	if h.query == 0 {
		return nil
	}
	return b[h.query:h.targetEnd():h.targetEnd()]
}

// Host returns host and port of the target URI as received (RFC 9112 section 3.3): the authority of the request-target if it has
// one, whatever the Host field says (RFC 9112 section 3.2.2), else the value of the Host field. The port and its colon
// may be missing. Host is nil for an HTTP/1.0 request with neither.
func (h *Head) Host(b []byte) []byte {
	if h.authorityEnd > 0 {
		return b[h.authority:h.authorityEnd:h.authorityEnd]
	}
	return h.section.index.View(b).ByID(hdr.Host)
}

// Secure reports whether the request-target names the scheme https, whose resources are to be served over TLS alone (RFC 9110
// section 7.4).
func (h *Head) Secure() bool { return h.authorityEnd > 0 && h.authority-h.target == len("https://") }
