package hdr_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// index is what a parser does, without its checks: it adds the lines of a section that starts at offset start of b and ends
// with a blank line, then notes and folds the names.
func index(x *hdr.Index, b []byte, start int) {
	x.Reset(start)
	for {
		line := b[x.LineStart(x.Count()):]
		cr := bytes.Index(line, []byte("\r\n"))
		if cr <= 0 {
			break
		}
		at := x.LineStart(x.Count())
		x.Add(at+bytes.IndexByte(line, ':'), at+cr)
	}
	x.Fold(b)
	x.Note(b)
}

// view indexes lines, which are joined by CRLF behind a start line.
func view(lines ...string) hdr.View {
	const startLine = "GET / HTTP/1.1\r\n"
	b := []byte(startLine + strings.Join(append(lines, "", ""), "\r\n"))
	x := new(hdr.Index)
	index(x, b, len(startLine))
	return x.View(b)
}

func texts(values [][]byte) (s []string) {
	for _, v := range values {
		s = append(s, string(v))
	}
	return s
}

func TestViewLines(t *testing.T) {
	v := view(
		"Host: example.org",
		"ACCEPT:text/html",
		"X-Custom:  \t padded \t ",
		"Accept:\tapplication/json",
		"X-EMPTY:",
		"X-Blank: \t",
		"X-Colon: a:b",
		"X-Obs: \xff\x80",
	)
	want := [][2]string{
		{"host", "example.org"},
		{"accept", "text/html"},
		{"x-custom", "padded"},
		{"accept", "application/json"},
		{"x-empty", ""},
		{"x-blank", ""},
		{"x-colon", "a:b"},
		{"x-obs", "\xff\x80"},
	}
	require.Equal(t, len(want), v.Len())
	var all [][2]string
	for name, value := range v.All() {
		all = append(all, [2]string{string(name), string(value)})
	}
	assert.Equal(t, want, all)
	for i := range v.Len() {
		name, value := v.At(i)
		assert.Equal(t, want[i], [2]string{string(name), string(value)})
		assert.NotNil(t, value, "an empty value is not an absent one")
	}
}

func TestViewLookups(t *testing.T) {
	v := view("Host: a", "Accept: b", "X-One: c", "accept: d", "x-one: e", "ETag:")
	assert.Equal(t, "a", string(v.Get("HOST")))
	assert.Equal(t, "b", string(v.Get("Accept")), "the first of two")
	assert.Equal(t, "c", string(v.Get("x-ONE")))
	assert.Nil(t, v.Get("X-On"))
	assert.Nil(t, v.Get("X-One "))
	assert.NotNil(t, v.Get("etag"))
	assert.Empty(t, v.Get("etag"))

	assert.Equal(t, "a", string(v.ByID(hdr.Host)))
	assert.Equal(t, "b", string(v.ByID(hdr.Accept)))
	assert.NotNil(t, v.ByID(hdr.ETag))
	assert.Nil(t, v.ByID(hdr.Date))
	assert.Nil(t, v.ByID(hdr.Unknown))

	assert.True(t, v.Has(hdr.Host))
	assert.False(t, v.Has(hdr.Date))
	assert.False(t, v.Has(hdr.Unknown), "names that are not known are not noted")
	assert.True(t, v.Repeated(hdr.Accept))
	assert.False(t, v.Repeated(hdr.Host))
	assert.False(t, v.Repeated(hdr.Date))
	assert.False(t, v.Repeated(hdr.Unknown))

	assert.Equal(t, []string{"b", "d"}, texts(slices.Collect(v.Values("accept"))))
	assert.Equal(t, []string{"c", "e"}, texts(slices.Collect(v.Values("X-One"))))
	assert.Empty(t, slices.Collect(v.Values("none")))
}

func TestViewZero(t *testing.T) {
	var v hdr.View
	assert.Zero(t, v.Len())
	assert.Nil(t, v.Get("host"))
	assert.Nil(t, v.ByID(hdr.Host))
	assert.False(t, v.Has(hdr.Host))
	assert.False(t, v.Repeated(hdr.Host))
	assert.False(t, v.HasToken(hdr.Connection, "close"))
	assert.Nil(t, v.Cookie("a"))
	assert.Nil(t, v.AppendJoined(nil, "host"))
	for range v.All() {
		assert.Fail(t, "a line")
	}
	for range v.List("host") {
		assert.Fail(t, "an element")
	}
	for range v.Cookies() {
		assert.Fail(t, "a cookie")
	}
}

