package main

import (
	"bytes"
	"fmt"
	"strings"

	"barewire/cmd/internal/cli"
	"barewire/parser"
)

// A part is a part of the grammar that claims octets, and where it is defined.
type part struct{ name, section string }

var (
	partMethod    = part{"method", "RFC 9112 section 3.1"}
	partSP        = part{"SP", "RFC 9112 section 3"}
	partTarget    = part{"request-target", "RFC 9112 section 3.2"}
	partPath      = part{"absolute-path", "RFC 9110 section 4.1"}
	partMark      = part{`"?"`, "RFC 9112 section 3.2.1"}
	partQuery     = part{"query", "RFC 3986 section 3.4"}
	partScheme    = part{"scheme", "RFC 3986 section 3.1"}
	partSlashes   = part{`"://"`, "RFC 9112 section 3.2.2"}
	partHost      = part{"uri-host", "RFC 9110 section 4.1"}
	partPort      = part{"port", "RFC 9110 section 4.1"}
	partPortColon = part{`":"`, "RFC 9112 section 3.2.3"}
	partAsterisk  = part{`"*"`, "RFC 9112 section 3.2.4"}
	partVersion   = part{"HTTP-version", "RFC 9112 section 2.3"}
	partCRLF      = part{"CRLF", "RFC 9112 section 2.1"}
	partLead      = part{"CRLF", "RFC 9112 section 2.2"}
	partName      = part{"field-name", "RFC 9110 section 5.1"}
	partColon     = part{`":"`, "RFC 9112 section 5"}
	partOWS       = part{"OWS", "RFC 9110 section 5.6.3"}
	partValue     = part{"field-value", "RFC 9110 section 5.5"}
	partContent   = part{"content", "RFC 9110 section 6.4"}

	partChunkSize  = part{"chunk-size", "RFC 9112 section 7.1"}
	partChunkExt   = part{"chunk-ext", "RFC 9112 section 7.1.1"}
	partChunkData  = part{"chunk-data", "RFC 9112 section 7.1"}
	partChunkEnd   = part{"CRLF", "RFC 9112 section 7.1"}
	partLastChunk  = part{"last-chunk", "RFC 9112 section 7.1"}
	partTrailerEnd = part{"CRLF", "RFC 9112 section 7.1.2"}
)

// table lists the ranges of octets of one request, from the first one on. It is given octets that the parser has
// accepted, up to the one that it refused, so that it need not look for errors; what it is given may end anywhere.
type table struct {
	on      bool
	framing parser.Framing
	off     int64 // of the next octet
	text    []byte
	unshown int64 // rows beyond shownSize

	// The part in hand may come in pieces.
	part  part
	size  int64  // octets of it so far
	shown []byte // the first of them

	chunk     chunkState
	chunkSize int64 // of the chunk in hand; then its octets still to come
}

type chunkState uint8

const (
	atChunkSize chunkState = iota
	atChunkExt
	atChunkLineEnd
	atChunkData
	atChunkDataEnd
	atTrailers
)

const (
	octetsWidth = 30 // columns for the octets of a range
	cutMark     = `"...`
)

// claim gives the next octets, if there are any, to a part of the grammar. It goes on with the part in hand if it is that.
func (t *table) claim(b []byte, p part) {
	if len(b) == 0 {
		return
	}
	if p != t.part {
		t.close("")
		t.part = p
	}
	t.size += int64(len(b))
	t.shown = append(t.shown, b[:min(len(b), octetsWidth-min(len(t.shown), octetsWidth))]...)
}

// close makes a row of the part in hand.
func (t *table) close(remark string) {
	if t.size > 0 {
		span := fmt.Sprint(t.off)
		if t.size > 1 {
			span = fmt.Sprint(t.off, "-", t.off+t.size-1)
		}
		t.row(span, t.part, remark)
	}
	t.off += t.size
	t.part, t.size, t.shown = part{}, 0, t.shown[:0]
}

// whole is a part that comes at once.
func (t *table) whole(b []byte, p part, remark string) {
	t.claim(b, p)
	t.close(remark)
}

func (t *table) row(span string, p part, remark string) {
	if len(t.text) > shownSize {
		t.unshown++
		return
	}
	t.text = appendRow(t.text, span, quoted(t.shown, t.size), p, remark)
}

