package files

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/srvtest"
)

func TestServe(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "hello")
	s.put("empty.css", "")
	s.put("big.mp4", string(bigContent))
	s.put("edge.bin", strings.Repeat("e", smallSize))
	s.put("edge1.bin", strings.Repeat("f", smallSize+1))
	s.put("sub/index.html", "<p>index")
	s.put("sub/b c%.html", "odd name")
	s.put("index.html", "<p>top")
	tests := []struct {
		name, target, content, media string
	}{
		{"small", "a.txt", "hello", "text/plain; charset=utf-8"},
		{"with a query", "a.txt?x=1", "hello", "text/plain; charset=utf-8"},
		{"encoded", "%61.t%78t", "hello", "text/plain; charset=utf-8"},
		{"empty", "empty.css", "", "text/css; charset=utf-8"},
		{"large", "big.mp4", string(bigContent), "video/mp4"},
		{"largest small one", "edge.bin", strings.Repeat("e", smallSize), "application/octet-stream"},
		{"smallest large one", "edge1.bin", strings.Repeat("f", smallSize+1), "application/octet-stream"},
		{"index of a folder", "sub/", "<p>index", "text/html; charset=utf-8"},
		{"index by name", "sub/index.html", "<p>index", "text/html; charset=utf-8"},
		{"index of the directory", "", "<p>top", "text/html; charset=utf-8"},
		{"decoded once", "sub/b%20c%25.html", "odd name", "text/html; charset=utf-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // from the disk, and from the cache
				r := s.get(tt.target)
				require.NoError(t, r.err)
				assert.Equal(t, 200, r.StatusCode)
				assert.True(t, tt.content == r.content, "%d octets: %.50q", len(r.content), r.content)
				assert.Equal(t, int64(len(tt.content)), r.ContentLength)
				assert.Equal(t, tt.media, r.field("Content-Type"))
				assert.Equal(t, longAgoDate, r.field("Last-Modified"))
				assert.Equal(t, "bytes", r.field("Accept-Ranges"))
				assert.Regexp(t, `^"[A-Za-z0-9_-]{16}"$`, r.field("ETag"))
				assert.Empty(t, r.field("Vary"))

				head := s.do("HEAD", "/f/"+tt.target)
				assert.Empty(t, head.content)
				head.Header.Del("Date")
				r.Header.Del("Date")
				assert.Equal(t, r.Header, head.Header, "HEAD has the fields of GET")
			}
		})
	}
}

func TestMethods(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "hello")
	r := s.do("POST", "/f/a.txt", "Content-Length: 0")
	assert.Equal(t, []any{405, "GET, HEAD, OPTIONS"}, []any{r.StatusCode, r.field("Allow")}, "by the router")
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		r := s.do(method, "/any/a.txt", "Content-Length: 0")
		assert.Equal(t, []any{405, "GET, HEAD"}, []any{r.StatusCode, r.field("Allow")}, method)
	}
	assert.Equal(t, "hello", s.do("GET", "/any/a.txt").content)
}

// A path without a wildcard in its pattern is a name as a whole.
func TestWholePath(t *testing.T) {
	s := newSite(t)
	s.put("docs/a.txt", "hello")
	server := &srv.Server{Router: oneRoute{&srv.Route{Handler: s.d}}}
	r := parse(t, "GET", srvtest.Do(server, []byte(request("GET", "/docs/a.txt"))))
	assert.Equal(t, "hello", r.content)
}

type oneRoute struct{ route *srv.Route }

func (o oneRoute) Route(*srv.Request) *srv.Route { return o.route }

