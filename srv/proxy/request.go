package proxy

import (
	"io"
	"time"

	"barewire/hdr"
	"barewire/writer"
)

// send sends the request: its head at once, and its content as the client sends it. It ends early when the response is whole, or the
// upstream takes no more: then what it may have answered says why.
func (x *exchange) send() Error {
	x.appendHead()
	x.nc.SetWriteDeadline(time.Now().Add(x.p.timeout()))
	if _, err := x.nc.Write(x.out); err != nil {
		return 0
	}
	content := x.r.Content()
	for chunked := content.Size() < 0; ; {
		piece, err := content.Next()
		switch x.out = x.out[:0]; {
		case err == io.EOF && !chunked:
			return 0
		case err == io.EOF:
			x.out = append(x.out, "0\r\n\r\n"...)
		case err != nil:
			return errClient
		case chunked:
			x.out = writer.AppendChunkSize(x.out, len(piece))
			x.out = append(append(x.out, piece...), "\r\n"...)
		default:
			x.out = append(x.out, piece...)
		}
		if taken, fail := x.write(); !taken || err == io.EOF {
			return fail
		}
	}
}

// appendHead makes the head that the upstream gets: the client's request with the upstream's Host, its own framing and
// Via, without what was for the client's connection only.
func (x *exchange) appendHead() {
	r := x.r
	x.out = append(append(x.out[:0], r.Method()...), ' ')
	x.appendTarget()
	x.out = append(x.out, " HTTP/1.1\r\nHost: "...)
	x.out = append(x.out, x.p.host...)
	x.out = append(x.out, "\r\nConnection: close\r\n"...)
	x.appendFields()
	switch size := r.Content().Size(); {
	case size < 0:
		x.out = append(x.out, "Transfer-Encoding: chunked\r\n"...)
	case r.Fields().Has(hdr.ContentLength):
		x.out = append(writer.AppendInt(append(x.out, "Content-Length: "...), size), "\r\n"...)
	}
	x.out = append(x.out, "\r\n"...)
}

func (x *exchange) appendTarget() {
	r := x.r
	if path := r.Path(); path[0] != '/' { // "*", the upstream as a whole
		x.out = append(x.out, path...)
		return
	}
	x.out = append(x.out, x.p.prefix...)
	if rest := r.Rest(); rest != nil {
		x.out = append(append(x.out, '/'), rest...)
	} else {
		x.out = append(x.out, r.Path()...)
	}
	if query := r.Query(); query != nil {
		x.out = append(append(x.out, '?'), query...)
	}
}

// appendFields appends the fields that pass, and Via behind those that there are (RFC 9110 section 7.6.3).
func (x *exchange) appendFields() {
	r, dropped := x.r, hdr.Bits(notForwarded)
	hops := hops(r)
	if hops > 0 {
		dropped |= hdr.MaxForwards.Bit()
		x.out = append(writer.AppendInt(append(x.out, "Max-Forwards: "...), hops-1), "\r\n"...)
	}
	for name, value := range endToEnd(r.Fields(), dropped) {
		x.out = append(append(append(append(x.out, name...), ": "...), value...), "\r\n"...)
	}
	x.out = append(append(x.out, "Via: 1."...), '0'+byte(r.Minor()))
	x.out = append(x.out, " barewire\r\n"...)
}
