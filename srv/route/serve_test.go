package route_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
	"barewire/srv"
	"barewire/srv/route"
	"barewire/srv/srvtest"
)

// ask sends one request without content through a server and returns its response.
func ask(t *testing.T, router srv.Router, method, target string) *http.Response {
	octets := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", method, target)
	answer := srvtest.Do(&srv.Server{Router: router}, []byte(octets))
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), &http.Request{Method: method})
	require.NoError(t, err, "%q", answer)
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err, "%q", answer)
	r.Body = io.NopCloser(bytes.NewReader(text))
	return r
}

func text(r *http.Response) string {
	b, _ := io.ReadAll(r.Body)
	return string(b)
}

// say returns a handler that answers with a word and what the pattern captured.
func say(word string) srv.HandlerFunc {
	return func(w *srv.Response, r *srv.Request) {
		fmt.Fprintf(w, "%s id=%s rest=%s", word, r.Param("id"), r.Rest())
	}
}

func TestServe(t *testing.T) {
	m := route.New()
	m.Get("/", say("home"))
	m.Get("/users/{id}", say("user"))
	m.Delete("/users/{id}", say("gone"))
	m.Put("/users/*", say("put"))
	m.Patch("/p", say("patch"))
	m.Head("/h", say("head"))
	m.Post("/h", say("post"))
	m.Any("/any/{id}/*", say("any"))
	m.Handle("PROPFIND", "/dav", say("dav"))

	every := "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH, QUERY" // and the rest of the registry, for the sake of /any
	for method := parser.MethodACL; method < parser.MethodCount; method++ {
		if method != parser.MethodPri {
			every += ", " + method.String()
		}
	}
	tests := []struct {
		method, target string
		status         int
		text, allow    string
	}{
		{"GET", "/", 200, "home id= rest=", ""},
		{"GET", "/?users", 200, "home id= rest=", ""},
		{"GET", "http://a/users/7?x", 200, "user id=7 rest=", ""},
		{"HEAD", "/users/7", 200, "", ""},
		{"DELETE", "/users/%37", 200, "gone id=%37 rest=", ""},
		{"PUT", "/users/7", 200, "put id= rest=7", ""},
		{"PUT", "/users/", 200, "put id= rest=", ""},
		{"PATCH", "/p", 200, "patch id= rest=", ""},
		{"POST", "/h", 200, "post id= rest=", ""},
		{"REPORT", "/any/a/b/c", 200, "any id=a rest=b/c", ""},
		{"TRACE", "/any/a/", 200, "any id=a rest=", ""},
		{"BREW", "/any/a/b", 200, "any id=a rest=b", ""},
		{"get", "/any/a/b", 200, "any id=a rest=b", ""},
		{"PROPFIND", "/dav", 200, "dav id= rest=", ""},

		{"GET", "/users", 404, "404 Not Found\n", ""},
		{"HEAD", "/users", 404, "", ""},
		{"OPTIONS", "/users", 404, "404 Not Found\n", ""},
		{"POST", "/users/7", 405, "405 Method Not Allowed\n", "GET, HEAD, PUT, DELETE, OPTIONS"},
		{"TRACE", "/", 405, "405 Method Not Allowed\n", "GET, HEAD, OPTIONS"},
		{"GET", "/h", 405, "405 Method Not Allowed\n", "HEAD, POST, OPTIONS"},
		{"GET", "/dav", 405, "405 Method Not Allowed\n", "OPTIONS, PROPFIND"},
		{"OPTIONS", "/", 204, "", "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/users/7", 204, "", "GET, HEAD, PUT, DELETE, OPTIONS"},
		{"OPTIONS", "*", 204, "", every},
		{"OPTIONS", "http://a", 204, "", every},
		{"BREW", "/", 501, "501 Not Implemented\n", ""},
		{"get", "/", 501, "501 Not Implemented\n", ""},
		{"BREW", "/nowhere", 501, "501 Not Implemented\n", ""},
		{"CONNECT", "a:1", 501, "501 Not Implemented\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			r := ask(t, m, tt.method, tt.target)
			assert.Equal(t, tt.status, r.StatusCode)
			assert.Equal(t, tt.text, text(r))
			assert.Equal(t, tt.allow, r.Header.Get("Allow"))
		})
	}
}

