package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/cmd/internal/clitest"
)

var withBrowser = flag.Bool("browser", false, "look at the start page with Chromium, which has to be installed")

// watcher is a page that the test's upstream serves, so that it comes from the same origin as the start page, which it shows in a
// frame and plays with. It reports by requests that end at the upstream again.
const watcher = `<!doctype html>
<title>watcher</title>
<link rel="icon" href="data:,">
<iframe src="/" width="800" height="1200"></iframe>
<script>
const report = what => fetch("/httpbin/report?" + new URLSearchParams(what));
const until = async what => { while (!what()) await new Promise(go => setTimeout(go, 10)); };
const frame = document.querySelector("iframe");
frame.onload = async () => {
	try {
		const page = frame.contentDocument, video = page.querySelector("video"), stream = page.querySelector("pre");
		await until(() => !page.querySelector("video") || video.currentTime > 0.3);
		page.querySelector("button").click();
		await until(() => stream.textContent != "");
		await report({first: stream.textContent});
		await until(() => stream.textContent.includes("\n") || stream.textContent.includes(":"));
		frame.contentWindow.setTimeout("throw Error('canary')"); // an error of the page would be told like this one
		await report({
			all: stream.textContent, clip: page.querySelector("#clip").textContent,
			video: page.querySelector("video") ? "width " + video.videoWidth : "none",
		});
	} catch (e) {
		await report({error: e});
	}
};
</script>
`

// The start page in a browser: the clip plays, the stream shows while it runs, and the console has nothing to say.
func TestBrowser(t *testing.T) {
	if !*withBrowser {
		t.Skip("needs Chromium: go test ./cmd/httpserver -browser")
	}
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	t.Run("with everything", func(t *testing.T) {
		if _, err := os.Stat(filepath.Join(repository, "assets", "vim.mp4")); err != nil {
			t.Skip("the repository has no clip")
		}
		reports, console := browse(t, true, func(c *exec.Cmd) { c.Dir = repository })
		assert.Equal(t, "first", reports[0].Get("first"))
		last := reports[1]
		assert.Equal(t, "first, second\nthat was all, in 2 pieces", last.Get("all"))
		assert.Regexp(t, `^width [1-9]`, last.Get("video"))
		assert.Len(t, console, 1, "the watcher's error alone")
	})
	t.Run("with nothing", func(t *testing.T) {
		reports, console := browse(t, false, nil)
		last := reports[len(reports)-1]
		assert.Equal(t, "502: upstream did not come to the party", last.Get("all"))
		assert.Equal(t, "none", last.Get("video"))
		assert.Contains(t, last.Get("clip"), "no clip on this machine")
		assert.Len(t, console, 1, "the watcher's error alone")
	})
}

// browse lets Chromium look at the watcher, and returns what that reports, and the lines of the console. The upstream drips, or breaks off.
func browse(t *testing.T, drips bool, prepare func(*exec.Cmd)) (reports []url.Values, console []string) {
	came := make(chan url.Values, 2)
	first := make(chan struct{})
	addr := upstream(t, func(c net.Conn, head string) {
		target, err := url.Parse(strings.Fields(head)[1])
		switch {
		case err != nil:
		case target.Path == "/watcher":
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(watcher), watcher)
		case target.Path == "/report":
			came <- target.Query()
			if target.Query().Has("first") && drips {
				close(first)
			}
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		case target.Path == "/drip" && drips:
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nfirst")
			select {
			case <-first:
			case <-time.After(clitest.Patience):
			}
			io.WriteString(c, ", second")
		}
	})
	p := launch(t, prepare, "-httpbin-upstream", "http://"+addr)
	chromium, log := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
		"--window-size=1000,1400", // what is out of sight does not play by itself
		"--user-data-dir="+t.TempDir(), "http://"+p.addr+"/httpbin/watcher"), new(clitest.Output)
	chromium.Stderr = log
	require.NoError(t, chromium.Start())
	defer func() {
		chromium.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(clitest.Patience, func() { chromium.Process.Kill() })
		defer killer.Stop()
		chromium.Wait()
	}()
	for len(reports) == 0 || !reports[len(reports)-1].Has("all") {
		select {
		case r := <-came:
			require.False(t, r.Has("error"), r.Get("error"))
			reports = append(reports, r)
		case <-time.After(clitest.Patience):
			require.Fail(t, "the browser reports nothing", "%s\n%s", log, p.stderr)
		}
	}
	log.Await(t, regexp.MustCompile(`CONSOLE.*Uncaught Error: canary`))
	for _, line := range strings.Split(log.String(), "\n") {
		if strings.Contains(line, "CONSOLE") {
			console = append(console, line)
		}
	}
	return reports, console
}
