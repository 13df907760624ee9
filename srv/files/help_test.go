package files

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
	"barewire/srv/route"
	"barewire/srv/srvtest"
)

// long ago is when files of tests were modified that do not care.
var longAgo = time.Date(1994, 11, 6, 8, 49, 37, 123456789, time.UTC)

const longAgoDate = "Sun, 06 Nov 1994 08:49:37 GMT"

// pattern is content in which every offset shows.
func pattern(n int) []byte {
	b := make([]byte, 0, n+16)
	for i := 0; len(b) < n; i += 8 {
		b = append(b, "0000000\n"...)
		for j, v := len(b)-2, i; v > 0; j, v = j-1, v/10 {
			b[j] = '0' + byte(v%10)
		}
	}
	return b[:n]
}

var bigContent = pattern(3<<20 + 77)

// put writes a file, and the folders above it, with a time of long ago.
func put(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, content, 0o644))
	require.NoError(t, os.Chtimes(path, longAgo, longAgo))
	return path
}

// site is a directory that is served below /f/.
type site struct {
	t   testing.TB
	dir string
	d   *Dir
	s   *srv.Server
	now atomic.Int64 // on the clock of d
}

func newSite(t testing.TB) *site {
	s := &site{t: t, dir: t.TempDir()}
	d, err := New(s.dir)
	require.NoError(t, err)
	t.Cleanup(func() { d.Close() })
	d.clock = func() time.Duration { return time.Duration(s.now.Load()) }
	s.now.Store(int64(time.Hour))
	s.d = d
	m := route.New()
	m.Get("/f/*", d.ServeHTTP)
	m.Get("/inline/*", d.ServeHTTP).Inline()
	m.Any("/any/*", d.ServeHTTP)
	s.s = &srv.Server{Router: m, Log: slog.New(slog.DiscardHandler)}
	return s
}

func (s *site) put(name string, content string) string { return put(s.t, s.dir, name, []byte(content)) }

// pass lets time pass for the cache.
func (s *site) pass(d time.Duration) { s.now.Add(int64(d)) }

// response is what came back, whole or not.
type response struct {
	*http.Response
	content string
	err     error // of reading the content
}

// do sends a request with field lines and returns the response.
func (s *site) do(method, target string, lines ...string) *response {
	s.t.Helper()
	return parse(s.t, method, srvtest.Do(s.s, []byte(request(method, target, lines...))))
}

func (s *site) get(name string, lines ...string) *response {
	s.t.Helper()
	return s.do("GET", "/f/"+name, lines...)
}

func request(method, target string, lines ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
}

func parse(t testing.TB, method string, octets []byte) *response {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(octets))
	r, err := http.ReadResponse(in, &http.Request{Method: method})
	require.NoError(t, err, "%.300q", octets)
	content, err := io.ReadAll(r.Body)
	if err == nil {
		assert.Zero(t, in.Buffered(), "octets behind the response")
	}
	return &response{r, string(content), err}
}

// field returns a field's value; there is at most one line with the name.
func (r *response) field(name string) string { return strings.Join(r.Header.Values(name), " AND ") }

// descriptors returns how many descriptors of this process are of files below dir.
func descriptors(t testing.TB, dir string) (n int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc/self/fd")
	}
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, fd := range fds {
		if name, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(name, dir+"/") {
			n++
		}
	}
	return n
}
