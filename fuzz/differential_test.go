package fuzz

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
	"barewire/parser"
)

// exceptions are what barewire accepts and net/http refuses, or reads otherwise, each with the reason why barewire is right or the
// difference does not matter. A difference that none of them explains is a finding.
var exceptions = []struct {
	reason  string
	applies func(h *parser.Head, b []byte) bool
}{
	{"net/http wants the authority of CONNECT, and the target of others, to be a URL that net/url can parse; RFC 3986 allows hosts and " +
		"ports that it cannot, such as IPvFuture or a percent-triplet that is not UTF-8", func(h *parser.Head, b []byte) bool {
		target := string(h.Target(b))
		if h.Form() == parser.AuthorityForm {
			target = "http://" + target
		}
		_, err := url.ParseRequestURI(target)
		return err != nil
	}},
	{"net/http reads a first empty line as an empty request line; RFC 9112 section 2.2 wants it ignored", func(_ *parser.Head, b []byte) bool {
		return bytes.HasPrefix(b, []byte("\r\n"))
	}},
	{"net/http gives PRI a meaning of its own", func(h *parser.Head, b []byte) bool {
		return string(h.Method(b)) == "PRI"
	}},
}

// FuzzDifferential: a request that barewire accepts, net/http accepts too and reads in the same way. The other way round does not
// hold, and is not meant to.
func FuzzDifferential(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var h parser.Head
		h.Reset(parser.Limits{})
		received := bytes.Clone(b)
		n, e := h.Parse(b) // folds names in b
		if e != 0 || n == 0 {
			t.Skip()
		}
		content, _, ok := decode(&h, b[n:])
		if !ok {
			t.Skip()
		}
		for _, x := range exceptions {
			if x.applies(&h, b) {
				t.Skip()
			}
		}
		r, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(received), 2*parser.TrailerSectionSize))
		require.NoError(t, err, "%q", received)
		require.Equal(t, string(h.Method(b)), r.Method)
		require.Equal(t, string(h.Target(b)), r.RequestURI)
		require.Equal(t, string(h.Host(b)), r.Host)
		require.Equal(t, h.Minor(), min(r.ProtoMinor, 1)) // 1.2 and later are served as 1.1
		requireSameFields(t, h.Fields(b), r)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err, "%q", received)
		require.Equal(t, string(content), string(body))
		require.Equal(t, h.Framing() == parser.FramingChunked, len(r.TransferEncoding) > 0)
	})
}

// requireSameFields compares the header sections. net/http takes Host, Transfer-Encoding and Trailer out of its.
func requireSameFields(t *testing.T, v hdr.View, r *http.Request) {
	want := http.Header{}
	for name, value := range v.All() {
		key := textproto.CanonicalMIMEHeaderKey(string(name))
		switch key {
		case "Host", "Transfer-Encoding", "Trailer":
			continue
		}
		want[key] = append(want[key], string(value))
	}
	got := http.Header{}
	for key, values := range r.Header {
		got[textproto.CanonicalMIMEHeaderKey(strings.ToLower(key))] = values
	}
	require.Equal(t, want, got)
}

// decode reads the content behind a head, all of which has to be in b.
func decode(h *parser.Head, b []byte) (content []byte, trailers hdr.View, ok bool) {
	var c parser.Content
	c.Reset(h.Framing(), h.Size(), -1)
	for !c.Done() {
		data, n, e := c.Next(b)
		if e != 0 || n == 0 && len(data) == 0 && !c.Done() {
			return nil, hdr.View{}, false
		}
		content = append(content, data...)
		if c.Done() {
			trailers = c.Trailers(b)
		}
		b = b[n:]
	}
	return content, trailers, true
}

// FuzzChunked: chunked content that barewire accepts, net/http decodes to the same octets.
func FuzzChunked(f *testing.F) {
	for _, seed := range []string{
		"5\r\nhello\r\n0\r\n\r\n", "5;a=b;c=\"d\\\"e\"\r\nhello\r\n0\r\nX: y\r\n\r\n", "0005 ; a\r\nhello\r\n00\r\n\r\n",
		"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "1\r\n\r\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "5\nhello\r\n0\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		request := append([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), b...)
		var h parser.Head
		h.Reset(parser.Limits{})
		n, _ := h.Parse(bytes.Clone(request))
		content, _, ok := decode(&h, b)
		if !ok {
			t.Skip()
		}
		require.Positive(t, n)
		// net/http wants a trailer section to fit into its buffer.
		r, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(request), 2*parser.TrailerSectionSize))
		require.NoError(t, err)
		body, err := io.ReadAll(r.Body)
		// net/http refuses white space before the semicolon of an extension, which RFC 9112 section 7.1.1 wants parsed, and a chunk-size of
		// more than 16 digits, though leading zeros may be any number.
		if err != nil && (spaceBeforeExtension.Match(b) || longSize.Match(b)) {
			t.Skip()
		}
		require.NoError(t, err, "%q", b)
		require.Equal(t, string(content), string(body))
	})
}

var (
	spaceBeforeExtension = regexp.MustCompile(`(?m)^[0-9A-Fa-f]+[ \t]+;`)
	longSize             = regexp.MustCompile(`(?m)^0[0-9A-Fa-f]{16,}`)
)
