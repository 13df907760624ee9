package hdr

import (
	"bytes"
	"iter"
)

// MaxCount is the largest number of field lines that a section can have.
const MaxCount = 255

// MaxSize is the largest size of a section in octets, and of the start line with it, since offsets are kept in 16 bits.
const MaxSize = 1<<16 - 1

// Index locates the field lines of one section in a buffer that somebody else owns. It has no pointer into it, so that the
// buffer may move or grow while lines are added; a [View] joins the two. The zero Index is empty.
//
// A line takes four octets: where its colon is and where its CR is. Its name starts after the line before, and its
// value is trimmed when somebody asks for it.
type Index struct {
	count    uint8
	folded   bool // no name has a capital
	start    uint16
	seen     Bits
	repeated Bits
	first    [IDCount]uint8     // where in lines
	lines    [1 + MaxCount]Line // the start line, of which the CR alone is kept, then the field lines
}

// Line locates one field line in a buffer: the offsets of its colon and of its CR.
type Line struct{ Colon, CR uint16 }

// Reset empties the index of a section whose first line starts at offset start.
func (x *Index) Reset(start int) {
	x.count, x.folded, x.start, x.seen, x.repeated = 0, false, uint16(start), 0, 0
	x.lines[0].CR = uint16(start - 2)
}

// Add appends the line that ends with the CR at offset cr and has its first colon at offset colon. The offsets must be below
// MaxSize and the count below MaxCount: the parser has checked both.
func (x *Index) Add(colon, cr int) {
	x.count++
	x.lines[x.count] = Line{uint16(colon), uint16(cr)}
}

// Raw returns the memory for the start line and the field lines, in their order, and for where in it the first line with each well-known
// name is, for a parser that finds many at once. What it writes there counts from SetCount or Set on. Both are valid as long as x is.
func (x *Index) Raw() (lines *[1 + MaxCount]Line, first *[IDCount]uint8) { return &x.lines, &x.first }

// SetCount sets how many lines there are, at most MaxCount, after they were written to what Raw returns, or to leave some out.
func (x *Index) SetCount(count int) { x.count = uint8(count) }

// Set makes the index one of count lines, at most MaxCount, from offset start on, which were written to what Raw returns, as were the start line and the first line
// with each name in seen. It takes the place of Reset, Add and Note.
func (x *Index) Set(start, count int, seen, repeated Bits) {
	x.count, x.folded, x.start, x.seen, x.repeated = uint8(count), false, uint16(start), seen, repeated
}

// Count returns how many lines were added.
func (x *Index) Count() int { return int(x.count) }

// LineStart returns the offset at which line i starts, or would start when i is Count.
func (x *Index) LineStart(i int) int {
	if i == 0 {
		return int(x.start)
	}
	return int(x.lines[i].CR) + 2
}

// Note recognises the well-known names in b, which holds the section, and returns which there are, and which are there more than once. It is
// called once, after the last Add.
func (x *Index) Note(b []byte) (seen, repeated Bits) {
	start := x.LineStart(0)
	x.folded = true
	for i, l := range x.lines[1 : 1+int(x.count)] {
		id, folded, _ := Find(b, start, int(l.Colon))
		x.folded = x.folded && folded
		if id != Unknown {
			if x.seen.Has(id) {
				x.repeated |= id.Bit()
			} else {
				x.seen |= id.Bit()
				x.first[id&63] = uint8(i + 1)
			}
		}
		start = int(l.CR) + 2
	}
	return x.seen, x.repeated
}

// Fold lowers the letters of every name of the section in b.
func (x *Index) Fold(b []byte) {
	if x.folded {
		return
	}
	start := x.LineStart(0)
	for _, l := range x.lines[1 : 1+int(x.count)] {
		Fold(b[start:l.Colon])
		start = int(l.CR) + 2
	}
}

// Span returns where in b the value of the first line with the well-known name is, without the white space around it. The name
// must be one that Note has seen.
func (x *Index) Span(b []byte, id ID) (start, end int) {
	l := x.lines[x.first[id&63]]
	start, end = int(l.Colon)+1, int(l.CR)
	if end-start > 2 && b[start] == ' ' && b[start+1] > ' ' && b[end-1] > ' ' { // as most are written
		return start + 1, end
	}
	for start < end && (b[start] == ' ' || b[start] == '\t') {
		start++
	}
	for start < end && (b[end-1] == ' ' || b[end-1] == '\t') {
		end--
	}
	return start, end
}

// View returns the section in b. x must have been noted and its names folded, and neither may change while the View is in use.
func (x *Index) View(b []byte) View { return View{b, x} }

