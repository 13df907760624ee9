package files

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/parser"
)

// The outcomes of a request with conditions, as its status and, if it is 200, 206 or 304, what RFC 9110 wants to be there.
func TestConditions(t *testing.T) {
	s := newSite(t)
	s.put("a.txt", "0123456789")
	tag := s.get("a.txt").field("ETag")
	const (
		before  = "Sun, 06 Nov 1994 08:49:36 GMT"
		same    = longAgoDate
		after   = "Sun, 06 Nov 1994 08:49:38 GMT"
		rfc850  = "Sunday, 06-Nov-94 08:49:37 GMT"
		asctime = "Sun Nov  6 08:49:37 1994"
	)
	tests := []struct {
		name   string
		lines  string // @ stands for the entity-tag
		status int
	}{
		{"nothing", "", 200},

		{"If-Match, the tag", "If-Match: @", 200},
		{"If-Match, one of several", `If-Match: "a,b", W/"c", @ , "d"`, 200},
		{"If-Match, on another line", "If-Match: \"a\"|If-Match: @", 200},
		{"If-Match, star", "If-Match: *", 200},
		{"If-Match, another", `If-Match: "a"`, 412},
		{"If-Match, weak", "If-Match: W/@", 412},
		{"If-Match, empty", "If-Match:", 412},
		{"If-Match, not a list of tags", "If-Match: a, @", 412},
		{"If-Match, no quotes", "If-Match: " + strings.Trim(tag, `"`), 412},
		{"If-Match, star among others", `If-Match: "a", *`, 412},
		{"If-Match, star on two lines", "If-Match: *|If-Match: *", 412},

		{"If-Unmodified-Since, same", "If-Unmodified-Since: " + same, 200},
		{"If-Unmodified-Since, after", "If-Unmodified-Since: " + after, 200},
		{"If-Unmodified-Since, before", "If-Unmodified-Since: " + before, 412},
		{"If-Unmodified-Since, invalid", "If-Unmodified-Since: yesterday", 200},
		{"If-Unmodified-Since, twice", "If-Unmodified-Since: " + before + "|If-Unmodified-Since: " + before, 200},
		{"If-Match goes first", "If-Match: @|If-Unmodified-Since: " + before, 200},
		{"If-Match goes first and fails", `If-Match: "a"|If-Unmodified-Since: ` + after, 412},

		{"If-None-Match, the tag", "If-None-Match: @", 304},
		{"If-None-Match, weak", "If-None-Match: W/@", 304},
		{"If-None-Match, one of several", `If-None-Match: "\", ,, W/@`, 304},
		{"If-None-Match, on another line", "If-None-Match: \"a\"|If-None-Match: @", 304},
		{"If-None-Match, star", "If-None-Match: *", 304},
		{"If-None-Match, another", `If-None-Match: "a"`, 200},
		{"If-None-Match, within another", `If-None-Match: "@`, 200},
		{"If-None-Match, empty", "If-None-Match:", 200},
		{"If-None-Match, small w", "If-None-Match: w/@", 200},
		{"If-None-Match, white space in a tag", `If-None-Match: "a b", @`, 200},
		{"If-None-Match, no comma", `If-None-Match: "a" @`, 200},

		{"If-Modified-Since, same", "If-Modified-Since: " + same, 304},
		{"If-Modified-Since, RFC 850", "If-Modified-Since: " + rfc850, 304},
		{"If-Modified-Since, asctime", "If-Modified-Since: " + asctime, 304},
		{"If-Modified-Since, after", "If-Modified-Since: " + after, 304},
		{"If-Modified-Since, in the future", "If-Modified-Since: Sun, 06 Nov 2994 08:49:37 GMT", 304},
		{"If-Modified-Since, before", "If-Modified-Since: " + before, 200},
		{"If-Modified-Since, invalid", "If-Modified-Since: Sun, 06 Nov 2994 08:49:37", 200},
		{"If-Modified-Since, twice", "If-Modified-Since: " + same + "|If-Modified-Since: " + same, 200},
		{"If-None-Match in place of If-Modified-Since", `If-None-Match: "a"|If-Modified-Since: ` + same, 200},
		{"If-None-Match and If-Modified-Since", "If-None-Match: @|If-Modified-Since: " + before, 304},

		{"If-Match and If-None-Match", "If-Match: @|If-None-Match: @", 304},
		{"If-Match fails before If-None-Match", `If-Match: "a"|If-None-Match: @`, 412},
		{"If-Unmodified-Since and If-None-Match", "If-Unmodified-Since: " + same + "|If-None-Match: @", 304},
		{"If-Unmodified-Since and If-Modified-Since", "If-Unmodified-Since: " + same + "|If-Modified-Since: " + same, 304},

		{"Range", "Range: bytes=0-1", 206},
		{"If-Range, the tag", "Range: bytes=0-1|If-Range: @", 206},
		{"If-Range, weak", "Range: bytes=0-1|If-Range: W/@", 200},
		{"If-Range, another", `Range: bytes=0-1|If-Range: "a"`, 200},
		{"If-Range, a list", `Range: bytes=0-1|If-Range: @, "a"`, 200},
		{"If-Range, star", "Range: bytes=0-1|If-Range: *", 200},
		{"If-Range, empty", "Range: bytes=0-1|If-Range:", 200},
		{"If-Range, twice", "Range: bytes=0-1|If-Range: @|If-Range: @", 200},
		{"If-Range, same date, which somebody has set", "Range: bytes=0-1|If-Range: " + same, 200},
		{"If-Range, later date", "Range: bytes=0-1|If-Range: " + after, 200},
		{"If-Range, earlier date", "Range: bytes=0-1|If-Range: " + before, 200},
		{"If-Range, invalid date", "Range: bytes=0-1|If-Range: yesterday", 200},
		{"If-Range without Range", `If-Range: "a"`, 200},
		{"If-Range keeps a Range from failing", `Range: bytes=99-|If-Range: "a"`, 200},
		{"Range that fails", "Range: bytes=99-|If-Range: @", 416},
		{"conditions before Range", "Range: bytes=99-|If-None-Match: @", 304},
		{"conditions before Range, too", `Range: bytes=99-|If-Match: "a"`, 412},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			if tt.lines != "" {
				lines = strings.Split(strings.ReplaceAll(tt.lines, "@", tag), "|")
			}
			get, head := s.get("a.txt", lines...), s.do("HEAD", "/f/a.txt", lines...)
			assert.Equal(t, tt.status, get.StatusCode)
			if tt.status == 206 || tt.status == 416 {
				assert.Equal(t, 200, head.StatusCode, "Range is for GET alone")
			} else {
				assert.Equal(t, tt.status, head.StatusCode)
			}
			assert.Empty(t, head.content)
			switch tt.status {
			case 200:
				assert.Equal(t, []any{"0123456789", tag, longAgoDate}, []any{get.content, get.field("ETag"), get.field("Last-Modified")})
			case 206:
				assert.Equal(t, []any{"01", tag, "bytes 0-1/10"}, []any{get.content, get.field("ETag"), get.field("Content-Range")})
			case 304:
				assert.Equal(t, []any{"", tag, ""}, []any{get.content, get.field("ETag"), get.field("Content-Type")})
				assert.NotEmpty(t, get.field("Date"))
				assert.Empty(t, get.field("Content-Length"))
			case 416:
				assert.Equal(t, "bytes */10", get.field("Content-Range"))
			}
		})
	}
	t.Run("no conditions on what is not there", func(t *testing.T) {
		for _, line := range []string{"If-None-Match: *", "If-Match: *", "If-Modified-Since: " + after, "Range: bytes=0-"} {
			assert.Equal(t, 404, s.get("nothing", line).StatusCode, line)
		}
	})
}

