package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mccutchen/go-httpbin/v2/httpbin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what has to come. No test measures a time.
const patience = time.Minute

var scratch string // the folder that the program is built in

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// built makes the program once.
var built = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "httpserver")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "barewire/cmd/httpserver").CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return bin, nil
})

// program is httpserver, running.
type program struct {
	addr   string
	access *output // its access log
}

// launch starts the program in the folder of the repository, where the clip is, with an upstream that go-httpbin is. More environment
// can be given.
func launch(t *testing.T, upstream string, env ...string) *program {
	bin, err := built()
	require.NoError(t, err)
	stderr := &output{}
	p := &program{access: &output{}}
	c := exec.Command(bin, "-addr", "127.0.0.1:0", "-access-log", "clf", "-httpbin-upstream", upstream)
	c.Dir, c.Env, c.Stdout, c.Stderr = filepath.Join("..", ".."), append(os.Environ(), env...), p.access, stderr
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(patience, func() { c.Process.Kill() })
		defer killer.Stop()
		assert.NoError(t, c.Wait(), "%s", stderr)
	})
	p.addr = stderr.await(t, `listening on http://(127\.0\.0\.1:\d+)`)[1]
	return p
}

func (p *program) url(path string) string { return "http://" + p.addr + path }

// startHTTPBin starts go-httpbin, and behind "/own/" what a test serves itself.
func startHTTPBin(t *testing.T, secure bool, own http.Handler) (url string, env []string) {
	mux := http.NewServeMux()
	mux.Handle("/", httpbin.New())
	if own != nil {
		mux.Handle("/own/", own)
	}
	s := httptest.NewUnstartedServer(mux)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	if !secure {
		s.Start()
		return s.URL, nil
	}
	s.StartTLS()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	return s.URL, []string{"SSL_CERT_FILE=" + roots}
}

// output collects what a program writes.
type output struct {
	mu   sync.Mutex
	text []byte
}

// Write adds b.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	return len(b), nil
}

// String returns what there is.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// await waits until what there is matches, and returns the match and its groups.
func (o *output) await(t *testing.T, pattern string) (groups []string) {
	re := regexp.MustCompile(pattern)
	require.Eventually(t, func() bool {
		groups = re.FindStringSubmatch(o.String())
		return groups != nil
	}, patience, 5*time.Millisecond, "waited in vain for %s in:\n%s", pattern, o)
	return groups
}

// checkTrailers compares the two trailers with the content as it was received.
func checkTrailers(t *testing.T, content []byte, trailers http.Header) {
	t.Helper()
	sum := sha256.Sum256(content)
	assert.Equal(t, hex.EncodeToString(sum[:]), trailers.Get("X-Content-SHA256"))
	assert.Equal(t, strconv.Itoa(len(content)), trailers.Get("X-Content-Length"))
}

// tool returns the path of a client, or skips the test.
func tool(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// call runs a client to its end and returns what it writes to standard output.
func call(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), tool(t, name), args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), &stderr)
	return string(out)
}
