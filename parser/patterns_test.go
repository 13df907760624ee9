package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readConnection reads the requests that in holds, one after the other, as a server would that takes contents of at most limit octets, and
// takes down what it saw of each: the method and the content; the rule broken, and the status for it; or that in ended too early.
func readConnection(in string, limit int64) string {
	var (
		h   Head
		c   Content
		log []string
		b   = []byte(in)
	)
	for len(b) > 0 {
		h.Reset(Limits{})
		n, e := h.Parse(b)
		if e != 0 {
			return strings.Join(append(log, fmt.Sprintf("%s %d", e.Rule(), e.Status())), "; ")
		}
		if n == 0 {
			return strings.Join(append(log, "head unfinished"), "; ")
		}
		line := string(h.Method(b)) + " " + string(h.Path(b))
		b = b[n:]
		c.Reset(h.Framing(), h.Size(), limit)
		content := ""
		for !c.Done() {
			data, n, e := c.Next(b)
			if e == 0 && n == 0 && !c.Done() {
				e = c.End()
			}
			if e != 0 {
				return strings.Join(append(log, line, fmt.Sprintf("%s %d", e.Rule(), e.Status())), "; ")
			}
			content += string(data)
			if c.Done() {
				for name, value := range c.Trailers(b).All() {
					content += fmt.Sprintf(" (%s: %s)", name, value)
				}
			}
			b = b[n:]
		}
		log = append(log, strings.TrimSpace(line+" "+content))
		if !h.Persistent() {
			log = append(log, "close")
			break
		}
	}
	return strings.Join(log, "; ")
}

const (
	patGet     = "GET / HTTP/1.1\r\nHost: a\r\n"
	patPost    = "POST / HTTP/1.1\r\nHost: a\r\n"
	patChunked = patPost + "Transfer-Encoding: chunked\r\n\r\n"
	patEvil    = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
)