// net/http answers the same to whatever can be asked in several ways, but where it does not keep to RFC 9110.
func TestConditionsLikeNetHTTP(t *testing.T) {
	content := pattern(1000)
	s := newSite(t)
	s.put("a.txt", string(content))
	tag := s.get("a.txt").field("ETag")
	dates := []string{"", "Sun, 06 Nov 1994 08:49:36 GMT", longAgoDate, "Sunday, 06-Nov-94 08:49:38 GMT", "x"}
	tags := []string{"", tag, "W/" + tag, `"a"`, `"a", W/` + tag, "*"}
	count := 0
	for _, match := range tags {
		for _, none := range tags {
			for i, unmodified := range dates {
				for j, modified := range dates {
					if (i+j+count)%2 == 0 { // half of them will do
						count++
						continue
					}
					count++
					fields := map[string]string{"If-Match": match, "If-None-Match": none, "If-Unmodified-Since": unmodified, "If-Modified-Since": modified}
					fields["Range"] = []string{"", "bytes=10-19", "bytes=-5", "bytes=2000-"}[count%4]
					fields["If-Range"] = []string{"", tag, `"a"`, "yesterday", "W/" + tag}[count%5]
					sameAsNetHTTP(t, s, content, tag, fields)
				}
			}
		}
	}
	for _, r := range []string{"bytes=0-", "bytes=0-0", "bytes=-1", "bytes=999-", "bytes=1000-", "bytes=-2000", "bytes=0-99999", "bytes= 5-6 ", "bytes=1-2 ,",
		"bytes=5-99999999999999999"} { // malformed ones it refuses with 416
		sameAsNetHTTP(t, s, content, tag, map[string]string{"Range": r})
	}
}

