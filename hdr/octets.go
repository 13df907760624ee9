package hdr

const (
	classToken uint8 = 1 << iota // tchar, RFC 9110 section 5.6.2
	classValue                   // field-vchar, SP, HTAB and obs-text, RFC 9110 section 5.5
)

var classes = func() (t [256]uint8) {
	for c := range 256 {
		if c == '\t' || c >= ' ' && c != 0x7f {
			t[c] |= classValue
		}
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			t[c] |= classToken
		}
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] |= classToken
	}
	return t
}()

// IsToken reports whether s is a token: one or more tchar (RFC 9110 section 5.6.2). Field names, methods and
// connection options are tokens.
func IsToken[S ~string | ~[]byte](s S) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&classToken == 0 {
			return false
		}
	}
	return len(s) > 0
}

// IsValue reports whether every octet of s may stand in a field value (RFC 9110 section 5.5): visible ASCII, SP, HTAB
// and obs-text, hence no CR, LF or NUL. White space at the ends is for the caller to trim.
func IsValue[S ~string | ~[]byte](s S) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&classValue == 0 {
			return false
		}
	}
	return true
}

// TrimOWS returns s without the optional white space (SP and HTAB, RFC 9110 section 5.6.3) at its ends.
func TrimOWS[S ~string | ~[]byte](s S) S {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
