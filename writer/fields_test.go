package writer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/hdr"
	"barewire/writer"
)

func TestCheckTrailer(t *testing.T) {
	forbidden := []string{
		"Content-Length", "Transfer-Encoding", "Trailer", "TE", // framing
		"Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", // the connection
		"Host", "Max-Forwards", "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", // routing
		"Expect", "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", // modifiers
		"Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Cookie", "Set-Cookie",
		"Strict-Transport-Security",
		"Age", "Cache-Control", "Date", "Expires", "Location", "Retry-After", "Vary", // control data
		"Content-Encoding", "Content-Type", "Content-Range", "Content-Disposition", // processing
	}
	var bits hdr.Bits
	for _, name := range forbidden {
		id := hdr.Lookup([]byte(name))
		assert.NotEqual(t, hdr.Unknown, id, name)
		assert.Equal(t, writer.ErrField, writer.CheckTrailer(name), name)
		assert.Equal(t, writer.ErrField, writer.CheckTrailer(strings.ToUpper(name)), name)
		bits |= id.Bit()
	}
	for id := hdr.Unknown; id < hdr.IDCount; id++ {
		assert.Equal(t, bits.Has(id), writer.ForbiddenTrailer(id), id.String())
	}
	for _, name := range []string{"ETag", "Server-Timing", "Content-Digest", "X-Checksum", "Link", "Last-Modified", strings.Repeat("x", 300)} {
		assert.NoError(t, writer.CheckTrailer(name), name)
	}
	for _, name := range []string{"", "a b", "a:", "a\r\nb", "\u212aeep", "a,b"} {
		assert.Equal(t, writer.ErrField, writer.CheckTrailer(name), "%q", name)
	}
	name := "X-Checksum"
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = writer.CheckTrailer(name) }))
}
