package parser

// HTTP-version = "HTTP" "/" DIGIT "." DIGIT (RFC 9112 section 2.3), with what follows it in the start line. A 'd' stands for any digit.
const (
	versionInRequest  = "HTTP/d.d\r\n"
	versionInResponse = "HTTP/d.d "
	majorOff          = 5
	minorOff          = 7
)

const http11 = 'H' | 'T'<<8 | 'T'<<16 | 'P'<<24 | '/'<<32 | '1'<<40 | '.'<<48 | '1'<<56

// isHTTP11 reports whether b[i:] starts with "HTTP/1.1" CRLF, as most request lines end.
func isHTTP11(b []byte, i int) bool {
	return i <= len(b)-len(versionInRequest) && load(b[i:]) == http11 && b[i+8] == '\r' && b[i+9] == '\n'
}

// consumeVersion goes on at b[i] with a version that starts at offset start and has the form given. It returns the offset
// behind it, len(b) when b ends before, or the offset of the octet that it refuses.
func consumeVersion(b []byte, start, i int, form string) (int, Error) {
	for ; i < len(b) && i-start < len(form); i++ {
		c, want := b[i], form[i-start]
		switch {
		case want == 'd' && is(c, classDigit), want != 'd' && c == want:
		case want == '\n':
			return i, BareCR
		default:
			return i, lineError(c, VersionSyntax)
		}
	}
	return i, 0
}

// checkVersion takes the version at offset start of a complete head. This package speaks HTTP/1.1, as which every later
// HTTP/1.x is served (RFC 9110 section 2.5), and HTTP/1.0.
func (m *message) checkVersion(b []byte, start int) (off int, e Error) {
	if b[start+majorOff] != '1' {
		return start + majorOff, VersionUnsupported
	}
	if b[start+minorOff] != '0' {
		m.minor = 1
	}
	return 0, 0
}
