package route

import (
	"barewire/parser"
	"barewire/srv"
)

func serveNotFound(w *srv.Response, _ *srv.Request) { explain(w, 404, "404 Not Found\n") }

func serveNotImplemented(w *srv.Response, _ *srv.Request) { explain(w, 501, "501 Not Implemented\n") }

func (m *Mux) serveNotAllowed(w *srv.Response, r *srv.Request) {
	allow(w, m.offeredAt(r.Path()))
	explain(w, 405, "405 Method Not Allowed\n")
}

func (m *Mux) serveOptions(w *srv.Response, r *srv.Request) {
	w.SetStatus(204)
	allow(w, m.offeredAt(r.Path()))
}

// serveServerOptions answers OPTIONS for the server as a whole, with what any of its routes offers.
func (m *Mux) serveServerOptions(w *srv.Response, _ *srv.Request) {
	w.SetStatus(204)
	w.Set("Allow", m.allowed)
}

func explain(w *srv.Response, status int, text string) {
	w.SetStatus(status)
	w.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteString(text)
}

// offeredAt returns the methods of all patterns that match a path.
func (m *Mux) offeredAt(path []byte) methods {
	// A method that no pattern has makes the walk visit them all. CONNECT is such a method for every path.
	w := walk{path: path, method: parser.MethodConnect}
	w.find(&m.root, 1, 0)
	return w.offered
}

// allow sets the Allow field (RFC 9110 section 10.2.1).
func allow(w *srv.Response, offered methods) {
	var room [512]byte // more than the whole registry takes
	w.SetBytes("Allow", appendAllow(room[:0], offered))
}

// everyMethod is what anyMethod stands for, without PRI, which begins a connection of HTTP/2 (RFC 9113 section 3.4) and is nothing to ask for.
const everyMethod methods = (1<<parser.MethodCount - 1) &^ (1<<anyMethod | 1<<parser.MethodConnect | 1<<parser.MethodPri)

// appendAllow appends the value of Allow, the methods that are offered by themselves included.
func appendAllow(list []byte, offered methods) []byte {
	offered |= bit(parser.MethodOptions)
	if offered&bit(anyMethod) != 0 {
		offered |= everyMethod
	}
	if offered&bit(parser.MethodGet) != 0 {
		offered |= bit(parser.MethodHead)
	}
	for method := parser.MethodGet; method < parser.MethodCount; method++ {
		if offered&bit(method) == 0 {
			continue
		}
		if len(list) > 0 {
			list = append(list, ", "...)
		}
		list = append(list, method.String()...)
	}
	return list
}
