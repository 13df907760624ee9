package parser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func post(fields ...string) string {
	return lines(append([]string{"POST / HTTP/1.1", "Host: a"}, fields...)...)
}

var framingCases = []headCase{
	{"Content-Length with sign", post("Content-Length: §+3"), ContentLengthSyntax},
	{"Content-Length -0", post("Content-Length: §-0"), ContentLengthSyntax},
	{"Content-Length with underscore", post("Content-Length: 1§_0"), ContentLengthSyntax},
	{"Content-Length in hexadecimal", post("Content-Length: 0§x5"), ContentLengthSyntax},
	{"Content-Length with SP", post("Content-Length: 5§ 5"), ContentLengthSyntax},
	{"Content-Length with HTAB", post("Content-Length: 5§\t5"), ContentLengthSyntax},
	{"Content-Length empty", post("Content-Length:§"), ContentLengthSyntax},
	{"Content-Length of white space", post("Content-Length:  §"), ContentLengthSyntax},
	{"Content-Length list of equals", post("Content-Length: 5§, 5"), ContentLengthSyntax},
	{"Content-Length list", post("Content-Length: 5§,6"), ContentLengthSyntax},
	{"Content-Length with point", post("Content-Length: 5§.0"), ContentLengthSyntax},
	{"Content-Length with exponent", post("Content-Length: 1§e1"), ContentLengthSyntax},
	{"Content-Length with obs-text", post("Content-Length: §\xb25"), ContentLengthSyntax},
	{"Content-Length in quotes", post("Content-Length: §\"5\""), ContentLengthSyntax},
	{"Content-Length too large and malformed", post("Content-Length: 99999999999999999999§x"), ContentLengthSyntax},
	{"Content-Length 2^63", post("Content-Length: 922337203685477580§8"), ContentLengthTooLarge},
	{"Content-Length 2^64", post("Content-Length: 1844674407370955161§6"), ContentLengthTooLarge},
	{"Content-Length 2^64+1 with zeros", post("Content-Length: 0001844674407370955161§7"), ContentLengthTooLarge},
	{"Content-Length of 1000 digits", post("Content-Length: 9999999999999999999"[:34] + "§" + strings.Repeat("9", 982)), ContentLengthTooLarge},
	{"Content-Length twice", post("Content-Length: 5", "Content-Length: §6"), ContentLengthRepeated},
	{"Content-Length twice the same", post("Content-Length: 5", "X: y", "content-length: §5"), ContentLengthRepeated},
	{"Content-Length empty, then 43", post("Content-Length: ", "Content-Length: §43"), ContentLengthRepeated},

	{"both", post("Content-Length: §5", "Transfer-Encoding: chunked"), TransferEncodingLength},
	{"both, the other way round", post("Transfer-Encoding: chunked", "Content-Length: §5"), TransferEncodingLength},
	{"both, bad ones", post("Transfer-Encoding: x", "Content-Length: §x"), TransferEncodingLength},
	{"Transfer-Encoding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: §chunked\r\n\r\n", TransferEncodingVersion},
	{"Transfer-Encoding and Content-Length in 1.0", "POST / HTTP/1.0\r\nContent-Length: 1\r\nTransfer-Encoding: §chunked\r\n\r\n", TransferEncodingVersion},
	{"Transfer-Encoding empty", post("Transfer-Encoding:§"), TransferEncodingEmpty},
	{"Transfer-Encoding of a comma", post("Transfer-Encoding: §,"), TransferEncodingEmpty},
	{"empty element first", post("Transfer-Encoding: §,chunked"), TransferEncodingEmpty},
	{"empty element last", post("Transfer-Encoding: chunked,§"), TransferEncodingEmpty},
	{"empty line before chunked", post("Transfer-Encoding:§", "Transfer-Encoding: chunked"), TransferEncodingEmpty},
	{"identity", post("Transfer-Encoding: §identity"), TransferEncodingChunked},
	{"gzip alone", post("Transfer-Encoding: §gzip"), TransferEncodingChunked},
	{"chunked not last", post("Transfer-Encoding: chunked,§ x"), TransferEncodingChunked},
	{"chunked twice", post("Transfer-Encoding: chunked,§chunked"), TransferEncodingChunked},
	{"chunked on two lines", post("Transfer-Encoding: chunked", "Transfer-Encoding: §chunked"), TransferEncodingChunked},
	{"chunked not last, on two lines", post("Transfer-Encoding: chunked", "Transfer-Encoding: §identity"), TransferEncodingChunked},
	{"chunked with parameter", post("Transfer-Encoding: §chunked;ext"), TransferEncodingChunked},
	{"chunked with semicolon", post("Transfer-Encoding: §chunked ;"), TransferEncodingChunked},
	{"chunked in quotes", post("Transfer-Encoding: §\"chunked\""), TransferEncodingSyntax},
	{"chunked behind an open quote", post("Transfer-Encoding: §x;a=\", chunked"), TransferEncodingChunked},
	{"chunked with SP", post("Transfer-Encoding: §chun ked"), TransferEncodingSyntax},
	{"chunked behind NBSP", post("Transfer-Encoding: §\xa0chunked"), TransferEncodingSyntax},
	{"chunked behind VT", post("Transfer-Encoding: §\x0bchunked"), ValueOctet},
	{"chunked behind CR", post("Transfer-Encoding: \r§chunked"), BareCR},
	{"xchunked", post("Transfer-Encoding: §xchunked"), TransferEncodingChunked},
	{"gzip, chunked", post("Transfer-Encoding: §gzip, chunked"), TransferCodingUnknown},
	{"gzip and chunked on two lines", post("Transfer-Encoding: §gzip", "Transfer-Encoding: chunked"), TransferCodingUnknown},
	{"identity, chunked", post("Transfer-Encoding: §identity, chunked"), TransferCodingUnknown},
	{"coding with parameters", post("Transfer-Encoding: §x;a=\"b,c\", chunked"), TransferCodingUnknown},
	{"Transfer-Encoding before Expect", post("Transfer-Encoding: §x", "Expect: y"), TransferEncodingChunked},

	{"Expect unknown", post("Expect: §x"), ExpectationUnknown},
	{"Expect with more", post("Expect: 100-continue,§ x"), ExpectationUnknown},
	{"Expect with value", post("Expect: §100-continue=1"), ExpectationUnknown},
	{"Expect with parameter", post("Expect: §100-continue;a"), ExpectationUnknown},
	{"Expect in quotes", post("Expect: §\"100-continue\""), ExpectationUnknown},
	{"Expect unknown on the second line", post("Expect: 100-continue", "Expect: §200-ok"), ExpectationUnknown},
	{"Content-Length before Expect", post("Expect: x", "Content-Length: §x"), ContentLengthSyntax},
}

