package files

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv"
)

// listen serves the site over TCP and returns the address.
func (s *site) listen() string {
	require.NoError(s.t, s.s.Listen("127.0.0.1:0"))
	done := make(chan error, 1)
	go func() { done <- s.s.Run() }()
	s.t.Cleanup(func() {
		s.s.Close()
		assert.NoError(s.t, <-done)
	})
	return s.s.Addrs()[0].String()
}

func dial(t testing.TB, addr string) *net.TCPConn {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	return c.(*net.TCPConn)
}

// tick waits until the clock of the file system has gone on, so that a change shows.
func (s *site) tick() {
	probe := filepath.Join(s.dir, ".probe")
	look := func() moment {
		require.NoError(s.t, os.WriteFile(probe, nil, 0o644))
		info, err := os.Stat(probe)
		require.NoError(s.t, err)
		return identify(info).changed
	}
	start := look()
	for range 10_000 {
		if look() != start {
			return
		}
		time.Sleep(time.Millisecond)
	}
	require.Fail(s.t, "the clock of the file system stands still")
}

// sameTime gives a file times of modification that are those of another one.
func sameTime(t *testing.T, path, of string) {
	info, err := os.Stat(of)
	require.NoError(t, err)
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// A change is seen as soon as the cache asks the disk again, whatever it was, and content and entity-tag go together.
func TestChanges(t *testing.T) {
	large := strings.Repeat("v", smallSize)
	changes := map[string]func(t *testing.T, path, content string){
		"written again": func(t *testing.T, path, content string) {
			require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		},
		"written again, time as before": func(t *testing.T, path, content string) {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
			require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
		"replaced": func(t *testing.T, path, content string) {
			require.NoError(t, os.WriteFile(path+".new", []byte(content), 0o644))
			require.NoError(t, os.Rename(path+".new", path))
		},
		"replaced, time as before": func(t *testing.T, path, content string) {
			require.NoError(t, os.WriteFile(path+".new", []byte(content), 0o644))
			sameTime(t, path+".new", path)
			require.NoError(t, os.Rename(path+".new", path))
		},
	}
	for name, change := range changes {
		for size, more := range map[string]string{"small": "", "large": large} {
			t.Run(name+", "+size, func(t *testing.T) {
				if runtime.GOOS != "linux" && strings.Contains(name, "as before") {
					t.Skip("that takes more than the times of a FileInfo")
				}
				s := newSite(t)
				path := filepath.Join(s.dir, "a.txt")
				require.NoError(t, os.WriteFile(path, []byte("1"+more), 0o644)) // of this very second
				r := s.get("a.txt")
				require.Equal(t, "1"+more, r.content)
				tag := r.field("ETag")
				assert.Empty(t, r.field("Last-Modified"), "that second is not over")

				for i := 2; i < 5; i++ {
					content := fmt.Sprint(i) + more
					s.tick()
					change(t, path, content)
					s.pass(maxAge)
					r = s.get("a.txt", "If-None-Match: "+tag)
					assert.Equal(t, 200, r.StatusCode)
					assert.True(t, r.content == content)
					assert.NotEqual(t, tag, r.field("ETag"))
					assert.Equal(t, 200, s.get("a.txt", "Range: bytes=0-0", "If-Range: "+tag).StatusCode)
					tag = r.field("ETag")
				}
				info, err := os.Stat(path)
				require.NoError(t, err)
				date := info.ModTime().UTC().Format(http.TimeFormat) // is not a validator
				assert.Empty(t, r.field("Last-Modified"))
				assert.Equal(t, 200, s.get("a.txt", "Range: bytes=0-0", "If-Range: "+date).StatusCode)
				assert.Equal(t, 200, s.get("a.txt", "If-Modified-Since: "+date).StatusCode)
				assert.Equal(t, 412, s.get("a.txt", "If-Unmodified-Since: "+date).StatusCode)
				later := info.ModTime().Add(time.Hour).UTC().Format(http.TimeFormat)
				assert.Equal(t, 200, s.get("a.txt", "If-Unmodified-Since: "+later).StatusCode)
				assert.Equal(t, 206, s.get("a.txt", "Range: bytes=0-0", "If-Range: "+tag).StatusCode)
				s.d.Close()
				assert.Zero(t, descriptors(t, s.dir))
			})
		}
	}
}

// For less than maxAge what is in memory is believed, and what has a descriptor is looked at.
func TestChangeUnderACache(t *testing.T) {
	s := newSite(t)
	small := s.put("small.txt", "1")
	large := s.put("large.txt", "1"+long(smallSize))
	s.get("small.txt")
	s.get("large.txt")
	s.tick()
	require.NoError(t, os.WriteFile(small, []byte("2"), 0o644))
	require.NoError(t, os.WriteFile(large, []byte("2"+long(smallSize)), 0o644))
	s.pass(maxAge - 1)
	assert.Equal(t, "1", s.get("small.txt").content)
	r := s.get("large.txt")
	assert.NoError(t, r.err)
	assert.Equal(t, []any{200, "2" + long(smallSize)}, []any{r.StatusCode, r.content})
	s.pass(1)
	assert.Equal(t, "2", s.get("small.txt").content)
}

// A clock that stands still between two changes, as that of a file system may, is no way for a small file to hide one.
func TestChangeWithoutATrace(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "1")
	tag := s.get("a.txt").field("ETag")
	e := s.d.cache.get([]byte("a.txt"))
	require.True(t, e.fresh, "its inode was changed just now")
	path := filepath.Join(s.dir, "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("2"), 0o644))
	info, err := os.Stat(path)
	require.NoError(t, err)
	e.seen[codingIdentity] = identify(info) // as if that had been so before
	e.versions[codingIdentity].id = identify(info)
	s.pass(maxAge)
	r := s.get("a.txt")
	assert.Equal(t, "2", r.content)
	assert.NotEqual(t, tag, r.field("ETag"))
}

// What has not changed is the same version for ever, and costs no read.
func TestNoChange(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "1")
	s.put("a.txt.gz", "1")
	s.put("large.txt", long(smallSize+1))
	for _, name := range []string{"a.txt", "large.txt"} {
		s.get(name)
		e := s.d.cache.get([]byte(name))
		before := e.versions
		for range 3 {
			s.pass(maxAge)
			e.fresh = !e.fresh // whether it has to be read again or not
			s.get(name)
			assert.Equal(t, before, e.versions, name)
		}
	}
}

func TestComesAndGoes(t *testing.T) {
	s := newSite(t)
	for _, content := range []string{"1", long(smallSize + 1)} {
		assert.Equal(t, 404, s.get("a.txt").StatusCode)
		path := s.put("a.txt", content)
		assert.Equal(t, content, s.get("a.txt").content, "that there was none is not kept")
		require.NoError(t, os.Remove(path))
		s.pass(maxAge)
		assert.Equal(t, 404, s.get("a.txt").StatusCode)
		assert.Nil(t, s.d.cache.get([]byte("a.txt")))
		require.NoError(t, os.Mkdir(path, 0o755))
		assert.Equal(t, 301, s.get("a.txt").StatusCode)
		require.NoError(t, os.Remove(path))
		assert.Zero(t, descriptors(t, s.dir))
		s.put("a.txt", content)
		s.get("a.txt")
		assert.NotNil(t, s.d.cache.get([]byte("a.txt")), "it can come back")
		require.NoError(t, os.Remove(path))
		s.pass(maxAge)
	}
}

// What dates can tell.
func TestDates(t *testing.T) {
	const now = 100
	for _, tt := range []struct {
		name         string
		unix         int64
		dated, since bool // modified since 98
		until, after bool // unmodified since now, and since later
	}{
		{"long ago", 50, true, false, true, true},
		{"two seconds before", 98, true, false, true, true},
		{"in the second before", 99, false, true, true, true},
		{"now", now, false, true, false, true},
		{"in the future", 101, false, true, false, true},
		{"in the far future", 1 << 40, false, true, false, false},
	} {
		v := &version{unix: tt.unix}
		assert.Equal(t, []any{tt.dated, tt.since}, []any{v.dated(now), v.modifiedSince(98, now)}, tt.name)
		assert.Equal(t, []any{tt.until, tt.after}, []any{v.unmodifiedSince(now, now), v.unmodifiedSince(1<<39, now)}, tt.name)
	}
}

// Each thing that tells versions apart is in the entity-tag.
func TestTags(t *testing.T) {
	versions := []version{
		{}, {data: []byte("a")}, {data: []byte("b")}, {coding: codingGzip}, {coding: codingBrotli}, {id: identity{node: 1}}, {id: identity{size: 1}},
		{id: identity{modified: moment{1, 0}}}, {id: identity{modified: moment{0, 1}}}, {id: identity{changed: moment{1, 0}}}, {id: identity{changed: moment{0, 1}}},
	}
	seen := map[string]bool{}
	for i := range versions {
		seen[versions[i].makeTag()] = true
	}
	assert.Len(t, seen, len(versions))
	linked := version{id: identity{links: 2}}
	assert.True(t, seen[linked.makeTag()], "another name for it is no change")
}

// What happens to a file while it is sent. The client reads a piece, lets it happen, and reads on.
func TestChangeWhileSending(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open stays as it is there")
	}
	const size = 2*pieceSize + 12<<20 // behind the first piece, more than fits into the buffers on the way
	content := strings.Repeat("0123456789abcdef", size/16)
	tests := []struct {
		name    string
		happens func(path string) error
		whole   bool
	}{
		{"nothing", func(path string) error { return nil }, true},
		{"is removed", os.Remove, true},
		{"is replaced", func(path string) error {
			if err := os.WriteFile(path+".new", []byte("new"), 0o644); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, true},
		{"shrinks", func(path string) error { return os.Truncate(path, size/2) }, false},
		{"shrinks at its end", func(path string) error { return os.Truncate(path, size-1) }, false},
		{"grows", func(path string) error { return os.Truncate(path, size+1) }, false},
		{"changes", func(path string) error { return writeAt(path, size/2, "changed") }, false},
		{"changes at its end", func(path string) error { return writeAt(path, size-1, "x") }, false},
		{"changes where it was sent", func(path string) error { return writeAt(path, 0, "x") }, false},
		{"changes, and its time does not", func(path string) error {
			if err := writeAt(path, size/2, "changed"); err != nil {
				return err
			}
			return os.Chtimes(path, longAgo, longAgo)
		}, runtime.GOOS != "linux"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			path := s.put("a.mp4", content)
			c := dial(t, s.listen())
			require.NoError(t, c.SetReadBuffer(64<<10))
			_, err := io.WriteString(c, request("GET", "/f/a.mp4", "Connection: close"))
			require.NoError(t, err)
			start := make([]byte, 4096)
			_, err = io.ReadFull(c, start)
			require.NoError(t, err)
			s.tick()
			require.NoError(t, tt.happens(path))
			rest, _ := io.ReadAll(c)
			r := parse(t, "GET", append(start, rest...))
			assert.Equal(t, int64(size), r.ContentLength)
			if tt.whole {
				assert.NoError(t, r.err)
				assert.True(t, r.content == content)
			} else {
				assert.ErrorIs(t, r.err, io.ErrUnexpectedEOF)
				assert.Less(t, len(r.content), size-pieceSize, "it is seen before the end")
			}
		})
	}
}

