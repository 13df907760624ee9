package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

func TestLimits(t *testing.T) {
	for _, c := range []struct{ given, want Limits }{
		{Limits{}, Limits{DefaultTargetSize, DefaultHeadSize, DefaultFieldCount}},
		{Limits{-1, -1, -1}, Limits{MaxHeadSize, MaxHeadSize, hdr.MaxCount}},
		{Limits{1, 2, 3}, Limits{1, 2, 3}},
		{Limits{1 << 30, 1 << 30, 1 << 30}, Limits{MaxHeadSize, MaxHeadSize, hdr.MaxCount}},
		{Limits{MaxHeadSize, MaxHeadSize, hdr.MaxCount}, Limits{MaxHeadSize, MaxHeadSize, hdr.MaxCount}},
	} {
		require.Equal(t, c.want, c.given.effective())
	}
}

// rest is a head behind its target.
const rest = " HTTP/1.1\r\nHost: a\r\n\r\n"

func TestTargetSize(t *testing.T) {
	runHeads(t, Limits{Target: 8}, []headCase{
		{"at the limit", "GET /2345678" + rest, 0},
		{"beyond", "GET /2345678§9" + rest, TargetTooLong},
		{"far beyond", "GET /2345678§" + strings.Repeat("9", 100) + rest, TargetTooLong},
		{"behind CRLF", "\r\nGET /2345678§9" + rest, TargetTooLong},
		{"lexical error at the limit", "GET /2345678§\x80" + rest, TargetOctet},
		{"lexical error behind the limit", "GET /2345678§9\x80" + rest, TargetTooLong},
		{"lexical error before the limit", "GET /23456§\x80" + strings.Repeat("9", 100), TargetOctet},
		{"LF at the limit", "GET /2345678§\n", BareLF},
		{"triplet up to the limit", "GET /2345%41" + rest, 0},
		{"triplet across the limit", "GET /23456%4§1" + rest, TargetTooLong},
		{"bad triplet across the limit", "GET /23456%4§g" + rest, TargetPercent},
		{"percent sign at the limit", "GET /2345678§%41" + rest, TargetTooLong},
		{"question mark at the limit", "GET /2345678§?" + rest, TargetTooLong},
		{"query counts", "GET /2345?78§9" + rest, TargetTooLong},
		{"bracket at the limit in origin-form", "GET /2345678§[" + rest, TargetOctet},
		{"bracket at the limit in absolute-form", "GET http://a§[" + rest, TargetTooLong},
	})
	runHeads(t, Limits{Target: 1}, []headCase{
		{"one octet", "GET /" + rest, 0},
		{"two octets", "GET /§a" + rest, TargetTooLong},
	})
	runHeads(t, Limits{}, []headCase{
		{"default", "GET /" + strings.Repeat("a", DefaultTargetSize-1) + rest, 0},
		{"beyond the default", "GET /" + strings.Repeat("a", DefaultTargetSize-1) + "§a" + rest, TargetTooLong},
	})
	runHeads(t, Limits{Target: -1, Head: -1}, []headCase{
		{"maximum", "GET /" + strings.Repeat("a", MaxHeadSize-5-len(rest)) + rest, 0},
		{"beyond the maximum", "GET /" + strings.Repeat("a", MaxHeadSize-5-len(rest)) + "a HTTP/1.1\r\nHost: a\r\n\r§\n", HeadTooLarge},
		{"endless target", "GET /" + strings.Repeat("a", MaxHeadSize-5) + "§" + strings.Repeat("a", 100), HeadTooLarge},
	})
}

// A start line that ends at the largest head or one octet behind it, where offsets no longer fit into 16 bits.
func TestStartLineSize(t *testing.T) {
	l := Limits{Target: -1, Head: -1}
	for size := MaxHeadSize - 1; size <= MaxHeadSize+2; size++ {
		request := "GET /" + strings.Repeat("a", size-len("GET / HTTP/1.1\r\n")) + " HTTP/1.1\r\n"
		response := "HTTP/1.1 200 " + strings.Repeat("a", size-len("HTTP/1.1 200 \r\n")) + "\r\n"
		require.Len(t, request, size)
		require.Len(t, response, size)
		for _, more := range []string{"", "H", "\r\n", "Host: a\r\n\r\n", strings.Repeat("a", FieldLineSize+1)} {
			if size+len(more) <= MaxHeadSize {
				continue
			}
			mark := func(in string) string { return in[:MaxHeadSize] + "§" + in[MaxHeadSize:] }
			name := fmt.Sprintf("%d octets and %d", size, len(more))
			runHeads(t, l, []headCase{{"request, " + name, mark(request + more), HeadTooLarge}})
			runResponses(t, l, MethodGet, []headCase{{"response, " + name, mark(response + more), HeadTooLarge}})
		}
	}
}

