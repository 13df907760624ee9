package files

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held counts what a cache holds by looking at it.
func (c *cache) held() (files int, size int64) {
	for i, e := range c.ring {
		if e.slot != i || c.entries[e.name] != e || e.dead {
			panic("the ring is not what the map says")
		}
		size += int64(len(e.name) + entrySize)
		for _, v := range e.versions {
			if v != nil && v.f != nil {
				files++
			} else if v != nil {
				size += int64(len(v.data))
			}
		}
	}
	if len(c.ring) != len(c.entries) {
		panic("the map is not what the ring says")
	}
	return files, size
}

func (s *site) checkCache() {
	s.t.Helper()
	c := &s.d.cache
	files, size := c.held()
	assert.Equal(s.t, []any{files, size}, []any{c.files, c.size}, "what is counted is what there is")
	assert.LessOrEqual(s.t, files, openCount)
	assert.LessOrEqual(s.t, size, int64(totalSize))
}

// More large files than descriptors may be kept, some of them used all the time: those stay.
func TestDescriptorsAreBounded(t *testing.T) {
	s := newSite(t)
	path := s.put("hot.mp4", long(smallSize+1))
	require.NoError(t, os.Mkdir(s.dir+"/sub", 0o755))
	const count = 2*openCount + 50 // twice round
	for i := range count {
		require.NoError(t, os.Link(path, fmt.Sprintf("%s/sub/%d.mp4", s.dir, i)))
	}
	hot := func() *version { return s.d.cache.get([]byte("hot.mp4")).versions[0] }
	s.get("hot.mp4")
	before := hot()
	for i := range count {
		assert.Equal(t, 206, s.get(fmt.Sprintf("sub/%d.mp4", i), "Range: bytes=0-0").StatusCode)
		s.get("hot.mp4", "Range: bytes=0-0")
		assert.Same(t, before, hot())
	}
	s.checkCache()
	assert.Equal(t, openCount, s.d.cache.files)
	assert.Equal(t, openCount, descriptors(t, s.dir))

	// Nothing is asked for any more but one, over and over: after a while only that is kept.
	for range 2 * count / sweepSize {
		s.pass(idleTime)
		s.get("hot.mp4", "Range: bytes=0-0")
	}
	s.checkCache()
	assert.Equal(t, 1, descriptors(t, s.dir))

	require.NoError(t, s.d.Close())
	assert.Zero(t, descriptors(t, s.dir))
	assert.Equal(t, 404, s.get("hot.mp4").StatusCode)
	assert.Zero(t, descriptors(t, s.dir))
	s.checkCache()
}

func TestMemoryIsBounded(t *testing.T) {
	s := newSite(t)
	path := s.put("a", long(smallSize))
	require.NoError(t, os.Mkdir(s.dir+"/sub", 0o755))
	const count = totalSize/smallSize + 50
	for i := range count {
		require.NoError(t, os.Link(path, fmt.Sprintf("%s/sub/%d", s.dir, i)))
		assert.Equal(t, int64(smallSize), s.do("HEAD", fmt.Sprintf("/f/sub/%d", i)).ContentLength)
	}
	s.checkCache()
	assert.Greater(t, s.d.cache.size, int64(totalSize-2*smallSize), "as much is kept as may be")
	for i := range 100 {
		s.get(fmt.Sprint("nothing", i))
	}
	assert.Nil(t, s.d.cache.get([]byte("nothing1")), "what is not there takes no place")
}

// A file is sent to its end though the cache has let it go, and its descriptor is closed then.
func TestEvictedWhileSending(t *testing.T) {
	s := newSite(t)
	content := strings.Repeat("0123456789abcdef", 12<<16)
	s.put("a.mp4", content)
	c := dial(t, s.listen())
	_, err := io.WriteString(c, request("GET", "/f/a.mp4", "Connection: close"))
	require.NoError(t, err)
	start := make([]byte, 4096)
	_, err = io.ReadFull(c, start)
	require.NoError(t, err)
	s.d.cache.shed()
	assert.Nil(t, s.d.cache.get([]byte("a.mp4")))
	assert.Equal(t, 1, descriptors(t, s.dir))
	s.d.Close()
	rest, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.True(t, parse(t, "GET", append(start, rest...)).content == content)
	assert.Zero(t, descriptors(t, s.dir))
}