func writeAt(path string, off int64, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt([]byte(text), off)
	return err
}

// A part that is read into memory is looked at, too, before any of it leaves.
func TestShrunkBeforeTheTail(t *testing.T) {
	s := newSite(t)
	path := s.put("a.mp4", long(smallSize+1))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var happens func() error
	s.s.Router = oneRoute{&srv.Route{Handler: srv.HandlerFunc(func(w *srv.Response, r *srv.Request) {
		v, err := newVersion(f, "a.mp4", codingIdentity, none)
		require.NoError(t, err)
		s.tick()
		require.NoError(t, happens())
		answer(w, r, v, false)
	})}}
	for _, happens = range []func() error{
		func() error { return writeAt(path, smallSize, "x") },
		func() error { return os.Truncate(path, 10) },
	} {
		r := s.get("")
		assert.Equal(t, 200, r.StatusCode)
		assert.Error(t, r.err, "it is seen when some has left")
	}
	happens = func() error { return os.Truncate(path, smallSize+1) }
	s.get("")
	for _, happens = range []func() error{
		func() error { return writeAt(path, 0, "x") },
		func() error { return os.Truncate(path, 10) },
	} {
		r := s.get("", "Range: bytes=0-9")
		assert.Equal(t, []any{503, "", "text/plain; charset=utf-8"}, []any{r.StatusCode, r.field("Content-Range"), r.field("Content-Type")})
	}
}

