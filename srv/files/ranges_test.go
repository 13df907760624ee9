package files

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseRange(t *testing.T) {
	const huge = "999999999999999999999999999999"
	tests := []struct {
		name, value string
		size        int64
		want        string // what is sent, or "ignored" or "unsatisfiable"
	}{
		{"first octet", "bytes=0-0", 10, "0+1"},
		{"all", "bytes=0-", 10, "0+10"},
		{"all by name", "bytes=0-9", 10, "0+10"},
		{"last octet", "bytes=9-", 10, "9+1"},
		{"suffix", "bytes=-3", 10, "7+3"},
		{"suffix of all", "bytes=-10", 10, "0+10"},
		{"suffix of more", "bytes=-11", 10, "0+10"},
		{"suffix of nothing", "bytes=-0", 10, "unsatisfiable"},
		{"suffix of nothing and more", "bytes=-0,1-1", 10, "1+1"},
		{"last beyond the end", "bytes=5-10", 10, "5+5"},
		{"first beyond the end", "bytes=10-", 10, "unsatisfiable"},
		{"one there, one not", "bytes=20-,2-3", 10, "2+2"},
		{"none there", "bytes=20-,30-40,-0", 10, "unsatisfiable"},
		{"backwards", "bytes=5-2", 10, "ignored"},
		{"backwards beyond the end", "bytes=50-20", 10, "ignored"},
		{"backwards after a good one", "bytes=0-0,5-2", 10, "ignored"},

		{"huge last", "bytes=1-" + huge, 10, "1+9"},
		{"huge first", "bytes=" + huge + "-", 10, "unsatisfiable"},
		{"huge both", "bytes=" + huge + "-" + huge, 10, "unsatisfiable"},
		{"huge and backwards", "bytes=" + huge + "-" + huge[1:], 10, "ignored"},
		{"huge and backwards by one", "bytes=9223372036854775809-9223372036854775808", 10, "ignored"},
		{"huge forwards", "bytes=9223372036854775808-9223372036854775809", 10, "unsatisfiable"},
		{"huge with zeros", "bytes=0" + huge + "-" + huge, 10, "unsatisfiable"},
		{"huge suffix", "bytes=-" + huge, 10, "0+10"},
		{"largest number", "bytes=9223372036854775807-9223372036854775807", 10, "unsatisfiable"},
		{"zeros", "bytes=0000000000000000000000001-0000000000000000000000002", 10, "1+2"},
		{"large file", "bytes=9223372036854775806-", 1<<63 - 1, "9223372036854775806+1"},

		{"empty file", "bytes=0-", 0, "unsatisfiable"},
		{"empty file, suffix", "bytes=-5", 0, "ignored"},
		{"empty file, suffix of nothing", "bytes=-0", 0, "unsatisfiable"},
		{"empty file, both", "bytes=0-0,-5", 0, "ignored"},

		{"in any case", "BYTES=1-1", 10, "1+1"},
		{"white space", "bytes= 1-2 \t,\t 5-6", 10, "1+2 5+2"},
		{"empty elements", "bytes=,, 1-2,,,5-6,", 10, "1+2 5+2"},
		{"nothing but commas", "bytes=,,", 10, "ignored"},
		{"nothing", "bytes=", 10, "ignored"},
		{"no value", "", 10, "ignored"},
		{"no equals sign", "bytes 0-1", 10, "ignored"},
		{"white space before the equals sign", "bytes =0-1", 10, "ignored"},
		{"white space inside", "bytes=0 - 1", 10, "ignored"},
		{"unknown unit", "lines=0-1", 10, "ignored"},
		{"unit with more", "bytess=0-1", 10, "ignored"},
		{"a hyphen", "bytes=-", 10, "ignored"},
		{"a number", "bytes=5", 10, "ignored"},
		{"two hyphens", "bytes=1--2", 10, "ignored"},
		{"three numbers", "bytes=1-2-3", 10, "ignored"},
		{"letters", "bytes=a-b", 10, "ignored"},
		{"a sign", "bytes=+1-2", 10, "ignored"},
		{"hexadecimal", "bytes=0x1-2", 10, "ignored"},
		{"letters after", "bytes=0-1x", 10, "ignored"},
		{"quotes", `bytes="0-1"`, 10, "ignored"},
		{"semicolon", "bytes=0-1;2-3", 10, "ignored"},

		{"two", "bytes=0-1,5-6", 10, "0+2 5+2"},
		{"out of order", "bytes=5-6,0-1", 10, "5+2 0+2"},
		{"overlapping", "bytes=0-5,3-7", 10, "0+8"},
		{"touching", "bytes=0-2,3-5", 10, "0+6"},
		{"touching from behind", "bytes=3-5,0-2", 10, "0+6"},
		{"the same", "bytes=1-2,1-2,1-2", 10, "1+2"},
		{"inside", "bytes=0-9,3-4", 10, "0+10"},
		{"around", "bytes=3-4,0-9", 10, "0+10"},
		{"a bridge", "bytes=0-1,4-5,8-9,2-3", 10, "0+6 8+2"},
		{"a bridge between all", "bytes=8-9,0-1,4-5,1-8", 10, "0+10"},
		{"suffix and first", "bytes=-3,0-0", 10, "7+3 0+1"},
		{"64 ranges", "bytes=" + nRanges(64), 1000, strings.TrimSpace(nParts(64))},
		{"65 ranges", "bytes=" + nRanges(65), 1000, "ignored"},
		{"65 ranges, all but one beyond the end", "bytes=" + strings.Repeat("2000-,", 64) + "1-1", 1000, "ignored"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, rangeText(tt.value, tt.size))
		})
	}
}