func sameAsNetHTTP(t *testing.T, s *site, content []byte, tag string, fields map[string]string) {
	t.Helper()
	var lines []string
	r := httptest.NewRequest("GET", "/a.txt", nil)
	for name, value := range fields {
		if value != "" {
			lines = append(lines, name+": "+value)
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("ETag", tag)
	http.ServeContent(w, r, "a.txt", longAgo, bytes.NewReader(content))
	want, got := w.Result(), s.get("a.txt", lines...)
	require.Equal(t, want.StatusCode, got.StatusCode, "%q", lines)
	require.Equal(t, want.Header.Get("Content-Range"), got.field("Content-Range"), "%q", lines)
	if want.StatusCode < 300 {
		require.Equal(t, w.Body.String(), got.content, "%q", lines)
	}
}

func TestListsTag(t *testing.T) {
	for list, want := range map[string]bool{
		`"t"`: true, `W/"t"`: true, ` , "t"`: true, `"a","t"`: true, `"a" ,W/"t"`: true, `"a,b\","t"`: true, "\"\xff\", \"t\"": true,
		``: false, `t`: false, `"t`: false, `t"`: false, `"T"`: false, `"tt"`: false, `""`: false, `W/`: false, `W/t`: false, `W"t"`: false, `W/ "t"`: false,
		`*`: false, `"a"; "t"`: false, "\"\x7f\", \"t\"": false, `"`: false, `W`: false,
	} {
		assert.Equal(t, want, listsTag([]byte(list), `"t"`, weak), list)
		if want {
			assert.Equal(t, !strings.Contains(list, `W/"t"`), listsTag([]byte(list), `"t"`, strong), list)
		}
	}
}

func TestParseDate(t *testing.T) {
	year := time.Now().Year()
	century := func(offset int) string { return fmt.Sprintf("Monday, 01-Jan-%02d 00:00:00 GMT", (year+offset)%100) }
	jan1 := func(year int) int64 { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix() }
	for text, want := range map[string]int64{
		longAgoDate:                      784111777,
		"Sunday, 06-Nov-94 08:49:37 GMT": 784111777,
		"Sun Nov  6 08:49:37 1994":       784111777,
		"Sun Nov 16 08:49:37 1994":       784975777,
		"Wed Nov 06 08:49:37 1994":       784111777,
		"Thu, 01 Jan 1970 00:00:00 GMT":  0,
		"Wed, 31 Dec 1969 23:59:59 GMT":  -1,
		"Tue, 29 Feb 2000 12:00:00 GMT":  951825600,
		"Sat, 01 Jan 0000 00:00:00 GMT":  -62167219200,
		"Fri, 31 Dec 9999 23:59:59 GMT":  253402300799,
		"Sat, 31 Dec 2016 23:59:60 GMT":  1483228800,
		century(50):                      jan1(year + 50),
		century(51):                      jan1(year - 49),
		century(0):                       jan1(year),
	} {
		unix, ok := parseDate([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, unix, text)
	}
	for _, text := range []string{
		"", "x", "Sun", "Sun,", "Sunday, ", "0",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
		"Son, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nvo 1994 08:49:37 GMT", "Sun  06 Nov 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 30 Feb 2000 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 0a Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 06 Nov +994 08:49:37 GMT", longAgoDate + " ", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov   08:49:37 1994", "Sun, Nov  6 08:49:37 1994",
	} {
		_, ok := parseDate([]byte(text))
		assert.False(t, ok, text)
	}
	for unix := int64(-62167219200); unix < 253402300800; unix += 1e8 + 12345 {
		got, ok := parseDate([]byte(time.Unix(unix, 0).UTC().Format(http.TimeFormat)))
		require.True(t, ok)
		require.Equal(t, unix, got)
	}
}

// A date in the future is not given out.
func TestModifiedInTheFuture(t *testing.T) {
	s := newSite(t)
	path := s.put("a.txt", "hello")
	future := time.Now().Add(time.Hour)
	require.NoError(t, os.Chtimes(path, future, future))
	r := s.get("a.txt")
	assert.Empty(t, r.field("Last-Modified"))
	assert.Equal(t, 200, s.get("a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT").StatusCode)
	assert.Equal(t, 200, s.get("a.txt", "Range: bytes=0-0", "If-Range: "+future.UTC().Format(http.TimeFormat)).StatusCode)
}

// Octets are joined by a date if that is the date of one version only, whichever form it is written in.
func TestIfRangeByDate(t *testing.T) {
	const now = 784111777 + 10
	for _, tt := range []struct {
		name    string
		v       *version
		value   string
		matches bool
	}{
		{"written then", &version{unix: 784111777, id: identity{changed: moment{784111777, 5}}}, "Sun, 06 Nov 1994 08:49:37 GMT", true},
		{"asctime", &version{unix: 784111777, id: identity{changed: moment{784111777, 5}}}, "Sun Nov  6 08:49:37 1994", true},
		{"another second", &version{unix: 784111777, id: identity{changed: moment{784111777, 5}}}, "Sun, 06 Nov 1994 08:49:38 GMT", false},
		{"date set, or renamed, later", &version{unix: 784111777, id: identity{changed: moment{784111778, 0}}}, "Sun, 06 Nov 1994 08:49:37 GMT", false},
		{"time of change unknown", &version{unix: 784111777}, "Sun, 06 Nov 1994 08:49:37 GMT", false},
		{"of this second", &version{unix: now, id: identity{changed: moment{now, 0}}}, "Sun, 06 Nov 1994 08:49:47 GMT", false},
	} {
		var h parser.Head
		h.Reset(parser.Limits{})
		head := []byte(request("GET", "/", "If-Range: "+tt.value))
		_, e := h.Parse(head)
		require.Zero(t, e)
		assert.Equal(t, tt.matches, ifRange(h.Fields(head), tt.v, now), tt.name)
	}
}
