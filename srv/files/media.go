package files

import (
	"bytes"
	"unicode/utf8"

	"barewire/hdr"
)

// media says which media type the files with an extension have. Text is UTF-8; what says its encoding itself, such as XML, is left
// to.
var media = [...]struct{ extension, media string }{
	{"html", "text/html; charset=utf-8"},
	{"htm", "text/html; charset=utf-8"},
	{"css", "text/css; charset=utf-8"},
	{"js", "text/javascript; charset=utf-8"},
	{"mjs", "text/javascript; charset=utf-8"},
	{"json", "application/json"},
	{"map", "application/json"},
	{"webmanifest", "application/manifest+json"},
	{"wasm", "application/wasm"},
	{"xml", "application/xml"},
	{"xhtml", "application/xhtml+xml"},
	{"rss", "application/rss+xml"},
	{"atom", "application/atom+xml"},
	{"txt", "text/plain; charset=utf-8"},
	{"log", "text/plain; charset=utf-8"},
	{"md", "text/markdown; charset=utf-8"},
	{"csv", "text/csv; charset=utf-8"},
	{"vtt", "text/vtt; charset=utf-8"},
	{"ics", "text/calendar; charset=utf-8"},
	{"svg", "image/svg+xml"},
	{"png", "image/png"},
	{"apng", "image/apng"},
	{"jpg", "image/jpeg"},
	{"jpeg", "image/jpeg"},
	{"gif", "image/gif"},
	{"webp", "image/webp"},
	{"avif", "image/avif"},
	{"ico", "image/x-icon"},
	{"bmp", "image/bmp"},
	{"tif", "image/tiff"},
	{"tiff", "image/tiff"},
	{"mp4", "video/mp4"},
	{"m4v", "video/mp4"},
	{"webm", "video/webm"},
	{"ogv", "video/ogg"},
	{"mov", "video/quicktime"},
	{"m3u8", "application/vnd.apple.mpegurl"},
	{"ts", "video/mp2t"},
	{"mp3", "audio/mpeg"},
	{"m4a", "audio/mp4"},
	{"ogg", "audio/ogg"},
	{"oga", "audio/ogg"},
	{"opus", "audio/ogg"},
	{"wav", "audio/wav"},
	{"flac", "audio/flac"},
	{"weba", "audio/webm"},
	{"woff2", "font/woff2"},
	{"woff", "font/woff"},
	{"ttf", "font/ttf"},
	{"otf", "font/otf"},
	{"pdf", "application/pdf"},
	{"epub", "application/epub+zip"},
	{"zip", "application/zip"},
	{"gz", "application/gzip"},
	{"tgz", "application/gzip"},
	{"bz2", "application/x-bzip2"},
	{"xz", "application/x-xz"},
	{"zst", "application/zstd"},
	{"7z", "application/x-7z-compressed"},
	{"tar", "application/x-tar"},
	{"bin", octetStream},
	{"exe", octetStream},
	{"iso", octetStream},
}

const octetStream = "application/octet-stream"

// mediaOf returns the media type of files with a name like this, "" if that says nothing.
func mediaOf(name string) string {
	for i := len(name) - 1; i >= 0 && name[i] != '/'; i-- {
		if name[i] == '.' {
			for _, m := range media {
				if hdr.EqualFold(name[i+1:], m.extension) {
					return m.media
				}
			}
			break
		}
	}
	return ""
}

// sniffSize is how many octets of a file are looked at to tell what is in it.
const sniffSize = 512

// signatures are octets that files of a kind have at an offset.
var signatures = [...]struct {
	off           int
	octets, media string
}{
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "GIF87a", "image/gif"},
	{0, "GIF89a", "image/gif"},
	{8, "WEBPVP", "image/webp"},
	{4, "ftypavif", "image/avif"},
	{4, "ftyp", "video/mp4"},
	{0, "\x1a\x45\xdf\xa3", "video/webm"},
	{0, "ID3", "audio/mpeg"},
	{0, "fLaC", "audio/flac"},
	{0, "OggS\x00", "application/ogg"},
	{0, "wOF2", "font/woff2"},
	{0, "wOFF", "font/woff"},
	{0, "\x00asm", "application/wasm"},
	{0, "%PDF-", "application/pdf"},
	{0, "PK\x03\x04", "application/zip"},
	{0, "\x1f\x8b\x08", "application/gzip"},
}

// sniff returns the media type that the first octets of a file speak for: one of the signatures, text or just octets. It never says
// HTML, or anything else that runs in a browser: somebody who can choose what is in a file shall not choose that.
func sniff(b []byte) string {
	for _, s := range signatures {
		if len(b) >= s.off && bytes.HasPrefix(b[s.off:], []byte(s.octets)) {
			return s.media
		}
	}
	if isText(b) {
		return "text/plain; charset=utf-8"
	}
	return octetStream
}

// isText reports whether b looks like UTF-8 without control octets that text has no use for. The last character may be
// cut off.
func isText(b []byte) bool {
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		switch {
		case c == utf8.RuneError && n == 1:
			return !utf8.FullRune(b)
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b, c == 0x7f:
			return false
		}
		b = b[n:]
	}
	return true
}