func TestHeadSize(t *testing.T) {
	const in = "GET / HTTP/1.1\r\nHost: a\r\n\r\n" // 27 octets
	for size := 1; size < len(in)+2; size++ {
		l := Limits{Head: size}
		if size < len(in) {
			runHeads(t, l, []headCase{{fmt.Sprint(size), in[:size] + "§" + in[size:], HeadTooLarge}})
		} else {
			runHeads(t, l, []headCase{{fmt.Sprint(size), in, 0}, {fmt.Sprint(size, " and more"), in + in, 0}})
		}
	}
	runHeads(t, Limits{Head: 27}, []headCase{
		{"leading CRLF counts", "\r\nGET / HTTP/1.1\r\nHost: a\r\n§\r\n", HeadTooLarge},
		{"lexical error at the limit", "GET / HTTP/1.1\r\nHost: abcde§\x00\r\n\r\n", ValueOctet},
		{"lexical error behind the limit", "GET / HTTP/1.1\r\nHost: abcde§f\x00\r\n\r\n", HeadTooLarge},
		{"CR alone at the limit", "GET / HTTP/1.1\r\nHost: abc\r§X", BareCR},
		{"semantic error within the limit", "GET / HTTP/§2.1\r\nHost: a\r\n\r\n", VersionUnsupported},
		{"semantic error beyond the limit", "GET / HTTP/2.1\r\nHost: ab\r\n\r§\n", HeadTooLarge},
		{"method beyond the limit", strings.Repeat("A", 27) + "§A", HeadTooLarge},
		{"target limit at the same offset", "GET " + strings.Repeat("/", 23) + "§/", HeadTooLarge},
	})
	runHeads(t, Limits{Head: 27, Target: 23}, []headCase{
		{"target limit at the same offset wins", "GET " + strings.Repeat("/", 23) + "§/", TargetTooLong},
	})
	line := "X: " + strings.Repeat("v", 10000) + "\r\n"
	const start = "GET / HTTP/1.1\r\nHost: a\r\n"
	fill := func(size int) string { // a head of size octets
		head := start + strings.Repeat(line, (size-len(start)-100)/len(line))
		return head + "Y: " + strings.Repeat("w", size-len(head)-len("Y: \r\n\r\n")) + "\r\n\r\n"
	}
	runHeads(t, Limits{}, []headCase{
		{"default", fill(DefaultHeadSize), 0},
		{"beyond the default", fill(DefaultHeadSize)[:DefaultHeadSize-4] + "w\r\n\r§\n", HeadTooLarge},
	})
	runHeads(t, Limits{Head: -1}, []headCase{
		{"maximum", fill(MaxHeadSize), 0},
		{"beyond the maximum", fill(MaxHeadSize)[:MaxHeadSize-4] + "w\r\n\r§\n", HeadTooLarge},
		{"far beyond the maximum", fill(MaxHeadSize)[:MaxHeadSize-4] + "wwww§" + strings.Repeat("w", 5000), HeadTooLarge},
	})
}

