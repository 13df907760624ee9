package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func clip(t *testing.T) string {
	b, err := os.ReadFile(filepath.Join("..", "..", "assets", "vim.mp4"))
	if os.IsNotExist(err) {
		t.Skip("the repository has no clip")
	}
	require.NoError(t, err)
	return string(b)
}

func TestCurl(t *testing.T) {
	upstream, _ := startHTTPBin(t, false, nil)
	p := launch(t, upstream)
	curl := func(t *testing.T, args ...string) string {
		return call(t, "curl", append([]string{"--silent", "--show-error", "--max-time", "60", "--noproxy", "*"}, args...)...)
	}
	const code = "%{http_code} %{size_download}"
	film := clip(t)

	t.Run("a range", func(t *testing.T) {
		assert.True(t, film[1000:2001] == curl(t, "--range", "1000-2000", p.url("/video")))
		assert.True(t, film[len(film)-10:] == curl(t, "--range", "-10", p.url("/video")))
	})
	t.Run("two ranges", func(t *testing.T) {
		got := curl(t, "--range", "0-9,20-29", p.url("/video"))
		assert.Contains(t, got, film[:10])
		assert.Contains(t, got, film[20:30])
	})
	t.Run("beyond the end", func(t *testing.T) {
		assert.Contains(t, curl(t, "--range", "999999999-", "--output", os.DevNull, "--write-out", code, p.url("/video")), "416 ")
	})
	t.Run("goes on with what it has", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "clip")
		require.NoError(t, os.WriteFile(file, []byte(film[:50_000]), 0o600))
		assert.Equal(t, fmt.Sprint("206 ", len(film)-50_000), curl(t, "--continue-at", "-", "--output", file, "--write-out", code, p.url("/video")))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.True(t, film == string(got))
	})
	t.Run("when newer", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "clip")
		curl(t, "--remote-time", "--output", file, p.url("/video"))
		assert.Equal(t, "304 0", curl(t, "--time-cond", file, "--output", os.DevNull, "--write-out", code, p.url("/video")))
		assert.Contains(t, curl(t, "--time-cond", "Thu, 01 Jan 1998 00:00:00 GMT", "--output", os.DevNull, "--write-out", code, p.url("/video")), "200 ")
	})
	t.Run("compressed", func(t *testing.T) {
		assert.Contains(t, curl(t, "--compressed", p.url("/httpbin/gzip")), `"gzipped": true`)
		assert.True(t, film == curl(t, "--compressed", p.url("/video")))
	})
	t.Run("HTTP/1.0", func(t *testing.T) {
		got := curl(t, "--http1.0", "--include", p.url("/httpbin/stream/20"))
		head, content, _ := strings.Cut(got, "\r\n\r\n")
		assert.Equal(t, 20, strings.Count(content, "\n"))
		assert.NotContains(t, strings.ToLower(head), "chunked")
		assert.NotContains(t, strings.ToLower(got), "x-content-")
		assert.True(t, film == curl(t, "--http1.0", p.url("/video")))
	})
	t.Run("trailers on the wire", func(t *testing.T) {
		got := curl(t, "--raw", p.url("/httpbin/base64/aGVsbG8="))
		assert.Equal(t, "5\r\nhello\r\n0\r\nX-Content-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\nX-Content-Length: 5\r\n\r\n", got)
	})
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("0123456789", 90_000)), 0o600))
	for _, how := range [][]string{
		{"--upload-file", file},
		{"--upload-file", file, "--header", "Expect: 100-continue"},
		{"--upload-file", file, "--header", "Transfer-Encoding: chunked"},
		{"--upload-file", file, "--header", "Transfer-Encoding: chunked", "--header", "Expect: 100-continue"},
		{"--data-binary", "@" + file},
		{"--data-binary", "@" + file, "--header", "Expect: 100-continue"},
		{"--http1.0", "--data-binary", "@" + file},
	} {
		t.Run("upload "+strings.Join(how[2:], " "), func(t *testing.T) {
			var got struct {
				Received int `json:"bytes_received"`
			}
			require.NoError(t, json.Unmarshal([]byte(curl(t, append(how, p.url("/httpbin/upload"))...)), &got))
			assert.Equal(t, 900_000, got.Received)
		})
	}
	t.Run("several on one connection", func(t *testing.T) {
		got := curl(t, "--write-out", "|%{num_connects}|", p.url("/httpbin/base64/YQ=="), p.url("/httpbin/base64/Yg=="), p.url("/httpbin/status/204"), p.url("/"))
		assert.True(t, strings.HasPrefix(got, "a|1|b|0||0|"), got[:min(len(got), 40)])
		assert.True(t, strings.HasSuffix(got, "|0|"))
	})
}

