package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"barewire/hdr"
	"barewire/parser"
	"barewire/writer"
)

const (
	bufferSize  = 64 << 10 // a head, or a trailer section, and what is shown before a refused octet
	contextSize = 24       // octets shown on either side of a refused one

	lingerTime = 500 * time.Millisecond
	lingerSize = 64 << 10
)

// conn serves the requests of one connection, one after the other.
//
// What is received is kept twice: the parser folds the names in b to lower case, and received shows them as they came. Both
// have the same octets at the same places:
//
//	| shown before a refused octet | unread | free |
//	0                              r        w      bufferSize
type conn struct {
	*options
	net net.Conn

	b, received [bufferSize]byte
	r, w        int
	off         int64 // of r, from the start of the request

	head    parser.Head
	content parser.Content
	resp    writer.Response
	date    writer.Date
	answer  []byte
	req     report
}

// serve answers requests until the connection has to be closed, and returns why.
func (c *conn) serve() (why string) {
	for {
		closing, err := c.exchange()
		if err != nil {
			return c.describe(err)
		}
		if closing != "" {
			c.linger()
			return closing
		}
	}
}

// within is what ended a connection in the middle of a request.
type within struct{ error }

// describe says why a connection cannot go on.
func (c *conn) describe(err error) string {
	var op *net.OpError
	inside, isInside := err.(within)
	switch {
	case isInside:
		return c.describe(inside.error) + ", in the middle of a request"
	case err == io.EOF:
		return "by the client"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("nothing received, or no answer taken, for %v", c.idle)
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

// exchange takes one request and answers it. closing says why the connection ends with that, "" if it persists. After an error
// there is nothing left to say to the client.
func (c *conn) exchange() (closing string, err error) {
	c.off = 0
	c.req.reset(c.explain)
	n, e, err := c.takeHead()
	if err != nil {
		return "", err
	}
	if e != 0 {
		c.resp.Reset(bytes.HasPrefix(c.received[c.r-int(c.off):c.w], []byte("HEAD ")), 1)
		return refused, c.refuse(e)
	}
	c.req.accept(&c.head, c.b[c.r:c.r+n], c.received[c.r:c.r+n])
	c.advance(n)
	c.resp.Reset(c.head.MethodID() == parser.MethodHead, c.head.Minor())
	c.content.Reset(c.head.Framing(), c.head.Size(), -1)
	if c.head.ExpectContinue() && !c.content.Done() && c.r == c.w {
		if err := c.sendContinue(); err != nil {
			return "", err
		}
	}
	if e, err = c.takeContent(); err != nil {
		return "", within{err}
	}
	if e != 0 {
		return refused, c.refuse(e)
	}
	c.out.print(c.req.appendTo)
	switch {
	case c.head.MethodID() == parser.MethodConnect:
		return "no tunnel", c.respond(501, "no tunnel is made here", true)
	case !c.head.Persistent():
		return "not persistent", c.respond(200, "", true)
	}
	return "", c.respond(200, "", false)
}

const refused = "request refused"

// takeHead reads until the head at r is complete, and returns its size. If it is refused, r is left at the offending
// octet. The error is io.EOF when there is no further request.
func (c *conn) takeHead() (n int, e parser.Error, err error) {
	c.head.Reset(parser.Limits{})
	for n == 0 && e == 0 {
		if n, e = c.head.Parse(c.b[c.r:c.w]); n > 0 {
			return n, 0, nil
		}
		bad := c.head.ErrorOff()
		if e == 0 {
			err = c.fill()
			switch {
			case err == nil:
				continue
			case !c.head.Started():
				return 0, 0, err
			case err != io.EOF:
				return 0, 0, within{err}
			}
			bad, e = c.w-c.r, parser.Truncated
		}
		c.req.table.head(c.received[c.r : c.r+bad])
		c.advance(bad)
	}
	return 0, e, nil
}

// takeContent reads the content to its end. If it is refused, r is left at the offending octet.
func (c *conn) takeContent() (e parser.Error, err error) {
	for !c.content.Done() {
		unread := c.b[c.r:c.w]
		data, n, e := c.content.Next(unread)
		if e != 0 {
			n = c.content.ErrorOff()
		}
		c.req.keep(data)
		c.req.table.body(c.received[c.r : c.r+n])
		if c.content.Done() {
			c.req.finish(c.content.Trailers(unread))
		}
		c.advance(n)
		if e != 0 {
			return e, nil
		}
		if n > 0 || c.content.Done() {
			continue
		}
		switch err = c.fill(); {
		case err == io.EOF:
			c.req.table.body(c.received[c.r:c.w]) // of a trailer section
			c.advance(c.w - c.r)
			return c.content.End(), nil
		case err != nil:
			return 0, err
		}
	}
	return 0, nil
}

func (c *conn) advance(n int) {
	c.r += n
	c.off += int64(n)
}

// fill reads what there is into the free end of the buffer, for which it makes room as needed. Nothing that the parser wants
// to see at once is as large as the buffer.
func (c *conn) fill() error {
	if c.w == bufferSize || c.r == c.w {
		shown := min(c.r, contextSize)
		from := c.r - shown
		copy(c.b[:], c.b[from:c.w])
		copy(c.received[:], c.received[from:c.w])
		c.r, c.w = shown, c.w-from
	}
	c.net.SetReadDeadline(time.Now().Add(c.idle))
	n, err := c.net.Read(c.b[c.w:])
	copy(c.received[c.w:], c.b[c.w:c.w+n])
	c.w += n
	if n > 0 {
		return nil
	}
	return err
}

// refuse prints and answers what is wrong with the octet at r.
func (c *conn) refuse(e parser.Error) error {
	before := int(min(c.off, contextSize))
	c.req.refuse(e, c.off, c.received[c.r-before:c.r], c.received[c.r:min(c.r+contextSize, c.w)])
	c.out.print(c.req.appendTo)
	return c.respond(e.Status(), e.Text()+" ("+e.Section()+")", true)
}

func (c *conn) sendContinue() error {
	var err error
	if c.answer, err = c.resp.Interim(c.answer[:0], 100, nil); err != nil {
		return err
	}
	return c.send()
}

// respond sends a final response: an empty one, or a line of text.
func (c *conn) respond(status int, text string, closing bool) (err error) {
	var content []byte
	var fields hdr.Set
	if text != "" {
		content = fmt.Appendf(nil, "%d %s: %s\n", status, writer.StatusText(status), text)
		fields.Set("Content-Type", "text/plain; charset=utf-8")
	}
	head := &writer.Head{
		Status: status, Fields: &fields, Size: int64(len(content)), Close: closing, Date: c.date.Line(time.Now().Unix()),
	}
	if c.answer, err = c.resp.Begin(c.answer[:0], head); err != nil {
		return err
	}
	if c.answer, err = c.resp.Content(c.answer, content); err != nil {
		return err
	}
	if c.answer, err = c.resp.End(c.answer, nil); err != nil {
		return err
	}
	return c.send()
}

func (c *conn) send() error {
	c.net.SetWriteDeadline(time.Now().Add(c.idle))
	_, err := c.net.Write(c.answer)
	return err
}

// linger discards what is still on its way after the last answer: to close with octets unread would reset the connection, and
// the client might lose the answer (RFC 9112 section 9.6).
func (c *conn) linger() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	c.net.SetReadDeadline(time.Now().Add(min(lingerTime, c.idle)))
	io.CopyN(io.Discard, c.net, lingerSize)
}
