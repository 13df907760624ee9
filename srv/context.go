package srv

import (
	"context"
	"sync"
)

// loss tells a handler that its client is gone, by a context or by a function. lost may be called by the goroutine that watches the
// connection, so mu guards what follows it.
type loss struct {
	used    bool // Context or OnLost was called; this and what follows are the handler's goroutine's alone
	over    bool // not used, and the handler has returned
	watched bool // the engine calls lost
	s       *Server

	mu     sync.Mutex
	cause  error // it is lost, or the handler has returned
	ctx    context.Context
	cancel context.CancelCauseFunc
	f      func()
}

// Context returns a context that ends when the handler returns, when the client resets the connection or a write to it fails, on
// Server.Close, and when the context given to Server.Shutdown ends. A FIN from the client does not end it: a
// client may half-close and still wait for the answer. Off Linux a reset is seen at the next read or write.
//
// The context is made by the first call, which allocates, and stays valid after the handler, ended.
func (r *Request) Context() context.Context {
	t := r.live()
	l := r.use()
	if l.ctx == nil {
		ctx, cancel := context.WithCancelCause(t.s.base)
		l.mu.Lock()
		l.ctx, l.cancel = ctx, cancel
		if l.cause != nil {
			cancel(l.cause)
		}
		l.mu.Unlock()
		r.watch()
	}
	return l.ctx
}

// OnLost has f called, at most once, where the context from Context would end before the handler returns; at once if that has happened
// already. It is for handlers that wait for something else than the client and are not to allocate. f is called from within a
// failing call of Response or Content, or from another goroutine; it must not block, nor use the Request. Once the handler has
// returned, f neither runs nor is called. A later call replaces f; nil takes it back.
func (r *Request) OnLost(f func()) {
	r.live()
	l := r.use()
	if l.replace(f) {
		r.watch()
	}
}

// replace sets f, or calls it, and reports whether it may still be called.
func (l *loss) replace(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.f = f
	if l.cause != nil && f != nil {
		f()
	}
	return l.cause == nil
}

// use is called when a handler first wants to be told. Until then there is nothing that anybody else could look at.
func (r *Request) use() *loss {
	l := &r.loss
	if !l.used {
		l.used, l.s = true, r.t.s
		if l.over {
			l.cause = context.Canceled
		}
	}
	return l
}

// watch has the engine call lost.
func (r *Request) watch() {
	l := &r.loss
	l.mu.Lock()
	over := l.cause != nil
	l.mu.Unlock()
	if !over && !l.watched {
		l.watched = true
		r.t.port.watch(r.t)
	}
}

// lost tells the handler that the connection is lost, or else why it is to stop.
func (r *Request) lost(cause error) {
	l := r.use()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return
	}
	l.cause = cause
	if l.cancel != nil {
		l.cancel(cause)
	}
	if l.f != nil {
		defer l.s.hooked("OnLost")
		l.f()
	}
}

// end ends what is told when the handler has returned.
func (r *Request) end() {
	r.t.content.end()
	l := &r.loss
	if !l.used {
		l.over = true
		return
	}
	if l.watched {
		l.watched = false
		r.t.port.unwatch(r.t)
	}
	l.mu.Lock()
	if l.cancel != nil {
		l.cancel(context.Canceled)
	}
	if l.cause == nil {
		l.cause = context.Canceled
	}
	l.f = nil
	l.mu.Unlock()
}

// reset makes the loss of the last request forgotten. Nobody watches now.
func (l *loss) reset() {
	l.over = false
	if l.used {
		l.used, l.cause, l.ctx, l.cancel, l.f = false, nil, nil, nil, nil
	}
}
