package route

import "strings"

// maxCaptures is how many names a pattern may have, the wildcard included. A Request has room for as many.
const maxCaptures = 8

type segmentKind uint8

// The kinds of segments, the more specific first.
const (
	literal segmentKind = iota
	named
	wildcard
)

type segment struct {
	kind segmentKind
	text string // of a literal or a name
}

// parsePattern splits a pattern into its segments, of which there is at least one. It panics if the pattern is
// malformed.
func parsePattern(pattern string) (segments []segment) {
	fail := func(why string) { panic("route: " + pattern + ": " + why) }
	rest, ok := strings.CutPrefix(pattern, "/")
	if !ok {
		fail("a pattern begins with a slash")
	}
	captures := 0
	for more := true; more; {
		var text string
		text, rest, more = strings.Cut(rest, "/")
		s := segment{literal, text}
		switch name, isName := strings.CutPrefix(text, "{"); {
		case text == "*":
			s = segment{wildcard, "*"}
			if more {
				fail("the wildcard is the last segment")
			}
		case isName:
			s = segment{named, strings.TrimSuffix(name, "}")}
			if len(s.text) != len(name)-1 || !isIdentifier(s.text) {
				fail("a name is {letters, digits and underscores}, and the whole segment")
			}
		case !isLiteral(text):
			fail("a literal has the octets of a path (RFC 3986 section 3.3)")
		}
		if s.kind != literal {
			captures++
			for _, other := range segments {
				if other == s {
					fail("a name is used once")
				}
			}
		}
		segments = append(segments, s)
	}
	if captures > maxCaptures {
		fail("too many names")
	}
	return segments
}

// capturesOf returns what the segments capture, in their order.
func capturesOf(segments []segment) (names []string) {
	for _, s := range segments {
		if s.kind != literal {
			names = append(names, s.text)
		}
	}
	return names
}

func isIdentifier(s string) bool {
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && c != '_' {
			return false
		}
	}
	return s != ""
}

// isLiteral reports whether s is a sequence of pchar (RFC 3986 section 3.3).
func isLiteral(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlphanumeric(c) || strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 26
}

func isHex(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 6
}
