package parser

// Error says why a message was refused. It is a small value: comparing it and returning it as an error allocates
// nothing. The zero Error means that nothing was refused.
//
// What there is to know about an Error is in one table: a short stable name of the rule for logs and counters, a line of
// text, the section of the RFC that holds the rule, and the status code that a server answers with.
type Error uint8

// The errors of request heads, response heads and message bodies. ErrorCount is one more than the largest.
const (
	_ Error = iota

	// Lines (RFC 9112 section 2.2).
	BareLF
	BareCR

	// Start lines (RFC 9112 sections 2.3, 3 and 4).
	RequestLine
	MethodOctet
	MethodTooLong
	TargetOctet
	TargetPercent
	TargetTooLong
	VersionSyntax
	StatusCode
	ReasonOctet

	// Field lines (RFC 9112 section 5).
	LeadingSpace
	ObsFold
	NameEmpty
	NameSpace
	NameOctet
	ColonMissing
	ValueOctet
	FieldLineTooLarge
	TooManyFields
	HeadTooLarge

	// Version, request-target and Host of a complete head (RFC 9112 sections 2.3 and 3.2).
	VersionUnsupported
	TargetForm
	AuthorityTarget
	AsteriskTarget
	TargetScheme
	TargetAuthority
	HostMissing
	HostRepeated
	HostSyntax

	// Framing and expectations of a complete head (RFC 9112 section 6, RFC 9110 section 10.1.1).
	TransferEncodingVersion
	TransferEncodingLength
	TransferEncodingEmpty
	TransferEncodingSyntax
	TransferEncodingChunked
	TransferCodingUnknown
	ContentLengthRepeated
	ContentLengthSyntax
	ContentLengthTooLarge
	ExpectationUnknown

	// Message bodies (RFC 9112 sections 7 and 8).
	ContentTooLarge
	ChunkSizeSyntax
	ChunkSizeTooLong
	ChunkExtSyntax
	ChunkLineTooLarge
	ChunkOverhead
	ChunkDataEnd
	TrailersTooLarge
	Truncated

	ErrorCount
)

type errorRow struct {
	rule, text, section string
	status              int
}

