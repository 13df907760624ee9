//go:build race || poison

package srv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// These tests are of builds that find handlers which keep what they were lent; other builds have nothing of it.

// Octets that a handler kept say whose handler it was, once it has returned.
func TestKeptOctets(t *testing.T) {
	in := "POST /kept/path?kept=kept HTTP/1.1\r\nHost: kept-host\r\nX-Kept: kept-value\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"c\r\nkept-content\r\n0\r\nX-Trailer: kept-trailer\r\n\r\n"
	gets := map[string]func(r *Request) []byte{
		"Method":     (*Request).Method,
		"Target":     (*Request).Target,
		"Path":       (*Request).Path,
		"Query":      (*Request).Query,
		"QueryValue": func(r *Request) []byte { return r.QueryValue("kept") },
		"Host":       (*Request).Host,
		"Field":      func(r *Request) []byte { return r.Field("X-Kept") },
		"Param":      func(r *Request) []byte { return r.Param("p") },
		"Content": func(r *Request) []byte {
			piece, err := r.Content().Next()
			assert.NoError(t, err)
			return piece
		},
		"Trailers": func(r *Request) []byte {
			r.Content().WriteTo(io.Discard)
			return r.Trailers().Get("x-trailer")
		},
	}
	for name, get := range gets {
		var kept, was []byte
		route := &Route{Name: "POST /kept/*", Handler: HandlerFunc(func(w *Response, r *Request) {
			kept = get(r)
			was = bytes.Clone(kept)
		})}
		s := &Server{Router: routerFunc(func(r *Request) *Route {
			r.Capture("p", 1, 5)
			return route
		})}
		newFakePort(t, []byte(in)).run(s)
		assert.True(t, strings.Contains(string(was), "kept") || string(was) == "POST", "%s: %q", name, was)
		assert.Contains(t, strings.Repeat(route.Name, 20), string(kept), name)
	}
}

// A piece of content is another's as soon as the next one is asked for.
func TestKeptPiece(t *testing.T) {
	var kept []byte
	route := &Route{Name: "/pieces", Handler: HandlerFunc(func(w *Response, r *Request) {
		c := r.Content()
		kept, _ = c.Next()
		assert.Equal(t, "hello", string(kept))
		first := kept
		kept, _ = c.Next()
		assert.Equal(t, "/piec", string(first))
		assert.Equal(t, "world!", string(kept))
		_, err := c.Next()
		assert.Equal(t, io.EOF, err)
		assert.Equal(t, "/piece", string(kept))
	})}
	s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
	newFakePort(t, []byte(send("", "5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n"))).run(s)
	assert.Contains(t, strings.Repeat(route.Name, 2), string(kept))
}

// What Read left of a piece is not taken away by Read itself.
func TestReadLeavesPiece(t *testing.T) {
	route := &Route{Name: "/read", Handler: HandlerFunc(func(w *Response, r *Request) {
		var p [2]byte
		for want := range bytes.SplitSeq([]byte("he,ll,o,wo,rl,d"), []byte(",")) {
			n, err := r.Content().Read(p[:])
			assert.NoError(t, err)
			assert.Equal(t, string(want), string(p[:n]))
		}
	})}
	s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
	newFakePort(t, []byte(send("", "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"))).run(s)
}

