package parser

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// outcome is all that can be seen of a parsed request head or response head.
type outcome struct {
	n      int
	err    Error
	off    int // of the error
	fields string
	more   string // all other accessors
}

// head is what the harness needs of Head and ResponseHead.
type head interface {
	Parse(b []byte) (int, Error)
	ErrorOff() int
	Fields(b []byte) hdr.View
}

// see takes down what a call of Parse brought about.
func see(h head, b []byte, n int, e Error) outcome {
	o := outcome{n: n, err: e}
	switch {
	case e != 0:
		o.off = h.ErrorOff()
	case n > 0:
		o.fields = seeFields(h.Fields(b))
		switch h := h.(type) {
		case *Head:
			o.more = fmt.Sprintf("%q %d %q %v %q %s %q 1.%d %d %d %v %v", h.Method(b), h.MethodID(), h.Target(b), h.Form(), h.Path(b), quoteOrNil(h.Query(b)),
				h.Host(b), h.Minor(), h.Framing(), h.Size(), h.Persistent(), h.ExpectContinue())
		case *ResponseHead:
			o.more = fmt.Sprintf("1.%d %d %q %d %d %v", h.Minor(), h.Status(), h.Reason(b), h.Framing(), h.Size(), h.Persistent())
		}
	}
	return o
}

func quoteOrNil(b []byte) string {
	if b == nil {
		return "nil"
	}
	return fmt.Sprintf("%q", b)
}

func seeFields(v hdr.View) string {
	var s strings.Builder
	for name, value := range v.All() {
		fmt.Fprintf(&s, "%q: %q\n", name, value)
	}
	return s.String()
}

// newHead makes a parser at the start of a head.
type newHead func() head

func requests(l Limits) newHead {
	return func() head {
		h := new(Head)
		h.Reset(l)
		return h
	}
}

func responses(l Limits, request Method) newHead {
	return func() head {
		h := new(ResponseHead)
		h.Reset(l, request)
		return h
	}
}

// parseWhole parses in in one call.
func parseWhole(start newHead, in string) outcome {
	h, b := start(), roomy(in, 100)
	n, e := h.Parse(b)
	return see(h, b, n, e)
}

// roomy is a buffer with in, and room behind it, where octets lie that must not matter.
func roomy(in string, room int) []byte {
	return append([]byte(in), strings.Repeat("\r\n:x", (room+3)/4)...)[:len(in)]
}

// parseCut parses in as it grows to each of the sizes cuts, which ascend, and then to all of it; in a fresh buffer every
// time unless in is long.
func parseCut(t require.TestingT, start newHead, in string, cuts ...int) outcome {
	h, whole := start(), []byte(in)
	for _, size := range append(cuts, len(in)) {
		b := whole[:size:size]
		if len(in) < 600 {
			b = roomy(in[:size], size%2*100)
		}
		n, e := h.Parse(b)
		if n > 0 || e != 0 || size == len(in) {
			again, againErr := h.Parse(b)
			require.Equal(t, [2]any{n, e}, [2]any{again, againErr}, "the answer changes when Parse is called again")
			if e != 0 {
				require.Equal(t, in, string(whole), "a refused head was changed")
				require.Equal(t, in[:size], string(b), "a refused head was changed")
			}
			return see(h, b, n, e)
		}
		if len(in) < 600 {
			require.Equal(t, in[:size], string(b), "an incomplete head was changed")
		}
	}
	return outcome{}
}

// parseEveryWay parses in with every path, and requires the same outcome of each.
func parseEveryWay(t testing.TB, start newHead, in string) (want outcome) {
	t.Helper()
	eachPath(t, func() {
		got := parseEveryCut(t, start, in)
		if usedPath == pathWords {
			want = got
		}
		require.Equal(t, want, got, "with %s", usedPath)
	})
	return want
}

// parseEveryCut parses in whole, cut at every position (of a long one, at those near its ends, near the error, and at some in
// between) and octet by octet, and requires the same outcome each time, as soon as it can be known.
func parseEveryCut(t testing.TB, start newHead, in string) outcome {
	t.Helper()
	want := parseWhole(start, in)
	all := make([]int, len(in))
	for i := range all {
		all[i] = i
	}
	near := func(i, off int) bool { return i > off-40 && i < off+40 }
	for i := range all {
		if len(in) < 600 || near(i, 0) || near(i, want.off) || near(i, len(in)) || i%997 == 0 {
			require.Equal(t, want, parseCut(t, start, in, i), "cut at %d", i)
		}
	}
	require.Equal(t, want, parseCut(t, start, in, all...), "octet by octet")
	for _, size := range []int{3, 8, 13, 16, 17} {
		var cuts []int
		for i := size; i < len(in); i += size {
			cuts = append(cuts, i)
		}
		require.Equal(t, want, parseCut(t, start, in, cuts...), "%d octets at a time", size)
	}
	decided := len(in) // the size at which the outcome is known
	switch {
	case want.n > 0:
		decided = want.n
	case want.err != 0 && !semantic(want.err):
		decided = want.off + 1
	case want.err != 0:
		decided = bytes.Index([]byte(in), []byte("\r\n\r\n")) + 4
	}
	if early := parseWhole(start, in[:decided]); want.n > 0 || want.err != 0 {
		require.Equal(t, want, early, "not known after %d octets", decided)
		require.Zero(t, parseWhole(start, in[:decided-1]), "known before %d octets", decided)
	}
	return want
}

// semantic reports whether e is one that only a complete head can have.
func semantic(e Error) bool { return e >= VersionUnsupported && e <= ExpectationUnknown }

// headCase is a head with what is to come of it. In a head to be refused, '§' marks the octet at fault.
type headCase struct {
	name string
	in   string
	err  Error
}

// unmark takes the mark out of in, and returns where it was.
func unmark(t testing.TB, in string) (string, int) {
	before, after, found := strings.Cut(in, "§")
	require.True(t, found, "no octet is marked")
	return before + after, len(before)
}

// runHeads runs cases through a request parser, every way, and against the plain one.
func runHeads(t *testing.T, l Limits, cases []headCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in, off := c.in, 0
			if c.err != 0 {
				in, off = unmark(t, c.in)
			}
			got := parseEveryWay(t, requests(l), in)
			require.Equal(t, c.err, got.err, "%s at %d, not %s at %d", got.err.Rule(), got.off, c.err.Rule(), off)
			if c.err != 0 {
				require.Equal(t, off, got.off, "offset")
			} else {
				require.NotZero(t, got.n, "not complete")
			}
			sameAsPlain(t, l, in, got)
		})
	}
}

// eachEdit calls f with every input that differs from in by one octet replaced, put in or left out.
func eachEdit(in string, f func(edited string)) {
	for i := range in {
		f(in[:i] + in[i+1:])
		for c := range 256 {
			f(in[:i] + string([]byte{byte(c)}) + in[i+1:])
			f(in[:i] + string([]byte{byte(c)}) + in[i:])
		}
	}
}

// lines joins lines by CRLF, with an empty line at the end.
func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n\r\n" }
