package parser

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// twinPass is the reference twin of passAVX2 and passAVX512: what they do with masks, octet by octet. hostSize is the largest Host that the pass
// looks at.
func twinPass(b []byte, p *pass, x *hdr.Index, hostSize int) {
	state := p.state
	p.base = p.pos
	if state == passRequest {
		if !twinRequestLine(b, p) {
			return
		}
		state = passLineStart
		p.base = (p.start - len(" HTTP/1.1\r\n")) &^ 63
	}
	lines, _ := x.Raw()
	entries := p.entries
	add := func(off int) {
		if entries&1 == 0 {
			lines[1+entries/2].Colon = uint16(off)
		} else {
			lines[1+entries/2].CR = uint16(off)
		}
		entries++
	}
	for block := p.base; block <= len(b); block += 64 {
		if p.entries > 2*(maxCount-passLines) {
			return
		}
		for i := max(block, p.pos); i < block+64; i++ {
			if i >= len(b) {
				return
			}
			c, endOfLine := b[i], state == passLineStart && b[i] == '\r'
			token := oneOf(c, plainTchar)
			switch {
			case endOfLine:
				if i+1 < len(b) && b[i+1] == '\n' {
					p.entries, p.pos, p.done = entries, i+2, true
					twinNotes(b, p, x, hostSize)
				}
				return
			case (state == passLineStart || state == passName) && token:
				state = passName
			case state == passName && c == ':', state == 0 && c == '\r':
				add(i)
				state = map[int]int{passName: 0, 0: passLineEnd}[state]
			case state == passLineEnd && c == '\n':
				state = passLineStart
			case state != 0 || !plainValueOctet(c):
				return
			}
		}
		p.pos, p.entries = max(p.pos, block+64), entries
	}
}

func twinRequestLine(b []byte, p *pass) bool {
	method := 0
	for method < min(len(b), MethodSize+1) && oneOf(b[method], plainTchar) {
		method++
	}
	target := method + 1
	end := target
	for end < len(b) && oneOf(b[end], plainTarget) && !oneOf(b[end], "[]") {
		end++
	}
	start := end + len(" HTTP/1.1\r\n")
	switch {
	case method == 0 || method > MethodSize || end == target || start > len(b) || b[method] != ' ' || string(b[end:start]) != " HTTP/1.1\r\n":
		return false
	case end >= 64 && end|63 >= len(b): // the block in which the target ends is not whole
		return false
	}
	p.target, p.start, p.pos = target, start, start
	p.query = bytes.IndexByte(b[:end], '?') + 1
	return true
}

// twinLongName is what the twin has for capitals when there are none, but names so long that a pass need not look.
const twinLongName = 2

// twinNotes is what a pass does with the names of a complete section.
func twinNotes(b []byte, p *pass, x *hdr.Index, hostSize int) {
	if p.noted = p.pos+passSlack <= cap(b); !p.noted {
		return
	}
	x.Set(p.start, p.entries/2, 0, 0)
	p.seen, p.repeated = x.Note(b)
	p.capitals, p.names = 0, [passBlocks]uint64{}
	lines, _ := x.Raw()
	for i := range x.Count() {
		start, l := x.LineStart(i), lines[i+1]
		name, value := b[start:l.Colon], b[l.Colon+1:l.CR]
		for j, c := range name {
			if off := start + j - p.base; p.whole {
				p.names[off/64] |= 1 << (off % 64)
			}
			if c >= 'A' && c <= 'Z' {
				p.capitals = 1
			}
		}
		if len(name) > 32 && p.capitals == 0 {
			p.capitals = twinLongName
		}
		if host, found := bytes.CutPrefix(value, []byte(" ")); found && hdr.Lookup(name) == hdr.Host && len(host) <= hostSize {
			host, port, _ := bytes.Cut(host, []byte(":"))
			if len(host) > 0 && len(port) <= 4 && len(bytes.Trim(host, plainDigits+plainLetters+"-._~!$&'()*+,;=")) == 0 && len(bytes.Trim(port, plainDigits)) == 0 {
				p.hostOK = true
			}
		}
	}
}