func nRanges(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d-%d,", 10*i, 10*i+1)
	}
	return b.String()
}

func nParts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d+2 ", 10*i)
	}
	return b.String()
}

func rangeText(value string, size int64) string {
	parts, what := parseRange(nil, []byte(value), size)
	switch what {
	case ignored:
		return "ignored"
	case unsatisfiable:
		return "unsatisfiable"
	}
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%d+%d ", p.from, p.size)
	}
	return strings.TrimSpace(b.String())
}

// A large file and a small one answer ranges alike.
func TestRanges(t *testing.T) {
	s := newSite(t)
	small := bigContent[:5000]
	s.put("big.mp4", string(bigContent))
	s.put("small.mp4", string(small))
	s.put("empty.mp4", "")
	for name, content := range map[string][]byte{"big.mp4": bigContent, "small.mp4": small} {
		size := len(content)
		for _, r := range []struct {
			name, value string
			from, to    int // to is excluded
		}{
			{"some", "bytes=10-19", 10, 20},
			{"the rest", "bytes=100-", 100, size},
			{"the end", "bytes=-20", size - 20, size},
			{"all", "bytes=0-", 0, size},
			{"a lot", fmt.Sprintf("bytes=1-%d", size-2), 1, size - 1},
			{"joined", "bytes=10-19,15-29,30-39", 10, 40},
			{"as much as is held back", fmt.Sprintf("bytes=-%d", min(tailSize, size)), size - min(tailSize, size), size},
			{"one more", fmt.Sprintf("bytes=-%d", min(tailSize+1, size)), size - min(tailSize+1, size), size},
		} {
			t.Run(name+"/"+r.name, func(t *testing.T) {
				got := s.get(name, "Range: "+r.value)
				require.NoError(t, got.err)
				assert.Equal(t, []any{206, int64(r.to - r.from), fmt.Sprintf("bytes %d-%d/%d", r.from, r.to-1, size), "video/mp4"},
					[]any{got.StatusCode, got.ContentLength, got.field("Content-Range"), got.field("Content-Type")})
				assert.True(t, got.content == string(content[r.from:r.to]))
				assert.Equal(t, "bytes", got.field("Accept-Ranges"))
				assert.NotEmpty(t, got.field("Last-Modified"))
			})
		}
		t.Run(name+"/several", func(t *testing.T) {
			r := s.get(name, "Range: bytes=1000-1009, 0-0, 2000-2999, 500-, 1005-1014, 999999999-, -1")
			parts := multiparts(t, r, size)
			require.Len(t, parts, 2) // 0-0, and 500- with all that overlap it
			assert.Equal(t, string(content[500:]), parts[0])
			assert.Equal(t, string(content[:1]), parts[1])
			r = s.get(name, "Range: bytes=1000-1009,0-0")
			assert.Equal(t, []string{string(content[1000:1010]), string(content[:1])}, multiparts(t, r, size))
		})
		t.Run(name+"/64", func(t *testing.T) {
			parts := multiparts(t, s.get(name, "Range: bytes="+nRanges(64)), size)
			require.Len(t, parts, 64)
			for i, p := range parts {
				assert.Equal(t, string(content[10*i:10*i+2]), p)
			}
			r := s.get(name, "Range: bytes="+nRanges(65))
			assert.Equal(t, []any{200, int64(size)}, []any{r.StatusCode, r.ContentLength})
		})
		t.Run(name+"/unsatisfiable", func(t *testing.T) {
			r := s.get(name, fmt.Sprintf("Range: bytes=%d-", size))
			assert.Equal(t, []any{416, fmt.Sprintf("bytes */%d", size), "bytes"}, []any{r.StatusCode, r.field("Content-Range"), r.field("Accept-Ranges")})
		})
		t.Run(name+"/ignored", func(t *testing.T) {
			for _, lines := range [][]string{{"Range: bytes=5-2"}, {"Range: octets=0-1"}, {"Range: bytes=0-1", "Range: bytes=0-1"}} {
				r := s.get(name, lines...)
				assert.Equal(t, []any{200, int64(size), ""}, []any{r.StatusCode, r.ContentLength, r.field("Content-Range")})
			}
		})
		t.Run(name+"/HEAD", func(t *testing.T) {
			for _, value := range []string{"0-1", "999999999-", "0-1,5-6"} {
				r := s.do("HEAD", "/f/"+name, "Range: bytes="+value)
				assert.Equal(t, []any{200, int64(size), ""}, []any{r.StatusCode, r.ContentLength, r.field("Content-Range")})
			}
		})
	}
	t.Run("empty", func(t *testing.T) {
		assert.Equal(t, "bytes */0", s.get("empty.mp4", "Range: bytes=0-").field("Content-Range"))
		r := s.get("empty.mp4", "Range: bytes=-1")
		assert.Equal(t, []any{200, int64(0)}, []any{r.StatusCode, r.ContentLength})
	})
}