func TestFraming(t *testing.T) {
	runHeads(t, Limits{}, framingCases)
}

func TestFramingAccepted(t *testing.T) {
	for _, c := range []struct {
		name, in string
		framing  Framing
		size     int64
	}{
		{"none", post(), FramingNone, 0},
		{"Content-Length", post("Content-Length: 5"), FramingLength, 5},
		{"Content-Length 0", post("Content-Length: 0"), FramingLength, 0},
		{"Content-Length of GET", lines("GET / HTTP/1.1", "Host: a", "Content-Length: 3"), FramingLength, 3},
		{"leading zeros", post("Content-Length: 005"), FramingLength, 5},
		{"many leading zeros", post("Content-Length: " + strings.Repeat("0", 5000) + "5"), FramingLength, 5},
		{"white space", post("Content-Length:\t5\t  "), FramingLength, 5},
		{"2^63-1", post("Content-Length: 9223372036854775807"), FramingLength, 1<<63 - 1},
		{"1.0", lines("POST / HTTP/1.0", "Content-Length: 7"), FramingLength, 7},
		{"other names", post("Content_Length: 5", "Content-Lengths: 6", "XContent-Length: 7"), FramingNone, 0},
		{"chunked", post("Transfer-Encoding: chunked"), FramingChunked, -1},
		{"chunked in capitals", post("TRANSFER-ENCODING: CHUNKED"), FramingChunked, -1},
		{"chunked with white space", post("Transfer-Encoding: \t chunked \t"), FramingChunked, -1},
		{"chunked in 1.2", lines("POST / HTTP/1.2", "Host: a", "Transfer-Encoding: chunked"), FramingChunked, -1},
		{"framing fields in Connection are kept", post("Connection: Content-Length, Transfer-Encoding, Host", "Content-Length: 4"), FramingLength, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			sameAsPlain(t, Limits{}, c.in, parseEveryWay(t, requests(Limits{}), c.in))
			var h Head
			h.Reset(Limits{})
			_, e := h.Parse([]byte(c.in))
			require.Zero(t, e, e.Rule())
			require.Equal(t, c.framing, h.Framing())
			require.Equal(t, c.size, h.Size())
			h.Reset(Limits{})
			require.Zero(t, h.Framing(), "after Reset")
			require.Zero(t, h.Size(), "after Reset")
		})
	}
}

