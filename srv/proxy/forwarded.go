package proxy

import (
	"net/netip"

	"barewire/hdr"
)

// Forwarding says what becomes of the fields that tell an upstream for whom a request is forwarded.
type Forwarding uint8

const (
	ForwardPass    Forwarding = iota // what the client sent passes; nothing is added
	ForwardReplace                   // what the client sent, which may be made up, is dropped for what is known here
	ForwardAppend                    // what is known here goes behind what the client sent: it is a proxy that is trusted
)

const xForwarded = 1<<hdr.XForwardedFor | 1<<hdr.XForwardedHost | 1<<hdr.XForwardedProto

// replaced returns the fields that appendClient makes.
func (p *Proxy) replaced() (fields hdr.Bits) {
	if p.Forwarded != ForwardPass {
		fields |= hdr.Forwarded.Bit()
	}
	if p.XForwarded != ForwardPass {
		fields |= xForwarded
	}
	return fields
}

// appendClient appends the fields that tell of the client.
func (x *exchange) appendClient() {
	if x.p.Forwarded != ForwardPass {
		x.appendForwarded()
	}
	if x.p.XForwarded != ForwardPass {
		x.appendXForwarded()
	}
}

// appendForwarded appends Forwarded (RFC 7239), in which every value stands in quotes: an address of IPv6 and a port need them.
func (x *exchange) appendForwarded() {
	x.out = append(x.out, "Forwarded: "...)
	x.appendReceived(x.p.Forwarded, "forwarded")
	x.out = appendNode(x.out, plain(x.r.Remote().Addr()))
	if host := x.r.Host(); len(host) > 0 { // which has neither quotes nor backslashes
		x.out = append(append(append(x.out, `;host="`...), host...), '"')
	}
	x.out = append(append(x.out, ";proto="...), x.p.scheme()...)
	x.out = append(x.out, "\r\n"...)
}

// appendXForwarded appends what was there before Forwarded: a list of addresses, and the first host and scheme.
func (x *exchange) appendXForwarded() {
	fields := x.r.Fields()
	x.out = append(x.out, "X-Forwarded-For: "...)
	x.appendReceived(x.p.XForwarded, "x-forwarded-for")
	x.out = appendAddr(x.out, plain(x.r.Remote().Addr()))
	host, proto := fields.ByID(hdr.XForwardedHost), fields.ByID(hdr.XForwardedProto)
	if host == nil || !x.trusts(x.p.XForwarded, "x-forwarded-host") {
		host = x.r.Host()
	}
	if len(host) > 0 {
		x.out = append(append(x.out, "\r\nX-Forwarded-Host: "...), host...)
	}
	x.out = append(x.out, "\r\nX-Forwarded-Proto: "...)
	if proto != nil && x.trusts(x.p.XForwarded, "x-forwarded-proto") {
		x.out = append(x.out, proto...)
	} else {
		x.out = append(x.out, x.p.scheme()...)
	}
	x.out = append(x.out, "\r\n"...)
}

// trusts reports whether what the client sent in the field goes on, which it does not if it is for this connection only.
func (x *exchange) trusts(f Forwarding, name string) bool {
	return f == ForwardAppend && !nominated(x.r.Fields(), []byte(name))
}

// appendReceived appends what the client sent in the field, where that is trusted, and a comma.
func (x *exchange) appendReceived(f Forwarding, name string) {
	if !x.trusts(f, name) {
		return
	}
	before := len(x.out)
	x.out = x.r.Fields().AppendJoined(x.out, name)
	if len(x.out) > before {
		x.out = append(x.out, ", "...)
	}
}

// plain returns the address without a zone, which means nothing elsewhere, and one of IPv4 as such.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// appendNode appends the parameter for of Forwarded.
func appendNode(b []byte, addr netip.Addr) []byte {
	if addr.Is6() {
		return append(appendAddr(append(b, `for="[`...), addr), `]"`...)
	}
	return append(appendAddr(append(b, `for="`...), addr), '"')
}

func appendAddr(b []byte, addr netip.Addr) []byte {
	if !addr.IsValid() {
		return append(b, "unknown"...)
	}
	return addr.AppendTo(b)
}
