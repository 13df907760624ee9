//go:build !race && !poison

package files

import (
	"io"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// TestAllocs counts what the whole process allocates while requests for files that are in the cache are answered over TCP, by any engine.
func TestAllocs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere looking at a descriptor allocates")
	}
	for name, engine := range map[string]srv.Engine{"auto": srv.EngineAuto, "net": srv.EngineNet} {
		t.Run(name, func(t *testing.T) { testAllocs(t, engine) })
	}
}

func testAllocs(t *testing.T, engine srv.Engine) {
	s := newSite(t)
	s.s.Engine = engine
	s.put("small.html", strings.Repeat("s", 10_000))
	s.put("small.html.br", strings.Repeat("b", 1000))
	s.put("full.bin", strings.Repeat("f", smallSize))
	s.put("large.mp4", string(bigContent))
	addr := s.listen()
	small, large := s.get("small.html").field("ETag"), s.get("large.mp4").field("ETag")
	tests := []struct {
		name, method, target string
		lines                []string
		status               string
		size                 int // of the content
	}{
		{"small file", "GET", "small.html", nil, "200", 10_000},
		{"small file, as a browser asks", "GET", "small.html", []string{"Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*"}, "200", 1000},
		{"largest small file", "GET", "full.bin", nil, "200", smallSize},
		{"large file", "GET", "large.mp4", nil, "200", len(bigContent)},
		{"small file, inline", "GET", "../inline/small.html", nil, "200", 10_000},
		{"large file, inline", "GET", "../inline/large.mp4", nil, "200", len(bigContent)},
		{"304 by tag", "GET", "small.html", []string{"If-None-Match: " + small}, "304", 0},
		{"304 by date", "GET", "small.html", []string{"If-Modified-Since: " + longAgoDate}, "304", 0},
		{"304 of a large file", "GET", "large.mp4", []string{"If-None-Match: " + large}, "304", 0},
		{"412", "GET", "small.html", []string{`If-Match: "x"`}, "412", len("412 Precondition Failed\n")},
		{"HEAD", "HEAD", "small.html", nil, "200", 0},
		{"HEAD of a large file", "HEAD", "large.mp4", nil, "200", 0},
		{"range", "GET", "small.html", []string{"Range: bytes=100-199"}, "206", 100},
		{"range of a large file", "GET", "large.mp4", []string{"Range: bytes=100-199", "If-Range: " + large}, "206", 100},
		{"long range of a large file", "GET", "large.mp4", []string{"Range: bytes=100-2000099"}, "206", 2_000_000},
		{"416", "GET", "large.mp4", []string{"Range: bytes=99999999-"}, "416", len("416 Range Not Satisfiable\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, addr)
			in := []byte(request(tt.method, path.Join("/f", tt.target), tt.lines...))
			// The first answer says how large each of them is: they differ in nothing but the date.
			_, err := c.Write(in)
			require.NoError(t, err)
			out := make([]byte, 8<<20)
			size := 0
			for n, end := 0, -1; end < 0 || n < size; {
				m, err := c.Read(out[n:])
				require.NoError(t, err)
				n += m
				if end = strings.Index(string(out[:min(n, 4096)]), "\r\n\r\n"); end >= 0 {
					size = end + 4 + tt.size
				}
			}

			assert.Zero(t, allocsPerRun(func() {
				c.Write(in)
				_, err = io.ReadFull(c, out[:size])
			}))
			assert.NoError(t, err)
			assert.Equal(t, "HTTP/1.1 "+tt.status, string(out[:12]))
		})
	}
	t.Run("comparison with the disk", func(t *testing.T) {
		// Once in maxAge, so it may cost something; but not a read.
		e := s.d.cache.get([]byte("small.html"))
		e.fresh = false
		e.mu.Lock()
		defer e.mu.Unlock()
		assert.LessOrEqual(t, allocsPerRun(func() { s.d.update(e, s.d.clock()) }), 40.0)
	})
}

// allocsPerRun returns how many allocations there are in the process for each call of f, in the mean, to one half.
func allocsPerRun(f func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would empty pools
	const runs = 50
	least := 1e9
	for range 5 { // now and then a pool has what is asked for on another core
		for range 5 {
			f()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			f()
		}
		runtime.ReadMemStats(&after)
		if least = min(least, float64((after.Mallocs-before.Mallocs)*2/runs)/2); least == 0 {
			break
		}
	}
	return least
}

// A hot small file is served without the disk: it is not even there any more.
func TestHotFileNeedsNoDisk(t *testing.T) {
	s := newSite(t)
	path := s.put("a.txt", "hello")
	s.get("a.txt")
	assert.Zero(t, descriptors(t, s.dir))
	require.NoError(t, os.Remove(path))
	assert.Equal(t, "hello", s.get("a.txt").content)
}
