package hdr

// NextElement cuts the first element off a comma-separated list (RFC 9110 section 5.6.1) and returns it without the white space
// around it, and what follows its comma. A comma inside a quoted string (RFC 9110 section 5.6.4) does not separate, and a
// backslash inside one hides the octet after it; a quoted string that never ends reaches to the end of the list. last is
// true when no comma followed. The element may be empty: a recipient ignores empty elements, unless it
// has a reason to be strict.
//
// Both results alias list.
func NextElement(list []byte) (element, rest []byte, last bool) {
	quoted := false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return capped(TrimOWS(list[:i])), list[i+1:], false
		}
	}
	return capped(TrimOWS(list)), nil, true
}

// HasToken reports whether a comma-separated list has an element equal to token without regard to case.
func HasToken(list []byte, token string) bool {
	for last := false; !last; {
		var element []byte
		element, list, last = NextElement(list)
		if EqualFold(element, token) {
			return true
		}
	}
	return false
}

// capped keeps an append by the receiver of b from overwriting what follows it in the buffer.
func capped(b []byte) []byte { return b[:len(b):len(b)] }
