package srv

import (
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
	aborted   bool
	err       error
	pipe      *pipe // of the last Splice, to be used again; nil before the first
}

func (w *Response) clear() {
	w.fields.Reset()
	w.trailers.Reset()
	w.announced, w.body = w.announced[:0], w.body[:0]
	w.status, w.size, w.sent = 200, -1, 0
}

func (w *Response) reset() {
	w.clear()
	w.mark, w.committed, w.left, w.aborted, w.err = 0, false, false, false, nil
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

// Aborted reports, to Server.OnDone, whether the response was cut off; if it had not Began then, none was sent at all.
func (w *Response) Aborted() bool { w.live(); return w.aborted }

// Get returns the value of the first field with the name that was set, borrowed until fields change; nil if there is
// none.
func (w *Response) Get(name string) []byte { w.live(); return w.fields.Get(name) }

// Del removes all fields with the name. For Content-Length, the size that was declared is forgotten.
func (w *Response) Del(name string) {
	w.live()
	if hdr.EqualFold(name, "Content-Length") {
		w.SetSize(-1)
	}
	w.fields.Del(name)
}

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
	case w.left:
		return ErrBegan
	case w.committed:
		w.t.out = w.t.out[:w.mark]
	}
	w.reset()
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
