package srv

import (
	"os"
	"strconv"

	"barewire/hdr"
	"barewire/writer"
)

// Response is the answer that a handler makes. Nothing leaves before Flush, a full buffer, or the handler's return.
//
// If the whole content fits into 16 KiB it is sent with a Content-Length; else it is chunked, or to HTTP/1.0 ended by closing
// the connection. SetSize declares the size beforehand, and Flush before the end commits to chunked. Date, Connection,
// Content-Length and Transfer-Encoding are the server's to write.
//
// Status and fields can be changed until the head is made, which is when content overflows the buffer, on Flush or on
// return. An error from one call is returned by all later ones.
type Response struct {
	t         *turn
	gone      string
	fields    hdr.Set
	trailers  hdr.Set
	interim   hdr.Set
	announced []byte // the Trailer field's value
	body      []byte // content not yet framed
	status    int
	size      int64 // declared, or -1
	sent      int64
	mark      int  // where in t.out the head starts
	committed bool // the head is made
	left      bool // and some of it may have been sent
	err       error
}

func (w *Response) clear() {
	w.fields.Reset()
	w.trailers.Reset()
	w.announced, w.body = w.announced[:0], w.body[:0]
	w.status, w.size, w.sent = 200, -1, 0
}

func (w *Response) reset() {
	w.clear()
	w.mark, w.committed, w.left, w.err = 0, false, false, nil
	w.t.resp.Reset(w.t.head.MethodID() == methodHead, w.t.head.Minor())
}

func (w *Response) live() *turn {
	if poison && w.gone != "" {
		panic("srv: a Response was used after the handler of " + w.gone + " had returned")
	}
	return w.t
}

// SetStatus sets the status code of the response, 200 to 599; it is 200 until then. Another code is a mistake of the
// program and panics. It does nothing once the head is made.
func (w *Response) SetStatus(code int) {
	w.live()
	if code < 200 || code > 599 {
		panic("srv: status code " + strconv.Itoa(code) + " is not one of a final response")
	}
	if !w.committed {
		w.status = code
	}
}

// Status returns the status code.
func (w *Response) Status() int { w.live(); return w.status }

// Sent returns how many octets of content the handler has written.
func (w *Response) Sent() int64 { w.live(); return w.sent }

// Began reports whether the head has left, after which the response can be completed or aborted, but not replaced.
func (w *Response) Began() bool { w.live(); return w.left }

// Get returns the value of the first field with the name that was set, borrowed until fields change; nil if there is
// none.
func (w *Response) Get(name string) []byte { w.live(); return w.fields.Get(name) }

// Del removes all fields with the name.
func (w *Response) Del(name string) { w.live(); w.fields.Del(name) }

// Set sets a field, in place of all others with the name. Name and value are checked; on an error nothing changes.
//
// Content-Length is taken as SetSize; Connection takes the value close, after which the connection ends with this response;
// other fields about framing and the connection are refused with writer.ErrField, Trailer among them, for which there is
// Announce.
func (w *Response) Set(name, value string) error {
	if special, err := setSpecial(w, name, value); special || err != nil {
		return err
	}
	return w.fields.Set(name, value)
}

// SetBytes is Set for a value in octets, which are copied.
func (w *Response) SetBytes(name string, value []byte) error {
	if special, err := setSpecial(w, name, value); special || err != nil {
		return err
	}
	return w.fields.SetBytes(name, value)
}

// Add adds a field line beside others with the name.
func (w *Response) Add(name, value string) error {
	if special, err := setSpecial(w, name, value); special || err != nil {
		return err
	}
	return w.fields.Add(name, value)
}

// AddBytes is Add for name and value in octets, which are copied.
func (w *Response) AddBytes(name, value []byte) error {
	if special, err := setSpecial(w, name, value); special || err != nil {
		return err
	}
	return w.fields.AddBytes(name, value)
}

