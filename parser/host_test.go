package parser

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func getHead(fields ...string) string {
	return lines(append([]string{"GET / HTTP/1.1"}, fields...)...)
}

var hostCases = []headCase{
	{"name", getHead("Host: www.example.org"), 0},
	{"name and port", getHead("Host: www.example.org:8080"), 0},
	{"empty port", getHead("Host: www.example.org:"), 0},
	{"port 0", getHead("Host: a:0"), 0},
	{"port 65535", getHead("Host: a:65535"), 0},
	{"port with leading zeros", getHead("Host: a:000000000000000080"), 0},
	{"IPv4", getHead("Host: 127.0.0.1:80"), 0},
	{"number that is no IPv4 address is a name", getHead("Host: 256.1.1.1.1"), 0},
	{"IPv6", getHead("Host: [2001:db8::1]:80"), 0},
	{"IPv6 in capitals", getHead("Host: [2001:DB8::FFFF]"), 0},
	{"IPv6 with IPv4", getHead("Host: [::ffff:127.0.0.1]"), 0},
	{"IPvFuture", getHead("Host: [v7.a:b]:80"), 0},
	{"IPvFuture in capitals", getHead("Host: [V1F.x]"), 0},
	{"all octets of a name", getHead("Host: -._~!$&'()*+,;=09azAZ"), 0},
	{"triplet", getHead("Host: a%2fb"), 0},
	{"trailing dot", getHead("Host: example.org."), 0},
	{"white space around", getHead("Host:\t a \t"), 0},
	{"field name in any case", getHead("hOsT: a"), 0},
	{"not first", getHead("X: y", "Host: a"), 0},

	{"none", "GET / HTTP/1.1\r\nX: y\r\n§\r\n", HostMissing},
	{"no field line", "GET / HTTP/1.1\r\n§\r\n", HostMissing},
	{"none in absolute-form", "GET http://a/ HTTP/1.1\r\n§\r\n", HostMissing},
	{"none in 1.2", "GET / HTTP/1.2\r\n§\r\n", HostMissing},
	{"two", getHead("Host: a", "Host: §b"), HostRepeated},
	{"two equal ones", getHead("Host: a", "X: y", "HOST: §a"), HostRepeated},
	{"two, the first one bad", getHead("Host: @", "Host: §a"), HostRepeated},
	{"empty", getHead("Host:§"), HostSyntax},
	{"white space alone", getHead("Host: \t §"), HostSyntax},
	{"port alone", getHead("Host: §:80"), HostSyntax},
	{"userinfo", getHead("Host: user§@a"), HostSyntax},
	{"two names", getHead("Host: a,b§ c"), HostSyntax},
	{"path", getHead("Host: a§/b"), HostSyntax},
	{"scheme", getHead("Host: http:§//a"), HostSyntax},
	{"query", getHead("Host: a§?b"), HostSyntax},
	{"obs-text", getHead("Host: a§\xe9"), HostSyntax},
	{"backslash", getHead("Host: a§\\b"), HostSyntax},
	{"quotes", getHead("Host: §\"a\""), HostSyntax},
	{"port 65536", getHead("Host: a:6553§6"), HostSyntax},
	{"port of many digits", getHead("Host: a:9999§9999999999999999999999999"), HostSyntax},
	{"port with letters", getHead("Host: a:8§o"), HostSyntax},
	{"port with sign", getHead("Host: a:§+80"), HostSyntax},
	{"port with SP", getHead("Host: a:§ 80"), HostSyntax},
	{"two ports", getHead("Host: a:80§:80"), HostSyntax},
	{"IPv6 without brackets", getHead("Host: §::1"), HostSyntax},
	{"bracket never closed", getHead("Host: [::1§"), HostSyntax},
	{"bracket never opened", getHead("Host: a§]"), HostSyntax},
	{"empty brackets", getHead("Host: [§]"), HostSyntax},
	{"octet behind the bracket", getHead("Host: [::1]§a"), HostSyntax},
	{"port without colon", getHead("Host: [::1]§80"), HostSyntax},
	{"IPv6 zone", getHead("Host: [§fe80::1%25eth0]"), HostSyntax},
	{"IPv4 in brackets", getHead("Host: [§127.0.0.1]"), HostSyntax},
	{"name in brackets", getHead("Host: [§example]"), HostSyntax},
	{"IPvFuture without version", getHead("Host: [§v.a]"), HostSyntax},
	{"IPvFuture without address", getHead("Host: [§v1.]"), HostSyntax},
	{"IPvFuture without dot", getHead("Host: [§v1a]"), HostSyntax},
	{"IPvFuture with at", getHead("Host: [§v1.a@b]"), HostSyntax},
	{"IPvFuture with bad version", getHead("Host: [§vg.a]"), HostSyntax},
	{"triplet cut short", getHead("Host: a§%2"), HostSyntax},
	{"triplet with other letters", getHead("Host: a§%zz"), HostSyntax},
	{"bad Host beside a good authority", "GET http://a/ HTTP/1.1\r\nHost: b§@\r\n\r\n", HostSyntax},
	{"empty Host beside a good authority", "GET http://a/ HTTP/1.1\r\nHost:§\r\n\r\n", HostSyntax},

	{"none in 1.0", "GET / HTTP/1.0\r\n\r\n", 0},
	{"one in 1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 0},
	{"two in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: §a\r\n\r\n", HostRepeated},
	{"empty in 1.0", "GET / HTTP/1.0\r\nHost:§\r\n\r\n", HostSyntax},
	{"bad in 1.0", "GET / HTTP/1.0\r\nHost: a§/\r\n\r\n", HostSyntax},
	{"Host before framing", getHead("Host: a§@", "Content-Length: x"), HostSyntax},
}

func TestHost(t *testing.T) {
	runHeads(t, Limits{}, hostCases)
}

func TestHostOfTarget(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{lines("GET / HTTP/1.1", "Host: \t a:80 "), "a:80"},
		{lines("GET http://b:81/ HTTP/1.1", "Host: a"), "b:81"},
		{lines("CONNECT b:81 HTTP/1.1", "Host: a"), "b:81"},
		{lines("OPTIONS http://b HTTP/1.1", "Host: a"), "b"},
		{lines("GET http://b/ HTTP/1.0"), "b"},
		{lines("OPTIONS * HTTP/1.1", "Host: a"), "a"},
	} {
		var h Head
		h.Reset(Limits{})
		b := []byte(c.in)
		_, e := h.Parse(b)
		require.Zero(t, e)
		require.Equal(t, c.want, string(h.Host(b)), "%q", c.in)
	}
	var h Head
	h.Reset(Limits{})
	b := []byte(lines("GET / HTTP/1.0"))
	_, e := h.Parse(b)
	require.Zero(t, e)
	require.Nil(t, h.Host(b))
}

