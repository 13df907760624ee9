package srvtest_test

import (
	"bytes"
	"fmt"

	"barewire/srv"
	"barewire/srv/srvtest"
)

type hello struct{ route srv.Route }

func (h *hello) Route(*srv.Request) *srv.Route { return &h.route }

func newServer() *srv.Server {
	handler := srv.HandlerFunc(func(w *srv.Response, r *srv.Request) {
		w.WriteString("hello, ")
		r.Content().WriteTo(w)
	})
	return &srv.Server{Router: &hello{srv.Route{Name: "/*", Handler: handler}}}
}

func ExampleDo() {
	response := srvtest.Do(newServer(), []byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nworld"))
	head, content, _ := bytes.Cut(response, []byte("\r\n\r\n"))
	status, _, _ := bytes.Cut(head, []byte("\r\n"))
	fmt.Printf("%s\n%s\n", status, content)
	// Output:
	// HTTP/1.1 200 OK
	// hello, world
}

// Wherever a request is cut, the answer is the same.
func ExampleDoCut() {
	request := []byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n")
	for cut := 1; cut <= len(request); cut++ {
		response := srvtest.DoCut(newServer(), request, cut)
		if !bytes.HasSuffix(response, []byte("\r\n\r\nhello, world")) {
			fmt.Printf("cut into pieces of %d: %q\n", cut, response)
		}
	}
	fmt.Println("done")
	// Output:
	// done
}
