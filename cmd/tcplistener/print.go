package main

import (
	"bytes"
	"fmt"

	"barewire/cmd/internal/cli"
	"barewire/hdr"
	"barewire/parser"
	"barewire/writer"
)

// shownSize is how much of a request's content is kept to be shown, and how large the text of its table may become.
const shownSize = 1 << 20

// report is what is printed of one request. The parts that borrow from the connection's buffer are rendered when they are
// there; content is kept as received.
type report struct {
	accepted bool
	head     []byte // text: request line and headers
	content  []byte
	unshown  int64  // octets of content beyond what is kept
	trailers []byte // text
	table    table
	refusal  []byte // text
}

func (r *report) reset(explain bool) {
	*r = report{
		head: r.head[:0], content: r.content[:0], trailers: r.trailers[:0], refusal: r.refusal[:0],
		table: table{on: explain, text: r.table.text[:0], shown: r.table.shown[:0]},
	}
}

// accept takes an accepted head: as parsed, and as received.
func (r *report) accept(h *parser.Head, b, received []byte) {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(b, []byte("\r\n")), []byte("\r\n"))
	version := line[len(line)-len("1.1"):] // as received: Minor says as what it is served

	r.accepted = true
	r.head = fmt.Appendf(r.head, "Request line:\n- Method: %s\n- Target: %s\n- Version: %s\nHeaders:\n", h.Method(b), h.Target(b), version)
	r.head = appendFields(r.head, h.Fields(b))
	r.table.head(received)
	r.table.framing = h.Framing()
}

// keep takes a run of content.
func (r *report) keep(data []byte) {
	n := min(len(data), shownSize-len(r.content))
	r.content = append(r.content, data[:n]...)
	r.unshown += int64(len(data) - n)
}

// finish takes the trailer section of complete content.
func (r *report) finish(trailers hdr.View) {
	if trailers.Len() > 0 {
		r.trailers = appendFields(append(r.trailers, "Trailers:\n"...), trailers)
	}
}

// refuse takes the reason why the request is refused, the offset of the offending octet, and the octets before it and from it on.
func (r *report) refuse(e parser.Error, off int64, before, from []byte) {
	r.table.refuse(e, from)
	const label = "- Octets: "
	octets := cli.AppendEscaped(nil, before, "")
	column := len(label) + len(octets)
	octets = cli.AppendEscaped(octets, from, "")
	r.refusal = fmt.Appendf(r.refusal, "Refused:\n- Rule: %s: %s\n- Section: %s\n- Offset: %d\n%s%s\n%*s\n- Answer: %d %s\n",
		e.Rule(), e.Text(), e.Section(), off, label, octets, column+1, "^", e.Status(), writer.StatusText(e.Status()))
}

// appendFields appends a line for every field line.
func appendFields(dst []byte, fields hdr.View) []byte {
	for name, value := range fields.All() {
		dst = append(dst, "- "...)
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = cli.AppendEscaped(dst, value, "")
		dst = append(dst, '\n')
	}
	return dst
}

// appendTo appends the report.
func (r *report) appendTo(dst []byte) []byte {
	if r.accepted {
		dst = append(dst, r.head...)
		dst = append(dst, "Body:\n"...)
		dst = cli.AppendEscaped(dst, r.content, "\n\t")
		if n := len(r.content); n > 0 && r.content[n-1] != '\n' {
			dst = append(dst, '\n')
		}
		if r.unshown > 0 {
			dst = fmt.Appendf(dst, "(%d more octets are not shown)\n", r.unshown)
		}
		dst = append(dst, r.trailers...)
	}
	dst = r.table.appendTo(dst)
	return append(dst, r.refusal...)
}
