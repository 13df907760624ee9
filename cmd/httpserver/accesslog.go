package main

import (
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"barewire/parser"
	"barewire/srv"
)

// accessLog writes a line for each request. Whoever reads the lines may be slow, stop or go away, so no request waits for that: lines are
// collected in one buffer while another is being written, and when the buffer is full they are lost, and counted. Neither
// costs an allocation.
type accessLog struct {
	form   format
	out    io.Writer
	errors io.Writer
	ended  chan struct{} // closed when all is written

	mu     sync.Mutex
	work   sync.Cond
	lines  []byte // not being written yet
	lost   int    // lines since the last write
	closed bool
}

// Lines beyond pendingSize octets are lost. It is what a busy server writes in a good fraction of a second.
const pendingSize = 1 << 20

// newAccessLog starts a log, unless there is to be none: then it is nil.
func newAccessLog(form format, out, errors io.Writer) *accessLog {
	if form == formatUnset || form == formatOff {
		return nil
	}
	l := &accessLog{form: form, out: out, errors: errors, ended: make(chan struct{}), lines: make([]byte, 0, pendingSize)}
	l.work.L = &l.mu
	go l.run(make([]byte, 0, pendingSize))
	return l
}

// done logs a request that had a handler. It is the server's OnDone.
func (l *accessLog) done(w *srv.Response, r *srv.Request) {
	size := w.Sent()
	if r.MethodID() == parser.MethodHead {
		size = 0
	}
	l.add(entry{remote: r.Remote().Addr(), method: r.Method(), target: r.Target(), minor: r.Minor(), status: w.Status(), size: size,
		aborted: w.Aborted(), unsent: w.Aborted() && !w.Began()})
}

// refused logs a request that was refused before it got to a handler. It is the server's OnRefuse.
func (l *accessLog) refused(f *srv.Refusal) {
	if f.Handled {
		return
	}
	l.add(entry{remote: f.Remote.Addr(), rule: f.Rule, status: f.Status})
}

// add appends a line for an entry.
func (l *accessLog) add(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
	case len(l.lines)+e.bound() > cap(l.lines):
		l.lost++
	default:
		l.lines = e.append(l.lines, l.form, time.Now())
		l.work.Signal()
	}
}

// run writes lines until the log is closed. What cannot be written is said once, until it can be again.
func (l *accessLog) run(written []byte) {
	defer close(l.ended)
	for failed := false; ; {
		l.mu.Lock()
		for len(l.lines) == 0 && !l.closed {
			l.work.Wait()
		}
		lines, lost, closed := l.lines, l.lost, l.closed
		l.lines, l.lost = written[:0], 0
		l.mu.Unlock()

		if len(lines) > 0 {
			_, err := l.out.Write(lines)
			if err != nil && !failed {
				fmt.Fprintln(l.errors, "httpserver: access log:", err)
			}
			failed = err != nil
		}
		if lost > 0 {
			fmt.Fprintln(l.errors, "httpserver: access log: standard output is slow, lines lost:", lost)
		}
		if closed {
			return
		}
		written = lines
	}
}

// close writes what there is and ends the log. A log that is nil has nothing to write.
func (l *accessLog) close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.closed = true
	l.work.Signal()
	l.mu.Unlock()
	select {
	case <-l.ended:
	case <-time.After(closeTime):
		fmt.Fprintln(l.errors, "httpserver: access log: standard output takes nothing, lines lost")
	}
}

// closeTime is how long the end of the program may wait for whoever reads the lines.
const closeTime = time.Second

// entry is one line of the log. Its slices are borrowed.
type entry struct {
	remote         netip.Addr
	method, target []byte
	minor          int
	rule           string // why the request was refused; nothing else is known about it then
	status         int
	size           int64 // of the content sent
	aborted        bool  // the response was cut off
	unsent         bool  // before any of it was sent
}