// Clear takes back status, fields, trailers and content, as if the handler had not begun. It returns ErrBegan when some of the
// response is on its way.
func (w *Response) Clear() error {
	w.live()
	switch {
	case w.err != nil:
		return w.err
	case w.committed:
		return ErrBegan
	}
	w.clear()
	return nil
}

// setSpecial takes the fields that are the server's to write.
func setSpecial[N, V ~string | ~[]byte](w *Response, name N, value V) (special bool, err error) {
	w.live()
	switch {
	case w.committed:
		return true, ErrBegan
	case len(name) < len("Trailer"): // no shorter name is special
		return false, nil
	case hdr.EqualFold(name, "Content-Length"):
		n, ok := digits(value)
		if !ok {
			return true, hdr.ErrValue
		}
		w.SetSize(n)
		return true, nil
	case hdr.EqualFold(name, "Connection"):
		if !hdr.EqualFold(value, "close") {
			return true, writer.ErrField
		}
		w.t.c.flags |= flagClosing
		return true, nil
	case hdr.EqualFold(name, "Transfer-Encoding"), hdr.EqualFold(name, "Trailer"),
		hdr.EqualFold(name, "Keep-Alive"), hdr.EqualFold(name, "Proxy-Connection"):
		return true, writer.ErrField
	}
	return false, nil
}

// digits reads a decimal number of at most 18 digits.
func digits[V ~string | ~[]byte](v V) (n int64, ok bool) {
	if len(v) == 0 || len(v) > 18 {
		return 0, false
	}
	for i := range len(v) {
		d := v[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, true
}

// SetSize declares the size of the content in octets, which is sent as Content-Length; negative: unknown. Content that turns out shorter or
// longer aborts the connection, since the client could not tell where the next response starts.
func (w *Response) SetSize(n int64) {
	w.live()
	if !w.committed {
		w.size = max(n, -1)
	}
}

// Write adds p to the content. It copies p, and waits for the client when the buffer is full. It implements
// io.Writer.
func (w *Response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString is Write for a string.
func (w *Response) WriteString(s string) (int, error) { return write(w, s) }

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
	// A client that waits for 100 (Continue) may or may not send its content after a final status, and content too
	// large to discard ends the connection anyway: both are to be told.
	if t.content.expecting || t.body.Left() > restSize || t.s.draining.Load() {
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
		w.t.req.lost()
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

// SendFile adds n octets of f, from offset off on, to the content. On plain TCP the kernel sends them from its cache. If nothing
// else was written and no size declared, they are all of the content. A file that ends early aborts the response.
func (w *Response) SendFile(f *os.File, off, n int64) error {
	t := w.live()
	switch {
	case w.err != nil:
		return w.err
	case w.bodiless():
		return writer.ErrContent
	case w.size >= 0 && w.sent+n > w.size:
		return w.fail(writer.ErrLong)
	case n <= 0:
		return nil
	case !w.committed && w.size < 0 && w.sent == 0:
		w.size = n
	}
	if err := w.emit(); err != nil {
		return err
	}
	out, err := t.resp.Span(t.out, n)
	if err != nil {
		return w.fail(err)
	}
	t.out = out
	w.sent += n
	if t.resp.HasContent() {
		if err := w.sendFile(f, off, n); err != nil {
			return err
		}
	}
	if t.out, err = t.resp.EndSpan(t.out); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Response) sendFile(f *os.File, off, n int64) error {
	if err := w.push(); err != nil {
		return err
	}
	w.t.port.detach(w.t)
	switch sent, err := w.t.port.file(w.t, f, off, n); {
	case err != nil:
		w.t.req.lost()
		return w.fail(err)
	case sent < n:
		return w.fail(ErrAborted)
	}
	return nil
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

// Announce names trailers beforehand in a Trailer field. It makes the content chunked.
func (w *Response) Announce(names ...string) error {
	w.live()
	if w.committed {
		return ErrBegan
	}
	for _, name := range names {
		if err := writer.CheckTrailer(name); err != nil {
			return err
		}
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
