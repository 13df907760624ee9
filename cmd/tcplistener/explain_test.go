package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explained returns the tables printed of what a client sends, without the line above each.
func explained(t *testing.T, in string) (rows string) {
	printed, _, _ := converse(true, io.EOF, []byte(in))
	tables := strings.Split(printed, "Octets:\n")
	require.NotEmpty(t, tables[1:])
	for _, table := range tables[1:] {
		header, table, _ := strings.Cut(table, "\n")
		require.Equal(t, "range     octets                         grammar        defined in", header)
		table, _, _ = strings.Cut(table, "Request line:\n")
		table, _, _ = strings.Cut(table, "Refused:\n")
		rows += table
	}
	return rows
}

func TestExplain(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"origin-form", "GET /a%20b?q=%41 HTTP/1.1\r\nHost: a\r\nX-Y:\t\"\xc3\xbc\" \t\r\nE:\r\n\r\n", `
0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
3         " "                            SP             RFC 9112 section 3
4-9       "/a%20b"                       absolute-path  RFC 9110 section 4.1   request-target in origin-form
10        "?"                            "?"            RFC 9112 section 3.2.1
11-15     "q=%41"                        query          RFC 3986 section 3.4
16        " "                            SP             RFC 9112 section 3
17-24     "HTTP/1.1"                     HTTP-version   RFC 9112 section 2.3   persists after the answer unless asked not to
25-26     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
27-30     "Host"                         field-name     RFC 9110 section 5.1   once in every HTTP/1.1 request
31        ":"                            ":"            RFC 9112 section 5
32        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
33        "a"                            field-value    RFC 9110 section 5.5
34-35     "\r\n"                         CRLF           RFC 9112 section 2.1
36-38     "X-Y"                          field-name     RFC 9110 section 5.1
39        ":"                            ":"            RFC 9112 section 5
40        "\t"                           OWS            RFC 9110 section 5.6.3 not part of the value
41-44     "\"\xc3\xbc\""                 field-value    RFC 9110 section 5.5   has obs-text, octets above 0x7f
45-46     " \t"                          OWS            RFC 9110 section 5.6.3 not part of the value
47-48     "\r\n"                         CRLF           RFC 9112 section 2.1
49        "E"                            field-name     RFC 9110 section 5.1
50        ":"                            ":"            RFC 9112 section 5
51-52     "\r\n"                         CRLF           RFC 9112 section 2.1
53-54     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
`},
		{"absolute-form, an empty line before, HTTP/1.0", "\r\nput http://[::1]:80/?a?b HTTP/1.0\r\n\r\n", `
0-1       "\r\n"                         CRLF           RFC 9112 section 2.2   an empty line before the request line is ignored
2-4       "put"                          method         RFC 9112 section 3.1   not a registered method
5         " "                            SP             RFC 9112 section 3
6-9       "http"                         scheme         RFC 3986 section 3.1   request-target in absolute-form
10-12     "://"                          "://"          RFC 9112 section 3.2.2
13-17     "[::1]"                        uri-host       RFC 9110 section 4.1   takes the place of the Host field
18        ":"                            ":"            RFC 9112 section 3.2.3
19-20     "80"                           port           RFC 9110 section 4.1
21        "/"                            absolute-path  RFC 9110 section 4.1
22        "?"                            "?"            RFC 9112 section 3.2.1
23-25     "a?b"                          query          RFC 3986 section 3.4
26        " "                            SP             RFC 9112 section 3
27-34     "HTTP/1.0"                     HTTP-version   RFC 9112 section 2.3   closes after the answer unless asked not to
35-36     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
37-38     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
`},
		{"absolute-form without path", "DELETE https://a HTTP/1.0\r\n\r\n", `
0-5       "DELETE"                       method         RFC 9112 section 3.1   idempotent, not safe
6         " "                            SP             RFC 9112 section 3
7-11      "https"                        scheme         RFC 3986 section 3.1   request-target in absolute-form
12-14     "://"                          "://"          RFC 9112 section 3.2.2
15        "a"                            uri-host       RFC 9110 section 4.1   takes the place of the Host field
16        " "                            SP             RFC 9112 section 3
17-24     "HTTP/1.0"                     HTTP-version   RFC 9112 section 2.3   closes after the answer unless asked not to
25-26     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
27-28     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
`},
		{"authority-form", "CONNECT a.example:443 HTTP/1.2\r\nHost: a\r\nConnection: x\r\n\r\n", `
0-6       "CONNECT"                      method         RFC 9112 section 3.1
7         " "                            SP             RFC 9112 section 3
8-16      "a.example"                    uri-host       RFC 9110 section 4.1   request-target in authority-form
17        ":"                            ":"            RFC 9112 section 3.2.3
18-20     "443"                          port           RFC 9110 section 4.1
21        " "                            SP             RFC 9112 section 3
22-29     "HTTP/1.2"                     HTTP-version   RFC 9112 section 2.3   served as HTTP/1.1
30-31     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
32-35     "Host"                         field-name     RFC 9110 section 5.1   once in every HTTP/1.1 request
36        ":"                            ":"            RFC 9112 section 5
37        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
38        "a"                            field-value    RFC 9110 section 5.5
39-40     "\r\n"                         CRLF           RFC 9112 section 2.1
41-50     "Connection"                   field-name     RFC 9110 section 5.1   for this connection only
51        ":"                            ":"            RFC 9112 section 5
52        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
53        "x"                            field-value    RFC 9110 section 5.5
54-55     "\r\n"                         CRLF           RFC 9112 section 2.1
56-57     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
`},
		{"asterisk-form", "OPTIONS * HTTP/1.0\r\n\r\n", `
0-6       "OPTIONS"                      method         RFC 9112 section 3.1   safe and idempotent
7         " "                            SP             RFC 9112 section 3
8         "*"                            "*"            RFC 9112 section 3.2.4 request-target in asterisk-form: the server as a whole
9         " "                            SP             RFC 9112 section 3
10-17     "HTTP/1.0"                     HTTP-version   RFC 9112 section 2.3   closes after the answer unless asked not to
18-19     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
20-21     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
`},
		{"Content-Length, two requests", "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\na\n\x00GET / HTTP/1.0\r\n\r\n", `
0-3       "POST"                         method         RFC 9112 section 3.1   neither safe nor idempotent
4         " "                            SP             RFC 9112 section 3
5         "/"                            absolute-path  RFC 9110 section 4.1   request-target in origin-form
6         " "                            SP             RFC 9112 section 3
7-14      "HTTP/1.0"                     HTTP-version   RFC 9112 section 2.3   closes after the answer unless asked not to
15-16     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
17-26     "Connection"                   field-name     RFC 9110 section 5.1   for this connection only
27        ":"                            ":"            RFC 9112 section 5
28        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
29-38     "keep-alive"                   field-value    RFC 9110 section 5.5
39-40     "\r\n"                         CRLF           RFC 9112 section 2.1
41-54     "Content-Length"               field-name     RFC 9110 section 5.1   the size of the content
55        ":"                            ":"            RFC 9112 section 5
56        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
57        "3"                            field-value    RFC 9110 section 5.5
58-59     "\r\n"                         CRLF           RFC 9112 section 2.1
60-61     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
62-64     "a\n\x00"                      content        RFC 9110 section 6.4
0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
3         " "                            SP             RFC 9112 section 3
4         "/"                            absolute-path  RFC 9110 section 4.1   request-target in origin-form
5         " "                            SP             RFC 9112 section 3
6-13      "HTTP/1.0"                     HTTP-version   RFC 9112 section 2.3   closes after the answer unless asked not to
14-15     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
16-17     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the head
`},
		{"bare LF", "GET / HTTP/1.1\nHost: a\n\n", `
0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
3         " "                            SP             RFC 9112 section 3
4         "/"                            absolute-path  RFC 9110 section 4.1   request-target in origin-form
5         " "                            SP             RFC 9112 section 3
6-13      "HTTP/1.1"                     HTTP-version   RFC 9112 section 2.3
14        "\n"                           refused        RFC 9112 section 2.2   bare-lf: line ends with LF alone
`},
		{"CR without LF", "GET / HTTP/1.1\r\rHost: a\r\n\r\n", `
0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
3         " "                            SP             RFC 9112 section 3
4         "/"                            absolute-path  RFC 9110 section 4.1   request-target in origin-form
5         " "                            SP             RFC 9112 section 3
6-13      "HTTP/1.1"                     HTTP-version   RFC 9112 section 2.3   persists after the answer unless asked not to
14        "\r"                           CRLF           RFC 9112 section 2.1
15        "\r"                           refused        RFC 9112 section 2.2   bare-cr: CR without LF behind it
`},
		{"a target in no form", "GET a.example HTTP/1.0\r\n\r\n", `
0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
3         " "                            SP             RFC 9112 section 3
4         "a"                            refused        RFC 9112 section 3.2   target-form: request-target is in none of the four forms
`},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", `
0-2       "GET"                          method         RFC 9112 section 3.1   safe and idempotent
3         " "                            SP             RFC 9112 section 3
4         "/"                            absolute-path  RFC 9110 section 4.1   request-target in origin-form
5         " "                            SP             RFC 9112 section 3
6-13      "HTTP/1.1"                     HTTP-version   RFC 9112 section 2.3   persists after the answer unless asked not to
14-15     "\r\n"                         CRLF           RFC 9112 section 2.1   the end of the request line
16        "\r"                           refused        RFC 9112 section 3.2   host-missing: no Host field
`},
		{"the end within a method", "GE", `