// twinHeads are what the passes are tried on, in full and up to every size below.
func twinHeads() []string {
	fields := "Host: example.org:8080\r\nUser-Agent: some/1.0 (thing; rv:1)\r\nDNT:1\r\nte: trailers\r\nX:\r\nContent-Length: \t 5 \r\naccept:a\r\nACCEPT: b\r\n"
	heads := []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("n", 32) + "N: long\r\nhost: a\r\n\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("n", 33) + "N: long\r\nhost: a\r\n\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("n", 33) + ": long\r\nhost: a\r\n\r\n",
		"GET /a?b=c HTTP/1.1\r\n" + fields + fields + "Last: one\r\n\r\nbody\r\n\r\n",
		"PROPFIND /" + strings.Repeat("path/", 20) + "?q=?" + strings.Repeat("0", 90) + " HTTP/1.1\r\n" + fields + "\r\n",
		"G / HTTP/1.1\r\n" + strings.Repeat("a:\r\n", 70) + "\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("N", 40) + ": long\r\n" + "Host:" + strings.Repeat("h", 70) + "\r\nhost: " + strings.Repeat("i", 33) + ":80\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + strings.Repeat("h", 64) + "\r\nX: \xff\x80\tobs-text\r\n" + fields + "\r\n",
		"GET  HTTP/1.1\r\nHost: a\r\n\r\n",
		" / HTTP/1.1\r\nHost: a\r\n\r\n",
	}
	for _, host := range []string{
		"a:12345", "a:1234", "a:b", "a:1b", ":1", "a/b", "a:", "a:1:2", "", "a b", "a ", "\ta", "%41", "[::1]", "a\xff",
		strings.Repeat("h", 32), strings.Repeat("h", 33), strings.Repeat("h", 63), strings.Repeat("h", 64), strings.Repeat("h", 59) + ":1234", strings.Repeat("h", 60) + ":1234",
	} {
		heads = append(heads, "GET / HTTP/1.1\r\nAccept: b\r\nHost: "+host+"\r\nHost:a\r\n\r\n")
	}
	for size := 55; size <= 260; size += 41 {
		target := "/" + strings.Repeat("t", size)
		heads = append(heads, "GET "+target+rest, "GET "+target[:size/2]+"?"+target[size/2:]+rest)
		for _, query := range []int{127, 128, 130, 191, 192, 193, 255} { // offsets in the head
			if query < size {
				at := query - len("GET ")
				heads = append(heads, "GET "+target[:at]+"?"+target[at+1:]+rest, "GET "+target[:at]+"?"+target[at+1:size]+"?"+rest)
			}
		}
	}
	for _, id := range []hdr.ID{hdr.TE, hdr.Connection, hdr.AccessControlRequestHeaders} {
		heads = append(heads, "GET / HTTP/1.1\r\n"+strings.ToUpper(id.String())+"x: y\r\n"+id.String()+": z\r\n\r\n")
	}
	for id := hdr.Unknown + 1; id < hdr.IDCount; id += 8 {
		var s strings.Builder
		for i := id; i < min(id+8, hdr.IDCount); i++ {
			fmt.Fprintf(&s, "%s: v\r\nX%s: w\r\n", strings.ToUpper(i.String()[:1])+i.String()[1:], i.String()[1:])
		}
		heads = append(heads, "PUT / HTTP/1.1\r\n"+s.String()+"\r\n")
	}
	valid := "POST /some/where?x=1 HTTP/1.1\r\n" + fields + "\r\n"
	for _, bad := range []string{"\x00", "\r", "\n", "\x7f", ":", " ", "\xc3", "\r\n\r\n", "\r\n:"} {
		for at := 0; at < len(valid); at += 3 {
			heads = append(heads, valid[:at]+bad+valid[at+1:])
		}
	}
	return heads
}

// TestWordsAsTwin holds the pass of words to the twin of the others, which goes on where it does but does not stop at lines.
func TestWordsAsTwin(t *testing.T) {
	best := usedPath
	usedPath = pathWords
	defer func() { usedPath = best }()
	done := 0
	for _, head := range twinHeads() {
		for size := range len(head) + 1 {
			b := roomy(head[:size], 2*passSlack)
			var want, got fieldSection
			want.pass.state, got.pass.state = passRequest, passRequest
			twinPass(b, &want.pass, &want.index, 64)
			got.run(b)
			w, g := &want.pass, &got.pass
			lines, first := got.index.Raw()
			wantLines, wantFirst := want.index.Raw()
			message := fmt.Sprintf("%q", b)
			if g.pos > 0 {
				require.Equal(t, byte('\n'), b[g.pos-1], message)
			}
			if bytes.IndexByte(b, '\n') < 64 {
				require.Equal(t, w.pos > 0, g.pos > 0, message)
			}
			if !w.done {
				require.False(t, w.pos > 0 && g.done, message)
				continue
			}
			done++
			require.Equal(t, []any{true, true, w.pos, w.start, w.target, w.query, w.entries, w.seen, w.repeated},
				[]any{g.done, g.noted, g.pos, g.start, g.target, g.query, g.entries, g.seen, g.repeated}, message)
			require.Equal(t, wantLines[1:1+w.entries/2], lines[1:1+w.entries/2], message)
			for id := hdr.Unknown + 1; id < hdr.IDCount; id++ {
				if w.seen.Has(id) {
					require.Equal(t, wantFirst[id], first[id], message)
				}
			}
			folded := true
			for i, start := 0, w.start; i < w.entries/2; i++ {
				name := b[start:lines[i+1].Colon]
				folded = folded && bytes.Equal(name, bytes.ToLower(name))
				start = int(lines[i+1].CR) + 2
			}
			require.Equal(t, folded, g.capitals == 0, message)
		}
	}
	require.NotZero(t, done)
}
