package hdr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/hdr"
)

func TestIsToken(t *testing.T) {
	const tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range 256 {
		octet := []byte{byte(c)}
		want := strings.IndexByte(tchar, byte(c)) >= 0
		assert.Equal(t, want, hdr.IsToken(octet), "octet %#02x", c)
		assert.Equal(t, want, hdr.IsToken("a"+string(octet)+"z"), "octet %#02x inside", c)
	}
	assert.False(t, hdr.IsToken(""), "a token has at least one octet")
	assert.True(t, hdr.IsToken(tchar))
}

func TestIsValue(t *testing.T) {
	for c := range 256 {
		octet := []byte{byte(c)}
		want := c == '\t' || c >= 0x20 && c <= 0x7e || c >= 0x80
		assert.Equal(t, want, hdr.IsValue(octet), "octet %#02x", c)
		assert.Equal(t, want, hdr.IsValue("a"+string(octet)+"z"), "octet %#02x inside", c)
	}
	assert.True(t, hdr.IsValue(""), "a value may be empty")
}

func TestTrimOWS(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		" ":             "",
		"\t \t":         "",
		"a":             "a",
		" a\t":          "a",
		"\t a \t b \t ": "a \t b",
		"\u00a0a\v":     "\u00a0a\v", // other white space is not optional white space
		"\r\na\r\n":     "\r\na\r\n",
	} {
		assert.Equal(t, want, hdr.TrimOWS(in), "%q", in)
		assert.Equal(t, want, string(hdr.TrimOWS([]byte(in))), "%q", in)
	}
}

func TestErrorTexts(t *testing.T) {
	seen := map[string]hdr.Error{}
	for e := hdr.Error(0); e <= hdr.ErrSize; e++ {
		text := e.Error()
		assert.True(t, strings.HasPrefix(text, "hdr: "), text)
		_, dup := seen[text]
		assert.False(t, dup, text)
		seen[text] = e
	}
	assert.Equal(t, hdr.Error(0).Error(), hdr.Error(255).Error())
}
