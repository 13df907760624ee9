package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/srv/srvtest"
)

func TestFile(t *testing.T) {
	content := strings.Repeat("0123456789", 100_000)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.bin")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	link := filepath.Join(t.TempDir(), "link") // as the command line may name one, wherever it leads
	require.NoError(t, os.Symlink(path, link))
	for _, name := range []string{path, link} {
		o, err := parseOptions([]string{"-file", name}, io.Discard)
		require.NoError(t, err)
		s := newServer(o)
		for _, method := range []string{"GET", "HEAD"} {
			head, got, _ := strings.Cut(string(srvtest.Do(s, []byte(method+" /file HTTP/1.1\r\nHost: a\r\n\r\n"))), "\r\n\r\n")
			assert.True(t, strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n"), head)
			assert.Contains(t, head, "\r\nContent-Length: 1000000")
			assert.True(t, method == "HEAD" && got == "" || got == content)
		}
		answer := string(srvtest.Do(s, []byte("GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=10-12\r\n\r\n")))
		assert.True(t, strings.HasSuffix(answer, "\r\n\r\n012"), answer)
	}
}

// What cannot be sent is an error at the start.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink("nothing", filepath.Join(dir, "dangling")))
	for name, why := range map[string]string{
		dir:                            "not a regular file",
		os.DevNull:                     "not a regular file",
		filepath.Join(dir, "nothing"):  syscall.ENOENT.Error(),
		filepath.Join(dir, "dangling"): syscall.ENOENT.Error(),
	} {
		_, err := parseOptions([]string{"-file", name}, io.Discard)
		assert.ErrorContains(t, err, "-file: ", name)
		assert.ErrorContains(t, err, name)
		assert.ErrorContains(t, err, why)
	}
}
