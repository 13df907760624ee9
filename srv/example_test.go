package srv_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"barewire/hdr"
	"barewire/srv"
	"barewire/srv/srvtest"
)

// to is a Router that has one Route. srv/route has a real one.
type to struct{ route *srv.Route }

func (r to) Route(*srv.Request) *srv.Route { return r.route }

// serverOf returns a server whose requests all go to a handler.
func serverOf(h srv.HandlerFunc) *srv.Server {
	return &srv.Server{Router: to{&srv.Route{Name: "/*", Handler: h}}, Log: slog.New(slog.DiscardHandler)}
}

// show prints a response without its Date.
func show(response []byte) {
	for line := range strings.Lines(string(response)) {
		if line = strings.TrimRight(line, "\r\n"); !strings.HasPrefix(line, "Date: ") {
			fmt.Println(line)
		}
	}
}

// A server binds, runs until it is shut down, and has answered everybody then.
func ExampleServer() {
	s := &srv.Server{Router: to{&srv.Route{Name: "/*", Inline: true, Handler: srv.HandlerFunc(func(w *srv.Response, r *srv.Request) {
		w.Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s asked for %s\n", r.Field("User-Agent"), r.Path())
	})}}}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- s.Run() }()

	nc, _ := net.Dial("tcp", s.Addrs()[0].String())
	io.WriteString(nc, "GET /tea HTTP/1.1\r\nHost: localhost\r\nUser-Agent: nc\r\nConnection: close\r\n\r\n")
	response, _ := io.ReadAll(nc)
	nc.Close()
	show(response)

	fmt.Println(s.Shutdown(context.Background()), <-ended)
	// Output:
	// HTTP/1.1 200 OK
	// Content-Type: text/plain
	// Content-Length: 18
	// Connection: close
	//
	// nc asked for /tea
	// <nil> <nil>
}

// Requests that a client sends without waiting are answered in their order.
func ExampleServer_pipelined() {
	s := serverOf(func(w *srv.Response, r *srv.Request) { w.Write(r.Path()) })
	show(srvtest.Do(s, []byte("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"+"HEAD /22 HTTP/1.1\r\nHost: a\r\n\r\n"+"GET /3 HTTP/1.0\r\n\r\n")))
	// Output:
	// HTTP/1.1 200 OK
	// Content-Length: 2
	//
	// /1HTTP/1.1 200 OK
	// Content-Length: 3
	//
	// HTTP/1.1 200 OK
	// Content-Length: 2
	// Connection: close
	//
	// /3
}

// OnRefuse is told what was wrong with a request, and where. The client is told less.
func ExampleServer_onRefuse() {
	s := serverOf(nil)
	s.OnRefuse = func(r *srv.Refusal) {
		fmt.Printf("%s (%s) at %d: %q\n\n", r.Rule, r.Section, r.Off, r.Excerpt)
	}
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\nX-Some : thing\r\n\r\n")))
	// Output:
	// name-space (RFC 9112 section 5.1) at 31: "\nHost: a\r\nX-Some : thing\r\n\r\n"
	//
	// HTTP/1.1 400 Bad Request
	// Content-Type: text/plain; charset=utf-8
	// Content-Length: 88
	// Connection: close
	//
	// 400 Bad Request: white space in a field name or before its colon (RFC 9112 section 5.1)
}

func ExampleServer_Stats() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		if string(r.Path()) == "/panic" {
			panic("a mistake")
		}
	})
	for _, target := range []string{"/", "/", "/panic", "bad"} {
		srvtest.Do(s, []byte("GET "+target+" HTTP/1.1\r\nHost: a\r\n\r\n"))
	}
	st := s.Stats()
	fmt.Println(st.Accepted, "connections,", st.Requests, "requests,", st.Panics, "panic")
	for _, r := range st.Refusals {
		fmt.Println(r.Rule, r.Count)
	}
	// Output:
	// 4 connections, 3 requests, 1 panic
	// target-form 1
}

// A Route says how much content its requests may have.
func ExampleRoute() {
	s := &srv.Server{Log: slog.New(slog.DiscardHandler), Router: to{&srv.Route{
		Name:        "POST /note",
		ContentSize: 5,
		Handler:     srv.HandlerFunc(func(w *srv.Response, r *srv.Request) { r.Content().WriteTo(w) }),
	}}}
	for _, request := range []string{
		"POST /note HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nshort",
		"POST /note HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\ntoo long",
	} {
		status, _, _ := bytes.Cut(srvtest.Do(s, []byte(request)), []byte("\r\n"))
		fmt.Printf("%s\n", status)
	}
	// Output:
	// HTTP/1.1 200 OK
	// HTTP/1.1 413 Content Too Large
}

// What a Request gives is borrowed. To keep it, copy it.
func ExampleRequest() {
	var hosts []string
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		hosts = append(hosts, string(r.Host()))
		fmt.Printf("%s %s, query %s, id %s\n", r.Method(), r.Path(), r.Query(), r.QueryValue("id"))
		for name, value := range r.Fields().All() {
			fmt.Printf("  %s: %s\n", name, value)
		}
	})
	srvtest.Do(s, []byte("GET /%7Euser?id=4&x HTTP/1.1\r\nHOST: example.org\r\nAccept:  text/html \r\n\r\n"))
	fmt.Println(hosts)
	// Output:
	// GET /%7Euser, query id=4&x, id 4
	//   host: example.org
	//   accept: text/html
	// [example.org]
}

