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

// serveServerOptions answers OPTIONS for the server as a whole, where Allow would have to speak for every resource. None
// is sent.
func (m *Mux) serveServerOptions(w *srv.Response, _ *srv.Request) { w.SetStatus(204) }

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

// allow sets the Allow field (RFC 9110 section 10.2.1), with the methods that are offered by themselves.
func allow(w *srv.Response, offered methods) {
	offered |= bit(parser.MethodOptions)
	if offered&bit(parser.MethodGet) != 0 {
		offered |= bit(parser.MethodHead)
	}
	var room [256]byte
	list := room[:0]
	for method := parser.MethodGet; method < parser.MethodCount; method++ {
		if offered&bit(method) == 0 {
			continue
		}
		if len(list) > 0 {
			list = append(list, ", "...)
		}
		list = append(list, method.String()...)
	}
	w.SetBytes("Allow", list)
}
