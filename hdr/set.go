package hdr

import (
	"bytes"
	"iter"
)

// Field is one field line: a name and a value.
type Field struct{ Name, Value string }

// Set is an owned section for sending. It keeps field lines as they go out, one after the other in one buffer, so
// that writing a section is one copy; there is no map, since a handful of lines is searched faster than hashed. Names keep
// the spelling they were given and are compared in any case. The zero Set is empty; a Set that is Reset keeps its
// memory.
//
// Whatever is put in is checked: a Set never holds an octet that could end a line early.
type Set struct {
	lines []byte // name ": " value CRLF, repeated
	index []setLine
	seen  Bits
}

type setLine struct {
	start, end uint16 // of the line in lines, CRLF included
	name       uint16 // size of the name
	id         ID
}

// Reset removes all lines.
func (s *Set) Reset() { s.lines, s.index, s.seen = s.lines[:0], s.index[:0], 0 }

// Len returns the number of lines.
func (s *Set) Len() int { return len(s.index) }

// Size returns how many octets AppendTo appends.
func (s *Set) Size() int { return len(s.lines) }

// Seen returns the well-known names among the lines.
func (s *Set) Seen() Bits { return s.seen }

// At returns name and value of line i, 0 <= i < Len, borrowed until the Set changes.
func (s *Set) At(i int) (name, value []byte) {
	l := s.index[i]
	end := l.start + l.name
	return s.lines[l.start:end:end], s.lines[end+2 : l.end-2 : l.end-2]
}

// Get returns the value of the first line with the name, borrowed until the Set changes; nil if there is none.
func (s *Set) Get(name string) []byte {
	for i := range s.index {
		if n, value := s.At(i); EqualFold(n, name) {
			return value
		}
	}
	return nil
}

// Values iterates over the values of all lines with the name. The Set must not change meanwhile.
func (s *Set) Values(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range s.index {
			if n, value := s.At(i); EqualFold(n, name) && !yield(value) {
				return
			}
		}
	}
}

// All iterates over all lines. The Set must not change meanwhile.
func (s *Set) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := range s.index {
			if !yield(s.At(i)) {
				return
			}
		}
	}
}

// AppendJoined is as [View.AppendJoined].
func (s *Set) AppendJoined(dst []byte, name string) []byte {
	first := true
	for value := range s.Values(name) {
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

// The four methods below are not inlined: inlined into another package, their call of a generic function is taken to let the
// arguments escape, and a caller's buffer would be moved to the heap.

// Set replaces all lines with the name by one with the value, which comes last. On an error the Set is as it was.
//
//go:noinline
func (s *Set) Set(name, value string) error { return set(s, name, value) }

// SetBytes is Set for a value in octets, which are copied.
//
//go:noinline
func (s *Set) SetBytes(name string, value []byte) error { return set(s, name, value) }

// Add appends a line. On an error the Set is as it was.
//
//go:noinline
func (s *Set) Add(name, value string) error { return add(s, name, value) }

// AddBytes is Add for name and value in octets, which are copied.
//
//go:noinline
func (s *Set) AddBytes(name, value []byte) error { return add(s, name, value) }

// Parse appends a raw field line, "Name: value" CRLF (RFC 9112 section 5). White space before the colon, an empty name and a
// line folded into two are refused.
func (s *Set) Parse(line []byte) error {
	if !bytes.HasSuffix(line, crlf) {
		return ErrLine
	}
	line = line[:len(line)-2]
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return ErrLine
	}
	return add(s, line[:colon], line[colon+1:])
}

var crlf = []byte("\r\n")

// Del removes all lines with the name.
func (s *Set) Del(name string) {
	s.seen = 0
	for i := 0; i < len(s.index); {
		l := s.index[i]
		if got, _ := s.At(i); !EqualFold(got, name) {
			s.seen |= l.id.Bit()
			i++
			continue
		}
		s.lines = append(s.lines[:l.start], s.lines[l.end:]...)
		s.index = append(s.index[:i], s.index[i+1:]...)
		for j := range s.index[i:] {
			s.index[i+j].start -= l.end - l.start
			s.index[i+j].end -= l.end - l.start
		}
	}
	s.seen &^= Unknown.Bit()
}

// AppendTo appends all lines as they go onto the wire, each ending in CRLF, without the empty line that ends a section.
func (s *Set) AppendTo(dst []byte) []byte { return append(dst, s.lines...) }

// set looks first at what would go, since a full Set still takes a replacement. The lines go only after the new one was written
// behind them: the value may be one of theirs.
func set[V ~string | ~[]byte](s *Set, name string, value V) error {
	size, count := 0, 0
	for i, l := range s.index {
		if got, _ := s.At(i); EqualFold(got, name) {
			size += int(l.end - l.start)
			count++
		}
	}
	value = TrimOWS(value)
	id, err := write(s, name, value, len(s.lines)-size, len(s.index)-count)
	if err != nil {
		return err
	}
	if count > 0 {
		s.Del(name)
	}
	s.enter(id, len(name), len(value))
	return nil
}

func add[N, V ~string | ~[]byte](s *Set, name N, value V) error {
	value = TrimOWS(value)
	id, err := write(s, name, value, len(s.lines), len(s.index))
	if err != nil {
		return err
	}
	s.enter(id, len(name), len(value))
	return nil
}

// write appends a line's octets to a Set that keeps count lines of size octets, and leaves it to enter to put the line in the index. On
// an error nothing is appended. The name is looked at where it has been written, since looking it up tells whether it is a token.
//
// It and its neighbours are generic over strings and octets so that neither is converted, which would allocate.
func write[N, V ~string | ~[]byte](s *Set, name N, value V, size, count int) (id ID, err error) {
	if size+lineSize(len(name), len(value)) > MaxSize || count == MaxCount {
		return Unknown, ErrSize
	}
	start := len(s.lines)
	lines := append(append(s.lines, name...), ": "...)
	id, _, token := Find(lines, start, start+len(name))
	switch {
	case !token:
		return Unknown, ErrName
	case !IsValue(value):
		return Unknown, ErrValue
	}
	s.lines = append(append(lines, value...), "\r\n"...)
	return id, nil
}

func lineSize(name, value int) int { return name + len(": ") + value + len("\r\n") }

// enter puts the last line in the index, given the ID of its name and the sizes of name and value.
func (s *Set) enter(id ID, name, value int) {
	end := len(s.lines)
	start := end - lineSize(name, value)
	s.index = append(s.index, setLine{uint16(start), uint16(end), uint16(name), id})
	if id != Unknown {
		s.seen |= id.Bit()
	}
}
