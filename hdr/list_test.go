package hdr_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// split cuts a list by NextElement, with a bound on the number of steps.
func split(t *testing.T, list []byte) (elements []string) {
	t.Helper()
	for range len(list) + 1 {
		element, rest, last := hdr.NextElement(list)
		assert.Equal(t, len(element), cap(element), "capacity is cut to the length")
		elements = append(elements, string(element))
		if last {
			require.Empty(t, rest)
			return elements
		}
		require.Less(t, len(rest), len(list))
		list = rest
	}
	require.Fail(t, "no end")
	return nil
}

func TestNextElement(t *testing.T) {
	tests := []struct {
		name, list string
		want       []string
	}{
		{"empty", ``, []string{""}},
		{"one", `gzip`, []string{"gzip"}},
		{"two", `gzip,br`, []string{"gzip", "br"}},
		{"white space", " gzip\t, \tbr ", []string{"gzip", "br"}},
		{"white space inside", `a b, c  d`, []string{"a b", "c  d"}},
		{"empty elements", `,a,, b ,`, []string{"", "a", "", "b", ""}},
		{"only commas", `, ,`, []string{"", "", ""}},
		{"comma in quotes", `a="x,y", b`, []string{`a="x,y"`, "b"}},
		{"two quoted strings", `"a,b" "c,d",e`, []string{`"a,b" "c,d"`, "e"}},
		{"quotes touch", `"a,""b,c",d`, []string{`"a,""b,c"`, "d"}},
		{"empty quotes", `"",a`, []string{`""`, "a"}},
		{"escaped quote", `"a\",b",c`, []string{`"a\",b"`, "c"}},
		{"escaped backslash", `"a\\",c`, []string{`"a\\"`, "c"}},
		{"backslash outside quotes", `a\,b`, []string{`a\`, "b"}},
		{"backslash quote outside quotes", `a\"b,c"`, []string{`a\"b,c"`}},
		{"unterminated", `a, "b, c`, []string{"a", `"b, c`}},
		{"unterminated after escape", `"a\`, []string{`"a\`}},
		{"escape hides the last quote", `"a,b\"`, []string{`"a,b\"`}},
		{"lone quote", `"`, []string{`"`}},
		{"apostrophes do not quote", `'a,b'`, []string{"'a", "b'"}},
		{"weak entity tags", `W/"a,b" , "c"`, []string{`W/"a,b"`, `"c"`}},
		{"obs-text", "\xe4,\xff", []string{"\xe4", "\xff"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, split(t, []byte(tt.list)))
		})
	}
}

func TestHasToken(t *testing.T) {
	tests := []struct {
		list, token string
		want        bool
	}{
		{"close", "close", true},
		{"Close", "close", true},
		{"keep-alive, CLOSE", "close", true},
		{" ,close,", "close", true},
		{"closed", "close", false},
		{"clos", "close", false},
		{"close;q=1", "close", false},
		{`"close"`, "close", false},
		{`"a, close"`, "close", false},
		{"", "close", false},
		{"\u212aeep-alive", "keep-alive", false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, hdr.HasToken([]byte(tt.list), tt.token), "%q in %q", tt.token, tt.list)
	}
}

// FuzzNextElement compares NextElement with a second reading of the grammar, which marks the separating commas first.
func FuzzNextElement(f *testing.F) {
	for _, seed := range []string{``, `a,b`, `"a,b",c`, `"a\",b`, ` , "\\" ,`, `a="b\`, `W/"x", "y,z"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		before := bytes.Clone(list)
		var want []string
		const plain, quoted, escaped = 0, 1, 2
		state, start := plain, 0
		for i, c := range list {
			switch {
			case state == escaped:
				state = quoted
			case state == quoted && c == '\\':
				state = escaped
			case c == '"':
				state = quoted - state
			case state == plain && c == ',':
				want = append(want, string(bytes.Trim(list[start:i], " \t")))
				start = i + 1
			}
		}
		want = append(want, string(bytes.Trim(list[start:], " \t")))
		require.Equal(t, want, split(t, list))
		require.Equal(t, before, list)
	})
}
