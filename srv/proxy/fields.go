package proxy

import (
	"bytes"

	"barewire/hdr"
	"barewire/parser"
	"barewire/srv"
)

// hopByHop are the fields that speak about one connection only, and so never pass (RFC 9110 section 7.6.1), and those about
// framing, which is made anew.
const hopByHop = 1<<hdr.Connection | 1<<hdr.KeepAlive | 1<<hdr.ProxyConnection | 1<<hdr.TE | 1<<hdr.Trailer |
	1<<hdr.TransferEncoding | 1<<hdr.Upgrade | 1<<hdr.ContentLength

// Beside them, what is this hop's own business on the way there, and on the way back.
const (
	notForwarded = hopByHop | 1<<hdr.Host | 1<<hdr.Expect | 1<<hdr.ProxyAuthorization
	notReturned  = hopByHop | 1<<hdr.ProxyAuthenticate
)

// passes reports whether a field of a header section is neither among the dropped ones, nor nominated by Connection.
func passes(v hdr.View, name []byte, dropped hdr.Bits) bool {
	id := hdr.Lookup(name)
	return (id == hdr.Unknown || !dropped.Has(id)) && !nominated(v, name)
}

// nominated reports whether the Connection fields of a header section name the field as one for that connection only. Content fields and
// the like cannot be meant, but a peer that says so gets what it says.
func nominated(v hdr.View, name []byte) bool {
	if !v.Has(hdr.Connection) {
		return false
	}
	for i := range v.Len() {
		if field, list := v.At(i); hdr.Lookup(field) == hdr.Connection && listed(list, name) {
			return true
		}
	}
	return false
}

// crowded reports whether the Connection fields have so many elements, empty ones included, that looking through them for every field would
// be work that the peer has for nothing (RFC 9110 section 5.6.1.2).
func crowded(v hdr.View) bool {
	if !v.Has(hdr.Connection) {
		return false
	}
	commas := 0
	for i := range v.Len() {
		if field, list := v.At(i); hdr.Lookup(field) == hdr.Connection {
			commas += 1 + bytes.Count(list, comma)
		}
	}
	return commas > maxNominated
}

var comma = []byte(",")

// maxNominated is how many elements the Connection fields of a section may have.
const maxNominated = 64

// listed reports whether a list of connection options has one, in any case. Options are tokens: quotes do not hide a comma.
func listed(list, option []byte) bool {
	for more := true; more; {
		var e []byte
		e, list, more = bytes.Cut(list, comma)
		if hdr.EqualFold(hdr.TrimOWS(e), option) {
			return true
		}
	}
	return false
}

// mostHops is more than anybody forwards a request.
const mostHops = 1 << 20

// hops returns how often an OPTIONS or TRACE request may still be forwarded, -1 for any other and for those that do not say (RFC 9110
// section 7.6.2).
func hops(r *srv.Request) int64 {
	if method := r.MethodID(); method != parser.MethodOptions && method != parser.MethodTrace {
		return -1
	}
	value := r.Fields().ByID(hdr.MaxForwards)
	if len(value) == 0 {
		return -1
	}
	n := int64(0)
	for _, c := range value {
		if c -= '0'; c > 9 {
			return -1
		}
		n = min(n*10+int64(c), mostHops)
	}
	return n
}