// An entry that is in use is passed over; where all are, the newcomer is served and not kept.
func TestEverythingIsInUse(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "hello")
	s.put("b.txt", "world")
	s.get("a.txt")
	e := s.d.cache.get([]byte("a.txt"))
	s.d.cache.size += totalSize - 2*entrySize
	e.mu.Lock()
	assert.Equal(t, "world", s.get("b.txt").content)
	assert.Nil(t, s.d.cache.get([]byte("b.txt")))
	s.put("large.txt", long(smallSize+1))
	s.d.cache.files = openCount
	assert.Len(t, s.get("large.txt").content, smallSize+1)
	assert.Nil(t, s.d.cache.get([]byte("large.txt")))
	assert.Zero(t, descriptors(t, s.dir))
	e.mu.Unlock()
	assert.Equal(t, "world", s.get("b.txt").content)
	assert.Nil(t, s.d.cache.get([]byte("a.txt")), "now it may go")
	assert.Equal(t, "hello", s.get("a.txt").content)
}

// Many requests, all sizes of files, little room: entries come and go all the time.
func TestEvictionUnderLoad(t *testing.T) {
	s := newSite(t)
	const files = 40
	for i := range files {
		s.put(fmt.Sprintf("%d.txt", i), strings.Repeat(fmt.Sprint(i%10), 10+i%2*smallSize))
	}
	s.d.cache.files = openCount - 5 // so many fewer are left
	s.d.cache.size = totalSize - 10*entrySize
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for i := range 60 {
				n := (i*7 + worker*5) % files
				r := s.get(fmt.Sprintf("%d.txt", n))
				if r.err != nil || r.StatusCode != 200 || r.content != strings.Repeat(fmt.Sprint(n%10), 10+n%2*smallSize) {
					t.Errorf("%d: %d %v, %d octets", n, r.StatusCode, r.err, len(r.content))
				}
				if i%10 == 0 {
					s.pass(maxAge)
				}
			}
		})
	}
	workers.Wait()
	open, size := s.d.cache.held()
	assert.LessOrEqual(t, open, 5)
	assert.LessOrEqual(t, size, int64(10*entrySize))
	assert.Equal(t, open, descriptors(t, s.dir))
	s.d.Close()
	assert.Zero(t, descriptors(t, s.dir))
}

// Requests that meet the end of the directory get the file or none, and leave nothing open.
func TestCloseUnderLoad(t *testing.T) {
	s := newSite(t)
	const files = 10
	for i := range files {
		s.put(fmt.Sprintf("%d.txt", i), strings.Repeat("x", 10+i%2*smallSize))
	}
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := range 50 {
				r := s.get(fmt.Sprintf("%d.txt", (i+worker)%files))
				if r.err != nil || r.StatusCode != 200 && r.StatusCode != 404 {
					t.Errorf("%d %v", r.StatusCode, r.err)
				}
				if worker == 0 && i == 25 {
					s.d.Close()
				}
			}
		})
	}
	workers.Wait()
	assert.Empty(t, s.d.cache.ring)
	assert.Zero(t, descriptors(t, s.dir))
	assert.False(t, s.d.cache.put(&entry{name: "late"}), "whoever is late keeps what he has for himself")
}

func TestReasons(t *testing.T) {
	s := newSite(t)
	s.put("a.mp4", long(smallSize+1))
	s.get("a.mp4")
	for err, want := range map[error]Error{
		syscall.ENOENT: errNotFound, syscall.EACCES: errNotFound, os.ErrClosed: errNotFound, syscall.ELOOP: errNotFound,
		syscall.EIO: ErrUnreadable, syscall.ENOMEM: ErrUnreadable,
	} {
		assert.Equal(t, want, s.d.reason(&os.PathError{Op: "open", Path: "a", Err: err}), err)
	}
	for e := Error(1); e <= errCoding; e++ {
		assert.Equal(t, e, s.d.reason(e))
		assert.NotEqual(t, Error(0).Error(), e.Error())
	}
	assert.Equal(t, 1, descriptors(t, s.dir))
	assert.Equal(t, errCrowded, s.d.reason(syscall.EMFILE))
	assert.Zero(t, descriptors(t, s.dir), "room was made")
	assert.Equal(t, ErrUnreadable, s.d.reason(syscall.EMFILE))
}

func TestMomentAge(t *testing.T) {
	assert.Equal(t, 1500*time.Millisecond, moment{10, 5e8}.age(time.Unix(12, 0)))
}
