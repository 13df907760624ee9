package files

import (
	"io"
	"os"
	"sync"

	"barewire/parser"
	"barewire/srv"
)

// Send answers a GET or HEAD with an open file, which is read while Send runs and stays the caller's to close; the place that the caller
// reads at may move. Its media type is that of the name that it was opened by, unless Content-Type is set already. Nothing is kept for the next
// request: a Dir and One are faster, Send sees every change at once.
//
// An error means that nothing was answered: ErrNotRegular, or ErrUnreadable where the system cannot say what it is. What goes wrong later cuts the
// response off.
func Send(w *srv.Response, r *srv.Request, f *os.File) error {
	if refuseMethod(w, r) {
		return nil
	}
	v, err := newVersion(f, f.Name(), codingIdentity, none)
	if err == ErrNotRegular {
		return ErrNotRegular
	}
	if err != nil {
		return ErrUnreadable
	}
	answer(w, r, v, false)
	return nil
}

// none is the size of the largest file that is read into memory where none is.
const none = -1

// refuseMethod answers methods other than GET and HEAD. A router does so before, unless it was told to pass them on.
func refuseMethod(w *srv.Response, r *srv.Request) bool {
	if method := r.MethodID(); method == parser.MethodGet || method == parser.MethodHead {
		return false
	}
	w.Set("Allow", "GET, HEAD")
	explain(w, 405, "405 Method Not Allowed\n")
	return true
}

func explain(w *srv.Response, status int, text string) {
	w.SetStatus(status)
	w.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteString(text)
}

const (
	pieceSize = 16 << 20 // octets sent before the file is looked at again
	tailSize  = 16 << 10 // octets held back until it was looked at for the last time
)

type tail [tailSize]byte

var tails = sync.Pool{New: func() any { return new(tail) }}

// send sends n octets from offset off on, and reports whether it did. The last of them are read into memory, and leave once the file
// has been looked at and is the one that was begun with: a client that has got all octets has got one version.
func (v *version) send(w *srv.Response, off, n int64) bool {
	if v.f == nil {
		_, err := w.Write(v.data[off : off+n])
		return err == nil
	}
	for n > tailSize {
		size := min(n-tailSize, pieceSize)
		if w.SendFile(v.f, off, size) != nil {
			return false
		}
		if off, n = off+size, n-size; n > tailSize && !v.intact() {
			return changed(w)
		}
	}
	b := tails.Get().(*tail)
	defer tails.Put(b)
	got, err := v.f.ReadAt(b[:n], off)
	if err != nil && err != io.EOF || int64(got) < n || !v.intact() {
		return changed(w)
	}
	_, err = w.Write(b[:n])
	return err == nil
}

// changed ends a response with a file that is not what it was: by another answer or, when some of this one has left, by breaking it
// off. It reports false.
func changed(w *srv.Response) bool {
	if w.Clear() != nil {
		w.Abort()
		return false
	}
	explain(w, 503, "503 Service Unavailable\n")
	return false
}