// The server as a whole offers what any of its routes does, and OPTIONS.
func TestServerOptions(t *testing.T) {
	m := route.New()
	check := func(want string) {
		t.Helper()
		r := ask(t, m, "OPTIONS", "*")
		assert.Equal(t, 204, r.StatusCode)
		assert.Equal(t, []string{want}, r.Header.Values("Allow"))
	}
	check("OPTIONS")
	m.Post("/{id}", say("post"))
	check("POST, OPTIONS")
	m.Handle("PROPFIND", "/dav/*", say("dav"))
	m.Post("/again", say("post"))
	check("POST, OPTIONS, PROPFIND")
	m.Get("/{id}", say("get")).With(mark("m"))
	check("GET, HEAD, POST, OPTIONS, PROPFIND")
	m.NotFound(say("lost"))
	check("GET, HEAD, POST, OPTIONS, PROPFIND")
	m.Handle("CONNECT", "*", say("connect"))
	check("GET, HEAD, POST, CONNECT, OPTIONS, PROPFIND")
}

func TestServerPattern(t *testing.T) {
	m := route.New()
	m.Handle("OPTIONS", "*", say("options"))
	m.Handle("CONNECT", "*", say("connect"))
	assert.Equal(t, "options id= rest=", text(ask(t, m, "OPTIONS", "*")))
	assert.Equal(t, 404, ask(t, m, "OPTIONS", "/").StatusCode)
	assert.Equal(t, "connect id= rest=", text(ask(t, m, "CONNECT", "a:1")))
}

func TestNotFound(t *testing.T) {
	m := route.New()
	m.Get("/a", say("a"))
	m.NotFound(func(w *srv.Response, r *srv.Request) {
		w.SetStatus(404)
		w.WriteString("lost at ")
		w.Write(r.Path())
	})
	r := ask(t, m, "GET", "/b?c")
	assert.Equal(t, 404, r.StatusCode)
	assert.Equal(t, "lost at /b", text(r))
	assert.Equal(t, 405, ask(t, m, "PUT", "/a").StatusCode)
}

// mark returns middleware that writes a word before and after what is inside.
func mark(word string) func(srv.Handler) srv.Handler {
	return func(inside srv.Handler) srv.Handler {
		return srv.HandlerFunc(func(w *srv.Response, r *srv.Request) {
			w.WriteString("<" + word + ">")
			inside.ServeHTTP(w, r)
			w.WriteString("</" + word + ">")
		})
	}
}

func TestMiddleware(t *testing.T) {
	m := route.New()
	m.Get("/plain", say("plain"))
	m.Get("/own", say("own")).With(mark("c"), mark("d"))
	m.Use(mark("a"))
	m.Use(mark("b"))
	m.Get("/later", say("later")).With(mark("c")).With(mark("d"))
	m.NotFound(say("lost"))

	assert.Equal(t, "<a><b>plain id= rest=</b></a>", text(ask(t, m, "GET", "/plain")))
	assert.Equal(t, "<a><b><c><d>own id= rest=</d></c></b></a>", text(ask(t, m, "GET", "/own")))
	assert.Equal(t, "<a><b><c><d>later id= rest=</d></c></b></a>", text(ask(t, m, "GET", "/later")))
	assert.Equal(t, "<a><b>lost id= rest=</b></a>", text(ask(t, m, "GET", "/x")))
	assert.Equal(t, "<a><b>405 Method Not Allowed\n</b></a>", text(ask(t, m, "PUT", "/own")))
}

// spy is a Router that keeps the Route that another one found, for a look at it.
type spy struct {
	srv.Router
	route *srv.Route
}

func (s *spy) Route(r *srv.Request) *srv.Route {
	s.route = s.Router.Route(r)
	return s.route
}

