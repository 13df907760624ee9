package proxy

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"barewire/hdr"
	"barewire/parser"
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
		case status == 101:
			return ErrSwitch
		case status >= 200:
			x.begin(n)
		default:
			x.from += n
			x.head.Reset(parser.Limits{}, x.r.MethodID())
			if x.interim++; x.interim > maxInterim {
				return ErrInterim
			}
		}
	}
	return x.pass()
}

// begin gives the client's response the status and the end-to-end fields of the final response, whose head has n octets.
func (x *exchange) begin(n int) {
	x.to = copy(x.in, x.unread())
	x.area, x.from, x.phase = n, n, inContent
	x.nc.SetReadDeadline(time.Time{})
	status, framing, fields := x.head.Status(), x.head.Framing(), x.fields()
	if status == 205 {
		framing = parser.FramingNone // RFC 9110 section 15.3.6
	}
	x.body.Reset(framing, x.head.Size(), -1)
	x.w.SetStatus(status)
	for name, value := range endToEnd(fields, notReturned) {
		if x.p.Digest && (hdr.EqualFold(name, trailerSum) || hdr.EqualFold(name, trailerSize)) {
			continue // the trailers of these names are this hop's own
		}
		x.w.AddBytes(name, value) // a head that the parser takes fits a Response
	}
	x.sized = fields.Has(hdr.ContentLength) && !x.p.Digest && x.w.SetBytes("Content-Length", fields.ByID(hdr.ContentLength)) == nil
	// Where there is no content, or no chunk, the trailers would be a riddle.
	if x.digest = x.p.Digest && framing != parser.FramingNone && x.r.Minor() > 0; x.digest {
		x.w.Announce(trailerSum, trailerSize)
	}
	x.size = 0
	x.sum.Reset()
}

const (
	trailerSum  = "X-Content-SHA256"
	trailerSize = "X-Content-Length"
)

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

// addTrailers passes the upstream's trailers on, but for those that no trailer section may have.
func (x *exchange) addTrailers(v hdr.View) {
	for i := range v.Len() {
		if name, _ := v.At(i); !nominated(x.fields(), name) {
			x.w.SetTrailer(string(name), v.AppendJoined(nil, string(name)))
		}
	}
}

// finish adds the trailers over the content. The handler's return sends what is left.
func (x *exchange) finish() {
	x.phase = whole
	if x.digest {
		var sum [sha256.Size]byte
		var hexsum [2 * sha256.Size]byte
		hex.Encode(hexsum[:], x.sum.Sum(sum[:0]))
		x.w.SetTrailer(trailerSum, hexsum[:])
		var decimal [20]byte
		x.w.SetTrailer(trailerSize, writer.AppendInt(decimal[:0], x.size))
	}
	if x.r.MethodID() == parser.MethodHead && !x.sized {
		x.w.Flush() // the size is that of a GET's response, and not known: it is not 0
	}
}
