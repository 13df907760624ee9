package route

import (
	"barewire/parser"
	"barewire/srv"
)

// Mux is a set of routes. Make one with [New].
type Mux struct {
	static map[string]*leaf // the patterns of literals alone, by path
	root   node             // all patterns that begin with a slash
	server leaf             // the pattern "*"
	all    []*Entry
	around []func(srv.Handler) srv.Handler

	offered methods // by any pattern
	allowed string  // these as the value of Allow

	options, serverOptions, notFound, notAllowed, notImplemented *Entry
}

// New returns a Mux without patterns, which answers every request by itself.
func New() *Mux {
	m := &Mux{static: map[string]*leaf{}}
	m.offer(0)
	m.options = m.answer("OPTIONS", m.serveOptions)
	m.serverOptions = m.answer("OPTIONS *", m.serveServerOptions)
	m.notFound = m.answer("404", serveNotFound)
	m.notAllowed = m.answer("405", m.serveNotAllowed)
	m.notImplemented = m.answer("501", serveNotImplemented)
	return m
}

func (m *Mux) answer(name string, h srv.HandlerFunc) *Entry {
	e := m.entry(name, h)
	return e.Inline()
}

// Entry is one registered route. Its methods refine it and return it.
type Entry struct {
	route    srv.Route
	m        *Mux
	handler  srv.Handler // without middleware
	with     []func(srv.Handler) srv.Handler
	captures []string // what the spans of a match are called, "*" for the wildcard
}

func (m *Mux) entry(name string, h srv.Handler) *Entry {
	if f, isFunc := h.(srv.HandlerFunc); h == nil || isFunc && f == nil {
		panic("route: " + name + " has no handler")
	}
	e := &Entry{route: srv.Route{Name: name}, m: m, handler: h}
	e.wrap()
	m.all = append(m.all, e)
	return e
}

// wrap puts the middleware around the handler, the Mux's outside of the entry's.
func (e *Entry) wrap() {
	h := e.handler
	for i := len(e.with) - 1; i >= 0; i-- {
		h = e.with[i](h)
	}
	for i := len(e.m.around) - 1; i >= 0; i-- {
		h = e.m.around[i](h)
	}
	e.route.Handler = h
}

// Inline says that the handler neither blocks nor computes for long, see srv.Route.
func (e *Entry) Inline() *Entry {
	e.route.Inline = true
	return e
}

// ContentSize sets the largest content of a request in octets; negative is no limit. See srv.Route.
func (e *Entry) ContentSize(n int64) *Entry {
	e.route.ContentSize = n
	return e
}

// With puts middleware around the handler: the first one outermost, all within the Mux's own. Whether the route is inline does not
// change, so middleware around an inline handler must not block either. It may be called for more than one Entry, once
// or more for each, all before the server starts.
func (e *Entry) With(middleware ...func(srv.Handler) srv.Handler) *Entry {
	e.with = append(e.with, middleware...)
	e.wrap()
	return e
}

// Use puts middleware around every route, those to come and the automatic answers included, the first one outermost.
func (m *Mux) Use(middleware ...func(srv.Handler) srv.Handler) {
	m.around = append(m.around, middleware...)
	for _, e := range m.all {
		e.wrap()
	}
}

// Get registers a handler for GET, and for HEAD unless there is one.
func (m *Mux) Get(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(parser.MethodGet, pattern, h)
}

// Head registers a handler for HEAD.
func (m *Mux) Head(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(parser.MethodHead, pattern, h)
}

// Post registers a handler for POST.
func (m *Mux) Post(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(parser.MethodPost, pattern, h)
}

// Put registers a handler for PUT.
func (m *Mux) Put(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(parser.MethodPut, pattern, h)
}

// Patch registers a handler for PATCH.
func (m *Mux) Patch(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(parser.MethodPatch, pattern, h)
}

// Delete registers a handler for DELETE.
func (m *Mux) Delete(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(parser.MethodDelete, pattern, h)
}

// Any registers a handler for every method but CONNECT that has no handler of its own for the pattern, methods that are
// not in the IANA registry among them. Other patterns answer those with 501.
func (m *Mux) Any(pattern string, h srv.HandlerFunc) *Entry {
	return m.add(anyMethod, pattern, h)
}

// Handle registers a handler for a method of the IANA registry. The pattern "*" is for requests that have no path:
// OPTIONS in asterisk-form and CONNECT.
func (m *Mux) Handle(method, pattern string, h srv.Handler) *Entry {
	id := parser.MethodOf([]byte(method))
	if id == 0 {
		panic("route: " + method + " is not a registered method")
	}
	return m.add(id, pattern, h)
}

// NotFound replaces the answer to paths that no pattern matches. The handler sets the status itself.
func (m *Mux) NotFound(h srv.HandlerFunc) *Entry {
	m.notFound = m.entry("404", h)
	return m.notFound
}

// add registers an entry for a method, or for anyMethod.
func (m *Mux) add(method parser.Method, pattern string, h srv.Handler) *Entry {
	pathless := method == parser.MethodConnect || method == parser.MethodOptions && pattern == "*"
	if pathless != (pattern == "*") {
		panic("route: " + pattern + ": \"*\" is for OPTIONS and CONNECT, and CONNECT for \"*\"")
	}
	e := m.entry(pattern, h)
	l := &m.server
	if !pathless {
		segments := parsePattern(pattern)
		l = m.root.plant(segments)
		if e.captures = capturesOf(segments); len(e.captures) == 0 {
			m.static[pattern] = l
		}
	}
	if !l.put(method, e) {
		panic("route: " + pattern + " is registered twice for one method")
	}
	m.offer(bit(method))
	return e
}

// offer notes that there is a route for methods.
func (m *Mux) offer(more methods) {
	m.offered |= more
	m.allowed = string(appendAllow(nil, m.offered))
}

// Route returns the route of a request. It is for the server.
func (m *Mux) Route(r *srv.Request) *srv.Route {
	method, path := r.MethodID(), r.Path()
	if len(path) == 0 || path[0] != '/' {
		return &m.findServer(method).route
	}
	var w walk
	e := m.find(&w, method, path)
	for i, name := range e.captures {
		r.Capture(name, w.spans[i].from, w.spans[i].to)
	}
	return &e.route
}

// find returns the entry for a path that begins with a slash. The spans of its captures are left in w.
func (m *Mux) find(w *walk, method parser.Method, path []byte) *Entry {
	if l := m.static[string(path)]; l != nil {
		if e := l.get(method); e != nil {
			return e
		}
	}
	w.method, w.path = method, path
	if e := w.find(&m.root, 1, 0); e != nil {
		return e
	}
	switch {
	case method == 0:
		return m.notImplemented
	case w.offered == 0:
		return m.notFound
	case method == parser.MethodOptions:
		return m.options
	}
	return m.notAllowed
}

// findServer returns the entry for a request without a path.
func (m *Mux) findServer(method parser.Method) *Entry {
	if e := m.server.get(method); e != nil {
		return e
	}
	switch method {
	case parser.MethodOptions:
		return m.serverOptions
	case parser.MethodConnect, 0:
		return m.notImplemented
	}
	return m.notFound
}
