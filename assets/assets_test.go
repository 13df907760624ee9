package assets

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pages are written so that they are well-formed XML too, which lets a strict parser of the standard library find
// an element that is not closed.
func TestPages(t *testing.T) {
	tests := []struct {
		name  string
		page  []byte
		title string
		code  string
	}{
		{"home", Home, "barewire", "200"},
		{"your problem", YourProblem, "400 Bad Request", "400"},
		{"my problem", MyProblem, "500 Internal Server Error", "500"},
		{"not found", NotFound, "404 Not Found", "404"},
		{"no clip", NoClip, "404 No clip", "404"},
		{"bad gateway", BadGateway, "502 Bad Gateway", "502"},
		{"gateway timeout", GatewayTimeout, "504 Gateway Timeout", "504"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.True(t, bytes.HasPrefix(tt.page, []byte("<!doctype html>\n<html lang=")), "begins with doctype and language")
			assert.Less(t, len(tt.page), 4000)

			texts := elements(t, tt.page)
			assert.Equal(t, []string{tt.title}, texts["title"])
			assert.Equal(t, []string{tt.code}, texts["code"])
			for _, once := range []string{"html", "head", "body", "style", "h1", "nav"} {
				assert.Len(t, texts[once], 1, once)
			}
			assert.NotEmpty(t, texts["p"])
			assert.Len(t, texts["meta"], 2, "charset and viewport")
		})
	}
}

func TestWhy(t *testing.T) {
	for _, page := range [][]byte{BadGateway, GatewayTimeout} {
		assert.Equal(t, 1, bytes.Count(page, []byte(Why)))
	}
}

func TestLinks(t *testing.T) {
	links := regexp.MustCompile(`href="(/[a-z/]*)"`)
	for _, page := range [][]byte{YourProblem, MyProblem, NotFound, NoClip, BadGateway, GatewayTimeout} {
		assert.Equal(t, []string{"/"}, matches(links, page))
	}
	assert.Equal(t, []string{"/yourproblem", "/myproblem", "/nowhere", "/video", "/httpbin/get"}, matches(links, Home))
}

func matches(re *regexp.Regexp, page []byte) (out []string) {
	for _, m := range re.FindAllSubmatch(page, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// elements returns the text directly inside each element, by name, and fails unless all are closed in order.
func elements(t *testing.T, page []byte) map[string][]string {
	texts := map[string][]string{}
	var open []string
	d := xml.NewDecoder(bytes.NewReader(page))
	for text := ""; ; {
		token, err := d.Token()
		if err == io.EOF {
			require.Empty(t, open)
			return texts
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			open, text = append(open, token.Name.Local), ""
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			require.Equal(t, open[len(open)-1], token.Name.Local)
			open = open[:len(open)-1]
			texts[token.Name.Local] = append(texts[token.Name.Local], text)
			text = ""
		}
	}
}
