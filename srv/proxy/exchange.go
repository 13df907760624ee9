package proxy

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"net"
	"sync"
	"time"

	"barewire/parser"
	"barewire/srv"
)

const (
	firstSize  = 4 << 10                         // the buffer for the response, at first
	bufferSize = parser.DefaultHeadSize + 16<<10 // and what it grows to: a head, and behind it content or a trailer section
	maxInterim = 64                              // interim responses before a final one
)

// phase is how far the response is.
type phase uint8

const (
	inHead    phase = iota // the head of the final response is not complete
	inContent              // it is on its way to the client
	whole                  // all of the response has been received
	switched               // the response was 101, and a tunnel begins
)

// exchange is one request to an upstream and its response. It belongs to the handler's goroutine. One read and one write at a time may
// be under way in goroutines of their own, which then have the buffer that they work on, and nothing else.
//
//	in: | head of the final response | used | unread |   room   |
//	    0                            area   from     to         len(in)
type exchange struct {
	p *Proxy
	w *srv.Response
	r *srv.Request

	link    *link
	reading bool           // a read is under way, and will end in came
	writing bool           // a write is under way, and will end in sent
	readers sync.WaitGroup // the goroutines of reads, which end a little later
	came    chan arrival
	sent    chan error

	// What is started or handed out for every request, made once.
	onLost, readRoom, writeRest func()
	room, rest                  []byte // what readRoom and writeRest work on

	out      []byte // the request's head, then content with its framing
	in       []byte
	area     int
	from, to int

	cause    error // of the upstream's failure, where more is known
	phase    phase
	heard    bool // something of the response has come
	consumed bool // content was taken from the client, which cannot be had again
	complete bool // the request has been sent, to its end
	last     bool // what is being written is that end
	upgrade  bool // the request offers to switch protocols
	unclean  bool // the connection cannot be used again, though the response is whole
	interim  int  // responses so far
	head     parser.ResponseHead
	body     parser.Content
	digest   bool // the trailers are to be sent
	sized    bool // the client gets a Content-Length
	copies   bool // the content cannot be spliced
	size     int64
	sum      hash.Hash
	hex      [2 * sha256.Size]byte
	binary   [sha256.Size]byte

	// What lost needs, which another goroutine calls.
	mu   sync.Mutex
	gone bool               // the client is, or the server ends
	tcp  *net.TCPConn       // to be reset then
	stop context.CancelFunc // to be called then: a connection is being made
}

// arrival is what a read has brought.
type arrival struct {
	n   int
	err error
}

var exchanges = sync.Pool{New: func() any {
	x := &exchange{
		in: make([]byte, firstSize), sum: sha256.New(),
		came: make(chan arrival, 1), sent: make(chan error, 1),
	}
	x.onLost = x.lost
	x.readRoom = func() {
		x.came <- x.read(x.room)
		x.r.Content().Wake()
		x.readers.Done()
	}
	x.writeRest = func() {
		_, err := x.link.nc.Write(x.rest)
		x.sent <- err
	}
	return x
}}

// run passes the request on and the response back. It returns 0 when that is done.
func (x *exchange) run() Error {
	// The client's reset, and the end of the server, end whatever the upstream is waited for.
	x.r.OnLost(x.onLost)
	err := x.attempt()
	x.r.OnLost(nil)
	if err != 0 && x.gone { // which may have caused it
		err = errClient
	}
	x.gone = false
	return err
}

// attempt tries connections of the pool first, until one is alive before anything is sent. If that turns out to be dead after all, the
// request may go again, once, on a new one (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1).
func (x *exchange) attempt() Error {
	err := errStale
	for now := time.Now(); err == errStale; {
		l := x.p.get(now, x.r.Content().Size() == 0)
		if l == nil {
			break
		}
		x.hold(l)
		err = x.exchange(now)
		again := err == errStale || err == ErrBroken && x.repeatable()
		x.drop()
		if !again {
			return err
		}
	}
	if err := x.dial(); err != 0 {
		return err
	}
	err = x.exchange(time.Now())
	x.drop()
	return err
}

// repeatable reports whether an upstream that has closed the connection without a word may be asked again. It cannot be known whether it has
// acted on the request, so that must not matter, and all of it must still be there.
func (x *exchange) repeatable() bool {
	if x.heard || x.consumed || x.isGone() {
		return false
	}
	switch x.r.MethodID() {
	case parser.MethodGet, parser.MethodHead, parser.MethodOptions, parser.MethodTrace, parser.MethodPut, parser.MethodDelete,
		parser.MethodQuery, parser.MethodPropfind, parser.MethodSearch, parser.MethodReport:
		return true
	}
	return false
}

