package files

import (
	"os"
	"time"

	"barewire/srv"
)

// Dir is a Handler that sends the files of a directory. Make one with New. NotFound is set before the first request and not changed
// afterwards.
type Dir struct {
	// NotFound, if set, answers where there is no file; the status is 404 already.
	NotFound srv.HandlerFunc

	root  *os.Root // nil: names are those of the system
	cache cache
	clock func() time.Duration // since New; tests have their own
}

// New opens a directory. Where the name leads is decided here, once: a directory that is put in its place later is another
// one.
func New(dir string) (*Dir, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return newDir(root), nil
}

func newDir(root *os.Root) *Dir {
	start := time.Now()
	return &Dir{
		root:  root,
		cache: cache{entries: map[string]*entry{}},
		clock: func() time.Duration { return time.Since(start) },
	}
}

// One returns a handler that sends one file, whatever the path, with a cache of its own. The name is one for [os.Open], and links lead wherever
// they do. The file may come, change and go. Where there is none, notFound answers if it is set; the status is 404 already.
func One(name string, notFound srv.HandlerFunc) srv.HandlerFunc {
	d := newDir(nil)
	d.NotFound = notFound
	return d.One(name)
}

// Close closes the directory and the descriptors that are kept for it. Responses under way go on to their end; requests to come
// are answered with 404.
func (d *Dir) Close() error {
	d.cache.close()
	if d.root == nil {
		return nil
	}
	return d.root.Close()
}

// indexName is the file that stands for its folder.
const indexName = "index.html"

// ServeHTTP sends the file that the rest of the path names, which is what the trailing wildcard of the route's pattern matched, or the whole
// path where it has none. A folder is redirected to its name with a slash, and that is answered with its index.html.
func (d *Dir) ServeHTTP(w *srv.Response, r *srv.Request) {
	path := r.Rest()
	if path == nil {
		if path = r.Path(); len(path) > 0 && path[0] == '/' {
			path = path[1:]
		}
	}
	var room [256]byte
	name, folder, ok := appendName(room[:0], path)
	switch {
	case !ok:
		d.serve(w, r, nil, false)
	case !folder:
		d.serve(w, r, name, true)
	default:
		d.serve(w, r, append(name, indexName...), false)
	}
}

// One returns a handler that sends one file of the directory, whatever the path. The name is its path from the directory on, with
// slashes, and is not looked at as strangers' are: it may begin with a dot, though links may not lead to what does.
func (d *Dir) One(name string) srv.HandlerFunc {
	octets := []byte(name)
	return func(w *srv.Response, r *srv.Request) { d.serve(w, r, octets, false) }
}

// serve answers with the file that has the name, nil for none. slash says that a folder is to be asked for with a slash.
func (d *Dir) serve(w *srv.Response, r *srv.Request, name []byte, slash bool) {
	if refuseMethod(w, r) {
		return
	}
	v, vary, err := (*version)(nil), false, errNotFound
	if name != nil {
		v, vary, err = d.find(name, acceptable(r.Fields()))
	}
	switch {
	case err == 0:
		defer v.release()
		answer(w, r, v, vary)
	case err == errFolder && slash:
		redirect(w, r)
	case err == errCoding:
		w.Add("Vary", "Accept-Encoding")
		explain(w, 406, "406 Not Acceptable\n")
	case err == errChanging, err == ErrUnreadable:
		explain(w, 503, "503 Service Unavailable\n")
	default:
		if d.NotFound == nil {
			explain(w, 404, "404 Not Found\n")
			return
		}
		w.SetStatus(404)
		d.NotFound(w, r)
	}
}

// redirect leads to the same path with a slash, and the same query. It speaks of the last segment only, "./name/?query", so that
// nothing before it, such as a second slash, can be taken for a host.
func redirect(w *srv.Response, r *srv.Request) {
	var room [256]byte
	to := append(append(room[:0], "./"...), lastSegment(r.Path())...)
	to = append(to, '/')
	if query := r.Query(); query != nil {
		to = append(append(to, '?'), query...)
	}
	if w.SetBytes("Location", to) != nil { // too long for a field
		explain(w, 404, "404 Not Found\n")
		return
	}
	explain(w, 301, "301 Moved Permanently\n")
}
