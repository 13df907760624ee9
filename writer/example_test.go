package writer_test

import (
	"fmt"
	"strings"

	"barewire/hdr"
	"barewire/writer"
)

// show prints what went onto the wire, a line each.
func show(out []byte) {
	fmt.Print(strings.ReplaceAll(string(out), "\r\n", "|\n"))
}

// A response of known size.
func Example() {
	var fields hdr.Set
	_ = fields.Set("Content-Type", "text/plain")
	var date writer.Date

	var w writer.Response
	w.Reset(false, 1) // to a GET, HTTP/1.1
	out, err := w.Begin(nil, &writer.Head{Status: 200, Fields: &fields, Size: 13, Date: date.Line(784111777)})
	if err != nil {
		return
	}
	out, _ = w.Content(out, []byte("Hello, "))
	out, _ = w.Content(out, []byte("world\n"))
	_, err = w.Content(out, []byte("and more"))
	fmt.Println(err)
	out, _ = w.End(out, nil)
	show(out)
	// Output:
	// writer: more content than declared
	// HTTP/1.1 200 OK|
	// Date: Sun, 06 Nov 1994 08:49:37 GMT|
	// Content-Type: text/plain|
	// Content-Length: 13|
	// |
	// Hello, world
}

// Content of unknown size goes out in chunks, and trailers may follow it.
func ExampleResponse_End() {
	var trailers hdr.Set
	_ = trailers.Set("X-Content-Length", "7")

	var w writer.Response
	w.Reset(false, 1)
	out, _ := w.Begin(nil, &writer.Head{Status: 200, Size: -1, Trailer: []byte("X-Content-Length")})
	out, _ = w.Content(out, []byte("one"))
	out, _ = w.Content(out, nil) // nothing
	out, _ = w.Content(out, []byte("more"))
	out, _ = w.End(out, &trailers)
	show(out)
	// Output:
	// HTTP/1.1 200 OK|
	// Transfer-Encoding: chunked|
	// Trailer: X-Content-Length|
	// |
	// 3|
	// one|
	// 4|
	// more|
	// 0|
	// X-Content-Length: 7|
	// |
}

// The octets of a span never pass through the writer.
func ExampleResponse_Span() {
	var w writer.Response
	w.Reset(false, 1)
	out, _ := w.Begin(nil, &writer.Head{Status: 200, Size: -1})
	out, _ = w.Span(out, 1<<20)
	fmt.Printf("%q, then the file, then ", out[strings.Index(string(out), "\r\n\r\n")+4:])
	out, _ = w.EndSpan(out[:0])
	out, _ = w.End(out, nil)
	fmt.Printf("%q\n", out)
	// Output: "100000\r\n", then the file, then "\r\n0\r\n\r\n"
}

// A hint goes ahead of the final response.
func ExampleResponse_Interim() {
	var hints hdr.Set
	_ = hints.Add("Link", "</style.css>; rel=preload; as=style")

	var w writer.Response
	w.Reset(false, 1)
	out, _ := w.Interim(nil, 103, &hints)
	out, _ = w.Begin(out, &writer.Head{Status: 204})
	out, _ = w.End(out, nil)
	show(out)
	// Output:
	// HTTP/1.1 103 Early Hints|
	// Link: </style.css>; rel=preload; as=style|
	// |
	// HTTP/1.1 204 No Content|
	// |
}

// What only the writer may set is refused among the fields.
func ExampleResponse_Begin() {
	var fields hdr.Set
	_ = fields.Set("Content-Length", "5")
	var w writer.Response
	w.Reset(false, 1)
	_, err := w.Begin(nil, &writer.Head{Status: 200, Fields: &fields, Size: 4})
	fmt.Println(err)
	// Output: writer: field not allowed here
}

func ExampleAppendStatusLine() {
	fmt.Printf("%q\n", writer.AppendStatusLine(nil, 431, ""))
	fmt.Printf("%q\n", writer.AppendStatusLine(nil, 299, "Mostly Fine"))
	fmt.Printf("%q\n", writer.AppendStatusLine(nil, 299, ""))
	// Output:
	// "HTTP/1.1 431 Request Header Fields Too Large\r\n"
	// "HTTP/1.1 299 Mostly Fine\r\n"
	// "HTTP/1.1 299 \r\n"
}

func ExampleAppendDate() {
	fmt.Printf("%s\n", writer.AppendDate(nil, 784111777))
	// Output: Sun, 06 Nov 1994 08:49:37 GMT
}
