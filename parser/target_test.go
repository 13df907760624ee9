package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTarget(t *testing.T) {
	for _, c := range []struct{ name, method, target, want string }{
		{"root", "GET", "/", `origin-form "/" nil "host"`},
		{"path", "GET", "/a/b;c=1,2/%7Ed", `origin-form "/a/b;c=1,2/%7Ed" nil "host"`},
		{"query", "GET", "/a?b=c&d", `origin-form "/a" "b=c&d" "host"`},
		{"question marks in the query", "GET", "/?a?b?", `origin-form "/" "a?b?" "host"`},
		{"empty query", "GET", "/a?", `origin-form "/a" "" "host"`},
		{"query with triplets", "GET", "/a?%3f%3F", `origin-form "/a" "%3f%3F" "host"`},
		{"empty segments", "GET", "//a//", `origin-form "//a//" nil "host"`},
		{"dot segments are left alone", "GET", "/../a/./b", `origin-form "/../a/./b" nil "host"`},
		{"all octets of a path", "GET", "/-._~!$&'()*+,;=:@09azAZ", `origin-form "/-._~!$&'()*+,;=:@09azAZ" nil "host"`},
		{"long path", "GET", "/" + strings.Repeat("segment_1/", 40), `origin-form "/` + strings.Repeat("segment_1/", 40) + `" nil "host"`},
		{"absolute URI as path", "GET", "/http://other/", `origin-form "/http://other/" nil "host"`},
		{"encoded CRLF stays encoded", "GET", "/%0d%0aX:", `origin-form "/%0d%0aX:" nil "host"`},
		{"encoded NUL stays encoded", "GET", "/%00", `origin-form "/%00" nil "host"`},

		{"absolute", "GET", "http://other/a?b", `absolute-form "/a" "b" "other"`},
		{"absolute https", "GET", "https://other:443/a", `absolute-form "/a" nil "other:443"`},
		{"absolute in capitals", "GET", "HTTP://Other/a", `absolute-form "/a" nil "Other"`},
		{"absolute without path", "GET", "http://other", `absolute-form "/" nil "other"`},
		{"absolute without path, with query", "GET", "http://other?a/b", `absolute-form "/" "a/b" "other"`},
		{"absolute with empty query", "GET", "http://other?", `absolute-form "/" "" "other"`},
		{"absolute with empty port", "GET", "http://other:/", `absolute-form "/" nil "other:"`},
		{"absolute with IPv6", "GET", "http://[::1]:80/a", `absolute-form "/a" nil "[::1]:80"`},
		{"absolute with triplet in the host", "GET", "http://o%74her/", `absolute-form "/" nil "o%74her"`},
		{"absolute OPTIONS", "OPTIONS", "http://other/", `absolute-form "/" nil "other"`},
		{"absolute OPTIONS with query", "OPTIONS", "http://other?", `absolute-form "/" "" "other"`},
		{"absolute OPTIONS without path", "OPTIONS", "http://other:81", `asterisk-form "*" nil "other:81"`},

		{"asterisk", "OPTIONS", "*", `asterisk-form "*" nil "host"`},
		{"OPTIONS of a path", "OPTIONS", "/*", `origin-form "/*" nil "host"`},

		{"authority", "CONNECT", "other:443", `authority-form "other:443" nil "other:443"`},
		{"authority with IPv6", "CONNECT", "[::1]:443", `authority-form "[::1]:443" nil "[::1]:443"`},
		{"authority with leading zeros", "CONNECT", "other:00443", `authority-form "other:00443" nil "other:00443"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := lines(c.method+" "+c.target+" HTTP/1.1", "Host: host")
			sameAsPlain(t, Limits{}, in, parseEveryWay(t, requests(Limits{}), in))
			var h Head
			h.Reset(Limits{})
			b := []byte(in)
			n, e := h.Parse(b)
			require.Zero(t, e, e.Rule())
			require.Equal(t, len(b), n)
			path, query, host := h.Path(b), h.Query(b), h.Host(b)
			require.Equal(t, c.want, fmt.Sprintf("%v %q %s %q", h.Form(), path, quoteOrNil(query), host))
			require.Equal(t, c.target, string(h.Target(b)))
			for _, s := range [][]byte{path, query, host, h.Target(b), h.Method(b)} {
				require.Equal(t, len(s), cap(s), "capped")
			}
		})
	}
}

// The rest of each head is that of any other.
var targetCases = []headCase{
	{"NUL", "GET /§\x00 HTTP/1.1", TargetOctet},
	{"control", "GET /a§\x01b HTTP/1.1", TargetOctet},
	{"DEL", "GET /a§\x7fb HTTP/1.1", TargetOctet},
	{"obs-text", "GET /§\xc3\xa9 HTTP/1.1", TargetOctet},
	{"fragment", "GET /a§#b HTTP/1.1", TargetOctet},
	{"bracket in origin-form", "GET /a§[b] HTTP/1.1", TargetOctet},
	{"closing bracket in the query", "GET /a?b§] HTTP/1.1", TargetOctet},
	{"bracket in the path of absolute-form", "GET http://a/b§[ HTTP/1.1", TargetForm},
	{"bracket in the query of absolute-form", "GET http://a?§] HTTP/1.1", TargetForm},
	{"triplet cut short", "GET /%4§ HTTP/1.1", TargetPercent},
	{"triplet without digits", "GET /%§ HTTP/1.1", TargetPercent},
	{"triplet with other letters", "GET /%§zz HTTP/1.1", TargetPercent},
	{"triplet with one other letter", "GET /%a§g HTTP/1.1", TargetPercent},
	{"triplet in the query", "GET /?%2§% HTTP/1.1", TargetPercent},
	{"triplet with CR", "GET /%2§\r\n", TargetPercent},
	{"IIS escape", "GET /%§u0041 HTTP/1.1", TargetPercent},

	{"CONNECT to a path", "CONNECT §/ HTTP/1.1", AuthorityTarget},
	{"CONNECT to an absolute URI", "CONNECT http:§//a:1/ HTTP/1.1", AuthorityTarget},
	{"CONNECT without port", "CONNECT other§ HTTP/1.1", AuthorityTarget},
	{"CONNECT with empty port", "CONNECT other:§ HTTP/1.1", AuthorityTarget},
	{"CONNECT to port 0", "CONNECT other:00§ HTTP/1.1", AuthorityTarget},
	{"CONNECT to port 65536", "CONNECT other:6553§6 HTTP/1.1", AuthorityTarget},
	{"CONNECT without host", "CONNECT §:80 HTTP/1.1", AuthorityTarget},
	{"CONNECT with userinfo", "CONNECT u§@other:80 HTTP/1.1", AuthorityTarget},
	{"CONNECT asterisk", "CONNECT *§ HTTP/1.1", AuthorityTarget}, // a host by its octets, without port
	{"CONNECT with query", "CONNECT other:80§?a HTTP/1.1", AuthorityTarget},
	{"authority-form for GET", "GET §other:80 HTTP/1.1", TargetForm},
	{"asterisk for GET", "GET §* HTTP/1.1", AsteriskTarget},
	{"asterisk for options", "options §* HTTP/1.1", AsteriskTarget},
	{"asterisk with query", "OPTIONS §*? HTTP/1.1", TargetForm},
	{"asterisk and more", "OPTIONS §*/ HTTP/1.1", TargetForm},
	{"relative path", "GET §a/b HTTP/1.1", TargetForm},
	{"query alone", "GET §?a HTTP/1.1", TargetForm},
	{"no scheme", "GET §://a/ HTTP/1.1", TargetForm},
	{"one slash behind the scheme", "GET §http:/a HTTP/1.1", TargetForm},
	{"bracket alone", "GET §[ HTTP/1.1", TargetForm},
	{"other scheme", "GET §ftp://a/ HTTP/1.1", TargetScheme},
	{"scheme that starts with http", "GET §httpx://a/ HTTP/1.1", TargetScheme},
	{"absolute without host", "GET http://§/a HTTP/1.1", TargetAuthority},
	{"absolute without anything", "GET http://§ HTTP/1.1", TargetAuthority},
	{"absolute with port alone", "GET http://§:80/ HTTP/1.1", TargetAuthority},
	{"absolute with userinfo", "GET http://user§@a/ HTTP/1.1", TargetAuthority},
	{"absolute with password", "GET http://user:§secret@a/ HTTP/1.1", TargetAuthority},
	{"absolute with bad port", "GET http://a:8§x/ HTTP/1.1", TargetAuthority},
	{"absolute with bad IPv6", "GET http://[§::1::]/ HTTP/1.1", TargetAuthority},
	{"absolute with open bracket", "GET http://[::1§/ HTTP/1.1", TargetAuthority},
}

func TestTargetRefused(t *testing.T) {
	var cases []headCase
	for _, c := range targetCases {
		c.in += "\r\nHost: host\r\n\r\n"
		cases = append(cases, c)
	}
	runHeads(t, Limits{}, append(cases,
		headCase{"target before Host", "GET §* HTTP/1.1\r\n\r\n", AsteriskTarget},
		headCase{"lexical error behind a bad form", "GET * HTTP/1.1\r\nHost§ : a\r\n\r\n", NameSpace},
	))
}
