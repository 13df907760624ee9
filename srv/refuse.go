package srv

import (
	"bytes"
	"net/netip"
	"os"

	"barewire/parser"
	"barewire/writer"
)

// Refusal says why a request was refused. It and its Excerpt are borrowed: valid until the hook that gets it returns.
type Refusal struct {
	Rule    string         // short stable name of the rule that was broken
	Text    string         // the same in a few words
	Section string         // where the rule is written
	Status  int            // the status code of the answer; 0 when another answer had left
	Off     int            // offset of the offending octet in the request
	Excerpt []byte         // octets around it, as received but for field names in lower case: escape them before they are shown
	Remote  netip.AddrPort // the client
	Route   string         // the Route's name, "" when none had been found
	Handled bool           // the request had got to its handler, and OnDone tells of it too
}

const excerptSize = 32

const methodHead = parser.MethodHead

// refuse answers in place of a handler and closes. off is the offset in in of the offending octet, and before how many octets of the
// request come before in.
func (t *turn) refuse(f fault, in []byte, off, before int) {
	head := t.head.MethodID() == methodHead
	if t.c.phase != phaseActive {
		// What comes behind the octet at fault may have come or not, and must not matter.
		head = bytes.HasPrefix(bytes.TrimPrefix(in[:min(off, len(in))], []byte("\r\n")), []byte("HEAD "))
	}
	t.report(f, f.Status(), in, off, before)
	t.answer(f, head)
	t.c.close()
}

// report counts a refusal and tells the hook and the log; see refuse.
func (t *turn) report(f fault, status int, in []byte, off, before int) {
	t.s.count(f)
	if t.s.OnRefuse == nil && !t.s.logs() {
		return
	}
	from := min(max(off-excerptSize/2, 0), len(in))
	r := &t.refusal // its place, since it escapes to the hook
	*r = Refusal{
		Rule: f.Rule(), Text: f.Text(), Section: f.Section(), Status: status,
		Off: before + off, Excerpt: in[from:min(from+excerptSize, len(in))], Remote: t.port.addr(),
	}
	if p := t.c.phase; (p == phaseActive || p == phaseRest) && t.route != nowhere {
		r.Route, r.Handled = t.route.Name, t.handled
	}
	t.s.refused(r, t.now)
	*r = Refusal{}
}

// reportContent reports a refusal of the content.
func (t *turn) reportContent(f fault, status int) {
	in, off, before := t.fault(f)
	t.report(f, status, in, off, before)
}

// fault returns where in the content a request is refused: the unread octets, the offset in them, and the number of octets
// before.
func (t *turn) fault(f fault) (in []byte, off, before int) {
	in = t.unread()
	off = len(in) // where more was to come
	if e, malformed := f.(parser.Error); malformed && e != parser.Truncated {
		off = t.body.ErrorOff()
	}
	return in, off, int(t.area-t.headStart) + int(t.used)
}

// answer makes a short plain response that says what was wrong, the last one of its connection.
func (t *turn) answer(f fault, head bool) {
	w := t.res
	w.fields.Reset()
	w.fields.Set("Content-Type", "text/plain; charset=utf-8")
	w.status = f.Status()
	w.body = append(writer.AppendInt(w.body[:0], int64(w.status)), ' ')
	w.body = append(append(w.body, writer.StatusText(w.status)...), ": "...)
	w.body = append(append(w.body, f.Text()...), " ("...)
	w.body = append(append(w.body, f.Section()...), ")\n"...)
	t.resp.Reset(head, 1)
	out, err := t.resp.Begin(t.out, &writer.Head{
		Status: w.status, Fields: &w.fields, Size: int64(len(w.body)), Close: true, Date: t.date.Line(t.unix),
	})
	if err == nil {
		out, err = t.resp.Content(out, w.body)
	}
	if err == nil {
		out, err = t.resp.End(out, nil)
	}
	if err == nil {
		t.out = out
	}
	w.sent, w.body = int64(len(w.body)), w.body[:0]
}

// replace puts an answer that err calls for in place of the handler's response. When there is none, or some of the
// response may have left, the connection is closed so that the client sees the response cut off.
func (w *Response) replace(err error) {
	t, c := w.t, w.t.c
	if w.committed && !w.left {
		t.out = t.out[:w.mark]
	}
	// Less content than declared, or more; or a part of a file that no file has.
	if _, mistake := err.(writer.Error); (mistake || err == os.ErrInvalid) && !w.left {
		t.s.mistakeLog(t, err)
		err = ErrHandler
	}
	switch f, ok := err.(fault); {
	case !ok || f.Status() == 0:
	case f == fault(ErrHandler) && !w.left:
		t.answer(f, t.head.MethodID() == methodHead)
		c.close()
		return
	case f == fault(ErrHandler):
	case w.left:
		t.reportContent(f, 0)
	default:
		in, off, before := t.fault(f)
		t.refuse(f, in, off, before)
		return
	}
	w.aborted = true
	t.sum.aborted.Add(1)
	t.s.abortedLog(t, err)
	if !w.left {
		c.close() // what was finished before still goes out
		return
	}
	t.out, t.taken = t.out[:0], 0
	// A FIN would mean that close-delimited content is complete; and what a client that does not read has been sent already would stay in
	// the kernel behind it.
	if t.resp.Framing() == writer.FramingClose || err == error(ErrSendTimeout) {
		t.port.abort(t)
	}
	c.phase = phaseDead
}

// count adds a refusal to its rule's counter.
func (s *Server) count(f fault) {
	switch e := f.(type) {
	case parser.Error:
		s.malformed[e].Add(1)
	case Error:
		s.failed[e].Add(1)
	}
}
