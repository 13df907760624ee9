package hdr_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// wellKnown says for every constant which name it stands for: a slip in the package's own table would make one field
// pass for another.
var wellKnown = [...]string{
	hdr.Accept:                      "Accept",
	hdr.AcceptCharset:               "Accept-Charset",
	hdr.AcceptEncoding:              "Accept-Encoding",
	hdr.AcceptLanguage:              "Accept-Language",
	hdr.AcceptRanges:                "Accept-Ranges",
	hdr.AccessControlAllowOrigin:    "Access-Control-Allow-Origin",
	hdr.AccessControlRequestHeaders: "Access-Control-Request-Headers",
	hdr.AccessControlRequestMethod:  "Access-Control-Request-Method",
	hdr.Age:                         "Age",
	hdr.Allow:                       "Allow",
	hdr.Authorization:               "Authorization",
	hdr.CacheControl:                "Cache-Control",
	hdr.Connection:                  "Connection",
	hdr.ContentDisposition:          "Content-Disposition",
	hdr.ContentEncoding:             "Content-Encoding",
	hdr.ContentLanguage:             "Content-Language",
	hdr.ContentLength:               "Content-Length",
	hdr.ContentLocation:             "Content-Location",
	hdr.ContentRange:                "Content-Range",
	hdr.ContentType:                 "Content-Type",
	hdr.Cookie:                      "Cookie",
	hdr.Date:                        "Date",
	hdr.ETag:                        "ETag",
	hdr.Expect:                      "Expect",
	hdr.Expires:                     "Expires",
	hdr.Forwarded:                   "Forwarded",
	hdr.Host:                        "Host",
	hdr.IfMatch:                     "If-Match",
	hdr.IfModifiedSince:             "If-Modified-Since",
	hdr.IfNoneMatch:                 "If-None-Match",
	hdr.IfRange:                     "If-Range",
	hdr.IfUnmodifiedSince:           "If-Unmodified-Since",
	hdr.KeepAlive:                   "Keep-Alive",
	hdr.LastModified:                "Last-Modified",
	hdr.Link:                        "Link",
	hdr.Location:                    "Location",
	hdr.MaxForwards:                 "Max-Forwards",
	hdr.Origin:                      "Origin",
	hdr.Priority:                    "Priority",
	hdr.ProxyAuthenticate:           "Proxy-Authenticate",
	hdr.ProxyAuthorization:          "Proxy-Authorization",
	hdr.ProxyConnection:             "Proxy-Connection",
	hdr.Range:                       "Range",
	hdr.Referer:                     "Referer",
	hdr.RetryAfter:                  "Retry-After",
	hdr.SecWebSocketKey:             "Sec-WebSocket-Key",
	hdr.Server:                      "Server",
	hdr.SetCookie:                   "Set-Cookie",
	hdr.StrictTransportSecurity:     "Strict-Transport-Security",
	hdr.TE:                          "TE",
	hdr.Trailer:                     "Trailer",
	hdr.TransferEncoding:            "Transfer-Encoding",
	hdr.Upgrade:                     "Upgrade",
	hdr.UpgradeInsecureRequests:     "Upgrade-Insecure-Requests",
	hdr.UserAgent:                   "User-Agent",
	hdr.Vary:                        "Vary",
	hdr.Via:                         "Via",
	hdr.WWWAuthenticate:             "WWW-Authenticate",
	hdr.XForwardedFor:               "X-Forwarded-For",
	hdr.XForwardedHost:              "X-Forwarded-Host",
	hdr.XForwardedProto:             "X-Forwarded-Proto",
	hdr.XRealIP:                     "X-Real-IP",
	hdr.XRequestID:                  "X-Request-ID",
}

// mixed alternates the case of letters, starting with a capital.
func mixed(s string) string {
	b := []byte(strings.ToLower(s))
	for i := 0; i < len(b); i += 2 {
		b[i] = bytes.ToUpper(b[i : i+1])[0]
	}
	return string(b)
}

