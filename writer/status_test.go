package writer_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/writer"
)

// net/http keeps the reason phrases of RFC 7231 for compatibility. These are the codes at which the registry says something else.
var notAsNetHTTP = map[int]string{
	413: "Content Too Large",     // renamed by RFC 9110 section 15.5.14; was Request Entity Too Large
	414: "URI Too Long",          // RFC 9110 section 15.5.15; was Request URI Too Long
	416: "Range Not Satisfiable", // RFC 9110 section 15.5.17; was Requested Range Not Satisfiable
	418: "",                      // registered as unused, RFC 9110 section 15.5.19; net/http has the teapot
	422: "Unprocessable Content", // RFC 9110 section 15.5.21; was Unprocessable Entity
}

func TestStatusText(t *testing.T) {
	registered := 0
	for code := -1; code <= 1100; code++ {
		want := http.StatusText(code)
		if reason, ok := notAsNetHTTP[code]; ok {
			assert.NotEqual(t, want, reason, "%d is no exception any more", code)
			want = reason
		}
		assert.Equal(t, want, writer.StatusText(code), "%d", code)
		if want != "" {
			registered++
		}
	}
	assert.Equal(t, 61, registered)
}

func TestAppendStatusLine(t *testing.T) {
	for code := 100; code <= 599; code++ {
		want := fmt.Sprintf("HTTP/1.1 %d %s\r\n", code, writer.StatusText(code))
		assert.Equal(t, want, string(writer.AppendStatusLine(nil, code, "")))
		assert.Equal(t, fmt.Sprintf(">HTTP/1.1 %d Because\r\n", code), string(writer.AppendStatusLine([]byte(">"), code, "Because")))
	}
	tests := []struct {
		name, reason, want string
		code               int
	}{
		{"obs-text and tab", "\xe4 \tb", "HTTP/1.1 200 \xe4 \tb\r\n", 200},
		{"negative", "", "", -1},
		{"too small", "", "", 99},
		{"too large", "", "", 1000},
		{"CR", "a\rb", "", 200},
		{"LF", "a\n", "", 200},
		{"CRLF", "\r\nInjected: 1", "", 200},
		{"NUL", "\x00", "", 200},
		{"DEL", "\x7f", "", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, ">"+tt.want, string(writer.AppendStatusLine([]byte(">"), tt.code, tt.reason)))
		})
	}
}

func TestErrorTexts(t *testing.T) {
	seen := map[string]bool{}
	for e := writer.Error(0); e <= writer.ErrSize; e++ {
		assert.True(t, strings.HasPrefix(e.Error(), "writer: "), e.Error())
		assert.False(t, seen[e.Error()], e.Error())
		seen[e.Error()] = true
	}
	assert.Equal(t, writer.Error(0).Error(), writer.Error(255).Error())
}