func TestFieldLineSize(t *testing.T) {
	const start = "GET / HTTP/1.1\r\nHost: a\r\n"
	full := "X: " + strings.Repeat("v", FieldLineSize-3)
	runHeads(t, Limits{}, []headCase{
		{"at the limit", start + full + "\r\n\r\n", 0},
		{"beyond", start + full + "§v\r\n\r\n", FieldLineTooLarge},
		{"far beyond", start + full + "§" + strings.Repeat("v", 3000) + "\r\n\r\n", FieldLineTooLarge},
		{"not ended", start + full + "§v", FieldLineTooLarge},
		{"lexical error at the limit", start + full + "§\x00\r\n\r\n", ValueOctet},
		{"lexical error behind the limit", start + full + "§v\x00\r\n\r\n", FieldLineTooLarge},
		{"name at the limit", start + strings.Repeat("N", FieldLineSize-1) + ":\r\n\r\n", 0},
		{"colon beyond", start + strings.Repeat("N", FieldLineSize) + "§:\r\n\r\n", FieldLineTooLarge},
		{"name beyond", start + strings.Repeat("N", FieldLineSize) + "§N: v\r\n\r\n", FieldLineTooLarge},
		{"name beyond, not ended", start + strings.Repeat("N", FieldLineSize) + "§NNN", FieldLineTooLarge},
		{"lexical error in the name at the limit", start + strings.Repeat("N", FieldLineSize) + "§ : v\r\n\r\n", NameSpace},
		{"name without colon at the limit", start + strings.Repeat("N", FieldLineSize) + "§\r\n\r\n", ColonMissing},
		{"lexical error in the name behind the limit", start + strings.Repeat("N", FieldLineSize) + "§N : v\r\n\r\n", FieldLineTooLarge},
		{"white space counts", start + "X:" + strings.Repeat(" ", FieldLineSize-2) + "§ \r\n\r\n", FieldLineTooLarge},
	})
	runHeads(t, Limits{Head: len(start) + FieldLineSize}, []headCase{
		{"head limit at the same offset", start + full + "§v", FieldLineTooLarge},
	})
}

func TestFieldCount(t *testing.T) {
	get := func(count int) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X:\r\n", count-1) }
	runHeads(t, Limits{}, []headCase{
		{"default", get(DefaultFieldCount) + "\r\n", 0},
		{"beyond the default", get(DefaultFieldCount) + "§X:\r\n\r\n", TooManyFields},
		{"lexical error at the limit", get(DefaultFieldCount) + "§ X:\r\n\r\n", ObsFold},
	})
	runHeads(t, Limits{Fields: -1}, []headCase{
		{"maximum", get(hdr.MaxCount) + "\r\n", 0},
		{"beyond the maximum", get(hdr.MaxCount) + "§X:\r\n\r\n", TooManyFields},
	})
	runHeads(t, Limits{Fields: 1}, []headCase{
		{"one", get(1) + "\r\n", 0},
		{"two", get(1) + "§Y: z\r\n\r\n", TooManyFields},
		{"two, the first one bad", "GET / HTTP/1.1\r\nHost: a@\r\n§Y: z\r\n\r\n", TooManyFields},
	})
}

// The line too many is found where it starts, wherever in it a pass stops: in its name, in its value, or between its CR and LF.
func TestFieldCountInPass(t *testing.T) {
	l := Limits{Fields: 1}
	for shift := range 64 {
		start := "GET /" + strings.Repeat("a", shift) + " HTTP/1.1\r\nHost: a\r\n"
		block := 64 - len(start)%64 // octets to the end of the block
		for _, second := range []string{
			strings.Repeat("n", 300),
			"N: " + strings.Repeat("v", 300),
			"N: " + strings.Repeat("v", 128+block-len("N: \r")) + "\r\n\r\n" + strings.Repeat("v", 100),
			"N: " + strings.Repeat("v", 128+block-len("N: \r\n")) + "\r\n" + "M: " + strings.Repeat("v", 100),
			"N: " + strings.Repeat("v", 128+block-len("N: ")) + "\r\n\r\n" + strings.Repeat("v", 100),
			strings.Repeat("n", 128+block) + ": v\r\n\r\n",
		} {
			in := start + second
			eachPath(t, func() {
				for _, cut := range []int{0, 1, len(start) - 1, len(start), len(start) + 1, len(start) + 100, len(start) + block + 64, len(start) + block + 128} {
					got := parseCut(t, requests(l), in, cut)
					require.Equal(t, outcome{err: TooManyFields, off: len(start)}, got, "%q cut at %d, with %s", in, cut, usedPath)
				}
			})
			sameAsPlain(t, l, in, parseWhole(requests(l), in))
		}
	}
}

// Reset applies the limits it is given, not those of the request before.
func TestLimitsChange(t *testing.T) {
	var h Head
	in := []byte("GET /1234 HTTP/1.1\r\nHost: a\r\n\r\n")
	for range 2 {
		h.Reset(Limits{Target: 3})
		_, e := h.Parse(in)
		require.Equal(t, TargetTooLong, e)
		h.Reset(Limits{})
		n, e := h.Parse(in)
		require.Equal(t, len(in), n)
		require.Zero(t, e)
	}
}