func TestRouteValues(t *testing.T) {
	m := route.New()
	m.Get("/inline/{id}", say("")).Inline().ContentSize(5).With(mark("m"))
	m.Get("/blocking", say("")).ContentSize(-1)
	m.NotFound(say(""))
	m.Use(mark("m"))

	tests := []struct {
		request string
		name    string
		inline  bool
		size    int64
	}{
		{"GET /inline/7", "/inline/{id}", true, 5},
		{"HEAD /inline/7", "/inline/{id}", true, 5},
		{"GET /blocking", "/blocking", false, -1},
		{"GET /none", "404", false, 0},
		{"PUT /blocking", "405", true, 0},
		{"OPTIONS /blocking", "OPTIONS", true, 0},
		{"OPTIONS *", "OPTIONS *", true, 0},
		{"BREW /", "501", true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.request, func(t *testing.T) {
			s := &spy{Router: m}
			method, target, _ := strings.Cut(tt.request, " ")
			ask(t, s, method, target)
			require.NotNil(t, s.route)
			assert.Equal(t, tt.name, s.route.Name)
			assert.Equal(t, tt.inline, s.route.Inline)
			assert.Equal(t, tt.size, s.route.ContentSize)
		})
	}
}

// meter is a Router that counts what finding the route of a request allocates, and what the handler there does.
type meter struct {
	srv.Router
	found, answered float64
}

func (m *meter) Route(r *srv.Request) *srv.Route {
	m.found = testing.AllocsPerRun(100, func() { m.Router.Route(r) })
	found := *m.Router.Route(r)
	inside := found.Handler
	found.Handler = srv.HandlerFunc(func(w *srv.Response, r *srv.Request) {
		m.answered = testing.AllocsPerRun(100, func() {
			w.Clear()
			inside.ServeHTTP(w, r)
		})
	})
	return &found
}

func large() *route.Mux {
	m := route.New()
	silent := func(*srv.Response, *srv.Request) {}
	for _, a := range []string{"users", "posts", "files", "a", "b"} {
		m.Get("/"+a, silent)
		m.Get("/"+a+"/{id}", silent)
		m.Get("/"+a+"/{id}/x/{y}", silent)
		m.Put("/"+a+"/*", silent)
	}
	for method := parser.MethodPost; method < parser.MethodCount; method++ {
		if method != parser.MethodConnect && method != parser.MethodOptions {
			m.Handle(method.String(), "/many", srv.HandlerFunc(silent))
		}
	}
	return m
}

func TestNothingIsAllocated(t *testing.T) {
	for _, request := range []string{
		"GET /users", "GET /users/7", "GET /users/7/x/8", "PUT /files/a/b/c", "HEAD /posts/1", "DELETE /users", "OPTIONS /users/7", "OPTIONS *", "GET /many", "OPTIONS /many",
		"GET /none/at/all", "BREW /", "CONNECT a:1",
	} {
		t.Run(request, func(t *testing.T) {
			m := &meter{large(), -1, -1}
			method, target, _ := strings.Cut(request, " ")
			ask(t, m, method, target)
			assert.Zero(t, m.found)
			assert.Zero(t, m.answered)
		})
	}
}

func Example() {
	m := route.New()
	m.Get("/", func(w *srv.Response, r *srv.Request) {
		w.WriteString("home")
	}).Inline()
	m.Get("/users/{id}", func(w *srv.Response, r *srv.Request) {
		w.WriteString("user ")
		w.Write(r.Param("id"))
	})
	m.Put("/files/*", func(w *srv.Response, r *srv.Request) {
		w.WriteString("file ")
		w.Write(r.Rest())
	}).ContentSize(1 << 30)

	s := &srv.Server{Router: m}
	for _, request := range []string{"GET /", "GET /users/7", "PUT /files/a/b", "PUT /"} {
		answer := srvtest.Do(s, []byte(request+" HTTP/1.1\r\nHost: a\r\n\r\n"))
		_, content, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
		fmt.Printf("%s: %s\n", request, bytes.TrimSpace(content))
	}
	// Output:
	// GET /: home
	// GET /users/7: user 7
	// PUT /files/a/b: file a/b
	// PUT /: 405 Method Not Allowed
}
