package parser

import (
	"bytes"

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
		if p.base = p.start; p.start < 64 {
			p.base = 0
		}
	}
	lines, _ := x.Raw()
	entries := p.entries
	add := func(off int) {
		if entries&1 == 0 {
			lines[entries/2].Colon = uint16(off)
		} else {
			lines[entries/2].CR = uint16(off)
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
		p.pos, p.entries = block+64, entries
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
		start, l := x.LineStart(i), lines[i]
		name, value := b[start:l.Colon], b[l.Colon+1:l.CR]
		for j, c := range name {
			if off := start + j - p.base; p.whole {
				p.names[off/64] |= 1 << (off % 64)
			}
			if c >= 'A' && c <= 'Z' || len(name) > 32 {
				p.capitals = 1
			}
		}
		if host, found := bytes.CutPrefix(value, []byte(" ")); found && hdr.Lookup(name) == hdr.Host && len(host) <= hostSize {
			host, port, _ := bytes.Cut(host, []byte(":"))
			if len(host) > 0 && len(port) <= 4 && len(bytes.Trim(host, plainDigits+plainLetters+"-._~!$&'()*+,;=")) == 0 && len(bytes.Trim(port, plainDigits)) == 0 {
				p.hostOK = true
			}
		}
	}
}
