package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
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

// library starts the program with a directory of files.
func library(t *testing.T) (p *program, dir string) {
	dir = t.TempDir()
	write := func(name string, content []byte) {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, content, 0o644))
		before := time.Now().Add(-time.Minute) // what was modified just now has no date yet
		require.NoError(t, os.Chtimes(name, before, before))
	}
	write("film.mp4", []byte(film))
	write("a.css", []byte("p { color: red }"))
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte("p { color: red }"))
	require.NoError(t, z.Close())
	write("a.css.gz", zipped.Bytes())
	write("sub/index.html", []byte("<p>index"))
	write(".secret", []byte("secret"))
	return launch(t, nil, "-dir", dir), dir
}

func TestFiles(t *testing.T) {
	p, _ := library(t)
	for _, tt := range []struct{ name, target, status, content string }{
		{"file", "/files/a.css", "200 OK", "p { color: red }"},
		{"large file", "/files/film.mp4", "200 OK", film},
		{"index", "/files/sub/", "200 OK", "<p>index"},
		{"folder", "/files/sub?a", "301 Moved Permanently", "301 Moved Permanently\n"},
		{"top", "/files", "301 Moved Permanently", ""},
		{"no index", "/files/", "404 Not Found", string(assets.NotFound)},
		{"nothing", "/files/nothing", "404 Not Found", string(assets.NotFound)},
		{"hidden", "/files/.secret", "404 Not Found", string(assets.NotFound)},
		{"outside", "/files/../go.mod", "404 Not Found", string(assets.NotFound)},
		{"outside, encoded", "/files/%2e%2e/go.mod", "404 Not Found", string(assets.NotFound)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head, content, _ := strings.Cut(p.get(t, tt.target), "\r\n\r\n")
			assert.True(t, strings.HasPrefix(head, "HTTP/1.1 "+tt.status+"\r\n"), head)
			assert.True(t, tt.content == content, "%d octets", len(content))
		})
	}
}

// A tool is a program that may be installed, run in a folder of its own.
type tool struct {
	t    *testing.T
	name string
	dir  string
}

func newTool(t *testing.T, name string) *tool {
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name + " is not installed")
	}
	return &tool{t, name, t.TempDir()}
}

// run returns what the tool prints, and its exit status.
func (o *tool) run(args ...string) (out string, code int) {
	o.t.Helper()
	c := exec.Command(o.name, args...)
	c.Dir = o.dir
	c.Env = append(os.Environ(), "no_proxy=*", "NO_PROXY=*", "HOME="+o.dir)
	var stdout bytes.Buffer
	c.Stdout = &stdout
	err := c.Run()
	if c.ProcessState == nil {
		require.NoError(o.t, err)
	}
	return stdout.String(), c.ProcessState.ExitCode()
}

func (o *tool) file(name string) string {
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	require.NoError(o.t, err)
	return string(b)
}

func TestCurl(t *testing.T) {
	curl := newTool(t, "curl")
	p, _ := library(t)
	base := "http://" + p.addr + "/files/"
	const status = "\n%{http_code} %{size_download} %header{content-encoding}"
	get := func(args ...string) string {
		out, code := curl.run(append([]string{"-s", "-w", status}, args...)...)
		require.Zero(t, code, args)
		return out
	}
	t.Run("range", func(t *testing.T) {
		assert.Equal(t, film[:100]+"\n206 100 ", get("-r", "0-99", base+"film.mp4"))
		assert.Equal(t, film[len(film)-7:]+"\n206 7 ", get("-r", "-7", base+"film.mp4"))
		assert.Contains(t, get("-r", "0-0,10-11", base+"film.mp4"), fmt.Sprintf("Content-Range: bytes 10-11/%d\r\n\r\n%s\r\n--", len(film), film[10:12]))
		assert.Contains(t, get("-r", "99999999-", base+"film.mp4"), "\n416 ")
	})
	t.Run("continue", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(curl.dir, "part"), []byte(film[:1000]), 0o644))
		assert.Equal(t, fmt.Sprintf("\n206 %d ", len(film)-1000), get("--continue-at", "-", "-o", "part", base+"film.mp4"))
		assert.True(t, curl.file("part") == film)
	})
	t.Run("time condition", func(t *testing.T) {
		assert.Equal(t, fmt.Sprintf("\n200 %d ", len(film)), get("-R", "-o", "copy", base+"film.mp4"))
		assert.Equal(t, "\n304 0 ", get("-z", "copy", "-o", "none", base+"film.mp4"))
		assert.Equal(t, fmt.Sprintf("\n200 %d ", len(film)), get("-z", "Sun, 06 Nov 1994 08:49:37 GMT", "-o", "copy", base+"film.mp4"))
	})
	t.Run("entity-tag", func(t *testing.T) {
		get("--etag-save", "tag", base+"a.css")
		assert.Equal(t, "\n304 0 ", get("--etag-compare", "tag", base+"a.css"))
	})
	t.Run("compressed", func(t *testing.T) {
		out := get("--compressed", base+"a.css")
		assert.Regexp(t, `^p \{ color: red \}\n200 \d+ gzip$`, out)
	})
	t.Run("head", func(t *testing.T) {
		assert.Contains(t, get("-I", base+"film.mp4"), fmt.Sprintf("\r\nContent-Length: %d\r\n", len(film)))
	})
	t.Run("redirect", func(t *testing.T) {
		assert.Equal(t, "<p>index\n200 8 ", get("-L", base+"sub"))
	})
}