var errorTable = [ErrorCount]errorRow{
	0: {"none", "no error", "", 0},

	BareLF: {"bare-lf", "line ends with LF alone", "RFC 9112 section 2.2", 400},
	BareCR: {"bare-cr", "CR without LF behind it", "RFC 9112 section 2.2", 400},

	RequestLine:   {"request-line", "request line is not method SP request-target SP version", "RFC 9112 section 3", 400},
	MethodOctet:   {"method-octet", "method is not a token", "RFC 9110 section 9.1", 400},
	MethodTooLong: {"method-size", "method is longer than any known one", "RFC 9112 section 3", 501},
	TargetOctet:   {"target-octet", "octet that a request-target cannot have", "RFC 9112 section 3.2", 400},
	TargetPercent: {"target-percent", "percent sign without two hexadecimal digits in the request-target", "RFC 3986 section 2.1", 400},
	TargetTooLong: {"target-size", "request-target is too long", "RFC 9112 section 3", 414},
	VersionSyntax: {"version-syntax", "malformed HTTP version", "RFC 9112 section 2.3", 400},
	StatusCode:    {"status-code", "status code is not three digits from 100 to 599 and SP", "RFC 9112 section 4", 502},
	ReasonOctet:   {"reason-octet", "octet that a reason phrase cannot have", "RFC 9112 section 4", 502},

	LeadingSpace:      {"leading-space", "white space before the first field line", "RFC 9112 section 2.2", 400},
	ObsFold:           {"obs-fold", "field line is folded", "RFC 9112 section 5.2", 400},
	NameEmpty:         {"name-empty", "field name is empty", "RFC 9110 section 5.1", 400},
	NameSpace:         {"name-space", "white space in a field name or before its colon", "RFC 9112 section 5.1", 400},
	NameOctet:         {"name-octet", "octet that a field name cannot have", "RFC 9110 section 5.1", 400},
	ColonMissing:      {"colon-missing", "field line without colon", "RFC 9112 section 5", 400},
	ValueOctet:        {"value-octet", "control octet in a field value", "RFC 9110 section 5.5", 400},
	FieldLineTooLarge: {"field-line-size", "field line is too large", "RFC 6585 section 5", 431},
	TooManyFields:     {"field-count", "too many field lines", "RFC 6585 section 5", 431},
	HeadTooLarge:      {"head-size", "head is too large", "RFC 6585 section 5", 431},

	VersionUnsupported: {"version", "major version of HTTP is not 1", "RFC 9110 section 15.6.6", 505},
	TargetForm:         {"target-form", "request-target is in none of the four forms", "RFC 9112 section 3.2", 400},
	AuthorityTarget:    {"target-connect", "request-target of CONNECT is not host and port", "RFC 9112 section 3.2.3", 400},
	AsteriskTarget:     {"target-asterisk", "request-target is an asterisk and the method is not OPTIONS", "RFC 9112 section 3.2.4", 400},
	TargetScheme:       {"target-scheme", "scheme of the request-target is neither http nor https", "RFC 9112 section 3.2.2", 400},
	TargetAuthority:    {"target-authority", "authority of the request-target is not host and optional port", "RFC 9110 section 4.2", 400},
	HostMissing:        {"host-missing", "no Host field", "RFC 9112 section 3.2", 400},
	HostRepeated:       {"host-repeated", "more than one Host field line", "RFC 9112 section 3.2", 400},
	HostSyntax:         {"host-syntax", "Host is not host and optional port", "RFC 9110 section 7.2", 400},

	TransferEncodingVersion: {"transfer-encoding-version", "Transfer-Encoding in HTTP/1.0", "RFC 9112 section 6.1", 400},
	TransferEncodingLength:  {"transfer-encoding-length", "Content-Length beside Transfer-Encoding", "RFC 9112 section 6.3", 400},
	TransferEncodingEmpty:   {"transfer-encoding-empty", "empty element in Transfer-Encoding", "RFC 9112 section 6.1", 400},
	TransferEncodingSyntax:  {"transfer-encoding-syntax", "transfer coding is not a token", "RFC 9110 section 10.1.4", 400},
	TransferEncodingChunked: {"transfer-encoding-chunked", "chunked is not the last transfer coding, or not alone in its element", "RFC 9112 section 6.1", 400},
	TransferCodingUnknown:   {"transfer-coding", "transfer coding is not implemented", "RFC 9112 section 6.1", 501},
	ContentLengthRepeated:   {"content-length-repeated", "more than one Content-Length field line", "RFC 9112 section 6.3", 400},
	ContentLengthSyntax:     {"content-length-syntax", "Content-Length is not digits alone", "RFC 9110 section 8.6", 400},
	ContentLengthTooLarge:   {"content-length-size", "Content-Length is 2^63 or more", "RFC 9110 section 8.6", 413},
	ExpectationUnknown:      {"expectation", "expectation other than 100-continue", "RFC 9110 section 10.1.1", 417},

	ContentTooLarge:   {"content-size", "content is too large", "RFC 9110 section 15.5.14", 413},
	ChunkSizeSyntax:   {"chunk-size", "chunk size is not hexadecimal digits alone", "RFC 9112 section 7.1", 400},
	ChunkSizeTooLong:  {"chunk-size-digits", "chunk size has too many digits", "RFC 9112 section 7.1", 400},
	ChunkExtSyntax:    {"chunk-ext", "malformed chunk extension", "RFC 9112 section 7.1.1", 400},
	ChunkLineTooLarge: {"chunk-line-size", "chunk extensions are too large", "RFC 9112 section 7.1.1", 400},
	ChunkOverhead:     {"chunk-overhead", "chunk extensions are too large for the data between them", "RFC 9112 section 7.1.1", 400},
	ChunkDataEnd:      {"chunk-data-end", "no CRLF behind the data of a chunk", "RFC 9112 section 7.1", 400},
	TrailersTooLarge:  {"trailer-size", "trailer section is too large", "RFC 6585 section 5", 431},
	Truncated:         {"truncated", "connection ended within a message", "RFC 9112 section 8", 400},
}

func (e Error) row() *errorRow {
	if e >= ErrorCount {
		e = 0
	}
	return &errorTable[e]
}

// Error returns the text after the name of this package.
func (e Error) Error() string { return "parser: " + e.row().text }

// Rule returns a short stable name of the rule that was broken, in lower case with hyphens.
func (e Error) Rule() string { return e.row().rule }

// Text returns what is wrong, in one line and without any octet of the message.
func (e Error) Text() string { return e.row().text }

// Status returns the status code that a server answers with. A gateway that reads a bad response answers 502 whatever
// it is.
func (e Error) Status() int { return e.row().status }

// Section returns the section that holds the rule, such as "RFC 9112 section 5.1".
func (e Error) Section() string { return e.row().section }