func appendRow(dst []byte, span string, octets []byte, p part, remark string) []byte {
	dst = fmt.Appendf(dst, "%-9s %-*s %-14s %-22s %s", span, octetsWidth, octets, p.name, p.section, remark)
	return append(bytes.TrimRight(dst, " "), '\n')
}

// quoted shows the first octets of a range of the size in at most octetsWidth columns.
func quoted(b []byte, size int64) []byte {
	if size == 0 {
		return nil
	}
	dst, cut := []byte{'"'}, 1 // where the mark would fit last
	for i := range b {
		if b[i] == '"' {
			dst = append(dst, '\\')
		}
		dst = cli.AppendEscaped(dst, b[i:i+1], "")
		if len(dst)+len(cutMark) <= octetsWidth {
			cut = len(dst)
		}
	}
	if int64(len(b)) < size || len(dst)+1 > octetsWidth {
		return append(dst[:cut], cutMark...)
	}
	return append(dst, '"')
}

// body takes the octets that the content decoder has consumed: a trailer section at once, and everything else as it comes.
func (t *table) body(b []byte) {
	if !t.on {
		return
	}
	if t.framing != parser.FramingChunked {
		t.claim(b, partContent)
		return
	}
	for len(b) > 0 {
		if t.chunk == atTrailers {
			c := cursor{t, b}
			c.fieldSection(partTrailerEnd, partChunkEnd, "the end of the message")
			return
		}
		b = b[t.chunked(b):]
	}
}

// chunked takes octets up to the next change of state, and returns how many.
func (t *table) chunked(b []byte) (n int) {
	end := b[0] == '\n'
	switch t.chunk {
	case atChunkSize:
		for n = 0; n < len(b) && hexValue(b[n]) >= 0; n++ {
			t.chunkSize = t.chunkSize<<4 | int64(hexValue(b[n]))
		}
		t.claim(b[:n], partChunkSize)
		if n < len(b) {
			if t.chunkSize == 0 {
				t.part = partLastChunk
				t.close("no more data")
			} else {
				t.close(fmt.Sprintf("data of size %d", t.chunkSize))
			}
			t.chunk = atChunkExt
		}
		return n
	case atChunkExt:
		n = until(b, '\r')
		t.claim(b[:n], partChunkExt)
		if n < len(b) {
			t.close("ignored")
			t.chunk = atChunkLineEnd
		}
		return n
	case atChunkData:
		n = int(min(t.chunkSize, int64(len(b))))
		t.claim(b[:n], partChunkData)
		if t.chunkSize -= int64(n); t.chunkSize == 0 {
			t.chunk = atChunkDataEnd
		}
		return n
	}
	t.claim(b[:1], partChunkEnd)
	switch {
	case !end:
	case t.chunk == atChunkDataEnd:
		t.close("")
		t.chunk = atChunkSize
	case t.chunkSize == 0:
		t.close("")
		t.chunk = atTrailers
	default:
		t.close("")
		t.chunk = atChunkData
	}
	return 1
}

// hexValue returns the value of a hexadecimal digit, -1 for any other octet.
func hexValue(c byte) int {
	v := strings.IndexByte("0123456789abcdefABCDEF", c)
	if v > 15 {
		v -= 6
	}
	return v
}

// until returns the offset of the first of the stops in b, len(b) if there is none.
func until(b []byte, stops ...byte) int {
	if i := bytes.IndexAny(b, string(stops)); i >= 0 {
		return i
	}
	return len(b)
}

// refuse ends the table with the octet at the start of b, if there is one.
func (t *table) refuse(e parser.Error, b []byte) {
	if !t.on {
		return
	}
	t.close("")
	p, remark := part{"refused", e.Section()}, e.Rule()+": "+e.Text()
	if len(b) == 0 {
		t.row(fmt.Sprint(t.off), p, remark)
		return
	}
	t.whole(b[:1], p, remark)
}

// appendTo appends the table.
func (t *table) appendTo(dst []byte) []byte {
	if !t.on {
		return dst
	}
	t.close("")
	dst = appendRow(append(dst, "Octets:\n"...), "range", []byte("octets"), part{"grammar", "defined in"}, "")
	dst = append(dst, t.text...)
	if t.unshown > 0 {
		dst = fmt.Appendf(dst, "(%d more ranges are not shown)\n", t.unshown)
	}
	return dst
}
