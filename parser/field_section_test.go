package parser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

const fieldStart = "GET / HTTP/1.1\r\nHost: a\r\n"

var fieldSectionCases = []headCase{
	{"name of all tchar", fieldStart + "!#$%&'*+-.^_`|~09azAZ: v\r\n\r\n", 0},
	{"name of one octet", fieldStart + "X: v\r\n\r\n", 0},
	{"name of digits", fieldStart + "0123456789012345: v\r\n\r\n", 0},
	{"name of 300 octets", fieldStart + strings.Repeat("Name-", 60) + ": v\r\n\r\n", 0},
	{"empty value", fieldStart + "X:\r\n\r\n", 0},
	{"value of white space", fieldStart + "X: \t \t\r\n\r\n", 0},
	{"no white space before the value", fieldStart + "X:v\r\n\r\n", 0},
	{"white space around and within the value", fieldStart + "X: \t a \t b\t \r\n\r\n", 0},
	{"colons in the value", fieldStart + "X: :a:b:\r\n\r\n", 0},
	{"obs-text in the value", fieldStart + "X: \x80\xff\xc3\xa9~\r\n\r\n", 0},
	{"0xff before tilde", fieldStart + "X: \xff~\xff\xff~~~~~~~~~\r\n\r\n", 0},
	{"quotes and backslashes mean nothing", fieldStart + "X: \"a\\\r\n\r\n", 0},
	{"same name twice", fieldStart + "X: 1\r\nx: 2\r\n\r\n", 0},
	{"no field lines but Host", fieldStart + "\r\n", 0},

	{"SP before the first field line", "GET / HTTP/1.1\r\n§ Host: a\r\n\r\n", LeadingSpace},
	{"HTAB before the first field line", "GET / HTTP/1.1\r\n§\tHost: a\r\n\r\n", LeadingSpace},
	{"obs-fold with SP", fieldStart + "X: a\r\n§ b\r\n\r\n", ObsFold},
	{"obs-fold with HTAB", fieldStart + "X: a\r\n§\tb\r\n\r\n", ObsFold},
	{"obs-fold of nothing", fieldStart + "X: a\r\n§ \r\n\r\n", ObsFold},
	{"empty name", fieldStart + "§: v\r\n\r\n", NameEmpty},
	{"SP before the colon", fieldStart + "X§ : v\r\n\r\n", NameSpace},
	{"HTAB before the colon", fieldStart + "X§\t: v\r\n\r\n", NameSpace},
	{"SP in the name", fieldStart + "X§ Y: v\r\n\r\n", NameSpace},
	{"name alone", fieldStart + "X§\r\n\r\n", ColonMissing},
	{"name alone, LF", fieldStart + "X§\n\r\n", BareLF},
	{"CR in the name", fieldStart + "X§\rY: v\r\n\r\n", ColonMissing},
	{"obs-text in the name", fieldStart + "X§\xe9: v\r\n\r\n", NameOctet},
	{"NUL in the name", fieldStart + "X§\x00: v\r\n\r\n", NameOctet},
	{"DEL in the name", fieldStart + "X§\x7f: v\r\n\r\n", NameOctet},
	{"slash in the name", fieldStart + "X§/Y: v\r\n\r\n", NameOctet},
	{"at in the name", fieldStart + "X§@Y: v\r\n\r\n", NameOctet},
	{"bracket in the name", fieldStart + "X§[Y: v\r\n\r\n", NameOctet},
	{"brace in the name", fieldStart + "X§{Y: v\r\n\r\n", NameOctet},
	{"quote at the start of a name", fieldStart + "§\"X\": v\r\n\r\n", NameOctet},
	{"NUL in the value", fieldStart + "X: a§\x00b\r\n\r\n", ValueOctet},
	{"control in the value", fieldStart + "X: a§\x01b\r\n\r\n", ValueOctet},
	{"VT at the start of the value", fieldStart + "X: §\x0bchunked\r\n\r\n", ValueOctet},
	{"DEL in the value", fieldStart + "X: a§\x7fb\r\n\r\n", ValueOctet},
	{"ESC in a long value", fieldStart + "X: " + strings.Repeat("long ", 30) + "§\x1b\r\n\r\n", ValueOctet},
	{"CR in the value", fieldStart + "X: a\r§b\r\n\r\n", BareCR},
	{"CR CR LF behind the value", fieldStart + "X: a\r§\r\n\r\n", BareCR},
	{"LF in the value", fieldStart + "X: a§\nb: c\r\n\r\n", BareLF},
	{"LF at the start of a line", fieldStart + "§\nX: a\r\n\r\n", BareLF},
	{"CR in the place of the empty line", fieldStart + "\r§X: a\r\n\r\n", BareCR},
	{"CR CR LF in the place of the empty line", fieldStart + "\r§\r\n", BareCR},
	{"CR in the place of the empty line, then a long line", fieldStart + "\r§X: " + strings.Repeat("y", 200) + "\r\n\r\n", BareCR},
	{"CR in the place of the empty line, then what a pass would take", fieldStart + "\r§" + strings.Repeat("y", 200) + "\r\n\r\n", BareCR},
	{"line ends with CR alone", "GET / HTTP/1.1\r\nHost: a\r§X: b\r\r", BareCR},
	{"first error wins", fieldStart + "X§ : \x00\r\n : v\r\n\r\n", NameSpace},
}

