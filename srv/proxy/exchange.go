package proxy

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"hash"
	"io"
	"net"
	"sync"
	"time"

	"barewire/parser"
	"barewire/srv"
)

const (
	bufferSize = parser.DefaultHeadSize + 16<<10 // a head, and behind it content or a trailer section
	maxInterim = 64                              // interim responses before a final one
)

// phase is how far the response is.
type phase uint8

const (
	inHead    phase = iota // the head of the final response is not complete
	inContent              // it is on its way to the client
	whole                  // all of the response has been received
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

	tcp     *net.TCPConn
	nc      net.Conn // tcp, or TLS over it
	reading bool     // a read is under way, and will end in came
	writing bool     // a write is under way, and will end in sent
	came    chan arrival
	sent    chan error

	out      []byte // the request's head, then content with its framing
	in       []byte
	area     int
	from, to int

	cause   error // of the upstream's failure, where more is known
	phase   phase
	interim int // responses so far
	head    parser.ResponseHead
	body    parser.Content
	digest  bool // the trailers are to be sent
	sized   bool // the client gets a Content-Length
	size    int64
	sum     hash.Hash
}

// arrival is what a read has brought.
type arrival struct {
	n   int
	err error
}

var exchanges = sync.Pool{New: func() any {
	return &exchange{
		in: make([]byte, bufferSize), sum: sha256.New(),
		came: make(chan arrival, 1), sent: make(chan error, 1),
	}
}}

// run passes the request on and the response back. It returns 0 when that is done.
func (x *exchange) run(ctx context.Context) Error {
	if err := x.dial(ctx); err != 0 {
		return clientOr(ctx, err)
	}
	defer x.close()
	// The client's reset, and the end of the server, end whatever the upstream is waited for.
	tcp := x.tcp
	stop := context.AfterFunc(ctx, func() { reset(tcp) })
	defer stop()
	x.head.Reset(parser.Limits{}, x.r.MethodID())
	err := x.send()
	if err == 0 {
		err = x.await()
	}
	return clientOr(ctx, err)
}

// clientOr returns err, unless the client's end may have caused it.
func clientOr(ctx context.Context, err Error) Error {
	if err != 0 && ctx.Err() != nil {
		return errClient
	}
	return err
}

// dial connects to the upstream.
func (x *exchange) dial(ctx context.Context) Error {
	ctx, cancel := context.WithTimeout(ctx, x.p.timeout())
	defer cancel()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", x.p.addr)
	if err != nil {
		x.cause = err
		return ErrDial
	}
	x.nc, x.tcp = nc, nc.(*net.TCPConn)
	if x.p.https {
		tc := tls.Client(noFIN{x.tcp}, x.p.config())
		if err := tc.HandshakeContext(ctx); err != nil {
			x.cause = err
			nc.Close()
			return ErrDial
		}
		x.nc = tc
	}
	return 0
}

// noFIN is a connection under TLS, over which a FIN is no end: that is a closure alert (RFC 9112 section 9.8). crypto/tls would
// take a FIN between two records for one.
type noFIN struct{ *net.TCPConn }

func (c noFIN) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if err == io.EOF {
		err = ErrBroken
	}
	return n, err
}

// reset ends a connection by RST. A FIN may mean no more than that its sender has sent all.
func reset(tcp *net.TCPConn) {
	tcp.SetLinger(0)
	tcp.Close()
}

// close ends the connection to the upstream, and waits for the end of what is under way on it. An exchange that is cut off
// ends with a reset.
func (x *exchange) close() {
	cut := x.phase != whole
	if x.writing {
		x.nc.SetWriteDeadline(time.Unix(1, 0))
		cut = <-x.sent != nil || cut
		x.writing = false
	}
	tc, secure := x.nc.(*tls.Conn)
	switch {
	case cut:
		reset(x.tcp)
	case secure:
		// A closure alert is due (RFC 9112 section 9.8). It may have to wait for the upstream, which the client shall not.
		go tc.Close()
	default:
		x.tcp.Close()
	}
	if x.reading {
		<-x.came
		x.reading = false
	}
}

// release gives the exchange back, after close.
func (x *exchange) release() {
	x.p, x.w, x.r, x.nc, x.tcp = nil, nil, nil, nil, nil
	x.area, x.from, x.to, x.phase, x.interim, x.cause = 0, 0, 0, inHead, 0, nil
	exchanges.Put(x)
}

// write writes x.out, while the response is passed on as far as it comes: an upstream that answers while it reads would
// otherwise stop reading until somebody reads its answer. It returns early when the response is whole. taken is false
// when the upstream has closed the connection: it may have answered before.
func (x *exchange) write() (taken bool, err Error) {
	x.writing = true
	x.nc.SetWriteDeadline(time.Now().Add(x.p.timeout()))
	go func() {
		_, err := x.nc.Write(x.out)
		x.sent <- err
	}()
	for {
		if !x.reading {
			x.reading = true
			room := x.room()
			go func() { x.came <- x.read(room) }()
		}
		select {
		case err := <-x.sent:
			x.writing = false
			if isTimeout(err) {
				return false, ErrSilent
			}
			return err == nil, 0
		case got := <-x.came:
			x.reading = false
			x.nc.SetWriteDeadline(time.Time{}) // the client takes the time it takes
			if err := x.take(got); err != 0 || x.phase == whole {
				return false, err
			}
			x.nc.SetWriteDeadline(time.Now().Add(x.p.timeout()))
		}
	}
}

// await passes on the rest of the response, or all of it.
func (x *exchange) await() Error {
	x.nc.SetWriteDeadline(time.Time{}) // TLS may have something to say
	if x.phase == inHead {
		x.nc.SetReadDeadline(time.Now().Add(x.p.timeout()))
	}
	for x.phase != whole {
		var got arrival
		if x.reading {
			got = <-x.came
			x.reading = false
		} else {
			got = x.read(x.room())
		}
		if err := x.take(got); err != 0 {
			return err
		}
	}
	return 0
}

// room returns where a read may put octets. There is some: what is unread is never more than a head, or a trailer section behind a
// head, and one octet.
func (x *exchange) room() []byte {
	if x.from > x.area {
		x.to = x.area + copy(x.in[x.area:], x.unread())
		x.from = x.area
	}
	return x.in[x.to:]
}

func (x *exchange) unread() []byte { return x.in[x.from:x.to] }

func (x *exchange) read(room []byte) arrival {
	n, err := x.nc.Read(room)
	return arrival{n, err}
}

// take notes what a read has brought, and passes it on.
func (x *exchange) take(got arrival) Error {
	x.to += got.n
	switch {
	case got.n > 0 || got.err == nil:
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