func TestNotFound(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "hello")
	s.put(".hidden", "no")
	s.put(".git/config", "no")
	s.put("sub/.env", "no")
	s.put("sub/b.txt", "hello")
	s.put("back\\slash", "no")
	outside := t.TempDir()
	put(t, outside, "secret.txt", []byte("secret"))
	link := func(to, name string) {
		require.NoError(t, os.Symlink(to, filepath.Join(s.dir, name)))
	}
	link(filepath.Join(outside, "secret.txt"), "out.txt")
	link("../"+filepath.Base(outside)+"/secret.txt", "up.txt")
	link(outside, "outdir")
	link("loop", "loop")
	link("gone", "dangling")
	link(filepath.Join(s.dir, "a.txt"), "absolute.txt")
	link("a.txt", "in.txt")
	link("sub", "indir")
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "bare"), 0o755))
	if os.Geteuid() != 0 {
		s.put("locked", "no")
		require.NoError(t, os.Chmod(filepath.Join(s.dir, "locked"), 0))
	}
	for _, target := range []string{
		"nothing", "a.txt/", "a.txt/b", "sub/nothing", "bare/", "",
		".hidden", "%2ehidden", ".git/config", "sub/.env", "sub/%2Eenv",
		"..", "../", "../secret.txt", "sub/../a.txt", "%2e%2e/a.txt", ".%2e/", "sub/%2e%2e/a.txt", ".", "./a.txt", "sub/./b.txt", "...",
		"sub%2fb.txt", "sub%2Fb.txt", "sub%5cb.txt", "back%5Cslash", "..%5c..%5cetc", "..%2f..%2fetc%2fpasswd",
		"a.txt%00", "%00", "a%00.txt", "//a.txt", "/a.txt", "sub//b.txt", "sub//", "%252e%252e/a.txt",
		"out.txt", "up.txt", "outdir/secret.txt", "absolute.txt", "loop", "dangling", "locked",
		strings.Repeat("a", 300), strings.Repeat("a/", 3000) + "b", strings.Repeat("a", maxName+1),
	} {
		r := s.get(target)
		assert.Equal(t, []any{404, "404 Not Found\n"}, []any{r.StatusCode, r.content}, target)
		assert.Empty(t, r.field("ETag"), target)
	}
	for _, target := range []string{"back\\slash", "a%", "a%zz"} { // it takes no handler to refuse these
		assert.Equal(t, 400, s.get(target).StatusCode, target)
	}
	for _, target := range []string{"in.txt", "indir/b.txt"} {
		assert.Equal(t, "hello", s.get(target).content, target)
	}

	s.d.NotFound = func(w *srv.Response, r *srv.Request) { w.WriteString("nobody has seen it") }
	r := s.get("nothing")
	assert.Equal(t, []any{404, "nobody has seen it"}, []any{r.StatusCode, r.content})
	r = s.get("..")
	assert.Equal(t, []any{404, "nobody has seen it"}, []any{r.StatusCode, r.content})
}