0-1       "GE"                           method         RFC 9112 section 3.1
2                                        refused        RFC 9112 section 8     truncated: connection ended within a message
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, "\n"+explained(t, tt.in)) })
	}
}

func TestExplainChunked(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	tests := []struct{ name, in, want string }{
		{"no data", "0\r\n\r\n", `
56        "0"                            last-chunk     RFC 9112 section 7.1   no more data
57-58     "\r\n"                         CRLF           RFC 9112 section 7.1
59-60     "\r\n"                         CRLF           RFC 9112 section 7.1   the end of the message
`},
		{"everything", "A ;x = \"\\\"\"\r\n0123456789\r\n01\r\n\n\r\n000;y\r\nX: 1 \r\nY:2\r\n\r\n", `
56        "A"                            chunk-size     RFC 9112 section 7.1   data of size 10
57-66     " ;x = \"\\\"\""               chunk-ext      RFC 9112 section 7.1.1 ignored
67-68     "\r\n"                         CRLF           RFC 9112 section 7.1
69-78     "0123456789"                   chunk-data     RFC 9112 section 7.1
79-80     "\r\n"                         CRLF           RFC 9112 section 7.1
81-82     "01"                           chunk-size     RFC 9112 section 7.1   data of size 1
83-84     "\r\n"                         CRLF           RFC 9112 section 7.1
85        "\n"                           chunk-data     RFC 9112 section 7.1
86-87     "\r\n"                         CRLF           RFC 9112 section 7.1
88-90     "000"                          last-chunk     RFC 9112 section 7.1   no more data
91-92     ";y"                           chunk-ext      RFC 9112 section 7.1.1 ignored
93-94     "\r\n"                         CRLF           RFC 9112 section 7.1
95        "X"                            field-name     RFC 9110 section 5.1
96        ":"                            ":"            RFC 9112 section 5
97        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
98        "1"                            field-value    RFC 9110 section 5.5
99        " "                            OWS            RFC 9110 section 5.6.3 not part of the value
100-101   "\r\n"                         CRLF           RFC 9112 section 7.1.2
102       "Y"                            field-name     RFC 9110 section 5.1
103       ":"                            ":"            RFC 9112 section 5
104       "2"                            field-value    RFC 9110 section 5.5
105-106   "\r\n"                         CRLF           RFC 9112 section 7.1.2
107-108   "\r\n"                         CRLF           RFC 9112 section 7.1   the end of the message
`},
		{"data larger than declared", "1\r\nab\r\n", `
56        "1"                            chunk-size     RFC 9112 section 7.1   data of size 1
57-58     "\r\n"                         CRLF           RFC 9112 section 7.1
59        "a"                            chunk-data     RFC 9112 section 7.1
60        "b"                            refused        RFC 9112 section 7.1   chunk-data-end: no CRLF behind the data of a chunk
`},
		{"within a size", "1z", `
56        "1"                            chunk-size     RFC 9112 section 7.1
57        "z"                            refused        RFC 9112 section 7.1   chunk-size: chunk size is not hexadecimal digits alone
`},
		{"within an extension", "1;a=\x00", `
56        "1"                            chunk-size     RFC 9112 section 7.1   data of size 1
57-59     ";a="                          chunk-ext      RFC 9112 section 7.1.1
60        "\x00"                         refused        RFC 9112 section 7.1.1 chunk-ext: malformed chunk extension
`},
		{"the end within data", "5\r\nabc", `
56        "5"                            chunk-size     RFC 9112 section 7.1   data of size 5
57-58     "\r\n"                         CRLF           RFC 9112 section 7.1
59-61     "abc"                          chunk-data     RFC 9112 section 7.1
62                                       refused        RFC 9112 section 8     truncated: connection ended within a message
`},
	}
	above := explained(t, head+"0\r\n\r\n")
	above = above[:strings.Index(above, "56  ")]
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, "\n"+strings.TrimPrefix(explained(t, head+tt.in), above))
		})
	}
}

func TestQuoted(t *testing.T) {
	x := bytes.Repeat([]byte("x"), 100)
	tests := []struct {
		name string
		b    []byte
		size int64
		want string
	}{
		{"nothing", nil, 0, ""},
		{"printable", []byte(`a "b" \`), 7, `"a \"b\" \\"`},
		{"just fits", x[:28], 28, `"` + string(x[:28]) + `"`},
		{"one too many", x[:29], 29, `"` + string(x[:25]) + `"...`},
		{"more than is kept", x[:30], 1 << 40, `"` + string(x[:25]) + `"...`},
		{"all kept, but not all", x[:3], 4, `"xxx"...`},
		{"an escape is not cut", []byte("xxxxxxxxxxxxxxxxxxxxxxxx\x00xxx"), 28, `"xxxxxxxxxxxxxxxxxxxxxxxx"...`},
		{"escapes just fit", []byte("\x00\x00\x00\x00\x00\x00\x00"), 7, `"\x00\x00\x00\x00\x00\x00\x00"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(quoted(tt.b, tt.size))
			assert.Equal(t, tt.want, got)
			assert.LessOrEqual(t, len(got), octetsWidth)
		})
	}
}
