package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"barewire/hdr"
	"barewire/srv"
	"barewire/srv/files"
	"barewire/srv/route"
)

func newRouter(o options) srv.Router {
	m := route.New()
	m.Get("/", serveOK).Inline()
	m.Post("/", serveContent).Inline()
	m.Get("/echo", serveFields).Inline()
	m.Post("/echo", serveFields).Inline()
	m.Get("/cookie", serveCookies).Inline()
	m.Get("/plaintext", servePlaintext).Inline()
	m.Get("/plaintext-blocking", servePlaintext)
	m.Get("/sleep", serveSleep)
	m.Get("/bytes", serveBytes)
	if o.file != nil {
		m.Get("/file", o.file)
	}
	if o.proxy != nil {
		m.Get("/proxy/*", o.proxy.ServeHTTP)
	}
	return m
}

// fileHandler returns what sends one file, which has to be there.
func fileHandler(path string) (srv.HandlerFunc, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f.Close()
	return files.One(path, nil), nil
}

const textPlain = "text/plain"

func serveOK(w *srv.Response, _ *srv.Request) {
	w.Set("Content-Type", textPlain)
	w.WriteString("OK")
}

func servePlaintext(w *srv.Response, _ *srv.Request) {
	w.Set("Server", "barewire")
	w.Set("Content-Type", textPlain)
	w.WriteString("Hello, World!")
}

func serveSleep(w *srv.Response, r *srv.Request) {
	ms, ok := queryNumber(r, "ms", 60_000)
	if !ok {
		w.SetStatus(400)
		return
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	serveOK(w, r)
}

// block holds a part of a request's content.
type block struct {
	next *block
	size int
	b    [32 << 10]byte
}

var blocks = sync.Pool{New: func() any { return new(block) }}

// serveContent answers with the content of the request, once it has all of it.
func serveContent(w *srv.Response, r *srv.Request) {
	var list content
	defer list.release()
	for {
		piece, err := r.Content().Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return // the server answers
		}
		list.add(piece)
	}
	w.Set("Content-Type", "application/octet-stream")
	w.SetSize(list.size)
	for b := list.first; b != nil; b = b.next {
		if _, err := w.Write(b.b[:b.size]); err != nil {
			return
		}
	}
}

// content is a list of blocks from the pool.
type content struct {
	first, last *block
	size        int64
}

func (c *content) add(piece []byte) {
	c.size += int64(len(piece))
	for len(piece) > 0 {
		if c.last == nil || c.last.size == len(c.last.b) {
			c.grow()
		}
		n := copy(c.last.b[c.last.size:], piece)
		c.last.size += n
		piece = piece[n:]
	}
}

func (c *content) grow() {
	b := blocks.Get().(*block)
	b.next, b.size = nil, 0
	if c.last == nil {
		c.first = b
	} else {
		c.last.next = b
	}
	c.last = b
}

func (c *content) release() {
	for b := c.first; b != nil; {
		next := b.next
		blocks.Put(b)
		b = next
	}
}

// serveFields answers with the field lines of the request. Those of the trailer section are not among them.
func serveFields(w *srv.Response, r *srv.Request) {
	for {
		if _, err := r.Content().Next(); err == io.EOF {
			break
		} else if err != nil {
			return
		}
	}
	w.Set("Content-Type", textPlain)
	fields := r.Fields()
	for i := range fields.Len() {
		name, value := fields.At(i)
		writeLine(w, name, ": ", value)
	}
}

func serveCookies(w *srv.Response, r *srv.Request) {
	w.Set("Content-Type", textPlain)
	// The type is spelt out because the compiler inlines the iterator, which then does not allocate, only where hdr is
	// imported.
	var fields hdr.View = r.Fields()
	for name, value := range fields.Cookies() {
		writeLine(w, name, "=", value)
	}
}

func writeLine(w *srv.Response, name []byte, between string, value []byte) {
	w.Write(name)
	w.WriteString(between)
	w.Write(value)
	w.WriteString("\n")
}

var pattern = func() (b [32 << 10]byte) {
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b
}()

// serveBytes streams the number of octets that is asked for.
func serveBytes(w *srv.Response, r *srv.Request) {
	n, ok := queryNumber(r, "n", 1<<40)
	if !ok {
		w.SetStatus(400)
		return
	}
	w.Set("Content-Type", "application/octet-stream")
	err := w.Flush()
	for n > 0 && err == nil {
		size := min(n, int64(len(pattern)))
		_, err = w.Write(pattern[:size])
		n -= size
	}
}

// queryNumber returns the value of a query parameter, digits alone and at most limit.
func queryNumber(r *srv.Request, name string, limit int64) (n int64, ok bool) {
	digits := r.QueryValue(name)
	for _, c := range digits {
		if c < '0' || c > '9' || n > limit {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(digits) > 0 && n <= limit
}
