package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/assets"
)

func TestPages(t *testing.T) {
	p := launch(t, nil)
	pages := []struct {
		path   string
		status int
		page   []byte
	}{
		{"/", 200, assets.Home},
		{"/?from=here", 200, assets.Home},
		{"/yourproblem", 400, assets.YourProblem},
		{"/myproblem", 500, assets.MyProblem},
		{"/nowhere", 404, assets.NotFound},
		{"/yourproblem/", 404, assets.NotFound},
		{"/httpbin", 404, assets.NotFound},
		{"/video", 404, assets.NoClip},
		{"/files", 404, assets.NotFound},
		{"/files/", 404, assets.NotFound},
	}
	for _, tt := range pages {
		t.Run("GET "+tt.path, func(t *testing.T) {
			r, err := http.Get("http://" + p.addr + tt.path)
			require.NoError(t, err)
			defer r.Body.Close()
			text, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			assert.Equal(t, tt.status, r.StatusCode)
			assert.Equal(t, string(tt.page), string(text))
			assert.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
			assert.Equal(t, int64(len(tt.page)), r.ContentLength)
		})
	}

	raw := []struct {
		name, request, statusLine string
		fields                    []string
		page                      []byte
		count                     int // of answers
	}{
		{"GET", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK",
			[]string{"content-type: text/html; charset=utf-8", fmt.Sprint("content-length: ", len(assets.Home)), "connection: close"}, assets.Home, 1},
		{"HEAD", "HEAD /myproblem HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 500 Internal Server Error",
			[]string{fmt.Sprint("content-length: ", len(assets.MyProblem))}, nil, 1},
		{"HEAD without a clip", "HEAD /video HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 Not Found",
			[]string{fmt.Sprint("content-length: ", len(assets.NoClip))}, nil, 1},
		{"HTTP/1.0", "GET /yourproblem HTTP/1.0\r\n\r\n", "HTTP/1.1 400 Bad Request", []string{"connection: close"}, assets.YourProblem, 1},
		{"POST", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 Method Not Allowed",
			[]string{"allow: GET, HEAD, OPTIONS"}, []byte("405 Method Not Allowed\n"), 1},
		{"pipelined", "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 Not Found",
			nil, assets.NotFound, 2},
	}
	for _, tt := range raw {
		t.Run("raw "+tt.name, func(t *testing.T) {
			answer := exchange(t, p.addr, tt.request)
			head, _, _ := strings.Cut(strings.ToLower(answer), "\r\n\r\n")
			assert.Equal(t, tt.count, strings.Count(answer, tt.statusLine+"\r\n"))
			assert.Equal(t, tt.count, strings.Count(answer, "\r\n\r\n"+string(tt.page)))
			assert.True(t, strings.HasPrefix(answer, tt.statusLine) && strings.HasSuffix(answer, "\r\n\r\n"+string(tt.page)), answer)
			for _, field := range tt.fields {
				assert.Contains(t, strings.Split(head, "\r\n"), strings.ToLower(field))
			}
		})
	}
	t.Run("refusal", func(t *testing.T) {
		assert.True(t, strings.HasPrefix(exchange(t, p.addr, "GET /\r\n\r\n"), "HTTP/1.1 400 Bad Request\r\n"))
	})
}

// film is a clip as far as the server is concerned: octets, of which there are more than fit into any buffer on the way.
var film = strings.Repeat("\x00\xff\r\n\r\n0123456789", 64<<10)

