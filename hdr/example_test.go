package hdr_test

import (
	"bytes"
	"fmt"

	"barewire/hdr"
)

// A Set holds what is to be sent: get, set, replace and delete.
func ExampleSet() {
	var s hdr.Set
	_ = s.Set("Content-Type", "text/plain")
	_ = s.Set("Server", "barewire")
	_ = s.Set("content-type", "text/html") // replaces, whatever the case
	s.Del("SERVER")

	fmt.Printf("%s\n", s.Get("Content-Type"))
	fmt.Println(s.Get("Server") == nil)
	fmt.Println(s.Set("Location", "/\r\nSet-Cookie: injected=1"))
	fmt.Printf("%q\n", s.AppendTo(nil))
	// Output:
	// text/html
	// true
	// hdr: invalid octet in field value
	// "content-type: text/html\r\n"
}

// A raw field line is parsed under the rules for received ones.
func ExampleSet_Parse() {
	var s hdr.Set
	for _, line := range []string{
		"Host:   localhost:42069   \r\n",
		"Host : localhost:42069\r\n",
		"H\u00f6st: localhost:42069\r\n",
		"Host: localhost:42069\n",
	} {
		fmt.Println(s.Parse([]byte(line)))
	}
	fmt.Printf("%s\n", s.Get("host"))
	// Output:
	// <nil>
	// hdr: invalid field name
	// hdr: invalid field name
	// hdr: malformed field line
	// localhost:42069
}

// Lines are iterated over in the order in which they came.
func ExampleSet_All() {
	var s hdr.Set
	_ = s.Add("Via", "1.1 first")
	_ = s.Add("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
	_ = s.Add("Via", "1.1 second")
	for name, value := range s.All() {
		fmt.Printf("%s = %s\n", name, value)
	}
	// Output:
	// Via = 1.1 first
	// Date = Sun, 06 Nov 1994 08:49:37 GMT
	// Via = 1.1 second
}

// Lines with the same name mean the same as one line with their values joined by commas. Set-Cookie is the exception.
func ExampleSet_AppendJoined() {
	var s hdr.Set
	_ = s.Add("Vary", "Accept")
	_ = s.Add("vary", "Accept-Encoding")
	_ = s.Add("Set-Cookie", "a=1")
	_ = s.Add("Set-Cookie", "b=2")
	fmt.Printf("%s\n", s.AppendJoined(nil, "Vary"))
	fmt.Printf("%s\n", s.AppendJoined(nil, "Set-Cookie"))
	for value := range s.Values("Set-Cookie") {
		fmt.Printf("%s\n", value)
	}
	// Output:
	// Accept, Accept-Encoding
	// a=1
	// a=1
	// b=2
}

// section indexes a well-formed section, which a parser would check meanwhile.
func section(b []byte) hdr.View {
	x := new(hdr.Index)
	x.Reset(0)
	for {
		start := x.LineStart(x.Count())
		cr := bytes.IndexByte(b[start:], '\r')
		if cr == 0 {
			break
		}
		x.Add(start+bytes.IndexByte(b[start:], ':'), start+cr)
	}
	x.Fold(b)
	x.Note(b)
	return x.View(b)
}

// A View shows what was received: names are folded to lower case, values trimmed, and nothing is copied.
func ExampleView() {
	v := section([]byte("HOST: example.org\r\nX-Forwarded-For:\t192.0.2.1 \r\n\r\n"))
	for name, value := range v.All() {
		fmt.Printf("%s = %q\n", name, value)
	}
	fmt.Printf("%s\n", v.ByID(hdr.Host))
	fmt.Printf("%s\n", v.Get("X-Forwarded-For"))
	// Output:
	// host = "example.org"
	// x-forwarded-for = "192.0.2.1"
	// example.org
	// 192.0.2.1
}

// A list goes on over lines; empty elements do not count, quoted commas do not separate.
func ExampleView_List() {
	v := section([]byte("If-None-Match: \"a,b\", W/\"c\"\r\nHost: example.org\r\nIf-None-Match: , \"d\"\r\n\r\n"))
	for tag := range v.List("If-None-Match") {
		fmt.Printf("%s\n", tag)
	}
	// Output:
	// "a,b"
	// W/"c"
	// "d"
}

// Received duplicates can be joined as well.
func ExampleView_AppendJoined() {
	v := section([]byte("Accept: text/html\r\nHost: example.org\r\nAccept: text/plain;q=0.5\r\n\r\n"))
	fmt.Printf("%s\n", v.AppendJoined(nil, "Accept"))
	// Output: text/html, text/plain;q=0.5
}

func ExampleView_Cookies() {
	v := section([]byte("Cookie: theme=dark; session=31d4d96e407aad42\r\n\r\n"))
	for name, value := range v.Cookies() {
		fmt.Printf("%s = %s\n", name, value)
	}
	fmt.Printf("%s\n", v.Cookie("theme"))
	// Output:
	// theme = dark
	// session = 31d4d96e407aad42
	// dark
}

func ExampleLookup() {
	switch hdr.Lookup([]byte("CONTENT-length")) {
	case hdr.ContentLength:
		fmt.Println("framing")
	case hdr.Unknown:
		fmt.Println("somebody else's")
	}
	// Output: framing
}

func ExampleNextElement() {
	list := []byte(`gzip;q=1.0, "a, b" ,`)
	for last := false; !last; {
		var element []byte
		element, list, last = hdr.NextElement(list)
		fmt.Printf("%q\n", element)
	}
	// Output:
	// "gzip;q=1.0"
	// "\"a, b\""
	// ""
}
