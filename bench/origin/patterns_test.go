package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// An octetPattern is a family of octets that broke some implementation of HTTP/1.1, and what this one makes of each member. Behind
// the octets of every case another request is sent: whatever is refused, it is not answered; whatever is accepted, it is, so
// that the end of the message before it was found where it is.
type octetPattern struct {
	name  string
	known string // where it is known from
	cases []wireCase
}

// wireCase is what one connection receives and what it answers.
type wireCase struct {
	name   string
	octets string
	want   outcome
}

// evil is what a smuggler would like to have executed.
const evil = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"

// head makes a head of its lines.
func head(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n\r\n" }

// get and post make heads of a start line, Host and the field lines given.
func get(fields ...string) string {
	return head(append([]string{"GET / HTTP/1.1", "Host: a"}, fields...)...)
}

func post(fields ...string) string {
	return head(append([]string{"POST / HTTP/1.1", "Host: a"}, fields...)...)
}

// chunked is a request with the message body given.
func chunked(body string) string { return post("Transfer-Encoding: chunked") + body }

// chunk is a request with one chunk of five octets behind the line given.
func chunk(line string) string { return chunked(line + "hello\r\n0\r\n\r\n") }

// hello is a request with the content hello and the field lines given.
func hello(fields ...string) string { return post(fields...) + "hello" }

// lost is the answer to evil where it is a request of its own.
var lost = answer{method: "GET", statuses: []int{404}, text: "404 Not Found\n"}

// serves is an answer with the content given, and the one to the request behind it.
func serves(text string) outcome { return outcome{answers: []answer{echoed(text), lost}} }

// servesGet is the same for GET.
func servesGet() outcome { return outcome{answers: []answer{ok("GET"), lost}} }

// shows is what /echo answers; see lines.
func shows(has []string, hasNot ...string) outcome {
	return outcome{answers: []answer{lines(has, hasNot...), lost}}
}

// named makes a case for each of values, by putting it in the place of % in the octets.
func named(what, octets string, want outcome, values ...string) (cases []wireCase) {
	for _, value := range values {
		cases = append(cases, wireCase{what + " " + shortened(value), strings.ReplaceAll(octets, "%", value), want})
	}
	return cases
}

// shortened is a value in the name of a test.
func shortened(value string) string {
	if len(value) > 40 {
		value = value[:40] + "..."
	}
	return value
}

func join(cases ...[]wireCase) (all []wireCase) {
	for _, c := range cases {
		all = append(all, c...)
	}
	return all
}

var octetPatterns = []octetPattern{
	{"bare LF ends a chunk-size line", "CVE-2025-22871 (Go)", named("line", chunked("%"), refused(400),
		"5\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5\r\nhello\r\n0\n\r\n", "0\n\r\n", "0\n\n", "05\nhello\r\n0\r\n\r\n", "\n", "\n5\r\nhello\r\n0\r\n\r\n")},

	{"bare LF ends a chunk-ext", "CVE-2025-55315 (Kestrel), CVE-2025-58056 (Netty)", named("line", chunk("%"), refused(400),
		"5;x\n", "5;x=1\n", "5;x=\"1\"\n", "5;x=\"1\n\"\r\n", "5;\n", "5;x=\n", "5 \n", "5;x\nxx\r\n", "5;x\r\nhello\r\n0;x\n")},

	{"CR or another control inside a chunk-ext", "gunicorn 3327", named("line", chunk("%\r\n"), refused(400),
		"5;a\rb", "5;\ra", "5\r;a", "5\r\r;a", "5;a=\rb", "5;a=b\rc", "5;a=\"\r\"", "5;a=\"\\\r\"", "5;a\r", "5;a\x00b", "5;a\x01", "5;a\x0b", "5;a\x0c",
		"5;a\x7f", "5;a=\x00", "5;a=\"\x00\"", "5;a=\"\x1f\"", "5;a=\"\x7f\"", "5;a=\"\\\x00\"", "5;\x1b", "5;a\xa0", "5;\xe9")},

	{"quote in a chunk-ext never closed", "CVE-2026-2332 (Jetty), CVE-2026-33870 (Netty)", named("line", chunk("%\r\n"), refused(400),
		"5;ext=\"val", "5;ext=\"", "5;ext=\"val\\\"", "5;ext=\"a\";b=\"c", "5;ext=\"\r\n\"", "5;ext=\"val;b=c")},

	{"malformed chunk-ext", "Tomcat GHSA-563x-q5rq-57qp", join(
		named("line", chunk("%\r\n"), refused(400),
			"5;", "5;a=", "5;;a", "5 ", "5\t", "5; ", "5;a;", "5;a ", "5;a\t", "5;a=b ", "5;=b", "5;a==b", "5;a=b=c", "5;a=b c", "5;a b", "5;\"a\"", "5;a=\"b\"c", "5 a", "5,a", "5:a",
			"5;a=\"b\" ", "5;a,b", "5;a=b,c", "5;a={b}", "5;(a)", "5\u00a0;a", "5 5", "5;a=\"b\"\"c\"", "5=a"),
		named("valid", chunk("%\r\n"), serves("hello"),
			"5;a", "5;a=b", "5;a=\"b\"", "5;a=b;c=\"d\";e", "5 ;a = b", "5\t;\ta\t=\t\"b\"", "5  ; \t a", "5;a=\"\"", "5;a=\"\\\"\\\\\"", "5;a=\"b;c=d\"", "5;a=\"\xe9\"", "5;a=\"\\\xe9\"",
			"5;a=\"\t \"", "5;!#$&'*+-.^_`|~=1", "5;5", "05;a", "005"),
		named("valid last", chunked("5\r\nhello\r\n%\r\n\r\n"), serves("hello"), "0;a", "0;a=b", "000", "0 ; a=\"b\""))},

	{"wrong octets behind chunk-data", "CVE-2025-43859 (h11), CVE-2022-24790 (Puma)", named("data", chunked("5\r\n%0\r\n\r\n"), refused(400),
		"helloXX", "hello!!\r\n", "hello\n", "hello\r", "hello\r\r\n", "hello\n\r", "hello", "hello ", "hell\r\n", "hello\r\x00", "hello\x00\n", "hello\rX", "hello\n\n", "hello \r\n", "hello\t\r\n")},

	{"chunk-size that is not hexadecimal digits alone", "CVE-2023-47627 (aiohttp)", named("size", chunk("%\r\n"), refused(400),
		"+5", "-1", "-5", "0x5", "0X5", "0_5", "5_", " 5", "\t5", "", "5.0", "g", "5h", "\"5\"", "\uff15", "\xb5", "\x005", "5\x00", "%35", "#5", "5e+0", "\v5", "\u00a05")},

	{"chunk-size beyond what integers hold", "CVE-2021-32714 (hyper)", join(
		named("size", chunk("%\r\n"), refused(413),
			"7fffffffffffffff", "8000000000000000", "8000000000000005", "ffffffffffffffff", "fffffffffffffffb", "10000000000000000", "10000000000000005", "FFFFFFFFFFFFFFFFFFFF5",
			"80000005", "100000005", "1"+strings.Repeat("0", 31), "a00001"),
		named("digits", chunk("%\r\n"), refused(400), strings.Repeat("0", 32)+"5", strings.Repeat("0", 4000)+"5", strings.Repeat("0", 100_000)+"5"),
		named("last", chunked("5\r\nhello\r\n%\r\n\r\n"), refused(400), strings.Repeat("0", 33), strings.Repeat("0", 4000)),
		named("valid", chunk("%\r\n"), serves("hello"), strings.Repeat("0", 31)+"5"))},

	{"huge or many chunk-exts", "CVE-2023-39326 (Go)", join(
		named("one line", chunk("5%\r\n"), refused(400), ";"+strings.Repeat("a", 5000), strings.Repeat(";a", 2500), ";a=\""+strings.Repeat("b", 5000)+"\"", strings.Repeat(" ", 5000)+";a"),
		[]wireCase{
			{"one octet behind 4 kB, again and again", chunked(strings.Repeat("1;"+strings.Repeat("a", 4000)+"\r\nX\r\n", 10) + "0\r\n\r\n"), refused(400)},
			{"one octet behind 100, again and again", chunked(strings.Repeat("1;"+strings.Repeat("a", 100)+"\r\nX\r\n", 500) + "0\r\n\r\n"), refused(400)},
			{"one octet behind 4 kB, twice", chunked(strings.Repeat("1;"+strings.Repeat("a", 4000)+"\r\nX\r\n", 2) + "0\r\n\r\n"), serves("XX")},
			{"one octet, again and again", chunked(strings.Repeat("1\r\nX\r\n", 2000) + "0\r\n\r\n"), serves(strings.Repeat("X", 2000))},
		})},

	{"CRLF CRLF taken as the last chunk", "Go issue 64517", named("body", chunked("%"), refused(400),
		"\r\n\r\n", "5\r\nhello\r\n\r\n\r\n", "5\r\nhello\r\n\r\n", "\r\n0\r\n\r\n", "5\r\nhello\r\n;a\r\n\r\n")},

	{"trailers taken as fields", "CVE-2025-12642, CVE-2023-45648, CVE-2023-40175", join(
		named("named", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n%\r\n\r\n", shows([]string{"host: a", "transfer-encoding: chunked"}, "evil", "Evil"),
			"Content-Length: 9\r\nX-Evil: 1", "Transfer-Encoding: evil", "Host: evil", "Connection: close\r\nX: evil", "Connection: evil", "Authorization: evil", "Cookie: evil=1", "Expect: evil", "Evil: 1",
			"Host: a\r\nHost: evil", "Content-Length: evil", "Content-Encoding: evil", "Upgrade: evil", "Evil:", "Evil: a\r\nEvil: b"),
		named("malformed", chunked("5\r\nhello\r\n0\r\n%\r\n\r\n"), refused(400),
			"X", "X y", "X : y", " X: y", "X: y\r\n z", ": y", "X: \x00", "X: a\rb", "X: y\nZ: a", "X\x00: y", "\xe9: y", "X: y\r\r"),
		named("ended wrongly", chunked("5\r\nhello\r\n0\r\n%"), refused(400), "\n", "\r\r\n", "X: y\r\n\n", "X: y\n\r\n", "X: y\r\n\rZ", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))},

	{"Content-Length with Transfer-Encoding", "hertz 1490, pingora 945", []wireCase{
		{"length first", post("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", refused(400)},
		{"length last", post("Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n", refused(400)},
		{"length 0", post("Content-Length: 0", "Transfer-Encoding: chunked") + "0\r\n\r\n", refused(400)},
		{"length between", post("Transfer-Encoding: chunked", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", refused(400)},
		{"length malformed", post("Content-Length: x", "Transfer-Encoding: chunked") + "0\r\n\r\n", refused(400)},
		{"coding unknown", hello("Content-Length: 5", "Transfer-Encoding: x"), refused(400)},
		{"coding empty", hello("Content-Length: 5", "Transfer-Encoding:"), refused(400)},
		{"coding identity", hello("Content-Length: 5", "Transfer-Encoding: identity"), refused(400)},
		{"of GET", get("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", refused(400)},
		{"in HTTP/1.0", head("POST / HTTP/1.0", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", refused(400)},
		{"names in odd case", post("cONTENT-lENGTH: 5", "tRANSFER-eNCODING: cHUNKED") + "0\r\n\r\n", refused(400)},
	}},

	{"malformed Content-Length", "CVE-2021-32715, CVE-2023-40225", join(
		named("value", hello("Content-Length: %"), refused(400),
			"+3", "+5", "-0", "-5", "1_0", "0x5", "5 5", "5\t5", "", " ", ",", "5, 5", "5,5", "5, 6", "5,", ",5", "5.0", "5e0", "5;", "\"5\"", "5a", "a5", "\uff15", "\xb25", "0b101", "0o5", "5\r\nContent-Length: 5",
			"5\r\nContent-Length: 6", "5\r\nX: y\r\ncontent-length: 5", "\r\nContent-Length: 5", "5\r\nContent-Length:", "99999999999999999999x"),
		named("too large", hello("Content-Length: %"), refused(413),
			"9223372036854775807", "9223372036854775808", "18446744073709551616", "18446744073709551621", "99999999999999999999", strings.Repeat("9", 1000), "10485761", "4294967301"),
		named("valid", hello("Content-Length:%"), serves("hello"), " 005", "5", "\t5\t  ", "   5", " "+strings.Repeat("0", 1000)+"5"))},

	{"control or NBSP around chunked", "CVE-2022-1705", join(
		named("value", post("Transfer-Encoding:%")+"5\r\nhello\r\n0\r\n\r\n", refused(400),
			" \vchunked", " \rchunked", "\rchunked", " \u00a0chunked", " \xa0chunked", " \fchunked", " \x00chunked", " chunked\v", " chunked\xa0", " chunked\f", " \x85chunked", " \nchunked", " chunked\x00", " chunked\r",
			" \x1fchunked", " \x7fchunked"),
		named("valid", post("Transfer-Encoding:%")+"5\r\nhello\r\n0\r\n\r\n", serves("hello"), "\tchunked", " \t chunked\t ", "chunked", " CHUNKED", " Chunked", "chunked   "))},

	{"list of transfer codings", "CVE-2026-89044, CVE-2022-32213", join(
		named("value", post("Transfer-Encoding: %")+"5\r\nhello\r\n0\r\n\r\n", refused(400),
			"chunked, chunked", "chunked,chunked", "chunked\r\nTransfer-Encoding: chunked", "chunked, x", "chunked, identity", "chunked\r\nTransfer-Encoding: identity", "chunked\r\nTransfer-Encoding: x",
			"chunked;ext", "chunked;a=b", "chunked ;", "", "identity", "x", "gzip", "\"chunked\"", "chun ked", "chunked chunked", "xchunked", "chunkedx", "chunk", "chunked=1", "[chunked]",
			", chunked", ",chunked", "chunked,", "chunked, ,", "x,, chunked", "\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding:", "x, chunked, y", "chunked, gzip, chunked", "x;a=\", chunked", "\xe9, chunked"),
		named("unknown", post("Transfer-Encoding: %")+"5\r\nhello\r\n0\r\n\r\n", refused(501),
			"gzip, chunked", "deflate, chunked", "identity, chunked", "x,chunked", "x;a=b, chunked", "x;a=\"b,c\", chunked", "gzip\r\nTransfer-Encoding: chunked", "a, b, c, chunked"),
		named("empty in Connection", get("Connection: %"), servesGet(), ",", ",,", "keep-alive,", ", ,keep-alive", ""),
		named("close among empty ones", get("Connection: %"), outcome{answers: []answer{ok("GET")}, closes: true}, ",, close ,", ",close", "close,,"))},

	{"Transfer-Encoding in HTTP/1.0", "fasthttp 2330", named("field", head("POST / HTTP/1.0", "%")+"5\r\nhello\r\n0\r\n\r\n", refused(400),
		"Transfer-Encoding: chunked", "Connection: keep-alive\r\nTransfer-Encoding: chunked", "Host: a\r\nTransfer-Encoding: chunked", "Transfer-Encoding: identity", "Transfer-Encoding:")},

	{"white space before the colon", "CVE-2019-16276, CVE-2021-22959", named("field", post("%")+"5\r\nhello\r\n0\r\n\r\n", refused(400),
		"Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", "Content-Length : 5", "X : y", "X\t: y", "X Y: z", "X  : y", "X\v: y", "X\u00a0: y", "X\xa0: y", "X :")},

	{"white space before the first field, and folded lines", "CVE-2024-27982, CVE-2025-32094", join(
		named("first", "GET / HTTP/1.1\r\n%Host: a\r\n\r\n", refused(400), " ", "\t", "  \t", " \r\n", "\t\r\n", " X: y\r\n"),
		named("fold", get("%"), refused(400),
			"X: y\r\n z", "X: y\r\n\tz", "X: y\r\n ", "X:\r\n y", "X: y\r\n z\r\n z", "X: y\r\n \r\nZ: z", "Transfer-Encoding:\r\n chunked", "Content-Length:\r\n\t5", " X: y", "\tX: y"),
		[]wireCase{
			{"fold of Host", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", refused(400)},
			{"white space for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", refused(400)},
		})},

	{"empty field name", "CVE-2023-25725 (HAProxy)", named("line", get("%"), refused(400), ": v", ":", " : v", ":v", "::", "X: y\r\n: v")},

	{"field name longer than a narrow length type holds", "CVE-2021-40346 (HAProxy)", join(
		named("valid", post("%: 1", "Content-Length: 5")+"hello", serves("hello"),
			strings.Repeat("N", 255), strings.Repeat("N", 256), strings.Repeat("N", 257), strings.Repeat("N", 256+len("Content-Length")), "Content-Length0"+strings.Repeat("a", 255), strings.Repeat("N", 16_000)),
		named("too long", post("%: 1"), refused(431), strings.Repeat("N", 65_536+len("Content-Length")), strings.Repeat("N", 20_000)))},

	{"CR in a field value", "CVE-2023-30589", named("field", post("X: %")+"0\r\n\r\n", refused(400),
		"\rxTransfer-Encoding: chunked", "\rTransfer-Encoding: chunked", "a\rb", "a\r", "\r", "\r\r", "a\r\rb", "a\r b", "a\r\x00")},

	{"CR CR or CR alone taken as the end of the header section", "CVE-2025-23167", named("end", "GET / HTTP/1.1\r\nHost: a\r\n%", refused(400),
		"\rX: y\r\n\r\n", "\r\r\n", "\r\r\n\r\n", "\rX", "\r\x00", "\rGET /evil HTTP/1.1\r\nHost: a\r\n\r\n", "X: y\r\n\rZ: z\r\n\r\n")},

	{"bare LF ends a line", "CVE-2022-32214", named("head", "%", refused(400),
		"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
		"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\nGET /evil", "GET /\n", "GET\n", "POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\n\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\nX: y\r\n\r\n")},

	{"controls and 8-bit octets in field lines", "aiohttp", join(
		named("name", get("X%: v"), refused(400), "\x00", "\x01", "\x1f", "\x7f", "\x80", "\xe9", "\u00e9", "\xff", "(", ")", "<", ">", "@", ",", ";", "\\", "\"", "/", "[", "]", "?", "=", "{", "}"),
		named("value", get("X: a%b"), refused(400), "\x00", "\x01", "\x08", "\n", "\v", "\f", "\r", "\x1f", "\x7f"),
		named("valid value", "GET /echo HTTP/1.1\r\nHost: a\r\nX: %\r\n\r\n", shows([]string{"x: \xe9"}), "\xe9", "\t\xe9 "),
		named("valid text", "GET /echo HTTP/1.1\r\nHost: a\r\nX: a%b\r\n\r\n", outcome{answers: []answer{{method: "GET", statuses: []int{200}, check: anyText}, lost}},
			"\t", " ", "\x80", "\xff", "\"", "\\", ":", ";", "{", "\u00e9"))},

	{"percent-encoded CRLF decoded after the check", "CVE-2026-45372", named("target", "GET % HTTP/1.1\r\nHost: a\r\n\r\n", outcome{answers: []answer{lost, lost}},
		"/%0d%0aX:%20y", "/%0D%0A%0D%0A", "/a%00b", "/%0aX", "http://a/%0d%0a")},

	{"a small input that asks for a huge allocation", "CVE-2023-24534, CVE-2025-58186", []wireCase{
		{"Content-Length", post("Content-Length: 9223372036854775807"), refused(413)},
		{"chunk-size", chunked("7fffffffffffffff\r\n"), refused(413)},
		{"cookies", get("Cookie: " + strings.Repeat("a=;", 5000)), servesGet()},
		{"elements of a list", get("Connection: " + strings.Repeat(",", 16_000)), servesGet()},
	}},

	{"Upgrade with content, and raw octets behind one", "CVE-2026-58055, CVE-2026-2833", []wireCase{
		{"with Content-Length", hello("Upgrade: websocket", "Connection: Upgrade", "Content-Length: 5"), serves("hello")},
		{"with chunks", post("Upgrade: h2c", "Connection: upgrade, http2-settings", "HTTP2-Settings: AAA", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n", serves("hello")},
		{"without content", get("Upgrade: websocket", "Connection: Upgrade"), servesGet()},
		{"raw octets behind", get("Upgrade: websocket", "Connection: Upgrade") + "\x81\x05hello", outcome{answers: []answer{ok("GET"), {statuses: []int{400}, check: isRefusal}}, closes: true}},
		{"in HTTP/1.0", head("POST / HTTP/1.0", "Upgrade: websocket", "Connection: Upgrade", "Content-Length: 5") + "hello", outcome{answers: []answer{echoed("hello")}, closes: true}},
		{"HTTP/2 in place of a request", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused(505)},
		{"CONNECT with raw octets behind", head("CONNECT b:443 HTTP/1.1", "Host: b:443") + "\x16\x03\x01", early(501)},
	}},

	{"framing fields named in Connection", "CVE-2026-26365", []wireCase{
		{"Transfer-Encoding", post("Connection: Transfer-Encoding", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n", serves("hello")},
		{"Content-Length", hello("Connection: Content-Length", "Content-Length: 5"), serves("hello")},
		{"Host", hello("Connection: Host, keep-alive", "Content-Length: 5"), serves("hello")},
		{"all of them", hello("Connection: host, content-length, TRANSFER-ENCODING", "Content-Length: 5"), serves("hello")},
		{"both framing fields", hello("Connection: Transfer-Encoding", "Content-Length: 5", "Transfer-Encoding: chunked"), refused(400)},
	}},

	{"Host and the authority of the target", "most servers", join(
		named("Host", "GET / HTTP/1.1\r\n%\r\n\r\n", refused(400),
			"X: y", "Host: a\r\nHost: b", "Host: a\r\nHost: a", "Host: user@a", "Host: user:password@a", "Host:", "Host:  ", "Host: :80", "Host: a:99999", "Host: a:65536", "Host: a:8o", "Host: a:-1", "Host: a:80:80",
			"Host: [::1", "Host: ::1", "Host: [::1]x", "Host: [::g]", "Host: []", "Host: [127.0.0.1]", "Host: a b", "Host: a/b", "Host: a%", "Host: http://a", "Host: a, b", "Host: \xe9"),
		named("Host beside an authority", "GET http://a/ HTTP/1.1\r\n%\r\n\r\n", refused(400), "X: y", "Host: a\r\nHost: a", "Host:", "Host: a@b", "Host: a:x", "Host: [::1"),
		named("authority", "GET http://%/ HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "user@a", "user:password@a", "", ":80", "a:99999", "a:x", "[::1", "[::1]x", "a b", "a@", "a%zz", "[]"),
		named("valid", "GET http://%/ HTTP/1.1\r\nHost: a\r\n\r\n", servesGet(), "b", "b:81", "B", "a:80", "127.0.0.1:8080", "[::1]:80"))},

	{"octets that a target cannot have", "most servers", join(
		named("in the path", "GET /a%b HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "<", ">", "\"", "{", "}", "|", "^", "`", "\\", "\x00", "\x01", "\x7f", "\x80", "\xe9", "\u00e9", "#", "[", "]", "\t", "\v", "\r", "\n", " "),
		named("in the query", "GET /?a%b HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "<", ">", "\"", "{", "}", "|", "^", "`", "\\", "\x00", "\xff", "#", "[", "]"),
		named("in absolute-form", "GET http://a/%b HTTP/1.1\r\nHost: a\r\n\r\n", refused(400), "<", "\"", "|", "\\", "\xe9", "#", "[", "]"))},

	{"Expect with an unknown value", "", join(
		named("value", hello("Expect: %", "Content-Length: 5"), refused(417), "x", "200-ok", "100-continue, x", "100-continue;a", "100-continue=1", "\"100-continue\"", "100", "100-continuee", "x\r\nExpect: 100-continue"),
		named("in HTTP/1.0", head("POST / HTTP/1.0", "Expect: %", "Content-Length: 5")+"hello", outcome{answers: []answer{echoed("hello")}, closes: true}, "x", "100-continue", "\"", "100-continue, x"))},

	{"over-long method", "RFC 9112 section 3", join(
		named("method", "% / HTTP/1.1\r\nHost: a\r\n\r\n", refused(501), strings.Repeat("M", 33), strings.Repeat("M", 1000), strings.Repeat("M", 60_000)),
		named("long and unknown", "% / HTTP/1.1\r\nHost: a\r\n\r\n", outcome{answers: []answer{{statuses: []int{501}, text: "501 Not Implemented\n"}, lost}}, strings.Repeat("M", 32)))},

	{"Expect answered early with a final status", "golang/go 67555", []wireCase{
		{"404", head("POST /nowhere HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 31"), early(404)},
		{"405", head("DELETE / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 31"), early(405)},
		{"501", head("UNKNOWN / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 31"), early(501)},
		{"GET that reads nothing", head("GET / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 31"), early(200)},
		{"413", head("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 10485761"), refused(413)},
		{"400", head("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: x"), refused(400)},
		{"chunked", head("POST /nowhere HTTP/1.1", "Host: a", "Expect: 100-continue", "Transfer-Encoding: chunked"), early(404)},
	}},

	{"versions", "", join(
		named("unsupported", "GET / %\r\nHost: a\r\n\r\n", refused(505), "HTTP/9.9", "HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "HTTP/0.0", "HTTP/2.1"),
		named("malformed", "GET / %\r\nHost: a\r\n\r\n", refused(400),
			"HTTP/1.10", "http/1.1", "Http/1.1", "HTTP/1.1 ", " HTTP/1.1", "HTTP/1.1\t", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/11", "HTTP/1.1x", "HTTP/ 1.1", "HTTP/01.1", "HTTP/1.01", "HTTP/-1.1", "HTTP/1,1", "HTTP 1.1",
			"HTTPS/1.1", "HTP/1.1", "ICY/1.1", "", "HTTP/1.1 HTTP/1.1", "HTTP/\uff11.1", "HTTP/1.1\x00", "HTTP/20.0"),
		named("served as 1.1", "GET / %\r\nHost: a\r\n\r\n", servesGet(), "HTTP/1.1", "HTTP/1.2", "HTTP/1.9"))},
}

// early is a final status before the content was asked for: what follows may be content, so nothing behind it is
// answered.
func early(status int) outcome {
	return outcome{answers: []answer{{statuses: []int{status}, check: closes}}, closes: true}
}

func closes(t *testing.T, r *http.Response, _ string) {
	assert.True(t, r.Close, "the answer says Connection: close")
}

func anyText(*testing.T, *http.Response, string) {}

func TestPatterns(t *testing.T) {
	for _, engine := range tested {
		t.Run(engine, func(t *testing.T) {
			host := start(t, engine)
			for _, p := range octetPatterns {
				for _, c := range p.cases {
					runWire(t, host, p.name, c)
				}
			}
		})
	}
}

// wireCuts are the cuts that cases are run with which are many.
var wireCuts = cuts[:3]

// runWire sends the octets of a case with evil behind them, however cut, and wants the outcome of the case.
func runWire(t *testing.T, host, group string, c wireCase) {
	for _, cut := range wireCuts {
		t.Run(group+"/"+c.name+"/"+cut.name, func(t *testing.T) {
			t.Parallel()
			converse(t, host, []step{{octets: c.octets + evil}}, c.want, cut)
		})
	}
}