func TestVideo(t *testing.T) {
	write := func(t *testing.T, names ...string) {
		name := filepath.Join(names...)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(film), 0o644))
	}
	found := func(t *testing.T, p *program) {
		t.Helper()
		answer := p.get(t, "/video")
		head, content, _ := strings.Cut(answer, "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		assert.Equal(t, "HTTP/1.1 200 OK", lines[0])
		assert.Contains(t, lines, "Content-Type: video/mp4")
		assert.Contains(t, lines, fmt.Sprint("Content-Length: ", len(film)))
		assert.Contains(t, lines, "Accept-Ranges: bytes")
		assert.True(t, content == film, "%d octets of content", len(content))
	}
	missing := func(t *testing.T, p *program) {
		t.Helper()
		answer := p.get(t, "/video")
		assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 404 Not Found\r\n"), answer)
		assert.True(t, strings.HasSuffix(answer, "\r\n\r\n"+string(assets.NoClip)), answer)
	}
	in := func(dir string) func(*exec.Cmd) { return func(c *exec.Cmd) { c.Dir = dir } }

	t.Run("comes, changes its kind and goes", func(t *testing.T) {
		dir := t.TempDir()
		p := launch(t, in(dir))
		missing(t, p)
		write(t, dir, "assets", "vim.mp4")
		found(t, p)
		found(t, p)
		require.NoError(t, os.Remove(filepath.Join(dir, "assets", "vim.mp4")))
		gone := func() bool { return strings.HasPrefix(p.get(t, "/video"), "HTTP/1.1 404 Not Found\r\n") }
		require.Eventually(t, gone, time.Minute, 50*time.Millisecond, "it is kept for a second")
		missing(t, p)
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid)) // on Linux
		for _, fd := range fds {
			name, _ := os.Readlink(fd)
			assert.NotContains(t, name, "vim.mp4", "it is still open")
		}
		assert.NotContains(t, p.stderr.String(), "WARN", "a missing clip is nothing to warn of")
		require.NoError(t, os.Mkdir(filepath.Join(dir, "assets", "vim.mp4"), 0o755))
		missing(t, p)
		missing(t, p)
		assert.Equal(t, 1, strings.Count(p.stderr.String(), "not a regular file"))
	})
	t.Run("two places that are no files", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "assets", "vim.mp4"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub", "assets", "vim.mp4"), 0o755))
		p := launch(t, in(filepath.Join(dir, "sub")))
		for range 3 {
			missing(t, p)
		}
		assert.Equal(t, 2, strings.Count(p.stderr.String(), "not a regular file"), "each is logged once")
	})
	t.Run("HEAD", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "assets", "vim.mp4")
		p := launch(t, in(dir))
		answer := exchange(t, p.addr, "HEAD /video HTTP/1.1\r\nHost: a\r\n\r\nHEAD /video HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		assert.Equal(t, 2, strings.Count(answer, "HTTP/1.1 200 OK\r\n"))
		assert.Equal(t, 2, strings.Count(answer, fmt.Sprintf("\r\nContent-Length: %d\r\n", len(film))))
		assert.NotContains(t, answer, "0123456789")
		assert.True(t, strings.HasSuffix(answer, "\r\n\r\n"))
	})
	t.Run("empty", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a.mp4"), nil, 0o644))
		answer := launch(t, in(dir), "-video", "a.mp4").get(t, "/video")
		assert.Contains(t, answer, "HTTP/1.1 200 OK\r\n")
		assert.Contains(t, answer, "\r\nContent-Length: 0\r\n")
	})
	t.Run("POST", func(t *testing.T) {
		p := launch(t, nil)
		answer := exchange(t, p.addr, "POST /video HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		assert.True(t, strings.HasPrefix(answer, "HTTP/1.1 405 Method Not Allowed\r\n"), answer)
	})
	t.Run("in the module around", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "assets", "vim.mp4")
		write(t, dir, "go.mod")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755))
		p := launch(t, in(filepath.Join(dir, "a", "b")))
		found(t, p)
		nearer := filepath.Join(dir, "a", "b", "assets", "vim.mp4")
		write(t, nearer)
		require.NoError(t, os.Truncate(nearer, 5))
		answer := p.get(t, "/video")
		assert.True(t, strings.HasSuffix(answer, "\r\n\r\n"+film[:5]), "the nearest one is sent")
		require.NoError(t, os.Remove(nearer))
		size := fmt.Sprintf("\r\nContent-Length: %d\r\n", len(film))
		require.Eventually(t, func() bool { return strings.Contains(p.get(t, "/video"), size) }, time.Minute, 50*time.Millisecond)
		found(t, p)
	})
	t.Run("not outside the module", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "assets", "vim.mp4")
		write(t, dir, "a", "go.mod")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755))
		missing(t, launch(t, in(filepath.Join(dir, "a", "b"))))
	})
	t.Run("beside the program", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "assets", "vim.mp4")
		b, err := os.ReadFile(binary(t))
		require.NoError(t, err)
		bin := filepath.Join(dir, "copy.exe")
		require.NoError(t, os.WriteFile(bin, b, 0o755))
		found(t, launch(t, func(c *exec.Cmd) { c.Path = bin }))
	})
	t.Run("absolute", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a film.mp4")
		found(t, launch(t, nil, "-video", filepath.Join(dir, "a film.mp4")))
		require.NoError(t, os.MkdirAll(filepath.Join(dir, ".hidden"), 0o755))
		require.NoError(t, os.Rename(filepath.Join(dir, "a film.mp4"), filepath.Join(dir, ".hidden", "a film.mp4")))
		require.NoError(t, os.Symlink(filepath.Join(dir, ".hidden", "a film.mp4"), filepath.Join(dir, "link")))
		found(t, launch(t, nil, "-video", filepath.Join(dir, "link")))
	})
}