func TestWget(t *testing.T) {
	wget := newTool(t, "wget")
	p, _ := library(t)
	require.NoError(t, os.WriteFile(filepath.Join(wget.dir, "film.mp4"), []byte(film[:12345]), 0o644))
	_, code := wget.run("-q", "-c", "http://"+p.addr+"/files/film.mp4")
	assert.Zero(t, code)
	assert.True(t, wget.file("film.mp4") == film)
	_, code = wget.run("-q", "-c", "http://"+p.addr+"/files/film.mp4") // nothing is left to be fetched: 416
	assert.Zero(t, code)
	_, code = wget.run("-q", "-N", "http://"+p.addr+"/files/a.css")
	assert.Zero(t, code)
	assert.Equal(t, "p { color: red }", wget.file("a.css"))
}

// The demo clip, by a program that seeks in it.
func TestFfprobe(t *testing.T) {
	ffprobe := newTool(t, "ffprobe")
	clip, err := filepath.Abs("../../assets/vim.mp4")
	require.NoError(t, err)
	if _, err := os.Stat(clip); err != nil {
		t.Skip("the repository has no clip")
	}
	p := launch(t, nil, "-video", clip, "-dir", filepath.Dir(clip))
	for _, target := range []string{"/video", "/files/vim.mp4"} {
		out, code := ffprobe.run("-v", "error", "-read_intervals", "1%+#1", "-show_entries", "stream=codec_type", "-of", "csv=p=0", "http://"+p.addr+target)
		assert.Zero(t, code)
		assert.Contains(t, out, "video")
	}
}

// The clip has ranges and conditions, too.
func TestVideoRanges(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "clip.bin") // it is video/mp4 by the route
	require.NoError(t, os.WriteFile(clip, []byte(film), 0o644))
	p := launch(t, nil, "-video", clip)
	ask := func(method, line string) (head, content string) {
		answer := exchange(t, p.addr, method+" /video HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+line+"\r\n\r\n")
		head, content, _ = strings.Cut(answer, "\r\n\r\n")
		return head + "\r\n", content
	}
	head, content := ask("GET", "Range: bytes=100-199")
	assert.Contains(t, head, "HTTP/1.1 206 Partial Content\r\n")
	assert.Contains(t, head, fmt.Sprintf("\r\nContent-Range: bytes 100-199/%d\r\n", len(film)))
	assert.Contains(t, head, "\r\nContent-Type: video/mp4\r\n")
	assert.True(t, content == film[100:200])
	_, tag, _ := strings.Cut(head, "ETag: ")
	tag, _, _ = strings.Cut(tag, "\r\n")
	head, _ = ask("GET", "If-None-Match: "+tag)
	assert.Contains(t, head, "HTTP/1.1 304 Not Modified\r\n")
	head, content = ask("HEAD", "Range: bytes=0-0")
	assert.Contains(t, head, "HTTP/1.1 200 OK\r\n")
	assert.Contains(t, head, fmt.Sprintf("\r\nContent-Length: %d\r\n", len(film)))
	assert.Empty(t, content)
}
