package files

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAppendName(t *testing.T) {
	tests := []struct {
		path, name string
		folder, ok bool
	}{
		{"", "", true, true},
		{"a", "a", false, true},
		{"a/b.c", "a/b.c", false, true},
		{"a/", "a/", true, true},
		{"a/b/", "a/b/", true, true},
		{"%41%2d%2D%7e", "A--~", false, true},
		{"%25%32%45", "%2E", false, true},
		{"a%20b+c", "a b+c", false, true},
		{"%c3%bc%FF", "ü\xff", false, true},
		{"a..b/c.", "a..b/c.", false, true},
		{strings.Repeat("a", maxName), strings.Repeat("a", maxName), false, true},

		{path: "."}, {path: ".."}, {path: "a/.."}, {path: "../a"}, {path: "a/../b"}, {path: "..."}, {path: ".a"}, {path: "a/.b"}, {path: "./"},
		{path: "%2e"}, {path: "%2e."}, {path: ".%2E"}, {path: "a/%2e%2e/b"},
		{path: "/"}, {path: "/a"}, {path: "a//b"}, {path: "a//"}, {path: "//"},
		{path: "%2f"}, {path: "a%2Fb"}, {path: "a%5cb"}, {path: "a%5Cb"}, {path: `a\b`}, {path: `\`}, {path: "%00"}, {path: "a%00"}, {path: "a\x00"},
		{path: "%"}, {path: "%2"}, {path: "a%"}, {path: "%zz"}, {path: "%2g"}, {path: "%g2"}, {path: "% 2"},
		{path: strings.Repeat("a", maxName+1)}, {path: strings.Repeat("a/", maxName/2) + "a"}, {path: strings.Repeat("a", maxName) + "/"},
	}
	for _, tt := range tests {
		name, folder, ok := appendName([]byte("before"), []byte(tt.path))
		assert.Equal(t, tt.ok, ok, tt.path)
		if ok {
			assert.Equal(t, []any{"before" + tt.name, tt.folder}, []any{string(name), folder}, tt.path)
		}
	}
}

// FuzzName: whatever a path says, the name stays below the root, shows nothing that is hidden, and is what net/url decodes, too.
func FuzzName(f *testing.F) {
	for _, path := range []string{"", "a/b.txt", "%2e%2e/a", "a%2fb", "a/", "%00", "a//b", "..%5c..", "%25%32%65", ".git/config", "a%", "%c0%ae"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, folder, ok := appendName(nil, []byte(path))
		if !ok {
			return
		}
		s := string(name)
		if plain, err := url.PathUnescape(path); err != nil || plain != s {
			t.Fatalf("%q: %q is not %q", path, s, plain)
		}
		if folder != (s == "" || strings.HasSuffix(s, "/")) {
			t.Fatalf("%q: folder %v", path, folder)
		}
		if folder {
			s += "x"
		}
		if strings.ContainsAny(s, "\x00\\") || strings.HasPrefix(s, ".") || strings.Contains(s, "/.") || len(name) > maxName {
			t.Fatalf("%q: %q", path, s)
		}
		// Names need not be UTF-8; but for that they are what io/fs asks for.
		if !fs.ValidPath(strings.ToValidUTF8(s, "?")) {
			t.Fatalf("%q: %q", path, s)
		}
	})
}
