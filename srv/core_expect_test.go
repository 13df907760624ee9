package srv

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/parser"
)

// TestExpect lets content come only after a while: what a client does that waits for 100 (Continue).
func TestExpect(t *testing.T) {
	const expect = "Expect: 100-continue"
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n"
	five := "Content-Length: 5"
	tests := []struct {
		name   string
		pieces []string
		want   string
		log    []string
		ends   bool
	}{
		{"read", []string{head("POST", "copy", "1.1", expect, five), "hello"}, goOn + ok("hello"), nil, false},
		{"read in pieces", []string{head("POST", "copy", "1.1", expect, five), "he", "llo"}, goOn + ok("hello"), nil, false},
		{"chunked", []string{head("POST", "copy", "1.1", expect, chunkLine), "5\r\nhello\r\n0\r\n\r\n"}, goOn + ok("hello"), nil, false},
		{"answers before it go first", []string{get("write:a") + head("POST", "copy", "1.1", expect, five), "hello"}, ok("a") + goOn + ok("hello"), nil, false},
		{"with interim responses", []string{head("POST", "interim:103=/a,copy", "1.1", expect, five), "hello"},
			answer("103 Early Hints", "", "Link: /a") + goOn + ok("hello"), nil, false},
		{"the handler itself says so", []string{head("POST", "interim:100,copy", "1.1", expect, five), "hello"}, goOn + ok("hello"), nil, false},
		{"content has begun to come", []string{head("POST", "copy", "1.1", expect, five) + "he", "llo"}, ok("hello"), nil, false},
		{"a chunk has begun to come", []string{head("POST", "copy", "1.1", expect, chunkLine) + "5", "\r\nhello\r\n0\r\n\r\n"}, ok("hello"), nil, false},
		{"content is there", []string{head("POST", "copy", "1.1", expect, five) + "hello"}, ok("hello"), nil, false},
		{"empty content", []string{head("POST", "copy", "1.1", expect, "Content-Length: 0")}, ok(""), nil, false},
		{"HTTP/1.0", []string{head("POST", "copy", "1.0", expect, five), "hello"}, bye("hello"), nil, true},
		{"not read", []string{head("POST", "write:no", "1.1", expect, five), "hello"}, bye("no"), nil, true},
		{"answered, then read", []string{head("POST", "status:403,flush,copy", "1.1", expect, five), "hello"},
			answer("403 Forbidden", "5\r\nhello\r\n0\r\n\r\n", chunkLine, closeLine), nil, true},
		{"too large", []string{head("POST", "copy", "1.1", expect, "Content-Length: 10485761"), "hello"}, refusal(413, parser.ContentTooLarge), nil, true},
		{"panic before", []string{head("POST", "panic:x,copy", "1.1", expect, five), "hello"}, refusal(500, ErrHandler), nil, true},
		{"panic behind", []string{head("POST", "drop,panic:x", "1.1", expect, five), "hello"}, goOn + refusal(500, ErrHandler), nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, mode := range coreModes {
				for _, path := range []string{"/i", "/b"} {
					sc := newScripts()
					in := pieces(test.pieces...)
					for i := range in {
						in[i] = []byte(on(path, string(in[i])))
					}
					p := newFakePort(t, append(in, []byte(followUp))...)
					p.loop, p.take, p.gap = mode.loop, mode.take, 100
					p.run(quietServer(sc))
					want := test.want
					if !test.ends {
						want += ok("next")
					}
					assert.Equal(t, want, undated(t, string(p.out)), "%s, %s", mode.name, path)
					assert.Equal(t, test.log, sc.seen())
				}
			}
		})
	}
}
