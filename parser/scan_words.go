package parser

import "barewire/hdr"

// words is the pass over a request head without vector instructions. Unlike the others it is done with whole lines, and it reads nothing behind
// the end of b. It looks for the colon of a line first: most names are well-known ones, of which every octet is known with that.
//
// size: one loop, since what it knows is in registers
func (p *pass) words(b []byte, lines *[1 + maxCount]hdr.Line, first *[hdr.IDCount]uint8) {
	if len(b) < 8 {
		return
	}
	start := p.requestLine(b)
	if start == 0 {
		return
	}
	p.start = start
	var seen, repeated hdr.Bits
	count, folded := 0, true
line:
	for count < maxCount && start < len(b)-1 && b[start] != '\r' {
		i := start
		var mask uint64
		for {
			w := wordIn(b, i) ^ ':'*ones
			if mask = (w - ones) &^ w & highs; mask != 0 {
				break
			}
			if i += 8; i >= len(b) {
				break line
			}
		}
		i += firstOctet(mask)
		colon := i
		for i++; ; i++ {
			for i >= 0 && i <= len(b)-16 {
				w := b[i : i+16 : i+16]
				if (valueDoubts(load(w))|valueDoubts(load(w[8:])))&highs != 0 {
					break
				}
				i += 16
			}
			for mask = valueStops(wordIn(b, i)); mask == 0; mask = valueStops(wordIn(b, i)) {
				i += 8
			}
			if i += firstOctet(mask); i >= len(b)-1 || b[i] != '\t' {
				break
			}
		}
		if i >= len(b)-1 || b[i] != '\r' || b[i+1] != '\n' {
			break
		}
		id, lower, token := hdr.Find(b, start, colon)
		if !token {
			break
		}
		count++
		if bit := id.Bit(); seen&bit == 0 {
			first[id&63] = uint8(count)
			seen |= bit &^ 1 // Unknown is not seen
		} else {
			repeated |= bit
		}
		folded = folded && lower
		lines[count] = hdr.Line{Colon: uint16(colon), CR: uint16(i)}
		start = i + 2
	}
	p.pos, p.entries = start, 2*count
	if start < len(b)-1 && b[start] == '\r' && b[start+1] == '\n' {
		p.pos, p.done, p.noted, p.seen, p.repeated, p.capitals = start+2, true, true, seen, repeated, 1
		if folded {
			p.capitals = 0
		}
	}
}

// requestLine is the start of a pass with words. It returns the offset behind the request line, 0 if that is not whole, or unusual.
func (p *pass) requestLine(b []byte) int {
	i := len("GET")
	if uint32(wordIn(b, 0)) != get {
		i = scanToken(b, 0)
		if i == 0 || i > MethodSize || i >= len(b) || b[i] != ' ' {
			return 0
		}
	}
	i++
	p.target, p.query = i, 0
	for {
		for mask := targetStops(wordIn(b, i)); mask != 0; mask &= mask - 1 {
			end := i + firstOctet(mask)
			switch {
			case end >= len(b):
				return 0
			case b[end] == '?':
				if p.query == 0 {
					p.query = end + 1
				}
			case !is(b[end], classTarget):
				if b[end] != ' ' || end == p.target || !isHTTP11(b, end+1) {
					return 0
				}
				return end + len(" HTTP/1.1\r\n")
			}
		}
		i += 8
	}
}