// Two Index values in turn over one buffer that moved and grew meanwhile, as the parser's does.
func TestIndexReuse(t *testing.T) {
	var x hdr.Index
	x.Reset(3)
	b := []byte("\r\n\nHost: a\r\nDate: b\r\n")
	x.Add(7, 10)
	assert.Equal(t, 12, x.LineStart(x.Count()))
	b = append(make([]byte, 0, 1<<10), b...)
	x.Add(16, 19)
	b = append(b, "\r\n"...)
	x.Fold(b)
	seen, repeated := x.Note(b)
	assert.Equal(t, hdr.Host.Bit()|hdr.Date.Bit(), seen)
	assert.Zero(t, repeated)
	assert.Equal(t, "b", string(x.View(b).ByID(hdr.Date)))

	b = []byte("ETag: c\r\nEtag: d\r\n\r\n")
	index(&x, b, 0)
	v := x.View(b)
	assert.Equal(t, 2, v.Len())
	assert.False(t, v.Has(hdr.Host), "nothing is left of the section before")
	assert.True(t, v.Repeated(hdr.ETag))
	assert.Equal(t, "c", string(v.ByID(hdr.ETag)))

	x.Reset(0)
	assert.Zero(t, x.Count())
	assert.Zero(t, x.LineStart(0))
	assert.Zero(t, x.View(b).Len())
}

func TestIndexFull(t *testing.T) {
	var lines []string
	for range hdr.MaxCount - 1 {
		lines = append(lines, "X-Filler: a")
	}
	v := view(append(lines, "Host: last")...)
	require.Equal(t, hdr.MaxCount, v.Len())
	assert.Equal(t, "last", string(v.ByID(hdr.Host)))
	assert.Equal(t, "last", string(v.Get("host")))

	// The last offsets that fit.
	b := []byte("Host:" + strings.Repeat("a", hdr.MaxSize-1-len("Host:")) + "\r\n\r\n")
	var x hdr.Index
	index(&x, b, 0)
	assert.Len(t, x.View(b).ByID(hdr.Host), hdr.MaxSize-1-len("Host:"))
	assert.Equal(t, hdr.MaxSize+1, x.LineStart(1))
}

func TestViewList(t *testing.T) {
	v := view(
		`Accept-Encoding: gzip, br`,
		`X-List: "a,b", ,c`,
		`Accept-Encoding:`,
		`accept-encoding: , zstd ,`,
		`X-List: "open, d`,
		`X-List: e`,
	)
	assert.Equal(t, []string{"gzip", "br", "zstd"}, texts(slices.Collect(v.List("Accept-Encoding"))))
	assert.Equal(t, []string{`"a,b"`, "c", `"open, d`, "e"}, texts(slices.Collect(v.List("x-list"))),
		"a quoted string does not reach beyond its line")
	for element := range v.List("Accept-Encoding") {
		assert.Equal(t, "gzip", string(element))
		break
	}
}

func TestViewHasToken(t *testing.T) {
	v := view("Connection: keep-alive", "Upgrade: h2c", "Connection: Close , te", "TE: trailers")
	assert.True(t, v.HasToken(hdr.Connection, "close"))
	assert.True(t, v.HasToken(hdr.Connection, "KEEP-ALIVE"))
	assert.True(t, v.HasToken(hdr.TE, "trailers"))
	assert.False(t, v.HasToken(hdr.TE, "trailer"))
	assert.False(t, v.HasToken(hdr.Connection, "upgrade"))
	assert.False(t, v.HasToken(hdr.Via, "close"))
	assert.False(t, v.HasToken(hdr.Unknown, "close"))
}

func TestAppendJoined(t *testing.T) {
	lines := []hdr.Field{
		{Name: "Via", Value: "1.1 a"}, {Name: "X-Odd", Value: ""}, {Name: "VIA", Value: "1.0 b, 1.1 c"}, {Name: "X-Odd", Value: "x"},
		{Name: "Set-Cookie", Value: "a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT"}, {Name: "set-cookie", Value: "b=2"}, {Name: "Age", Value: "1"},
	}
	var s hdr.Set
	var raw []string
	for _, l := range lines {
		require.NoError(t, s.Add(l.Name, l.Value))
		raw = append(raw, l.Name+": "+l.Value)
	}
	v := view(raw...)
	for name, want := range map[string]string{
		"via":        ">1.1 a, 1.0 b, 1.1 c",
		"age":        ">1",
		"x-odd":      ">, x",
		"none":       ">",
		"Set-Cookie": ">a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT", // never joined
		"SET-COOKIE": ">a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT",
	} {
		assert.Equal(t, want, string(v.AppendJoined([]byte(">"), name)), "View, %s", name)
		assert.Equal(t, want, string(s.AppendJoined([]byte(">"), name)), "Set, %s", name)
	}
	assert.Equal(t, []string{lines[4].Value, "b=2"}, texts(slices.Collect(v.Values("set-cookie"))))
	assert.Equal(t, []string{lines[4].Value, "b=2"}, texts(slices.Collect(s.Values("set-cookie"))))
}

