package parser

import (
	"iter"

	"barewire/hdr"
)

// fieldSection parses the field lines of a header section or a trailer section up to the empty line that ends them (RFC 9112
// section 5):
//
//	field-line = field-name ":" OWS field-value OWS CRLF
//
// It is one machine for request heads, response heads and trailers. Lines go into the index as a pair of offsets; white space
// around a value is left for those who ask for the value.
type fieldSection struct {
	phase fieldPhase
	count int // lines allowed
	pos   int // next octet to look at; after a refusal, the offending one
	colon int // of the line in hand
	index hdr.Index
	pass  pass // over the octets up to pos
}

type fieldPhase uint8

const (
	lineStart fieldPhase = iota
	inName               // at least one octet of it was seen
	inValue
	inLineEnd    // the CR was seen
	inSectionEnd // the CR of the empty line was seen
)

// reset prepares for a section whose first line starts at offset start, with at most count lines.
func (s *fieldSection) reset(start, count int) {
	s.phase, s.count, s.pos, s.colon = lineStart, count, start, 0
	s.index.Reset(start)
	s.pass.done, s.pass.noted, s.pass.hostOK = false, false, false
}

// parse goes on in b. It returns true once the empty line was seen, with pos behind it. Otherwise it has
// either consumed all of b and e is 0, or refused the octet at pos.
//
// size: the states of one line follow each other without a call in between.
func (s *fieldSection) parse(b []byte) (done bool, e Error) {
	phase, i, colon := s.phase, s.pos, s.colon
	start := s.index.LineStart(s.index.Count())
	for {
		switch phase {
		case lineStart:
			if i >= len(b) {
				return s.pause(lineStart, i, start)
			}
			if !is(b[i], classToken) {
				if b[i] != '\r' {
					return s.refuse(s.lineStartError(b[i]), i, start)
				}
				i++
				phase = inSectionEnd
				continue
			}
			if s.index.Count() == s.count {
				return s.refuse(TooManyFields, i, start)
			}
			fallthrough
		case inName:
			i = scanToken(b, i)
			if i >= len(b) {
				return s.pause(inName, i, start)
			}
			if b[i] != ':' {
				return s.refuse(nameError(b[i]), i, start)
			}
			colon = i
			i++
			fallthrough
		case inValue:
			i = scanValue(b, i)
			if i >= len(b) {
				s.colon = colon
				return s.pause(inValue, i, start)
			}
			if b[i] != '\r' {
				return s.refuse(lineError(b[i], ValueOctet), i, start)
			}
			if i-start > FieldLineSize {
				return s.refuse(FieldLineTooLarge, i, start)
			}
			i++
			fallthrough
		case inLineEnd:
			if i >= len(b) {
				s.colon = colon
				s.phase, s.pos = inLineEnd, i
				return false, 0
			}
			if b[i] != '\n' {
				s.pos = i
				return false, BareCR
			}
			s.index.Add(colon, i-1)
			i++
			start = i
			phase = lineStart
		case inSectionEnd:
			s.phase, s.pos = inSectionEnd, i
			if i >= len(b) {
				return false, 0
			}
			if b[i] != '\n' {
				return false, BareCR
			}
			s.pos++
			return true, 0
		}
	}
}

// goesOn is parse for a small piece that has nothing but more of the value in hand: up to 16 octets, behind which b has at most limit octets. It
// returns false, and does nothing, for any other: parse decides then, and looks at those octets once more.
func (s *fieldSection) goesOn(b []byte, limit int) bool {
	n := len(b) - s.pos
	if s.phase != inValue || n > 16 || len(b) > limit || len(b)-s.index.LineStart(s.index.Count()) > FieldLineSize || len(b) < 16 || n <= 0 {
		return false
	}
	end := b[len(b)-16:]
	if valueStops(newest(load(end[8:]), n)) != 0 || n > 8 && valueStops(newest(load(end), n-8)) != 0 {
		return false
	}
	s.pos = len(b)
	return true
}

// newest returns w with SP for all but the n octets read last, n > 0: those before have been looked at.
func newest(w uint64, n int) uint64 {
	if n >= 8 {
		return w
	}
	before := 64 - 8*uint(n) // bits
	return w>>before<<before | ' '*ones>>(64-before)
}

// pause keeps what is needed to go on at i, unless the line that starts at start has grown too large.
func (s *fieldSection) pause(phase fieldPhase, i, start int) (done bool, e Error) {
	s.phase = phase
	return s.refuse(0, i, start)
}

// refuse stops at i with e, or earlier if the line was too large before that.
func (s *fieldSection) refuse(e Error, i, start int) (done bool, _ Error) {
	s.pos = i
	if i-start > FieldLineSize {
		s.pos, e = start+FieldLineSize, FieldLineTooLarge
	}
	return false, e
}

// lineStartError says what is wrong with a line that starts with c.
func (s *fieldSection) lineStartError(c byte) Error {
	switch {
	case c == ':':
		return NameEmpty
	case isOWS(c) && s.index.Count() == 0:
		return LeadingSpace
	case isOWS(c):
		return ObsFold
	}
	return lineError(c, NameOctet)
}

// nameError says what is wrong with c in or right after a field name.
func nameError(c byte) Error {
	switch {
	case c == '\r':
		return ColonMissing
	case isOWS(c):
		return NameSpace
	}
	return lineError(c, NameOctet)
}

// lineError is otherwise, unless c is the LF of a line without CR.
func lineError(c byte, otherwise Error) Error {
	if c == '\n' {
		return BareLF
	}
	return otherwise
}

// values iterates over the lines with the well-known name: the offset of the value in b, and the value. It is slow: for
// the rare fields whose lines have to be told apart, and for the offsets of errors.
func (s *fieldSection) values(b []byte, id hdr.ID) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		v := s.index.View(b)
		for i := range v.Len() {
			name, value := v.At(i)
			if hdr.Lookup(name) != id {
				continue
			}
			off := s.index.LineStart(i) + len(name) + 1
			for isOWS(b[off]) {
				off++
			}
			if !yield(off, value) {
				return
			}
		}
	}
}

// repeatedOff returns the offset in b of the value of the second line with the well-known name.
func (s *fieldSection) repeatedOff(b []byte, id hdr.ID) (off int) {
	count := 0
	for off = range s.values(b, id) {
		if count++; count == 2 {
			break
		}
	}
	return off
}
