package srv

import (
	"errors"
	"syscall"
)

// Splice adds n octets that come over another connection, src, to the content, each as soon as it has come. They go from one socket to the
// other within the kernel and through no buffer of this process, which pays from some 64 KiB on. If nothing else was written and no
// size declared, they are all of the content.
//
// It is for plain connections on Linux. Where it cannot be done it returns errors.ErrUnsupported, and has done nothing.
//
// How long src is waited for is for the deadline of its connection to say. If src fails or ends early, its error or io.ErrUnexpectedEOF is
// returned, and the response is aborted. Errors of the response itself are an Error or the writer's.
func (w *Response) Splice(src syscall.RawConn, n int64) error {
	t := w.live()
	if !t.port.splices() {
		return errors.ErrUnsupported
	}
	if w.pipe == nil {
		w.pipe = new(pipe)
	}
	p := w.pipe
	if err := p.open(); err != nil { // there may be no descriptors left, or too many pipes
		return errors.ErrUnsupported
	}
	defer p.close()
	if send, err := w.beginSpan(n); err != nil || n <= 0 {
		return err
	} else if send {
		if err := w.splice(src, n); err != nil {
			return err
		}
	}
	return w.endSpan()
}

func (w *Response) splice(src syscall.RawConn, n int64) error {
	t, p := w.t, w.pipe
	for n > 0 {
		k, err := p.fill(src, n)
		if err != nil {
			w.fail(ErrAborted)
			return err
		}
		n -= k
		if _, err := t.port.kernel(t, p.exit(), -1, k); err != nil {
			if err == errCopy { // nobody but the kernel can get at it
				err = ErrReset
			}
			t.req.lost(ErrReset)
			return w.fail(err)
		}
	}
	return nil
}
