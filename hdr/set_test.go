package hdr_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// model is a Set done the plain way: a list of fields, copied for every change.
type model []hdr.Field

func (m model) with(name, value string) (model, error) {
	value = strings.Trim(value, " \t")
	next := append(slices.Clone(m), hdr.Field{Name: name, Value: value})
	size := len(next.String())
	switch {
	case !hdr.IsToken(name):
		return m, hdr.ErrName
	case !hdr.IsValue(value):
		return m, hdr.ErrValue
	case size > hdr.MaxSize, len(next) > hdr.MaxCount:
		return m, hdr.ErrSize
	}
	return next, nil
}

func (m model) without(name string) model {
	return slices.DeleteFunc(slices.Clone(m), func(f hdr.Field) bool { return strings.EqualFold(f.Name, name) })
}

func (m model) replaced(name, value string) (model, error) {
	next, err := m.without(name).with(name, value)
	if err != nil {
		return m, err
	}
	return next, nil
}

func (m model) values(name string) (values []string) {
	for _, f := range m {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

func (m model) String() string {
	var b strings.Builder
	for _, f := range m {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	return b.String()
}

// requireSame compares everything that a Set shows, and looks up each of the names.
func (m model) requireSame(t *testing.T, s *hdr.Set, names []string) {
	t.Helper()
	require.Equal(t, m.String(), string(s.AppendTo(nil)))
	require.Equal(t, len(m.String()), s.Size())
	require.Equal(t, len(m), s.Len())
	var seen hdr.Bits
	i := 0
	for name, value := range s.All() {
		require.Equal(t, m[i], hdr.Field{Name: string(name), Value: string(value)})
		require.Equal(t, []int{len(name), len(value)}, []int{cap(name), cap(value)})
		id := hdr.Lookup([]byte(m[i].Name))
		if id != hdr.Unknown {
			seen |= id.Bit()
		}
		i++
	}
	require.Equal(t, len(m), i)
	require.Equal(t, seen, s.Seen())
	for _, name := range names {
		want := m.values(name)
		require.Equal(t, want, texts(slices.Collect(s.Values(name))))
		if len(want) == 0 {
			require.Nil(t, s.Get(name))
			continue
		}
		require.Equal(t, want[0], string(s.Get(name)))
		if strings.EqualFold(name, "set-cookie") {
			want = want[:1]
		}
		require.Equal(t, strings.Join(want, ", "), string(s.AppendJoined(nil, name)))
	}
}

// step does one operation on both sides and compares the outcome.
func (m model) step(t *testing.T, s *hdr.Set, op byte, name, value string) model {
	t.Helper()
	var got, want error
	switch op % 8 {
	case 0, 1:
		got = s.Add(name, value)
		m, want = m.with(name, value)
	case 2:
		got = s.AddBytes([]byte(name), []byte(value))
		m, want = m.with(name, value)
	case 3:
		got = s.Set(name, value)
		m, want = m.replaced(name, value)
	case 4:
		got = s.SetBytes(name, []byte(value))
		m, want = m.replaced(name, value)
	case 5:
		s.Del(name)
		m = m.without(name)
	case 6:
		got = s.Parse([]byte(name + ":" + value + "\r\n"))
		line := strings.SplitN(name+":"+value, ":", 2)
		m, want = m.with(line[0], line[1])
	case 7: // the value is one of the Set's own
		if len(m) > 0 {
			own := m[len(value)%len(m)]
			got = s.SetBytes(name, s.Get(own.Name))
			m, want = m.replaced(name, m.values(own.Name)[0])
		}
	}
	require.Equal(t, want, got)
	return m
}

var poolOfNames = []string{
	"Host", "host", "ETag", "X-A", "x-a", "X-B", "Set-Cookie", "SET-COOKIE", "Connection", "a", "A", "",
	"bad name", "bad:name", "bad\r\nname", "\u212aeep",
}

var poolOfValues = []string{
	"", "v", " padded\t", "a, b", "\xff\x80", "tab\tinside", "colon: inside", strings.Repeat("long", 40),
	"cr\r", "lf\n", "\r\nInjected: 1", "nul\x00", "del\x7f", " \r",
}

func TestSetAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var s hdr.Set
	for range 200 {
		var m model
		s.Reset()
		for range 60 {
			name, value := poolOfNames[r.IntN(len(poolOfNames))], poolOfValues[r.IntN(len(poolOfValues))]
			m = m.step(t, &s, byte(r.Uint32()), name, value)
			m.requireSame(t, &s, poolOfNames)
		}
	}
}

// FuzzSet decodes octets to operations: an octet for the operation, then name and value, each ending in 0xfe.
func FuzzSet(f *testing.F) {
	f.Add([]byte("\x00Host\xfea\xfe\x03host\xfeb\xfe\x05HOST\xfe\xfe"))
	f.Add([]byte("\x06A\xfe b \xfe\x07a\xfe\xfe\x07B\xfex\xfe\x02Set-Cookie\xfec\xfe"))
	f.Add([]byte("\x00A\xfeb\r\nC: d\xfe\x04a:\xfe\xfe"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var s hdr.Set
		var m model
		names := []string{"host"}
		for len(in) > 0 {
			op := in[0]
			name, rest, _ := bytes.Cut(in[1:], []byte{0xfe})
			value, rest, _ := bytes.Cut(rest, []byte{0xfe})
			if in = rest; hdr.IsToken(name) {
				names = append(names, string(name))
			}
			m = m.step(t, &s, op, string(name), string(value))
			m.requireSame(t, &s, names)
		}
		requireWellFormed(t, s.AppendTo(nil), s.Len())
	})
}

// requireWellFormed checks, without this package's help, that a section has the lines that it should and nothing that ends
// one early.
func requireWellFormed(t *testing.T, section []byte, count int) {
	t.Helper()
	require.Equal(t, count, strings.Count(string(section), "\r\n"))
	rest := strings.ReplaceAll(string(section), "\r\n", "")
	require.False(t, strings.ContainsAny(rest, "\r\n\x00"))
	for line := range strings.SplitSeq(string(section), "\r\n") {
		require.NotContains(t, []string{" ", "\t", ":"}, line[:min(1, len(line))])
	}
}

func TestSetErrors(t *testing.T) {
	tests := []struct {
		name        string
		field, text string
		want        error
	}{
		{"empty name", "", "v", hdr.ErrName},
		{"space in name", "a b", "v", hdr.ErrName},
		{"space after name", "a ", "v", hdr.ErrName},
		{"colon in name", "a:", "v", hdr.ErrName},
		{"CRLF in name", "a\r\nb", "v", hdr.ErrName},
		{"octet above ASCII in name", "\xe4", "v", hdr.ErrName},
		{"CR", "a", "v\rw", hdr.ErrValue},
		{"LF", "a", "v\nw", hdr.ErrValue},
		{"CRLF at the end", "a", "v\r\n", hdr.ErrValue},
		{"obs-fold", "a", "v\r\n w", hdr.ErrValue},
		{"NUL", "a", "\x00", hdr.ErrValue},
		{"DEL", "a", "\x7f", hdr.ErrValue},
		{"ESC", "a", "\x1b[2J", hdr.ErrValue},
		{"name first", "", "\r", hdr.ErrName},
		{"too large", "a", strings.Repeat("v", hdr.MaxSize), hdr.ErrSize},
		{"white space is not stored", "a", strings.Repeat(" ", hdr.MaxSize) + "v", nil},
		{"empty value", "a", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s hdr.Set
			require.NoError(t, s.Add("A", "old"))
			require.NoError(t, s.Add("B", "old"))
			before := string(s.AppendTo(nil))
			for _, f := range []func() error{
				func() error { return s.Add(tt.field, tt.text) },
				func() error { return s.AddBytes([]byte(tt.field), []byte(tt.text)) },
				func() error { return s.SetBytes(tt.field, []byte(tt.text)) },
				func() error { return s.Set(tt.field, tt.text) },
			} {
				require.Equal(t, tt.want, f())
				if tt.want != nil {
					require.Equal(t, before, string(s.AppendTo(nil)), "an error changes nothing")
				}
			}
			if tt.want == nil {
				require.Equal(t, 2, s.Len())
			}
		})
	}
}

func TestSetParse(t *testing.T) {
	tests := []struct {
		name, line string
		want       error
		out        string
	}{
		{"plain", "Host: a\r\n", nil, "Host: a\r\n"},
		{"no white space", "Host:a\r\n", nil, "Host: a\r\n"},
		{"much white space", "Host: \t a \t\r\n", nil, "Host: a\r\n"},
		{"empty value", "Host:\r\n", nil, "Host: \r\n"},
		{"second colon", "Host: a:80\r\n", nil, "Host: a:80\r\n"},
		{"no CRLF", "Host: a", hdr.ErrLine, ""},
		{"LF only", "Host: a\n", hdr.ErrLine, ""},
		{"CR only", "Host: a\r", hdr.ErrLine, ""},
		{"no colon", "Host\r\n", hdr.ErrLine, ""},
		{"nothing", "", hdr.ErrLine, ""},
		{"blank line", "\r\n", hdr.ErrLine, ""},
		{"empty name", ": a\r\n", hdr.ErrName, ""},
		{"space before the colon", "Host : a\r\n", hdr.ErrName, ""},
		{"leading space", " Host: a\r\n", hdr.ErrName, ""},
		{"two lines", "Host: a\r\nDate: b\r\n", hdr.ErrValue, ""},
		{"folded", "Host: a\r\n b\r\n", hdr.ErrValue, ""},
		{"bare CR", "Host: a\r\r\n", hdr.ErrValue, ""},
		{"bare LF", "Host: a\nb\r\n", hdr.ErrValue, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s hdr.Set
			require.Equal(t, tt.want, s.Parse([]byte(tt.line)))
			require.Equal(t, tt.out, string(s.AppendTo(nil)))
		})
	}
}

