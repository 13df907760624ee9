package srv

import (
	"bytes"
	"net/netip"

	"barewire/hdr"
	"barewire/parser"
)

// Request is a request whose head has been received and accepted. Every slice that it gives aliases the connection's buffer, with its
// capacity cut to its length, and is valid until the handler returns.
type Request struct {
	t        *turn
	gone     string // poisoned builds: the Route whose handler kept the Request
	captures [maxCaptures]capture
	captured uint8
	loss     loss
}

type capture struct {
	name     string
	from, to uint16
}

const maxCaptures = 8

func (r *Request) reset() {
	r.captured = 0
	r.loss.reset()
}

// live returns the turn, for a Request whose handler is running.
func (r *Request) live() *turn {
	if poison && r.gone != "" {
		panic("srv: a Request was used after the handler of " + r.gone + " had returned")
	}
	return r.t
}

// octets is the head as received, names folded.
func (t *turn) octets() []byte { return t.b[t.headStart:t.area] }

// Method returns the method as received.
func (r *Request) Method() []byte { t := r.live(); return t.head.Method(t.octets()) }

// MethodID returns the method's number, 0 for one that is not in the IANA registry.
func (r *Request) MethodID() parser.Method { return r.live().head.MethodID() }

// Target returns the request-target as received (RFC 9112 section 3.2).
func (r *Request) Target() []byte { t := r.live(); return t.head.Target(t.octets()) }

// Form returns the form of the request-target.
func (r *Request) Form() parser.Form { return r.live().head.Form() }

// Path returns the path of the target in its raw octets, nothing decoded and no dot-segment removed: "/" or longer in origin-form and absolute-form, "*"
// in asterisk-form, and the whole target in authority-form.
func (r *Request) Path() []byte { t := r.live(); return t.head.Path(t.octets()) }

// Query returns the raw octets behind the target's '?', nil without one.
func (r *Request) Query() []byte { t := r.live(); return t.head.Query(t.octets()) }

// QueryValue returns the raw value of the first name=value pair of the query that has the name, nil if there is none. Nothing is
// decoded, in names either.
func (r *Request) QueryValue(name string) []byte {
	for q := r.Query(); len(q) > 0; {
		var pair []byte
		pair, q, _ = bytes.Cut(q, ampersand)
		key, value, _ := bytes.Cut(pair, equals)
		if string(key) == name {
			return value[:len(value):len(value)]
		}
	}
	return nil
}

var ampersand, equals = []byte("&"), []byte("=")

// Host returns host and port of the authority that the request is for: the target's in absolute-form and authority-form, the Host
// field's otherwise (RFC 9112 section 3.3). It is empty when an HTTP/1.0 client named none.
func (r *Request) Host() []byte { t := r.live(); return t.head.Host(t.octets()) }

// Minor returns the minor version: 1 for HTTP/1.1. The major version is 1.
func (r *Request) Minor() int { return r.live().head.Minor() }

// Field returns the value of the first field line with the name, in any case; nil if there is none.
func (r *Request) Field(name string) []byte { return r.Fields().Get(name) }

// Fields returns the header section.
func (r *Request) Fields() hdr.View { t := r.live(); return t.head.Fields(t.octets()) }

// Content returns the request's content, which may be empty.
func (r *Request) Content() *Content { return r.live().content }

// Trailers returns the trailer section, which is empty until Content has given io.EOF. It is never merged into Fields.
func (r *Request) Trailers() hdr.View { return r.live().content.trailers }

// Remote returns the address of the client, the zero AddrPort where the connection has none.
func (r *Request) Remote() netip.AddrPort { return r.live().port.addr() }

// Capture notes that the octets from (included) to to (excluded) of Path are the parameter name, for a Router. The name "*" is what a
// trailing wildcard matched. It keeps at most 8, and ignores more.
func (r *Request) Capture(name string, from, to int) {
	r.live()
	if int(r.captured) < maxCaptures {
		r.captures[r.captured] = capture{name, uint16(from), uint16(to)}
		r.captured++
	}
}

// Param returns the raw octets that a named segment of the route's pattern matched, nil if it has no such name.
func (r *Request) Param(name string) []byte {
	for _, c := range r.captures[:r.captured] {
		if c.name == name {
			return r.Path()[c.from:c.to:c.to]
		}
	}
	return nil
}

// Rest returns the raw octets that the trailing wildcard of the route's pattern matched, nil if it has none.
func (r *Request) Rest() []byte { return r.Param("*") }
