package srv

import "sync/atomic"

// Handler answers a request. It runs once for every request of its Route, in many goroutines at a time.
//
// Response, Request and every slice that they give are borrowed: they belong to the handler until it returns, and are
// overwritten afterwards. What is to be kept has to be copied, by bytes.Clone or string(b). See the package
// documentation.
type Handler interface {
	ServeHTTP(w *Response, r *Request)
}

// HandlerFunc is a function as a Handler.
type HandlerFunc func(w *Response, r *Request)

// ServeHTTP calls f(w, r).
func (f HandlerFunc) ServeHTTP(w *Response, r *Request) { f(w, r) }

// Router finds the Route of a request. It runs before the handler, where it must neither block nor allocate, in many
// goroutines at a time. It never returns nil: "not found" is a Route like any other. The request's content cannot be read
// by a Router.
type Router interface {
	Route(r *Request) *Route
}

// Route is where requests of one kind go. It is made once, before the server starts, and does not change.
type Route struct {
	// Name says which route it is in logs and counters, usually its pattern.
	Name string
	// Handler answers. It is not nil.
	Handler Handler
	// Inline says that the handler neither blocks nor computes for long, so that it may run on an event loop, and
	// answers to pipelined requests may go out together. A handler that does wait stays correct: it leaves the loop.
	Inline bool
	// ContentSize is the largest content of a request in octets, beyond which it is refused with 413. Zero is the
	// server's limit, a negative size none.
	ContentSize int64

	demotion demotion // its record, for the loop engine
}

// nowhere is the Route of a server without a Router.
var nowhere = &Route{Name: "no router", Inline: true, Handler: HandlerFunc(func(w *Response, _ *Request) {
	w.SetStatus(404)
})}

// demotion is the record of a Route whose handlers hold up the loop. until is read by every request of the Route; the rest
// is guarded by demotions.
type demotion struct {
	until  uint32 // atomic: the tick at which the Route is inline again; 0: it is
	count  uint32
	since  tick
	asked  bool // its stack was looked at since then
	logged bool
}

// demoted reports whether the Route is not taken at its word that it is Inline.
func (r *Route) demoted(now tick) bool {
	until := atomic.LoadUint32(&r.demotion.until)
	if until == 0 {
		return false
	}
	if now.reached(tick(until)) {
		atomic.CompareAndSwapUint32(&r.demotion.until, until, 0) // ticks wrap
		return false
	}
	return true
}