func TestSetOrderAndSpelling(t *testing.T) {
	var s hdr.Set
	for _, f := range []hdr.Field{{Name: "b", Value: "1"}, {Name: "A", Value: "2"}, {Name: "B", Value: "3"}, {Name: "c", Value: "4"}} {
		require.NoError(t, s.Add(f.Name, f.Value))
	}
	require.NoError(t, s.Set("B", "5"))
	assert.Equal(t, "A: 2\r\nc: 4\r\nB: 5\r\n", string(s.AppendTo(nil)), "all lines with the name go; the new one is last")
	s.Del("C")
	s.Del("none")
	assert.Equal(t, "> A: 2\r\nB: 5\r\n", string(s.AppendTo([]byte("> "))))
	s.Reset()
	assert.Empty(t, s.AppendTo(nil))
	assert.Zero(t, s.Seen())
	assert.Zero(t, s.Size())
}

// A value of the Set may be given back to it, although the lines move while it is stored.
func TestSetOwnValue(t *testing.T) {
	var s hdr.Set
	require.NoError(t, s.Add("a", "first"))
	require.NoError(t, s.Add("b", "second and longer"))
	require.NoError(t, s.Add("a", "third"))
	require.NoError(t, s.SetBytes("a", s.Get("b")))
	assert.Equal(t, "b: second and longer\r\na: second and longer\r\n", string(s.AppendTo(nil)))
	require.NoError(t, s.SetBytes("b", s.Get("b")))
	require.NoError(t, s.SetBytes("b", s.Get("b")[7:]))
	assert.Equal(t, "a: second and longer\r\nb: and longer\r\n", string(s.AppendTo(nil)))
	for range 8 { // past every growth of its memory
		name, value := s.At(0)
		require.NoError(t, s.AddBytes(name, value))
	}
	assert.Equal(t, strings.Repeat("second and longer, ", 8)+"second and longer", string(s.AppendJoined(nil, "A")))
}

