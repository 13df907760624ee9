package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The limits that fuzzing chooses from: usual ones, narrow ones that every input meets, and the largest.
var fuzzLimits = []Limits{{}, {Target: 12, Head: 60, Fields: 2}, {Target: 40, Head: 30, Fields: 1}, {-1, -1, -1}}

// cutsOf turns two numbers of the fuzzer into ascending positions in an input of size octets.
func cutsOf(size int, a, b uint16) []int {
	i, j := int(a)%(size+1), int(b)%(size+1)
	return []int{min(i, j), max(i, j)}
}

// sameHowever requires the outcome of in parsed whole from in parsed cut, and of a short one octet by octet, with every path.
func sameHowever(t *testing.T, start newHead, in string, a, b uint16) (want outcome) {
	eachPath(t, func() {
		got := sameCut(t, start, in, a, b)
		if usedPath == pathWords {
			want = got
		}
		require.Equal(t, want, got, "with %s", usedPath)
	})
	return want
}

func sameCut(t *testing.T, start newHead, in string, a, b uint16) outcome {
	got := parseWhole(start, in)
	require.Equal(t, got, parseCut(t, start, in, cutsOf(len(in), a, b)...))
	if len(in) < 200 {
		all := make([]int, len(in))
		for i := range all {
			all[i] = i
		}
		require.Equal(t, got, parseCut(t, start, in, all...), "octet by octet")
	}
	require.LessOrEqual(t, got.n, len(in))
	require.Less(t, got.off, len(in)+1)
	return got
}

func addHeads(f *testing.F, cases []headCase, rest string) {
	for i, c := range cases {
		if in := strings.Replace(c.in, "§", "", 1) + rest; len(in) < 1000 {
			f.Add([]byte(in), uint16(i), uint16(len(in)), uint8(0))
		}
	}
}

func FuzzHead(f *testing.F) {
	for _, cases := range [][]headCase{requestLineCases, fieldSectionCases, hostCases, framingCases} {
		addHeads(f, cases, "")
	}
	addHeads(f, targetCases, "\r\nHost: host\r\n\r\n")
	for _, c := range patternCases {
		addHeads(f, []headCase{{in: c.in}}, "")
	}
	f.Fuzz(func(t *testing.T, octets []byte, a, b uint16, limits uint8) {
		in, l := string(octets), fuzzLimits[int(limits)%len(fuzzLimits)]
		got := sameHowever(t, requests(l), in, a, b)
		sameAsPlain(t, l, in, got)
		if got.n == 0 {
			return
		}
		// Rendered from its parts it means the same.
		var h Head
		h.Reset(l)
		n, _ := h.Parse(octets)
		var s strings.Builder
		fmt.Fprintf(&s, "%s %s HTTP/1.%d\r\n", h.Method(octets), h.Target(octets), h.Minor())
		for name, value := range h.Fields(octets).All() {
			fmt.Fprintf(&s, "%s:%s\r\n", name, value)
		}
		again := parseWhole(requests(l), s.String()+"\r\n")
		require.Equal(t, s.Len()+2, again.n, "%q is refused: %s", s.String(), again.err.Rule())
		require.Equal(t, [2]string{got.fields, got.more}, [2]string{again.fields, again.more})
		require.LessOrEqual(t, again.n, n, "a head does not grow")
	})
}

func FuzzResponseHead(f *testing.F) {
	addHeads(f, statusLineCases, "")
	addHeads(f, framingCases, "")
	for _, c := range framingCases {
		in := strings.Replace(c.in, "§", "", 1)
		if _, fields, ok := strings.Cut(in, "\r\n"); ok {
			f.Add([]byte("HTTP/1.1 200 OK\r\n"+fields), uint16(5), uint16(20), uint8(0))
		}
	}
	methods := []Method{MethodGet, MethodHead, MethodConnect, 0}
	f.Fuzz(func(t *testing.T, octets []byte, a, b uint16, choice uint8) {
		in, l, method := string(octets), fuzzLimits[int(choice)%len(fuzzLimits)], methods[int(choice>>4)%len(methods)]
		got := sameHowever(t, responses(l, method), in, a, b)
		responseSameAsPlain(t, l, method, in, got)
		if got.n == 0 {
			return
		}
		var h ResponseHead
		h.Reset(l, method)
		h.Parse(octets)
		var s strings.Builder
		fmt.Fprintf(&s, "HTTP/1.%d %d %s\r\n", h.Minor(), h.Status(), h.Reason(octets))
		for name, value := range h.Fields(octets).All() {
			fmt.Fprintf(&s, "%s:%s\r\n", name, value)
		}
		again := parseWhole(responses(l, method), s.String()+"\r\n")
		require.Equal(t, s.Len()+2, again.n, "%q is refused: %s", s.String(), again.err.Rule())
		require.Equal(t, [2]string{got.fields, got.more}, [2]string{again.fields, again.more})
	})
}

func FuzzContent(f *testing.F) {
	for i, c := range chunkedCases {
		f.Add([]byte(c.in), uint16(i), uint16(2*i), uint8(FramingChunked), int64(-1))
	}
	for i, c := range chunkedRefusedCases {
		f.Add([]byte(strings.Replace(c.in, "§", "", 1)), uint16(i), uint16(2*i), uint8(FramingChunked), int64(i))
	}
	f.Add([]byte("hello"), uint16(2), uint16(3), uint8(FramingLength), int64(5))
	f.Add([]byte("hello"), uint16(2), uint16(3), uint8(FramingClose), int64(4))
	f.Add([]byte("hello"), uint16(2), uint16(3), uint8(FramingNone), int64(0))
	f.Fuzz(func(t *testing.T, octets []byte, a, b uint16, framing uint8, limit int64) {
		in, kind := string(octets), Framing(framing%4)
		size := map[Framing]int64{FramingLength: int64(a), FramingChunked: -1, FramingClose: -1}[kind]
		start := bodies(kind, size, limit)
		got := decode(t, start, in)
		require.Equal(t, got, decode(t, start, in, cutsOf(len(in), a, b)...))
		if len(in) < 200 {
			all := make([]int, len(in))
			for i := range all {
				all[i] = i
			}
			require.Equal(t, got, decode(t, start, in, all...), "octet by octet")
		}
		require.LessOrEqual(t, len(got.content), len(in))
		if limit >= 0 {
			require.LessOrEqual(t, int64(len(got.content)), limit)
		}
		if kind == FramingChunked {
			sameAsChunkGrammar(t, in)
		}
		if kind != FramingChunked || !got.done || got.content == "" {
			return
		}
		// One chunk with the same content means the same.
		again := decode(t, start, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(got.content), got.content))
		require.Equal(t, got.content, again.content)
		require.True(t, again.done)
	})
}
