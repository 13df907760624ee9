package srv

import (
	"io"
	"sync/atomic"

	"barewire/hdr"
)

// Content is the content of a request: what its message body holds when the chunked coding has been removed. It is read as it
// arrives, in pieces of whatever size, and nothing is read ahead of the handler beyond one buffer.
//
// An error other than io.EOF takes the response away from the handler: its writes return the error, what it had buffered
// is dropped, and the server answers 400, 408 or 413 and closes, or aborts the response if its head has left.
type Content struct {
	t         *turn
	gone      string
	limit     int64
	piece     []byte // given out by the last Next
	tail      []byte // what Read has not copied of it
	trailers  hdr.View
	err       error
	expecting bool // the client waits for 100 (Continue), RFC 9110 section 10.1.1

	attention atomic.Uint32 // of who may be waiting: see Wake
}

// What is known of the handler's wait for the client.
const (
	attentive uint32 = iota // there is none
	waiting                 // it has begun, or is about to
	woken                   // Wake was called, and the handler has not been told
)

func (c *Content) reset(limit int64) {
	t := c.t
	t.used = 0
	c.limit, c.piece, c.tail, c.trailers, c.err = limit, nil, nil, hdr.View{}, nil
	c.expecting = t.head.ExpectContinue() && t.head.Size() != 0
}

// end forgets a Wake that the handler was not told of before it returned.
func (c *Content) end() {
	if c.attention.Load() != attentive {
		c.attention.Store(attentive)
	}
}

// open starts decoding, once the route has set the limit.
func (c *Content) open() { c.t.body.Reset(c.t.head.Framing(), c.t.head.Size(), c.limit) }

func (c *Content) live() *turn {
	if poison && c.gone != "" {
		panic("srv: a Content was used after the handler of " + c.gone + " had returned")
	}
	return c.t
}

// Size returns the size of the content in octets: 0 when there is none, -1 when it is chunked and so unknown.
func (c *Content) Size() int64 { return c.live().head.Size() }

// Next returns the next piece of the content, at least one octet, borrowed until the next call. It waits for the client
// when nothing has come, having sent 100 (Continue) if the client waits for that. At the end it returns io.EOF.
func (c *Content) Next() ([]byte, error) { return c.next(true) }

// Received is Next without the wait: nil and no error mean that the client has to send more first. Only what the server has
// read already counts.
func (c *Content) Received() ([]byte, error) { return c.next(false) }

func (c *Content) next(wait bool) ([]byte, error) {
	t := c.live()
	if tail := c.tail; len(tail) > 0 { // Read has not got that far
		c.tail = nil
		return tail, nil
	}
	if poison {
		overwrite(c.piece, t.route.Name)
		c.piece = nil
	}
	for c.err == nil {
		in := t.unread()
		data, n, e := t.body.Next(in)
		t.r += n
		t.used += int64(n)
		if n > 0 {
			c.expecting = false // it did not wait
		}
		if len(data) > 0 {
			c.piece = data
			return data, nil
		}
		switch {
		case e != 0:
			c.fail(e)
		case t.body.Done():
			c.trailers = t.body.Trailers(in)
			c.err = io.EOF
		case n == 0 && !wait:
			return nil, nil
		case n == 0:
			switch err := t.more(); err {
			case nil:
			case ErrWoken:
				return nil, err
			default:
				c.fail(err)
			}
		}
	}
	return nil, c.err
}

// Wake has the Next, Read or WriteTo that waits for the client return ErrWoken; if none does, the next one that would. That is no failure:
// nothing is lost, and the call may be made again. It is for handlers that wait for something beside the client, who call Wake
// from the goroutine that gets it. Unlike the other methods it may be called by any goroutine, until the handler returns or
// hijacks the connection. It does not block.
func (c *Content) Wake() {
	t := c.live()
	if c.attention.Swap(woken) == waiting {
		t.port.wake(t)
	}
}

func (c *Content) fail(err error) {
	c.err = err
	c.t.res.fail(err)
	if err == ErrReset {
		c.t.req.lost(ErrReset)
	}
}

// Read copies the next octets of the content into p. It implements io.Reader. Next saves the copy.
func (c *Content) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.tail) == 0 {
		piece, err := c.Next()
		if err != nil {
			return 0, err
		}
		c.tail = piece
	}
	n := copy(p, c.tail)
	c.tail = c.tail[n:]
	return n, nil
}

// WriteTo writes the rest of the content to w. It implements io.WriterTo.
func (c *Content) WriteTo(w io.Writer) (n int64, err error) {
	for {
		piece, err := c.Next()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		m, err := w.Write(piece)
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
}