// View is a received section: read-only, borrowed, in the order of arrival, names in lower case. The zero View is empty.
//
// Every slice that it returns aliases the buffer of its Index, with its capacity cut to its length, and is valid as
// long as that buffer is. Values come without the optional white space around them. Names are given to the methods in
// any case.
type View struct {
	b []byte
	x *Index
}

// Len returns the number of field lines.
func (v View) Len() int {
	if v.x == nil {
		return 0
	}
	return int(v.x.count)
}

// At returns name and value of line i, 0 <= i < Len.
func (v View) At(i int) (name, value []byte) { return v.name(i), v.value(i) }

func (v View) name(i int) []byte {
	start, end := v.x.LineStart(i), int(v.x.lines[i+1].Colon)
	return v.b[start:end:end]
}

func (v View) value(i int) []byte { return v.valueOf(i + 1) }

// valueOf returns the value of lines[i].
func (v View) valueOf(i int) []byte {
	l := v.x.lines[i]
	return capped(TrimOWS(v.b[l.Colon+1 : l.CR]))
}

// Has reports whether a line has the well-known name.
func (v View) Has(id ID) bool { return v.x != nil && v.x.seen.Has(id) }

// Repeated reports whether more than one line has the well-known name.
func (v View) Repeated(id ID) bool { return v.x != nil && v.x.repeated.Has(id) }

// ByID returns the value of the first line with the well-known name, nil if there is none. It is a look-up, not a
// search.
func (v View) ByID(id ID) []byte {
	if !v.Has(id) {
		return nil
	}
	return v.valueOf(int(v.x.first[id&63]))
}

// Get returns the value of the first line with the name, nil if there is none.
func (v View) Get(name string) []byte {
	if i := v.find(name, 0); i >= 0 {
		return v.value(i)
	}
	return nil
}

// find returns the first line from i on with the name, or -1.
func (v View) find(name string, i int) int {
	for ; i < v.Len(); i++ {
		if EqualFold(v.name(i), name) {
			return i
		}
	}
	return -1
}

// Values iterates over the values of all lines with the name.
func (v View) Values(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := v.find(name, 0); i >= 0; i = v.find(name, i+1) {
			if !yield(v.value(i)) {
				return
			}
		}
	}
}

// All iterates over all lines. Ranging over it allocates nothing where the compiler inlines it, which it does in packages that import this one; a
// loop over Len and At never allocates.
func (v View) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := range v.Len() {
			if !yield(v.name(i), v.value(i)) {
				return
			}
		}
	}
}

// List iterates over the non-empty elements of the comma-separated lists on all lines with the name, as if the lines
// were one (RFC 9110 section 5.3).
func (v View) List(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := v.find(name, 0); i >= 0; i = v.find(name, i+1) {
			rest := v.value(i)
			for last := false; !last; {
				var element []byte
				element, rest, last = NextElement(rest)
				if len(element) > 0 && !yield(element) {
					return
				}
			}
		}
	}
}

// HasToken reports whether a line with the well-known name lists the token, in any case.
func (v View) HasToken(id ID, token string) bool {
	if !v.Has(id) {
		return false
	}
	if !v.Repeated(id) {
		return HasToken(v.ByID(id), token)
	}
	for value := range v.Values(id.String()) {
		if HasToken(value, token) {
			return true
		}
	}
	return false
}

// AppendJoined appends the values of all lines with the name to dst, joined by ", " (RFC 9110 section 5.3). Of Set-Cookie
// lines only the first is appended: they cannot be joined, since a comma has another meaning in them.
func (v View) AppendJoined(dst []byte, name string) []byte {
	first := true
	for value := range v.Values(name) {
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		dst = append(dst, value...)
		if EqualFold(name, names[SetCookie]) {
			break
		}
	}
	return dst
}

// Cookie returns the value of the first cookie with the name, which is compared with regard to case, nil if there is
// none. Quotes around a value are part of it (RFC 6265 section 4.1.1).
func (v View) Cookie(name string) []byte {
	for n, value := range v.Cookies() {
		if string(n) == name {
			return value
		}
	}
	return nil
}

// Cookies iterates over the name=value pairs of all Cookie lines. A pair without '=' is left out.
func (v View) Cookies() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		if !v.Has(Cookie) {
			return
		}
		for line := range v.Values(names[Cookie]) {
			if !eachCookie(line, yield) {
				return
			}
		}
	}
}

func eachCookie(line []byte, yield func(name, value []byte) bool) bool {
	for len(line) > 0 {
		var pair []byte
		if i := bytes.IndexByte(line, ';'); i >= 0 {
			pair, line = line[:i], line[i+1:]
		} else {
			pair, line = line, nil
		}
		if i := bytes.IndexByte(pair, '='); i >= 0 {
			if !yield(capped(TrimOWS(pair[:i])), capped(TrimOWS(pair[i+1:]))) {
				return false
			}
		}
	}
	return true
}