// A Request, a Response and a Content that were kept panic with the name of the route, whatever is asked of them, also when the same
// route is at work again.
func TestKeptObjects(t *testing.T) {
	var keptR *Request
	var keptW *Response
	var keptC *Content
	var ctx context.Context
	route := &Route{Name: "GET /keeper", Handler: HandlerFunc(func(w *Response, r *Request) {
		if keptR == nil {
			keptR, keptW, keptC, ctx = r, w, r.Content(), r.Context()
		} else {
			assert.Panics(t, func() { keptR.Path() }, "while another request is served")
		}
	})}
	s := &Server{Router: routerFunc(func(*Request) *Route { return route })}
	newFakePort(t, []byte(followUp+followUp)).run(s)
	file := tempFile(t, 1)
	calls := map[string]func(){
		"Method":      func() { keptR.Method() },
		"MethodID":    func() { keptR.MethodID() },
		"Target":      func() { keptR.Target() },
		"Form":        func() { keptR.Form() },
		"Path":        func() { keptR.Path() },
		"Query":       func() { keptR.Query() },
		"QueryValue":  func() { keptR.QueryValue("a") },
		"Host":        func() { keptR.Host() },
		"Minor":       func() { keptR.Minor() },
		"Field":       func() { keptR.Field("a") },
		"Fields":      func() { keptR.Fields() },
		"Content":     func() { keptR.Content() },
		"Trailers":    func() { keptR.Trailers() },
		"Remote":      func() { keptR.Remote() },
		"Capture":     func() { keptR.Capture("a", 0, 1) },
		"Context":     func() { keptR.Context() },
		"SetStatus":   func() { keptW.SetStatus(200) },
		"Status":      func() { keptW.Status() },
		"Sent":        func() { keptW.Sent() },
		"Began":       func() { keptW.Began() },
		"Get":         func() { keptW.Get("a") },
		"Set":         func() { keptW.Set("a", "b") },
		"SetBytes":    func() { keptW.SetBytes("a", nil) },
		"Add":         func() { keptW.Add("a", "b") },
		"AddBytes":    func() { keptW.AddBytes(nil, nil) },
		"Del":         func() { keptW.Del("a") },
		"Clear":       func() { keptW.Clear() },
		"SetSize":     func() { keptW.SetSize(1) },
		"Write":       func() { keptW.Write(nil) },
		"WriteString": func() { keptW.WriteString("") },
		"Flush":       func() { keptW.Flush() },
		"SendFile":    func() { keptW.SendFile(file, 0, 1) },
		"Interim":     func() { keptW.Interim(103) },
		"Announce":    func() { keptW.Announce("a") },
		"SetTrailer":  func() { keptW.SetTrailer("a", nil) },
		"Abort":       func() { keptW.Abort() },
		"Hijack":      func() { keptW.Hijack() },
		"Size":        func() { keptC.Size() },
		"Next":        func() { keptC.Next() },
		"Received":    func() { keptC.Received() },
		"Wake":        func() { keptC.Wake() },
		"Read":        func() { keptC.Read(make([]byte, 1)) },
		"WriteTo":     func() { keptC.WriteTo(io.Discard) },
	}
	for name, call := range calls {
		var message string
		func() {
			defer func() { message = fmt.Sprint(recover()) }()
			call()
		}()
		assert.Contains(t, message, route.Name, name)
	}
	assert.ErrorIs(t, ctx.Err(), context.Canceled, "a context may be kept")
}

// What a handler that panicked had borrowed is taken back as well, and what one that hijacked had.
func TestKeptByPanic(t *testing.T) {
	for _, script := range []string{"panic", "hijack"} {
		var kept []byte
		var keptR *Request
		route := &Route{Name: "/fails", Handler: HandlerFunc(func(w *Response, r *Request) {
			kept, keptR = r.Path(), r
			if script == "panic" {
				panic("x")
			}
			w.Hijack()
		})}
		s := quietServer(newScripts())
		s.Router = routerFunc(func(*Request) *Route { return route })
		newFakePort(t, []byte("GET /some/path HTTP/1.1\r\nHost: a\r\n\r\n")).run(s)
		assert.Contains(t, strings.Repeat(route.Name, 20), string(kept), script)
		assert.Panics(t, func() { keptR.Path() }, script)
	}
}

// Poison does not reach what belongs to the next request.
func TestPoisonSparesTheNext(t *testing.T) {
	sc := newScripts()
	in := strings.Repeat(on("/b", post("copy", "hello"))+on("/i", get("write:a")), 20)
	for _, size := range []int{1, 7, 50, len(in)} {
		_, o := coreModes[1].run(t, quietServer(sc), sc, endFIN, slices(in, size)...)
		assert.Equal(t, strings.Repeat(ok("hello")+ok("a"), 20), undated(t, o.Out))
	}
}

func TestOverwrite(t *testing.T) {
	for name, want := range map[string]string{"abc": "abcabca", "": "???????", "longer than it": "longer "} {
		b := make([]byte, 7)
		overwrite(b, name)
		assert.Equal(t, want, string(b))
	}
	overwrite(nil, "x")
}
