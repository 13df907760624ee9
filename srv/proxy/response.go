package proxy

import (
	"encoding/hex"
	"errors"

	"barewire/hdr"
	"barewire/parser"
	"barewire/srv"
	"barewire/writer"
)

// respond passes on what has been received of the response.
func (x *exchange) respond() Error {
	for x.phase == inHead {
		n, e := x.head.Parse(x.unread())
		if e != 0 {
			x.cause = e
			return ErrMalformed
		}
		if n == 0 {
			return 0
		}
		switch status := x.head.Status(); {
		case crowded(x.head.Fields(x.unread()[:n])):
			return ErrMalformed
		case status >= 200:
			x.begin(n)
		case status == 101:
			return x.switches(n)
		default:
			if x.interim++; x.interim > maxInterim {
				return ErrInterim
			}
			if status != 100 { // which is this hop's to send, or was not asked for
				x.passInterim(status)
			}
			x.from += n
			x.head.Reset(parser.Limits{}, x.r.MethodID())
		}
	}
	return x.pass()
}

// passInterim passes an interim response on, its fields as strings: it is rare. An error here is one that comes again with the final response,
// or says that the client's version has no interim responses.
func (x *exchange) passInterim(status int) {
	fields := x.head.Fields(x.unread())
	list := make([]hdr.Field, 0, fields.Len())
	for i := range fields.Len() {
		if name, value := fields.At(i); passes(fields, name, notReturned) {
			list = append(list, hdr.Field{Name: string(name), Value: string(value)})
		}
	}
	x.w.Interim(status, list...)
}

// begin gives the client's response the status and the end-to-end fields of the final response, whose head has n octets.
func (x *exchange) begin(n int) {
	if x.from > 0 {
		x.to = copy(x.in, x.unread())
	}
	x.area, x.from, x.phase = n, n, inContent
	status, framing, fields := x.head.Status(), x.head.Framing(), x.fields()
	if status == 205 && framing != parser.FramingNone { // RFC 9110 section 15.3.6
		framing, x.unclean = parser.FramingNone, x.head.Size() != 0
	}
	x.body.Reset(framing, x.head.Size(), -1)
	x.w.SetStatus(status)
	for i := range fields.Len() {
		name, value := fields.At(i)
		if x.p.Digest && own(name) || !passes(fields, name, notReturned) {
			continue // trailers of these names are this hop's own
		}
		x.w.AddBytes(name, value) // a head that the parser takes fits a Response
	}
	x.sized = fields.Has(hdr.ContentLength) && !x.p.Digest && x.w.SetBytes("Content-Length", fields.ByID(hdr.ContentLength)) == nil
	if framing == parser.FramingChunked && fields.Has(hdr.Trailer) {
		x.announce(fields)
	}
	// Where there is no content, or no chunk, the trailers would be a riddle.
	if x.digest = x.p.Digest && framing != parser.FramingNone && x.r.Minor() > 0; x.digest {
		x.w.Announce(trailerSum, trailerSize)
		x.sum.Reset()
	}
	x.size, x.copies = 0, false
}

const (
	trailerSum  = "X-Content-SHA256"
	trailerSize = "X-Content-Length"
)

func own(name []byte) bool {
	return hdr.EqualFold(name, trailerSum) || hdr.EqualFold(name, trailerSize)
}

// announce announces the trailers that the upstream does. Those that no trailer section may have are refused there.
func (x *exchange) announce(fields hdr.View) {
	for i := range fields.Len() {
		name, list := fields.At(i)
		for last := hdr.Lookup(name) != hdr.Trailer; !last; {
			var e []byte
			if e, list, last = hdr.NextElement(list); !(x.p.Digest && own(e)) && !nominated(fields, e) {
				x.w.Announce(string(e))
			}
		}
	}
}

// fields returns the header section of the final response.
func (x *exchange) fields() hdr.View { return x.head.Fields(x.in[:x.area]) }

// pass passes on the content that has been received, and sees to it that it leaves.
func (x *exchange) pass() Error {
	for !x.body.Done() {
		in := x.unread()
		data, n, e := x.body.Next(in)
		x.from += n
		if e != 0 {
			x.cause = e
			return ErrMalformed
		}
		if len(data) > 0 {
			if _, err := x.w.Write(data); err != nil {
				return errClient
			}
			if x.size += int64(len(data)); x.digest {
				x.sum.Write(data)
			}
		}
		if x.body.Done() {
			x.addTrailers(x.body.Trailers(in))
		} else if n == 0 || x.from == x.to {
			if x.w.Flush() != nil {
				return errClient
			}
			return 0
		}
	}
	x.finish()
	return 0
}

// spliceSize is from how many octets on the rest of a response's content is worth a pipe.
const spliceSize = 64 << 10

// splices reports whether nothing needs to see the rest of the content, and there is much of it.
func (x *exchange) splices() bool {
	return x.phase == inContent && x.left() >= spliceSize && !x.copies && !x.digest && !x.reading && x.link.secure == nil
}

// left is how much content is still to come, 0 where that is not known.
func (x *exchange) left() int64 {
	if !x.sized || x.from < x.to {
		return 0
	}
	return x.head.Size() - x.size
}

// splice has the rest of the content go from socket to socket, if the kernel does that. done is false if it has to be copied.
func (x *exchange) splice() (done bool, fail Error) {
	left := x.left()
	switch err := x.w.Splice(x.link.raw, left).(type) {
	case nil:
		x.size += left
		x.finish()
		return true, 0
	case srv.Error:
		return true, errClient
	default:
		if err == errors.ErrUnsupported {
			x.copies = true
			return false, 0
		}
		x.cause = err
		return true, ErrBroken
	}
}

// addTrailers passes the upstream's trailers on, but for those that no trailer section may have. A name that comes twice goes out once,
// with its values joined.
func (x *exchange) addTrailers(v hdr.View) {
	for i := range v.Len() {
		name, value := v.At(i)
		if nominated(x.fields(), name) {
			continue
		}
		for j := range i {
			if other, _ := v.At(j); string(other) == string(name) { // not the first line of that name
				value = v.AppendJoined(nil, string(name))
				break
			}
		}
		x.w.SetTrailer(string(name), value)
	}
}

// finish adds the trailers over the content. The handler's return sends what is left.
func (x *exchange) finish() {
	x.phase = whole
	if x.digest {
		hex.Encode(x.hex[:], x.sum.Sum(x.binary[:0]))
		x.w.SetTrailer(trailerSum, x.hex[:])
		x.w.SetTrailer(trailerSize, writer.AppendInt(x.binary[:0], x.size))
	}
	if x.r.MethodID() == parser.MethodHead && !x.sized {
		x.w.Flush() // the size is that of a GET's response, and not known: it is not 0
	}
}
