package srv

import (
	"barewire/hdr"
	"barewire/writer"
)

// Write adds p to the content. It copies p, and waits for the client when the buffer is full. It implements
// io.Writer.
//
//go:noinline
func (w *Response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString is Write for a string.
//
//go:noinline
func (w *Response) WriteString(s string) (int, error) { return write(w, s) }

// The two are not inlined: inlined into another package, the call of a generic function is taken to let its argument escape, and
// a caller's buffer would be moved to the heap.

func write[P ~string | ~[]byte](w *Response, p P) (n int, err error) {
	w.live()
	switch {
	case w.err != nil:
		return 0, w.err
	case w.bodiless():
		return 0, writer.ErrContent
	case w.size >= 0 && w.sent+int64(len(p)) > w.size:
		return 0, w.fail(writer.ErrLong)
	}
	for {
		k := min(len(p), bodySize-len(w.body))
		w.body = append(w.body, p[:k]...)
		w.sent += int64(k)
		p, n = p[k:], n+k
		if len(p) == 0 {
			return n, nil
		}
		if err := w.emit(); err != nil {
			return n, err
		}
	}
}

// bodiless reports whether the status allows no content: 204, 205 and 304 (RFC 9110 section 6.4.1).
func (w *Response) bodiless() bool { return w.status == 204 || w.status == 205 || w.status == 304 }

// emit frames what has been written, behind the head, and sends when there is enough.
func (w *Response) emit() error {
	t := w.t
	if w.err == nil && !w.committed {
		w.commit(w.size)
	}
	if w.err != nil {
		return w.err
	}
	if len(w.body) > 0 && !w.bodiless() {
		out, err := t.resp.Content(t.out, w.body)
		if err != nil {
			return w.fail(err)
		}
		t.out = out
	}
	w.body = w.body[:0]
	if len(t.out) >= sendSize {
		return w.push()
	}
	return nil
}

// commit makes the head; size is the content's, or -1.
func (w *Response) commit(size int64) {
	t := w.t
	// A client that waits for 100 (Continue) may or may not send its content after a final status.
	if t.content.expecting || t.s.draining.Load() {
		t.c.flags |= flagClosing
	}
	head := writer.Head{
		Status:  w.status,
		Fields:  &w.fields,
		Size:    size,
		Close:   t.c.flags.has(flagClosing),
		Date:    t.date.Line(t.unix),
		Trailer: w.announced,
	}
	w.mark = len(t.out)
	out, err := t.resp.Begin(t.out, &head)
	if err != nil {
		w.fail(err)
		return
	}
	t.out, w.committed = out, true
	if !t.resp.Persistent() {
		t.c.flags |= flagClosing
	}
}

// push sends what is buffered.
func (w *Response) push() error {
	if w.err != nil {
		return w.err
	}
	w.left = w.committed
	if err := w.t.push(); err != nil {
		w.t.req.lost(ErrReset)
		return w.fail(err)
	}
	return nil
}

// fail notes the first error of the response.
func (w *Response) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return err
}

// Flush sends what has been written. It returns when the socket has taken it.
func (w *Response) Flush() error {
	w.live()
	if err := w.emit(); err != nil {
		return err
	}
	return w.push()
}

// finish completes the framing when the handler has returned.
func (w *Response) finish() error {
	t := w.t
	if !w.committed {
		if t.body.Left() > restSize { // too much to discard
			t.c.flags |= flagClosing
		}
		size := w.size
		if size < 0 && !w.trailing() && w.status != 304 {
			size = int64(len(w.body))
		}
		w.commit(size)
	}
	if err := w.emit(); err != nil {
		return err
	}
	out, err := t.resp.End(t.out, &w.trailers)
	if err != nil {
		return err
	}
	t.out = out
	return nil
}

// trailing reports whether a trailer section is to be sent, for which the content has to be chunked.
func (w *Response) trailing() bool {
	return (w.trailers.Len() > 0 || len(w.announced) > 0) && w.t.head.Minor() > 0
}

// Interim sends an interim response at once, such as 103 (Early Hints) with Link fields. The fields of the final response
// are apart from it. It does nothing for HTTP/1.0, and is an error once the head is made.
func (w *Response) Interim(code int, fields ...hdr.Field) error {
	t := w.live()
	if w.err != nil {
		return w.err
	}
	w.interim.Reset()
	for _, f := range fields {
		if err := w.interim.Add(f.Name, f.Value); err != nil {
			return err
		}
	}
	out, err := t.resp.Interim(t.out, code, &w.interim)
	if err != nil {
		return err
	}
	t.out = out
	if code == 100 {
		t.content.expecting = false
	}
	return w.push()
}

// invite sends 100 (Continue) to a client that waits for it, when its content is first read.
func (w *Response) invite() error {
	t := w.t
	if t.content.expecting && !w.committed {
		t.content.expecting = false
		out, err := t.resp.Interim(t.out, 100, nil)
		if err != nil {
			return err
		}
		t.out = out
	}
	if t.unsent() > 0 {
		return w.push()
	}
	return nil
}

// Announce names trailers beforehand in a Trailer field. It makes the content chunked, unless its size was declared: then no
// trailers are sent.
func (w *Response) Announce(names ...string) error {
	w.live()
	if w.committed {
		return ErrBegan
	}
	for _, name := range names {
		if err := writer.CheckTrailer(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		if len(w.announced) > 0 {
			w.announced = append(w.announced, ", "...)
		}
		w.announced = append(w.announced, name...)
	}
	return nil
}

// SetTrailer sets a field of the trailer section, which is sent behind chunked content, and else dropped. It can be called until
// the handler returns. Framing, routing and authentication fields are refused (RFC 9110 section 6.5.1).
func (w *Response) SetTrailer(name string, value []byte) error {
	w.live()
	if err := writer.CheckTrailer(name); err != nil {
		return err
	}
	return w.trailers.SetBytes(name, value)
}

// Abort ends the response where it is, so that the client sees that it is not whole, and closes the connection. It is
// logged.
func (w *Response) Abort() {
	w.live()
	w.fail(ErrAborted)
}
