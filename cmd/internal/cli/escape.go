package cli

import "strings"

// AppendEscaped appends b as it is safe on a terminal: printable ASCII as it is, a backslash doubled, the rest as \t, \n, \r or \x1b.
// Control octets in keep are appended as they are.
func AppendEscaped(dst, b []byte, keep string) []byte {
	const hexDigits = "0123456789abcdef"
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, `\\`...)
		case c >= ' ' && c <= '~' || strings.IndexByte(keep, c) >= 0:
			dst = append(dst, c)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}