// A link is followed where it stays inside and shows nothing that is hidden, by whatever way it leads there.
func TestLinks(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "hello")
	s.put("sub/b.txt", "hello")
	s.put("sub/deep/c.txt", "hello")
	s.put("sub/index.html", "hello")
	s.put(".secret", "no")
	s.put(".git/config", "no")
	s.put(".git/index.html", "no")
	s.put("sub/.env", "no")
	s.put("...", "no")
	link := func(to, name string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(s.dir, name)), 0o755))
		require.NoError(t, os.Symlink(filepath.FromSlash(to), filepath.Join(s.dir, name)))
	}
	seen := map[string]string{ // target of a link by name
		"file": "a.txt", "dot": "./a.txt", "slashes": ".//./sub///b.txt", "down": "sub/b.txt", "folder": "sub", "slash": "sub/", "here": ".",
		"sub/up": "../a.txt", "sub/deep/up": "../../a.txt", "sub/across": "../folder/deep/c.txt", "through": "sub/deep/../b.txt",
		"back": "folder/../a.txt", "indirect/index.html": "../a.txt", "chain": "file", "deepest": "sub/deep",
		"parent": "deepest/../b.txt", // which is sub's: ".." is that of where the link leads
	}
	for name, to := range seen {
		link(to, name)
	}
	link("a.txt", "l0")
	for i := range 3 * maxLinks / 2 {
		link(fmt.Sprint("l", i), fmt.Sprint("l", i+1))
	}
	for _, target := range []string{
		"file", "dot", "slashes", "down", "folder/b.txt", "folder/deep/c.txt", "folder/", "slash/b.txt", "slash/", "here/a.txt", "here/here/sub/up",
		"sub/up", "sub/deep/up", "sub/across", "through", "back", "indirect/", "chain", "deepest/c.txt", "deepest/up", "parent",
		"l1", fmt.Sprint("l", maxLinks-1),
	} {
		r := s.get(target)
		assert.Equal(t, []any{200, "hello"}, []any{r.StatusCode, r.content}, target)
	}
	for _, target := range []string{"folder", "slash", "here", "indirect"} {
		assert.Equal(t, 301, s.get(target).StatusCode, target)
	}

	hidden := map[string]string{
		"h-file": ".secret", "h-dot": "./.secret", "h-folder": ".git", "h-through": ".git/../a.txt", "h-within": "sub/.env", "h-dots": "...",
		"sub/h-up": "../.secret", "h-chain": "h-file", "h-by-folder": "h-folder/config", "h-index/index.html": "../.secret", "h-long": "here/here/.secret",
		"o-parent": "..", "o-and-in": "../" + filepath.Base(s.dir) + "/a.txt", "o-far": "sub/../../a.txt", "o-root": "/", "o-two": "//a.txt",
		"n-file": "a.txt/", "n-under": "a.txt/b", "n-up": "a.txt/../a.txt", "n-gone": "gone/../a.txt", "n-loop": "n-pool", "n-pool": "n-loop",
		"n-round": "n-round/x", "n-back": "n-back/../a.txt",
	}
	for name, to := range hidden {
		link(to, name)
	}
	for _, target := range []string{
		"h-file", "h-dot", "h-folder", "h-folder/", "h-folder/config", "h-through", "h-within", "h-dots", "sub/h-up", "h-chain", "h-by-folder", "h-index/", "h-long",
		"o-parent", "o-parent/", "o-parent/" + filepath.Base(s.dir) + "/a.txt", "o-and-in", "o-far", "o-root", "o-two",
		"n-file", "n-under", "n-up", "n-gone", "n-loop", "n-round", "n-back", fmt.Sprint("l", maxLinks), fmt.Sprint("l", maxLinks+1),
		strings.Repeat("here/", maxLinks) + "file",
	} {
		r := s.get(target)
		assert.Equal(t, []any{404, "404 Not Found\n"}, []any{r.StatusCode, r.content}, target)
	}
	assert.Zero(t, descriptors(t, s.dir), "folders on the way are closed")

	// A compressed form is looked for like a file.
	for suffix, to := range map[string]string{".br": ".secret", ".gz": "sub/b.txt"} {
		s.put("coded.css", "plain")
		link(to, "coded.css"+suffix)
	}
	r := s.get("coded.css", "Accept-Encoding: br")
	assert.Equal(t, []any{"plain", "Accept-Encoding"}, []any{r.content, r.field("Vary")})
	assert.Equal(t, "hello", s.get("coded.css", "Accept-Encoding: br, gzip").content)
}

// A link that leads elsewhere now is a change like any other, even to where the file was brought.
func TestLinkChanges(t *testing.T) {
	s := newSite(t)
	s.put("v1/a.txt", "1")
	s.put("v2/a.txt", "2")
	now := func(to string) string {
		require.NoError(t, os.Symlink(to, filepath.Join(s.dir, "new")))
		require.NoError(t, os.Rename(filepath.Join(s.dir, "new"), filepath.Join(s.dir, "current")))
		s.pass(maxAge)
		return s.get("current/a.txt").content
	}
	assert.Equal(t, "1", now("v1"))
	assert.Equal(t, "2", now("v2"))
	require.NoError(t, os.Rename(filepath.Join(s.dir, "v2"), filepath.Join(s.dir, ".v2")))
	assert.Equal(t, "404 Not Found\n", now(".v2"))
	assert.Equal(t, "1", now("v1"))
}