func TestFieldSection(t *testing.T) {
	runHeads(t, Limits{}, fieldSectionCases)
}

func TestFields(t *testing.T) {
	var h Head
	h.Reset(Limits{})
	b := []byte(lines("GET / HTTP/1.1", "HOST: Example", "Accept:\t a , b \t", "X-Thing: 1", "accept: c", "x-THING:", "Unknown-Name-Of-Some-Size: V"))
	n, e := h.Parse(b)
	require.Equal(t, len(b), n)
	require.Zero(t, e)
	v := h.Fields(b)
	require.Equal(t, 6, v.Len())
	require.Equal(t, "\"host\": \"Example\"\n\"accept\": \"a , b\"\n\"x-thing\": \"1\"\n\"accept\": \"c\"\n\"x-thing\": \"\"\n\"unknown-name-of-some-size\": \"V\"\n", seeFields(v))
	require.True(t, v.Has(hdr.Accept))
	require.True(t, v.Repeated(hdr.Accept))
	require.False(t, v.Repeated(hdr.Host))
	require.Equal(t, "1", string(v.Get("X-Thing")))
	name, value := v.At(0)
	require.Equal(t, len(name), cap(name), "name is capped")
	require.Equal(t, len(value), cap(value), "value is capped")
	h.Reset(Limits{})
	require.Zero(t, h.Fields(b).Len(), "after Reset")
}

// A small piece of a value, with any octet at any place in it, has the outcome that it has in a head that comes whole.
func TestSmallPieces(t *testing.T) {
	answer := func(h *Head, b []byte) (n int, e Error, off int, last hdr.Line) {
		n, e = h.Parse(b)
		lines, _ := h.section.index.Raw()
		return n, e, h.ErrorOff(), lines[h.section.index.Count()]
	}
	accepted, refused := 0, 0
	for _, before := range []string{"", "\xff", "value\t", "_~__\xdf_", "\r\nX: y, \x80\xff\xff"} {
		before = fieldStart + "A: " + before
		for size := 1; size <= 18; size++ {
			b := []byte(before + strings.Repeat("v", size) + "\r\n\r\n")
			piece := b[:len(before)+size]
			for at := len(before); at < len(piece); at++ {
				for c := range 256 {
					var pieces, whole Head
					pieces.Reset(Limits{})
					whole.Reset(Limits{})
					b[at] = byte(c)
					pieces.Parse(b[:len(before)])
					n, e, off, last := answer(&pieces, piece)
					if e == 0 {
						accepted++
						n, e, off, last = answer(&pieces, b)
					} else {
						refused++
					}
					wantN, wantE, wantOff, wantLast := answer(&whole, b)
					if n != wantN || e != wantE || off != wantOff || e == 0 && last != wantLast {
						require.Failf(t, "another outcome", "%q: %d %v at %d, not %d %v at %d", b, n, e, off, wantN, wantE, wantOff)
					}
				}
				b[at] = 'v'
			}
		}
	}
	require.NotZero(t, accepted)
	require.NotZero(t, refused)
}

// A small piece without an octet that is unusual itself goes the short way, whatever came before it.
func TestSmallPiecesGoOn(t *testing.T) {
	for _, before := range []string{"", "_", "_______________", "___\t\t___", "\xff\xdf\t\x00\x7f\x1f__________"} {
		for size := 1; size <= 17; size++ {
			for _, c := range []string{"v", "_", "\x80", "~", " "} {
				b := []byte(fieldStart + "A: " + before + strings.Repeat(c, size))
				at := len(b) - size
				for limit := len(b) - 1; limit <= len(b); limit++ {
					s := fieldSection{phase: inValue, pos: at}
					s.index.Reset(len(fieldStart))
					want := size <= 16 && limit == len(b)
					require.Equal(t, want, s.goesOn(b, limit), "%q, of it %d octets, limit %d", b, size, limit)
					if want {
						require.Equal(t, len(b), s.pos)
					} else {
						require.Equal(t, at, s.pos)
					}
				}
				for i := at; i < len(b); i++ {
					good := b[i]
					for _, bad := range []byte{0, '\n', '\r', 0x1f, 0x7f} {
						b[i] = bad
						s := fieldSection{phase: inValue, pos: at}
						s.index.Reset(len(fieldStart))
						require.False(t, s.goesOn(b, len(b)), "%q, of it %d octets", b, size)
					}
					b[i] = good
				}
			}
		}
	}
}
