package proxy

import (
	"io"
	"time"

	"barewire/hdr"
	"barewire/srv"
	"barewire/writer"
)

// send sends the request: its head at once, and its content as the client sends it. It ends early when the response is whole, or the
// upstream takes no more: then what it may have answered says why.
func (x *exchange) send(now time.Time) Error {
	x.appendHead()
	content, due := x.r.Content(), now.Add(x.p.timeout())
	if content.Size() == 0 {
		x.link.due(due) // which is for the response's head, too
	} else if x.link.tcp.SetWriteDeadline(due); x.link.armed {
		x.link.tcp.SetReadDeadline(time.Time{})
		x.link.armed = false
	}
	rest := x.out
	if content.Size() == 0 && x.link.pooled && x.link.asks() {
		var got arrival
		var stale bool
		if rest, got, stale = x.link.ask(x.out, x.space()); stale {
			x.phase, x.complete, x.unclean = whole, true, true // there is nothing to cut off
			return errStale
		} else if len(rest) == 0 {
			x.complete = true
			return x.take(got)
		}
	}
	if _, err := x.link.nc.Write(rest); isTimeout(err) {
		return ErrSilent
	} else if err != nil {
		x.link.due(due)
		return 0
	}
	if content.Size() == 0 {
		x.complete = true
		return 0
	}
	return x.sendContent(content)
}

func (x *exchange) sendContent(content *srv.Content) Error {
	x.consumed = true
	for left := content.Size(); ; {
		piece, err := content.Received()
		if piece == nil && err == nil {
			x.listen()
			piece, err = content.Next()
		}
		last := err == io.EOF
		switch {
		case err == srv.ErrWoken:
			if fail := x.glance(); fail != 0 || x.phase == whole {
				return fail
			}
			continue
		case last:
			piece = lastChunk
		case err != nil:
			return errClient
		case left > 0:
			left -= int64(len(piece))
			last = left == 0
		default:
			x.out = writer.AppendChunkSize(x.out[:0], len(piece))
			x.out = append(append(x.out, piece...), "\r\n"...)
			piece = x.out
		}
		x.last = last
		taken, fail := x.write(piece)
		x.complete = taken && last
		if !taken || last {
			return fail
		}
		if fail := x.glance(); fail != 0 || x.phase == whole {
			return fail
		}
	}
}

var lastChunk = []byte("0\r\n\r\n")

// write writes to the upstream. As long as that does not take all at once, the response is passed on as far as it comes: an upstream
// that answers while it reads would otherwise stop reading until somebody reads its answer. taken is false when the
// response is whole before, and when the upstream has closed the connection: it may have answered.
func (x *exchange) write(out []byte) (taken bool, fail Error) {
	out, err := x.link.push(out)
	if err != nil || len(out) == 0 {
		return err == nil, 0
	}
	x.writing, x.rest = true, out
	x.link.tcp.SetWriteDeadline(time.Now().Add(x.p.timeout()))
	go x.writeRest()
	for {
		x.listen()
		select {
		case err := <-x.sent:
			x.writing = false
			if isTimeout(err) {
				return false, ErrSilent
			}
			return err == nil, 0
		case got := <-x.came:
			x.reading = false
			x.link.tcp.SetWriteDeadline(time.Time{}) // the client takes the time it takes
			if err := x.take(got); err != 0 || x.phase == whole {
				return false, err
			}
			x.link.tcp.SetWriteDeadline(time.Now().Add(x.p.timeout()))
		}
	}
}

// listen has the response read while something else is waited for. What comes ends a wait for the client's content.
func (x *exchange) listen() {
	if x.reading {
		return
	}
	x.reading, x.room = true, x.space()
	x.readers.Add(1)
	go x.readRoom()
}

// glance passes on what has come of the response meanwhile, without waiting for it.
func (x *exchange) glance() Error {
	switch {
	case x.reading:
		select {
		case got := <-x.came:
			x.reading = false
			return x.take(got)
		default:
			return 0
		}
	case x.link.readable():
		return x.take(x.read(x.space()))
	}
	return 0
}

// appendHead makes the head that the upstream gets: the client's request with the upstream's Host, its own framing and
// Via, without what was for the client's connection only.
func (x *exchange) appendHead() {
	r := x.r
	x.out = append(append(x.out[:0], r.Method()...), ' ')
	x.appendTarget()
	x.out = append(x.out, " HTTP/1.1\r\nHost: "...)
	x.out = append(x.out, x.p.host...)
	x.out = append(x.out, "\r\n"...)
	switch {
	case x.upgrade:
		x.out = append(x.out, "Connection: upgrade\r\nUpgrade: "...)
		x.out = append(append(x.out, x.p.Upgrade...), "\r\n"...)
	case x.p.idleTime() <= 0:
		x.out = append(x.out, "Connection: close\r\n"...)
	}
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

// appendFields appends the fields that pass, what is told of the client, and Via behind those that there are (RFC 9110 section 7.6.3).
func (x *exchange) appendFields() {
	r, dropped := x.r, hdr.Bits(notForwarded)
	if hops := hops(r); hops > 0 {
		dropped |= hdr.MaxForwards.Bit()
		x.out = append(writer.AppendInt(append(x.out, "Max-Forwards: "...), hops-1), "\r\n"...)
	}
	dropped |= x.p.replaced()
	fields := r.Fields()
	for i := range fields.Len() {
		if name, value := fields.At(i); passes(fields, name, dropped) {
			x.out = append(append(append(append(x.out, name...), ": "...), value...), "\r\n"...)
		}
	}
	x.appendClient()
	if x.p.Via != "" {
		x.out = append(append(x.out, "Via: 1."...), '0'+byte(r.Minor()), ' ')
		x.out = append(append(x.out, x.p.Via...), "\r\n"...)
	}
}