// Whoever puts a link in the place of a folder or a file while somebody is on the way there does not lead him astray.
func TestLinkPutInTheWay(t *testing.T) {
	s := newSite(t)
	s.put("d/config", "yes")
	s.put("d/c.txt", "yes")
	s.put(".git/config", "no")
	require.NoError(t, os.Symlink(".git", filepath.Join(s.dir, "link")))
	require.NoError(t, os.Symlink("config", filepath.Join(s.dir, ".git", "c.txt")))
	at := func(name string) string { return filepath.Join(s.dir, name) }
	step := func(w *way) {
		there, err := w.step()
		require.NoError(t, err)
		require.False(t, there)
	}
	t.Run("folder", func(t *testing.T) {
		root := &place{root: s.d.root, dir: s.d.root}
		info, err := os.Lstat(at("d"))
		require.NoError(t, err)
		root.info = info
		require.NoError(t, os.Rename(at("d"), at("away")))
		require.NoError(t, os.Rename(at("link"), at("d")))
		assert.Equal(t, errChanging, root.descend("d"))
		root.close()
		require.NoError(t, os.Rename(at("d"), at("link")))
		require.NoError(t, os.Rename(at("away"), at("d")))
	})
	t.Run("file", func(t *testing.T) {
		w := &way{place: place{root: s.d.root, dir: s.d.root}, rest: "d/config"}
		step(w)
		there, err := w.step()
		require.NoError(t, err)
		require.True(t, there)
		require.NoError(t, os.Rename(at("d/config"), at("d/away")))
		require.NoError(t, os.Symlink("c.txt", at("d/config")))
		_, err = w.open()
		assert.Equal(t, errChanging, err)
		require.NoError(t, os.Rename(at("d/away"), at("d/config")))
		w.close()
	})
	t.Run("both, all the time", func(t *testing.T) {
		stop, swapper := make(chan struct{}), new(sync.WaitGroup)
		swapper.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				os.Rename(at("d"), at("away"))
				os.Rename(at("link"), at("d"))
				os.Rename(at("d"), at("link"))
				os.Rename(at("away"), at("d"))
			}
		})
		for i := range 2000 {
			s.pass(maxAge)
			r := s.get([]string{"d/config", "d/c.txt"}[i%2])
			if r.StatusCode == 200 && r.content != "yes" || r.StatusCode != 200 && r.StatusCode != 404 && r.StatusCode != 503 {
				t.Errorf("%d %q", r.StatusCode, r.content)
			}
		}
		close(stop)
		swapper.Wait()
		s.pass(maxAge)
		assert.Equal(t, 200, s.get("d/config").StatusCode, "nothing of it stays")
	})
	s.d.Close()
	assert.Zero(t, descriptors(t, s.dir))
}

func TestRedirect(t *testing.T) {
	s := newSite(t)
	s.put("sub/index.html", "<p>index")
	s.put("sub/a:b/index.html", "<p>colon")
	s.put("evil.com/index.html", "<p>evil")
	s.put("deep/index.html/index.html", "<p>a folder with an odd name")
	assert.Equal(t, 404, s.get("deep/").StatusCode)
	assert.Equal(t, "./index.html/", s.get("deep/index.html").field("Location"))
	for target, location := range map[string]string{
		"/f/sub":                      "./sub/",
		"/f/sub?a=b&c=//x":            "./sub/?a=b&c=//x",
		"/f/sub?":                     "./sub/?",
		"/f/sub/a:b":                  "./a:b/",
		"/f/s%75b":                    "./s%75b/",
		"/f/evil.com":                 "./evil.com/",
		"/f/sub?" + long(8000):        "./sub/?" + long(8000),
		"http://other.example/f/sub?": "./sub/?",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := s.do(method, target)
			assert.Equal(t, []any{301, location}, []any{r.StatusCode, r.field("Location")}, target)
		}
	}
	// At the root of a server, two slashes at the start could become a host.
	server := &srv.Server{Router: oneRoute{&srv.Route{Handler: s.d}}}
	for target, status := range map[string]int{"//evil.com": 404, "/evil.com": 301, "/%2Fevil.com": 404, "/%5Cevil.com": 404} {
		r := parse(t, "GET", srvtest.Do(server, []byte(request("GET", target))))
		assert.Equal(t, status, r.StatusCode, target)
		assert.NotContains(t, r.field("Location"), "//", target)
	}
}

