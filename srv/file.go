package srv

import (
	"io"
	"os"
	"runtime"

	"barewire/writer"
)

// SendFile adds n octets of f, from offset off on, to the content. On plain TCP the kernel sends them from its cache. If nothing
// else was written and no size declared, they are all of the content. A file that ends early aborts the response. An
// offset or a number below 0 is os.ErrInvalid.
func (w *Response) SendFile(f *os.File, off, n int64) error {
	w.live()
	if off < 0 || n < 0 {
		return w.fail(os.ErrInvalid)
	}
	if send, err := w.beginSpan(n); err != nil || n <= 0 {
		return err
	} else if send {
		if err := w.sendFile(f, off, n); err != nil {
			return err
		}
	}
	return w.endSpan()
}

// beginSpan sends all that goes before n octets of content that pass through no buffer, and reports whether they are to be sent: those of a
// response to HEAD are not.
func (w *Response) beginSpan(n int64) (send bool, err error) {
	t := w.t
	switch {
	case w.err != nil:
		return false, w.err
	case w.bodiless():
		return false, writer.ErrContent
	case w.size >= 0 && w.sent+n > w.size:
		return false, w.fail(writer.ErrLong)
	case n <= 0:
		return false, nil
	case !w.committed && w.size < 0 && w.sent == 0 && !w.trailing():
		w.size = n
	}
	if err := w.emit(); err != nil {
		return false, err
	}
	out, err := t.resp.Span(t.out, n)
	if err != nil {
		return false, w.fail(err)
	}
	t.out = out
	w.sent += n
	if !t.resp.HasContent() {
		return false, nil
	}
	if err := w.push(); err != nil {
		return false, err
	}
	t.port.detach(t)
	return true, nil
}

func (w *Response) endSpan() (err error) {
	t := w.t
	if t.out, err = t.resp.EndSpan(t.out); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Response) sendFile(f *os.File, off, n int64) error {
	t := w.t
	sent, err := t.port.kernel(t, int(f.Fd()), off, n)
	runtime.KeepAlive(f)
	if err == errCopy {
		var k int64
		k, err = t.copyFile(f, off+sent, n-sent)
		sent += k
	}
	switch {
	case err != nil:
		t.req.lost(ErrReset)
		return w.fail(err)
	case sent < n:
		return w.fail(ErrAborted)
	}
	return nil
}

// copyFile sends n octets of f from off on through the turn's output buffer, where the kernel cannot do it alone. It returns less than
// n when the file ends before.
func (t *turn) copyFile(f *os.File, off, n int64) (sent int64, err error) {
	for sent < n {
		if cap(t.out) < sendSize {
			t.out = make([]byte, 0, sendSize)
		}
		k, err := f.ReadAt(t.out[:min(int64(sendSize), n-sent)], off+sent)
		t.out = t.out[:k]
		if k > 0 {
			if err := t.push(); err != nil {
				return sent, err
			}
		}
		sent += int64(k)
		if err == io.EOF {
			return sent, nil
		}
		if err != nil {
			return sent, ErrAborted
		}
	}
	return sent, nil
}