func TestCookies(t *testing.T) {
	v := view(
		`Cookie: a=1; b = "two" ;c; d=;=e`,
		`Set-Cookie: z=0`,
		`cookie: a=3;;f=x=y`,
		`Cookie:`,
	)
	var got []string
	for name, value := range v.Cookies() {
		got = append(got, string(name)+"|"+string(value))
	}
	assert.Equal(t, []string{`a|1`, `b|"two"`, `d|`, `|e`, `a|3`, `f|x=y`}, got)
	assert.Equal(t, "1", string(v.Cookie("a")))
	assert.Equal(t, "x=y", string(v.Cookie("f")))
	assert.NotNil(t, v.Cookie("d"))
	assert.Empty(t, v.Cookie("d"))
	assert.Nil(t, v.Cookie("A"), "names of cookies have case")
	assert.Nil(t, v.Cookie("c"), "no pair")
	assert.Nil(t, v.Cookie("z"))
	for range v.Cookies() {
		break
	}
}

// Whoever appends to a slice that was handed out must not write over what follows it.
func TestViewCapped(t *testing.T) {
	b := []byte("Host: a\r\nCookie: b=c; d=e\r\nAccept: f, g\r\n\r\n")
	var x hdr.Index
	index(&x, b, 0)
	v, before := x.View(b), bytes.Clone(b)
	check := func(what string, got []byte) {
		assert.NotEmpty(t, got, what)
		assert.Equal(t, len(got), cap(got), what)
		_ = append(got, "overwritten"...)
		assert.Equal(t, before, b, what)
	}
	for i := range v.Len() {
		name, value := v.At(i)
		check("At", name)
		check("At", value)
	}
	for name, value := range v.All() {
		check("All", name)
		check("All", value)
	}
	for name, value := range v.Cookies() {
		check("Cookies", name)
		check("Cookies", value)
	}
	for value := range v.Values("accept") {
		check("Values", value)
	}
	for element := range v.List("accept") {
		check("List", element)
	}
	check("Get", v.Get("accept"))
	check("ByID", v.ByID(hdr.Host))
	check("Cookie", v.Cookie("b"))
}

// Iterators stop when their consumer does.
func TestViewBreak(t *testing.T) {
	v := view("A: 1, 2", "A: 3", "Cookie: a=b; c=d", "Cookie: e=f")
	n := 0
	for range v.All() {
		n++
		break
	}
	for range v.Values("a") {
		n++
		break
	}
	for range v.List("a") {
		n++
		break
	}
	for range v.Cookies() {
		n++
		break
	}
	assert.Equal(t, 4, n)
}

func TestViewAllocs(t *testing.T) {
	b := []byte("Host: example.org\r\nCookie: a=b; c=d\r\nConnection: close\r\nconnection: te\r\nX-Own: 1\r\n\r\n")
	var x hdr.Index
	index(&x, b, 0)
	dst := make([]byte, 0, 64)
	sum := 0
	got := testing.AllocsPerRun(100, func() {
		index(&x, b, 0)
		v := x.View(b)
		for name, value := range v.All() {
			sum += len(name) + len(value)
		}
		for value := range v.Values("connection") {
			sum += len(value)
		}
		for element := range v.List("x-own") {
			sum += len(element)
		}
		for name, value := range v.Cookies() {
			sum += len(name) + len(value)
		}
		sum += len(v.Get("X-OWN")) + len(v.ByID(hdr.Host)) + len(v.Cookie("c"))
		if v.HasToken(hdr.Connection, "te") {
			sum++
		}
		dst = v.AppendJoined(dst[:0], "Connection")
	})
	assert.Zero(t, got)
	assert.NotZero(t, sum)
	assert.Equal(t, "close, te", string(dst))
}