func TestIPv6(t *testing.T) {
	for _, s := range []string{
		"", ":", "::", ":::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::8", "1::3::8", "1:2:3:4::5:6:7:8", "1:2:3:4:5::6:7", "12345::", "g::", "1:::2", ":1::", "1::2:", "0000:0::ffff",
		"::1.2.3.4", "1.2.3.4", "1.2.3.4::", "::1.2.3.4:1", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::1.2.3.04", "::1.2.3.", "::.1.2.3", "::1..2.3", "1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "::1.2.3.4%1", "fe80::1%eth0", "::0.0.0.0", "::255.255.255.255", "::1234.1.1.1", "::a.1.1.1", " ::", "::\x00",
	} {
		a, err := netip.ParseAddr(s)
		want := err == nil && a.Is6() && a.Zone() == ""
		require.Equal(t, want, isIPv6([]byte(s)), "%q", s)
	}
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"a", "a:80", "[::1]:80", "[v1.a]", "a%20", "1:2::3", "::1.2.3.4", "[1:2:3:4:5:6:7::]:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := netip.ParseAddr(s)
		require.Equal(t, err == nil && a.Is6() && a.Zone() == "" && !strings.Contains(s, "%"), isIPv6([]byte(s)), "%q", s)
		size, bad := checkHost([]byte(s), 0, len(s))
		port, ok := plainHost(s)
		require.Equal(t, ok, bad < 0, "%q", s)
		require.LessOrEqual(t, bad, len(s))
		if ok {
			require.Equal(t, port, strings.TrimPrefix(s[size:], ":"))
		}
	})
}
