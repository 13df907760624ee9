package parser_test

import (
	"fmt"
	"strings"

	"barewire/hdr"
	"barewire/parser"
)

// A head that arrives in two pieces. The buffer may be another one each time, as long as it starts with the same octets.
func ExampleHead_Parse() {
	var h parser.Head
	h.Reset(parser.Limits{})

	b := []byte("GET /where?q=now HTTP/1.1\r\nHo")
	n, e := h.Parse(b)
	fmt.Println(n, e == 0)

	b = append(b, "st: www.example.org\r\nAccept: */*\r\n\r\nGET /next"...)
	n, e = h.Parse(b)
	fmt.Println(n, e == 0)

	fmt.Printf("%s %s %s\n", h.Method(b), h.Path(b), h.Query(b))
	fmt.Printf("%s %s\n", h.Host(b), h.Fields(b).ByID(hdr.Accept))
	for name, value := range h.Fields(b).All() {
		fmt.Printf("%s=%s\n", name, value)
	}
	fmt.Printf("%s\n", b[n:])
	// Output:
	// 0 true
	// 65 true
	// GET /where q=now
	// www.example.org */*
	// host=www.example.org
	// accept=*/*
	// GET /next
}

// A refusal says which octet is at fault, and which rule it breaks.
func ExampleHead_ErrorOff() {
	var h parser.Head
	h.Reset(parser.Limits{})
	b := []byte("GET / HTTP/1.1\r\nHost : www.example.org\r\n\r\n")
	_, e := h.Parse(b)
	fmt.Println(e.Rule(), e.Status(), e.Section())
	fmt.Printf("%q\n", b[h.ErrorOff():][:6])
	// Output:
	// name-space 400 RFC 9112 section 5.1
	// " : www"
}

// A chunked body, decoded as it arrives: what Next did not consume is kept, and more is put behind it.
func ExampleContent_Next() {
	var c parser.Content
	c.Reset(parser.FramingChunked, -1, 1<<20)

	arrives := strings.NewReader("5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nX-Sum: 12\r\n\r\n")
	var b []byte
	for !c.Done() {
		data, n, e := c.Next(b)
		if e != 0 {
			fmt.Println(e.Rule())
			return
		}
		if len(data) > 0 {
			fmt.Printf("%q\n", data)
		}
		if c.Done() {
			fmt.Printf("%s\n", c.Trailers(b).Get("X-Sum"))
		}
		b = b[n:]
		if n == 0 && !c.Done() { // wait for more
			var piece [10]byte
			size, err := arrives.Read(piece[:])
			if err != nil {
				fmt.Println(c.End().Rule())
				return
			}
			b = append(b, piece[:size]...)
		}
	}
	// Output:
	// "hello"
	// ", w"
	// "orld"
	// 12
}

// An interim response is a head of its own.
func ExampleResponseHead_Parse() {
	b := []byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes")
	var h parser.ResponseHead
	for h.Status() < 200 {
		h.Reset(parser.Limits{}, parser.MethodPost)
		n, e := h.Parse(b)
		if n == 0 {
			fmt.Println("refused or incomplete", e)
			return
		}
		fmt.Printf("%d %s, content of %d octets\n", h.Status(), h.Reason(b), h.Size())
		b = b[n:]
	}
	fmt.Printf("%s\n", b)
	// Output:
	// 100 Continue, content of 0 octets
	// 201 Created, content of 3 octets
	// yes
}
