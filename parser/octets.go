package parser

// Classes of octets. Each is one bit, so that one look-up answers several questions.
const (
	classToken   uint8 = 1 << iota // tchar, RFC 9110 section 5.6.2: methods, field names, chunk-ext names
	classValue                     // field-vchar, SP, HTAB, RFC 9110 section 5.5: field values, reason phrases, quoted pairs
	classTarget                    // any octet of a request-target but '%', '[' and ']', RFC 3986 section 2
	classRegName                   // unreserved and sub-delims, RFC 3986 section 3.2.2: registered names
	classHex                       // HEXDIG in either case, RFC 5234 appendix B.1
	classDigit                     // DIGIT
	classQuoted                    // qdtext, RFC 9110 section 5.6.4: inside quotes
)

var classes = func() (t [256]uint8) {
	mark := func(octets string, class uint8) {
		for i := range len(octets) {
			t[octets[i]] |= class
		}
	}
	const (
		digits  = "0123456789"
		letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	)
	mark(digits, classDigit)
	mark(digits+"ABCDEFabcdef", classHex)
	mark(digits+letters+"!#$%&'*+-.^_`|~", classToken)
	mark(digits+letters+"-._~"+"!$&'()*+,;=", classRegName|classTarget)
	mark(":@/?", classTarget)
	for c := range 256 {
		if c == '\t' || c >= ' ' && c != 0x7f {
			t[c] |= classValue | classQuoted
		}
	}
	t['"'] &^= classQuoted
	t['\\'] &^= classQuoted
	return t
}()

func is(c, class uint8) bool { return classes[c]&class != 0 }

// isOWS reports whether c is optional white space, RFC 9110 section 5.6.3.
func isOWS(c byte) bool { return c == ' ' || c == '\t' }

// hexValue returns the value of a HEXDIG.
func hexValue(c byte) int64 {
	if c <= '9' {
		return int64(c - '0')
	}
	return int64(c|0x20-'a') + 10
}
