package files

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Without descriptors, those of the cache make room; when there are none of these either, the answer says that it is not for good.
func TestOutOfDescriptors(t *testing.T) {
	s := newSite(t)
	s.put("kept.mp4", long(smallSize+1))
	s.put("a.txt", "hello")
	s.put("b.txt", "world")
	s.get("kept.mp4")
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	f, err := s.d.root.Open("a.txt")
	require.NoError(t, err)
	after := before
	after.Cur = uint64(f.Fd()) // the first one that is free
	require.NoError(t, f.Close())
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &after))
	a, b := s.get("a.txt"), response{}
	if e := s.d.cache.get([]byte("kept.mp4")); e == nil {
		f, err = s.d.root.Open("a.txt") // takes the place that was made
		b = *s.get("b.txt")
	}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
	require.NoError(t, err)
	f.Close()
	require.NotNil(t, b.Response, "the descriptor was not given up")
	assert.Equal(t, "hello", a.content)
	assert.Equal(t, 503, b.StatusCode)
	assert.Equal(t, "world", s.get("b.txt").content)
}

// Where the descriptor that is missing is that of a compressed form, the file is there and it cannot be said what else is: without Vary a
// cache would keep it for everybody.
func TestOutOfDescriptorsForACoding(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", long(smallSize+1)) // needs one for itself
	s.put("a.txt.gz", "gzipped")
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	f, err := s.d.root.Open("a.txt")
	require.NoError(t, err)
	after := before
	after.Cur = uint64(f.Fd()) + 1
	require.NoError(t, f.Close())
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &after))
	plain, gzip := s.get("a.txt"), s.get("a.txt", "Accept-Encoding: gzip")
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
	assert.Equal(t, []any{503, 503}, []any{plain.StatusCode, gzip.StatusCode})
	assert.Zero(t, descriptors(t, s.dir))
	assert.Equal(t, "Accept-Encoding", s.get("a.txt").field("Vary"))
	assert.Equal(t, "gzipped", s.get("a.txt", "Accept-Encoding: gzip").content)
}
