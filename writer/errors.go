package writer

// Error says why a call was refused. A refused call has appended nothing and has left the [Response] as it was. It is a
// small value: comparing and returning it as an error allocates nothing.
type Error uint8

const (
	ErrState   Error = iota + 1 // the call is out of order, such as Content before Begin or after End
	ErrStatus                   // the status code is out of range here, or the reason phrase has a control octet
	ErrField                    // a field that only the writer may set, or that a trailer section may not have
	ErrLong                     // more content than the declared size
	ErrShort                    // End before the declared size was reached
	ErrContent                  // a response with this status code has no content (204, 205, 304)
	ErrSize                     // a span of no octets
)

// Error returns what is wrong.
func (e Error) Error() string {
	switch e {
	case ErrState:
		return "writer: call out of order"
	case ErrStatus:
		return "writer: invalid status code or reason phrase"
	case ErrField:
		return "writer: field not allowed here"
	case ErrLong:
		return "writer: more content than declared"
	case ErrShort:
		return "writer: less content than declared"
	case ErrContent:
		return "writer: status allows no content"
	case ErrSize:
		return "writer: invalid span size"
	}
	return "writer: no error"
}
