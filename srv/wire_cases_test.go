package srv

import (
	"strings"

	"barewire/parser"
	"barewire/writer"
)

var (
	k16  = string(pattern[:16<<10])
	k20  = string(pattern[:20<<10])
	k40  = string(pattern[:40<<10])
	zero = "0\r\n\r\n"
)

var wireCases = []wireCase{
	// Framing of responses.
	{name: "nothing written", in: get(""), want: ok("")},
	{name: "a word", in: get("write:hi"), want: ok("hi")},
	{name: "several writes", in: get("write:a,write:b,write:c"), want: ok("abc")},
	{name: "fields", in: get("set:X-A=1,set:x-a=2,write:hi"), want: answer("200 OK", "hi", "x-a: 2", sized("hi"))},
	{name: "16 KiB fit", in: get("fill:16384"), want: ok(k16)},
	{name: "16 KiB and one do not", in: get("fill:16385"), want: chunked(k16, "4")},
	{name: "40 KiB in small pieces", in: get("pour:40960"), want: chunked(k40[:16<<10], k40[16<<10:32<<10], k40[32<<10:])},
	{name: "flush before content", in: get("flush,write:ab"), want: chunked("ab")},
	{name: "flush alone", in: get("flush"), want: chunked()},
	{name: "flush twice", in: get("flush,flush,write:ab,flush,flush,write:c"), want: chunked("ab", "c")},
	{name: "flush of everything", in: get("write:ab,flush"), want: chunked("ab")},
	{name: "size declared", in: get("size:4,write:ab,flush,write:cd"), want: ok("abcd")},
	{name: "size declared by field", in: get("set:Content-Length=4,write:ab,flush,write:cd"), want: ok("abcd")},
	{name: "size withdrawn", in: get("size:4,size:-1,write:ab,flush"), want: chunked("ab")},
	{name: "large size declared", in: get("size:40960,fill:40960"), want: ok(k40)},
	{name: "size zero", in: get("size:0,flush"), want: ok("")},

	// Statuses without content.
	{name: "204", in: get("status:204"), want: answer("204 No Content", "")},
	{name: "204, written to", in: get("status:204,write:ab"), want: answer("204 No Content", ""), log: failed(writer.ErrContent, "write")},
	{name: "204 flushed", in: get("status:204,flush"), want: answer("204 No Content", "")},
	{name: "204 after content", in: get("write:ab,status:204"), want: answer("204 No Content", "")},
	{name: "204 with size", in: get("status:204,size:3"), want: answer("204 No Content", "")},
	{name: "205", in: get("status:205"), want: answer("205 Reset Content", "", "Content-Length: 0")},
	{name: "205 with size", in: get("status:205,size:3"), want: answer("205 Reset Content", "", "Content-Length: 0")},
	{name: "304", in: get("status:304"), want: answer("304 Not Modified", "")},
	{name: "304 with size", in: get("status:304,size:700"), want: answer("304 Not Modified", "", "Content-Length: 700")},
	{name: "304 with ETag", in: get("status:304,set:ETag=x"), want: answer("304 Not Modified", "", "ETag: x")},
	{name: "404", in: get("status:404,write:no"), want: answer("404 Not Found", "no", "Content-Length: 2")},
	{name: "unregistered status", in: get("status:599"), want: answer("599 ", "", "Content-Length: 0")},

	// HEAD.
	{name: "HEAD", in: head("HEAD", "write:hi", "1.1"), want: answer("200 OK", "", "Content-Length: 2")},
	{name: "HEAD, chunked", in: head("HEAD", "flush,write:hi", "1.1"), want: answer("200 OK", "", chunkLine)},
	{name: "HEAD, large", in: head("HEAD", "fill:40960", "1.1"), want: answer("200 OK", "", chunkLine)},
	{name: "HEAD, size alone", in: head("HEAD", "size:12", "1.1"), want: answer("200 OK", "", "Content-Length: 12")},
	{name: "HEAD, size and less", in: head("HEAD", "size:12,write:ab", "1.1"), want: answer("200 OK", "", "Content-Length: 12")},
	{name: "HEAD, trailers", in: head("HEAD", "announce:X,write:a,trailer:X=1", "1.1"), want: answer("200 OK", "", chunkLine, "Trailer: X")},
	{name: "HEAD, file", in: head("HEAD", "file:10+5", "1.1"), want: answer("200 OK", "", "Content-Length: 5")},
	{name: "HEAD of HTTP/1.0", in: head("HEAD", "write:hi", "1.0", keepLine), want: answer("200 OK", "", "Content-Length: 2", keepLine)},
	{name: "HEAD of HTTP/1.0, size not known", in: head("HEAD", "flush,write:hi", "1.0", keepLine), ends: true,
		want: answer("200 OK", "", closeLine)},
	{name: "HEAD refused", in: "HEAD / HTTP/1.1\r\n\r\n", ends: true,
		want: answer("400 Bad Request", "", "Content-Type: text/plain; charset=utf-8", "Content-Length: 54", closeLine)},
	{name: "HEAD behind an empty line refused", in: "\r\nHEAD / HTTP/1.1\r\n\r\n", ends: true,
		want: answer("400 Bad Request", "", "Content-Type: text/plain; charset=utf-8", "Content-Length: 54", closeLine)},

	// Persistence.
	{name: "close", in: get("write:hi", closeLine), want: bye("hi"), ends: true},
	{name: "close among other options", in: get("write:hi", "Connection: x, Close"), want: bye("hi"), ends: true},
	{name: "close by the handler", in: get("set:Connection=close,write:hi"), want: bye("hi"), ends: true},
	{name: "keep-alive is refused to handlers", in: get("set:Connection=keep-alive,write:hi"), want: ok("hi"), log: failed(writer.ErrField, "set")},
	{name: "HTTP/1.0", in: head("GET", "write:hi", "1.0"), want: bye("hi"), ends: true},
	{name: "HTTP/1.0 stays", in: head("GET", "write:hi", "1.0", keepLine), want: answer("200 OK", "hi", "Content-Length: 2", keepLine)},
	{name: "HTTP/1.0 stays unless the size is not known", in: head("GET", "write:hi,flush,write:ho", "1.0", keepLine), ends: true,
		want: answer("200 OK", "hiho", closeLine)},
	{name: "HTTP/1.0, large", in: head("GET", "fill:40960", "1.0", keepLine), ends: true, want: answer("200 OK", k40, closeLine)},
	{name: "HTTP/1.0, large with size", in: head("GET", "size:40960,fill:40960", "1.0", keepLine),
		want: answer("200 OK", k40, "Content-Length: 40960", keepLine)},
	{name: "HTTP/1.0 without Host", in: "GET /do?write:hi HTTP/1.0\r\n\r\n", want: bye("hi"), ends: true},
	{name: "HTTP/1.2 is 1.1", in: head("GET", "flush,write:hi", "1.2"), want: chunked("hi")},
	{name: "empty line before", in: "\r\n" + get("write:hi"), want: ok("hi")},
	{name: "empty lines between", in: get("write:hi") + "\r\n" + get("write:ho") + "\r\n", want: ok("hi") + ok("ho")},

	// Content.
	{name: "content", in: post("echo", "hello"), want: ok("hello")},
	{name: "content by Read", in: post("sip:2,sip:1,copy", "hello"), want: ok("hello")},
	{name: "content by Read and Next", in: post("sip:2,drop", "hello"), want: ok("he"), once: true},
	{name: "content by Read and WriteTo", in: post("sip:2,echo", "hello"), want: ok("hello")},
	{name: "content of two requests", in: post("echo", "hello") + post("echo", "world"), want: ok("hello") + ok("world")},
	{name: "empty content", in: post("echo", ""), want: ok("")},
	{name: "no content", in: get("echo"), want: ok("")},
	{name: "no content, POST", in: head("POST", "echo", "1.1"), want: ok("")},
	{name: "content looks like a request", in: post("echo", followUp), want: ok(followUp)},
	{name: "content unread", in: post("write:hi", "hello"), want: ok("hi")},
	{name: "content half read", in: post("sip:2", "hello"), want: ok("he")},
	{name: "content echoed behind a flush", in: post("flush,copy", "hello"), want: chunked("hello"), once: true},
	{name: "40 KiB", in: post("copy", k40), want: chunked(k40[:16<<10], k40[16<<10:32<<10], k40[32<<10:])},
	{name: "chunks", in: send("copy", "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"), want: ok("hello world")},
	{name: "chunks unread", in: send("write:hi", "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"), want: ok("hi")},
	{name: "chunks half read", in: send("sip:3", "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n"), want: ok("hel")},
	{name: "40 KiB in a chunk", in: send("copy", openChunks(k40)+zero), want: chunked(k40[:16<<10], k40[16<<10:32<<10], k40[32<<10:])},
	{name: "trailers received", in: send("drop,trailers", "1\r\na\r\n0\r\nX: y\r\nEtag:  z\r\n\r\n"), want: ok("[x=y][etag=z]")},
	{name: "trailers before the end", in: send("trailers,drop", "1\r\na\r\n0\r\nX: y\r\n\r\n"), want: ok("")},
	{name: "trailers of the request before", in: send("drop,trailers", "0\r\nX: y\r\n\r\n") + send("drop,trailers", zero) + post("drop,trailers", "a"),
		want: ok("[x=y]") + ok("") + ok("")},

	// Content refused.
	{name: "content cut off", fin: true, raw: true, ends: true, in: post("copy,write:x", "hello") + head("POST", "copy,write:x", "1.1", "Content-Length: 500"),
		want: ok("hellox") + refusal(400, parser.Truncated), log: truncatedLog},
	{name: "content cut off behind the head", fin: true, ends: true, in: head("POST", "write:a,flush,copy,write:x", "1.1", "Content-Length: 500"),
		want: answer("200 OK", openChunks("a"), chunkLine), log: truncatedLog},
	{name: "content cut off unread", fin: true, ends: true, in: head("POST", "write:hi", "1.1", "Content-Length: 500"), want: ok("hi")},
	{name: "bad chunk", ends: true, in: send("copy,write:x,flush", "1\r\na\r\nzz\r\n"), want: refusal(400, parser.ChunkSizeSyntax),
		log: failed(parser.ChunkSizeSyntax, "copy", "write", "flush")},
	{name: "bad chunk behind the head", ends: true, in: send("flush,drop,write:x", "1\r\na\r\nzz\r\n"), want: answer("200 OK", "", chunkLine),
		log: failed(parser.ChunkSizeSyntax, "drop", "write")},
	{name: "bad chunk unread", ends: true, in: send("write:hi", "1\r\na\r\nzz\r\n"), want: ok("hi")},
	{name: "bad trailer", ends: true, in: send("drop,write:x", "1\r\na\r\n0\r\nX : y\r\n\r\n"), want: refusal(400, parser.NameSpace),
		log: failed(parser.NameSpace, "drop", "write")},
	{name: "chunks cut off", fin: true, ends: true, in: send("drop,write:x", "500\r\na"), want: refusal(400, parser.Truncated),
		log: failed(parser.Truncated, "drop", "write")},

	// Trailers sent.
	{name: "trailers", in: get("write:ab,trailer:X=1,trailer:Y=2"), want: answer("200 OK", "2\r\nab\r\n0\r\nX: 1\r\nY: 2\r\n\r\n", chunkLine)},
	{name: "trailers announced", in: get("announce:X,announce:Y,write:ab,trailer:X=1"),
		want: answer("200 OK", "2\r\nab\r\n0\r\nX: 1\r\n\r\n", chunkLine, "Trailer: X, Y")},
	{name: "trailers without content", in: get("trailer:X=1"), want: answer("200 OK", "0\r\nX: 1\r\n\r\n", chunkLine)},
	{name: "trailers with size", in: get("size:2,write:ab,trailer:X=1"), want: ok("ab")},
	{name: "trailers to HTTP/1.0", in: head("GET", "announce:X,write:ab,trailer:X=1", "1.0"), want: bye("ab"), ends: true},
	{name: "trailers not allowed", in: get("announce:Host,trailer:Content-Length=3,write:ab"), want: ok("ab"),
		log: failed(writer.ErrField, "announce", "trailer")},
	{name: "trailers announced too late", in: get("flush,announce:X,write:ab"), want: chunked("ab"), log: failed(ErrBegan, "announce")},
	{name: "trailers of the answer before", in: get("announce:X,trailer:X=1") + get("write:ab"),
		want: answer("200 OK", "0\r\nX: 1\r\n\r\n", chunkLine, "Trailer: X") + ok("ab")},
	{name: "trailers behind a file", in: get("announce:X,file:0+3,trailer:X=1"),
		want: answer("200 OK", "3\r\n012\r\n0\r\nX: 1\r\n\r\n", chunkLine, "Trailer: X")},

	// Interim responses.
	{name: "103", in: get("interim:103=/a,write:hi"), want: answer("103 Early Hints", "", "Link: /a") + ok("hi")},
	{name: "103 twice", in: get("interim:103=/a,interim:103=/b,write:hi"),
		want: answer("103 Early Hints", "", "Link: /a") + answer("103 Early Hints", "", "Link: /b") + ok("hi")},
	{name: "103 to HTTP/1.0", in: head("GET", "interim:103=/a,write:hi", "1.0"), want: bye("hi"), ends: true},
	{name: "103 too late", in: get("flush,interim:103=/a,write:hi"), want: chunked("hi"), log: failed(writer.ErrState, "interim")},
	{name: "101 is not for handlers", in: get("interim:101=x,write:hi"), want: ok("hi"), log: failed(writer.ErrStatus, "interim")},

	// Expect.
	{name: "Expect, content there", in: post("copy", "hello", "Expect: 100-continue"), want: ok("hello"), once: true},
	{name: "Expect of HTTP/1.0", in: head("POST", "copy", "1.0", "Expect: 100-continue", "Content-Length: 5") + "hello", want: bye("hello"), ends: true},
	{name: "Expect without content", in: get("copy,write:hi", "Expect: 100-continue"), want: ok("hi")},
	{name: "Expect, content not wanted", in: post("write:no", "hello", "Expect: 100-continue"), want: bye("no"), ends: true},
	{name: "unknown expectation", in: get("write:hi", "Expect: miracles"), want: refusal(417, parser.ExpectationUnknown), ends: true},

	// Files.
	{name: "file", in: get("file:0+36"), want: ok(k40[:36])},
	{name: "piece of a file", in: get("file:10+5"), want: ok("abcde")},
	{name: "large file", in: get("file:5+40000"), want: ok(string(pattern[5:40005]))},
	{name: "file behind content", in: get("write:hi,file:10+5,write:ho"), want: chunked("hi", "abcde", "ho")},
	{name: "file with size", in: get("size:9,write:hi,file:10+5,write:ho"), want: ok("hiabcdeho")},
	{name: "no octets of a file", in: get("file:10+0"), want: ok("")},
	{name: "file to HTTP/1.0", in: head("GET", "file:10+5", "1.0"), want: bye("abcde"), ends: true},
	{name: "file and 204", in: get("status:204,file:10+5"), want: answer("204 No Content", ""), log: failed(writer.ErrContent, "file")},
	{name: "short file", in: get("file:102395+10"), want: answer("200 OK", string(pattern[102395:102400]), "Content-Length: 10"), ends: true,
		log: failed(ErrAborted, "file")},
	{name: "short file in chunks", in: get("write:a,file:102395+10"), ends: true,
		want: answer("200 OK", openChunks("a")+"a\r\n"+string(pattern[102395:102400]), chunkLine), log: failed(ErrAborted, "file")},
	{name: "file larger than the size", in: get("size:3,flush,file:0+10"), ends: true, want: answer("200 OK", "", "Content-Length: 3"), log: failed(writer.ErrLong, "file")},

	// Sizes not kept to.
	{name: "less than declared", in: get("write:first") + get("size:3,write:ab"), want: ok("first") + refusal(500, ErrHandler), ends: true},
	{name: "less than declared, begun", in: get("size:3,write:ab,flush"), want: answer("200 OK", "ab", "Content-Length: 3"), ends: true},
	{name: "more than declared", in: get("write:first") + get("size:3,write:abcd"), want: ok("first") + refusal(500, ErrHandler), ends: true, log: failed(writer.ErrLong, "write")},
	{name: "more than declared, begun", in: get("size:3,write:ab,flush,write:cd"), want: answer("200 OK", "ab", "Content-Length: 3"), ends: true, log: failed(writer.ErrLong, "write")},
	{name: "more than declared, complete", in: get("size:2,write:ab,flush,write:c"), want: answer("200 OK", "ab", "Content-Length: 2"), ends: true, log: failed(writer.ErrLong, "write")},

	// Handlers that fail.
	{name: "panic", in: get("write:first") + get("write:ab,panic:x"), want: ok("first") + refusal(500, ErrHandler), ends: true},
	{name: "panic to HEAD", in: head("HEAD", "panic:x", "1.1"), ends: true,
		want: answer("500 Internal Server Error", "", "Content-Type: text/plain; charset=utf-8", "Content-Length: 81", closeLine)},
	{name: "panic, begun", in: get("write:ab,flush,panic:x"), want: answer("200 OK", openChunks("ab"), chunkLine), ends: true},
	{name: "panic, begun with size", in: get("size:3,write:ab,flush,panic:x"), want: answer("200 OK", "ab", "Content-Length: 3"), ends: true},
	{name: "panic, begun to HTTP/1.0", in: head("GET", "write:ab,flush,panic:x", "1.0"), want: answer("200 OK", "ab", closeLine), ends: true},
	{name: "panic behind the content", in: get("size:2,write:ab,flush,panic:x"), want: answer("200 OK", "ab", "Content-Length: 2"), ends: true},
	{name: "abort", in: get("write:first") + get("write:ab,abort"), want: ok("first"), ends: true},
	{name: "abort, begun", in: get("write:ab,flush,write:cd,abort"), want: answer("200 OK", openChunks("ab"), chunkLine), ends: true},
	{name: "abort, begun to HTTP/1.0", in: head("GET", "write:ab,flush,abort", "1.0"), want: answer("200 OK", "ab", closeLine), ends: true},
	{name: "write behind abort", in: get("abort,write:ab,flush"), ends: true, log: failed(ErrAborted, "write", "flush")},
	{name: "panic in the Router", in: get("write:first") + "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n", want: ok("first") + refusal(500, ErrHandler), ends: true},
	{name: "no Route", in: get("write:first") + "GET /nil HTTP/1.1\r\nHost: a\r\n\r\n", want: ok("first") + refusal(500, ErrHandler), ends: true},

	// Routes and limits.
	{name: "not found", in: "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", want: answer("404 Not Found", "", "Content-Length: 0")},
	{name: "absolute-form", in: "GET http://b/do?write:hi HTTP/1.1\r\nHost: a\r\n\r\n", want: ok("hi")},
	{name: "content of the size allowed", in: strings.Replace(post("copy", "0123456789"), "/do", "/t", 1), want: ok("0123456789")},
	{name: "content too large", in: strings.Replace(post("copy", "0123456789a"), "/do", "/t", 1), want: refusal(413, parser.ContentTooLarge), ends: true},
	{name: "content too large, chunked", in: strings.Replace(send("copy,write:x", "9\r\n012345678\r\n2\r\nab\r\n0\r\n\r\n"), "/do", "/t", 1), ends: true,
		want: refusal(413, parser.ContentTooLarge), log: failed(parser.ContentTooLarge, "copy", "write")},
	{name: "content too large, unread", in: strings.Replace(send("write:x", "9\r\n012345678\r\n2\r\nab\r\n0\r\n\r\n"), "/do", "/t", 1), want: ok("x"), ends: true},
	{name: "declared beyond the server's limit", in: head("POST", "copy", "1.1", "Content-Length: 10485761"), want: refusal(413, parser.ContentTooLarge), ends: true},
	{name: "target too long", in: "GET /" + strings.Repeat("a", 16<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", want: refusal(414, parser.TargetTooLong), ends: true},
	{name: "too many fields", in: get("", strings.Split(strings.Repeat("A: b\n", 128), "\n")[:128]...), want: refusal(431, parser.TooManyFields), ends: true},
	{name: "head too large", in: get("", "A: "+strings.Repeat("b", 16000), "A: "+strings.Repeat("b", 16000), "A: "+strings.Repeat("b", 16000)), want: refusal(431, parser.HeadTooLarge), ends: true},
	{name: "method too long", in: strings.Repeat("M", 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n", want: refusal(501, parser.MethodTooLong), ends: true},
	{name: "version", in: "GET / HTTP/2.0\r\nHost: a\r\n\r\n", want: refusal(505, parser.VersionUnsupported), ends: true},
	{name: "no Host", in: get("write:first") + "GET / HTTP/1.1\r\n\r\n", want: ok("first") + refusal(400, parser.HostMissing), ends: true},
	{name: "garbage", in: get("write:first") + "\x16\x03\x01\x02", want: ok("first") + refusal(400, parser.MethodOctet), ends: true},
	{name: "garbage behind close", in: get("write:first", closeLine) + "\x16\x03\x01\x02", want: bye("first"), ends: true},
	{name: "half a head", fin: true, raw: true, in: get("write:first") + "GET / HTT", want: ok("first"), ends: true},

	// Hijack.
	{name: "hijack", raw: true, in: get("write:first") + get("hijack:x") + "raw", want: ok("first") + "hijacked x", ends: true, once: true,
		log: []string{`unread "raw"`}},
	{name: "hijack, begun", in: get("flush,hijack:x,write:hi"), want: chunked("hi"), log: failed(ErrHijack, "hijack")},
	{name: "write behind hijack", raw: true, in: get("hijack:x,write:a,flush"), want: "hijacked x", ends: true, once: true,
		log: append([]string{`unread ""`}, failed(ErrHijacked, "write", "flush")...)},
	{name: "read behind hijack", raw: true, in: head("POST", "hijack:x,drop", "1.1", "Content-Length: 900") + "abc", want: "hijacked x", ends: true, once: true,
		log: append([]string{`unread "abc"`}, failed(ErrHijacked, "drop")...)},
}

var truncatedLog = failed(parser.Truncated, "copy", "write")