func TestLookup(t *testing.T) {
	require.Len(t, wellKnown, int(hdr.IDCount))
	require.LessOrEqual(t, int(hdr.IDCount), 64, "a set of IDs is one word")
	for id := hdr.Unknown + 1; id < hdr.IDCount; id++ {
		name := wellKnown[id]
		require.NotEmpty(t, name)
		assert.Equal(t, strings.ToLower(name), id.String())
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name), mixed(name)} {
			assert.Equal(t, id, hdr.Lookup([]byte(spelling)), spelling)
		}
	}
}

// Of all names that differ from a well-known one in a single octet, only a change of case is found. Traps are CR for
// '-' and '@' for '`', which agree once 0x20 is set.
func TestLookupOneOctetOff(t *testing.T) {
	ids := map[string]hdr.ID{}
	for id := hdr.Unknown + 1; id < hdr.IDCount; id++ {
		ids[id.String()] = id
	}
	lower := func(b []byte) string { b = bytes.Clone(b); foldPlain(b); return string(b) }
	for id := hdr.Unknown + 1; id < hdr.IDCount; id++ {
		for _, spelling := range []string{id.String(), strings.ToUpper(id.String())} {
			for i := range spelling {
				b := []byte(spelling)
				for c := range 256 {
					b[i] = byte(c)
					if got, want := hdr.Lookup(b), ids[lower(b)]; got != want {
						require.Failf(t, "lookup", "%q: got %q, want %q", b, got, want)
					}
				}
				cut := append([]byte(spelling[:i]), spelling[i+1:]...)
				require.Equal(t, ids[lower(cut)], hdr.Lookup(cut), "%q", cut)
				grown := append([]byte(spelling[:i+1]), spelling[i:]...)
				require.Equal(t, ids[lower(grown)], hdr.Lookup(grown), "%q", grown)
			}
		}
	}
}

func TestLookupUnknown(t *testing.T) {
	for n := range 300 {
		for _, c := range []byte{0, 'a', '-', 0xff} {
			assert.Equal(t, hdr.Unknown, hdr.Lookup(bytes.Repeat([]byte{c}, n)), "%d times %#02x", n, c)
		}
	}
	for _, name := range []string{"X-Forwarded-By", "Content-Lenght", "Content_Length", "Content-Length ", "Host:", "ETags"} {
		assert.Equal(t, hdr.Unknown, hdr.Lookup([]byte(name)), name)
	}
}

func TestBits(t *testing.T) {
	var all hdr.Bits
	for id := hdr.Unknown; id < hdr.IDCount; id++ {
		assert.False(t, all.Has(id), id)
		all |= id.Bit()
		assert.True(t, all.Has(id), id)
	}
	assert.False(t, (hdr.Host.Bit() | hdr.Date.Bit()).Has(hdr.ETag))
	assert.Empty(t, hdr.Unknown.String())
	assert.Empty(t, hdr.IDCount.String())
	assert.Empty(t, hdr.ID(255).String())
}

func TestFind(t *testing.T) {
	for _, name := range append(wellKnown[1:], "a", "X", "DNT", "sec-ch-ua", "Sec-Fetch-Site", "x_y1", "x-token-with-!#$%&'*+.^`|~", "") {
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			for _, before := range []string{"", "GET / HTTP/1.1\r\n"} {
				check := func(spelling string) {
					b := []byte(before + spelling + ": value")
					id, folded, token := hdr.Find(b, len(before), len(before)+len(spelling))
					require.Equal(t, hdr.Lookup([]byte(spelling)), id, spelling)
					require.Equal(t, hdr.IsToken(spelling), token, "%q", spelling)
					if spelling != "" {
						require.Equal(t, !strings.ContainsAny(spelling, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), folded, "%q", spelling)
					}
				}
				check(spelling)
				for i := range len(spelling) {
					for _, c := range []string{"\x00", " ", "\r", ":", "@", "[", "\x7f", "\x8d", "\xe1", "-", "M"} {
						check(spelling[:i] + c + spelling[i+1:])
					}
				}
			}
		}
	}
}