func long(n int) string { return strings.Repeat("q", n) }

func TestCodings(t *testing.T) {
	s := newSite(t)
	s.put("a.css", "plain")
	s.put("a.css.gz", "gzipped")
	s.put("a.css.br", "brotli")
	s.put("gz.js", "plain")
	s.put("gz.js.gz", "gzipped")
	s.put("only.txt", "plain")
	s.put("stale.js", "plain")
	require.NoError(t, os.Chtimes(s.put("stale.js.br", "old"), longAgo, longAgo.Add(-time.Minute)))
	s.put("orphan.js.gz", "gzipped")
	s.put("folder.js", "plain")
	s.put("folder.js.gz/x", "")
	s.put("big.txt", string(bigContent))
	s.put("big.txt.gz", string(bigContent[1:]))
	none := "no field"
	tests := []struct {
		name, target, accept, coding string
	}{
		{"no field", "a.css", none, ""},
		{"empty field", "a.css", "", ""},
		{"gzip", "a.css", "gzip", "gzip"},
		{"x-gzip", "a.css", "x-gzip", "gzip"},
		{"in any case", "a.css", "GZip;Q=0.5", "gzip"},
		{"br", "a.css", "br", "br"},
		{"what browsers send", "a.css", "gzip, deflate, br, zstd", "br"},
		{"br is missing", "gz.js", "gzip, deflate, br, zstd", "gzip"},
		{"gzip is liked more", "a.css", "br;q=0.5, gzip;q=0.6", "gzip"},
		{"a thousandth", "a.css", "br;q=0.999, gzip;q=1.000", "gzip"},
		{"q is 0", "a.css", "br;q=0, gzip;q=0.000", ""},
		{"star", "a.css", "*", "br"},
		{"star without br", "a.css", "br;q=0, *", "gzip"},
		{"star with gzip liked less", "a.css", "*;q=0.5, gzip;q=0.2", "br"},
		{"identity liked more", "a.css", "identity, gzip;q=0.5", ""},
		{"identity liked as much", "a.css", "identity;q=0.5, gzip;q=0.5", "gzip"},
		{"identity not liked", "a.css", "identity;q=0, gzip;q=0.1", "gzip"},
		{"nothing known", "a.css", "deflate, zstd", ""},
		{"nothing but star", "a.css", "identity;q=0, *;q=0.1", "br"},
		{"identity refused", "only.txt", "identity;q=0", "406"},
		{"all refused", "only.txt", "*;q=0", "406"},
		{"all refused where there is more", "a.css", "*;q=0", "406"},
		{"all but identity refused", "a.css", "*;q=0, identity", ""},
		{"nothing to choose from", "only.txt", "gzip, br", ""},
		{"older than the original", "stale.js", "br", ""},
		{"no original", "orphan.js", "gzip", "404"},
		{"a folder", "folder.js", "gzip", ""},
		{"malformed weights", "a.css", "br;q=2, gzip;q=1.001, gzip;q=0.1234, br;x=1, gzip;q=a, br;q=, gzip;q=1.0a, ;q=1", ""},
		{"odd white space", "a.css", "gzip ; q=0.5 ,, ,\tbr\t;\tq=0.4", "gzip"},
		{"the file itself", "a.css.gz", "gzip", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := []string{"Accept-Encoding: " + tt.accept}
			if tt.accept == none {
				lines = nil
			}
			r := s.get(tt.target, lines...)
			switch tt.coding {
			case "406":
				assert.Equal(t, []any{406, "Accept-Encoding"}, []any{r.StatusCode, r.field("Vary")})
				return
			case "404":
				assert.Equal(t, 404, r.StatusCode)
				return
			}
			want := map[string]string{"": "plain", "gzip": "gzipped", "br": "brotli"}[tt.coding]
			if tt.target == "a.css.gz" {
				want = "gzipped"
				assert.Equal(t, "application/gzip", r.field("Content-Type"))
			}
			assert.Equal(t, []any{200, want, tt.coding}, []any{r.StatusCode, r.content, r.field("Content-Encoding")})
			vary := ""
			if tt.target == "a.css" || tt.target == "gz.js" {
				vary = "Accept-Encoding"
			}
			assert.Equal(t, vary, r.field("Vary"))
		})
	}
	t.Run("two lines", func(t *testing.T) {
		r := s.get("a.css", "Accept-Encoding: br;q=0.1", "Accept-Encoding: gzip")
		assert.Equal(t, "gzip", r.field("Content-Encoding"))
	})
	t.Run("tags of their own", func(t *testing.T) {
		tags := map[string]bool{}
		for _, accept := range []string{"", "gzip", "br"} {
			line := "Accept-Encoding: " + accept
			tag := s.get("a.css", line).field("ETag")
			tags[tag] = true
			r := s.get("a.css", line, "If-None-Match: "+tag)
			assert.Equal(t, []any{304, tag, "Accept-Encoding"}, []any{r.StatusCode, r.field("ETag"), r.field("Vary")})
			assert.Equal(t, "text/css; charset=utf-8", s.get("a.css", line).field("Content-Type"))
		}
		assert.Len(t, tags, 3)
		assert.Equal(t, 200, s.get("a.css", "Accept-Encoding: br", "If-None-Match: "+s.get("a.css").field("ETag")).StatusCode)
	})
	t.Run("ranges of what is sent", func(t *testing.T) {
		for _, name := range []string{"a.css", "big.txt"} {
			whole := s.get(name, "Accept-Encoding: gzip")
			r := s.get(name, "Accept-Encoding: gzip", "Range: bytes=1-3")
			assert.Equal(t, []any{206, "gzip", whole.content[1:4]}, []any{r.StatusCode, r.field("Content-Encoding"), r.content})
			r = s.get(name, "Accept-Encoding: gzip", "Range: bytes=1-2,5-6")
			assert.Equal(t, 200, r.StatusCode, "multipart content has no coding")
			assert.True(t, whole.content == r.content)
		}
	})
	t.Run("a coding that comes and goes", func(t *testing.T) {
		gzip := func() string { return s.get("only.txt", "Accept-Encoding: gzip").field("Content-Encoding") }
		path := s.put("only.txt.gz", "gzipped")
		s.pass(maxAge)
		assert.Equal(t, "gzip", gzip())
		require.NoError(t, os.Remove(path))
		s.pass(maxAge)
		assert.Equal(t, "", gzip())
	})
}