// Octets that other implementations of HTTP/1.1 took for something else, and what this one makes of them.
var patternCases = []struct{ name, in, want string }{
	{"baseline", patGet + "\r\n", "GET /"},
	{"chunk-size ended by LF (CVE-2025-22871)", patChunked + "5\nhello\r\n0\r\n\r\n" + patEvil, "POST /; bare-lf 400"},
	{"chunk-ext ended by LF (CVE-2025-55315, CVE-2025-58056)", patChunked + "5;x\nhello\r\n0\r\n\r\n" + patEvil, "POST /; bare-lf 400"},
	{"CR in a chunk-ext", patChunked + "5;a\rb\r\nhello\r\n0\r\n\r\n" + patEvil, "POST /; bare-cr 400"},
	{"control in a chunk-ext", patChunked + "5;a\x01\r\nhello\r\n0\r\n\r\n" + patEvil, "POST /; chunk-ext 400"},
	{"quote in a chunk-ext never closed (CVE-2026-2332, CVE-2026-33870)", patChunked + "1;ext=\"val\r\nX\r\n0\r\n\r\n" + patEvil, "POST /; chunk-ext 400"},
	{"chunk-ext without name", patChunked + "5;\r\nhello\r\n0\r\n\r\n", "POST /; chunk-ext 400"},
	{"chunk-ext without value", patChunked + "5;a=\r\nhello\r\n0\r\n\r\n", "POST /; chunk-ext 400"},
	{"empty chunk-ext", patChunked + "5;;a\r\nhello\r\n0\r\n\r\n", "POST /; chunk-ext 400"},
	{"SP behind a chunk-size", patChunked + "5 \r\nhello\r\n0\r\n\r\n", "POST /; chunk-ext 400"},
	{"white space within a chunk-ext is valid", patChunked + "5 ;a = b\r\nhello\r\n0\r\n\r\n", "POST / hello"},
	{"two wrong octets behind chunk data (CVE-2025-43859)", patChunked + "5\r\nhelloXX0\r\n\r\n", "POST /; chunk-data-end 400"},
	{"LF behind chunk data (CVE-2022-24790)", patChunked + "5\r\nhello\n0\r\n\r\n", "POST /; bare-lf 400"},
	{"chunk-size with plus", patChunked + "+5\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size 400"},
	{"chunk-size with minus", patChunked + "-1\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size 400"},
	{"chunk-size with 0x", patChunked + "0x5\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size 400"},
	{"chunk-size with underscore", patChunked + "0_5\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size 400"},
	{"chunk-size with leading SP", patChunked + " 5\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size 400"},
	{"empty chunk-size", patChunked + "\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size 400"},
	{"chunk-size 2^63 (CVE-2021-32714)", patChunked + "8000000000000000\r\nhello\r\n0\r\n\r\n" + patEvil, "POST /; content-size 413"},
	{"chunk-size 2^64+5", patChunked + "10000000000000005\r\nhello\r\n0\r\n\r\n" + patEvil, "POST /; content-size 413"},
	{"chunk-size of thousands of zeros", patChunked + strings.Repeat("0", 4000) + "5\r\nhello\r\n0\r\n\r\n", "POST /; chunk-size-digits 400"},
	{"huge chunk-ext (CVE-2023-39326)", patChunked + "1;" + strings.Repeat("a", 5000) + "\r\nX\r\n0\r\n\r\n", "POST /; chunk-line-size 400"},
	{"one octet of data per 4 kB (CVE-2023-39326)", patChunked + strings.Repeat("1;"+strings.Repeat("a", 4000)+"\r\nX\r\n", 50) + "0\r\n\r\n", "POST /; chunk-overhead 400"},
	{"one octet of data per chunk is valid", patChunked + strings.Repeat("1\r\nX\r\n", 50) + "0\r\n\r\n", "POST / " + strings.Repeat("X", 50)},
	{"CRLF CRLF as last chunk", patChunked + "5\r\nhello\r\n\r\n\r\n" + patEvil, "POST /; chunk-size 400"},
	{"trailers never merge (CVE-2025-12642)", patChunked + "0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: b\r\nConnection: close\r\nAuthorization: c\r\n\r\n" + patEvil,
		"POST /  (content-length: 9) (transfer-encoding: x) (host: b) (connection: close) (authorization: c); GET /evil"},
	{"trailer without colon (CVE-2023-40175)", patChunked + "0\r\nX\r\n\r\n" + patEvil, "POST /; colon-missing 400"},
	{"Content-Length with Transfer-Encoding", patPost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + patEvil, "transfer-encoding-length 400"},
	{"Transfer-Encoding with Content-Length", patPost + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n3b\r\n" + patEvil, "transfer-encoding-length 400"},
	{"Content-Length +3 (CVE-2021-32715)", patPost + "Content-Length: +3\r\n\r\nabc", "content-length-syntax 400"},
	{"Content-Length -0", patPost + "Content-Length: -0\r\n\r\nabc", "content-length-syntax 400"},
	{"Content-Length 1_0", patPost + "Content-Length: 1_0\r\n\r\nabc", "content-length-syntax 400"},
	{"Content-Length 0x5", patPost + "Content-Length: 0x5\r\n\r\nabc", "content-length-syntax 400"},
	{"Content-Length 5 5", patPost + "Content-Length: 5 5\r\n\r\nabc", "content-length-syntax 400"},
	{"Content-Length empty (CVE-2023-40225)", patPost + "Content-Length: \r\n\r\nabc", "content-length-syntax 400"},
	{"Content-Length 5, 5", patPost + "Content-Length: 5, 5\r\n\r\nhello", "content-length-syntax 400"},
	{"Content-Length differing", patPost + "Content-Length: 5\r\nContent-Length: 10\r\n\r\nhelloworld", "content-length-repeated 400"},
	{"Content-Length repeated", patPost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "content-length-repeated 400"},
	{"Content-Length empty, then 43", patGet + "Content-Length: \r\nContent-Length: 43\r\n\r\nPOST /evil HTTP/1.1\r\nHost: a\r\n\r\n", "content-length-repeated 400"},
	{"Content-Length 2^63", patPost + "Content-Length: 9223372036854775808\r\n\r\n", "content-length-size 413"},
	{"Content-Length of 20 digits", patPost + "Content-Length: 99999999999999999999\r\n\r\n", "content-length-size 413"},
	{"Content-Length 005 is valid", patPost + "Content-Length: 005\r\n\r\nhello", "POST / hello"},
	{"Content-Length with tabs is valid", patPost + "Content-Length:\t5\t  \r\n\r\nhello", "POST / hello"},
	{"Content_Length is another field", patPost + "Content-Length: 11\r\nContent_Length: 99\r\n\r\nhello world", "POST / hello world"},
	{"Transfer-Encoding behind VT", patPost + "Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\nhello", "value-octet 400"},
	{"Transfer-Encoding behind CR (CVE-2022-1705)", patPost + "Transfer-Encoding: \rchunked\r\n\r\n", "bare-cr 400"},
	{"Transfer-Encoding behind NBSP", patPost + "Transfer-Encoding: \xa0chunked\r\n\r\n", "transfer-encoding-syntax 400"},
	{"Transfer-Encoding with white space is valid", patPost + "Transfer-Encoding:\t chunked \t\r\n\r\n1\r\nX\r\n0\r\n\r\n", "POST / X"},
	{"chunked twice", patPost + "Transfer-Encoding: chunked, chunked\r\n\r\n", "transfer-encoding-chunked 400"},
	{"chunked twice, on two lines", patPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZ\r\n0\r\n\r\n", "transfer-encoding-chunked 400"},
	{"chunked not last", patPost + "Transfer-Encoding: chunked, x\r\n\r\n", "transfer-encoding-chunked 400"},
	{"chunked with parameter", patPost + "Transfer-Encoding: chunked;ext\r\n\r\n", "transfer-encoding-chunked 400"},
	{"Transfer-Encoding empty", patPost + "Transfer-Encoding:\r\n\r\n", "transfer-encoding-empty 400"},
	{"Transfer-Encoding identity (CVE-2022-32213)", patPost + "Transfer-Encoding: identity\r\n\r\n", "transfer-encoding-chunked 400"},
	{"unknown coding before chunked", patPost + "Transfer-Encoding: deflate, chunked\r\n\r\n5\r\nWorld\r\n0\r\n\r\n", "transfer-coding 501"},
	{"empty elements in Transfer-Encoding", patPost + "Transfer-Encoding: , chunked\r\n\r\n", "transfer-encoding-empty 400"},
	{"empty elements in Connection", patGet + "Connection: ,, close ,\r\n\r\n" + patEvil, "GET /; close"},
	{"Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZ\r\n0\r\n\r\n" + patEvil, "transfer-encoding-version 400"},
	{"SP before the colon (CVE-2019-16276, CVE-2021-22959)", patPost + "Transfer-Encoding : chunked\r\n\r\n", "name-space 400"},
	{"SP before the first field (CVE-2024-27982)", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "leading-space 400"},
	{"HTAB before the first field", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", "leading-space 400"},
	{"obs-fold (CVE-2025-32094)", patGet + "X-Test: value\r\n continued\r\n\r\n", "obs-fold 400"},
	{"empty name (CVE-2023-25725)", patGet + ": v\r\n\r\n", "name-empty 400"},
	{"name longer than a narrow length (CVE-2021-40346)", patPost + strings.Repeat("N", 256+14) + ": 1\r\nContent-Length: 5\r\n\r\nhello", "POST / hello"},
	{"CR in a value (CVE-2023-30589)", patPost + "X: \rxTransfer-Encoding: chunked\r\n\r\n", "bare-cr 400"},
	{"CR in the place of the empty line (CVE-2025-23167)", patGet + "\r\n\rX", "GET /; bare-cr 400"},
	{"line that starts with CR", patGet + "\rSome-Header: Test\r\n\r\n", "bare-cr 400"},
	{"LF ends a field line (CVE-2022-32214)", "GET / HTTP/1.1\r\nHost: a\nX-Test: value\r\n\r\n", "bare-lf 400"},
	{"LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "bare-lf 400"},
	{"LF ends the head", patGet + "\n", "bare-lf 400"},
	{"NUL in a name", patGet + "X\x00: v\r\n\r\n", "name-octet 400"},
	{"obs-text in a name", patGet + "X\xe9: v\r\n\r\n", "name-octet 400"},
	{"NUL in a value", patGet + "X-Test: val\x00ue\r\n\r\n", "value-octet 400"},
	{"obs-text in a value is valid", patGet + "X: \xe9\r\n\r\n", "GET /"},
	{"encoded CRLF in the path is left as it is (CVE-2026-45372)", "GET /%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%0d%0aX:%20y"},
	{"declared length is not allocated (CVE-2023-24534)", patPost + "Content-Length: 9223372036854775807\r\n\r\nabc", "POST /; truncated 400"},
	{"declared chunk is not allocated", patChunked + "7fffffffffffffff\r\nabc", "POST /; truncated 400"},
	{"framing fields in Connection (CVE-2026-26365)", patPost + "Connection: Transfer-Encoding, Content-Length, Host\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nX\r\n0\r\n\r\n" + patEvil, "POST / X; GET /evil"},
	{"authority differs from Host", "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x"},
	{"authority beside a malformed Host", "GET http://b/x HTTP/1.1\r\nHost: a@b\r\n\r\n", "host-syntax 400"},
	{"no Host", "GET / HTTP/1.1\r\n\r\n", "host-missing 400"},
	{"two Hosts", patGet + "Host: other.example.com\r\n\r\n", "host-repeated 400"},
	{"Host with userinfo", "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", "host-syntax 400"},
	{"Host empty", "GET / HTTP/1.1\r\nHost: \r\n\r\n", "host-syntax 400"},
	{"Host with bad port", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", "host-syntax 400"},
	{"Host with bad IP literal", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "host-syntax 400"},
	{"obs-text in the target", "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"less-than sign in the target", "GET /< HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"greater-than sign in the target", "GET /> HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"quote in the target", "GET /\" HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"braces in the target", "GET /{ HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"closing brace in the target", "GET /} HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"bar in the target", "GET /| HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"circumflex in the target", "GET /^ HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"backtick in the target", "GET /` HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"backslash in the target", "GET /\\ HTTP/1.1\r\nHost: a\r\n\r\n", "target-octet 400"},
	{"Expect unknown", patPost + "Expect: x\r\nContent-Length: 5\r\n\r\nhello", "expectation 417"},
	{"Expect in HTTP/1.0 is ignored", "POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 5\r\n\r\nhello", "POST / hello; close"},
	{"method too long", strings.Repeat("M", 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n", "method-size 501"},
	{"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "version 505"},
	{"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "version 505"},
	{"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "version-syntax 400"},
	{"http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n", "version-syntax 400"},
	{"SP behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "version-syntax 400"},
	{"HTTP/1.2 is served as 1.1", "GET / HTTP/1.2\r\nHost: a\r\n\r\n" + patEvil, "GET /; GET /evil"},

	{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *"},
	{"absolute-form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET /"},
	{"content cut short", patPost + "Content-Length: 10\r\n\r\nhello", "POST /; truncated 400"},
	{"chunk cut short", patChunked + "5\r\nhel", "POST /; truncated 400"},
	{"head cut behind CR", patGet + "\r", "head unfinished"},
	{"trailers", patChunked + "5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\n", "POST / hello (x-checksum: abc)"},
	{"chunk too long", patChunked + "5\r\nhello!!\r\n0\r\n\r\n", "POST /; chunk-data-end 400"},
	{"CR CR in a chunk line", patChunked + "2\r\r;a\r\n02\r\n41\r\n0\r\n\r\n" + patEvil, "POST /; bare-cr 400"},
	{"value of 100 kB", patGet + "X-Big: " + strings.Repeat("B", 100_000) + "\r\n\r\n", "field-line-size 431"},
	{"quoted chunk-ext", patChunked + "5;ilovew3=\"I \\\"love\\\"; \\\\extensions\\\\\";somuchlove=\"aretheseparametersfor\";blah;foo=bar\r\nhello\r\n6;blahblah;blah\r\n world\r\n0\r\n\r\n", "POST / hello world"},
	{"request behind Connection: close", patPost + "Content-Length: 4\r\nConnection: close\r\n\r\nq=42" + patEvil, "POST / q=42; close"},
	{"pipelined contents", patPost + "Content-Length: 3\r\n\r\nAAA" + patPost + "Content-Length: 4\r\n\r\nBBBB" + patPost + "Content-Length: 5\r\n\r\nCCCCC", "POST / AAA; POST / BBBB; POST / CCCCC"},
	{"pipelined mix", patGet + "\r\n" + patPost + "Content-Length: 3\r\n\r\none" + patChunked + "3\r\ntwo\r\n0\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + patPost + "Content-Length: 5\r\n\r\nthree", "GET /; POST / one; POST / two; HEAD /; POST / three"},
	{"CRLF between requests", patGet + "\r\n\r\n" + patEvil, "GET /; GET /evil"},
	{"name of all tchar", patGet + "!#$%&'*+-.^_`|~09azAZ: v1\r\n\r\n", "GET /"},
}

func TestPatterns(t *testing.T) {
	for _, c := range patternCases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, readConnection(c.in, -1))
			start, end := requests(Limits{}), strings.Index(c.in, "\r\n\r\n")
			sameAsPlain(t, Limits{}, c.in, parseEveryWay(t, start, c.in))
			if end > 0 && strings.HasPrefix(c.in, patChunked) {
				decodeEveryWay(t, chunkedBodies(-1), c.in[len(patChunked):])
			}
		})
	}
}

func TestPatternsWithLimit(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: a\r\n"
	for _, c := range []struct{ in, want string }{
		{post + "Content-Length: 5\r\n\r\nhello", "POST / hello"},
		{post + "Content-Length: 6\r\n\r\nhello!", "POST /; content-size 413"},
		{post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "POST / hello"},
		{post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "POST /; content-size 413"},
		{post + "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", "POST /; content-size 413"},
	} {
		require.Equal(t, c.want, readConnection(c.in, 5), "%q", c.in)
	}
}