func TestPersistent(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{post(), true},
		{post("Connection: close"), false},
		{post("connection: Close"), false},
		{post("Connection: CLOSE"), false},
		{post("Connection:close"), false},
		{post("Connection: \t close \t"), false},
		{post("Connection: ,,close,"), false},
		{post("Connection: TE, close"), false},
		{post("Connection: TE,close"), false},
		{post("Connection: close,TE"), false},
		{post("Connection: x \t,\t close \t, y"), false},
		{post("Connection: keep-alive, close"), false},
		{post("Connection: close, keep-alive"), false},
		{post("Connection: keep-alive", "Connection: close"), false},
		{post("Connection: close", "Connection: keep-alive"), false},
		{post("Connection: x", "Connection: y, close"), false},
		{post("Connection: \"x, close"), false},
		{post("Connection:"), true},
		{post("Connection: keep-alive"), true},
		{post("Connection: closed"), true},
		{post("Connection: clos"), true},
		{post("Connection: close x"), true},
		{post("Connection: close;x"), true},
		{post("Connection: \"close\""), true},
		{post("Proxy-Connection: close"), true},
		{post("Keep-Alive: timeout=5"), true},
		{lines("GET / HTTP/1.9", "Host: a"), true},
		{lines("GET / HTTP/1.0"), false},
		{lines("GET / HTTP/1.0", "Connection: keep-alive"), true},
		{lines("GET / HTTP/1.0", "Connection: Keep-Alive"), true},
		{lines("GET / HTTP/1.0", "Connection: TE", "Connection: x, Keep-Alive"), true},
		{lines("GET / HTTP/1.0", "Connection: keep-alive, close"), false},
		{lines("GET / HTTP/1.0", "Connection: close", "Connection: keep-alive"), false},
		{lines("GET / HTTP/1.0", "Connection: keep-alives"), false},
		{lines("GET / HTTP/1.0", "Keep-Alive: timeout=5"), false},
	} {
		got := parseEveryWay(t, requests(Limits{}), c.in)
		sameAsPlain(t, Limits{}, c.in, got)
		var h Head
		h.Reset(Limits{})
		_, e := h.Parse([]byte(c.in))
		require.Zero(t, e)
		require.Equal(t, c.want, h.Persistent(), "%q", c.in)
	}
}

func TestExpectContinue(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{post(), false},
		{post("Expect: 100-continue"), true},
		{post("Expect: 100-Continue"), true},
		{post("Expect:\t100-CONTINUE "), true},
		{post("Expect: ,100-continue,"), true},
		{post("Expect: 100-continue", "Expect: 100-continue"), true},
		{post("Expect:"), false},
		{lines("POST / HTTP/1.0", "Expect: 100-continue"), false},
		{lines("POST / HTTP/1.0", "Expect: x"), false},
		{lines("POST / HTTP/1.2", "Host: a", "Expect: 100-continue"), true},
	} {
		sameAsPlain(t, Limits{}, c.in, parseEveryWay(t, requests(Limits{}), c.in))
		var h Head
		h.Reset(Limits{})
		_, e := h.Parse([]byte(c.in))
		require.Zero(t, e)
		require.Equal(t, c.want, h.ExpectContinue(), "%q", c.in)
	}
}