func TestOne(t *testing.T) {
	s := newSite(t)
	s.put(".well-known/x", "hello")
	server := &srv.Server{Router: oneRoute{&srv.Route{Handler: s.d.One(".well-known/x")}}}
	for _, target := range []string{"/", "/any/thing"} {
		assert.Equal(t, "hello", parse(t, "GET", srvtest.Do(server, []byte(request("GET", target)))).content)
	}
	server = &srv.Server{Router: oneRoute{&srv.Route{Handler: s.d.One("../x")}}}
	assert.Equal(t, 404, parse(t, "GET", srvtest.Do(server, []byte(request("GET", "/")))).StatusCode)
	server = &srv.Server{Router: oneRoute{&srv.Route{Handler: s.d.One(".well-known")}}}
	assert.Equal(t, 404, parse(t, "GET", srvtest.Do(server, []byte(request("GET", "/")))).StatusCode, "a folder")
}

// A file by a name for the system is whatever that shows under it, cached all the same.
func TestOneOfTheSystem(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	path, now := filepath.Join(dir, "a.mp4"), time.Hour
	d := &Dir{cache: cache{entries: map[string]*entry{}}, clock: func() time.Duration { return now }}
	d.NotFound = func(w *srv.Response, r *srv.Request) { w.WriteString("none") }
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	do := func(h srv.HandlerFunc, lines ...string) *response {
		server := &srv.Server{Router: oneRoute{&srv.Route{Handler: h}}}
		return parse(t, "GET", srvtest.Do(server, []byte(request("GET", "/any/thing", lines...))))
	}
	get := func(lines ...string) *response { return do(d.One(path), lines...) }
	for _, more := range []string{"", long(smallSize)} {
		r := get()
		assert.Equal(t, []any{404, "none"}, []any{r.StatusCode, r.content})
		put(t, dir, "a.mp4", []byte("1"+more))
		r = get()
		assert.Equal(t, []any{200, "1" + more, "video/mp4"}, []any{r.StatusCode, r.content, r.field("Content-Type")})
		assert.Equal(t, 304, get("If-None-Match: "+r.field("ETag")).StatusCode)
		put(t, dir, "new.mp4", []byte("2"+more))
		require.NoError(t, os.Rename(filepath.Join(dir, "new.mp4"), path))
		assert.Equal(t, "1"+more, get().content, "it is kept")
		now += maxAge
		assert.Equal(t, "2"+more, get().content)

		put(t, elsewhere, ".hidden/x", []byte("3"+more))
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Symlink(filepath.Join(elsewhere, ".hidden"), filepath.Join(dir, "link")))
		require.NoError(t, os.Symlink("link/x", path))
		now += maxAge
		assert.Equal(t, "3"+more, get().content, "a link may lead anywhere")
		require.NoError(t, os.Remove(filepath.Join(dir, "link")))
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Mkdir(path, 0o755))
		now += maxAge
		assert.Equal(t, "none", get().content)
		assert.Zero(t, descriptors(t, elsewhere))
		require.NoError(t, os.Remove(path))
	}
	put(t, dir, "a.mp4", []byte("1"))
	assert.Equal(t, "1", do(One(path, nil)).content)
	assert.Equal(t, 404, do(One(path+"x", nil)).StatusCode)
	assert.Equal(t, "none", do(One(path+"x", d.NotFound)).content)
}

