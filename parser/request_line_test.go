package parser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var requestLineCases = []headCase{
	{"minimal", "GET /" + rest, 0},
	{"octets behind the head", "GET /" + rest + "\x00\r\n\r\n", 0},
	{"leading CRLF", "\r\nGET /" + rest, 0},
	{"two leading CRLF", "\r\n§\r\nGET /" + rest, RequestLine},
	{"leading CR", "\r§GET /" + rest, BareCR},
	{"leading CR CR LF", "\r§\r\nGET /" + rest, BareCR},
	{"leading LF", "§\nGET /" + rest, BareLF},
	{"leading SP", "§ GET /" + rest, MethodOctet},
	{"leading HTAB behind CRLF", "\r\n§\tGET /" + rest, MethodOctet},
	{"leading NUL", "§\x00GET /" + rest, MethodOctet},

	{"method of all tchar", "!#$%&'*+-.^_`|~09azAZ /" + rest, 0},
	{"method in lower case is another one", "get /" + rest, 0},
	{"method of one octet", "G /" + rest, 0},
	{"empty method behind CRLF", "\r\n§ /" + rest, MethodOctet},
	{"method with colon", "GE§:T /" + rest, MethodOctet},
	{"method with obs-text", "GE§\xe9 /" + rest, MethodOctet},
	{"method with NUL", "G§\x00T /" + rest, MethodOctet},
	{"method with DEL", "GET§\x7f /" + rest, MethodOctet},
	{"HTAB behind the method", "GET§\t/" + rest, MethodOctet},
	{"TLS client hello", "§\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", MethodOctet},
	{"method alone", "GET§\r\n\r\n", RequestLine},
	{"method alone, LF", "GET§\n\n", BareLF},
	{"longest method", strings.Repeat("A", MethodSize) + " /" + rest, 0},
	{"method too long", strings.Repeat("A", MethodSize) + "§A /" + rest, MethodTooLong},
	{"method too long, lexical error later", strings.Repeat("A", MethodSize) + "§AA\x00", MethodTooLong},
	{"method of limit and a lexical error", strings.Repeat("A", MethodSize) + "§\x00 /" + rest, MethodOctet},
	{"method too long behind CRLF", "\r\n" + strings.Repeat("A", MethodSize) + "§A /" + rest, MethodTooLong},

	{"two SP before the target", "GET § /" + rest, RequestLine},
	{"two SP before the version", "GET / § HTTP/1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTAB before the version", "GET /§\tHTTP/1.1\r\nHost: a\r\n\r\n", TargetOctet},
	{"HTTP/0.9", "GET /§\r\n\r\n", RequestLine},
	{"HTTP/0.9, LF", "GET /§\n", BareLF},
	{"empty target and version", "GET §\r\n\r\n", RequestLine},
	{"SP in the target", "GET /a §b HTTP/1.1\r\nHost: a\r\n\r\n", VersionSyntax},

	{"version in lower case", "GET / §http/1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"version with one letter in lower case", "GET / HTT§p/1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"no version", "GET / §\r\n\r\n", VersionSyntax},
	{"HTTP/1.10", "GET / HTTP/1.1§0\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/01.1", "GET / HTTP/0§1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/1", "GET / HTTP/1§\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/1.", "GET / HTTP/1.§\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/1,1", "GET / HTTP/1§,1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/1.x", "GET / HTTP/1.§x\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP /1.1", "GET / HTTP§ /1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/+1.1", "GET / HTTP/§+1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/d.1", "GET / HTTP/§d.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTP/1.d", "GET / HTTP/1.§d\r\nHost: a\r\n\r\n", VersionSyntax},
	{"HTTPS/1.1", "GET / HTTP§S/1.1\r\nHost: a\r\n\r\n", VersionSyntax},
	{"SP behind the version", "GET / HTTP/1.1§ \r\nHost: a\r\n\r\n", VersionSyntax},
	{"LF behind the version", "GET / HTTP/1.1§\nHost: a\r\n\r\n", BareLF},
	{"CR alone behind the version", "GET / HTTP/1.1\r§Host: a\r\n\r\n", BareCR},
	{"CR CR LF behind the version", "GET / HTTP/1.1\r§\r\nHost: a\r\n\r\n", BareCR},
	{"LF within the version", "GET / HT§\nTP/1.1\r\nHost: a\r\n\r\n", BareLF},

	{"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 0},
	{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 0},
	{"HTTP/1.9", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", 0},
	{"HTTP/0.9 with version", "GET / HTTP/§0.9\r\nHost: a\r\n\r\n", VersionUnsupported},
	{"HTTP/2.0", "GET / HTTP/§2.0\r\nHost: a\r\n\r\n", VersionUnsupported},
	{"HTTP/9.9", "GET / HTTP/§9.9\r\nHost: a\r\n\r\n", VersionUnsupported},
	{"HTTP/2 preface", "PRI * HTTP/§2.0\r\n\r\nSM\r\n\r\n", VersionUnsupported},
	{"version before all other semantic errors", "PRI * HTTP/§2.0\r\nTransfer-Encoding: x\r\nContent-Length: x\r\n\r\n", VersionUnsupported},
	{"lexical error before the version", "GET / HTTP/2.0\r\nHost§ : a\r\n\r\n", NameSpace},
}

func TestRequestLine(t *testing.T) {
	runHeads(t, Limits{}, requestLineCases)
}

func TestMinor(t *testing.T) {
	for version, want := range map[string]int{"HTTP/1.0": 0, "HTTP/1.1": 1, "HTTP/1.2": 1, "HTTP/1.9": 1} {
		var h Head
		h.Reset(Limits{})
		b := []byte("GET / " + version + "\r\nHost: a\r\n\r\n")
		n, e := h.Parse(b)
		require.Equal(t, len(b), n)
		require.Zero(t, e)
		require.Equal(t, want, h.Minor(), version)
	}
}

func TestStarted(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"", false}, {"\r", false}, {"\r\n", false}, {"\r\nG", true}, {"G", true}, {"GET /", true},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true}, {"\n", true}, {"\rX", true}, {"\x00", true},
	} {
		var h Head
		h.Reset(Limits{})
		h.Parse([]byte(c.in))
		require.Equal(t, c.want, h.Started(), "%q", c.in)
		h.Reset(Limits{})
		require.False(t, h.Started(), "after Reset")
	}
}
