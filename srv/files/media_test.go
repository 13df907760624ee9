package files

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMediaOf(t *testing.T) {
	const utf8 = "; charset=utf-8"
	for name, want := range map[string]string{
		"a.html": "text/html" + utf8, "a.HTM": "text/html" + utf8, "a.b.css": "text/css" + utf8, "x/a.Js": "text/javascript" + utf8,
		"a.json": "application/json", "a.svg": "image/svg+xml", "a.png": "image/png", "a.jpg": "image/jpeg", "a.webp": "image/webp",
		"a.avif": "image/avif", "a.gif": "image/gif", "a.ico": "image/x-icon", "a.mp4": "video/mp4", "a.webm": "video/webm",
		"a.woff2": "font/woff2", "a.txt": "text/plain" + utf8, "a.md": "text/markdown" + utf8, "a.pdf": "application/pdf",
		"a.wasm": "application/wasm", "a.xml": "application/xml",
		"a": "", "a.": "", "a.unknown": "", "html": "", "a.html/b": "", "": "",
	} {
		assert.Equal(t, want, mediaOf(name), name)
	}
	seen := map[string]bool{}
	for _, m := range media {
		assert.Equal(t, strings.ToLower(m.extension), m.extension)
		assert.False(t, seen[m.extension], "%s is there twice", m.extension)
		seen[m.extension] = true
		assert.Equal(t, strings.HasPrefix(m.media, "text/"), strings.Contains(m.media, "charset"), m.media)
	}
}

func TestSniff(t *testing.T) {
	const text = "text/plain; charset=utf-8"
	for content, want := range map[string]string{
		"":                                text,
		"hello\r\n\tworld\x1b[m\f":        text,
		"gr\u00fc\u00df dich":             text,
		strings.Repeat("a", 511) + "\xc3": text,
		"<!doctype html><script>alert(1)": text,
		"<svg onload=alert(1)>":           text,
		"a\x00b":                          octetStream,
		"a\x7f":                           octetStream,
		"a\xffb":                          octetStream,
		"\xc3\x28":                        octetStream,
		"\x89PNG\r\n\x1a\n....":           "image/png",
		"\xff\xd8\xff\xe0":                "image/jpeg",
		"GIF89a...":                       "image/gif",
		"RIFF....WEBPVP8 ":                "image/webp",
		"\x00\x00\x00\x1cftypavif":        "image/avif",
		"\x00\x00\x00\x1cftypisom":        "video/mp4",
		"\x1a\x45\xdf\xa3":                "video/webm",
		"%PDF-1.7":                        "application/pdf",
		"\x00asm\x01\x00\x00\x00":         "application/wasm",
		"wOF2":                            "font/woff2",
		"\x1f\x8b\x08":                    "application/gzip",
		"%PD":                             text,
		"\x00\x00\x00\x1cfty":             octetStream,
	} {
		assert.Equal(t, want, sniff([]byte(content)), "%q", content)
	}
}

// What a name does not tell its first octets do, of small files and large ones.
func TestSniffed(t *testing.T) {
	s := newSite(t)
	for _, size := range []int{0, smallSize} {
		s.put("a", "%PDF-"+long(size))
		s.put("b.unknown", "a\x00"+long(size))
		s.put("README", "hello"+long(size))
		s.pass(maxAge)
		assert.Equal(t, "application/pdf", s.get("a").field("Content-Type"))
		assert.Equal(t, octetStream, s.get("b.unknown").field("Content-Type"))
		assert.Equal(t, "text/plain; charset=utf-8", s.get("README").field("Content-Type"))
	}
}
