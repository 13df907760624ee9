package parser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func runResponses(t *testing.T, l Limits, request Method, cases []headCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in, off := c.in, 0
			if c.err != 0 {
				in, off = unmark(t, c.in)
			}
			got := parseEveryWay(t, responses(l, request), in)
			require.Equal(t, c.err, got.err, "%s at %d, not %s at %d", got.err.Rule(), got.off, c.err.Rule(), off)
			if c.err != 0 {
				require.Equal(t, off, got.off, "offset")
			} else {
				require.NotZero(t, got.n, "not complete")
			}
			responseSameAsPlain(t, l, request, in, got)
		})
	}
}

var statusLineCases = []headCase{
	{"usual", "HTTP/1.1 200 OK\r\n\r\n", 0},
	{"no reason phrase", "HTTP/1.1 200 \r\n\r\n", 0},
	{"reason phrase of white space", "HTTP/1.1 200  \t \r\n\r\n", 0},
	{"reason phrase with obs-text", "HTTP/1.1 404 Pas trouv\xe9\r\n\r\n", 0},
	{"long reason phrase", "HTTP/1.1 404 " + strings.Repeat("not found ", 200) + "\r\n\r\n", 0},
	{"1.0", "HTTP/1.0 599 x\r\n\r\n", 0},
	{"1.2", "HTTP/1.2 100 Continue\r\n\r\n", 0},
	{"octets behind", "HTTP/1.1 200 OK\r\n\r\n\x00\x01", 0},

	{"no SP behind the status code", "HTTP/1.1 200§\r\n\r\n", StatusCode},
	{"HTAB behind the status code", "HTTP/1.1 200§\tOK\r\n\r\n", StatusCode},
	{"four digits", "HTTP/1.1 200§0 OK\r\n\r\n", StatusCode},
	{"two digits", "HTTP/1.1 20§ OK\r\n\r\n", StatusCode},
	{"letters", "HTTP/1.1 §OK\r\n\r\n", StatusCode},
	{"status 099", "HTTP/1.1 §099 x\r\n\r\n", StatusCode},
	{"status 600", "HTTP/1.1 §600 x\r\n\r\n", StatusCode},
	{"sign", "HTTP/1.1 §+20 x\r\n\r\n", StatusCode},
	{"two SP", "HTTP/1.1 § 200 OK\r\n\r\n", StatusCode},
	{"version alone", "HTTP/1.1§\r\n\r\n", VersionSyntax},
	{"version and SP", "HTTP/1.1 §\r\n\r\n", StatusCode},
	{"LF in the status code", "HTTP/1.1 2§\n", BareLF},
	{"leading CRLF", "§\r\nHTTP/1.1 200 OK\r\n\r\n", VersionSyntax},
	{"leading LF", "§\nHTTP/1.1 200 OK\r\n\r\n", BareLF},
	{"lower case", "§http/1.1 200 OK\r\n\r\n", VersionSyntax},
	{"shoutcast", "§ICY 200 OK\r\n\r\n", VersionSyntax},
	{"HTTP/2", "HTTP/2§ 200\r\n\r\n", VersionSyntax},
	{"HTTP/2.0", "HTTP/§2.0 200 OK\r\n\r\n", VersionUnsupported},
	{"NUL in the reason phrase", "HTTP/1.1 200 O§\x00\r\n\r\n", ReasonOctet},
	{"LF behind the reason phrase", "HTTP/1.1 200 OK§\n\r\n", BareLF},
	{"CR in the reason phrase", "HTTP/1.1 200 O\r§K\r\n\r\n", BareCR},

	{"field section", "HTTP/1.1 200 OK\r\nX§ : y\r\n\r\n", NameSpace},
	{"obs-fold", "HTTP/1.1 200 OK\r\nX: y\r\n§ z\r\n\r\n", ObsFold},
	{"white space behind the status line", "HTTP/1.1 200 OK\r\n§ X: y\r\n\r\n", LeadingSpace},
	{"both framing fields", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: §1\r\n\r\n", TransferEncodingLength},
	{"Content-Length twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: §1\r\n\r\n", ContentLengthRepeated},
	{"Content-Length malformed", "HTTP/1.1 200 OK\r\nContent-Length: 1§,1\r\n\r\n", ContentLengthSyntax},
	{"Transfer-Encoding in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: §chunked\r\n\r\n", TransferEncodingVersion},
	{"unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: §gzip, chunked\r\n\r\n", TransferCodingUnknown},
	{"identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: §identity\r\n\r\n", TransferEncodingChunked},
	{"bad framing of a response without content", "HTTP/1.1 304 Not Modified\r\nContent-Length: §x\r\n\r\n", ContentLengthSyntax},
	{"Host and Expect mean nothing", "HTTP/1.1 200 OK\r\nHost: @\r\nHost: @\r\nExpect: x\r\n\r\n", 0},
}

func TestStatusLine(t *testing.T) {
	runResponses(t, Limits{}, MethodGet, statusLineCases)
	const in = "HTTP/1.1 200 OK\r\n\r\n"
	for size := 1; size < len(in); size++ {
		runResponses(t, Limits{Head: size}, MethodGet, []headCase{{"head limit", in[:size] + "§" + in[size:], HeadTooLarge}})
	}
	runResponses(t, Limits{Head: len(in), Fields: 1}, MethodGet, []headCase{
		{"at the limit", in, 0},
		{"field count", "HTTP/1.1 200 \r\nA:\r\n§B:\r\n\r\n", TooManyFields},
	})
}

func TestResponseFraming(t *testing.T) {
	for _, c := range []struct {
		name       string
		request    Method
		in         string
		status     int
		framing    Framing
		size       int64
		persistent bool
	}{
		{"Content-Length", MethodGet, lines("HTTP/1.1 200 OK", "Content-Length: 5"), 200, FramingLength, 5, true},
		{"Content-Length 0", MethodGet, lines("HTTP/1.1 200 OK", "Content-Length: 0"), 200, FramingLength, 0, true},
		{"chunked", MethodPost, lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), 200, FramingChunked, -1, true},
		{"close", MethodGet, lines("HTTP/1.1 200 OK"), 200, FramingClose, -1, false},
		{"close although keep-alive", MethodGet, lines("HTTP/1.1 200 OK", "Connection: keep-alive"), 200, FramingClose, -1, false},
		{"1.0", MethodGet, lines("HTTP/1.0 200 OK", "Content-Length: 5"), 200, FramingLength, 5, false},
		{"1.0 keep-alive", MethodGet, lines("HTTP/1.0 200 OK", "Content-Length: 5", "Connection: keep-alive"), 200, FramingLength, 5, true},
		{"1.0 close", MethodGet, lines("HTTP/1.0 200 OK"), 200, FramingClose, -1, false},
		{"Connection: close", MethodGet, lines("HTTP/1.1 200 OK", "Connection: x, close", "Content-Length: 1"), 200, FramingLength, 1, false},
		{"method not registered", 0, lines("HTTP/1.1 200 OK", "Content-Length: 5"), 200, FramingLength, 5, true},
		{"HEAD", MethodHead, lines("HTTP/1.1 200 OK", "Content-Length: 5"), 200, FramingNone, 0, true},
		{"HEAD chunked", MethodHead, lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), 200, FramingNone, 0, true},
		{"HEAD without either", MethodHead, lines("HTTP/1.1 200 OK"), 200, FramingNone, 0, true},
		{"100", MethodPost, lines("HTTP/1.1 100 Continue"), 100, FramingNone, 0, true},
		{"103", MethodGet, lines("HTTP/1.1 103 Early Hints", "Link: </a>"), 103, FramingNone, 0, true},
		{"101", MethodGet, lines("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade"), 101, FramingNone, 0, false},
		{"204", MethodGet, lines("HTTP/1.1 204 No Content", "Content-Length: 5"), 204, FramingNone, 0, true},
		{"205 has framing", MethodGet, lines("HTTP/1.1 205 Reset Content", "Content-Length: 0"), 205, FramingLength, 0, true},
		{"304", MethodGet, lines("HTTP/1.1 304 Not Modified", "Content-Length: 5"), 304, FramingNone, 0, true},
		{"CONNECT 200", MethodConnect, lines("HTTP/1.1 200 OK"), 200, FramingNone, 0, false},
		{"CONNECT 299 ignores framing", MethodConnect, lines("HTTP/1.1 299 OK", "Transfer-Encoding: x", "Content-Length: y"), 299, FramingNone, 0, false},
		{"CONNECT refused", MethodConnect, lines("HTTP/1.1 407 No", "Content-Length: 3"), 407, FramingLength, 3, true},
		{"CONNECT refused until close", MethodConnect, lines("HTTP/1.1 502 No"), 502, FramingClose, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			responseSameAsPlain(t, Limits{}, c.request, c.in, parseEveryWay(t, responses(Limits{}, c.request), c.in))
			var h ResponseHead
			h.Reset(Limits{}, c.request)
			b := []byte(c.in)
			n, e := h.Parse(b)
			require.Zero(t, e, e.Rule())
			require.Equal(t, len(b), n)
			require.Equal(t, c.status, h.Status())
			require.Equal(t, c.framing, h.Framing())
			require.Equal(t, c.size, h.Size())
			require.Equal(t, c.persistent, h.Persistent())
			require.Equal(t, len(h.Reason(b)), cap(h.Reason(b)), "capped")
		})
	}
}

// An interim response is a head of its own; the next one follows in the same buffer.
func TestInterimResponses(t *testing.T) {
	b := []byte(lines("HTTP/1.1 100 Continue") + lines("HTTP/1.1 103 Early Hints", "Link: </a>") + lines("HTTP/1.1 200 Fine", "Content-Length: 2") + "ok")
	var h ResponseHead
	var statuses []int
	for len(statuses) == 0 || h.Status() < 200 {
		h.Reset(Limits{}, MethodPost)
		n, e := h.Parse(b)
		require.Zero(t, e)
		require.NotZero(t, n)
		statuses = append(statuses, h.Status())
		if h.Status() == 200 {
			require.Equal(t, "Fine", string(h.Reason(b)))
			require.Equal(t, 1, h.Minor())
		}
		b = b[n:]
	}
	require.Equal(t, []int{100, 103, 200}, statuses)
	require.Equal(t, "ok", string(b))
}