// exchange sends the request and passes the response on. The upstream's time begins now.
func (x *exchange) exchange(now time.Time) Error {
	x.area, x.from, x.to, x.phase, x.interim, x.cause = 0, 0, 0, inHead, 0, nil
	x.heard, x.consumed, x.complete, x.last, x.unclean = false, false, false, false, false
	x.head.Reset(parser.Limits{}, x.r.MethodID())
	if err := x.send(now); err != 0 {
		return err
	}
	if err := x.await(); err != 0 || x.phase != switched {
		return err
	}
	return x.tunnel()
}

// lost is called when the client is gone, by another goroutine perhaps.
func (x *exchange) lost() {
	x.mu.Lock()
	x.gone = true
	if x.stop != nil {
		x.stop()
	}
	if x.tcp != nil {
		reset(x.tcp)
	}
	x.mu.Unlock()
}

func (x *exchange) isGone() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.gone
}

// hold makes a connection the exchange's.
func (x *exchange) hold(l *link) {
	x.link = l
	x.mu.Lock()
	x.tcp = l.tcp
	if x.gone {
		reset(x.tcp)
	}
	x.mu.Unlock()
}

// drop ends the use of the connection, and waits for the end of what is under way on it. It goes back into the pool when
// nothing can be left on it: the request was sent to its end, and the response has an end of its own, at which nothing stands. A
// connection whose exchange was cut off is reset.
func (x *exchange) drop() {
	l := x.link
	if l == nil { // a tunnel has ended it
		return
	}
	if x.writing {
		l.tcp.SetWriteDeadline(past)
		x.complete = <-x.sent == nil && x.last
		x.writing = false
	}
	cut := x.phase != whole || !x.complete
	if x.reading {
		if cut {
			reset(l.tcp)
		}
		l.tcp.SetReadDeadline(past)
		l.armed = true
		got := <-x.came
		x.unclean = x.unclean || !isTimeout(got.err)
		x.reading = false
	}
	x.readers.Wait()
	x.link, x.room, x.rest = nil, nil, nil
	x.mu.Lock()
	x.tcp = nil
	gone := x.gone
	x.mu.Unlock()
	switch {
	case cut || gone:
		reset(l.tcp)
	case x.unclean || x.from != x.to || !x.head.Persistent():
		l.close()
	default:
		x.p.put(l)
	}
}

// release gives the exchange back.
func (x *exchange) release() {
	x.p, x.w, x.r, x.cause = nil, nil, nil, nil
	exchanges.Put(x)
}

// await passes on the rest of the response, or all of it.
func (x *exchange) await() Error {
	switch {
	case !x.consumed: // the time for the head runs already
	case x.phase == inHead:
		x.link.due(time.Now().Add(x.p.timeout()))
	default:
		x.link.due(time.Time{})
	}
	for x.phase < whole {
		if x.phase == inContent && x.link.armed {
			x.link.due(time.Time{})
		}
		if x.splices() {
			if done, err := x.splice(); done {
				return err
			}
		}
		var got arrival
		if x.reading {
			got = <-x.came
			x.reading = false
		} else {
			got = x.read(x.space())
		}
		if err := x.take(got); err != 0 {
			return err
		}
	}
	return 0
}

// space returns where a read may put octets. There is some: what is unread is never more than a head, or a trailer section behind a
// head, and one octet. The buffer starts small, for an upstream that is slow or says little, and grows for one that fills it.
func (x *exchange) space() []byte {
	filled := x.to == len(x.in)
	if x.from > x.area {
		x.to = x.area + copy(x.in[x.area:], x.unread())
		x.from = x.area
	}
	if filled && len(x.in) < bufferSize {
		b := make([]byte, bufferSize)
		copy(b, x.in[:x.to])
		x.in = b
	}
	return x.in[x.to:]
}

func (x *exchange) unread() []byte { return x.in[x.from:x.to] }

func (x *exchange) read(room []byte) arrival {
	n, err := x.link.nc.Read(room)
	return arrival{n, err}
}

// take notes what a read has brought, and passes it on.
func (x *exchange) take(got arrival) Error {
	x.to += got.n
	switch {
	case got.n > 0 || got.err == nil:
		x.heard = true
		return x.respond()
	case got.err == io.EOF && x.phase == inContent && x.body.End() == 0:
		x.finish()
		return 0
	case isTimeout(got.err):
		return ErrSilent
	}
	x.cause = got.err
	return ErrBroken
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