// A handler that works for long sees by the context when nobody waits for the answer any more.
func ExampleRequest_Context() {
	var kept context.Context
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		kept = r.Context()
		select {
		case <-kept.Done():
			fmt.Println("stopped:", context.Cause(kept))
		default:
			fmt.Println("goes on")
		}
	})
	srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	fmt.Println("afterwards:", kept.Err())
	// Output:
	// goes on
	// afterwards: context canceled
}

// A handler that reads content and waits for a reply at the same time is woken by the reply.
func ExampleContent_Wake() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		content, reply := r.Content(), make(chan string, 1)
		go func() {
			reply <- "enough"
			content.Wake() // the handler awaits the reply, so it has not returned
		}()
		for {
			switch _, err := content.Next(); err {
			case nil: // a piece
			case srv.ErrWoken:
				w.WriteString(<-reply)
				return
			default:
				return
			}
		}
	})
	client, server := net.Pipe()
	go s.ServeConn(server)
	fmt.Fprint(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello") // and no more
	response, _ := io.ReadAll(client)
	fmt.Printf("%s\n", response[len(response)-len("enough"):])
	// Output: enough
}

// Next gives the content as it arrives, whatever the framing, without copying it.
func ExampleContent_Next() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		for {
			piece, err := r.Content().Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return // the server answers
			}
			fmt.Printf("%q\n", piece) // borrowed until the next call
		}
		fmt.Printf("sum: %s\n", r.Trailers().Get("x-sum"))
	})
	srvtest.Do(s, []byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 12\r\n\r\n"))
	// Output:
	// "hello"
	// ", world"
	// sum: 12
}

// Content that is malformed is an error for the handler and a refusal for the client, with nothing for the handler to do.
func ExampleContent_WriteTo() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		_, err := r.Content().WriteTo(io.Discard)
		fmt.Println(err)
		w.WriteString("thanks")
	})
	response := srvtest.Do(s, []byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello world"))
	status, _, _ := bytes.Cut(response, []byte("\r\n"))
	fmt.Printf("%s\n", status)
	// Output:
	// parser: no CRLF behind the data of a chunk
	// HTTP/1.1 400 Bad Request
}

// Content of a size that is not known is sent in chunks, as soon as the handler wants it to leave.
func ExampleResponse_Flush() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		for i := range 3 {
			fmt.Fprintf(w, "tick %d\n", i)
			w.Flush()
		}
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
	// Output:
	// HTTP/1.1 200 OK
	// Transfer-Encoding: chunked
	//
	// 7
	// tick 0
	//
	// 7
	// tick 1
	//
	// 7
	// tick 2
	//
	// 0
}

// Trailers are fields that are known only when the content has been written.
func ExampleResponse_Announce() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		w.Announce("X-Size")
		w.WriteString("hello")
		w.SetTrailer("X-Size", []byte("5"))
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
	// Output:
	// HTTP/1.1 200 OK
	// Transfer-Encoding: chunked
	// Trailer: X-Size
	//
	// 5
	// hello
	// 0
	// X-Size: 5
}

// With a declared size, content leaves when the buffer is full and needs no chunks.
func ExampleResponse_SetSize() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		w.SetSize(11)
		w.WriteString("hello")
		w.Flush()
		w.WriteString(" world")
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
	// Output:
	// HTTP/1.1 200 OK
	// Content-Length: 11
	//
	// hello world
}

// A field that would end its line early is refused, and so are fields that only the server may send.
func ExampleResponse_Set() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		fmt.Println(w.Set("Location", "/next"))
		fmt.Println(w.Set("Location", "/\r\nSet-Cookie: injected=1"))
		fmt.Println(w.Set("Transfer-Encoding", "gzip"))
		w.SetStatus(303)
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
	// Output:
	// <nil>
	// hdr: invalid octet in field value
	// writer: field not allowed here
	// HTTP/1.1 303 See Other
	// Location: /next
	// Content-Length: 0
}

// Hints can be sent while the answer is still being made.
func ExampleResponse_Interim() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		w.Interim(103, hdr.Field{Name: "Link", Value: "</style.css>; rel=preload; as=style"})
		w.WriteString("<html>")
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
	// Output:
	// HTTP/1.1 103 Early Hints
	// Link: </style.css>; rel=preload; as=style
	//
	// HTTP/1.1 200 OK
	// Content-Length: 6
	//
	// <html>
}

// A response that cannot be completed is cut off, so that the client does not take it for whole.
func ExampleResponse_Abort() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		w.WriteString("the first half, ")
		w.Flush()
		w.Abort()
		_, err := w.WriteString("the second half")
		fmt.Println(err)
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
	// Output:
	// srv: response was aborted
	// HTTP/1.1 200 OK
	// Transfer-Encoding: chunked
	//
	// 10
	// the first half,
}

// A hijacked connection speaks whatever the handler speaks.
func ExampleResponse_Hijack() {
	s := serverOf(func(w *srv.Response, r *srv.Request) {
		nc, unread, err := w.Hijack()
		if err != nil {
			return
		}
		defer nc.Close()
		fmt.Fprintf(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n%s", unread)
	})
	show(srvtest.Do(s, []byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nhello")))
	// Output:
	// HTTP/1.1 101 Switching Protocols
	// Upgrade: echo
	// Connection: upgrade
	//
	// hello
}