func TestWget(t *testing.T) {
	upstream, _ := startHTTPBin(t, false, nil)
	p := launch(t, upstream)
	film := clip(t)
	file := filepath.Join(t.TempDir(), "clip")
	require.NoError(t, os.WriteFile(file, []byte(film[:70_001]), 0o600))
	call(t, "wget", "--quiet", "--no-proxy", "--tries=1", "--timeout=60", "--continue", "--output-document="+file, p.url("/video"))
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.True(t, film == string(got), len(got))
	p.access.await(t, fmt.Sprintf(`"GET /video HTTP/1.1" 206 %d\n`, len(film)-70_001))
	assert.Equal(t, 10, strings.Count(call(t, "wget", "--quiet", "--no-proxy", "--tries=1", "--timeout=60", "--output-document=-", p.url("/httpbin/stream/10")), "\n"))
}

func TestFFprobe(t *testing.T) {
	film := clip(t)
	upstream, _ := startHTTPBin(t, false, nil)
	p := launch(t, upstream)
	const what = "stream=codec_type,width,height:format=format_name,size"
	got := call(t, "ffprobe", "-v", "error", "-show_entries", what, "-of", "flat", p.url("/video"))
	assert.Contains(t, got, `codec_type="video"`)
	assert.Contains(t, got, fmt.Sprintf("size=\"%d\"", len(film)))
	file := call(t, "ffprobe", "-v", "error", "-show_entries", what, "-of", "flat", filepath.Join("..", "..", "assets", "vim.mp4"))
	assert.Equal(t, file, got, "over HTTP as from the file")
}

// player is a page that plays the clip, seeks twice, and reports.
const player = `<!doctype html>
<title>player</title>
<link rel="icon" href="data:,">
<video src="/video" width="640" muted autoplay></video>
<script>
const report = what => fetch("/httpbin/own/report?" + new URLSearchParams(what));
const video = document.querySelector("video");
const happens = what => new Promise(go => video.addEventListener(what, go, {once: true}));
video.onerror = () => report({error: video.error.message});
(async () => {
	try {
		await happens("timeupdate");
		video.pause();
		const seen = [];
		for (const part of [0.8, 0.3]) {
			const done = happens("seeked");
			video.currentTime = part * video.duration;
			await done;
			seen.push((video.currentTime / video.duration).toFixed(1));
		}
		report({width: video.videoWidth, ready: video.readyState >= 2, seen: seen.join()});
	} catch (e) {
		report({error: e});
	}
})();
</script>
`

// Chromium plays the clip and seeks in it, by range requests.
func TestChromium(t *testing.T) {
	chromium := tool(t, "chromium")
	reports := make(chan url.Values, 4)
	upstream, _ := startHTTPBin(t, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/player") {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, player)
			return
		}
		reports <- r.URL.Query()
		w.WriteHeader(http.StatusNoContent)
	}))
	p := launch(t, upstream)
	log := &output{}
	c := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
		"--autoplay-policy=no-user-gesture-required", "--window-size=1000,1400", "--user-data-dir="+t.TempDir(), p.url("/httpbin/own/player"))
	c.Stderr = log
	require.NoError(t, c.Start())
	defer func() {
		c.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(patience, func() { c.Process.Kill() })
		defer killer.Stop()
		c.Wait()
	}()
	select {
	case got := <-reports:
		require.Empty(t, got.Get("error"), "%s", p.access)
		assert.Regexp(t, `^[1-9]`, got.Get("width"))
		assert.Equal(t, "true", got.Get("ready"))
		assert.Equal(t, "0.8,0.3", got.Get("seen"))
	case <-time.After(patience):
		require.Fail(t, "the browser reports nothing", "%s\n%s", log, p.access)
	}
	p.access.await(t, `"GET /video HTTP/1.1" 206 \d+\n`)
}
