package hdr

// Error says why a field was refused. It is a small value: comparing and returning it as an error allocates nothing.
type Error uint8

const (
	ErrName  Error = iota + 1 // the name is empty or has an octet that is not tchar (RFC 9110 section 5.1)
	ErrValue                  // the value has CR, LF, NUL or another control octet (RFC 9110 section 5.5)
	ErrLine                   // the octets are not one field line that ends in CRLF (RFC 9112 section 5)
	ErrSize                   // the set would grow beyond MaxSize or MaxCount
)

// Error returns what is wrong, without the octets that were.
func (e Error) Error() string {
	switch e {
	case ErrName:
		return "hdr: invalid field name"
	case ErrValue:
		return "hdr: invalid octet in field value"
	case ErrLine:
		return "hdr: malformed field line"
	case ErrSize:
		return "hdr: field section too large"
	}
	return "hdr: no error"
}