func TestSetCapped(t *testing.T) {
	var s hdr.Set
	require.NoError(t, s.Add("a", "1"))
	require.NoError(t, s.Add("b", "2"))
	name, value := s.At(0)
	_ = append(name, "overwritten"...)
	_ = append(value, "overwritten"...)
	_ = append(s.Get("a"), "overwritten"...)
	assert.Equal(t, "a: 1\r\nb: 2\r\n", string(s.AppendTo(nil)))
}

func TestSetMaxCount(t *testing.T) {
	var s hdr.Set
	for i := range hdr.MaxCount {
		require.NoError(t, s.Add(fmt.Sprintf("x-%d", i), "v"))
	}
	require.Equal(t, hdr.ErrSize, s.Add("one-more", "v"))
	require.Equal(t, hdr.ErrSize, s.Set("one-more", "v"))
	require.Equal(t, hdr.ErrSize, s.Parse([]byte("one-more: v\r\n")))
	require.NoError(t, s.Set("X-7", "w"), "a full Set takes a replacement")
	require.Equal(t, hdr.MaxCount, s.Len())
	require.Equal(t, "w", string(s.Get("x-7")))
	s.Del("x-0")
	require.NoError(t, s.Add("one-more", "v"))
}

func TestSetMaxSize(t *testing.T) {
	var s hdr.Set
	fill := strings.Repeat("v", hdr.MaxSize-len("a: \r\n"))
	require.Equal(t, hdr.ErrSize, s.Add("a", fill+"v"))
	require.NoError(t, s.Add("a", fill))
	require.Equal(t, hdr.MaxSize, s.Size())
	require.Equal(t, hdr.ErrSize, s.Add("b", ""))
	require.Equal(t, hdr.ErrSize, s.Set("b", ""))
	require.Equal(t, hdr.ErrSize, s.Set("a", fill+"v"))
	require.Equal(t, fill, string(s.Get("a")))

	require.NoError(t, s.SetBytes("A", s.Get("a")), "a full Set takes a replacement, its own value even")
	require.Equal(t, "A: "+fill+"\r\n", string(s.AppendTo(nil)))
	require.NoError(t, s.Set("a", "w"))
	require.Equal(t, "a: w\r\n", string(s.AppendTo(nil)))
}

