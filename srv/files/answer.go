package files

import (
	"bytes"
	"math/rand/v2"
	"time"

	"barewire/hdr"
	"barewire/parser"
	"barewire/srv"
	"barewire/writer"
)

// answer answers a GET or HEAD with a version: all of it, parts of it, or why not. vary says that another coding could have been
// chosen.
func answer(w *srv.Response, r *srv.Request, v *version, vary bool) {
	fields, now := r.Fields(), time.Now().Unix()
	if vary {
		w.Add("Vary", "Accept-Encoding")
	}
	if status := precondition(fields, v, now); status == 412 {
		explain(w, 412, "412 Precondition Failed\n")
		return
	} else if w.Set("ETag", v.etag); status == 304 {
		w.SetStatus(304)
		w.Del("Content-Type") // there is none to speak of
		return
	}
	w.Set("Accept-Ranges", "bytes")
	if r.MethodID() == parser.MethodGet && fields.Has(hdr.Range) && !fields.Repeated(hdr.Range) && ifRange(fields, v, now) {
		if answerRange(w, fields.ByID(hdr.Range), v, now) {
			return
		}
	}
	describe(w, v, now)
	w.SetSize(v.size)
	if r.MethodID() == parser.MethodGet {
		v.send(w, 0, v.size)
	}
}

// describe sets the fields that all responses with content of a version have.
func describe(w *srv.Response, v *version, now int64) {
	if v.dated(now) {
		w.Set("Last-Modified", v.modified)
	}
	if w.Get("Content-Type") == nil {
		w.Set("Content-Type", v.media)
	}
	if v.coding != codingIdentity {
		w.Set("Content-Encoding", codings[v.coding].name)
	}
}

// answerRange answers with the parts that a Range field asks for. It reports false, and has done nothing, where all is to be sent.
func answerRange(w *srv.Response, value []byte, v *version, now int64) bool {
	var room [maxRanges]part
	parts, what := parseRange(room[:0], value, v.size)
	var text [64]byte
	switch {
	case what == ignored:
		return false
	case what == unsatisfiable:
		w.SetBytes("Content-Range", writer.AppendInt(append(text[:0], "bytes */"...), v.size))
		explain(w, 416, "416 Range Not Satisfiable\n")
	case len(parts) == 1:
		w.SetStatus(206)
		describe(w, v, now)
		w.SetBytes("Content-Range", appendContentRange(text[:0], parts[0], v.size))
		w.SetSize(parts[0].size)
		v.send(w, parts[0].from, parts[0].size)
	case v.coding != codingIdentity:
		return false // Content-Encoding would be said of the multipart content, which is not encoded
	default:
		w.SetStatus(206)
		describe(w, v, now)
		answerParts(w, parts, v)
	}
	return true
}

// appendContentRange appends "bytes 0-499/1234" (RFC 9110 section 14.4).
func appendContentRange(dst []byte, p part, size int64) []byte {
	dst = writer.AppendInt(append(dst, "bytes "...), p.from)
	dst = writer.AppendInt(append(dst, '-'), p.end()-1)
	return writer.AppendInt(append(dst, '/'), size)
}

// answerParts sends several parts as multipart/byteranges (RFC 9110 section 14.6).
func answerParts(w *srv.Response, parts []part, v *version) {
	m := framer{media: w.Get("Content-Type"), size: v.size}
	m.draw(v.data)
	var media, room [256]byte
	m.media = append(media[:0], m.media...) // the Response's changes now
	total := int64(len(m.appendEnd(room[:0])))
	for i, p := range parts {
		total += int64(len(m.appendHead(room[:0], p, i == 0))) + p.size
	}
	w.SetBytes("Content-Type", append(append(room[:0], "multipart/byteranges; boundary="...), m.boundary[:]...))
	w.SetSize(total)
	for i, p := range parts {
		w.Write(m.appendHead(room[:0], p, i == 0))
		if !v.send(w, p.from, p.size) {
			return
		}
	}
	w.Write(m.appendEnd(room[:0]))
}

// framer frames the parts of multipart/byteranges. The boundary is drawn anew for each response, 128 bits that nobody can have put into a file before, and
// looked for in the octets where they are at hand.
type framer struct {
	boundary [32]byte
	media    []byte
	size     int64
}

func (m *framer) draw(data []byte) {
	for {
		for i := 0; i < len(m.boundary); i += 16 {
			for j, n := i, rand.Uint64(); j < i+16; j, n = j+1, n>>4 {
				m.boundary[j] = "0123456789abcdef"[n&15]
			}
		}
		if !bytes.Contains(data, m.boundary[:]) {
			return
		}
	}
}

func (m *framer) appendHead(dst []byte, p part, first bool) []byte {
	if !first {
		dst = append(dst, "\r\n"...)
	}
	dst = append(append(dst, "--"...), m.boundary[:]...)
	dst = append(append(dst, "\r\nContent-Type: "...), m.media...)
	dst = appendContentRange(append(dst, "\r\nContent-Range: "...), p, m.size)
	return append(dst, "\r\n\r\n"...)
}

func (m *framer) appendEnd(dst []byte) []byte {
	dst = append(append(dst, "\r\n--"...), m.boundary[:]...)
	return append(dst, "--\r\n"...)
}
