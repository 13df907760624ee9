package srv

import (
	"log/slog"
	"runtime/debug"
)

// find asks the Router, unless the request is for a resource that is not this connection's. A panic in the Router is answered with 500.
func (t *turn) find() (err fault) {
	t.route, t.handled = nowhere, false
	if t.head.Secure() && !t.c.flags.has(flagSecure) {
		return ErrMisdirected
	}
	returned := false
	defer func() {
		if !returned {
			t.panicked(recover())
			t.req.end()
			err = ErrHandler
		}
	}()
	route := nowhere
	if t.s.Router != nil {
		route = t.s.Router.Route(t.req)
	}
	if size := route.ContentSize; size != 0 { // a Route that is nil panics here
		t.content.limit = or(size, 0, 1<<63-1)
	}
	t.route = route
	t.content.open()
	returned = true
	return nil
}

// call runs the handler. A panic is logged and answered with 500 or, when some of the response has left, by cutting it
// off. runtime.Goexit is answered likewise, and then ends the goroutine, whose deferred calls close the connection.
func (t *turn) call() {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		if t.panicked(v); v == nil {
			t.c.quit(t)
		}
	}()
	t.handled = true
	t.route.Handler.ServeHTTP(t.res, t.req)
	returned = true
}

func (t *turn) panicked(v any) {
	t.sum.panics.Add(1)
	t.res.err = ErrHandler
	if v == nil { // runtime.Goexit
		return
	}
	t.s.log().Error("handler panicked", slog.String("route", t.route.Name), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
}

// tell calls the hook OnDone.
func (t *turn) tell(done func(*Response, *Request)) {
	defer t.s.hooked("OnDone")
	done(t.res, t.req)
}

// hooked is deferred around a hook, whose panic ends nothing but itself.
func (s *Server) hooked(name string) {
	if v := recover(); v != nil {
		s.log().Error("hook panicked", slog.String("hook", name), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	}
}

// handBack takes from the handler what it had borrowed.
func (t *turn) handBack() {
	if !poison {
		return
	}
	name := t.route.Name
	overwrite(t.b[t.headStart:t.r], name)
	t.req.gone, t.res.gone, t.content.gone = name, name, name
	t.renew()
}