// multiparts takes a response of several parts of a representation of size octets apart. That its Content-Length is exact is seen
// by the parser, which finds nothing behind it.
func multiparts(t *testing.T, r *response, size int) (contents []string) {
	t.Helper()
	require.Equal(t, 206, r.StatusCode)
	require.NoError(t, r.err)
	assert.Empty(t, r.field("Content-Range"))
	media, params, err := mime.ParseMediaType(r.field("Content-Type"))
	require.NoError(t, err)
	assert.Equal(t, "multipart/byteranges", media)
	require.True(t, strings.HasSuffix(r.content, "\r\n--"+params["boundary"]+"--\r\n"))
	for in := multipart.NewReader(strings.NewReader(r.content), params["boundary"]); ; {
		p, err := in.NextRawPart()
		if err == io.EOF {
			return contents
		}
		require.NoError(t, err)
		content, err := io.ReadAll(p)
		require.NoError(t, err)
		var from, to, all int
		_, err = fmt.Sscanf(p.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &all)
		require.NoError(t, err)
		assert.Equal(t, []int{size, len(content)}, []int{all, to - from + 1})
		assert.Equal(t, "video/mp4", p.Header.Get("Content-Type"))
		contents = append(contents, string(content))
	}
}

// FuzzRange: whatever a Range field says, the parts are octets that there are, none of them twice, and the ones that the specs say.
func FuzzRange(f *testing.F) {
	for _, value := range []string{"bytes=0-", "bytes=-0", "bytes=5-2", "bytes=0-0,-1,3-4", "bytes=-99", "bytes= 1-2 , ,3-", "bytes=99999999999999999999-1", "lines=1-2", `bytes="1-2"`} {
		for _, size := range []uint16{0, 1, 10, 1000} {
			f.Add(value, size)
		}
	}
	f.Fuzz(func(t *testing.T, value string, size uint16) {
		parts, what := parseRange(nil, []byte(value), int64(size))
		wanted, valid := model(value, int(size))
		if what == satisfiable != (valid && strings.Contains(wanted, "x")) || what == unsatisfiable && !valid {
			t.Fatalf("%q of %d: verdict %d, parts %v, wanted %q %v", value, size, what, parts, wanted, valid)
		}
		if what != satisfiable {
			return
		}
		sent := []byte(strings.Repeat("-", int(size)))
		for i, p := range parts {
			if p.from < 0 || p.size < 1 || p.end() > int64(size) {
				t.Fatalf("%q of %d: %v", value, size, parts)
			}
			for _, q := range parts[:i] {
				if p.from <= q.end() && q.from <= p.end() {
					t.Fatalf("%q of %d: %v overlap or touch", value, size, parts)
				}
			}
			copy(sent[p.from:p.end()], strings.Repeat("x", int(p.size)))
		}
		if string(sent) != wanted {
			t.Fatalf("%q of %d: %v", value, size, parts)
		}
	})
}

// model reads a Range field the slow way. It returns an x for each octet that is asked for.
func model(value string, size int) (octets string, valid bool) {
	sent, count := []byte(strings.Repeat("-", size)), 0
	unit, set, ok := strings.Cut(value, "=")
	if !ok || len(unit) != 5 || strings.ToLower(unit) != "bytes" || strings.Contains(set, `"`) {
		return "", false
	}
	for spec := range strings.SplitSeq(set, ",") {
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue
		}
		first, last, ok := strings.Cut(spec, "-")
		if count++; !ok || count > 64 || strings.Trim(first+last, "0123456789") != "" || first+last == "" {
			return "", false
		}
		at := func(s string) int { // no further than it matters
			s = strings.TrimLeft(s, "0")
			if len(s) > 6 {
				return 1 << 30
			}
			n := 0
			fmt.Sscanf(s, "%d", &n)
			return n
		}
		pad := func(s string) string { return strings.Repeat("0", max(len(first), len(last))-len(s)) + s }
		from, to := at(first), size
		switch {
		case first == "":
			from = max(0, size-at(last))
		case last != "":
			if pad(last) < pad(first) {
				return "", false
			}
			to = min(size, at(last)+1)
		}
		for i := from; i < to; i++ {
			sent[i] = 'x'
		}
	}
	return string(sent), count > 0
}
