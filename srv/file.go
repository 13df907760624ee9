package srv

import (
	"io"
	"os"

	"barewire/writer"
)

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
	case !w.committed && w.size < 0 && w.sent == 0 && !w.trailing():
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
		w.t.req.lost(ErrReset)
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
