package route

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
	"barewire/srv"
)

func nothing(*srv.Response, *srv.Request) {}

// register adds "METHOD pattern" lines, where ANY is every method.
func register(m *Mux, routes ...string) {
	for _, r := range routes {
		method, pattern, _ := strings.Cut(r, " ")
		var e *Entry
		if method == "ANY" {
			e = m.Any(pattern, nothing)
		} else {
			e = m.Handle(method, pattern, srv.HandlerFunc(nothing))
		}
		e.route.Name = r
	}
}

// found returns the name of the route for "METHOD path" and what it captured, as name=octets.
func found(m *Mux, request string) string {
	method, path, _ := strings.Cut(request, " ")
	id := parser.MethodOf([]byte(method))
	if !strings.HasPrefix(path, "/") {
		return m.findServer(id).route.Name
	}
	var w walk
	e := m.find(&w, id, []byte(path))
	out := e.route.Name
	for i, name := range e.captures {
		out += fmt.Sprintf(" %s=%s", name, path[w.spans[i].from:w.spans[i].to])
	}
	return out
}

func TestFind(t *testing.T) {
	tests := []struct {
		name   string
		routes []string
		want   map[string]string // request to route and captures
	}{
		{"nothing registered", nil, map[string]string{
			"GET /": "404", "OPTIONS /": "404", "OPTIONS *": "OPTIONS *", "CONNECT a:1": "501",
		}},
		{"literals", []string{"GET /", "GET /a", "GET /a/", "POST /a/b"}, map[string]string{
			"GET /": "GET /", "GET /a": "GET /a", "GET /a/": "GET /a/", "POST /a/b": "POST /a/b",
			"GET //": "404", "GET /a//": "404", "GET /A": "404", "GET /%61": "404", "GET /a/b": "405", "GET /a/./b": "404", "GET /x/../a": "404",
		}},
		{"raw octets", []string{"GET /%2F", "GET /a;v=1/~x", "GET /..", "GET /a*b"}, map[string]string{
			"GET /%2F": "GET /%2F", "GET /%2f": "404", "GET /a;v=1/~x": "GET /a;v=1/~x", "GET /..": "GET /..", "GET /a*b": "GET /a*b", "GET /axb": "404",
		}},
		{"names", []string{"GET /users/{id}", "GET /users/{id}/posts/{post_2}"}, map[string]string{
			"GET /users/7": "GET /users/{id} id=7", "GET /users/%00": "GET /users/{id} id=%00",
			"GET /users/7/posts/x.y": "GET /users/{id}/posts/{post_2} id=7 post_2=x.y",
			"GET /users/":            "404", "GET /users": "404", "GET /users/7/": "404", "GET /users/7/posts/": "404", "GET /users//posts/1": "404",
		}},
		{"wildcard", []string{"GET /files/*", "GET /{area}/x/*"}, map[string]string{
			"GET /files/": "GET /files/* *=", "GET /files/a/b//c": "GET /files/* *=a/b//c", "GET /files": "404",
			"GET /files/x/y": "GET /files/* *=x/y", "GET /z/x/": "GET /{area}/x/* area=z *=", "GET /z/x/1/2": "GET /{area}/x/* area=z *=1/2",
		}},
		{"everything", []string{"GET /*"}, map[string]string{"GET /": "GET /* *=", "GET /a/b": "GET /* *=a/b"}},
		{"precedence", []string{"GET /*", "GET /{a}", "GET /b", "GET /b/*", "GET /{a}/c", "GET /b/{d}/e", "GET /f/"}, map[string]string{
			"GET /":      "GET /* *=",
			"GET /b":     "GET /b",
			"GET /c":     "GET /{a} a=c",
			"GET /b/":    "GET /b/* *=",
			"GET /b/c":   "GET /b/* *=c",
			"GET /x/c":   "GET /{a}/c a=x",
			"GET /b/c/e": "GET /b/{d}/e d=c",
			"GET /b/c/f": "GET /b/* *=c/f",
			"GET /x/d":   "GET /* *=x/d",
			"GET /f/":    "GET /f/",
		}},
		{"backtracking over captures", []string{"GET /{a}/{b}/{c}/end", "GET /{a}/*", "GET /x/{b}/y"}, map[string]string{
			"GET /x/2/3/end": "GET /{a}/{b}/{c}/end a=x b=2 c=3",
			"GET /x/2/y":     "GET /x/{b}/y b=2",
			"GET /x/2/z":     "GET /{a}/* a=x *=2/z",
			"GET /x/2/3/4":   "GET /{a}/* a=x *=2/3/4",
		}},
		{"methods", []string{"GET /a", "HEAD /h", "GET /h", "PUT /a", "ANY /any", "DELETE /any", "OPTIONS /o"}, map[string]string{
			"GET /a": "GET /a", "HEAD /a": "GET /a", "PUT /a": "PUT /a", "DELETE /a": "405", "TRACE /a": "405", "OPTIONS /a": "OPTIONS",
			"HEAD /h": "HEAD /h", "GET /h": "GET /h",
			"GET /any": "ANY /any", "HEAD /any": "ANY /any", "OPTIONS /any": "ANY /any", "DELETE /any": "DELETE /any", "MKCOL /any": "ANY /any",
			"OPTIONS /o": "OPTIONS /o", "GET /o": "405", "OPTIONS /none": "404", "DELETE /none": "404",
		}},
		{"a method goes on to a more general pattern", []string{"GET /a/b", "POST /a/{x}", "DELETE /a/*", "ANY /*"}, map[string]string{
			"GET /a/b": "GET /a/b", "POST /a/b": "POST /a/{x} x=b", "DELETE /a/b": "DELETE /a/* *=b", "PUT /a/b": "ANY /* *=a/b", "HEAD /a/b": "GET /a/b",
		}},
		{"no path", []string{"OPTIONS *", "CONNECT *", "GET /"}, map[string]string{
			"OPTIONS *": "OPTIONS *", "CONNECT a:1": "CONNECT *", "GET *": "404",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New()
			register(m, tt.routes...)
			for request, want := range tt.want {
				assert.Equal(t, want, found(m, request), request)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	tests := []struct{ routes, says string }{
		{"GET ", "begins with a slash"},
		{"GET a", "begins with a slash"},
		{"GET /*/a", "the wildcard is the last segment"},
		{"GET /*/", "the wildcard is the last segment"},
		{"GET /{}", "a name is"},
		{"GET /{a", "a name is"},
		{"GET /{a}b", "a name is"},
		{"GET /{a-b}", "a name is"},
		{"GET /{{a}}", "a name is"},
		{"GET /a{b}", "octets of a path"},
		{"GET /a}", "octets of a path"},
		{"GET /a b", "octets of a path"},
		{"GET /a?b", "octets of a path"},
		{"GET /a#b", "octets of a path"},
		{"GET /%", "octets of a path"},
		{"GET /%2", "octets of a path"},
		{"GET /%2g", "octets of a path"},
		{"GET /ä", "octets of a path"},
		{"GET /a\x00", "octets of a path"},
		{"GET /{a}/{a}", "used once"},
		{"GET /{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/*", "too many names"},
		{"BREW /", "BREW is not a registered method"},
		{"get /", "get is not a registered method"},
		{"GET *", `"*" is for OPTIONS and CONNECT`},
		{"ANY *", `"*" is for OPTIONS and CONNECT`},
		{"CONNECT /", `"*" is for OPTIONS and CONNECT`},
		{"GET /a|GET /a", "registered twice"},
		{"GET /{a}|GET /{b}", "registered twice"},
		{"GET /a/*|GET /a/*", "registered twice"},
		{"ANY /a|ANY /a", "registered twice"},
		{"CONNECT *|CONNECT *", "registered twice"},
	}
	for _, tt := range tests {
		t.Run(tt.routes, func(t *testing.T) {
			routes := strings.Split(tt.routes, "|")
			m := New()
			register(m, routes[:len(routes)-1]...)
			defer func() { assert.Contains(t, recover(), tt.says) }()
			register(m, routes[len(routes)-1])
			t.Error("did not panic")
		})
	}
	t.Run("no handler", func(t *testing.T) {
		assert.PanicsWithValue(t, "route: /a has no handler", func() { New().Get("/a", nil) })
		assert.PanicsWithValue(t, "route: /a has no handler", func() { New().Handle("GET", "/a", nil) })
	})
	t.Run("as many names as there may be", func(t *testing.T) {
		m := New()
		register(m, "GET /{a}/{b}/{c}/{d}/{e}/{f}/{g}/*")
		assert.Equal(t, "GET /{a}/{b}/{c}/{d}/{e}/{f}/{g}/* a=1 b=2 c=3 d=4 e=5 f=6 g=7 *=8/9", found(m, "GET /1/2/3/4/5/6/7/8/9"))
	})
}

// reference finds a route by trying every pattern, without any index: the specification of find. Routes are as for
// register.
func reference(routes []string, method, path string) string {
	best, bestKinds, bestRank, matched := "", "", 0, false
	for _, r := range routes {
		offered, pattern, _ := strings.Cut(r, " ")
		captured, kinds, ok := referenceMatch(pattern, path)
		if !ok {
			continue
		}
		matched = true
		rank := 0 // how well the method fits
		switch {
		case offered == method:
			rank = 3
		case offered == "GET" && method == "HEAD":
			rank = 2
		case offered == "ANY":
			rank = 1
		}
		if rank > 0 && (best == "" || kinds < bestKinds || kinds == bestKinds && rank > bestRank) {
			best, bestKinds, bestRank = r+captured, kinds, rank
		}
	}
	switch {
	case best != "":
		return best
	case !matched:
		return "404"
	case method == "OPTIONS":
		return "OPTIONS"
	}
	return "405"
}

// referenceMatch returns what a pattern captures, and a string with a letter for the kind of each segment, in the order
// of precedence.
func referenceMatch(pattern, path string) (captured, kinds string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, w := range want {
		switch {
		case w == "*":
			return captured + " *=" + strings.Join(got[min(i, len(got)):], "/"), kinds + "c", i < len(got)
		case i >= len(got):
			return "", "", false
		case strings.HasPrefix(w, "{"):
			if got[i] == "" {
				return "", "", false
			}
			captured += " " + strings.Trim(w, "{}") + "=" + got[i]
			kinds += "b"
		case w != got[i]:
			return "", "", false
		default:
			kinds += "a"
		}
	}
	return captured, kinds, len(want) == len(got)
}

// randomRoutes returns routes that can be registered together, over so few segments that they get in each other's way.
func randomRoutes(r *rand.Rand) (routes []string) {
	taken := map[string]bool{}
	for range r.IntN(20) {
		pattern, shape := "", ""
		for depth := range 1 + r.IntN(4) {
			part := []string{"", "a", "b", "{", "*"}[r.IntN(5)]
			if part == "{" {
				part = fmt.Sprintf("{n%d}", depth+r.IntN(2)*10)
				shape += "/{}"
			} else {
				shape += "/" + part
			}
			pattern += "/" + part
			if part == "*" {
				break
			}
		}
		method := []string{"GET", "HEAD", "POST", "ANY", "OPTIONS"}[r.IntN(5)]
		if key := method + shape; !taken[key] {
			taken[key] = true
			routes = append(routes, method+" "+pattern)
		}
	}
	return routes
}

func TestAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	outcomes := map[string]int{}
	for range 2000 {
		routes := randomRoutes(r)
		m := New()
		register(m, routes...)
		for range 20 {
			path := ""
			for range 1 + r.IntN(5) {
				path += "/" + []string{"", "a", "b", "c"}[r.IntN(4)]
			}
			method := []string{"GET", "HEAD", "POST", "OPTIONS", "DELETE"}[r.IntN(5)]
			want := reference(routes, method, path)
			require.Equal(t, want, found(m, method+" "+path), "%s %s among %q", method, path, routes)
			outcomes[want[:3]]++
		}
	}
	for _, outcome := range []string{"404", "405", "GET", "HEA", "POS", "ANY", "OPT"} {
		assert.Greater(t, outcomes[outcome], 100, "the paths hardly ever lead to %s", outcome)
	}
}

// The order in which routes are registered means nothing.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		routes := randomRoutes(r)
		forth, back := New(), New()
		register(forth, routes...)
		r.Shuffle(len(routes), func(i, j int) { routes[i], routes[j] = routes[j], routes[i] })
		register(back, routes...)
		for _, path := range []string{"/", "/a", "/b", "/c", "/a/", "/a/b", "/b/c", "/c/c", "/a/b/a", "//", "/a//b"} {
			assert.Equal(t, found(forth, "GET "+path), found(back, "GET "+path), "%s among %q", path, routes)
		}
	}
}

func TestOffered(t *testing.T) {
	m := New()
	register(m, "GET /a/b", "POST /a/{x}", "PUT /*", "CONNECT *")
	assert.Equal(t, bit(parser.MethodGet)|bit(parser.MethodPost)|bit(parser.MethodPut), m.offeredAt([]byte("/a/b")))
	assert.Equal(t, bit(parser.MethodPost)|bit(parser.MethodPut), m.offeredAt([]byte("/a/c")))
	assert.Equal(t, bit(parser.MethodPut), m.offeredAt([]byte("/a/b/c")))
}

func FuzzRoute(f *testing.F) {
	f.Add(uint64(1), "/a/b")
	f.Add(uint64(2), "/a//b/")
	f.Add(uint64(3), "//")
	f.Fuzz(func(t *testing.T, seed uint64, path string) {
		if !strings.HasPrefix(path, "/") {
			t.Skip()
		}
		routes := randomRoutes(rand.New(rand.NewPCG(seed, 0)))
		m := New()
		register(m, routes...)
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "DELETE"} {
			require.Equal(t, reference(routes, method, path), found(m, method+" "+path), "%s among %q", method, routes)
		}
	})
}