func TestNew(t *testing.T) {
	_, err := New(filepath.Join(t.TempDir(), "nothing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = New(put(t, t.TempDir(), "a", nil))
	assert.Error(t, err)
}

func TestSend(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "a.mp4", bigContent)
	var sent error
	var before func(*srv.Response)
	server := &srv.Server{Router: oneRoute{&srv.Route{Handler: srv.HandlerFunc(func(w *srv.Response, r *srv.Request) {
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		if before != nil {
			before(w)
		}
		sent = Send(w, r, f)
		_, err = f.Stat()
		assert.NoError(t, err, "it is the caller's to close")
	})}}}
	do := func(method string, lines ...string) *response {
		return parse(t, method, srvtest.Do(server, []byte(request(method, "/", lines...))))
	}
	r := do("GET")
	assert.NoError(t, sent)
	assert.Equal(t, []any{200, "video/mp4", longAgoDate}, []any{r.StatusCode, r.field("Content-Type"), r.field("Last-Modified")})
	assert.True(t, r.content == string(bigContent))
	tag := r.field("ETag")
	assert.Equal(t, 304, do("GET", "If-None-Match: "+tag).StatusCode)
	assert.Equal(t, string(bigContent[5:9]), do("GET", "Range: bytes=5-8", "If-Range: "+tag).content)
	assert.Equal(t, int64(len(bigContent)), do("HEAD").ContentLength)
	assert.Equal(t, 405, do("DELETE").StatusCode)
	assert.NoError(t, sent)

	before = func(w *srv.Response) { w.Set("Content-Type", "application/x-own") }
	assert.Equal(t, "application/x-own", do("GET").field("Content-Type"))
	assert.Empty(t, do("GET", "If-None-Match: *").field("Content-Type"))
	multi := do("GET", "Range: bytes=0-0,5-5")
	assert.Contains(t, multi.content, "Content-Type: application/x-own\r\n")

	now := time.Now() // a date of this very second tells nothing
	require.NoError(t, os.Chtimes(path, now, now.Add(time.Hour)))
	date := do("GET").field("Last-Modified")
	assert.NotEqual(t, now.Add(time.Hour).UTC().Format(http.TimeFormat), date, "never later than now")
	assert.Equal(t, 200, do("GET", "Range: bytes=0-0", "If-Range: "+date).StatusCode)

	path = dir
	assert.Equal(t, 200, do("GET").StatusCode)
	assert.Equal(t, ErrNotRegular, sent)
}
