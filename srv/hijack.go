package srv

import (
	"bytes"
	"net"
)

// Hijack gives the connection to the handler, for protocols that are not HTTP. The server forgets it: closing it, its
// deadlines and Shutdown are the handler's affair. Octets that the client has sent already are returned as a copy; they
// come before what the connection gives. No response can have begun; answers to earlier requests have been sent.
func (w *Response) Hijack() (net.Conn, []byte, error) {
	t := w.live()
	switch {
	case w.err != nil:
		return nil, nil, w.err
	case w.committed:
		return nil, nil, ErrHijack
	}
	if err := w.push(); err != nil {
		return nil, nil, err
	}
	t.req.end()
	nc, err := t.port.hijack(t)
	if err != nil {
		return nil, nil, err
	}
	t.c.flags |= flagGone
	t.c.phase = phaseDead
	t.content.fail(ErrHijacked)
	return nc, bytes.Clone(t.unread()), nil
}