// A file that never stands still while it is read is not sent.
func TestChangesWhileRead(t *testing.T) {
	s := newSite(t)
	f, err := os.Open(s.put("a.txt", "0123456789"))
	require.NoError(t, err)
	defer f.Close()
	id, _, err := fstat(f)
	require.NoError(t, err)
	other := id
	other.modified.nsec++
	v := &version{id: other, data: make([]byte, 10)}
	assert.NoError(t, v.readAll(f), "once is not for ever")
	assert.Equal(t, []any{id, "0123456789"}, []any{v.id, string(v.data)})
	other.size++
	v = &version{id: other, data: make([]byte, 11)}
	assert.Equal(t, errChanging, v.readAll(f))
}

// Many requests at a time, for more files than may be kept, while all of them are replaced again and again: every response is of one
// version and has the entity-tag that belongs to it.
func TestConcurrency(t *testing.T) {
	s := newSite(t)
	s.d.clock = func() time.Duration { return time.Duration(s.now.Add(int64(maxAge / 8))) }
	const files, each, workers = 6, 60, 8
	name := func(i int) string { return fmt.Sprintf("%d.txt", i%files) }
	version := func(i, generation int) string {
		size := 10
		if i%2 == 0 {
			size = smallSize + 1
		}
		return strings.Repeat(string(rune('a'+generation%26)), size)
	}
	for i := range files {
		s.put(name(i), version(i, 0))
	}
	stop, writer := make(chan struct{}), new(sync.WaitGroup)
	writer.Go(func() {
		for generation := 1; ; generation++ {
			select {
			case <-stop:
				return
			default:
			}
			s.tick() // inodes are used again
			path := filepath.Join(s.dir, name(generation))
			if os.WriteFile(path+".new", []byte(version(generation, generation)), 0o644) != nil || os.Rename(path+".new", path) != nil {
				t.Error("a file cannot be replaced")
			}
			if generation%16 == 0 {
				s.d.cache.shed()
			}
		}
	})
	var tags sync.Map
	var readers sync.WaitGroup
	for worker := range workers {
		readers.Go(func() {
			for i := range each {
				name := name(i + worker)
				r := s.get(name)
				if r.err != nil || r.StatusCode != 200 || strings.Trim(r.content, r.content[:1]) != "" {
					t.Errorf("%d %v: %.50q", r.StatusCode, r.err, r.content)
					continue
				}
				if old, loaded := tags.LoadOrStore(name+r.field("ETag"), r.content); loaded && old != r.content {
					t.Errorf("one tag for two versions")
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	writer.Wait()
	s.d.Close()
	assert.Zero(t, descriptors(t, s.dir))
}
