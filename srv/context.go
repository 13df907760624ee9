package srv

import "context"

// Context returns a context that ends when the handler returns, when the client resets the connection or a write to it fails, on
// Server.Close, and when the context given to Server.Shutdown ends. A FIN from the client does not end it: a
// client may half-close and still wait for the answer. Off Linux a reset is seen at the next read or write.
//
// The context is made by the first call, which allocates, and stays valid after the handler, ended.
func (r *Request) Context() context.Context {
	t := r.live()
	if r.ctx == nil {
		r.ctx, r.cancel = context.WithCancelCause(t.s.base)
		if t.c.flags.has(flagGone) {
			r.cancel(ErrHijacked)
		} else {
			t.port.watch(t)
		}
	}
	return r.ctx
}

// lost ends the context when the connection is lost. It may be called by the goroutine that watches the connection.
func (r *Request) lost() {
	if r.cancel != nil {
		r.cancel(ErrReset)
	}
}

// end ends the context when the handler has returned.
func (r *Request) end() {
	if r.cancel != nil {
		r.t.port.unwatch(r.t)
		r.cancel(context.Canceled)
	}
}
