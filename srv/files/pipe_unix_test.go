//go:build unix

package files

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nobody waits for somebody to write to a pipe, and what is not a file is not found.
func TestNotRegular(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "hello")
	require.NoError(t, syscall.Mkfifo(filepath.Join(s.dir, "pipe"), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(s.dir, "a.txt.gz"), 0o644))
	l, err := net.Listen("unix", filepath.Join(s.dir, "socket"))
	require.NoError(t, err)
	defer l.Close()
	assert.Equal(t, 404, s.get("pipe").StatusCode)
	assert.Equal(t, 404, s.get("socket").StatusCode)
	assert.Equal(t, "hello", s.get("a.txt", "Accept-Encoding: gzip").content)
	// It may have become one since it was looked at.
	f, err := s.d.root.OpenFile("pipe", nonblock, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = newVersion(f, "pipe", codingIdentity, none)
	assert.Equal(t, ErrNotRegular, err)
}
