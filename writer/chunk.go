package writer

import "math/bits"

const hexDigits = "0123456789abcdef"

// AppendChunkSize appends a chunk-size line without extensions (RFC 9112 section 7.1): n in lower-case hexadecimal without
// leading zeros, and CRLF. With n == 0 that is the last-chunk. A negative n appends nothing.
func AppendChunkSize(dst []byte, n int) []byte {
	if n < 0 {
		return dst
	}
	return appendChunkSize(dst, uint64(n))
}

func appendChunkSize(dst []byte, n uint64) []byte {
	for shift := (bits.Len64(n|1) - 1) &^ 3; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[n>>shift&15])
	}
	return append(dst, "\r\n"...)
}