// Names and values of strings and octets alike are stored without being converted, and memory is kept over Reset.
func TestSetAllocs(t *testing.T) {
	var s hdr.Set
	name, value, raw := []byte("X-Own"), []byte("octets"), []byte("Host: example.org\r\n")
	dst := make([]byte, 0, 512)
	sum := 0
	run := func() {
		s.Reset()
		for _, err := range [...]error{
			s.Set("Content-Type", "text/plain; charset=utf-8"), s.SetBytes("ETag", value), s.Add("Via", "1.1 a"),
			s.Add("via", "1.1 b"), s.AddBytes(name, value), s.Parse(raw), s.Set("etag", "other"),
			s.SetBytes("Server", s.Get("host")), s.Set("bad name", ""),
		} {
			if err == nil {
				sum++
			}
		}
		s.Del("x-own")
		for name, value := range s.All() {
			sum += len(name) + len(value)
		}
		for value := range s.Values("via") {
			sum += len(value)
		}
		sum += len(s.Get("VIA")) + int(s.Seen()&1)
		dst = s.AppendJoined(s.AppendTo(dst[:0]), "via")
	}
	run()
	assert.Zero(t, testing.AllocsPerRun(100, run))
	assert.NotZero(t, sum)
	assert.Equal(t, "Content-Type: text/plain; charset=utf-8\r\nVia: 1.1 a\r\nvia: 1.1 b\r\nHost: example.org\r\n"+
		"etag: other\r\nServer: example.org\r\n1.1 a, 1.1 b", string(dst))
}
