package writer

import "barewire/hdr"

const (
	minStatus = 100
	maxStatus = 599 // RFC 9110 section 15: codes beyond are invalid

	statusPrefix = "HTTP/1.1 " // whatever the request's version: RFC 9110 section 2.5
	reasonOff    = len(statusPrefix) + len("200 ")
)

// statusLines holds the status lines of the registered codes (IANA HTTP Status Code Registry; RFC 9110 section 16.2.1),
// ready to be copied. The codes registered as unused (306, 418), and temporarily (104), are left out.
var statusLines = [...]string{
	100 - minStatus: "HTTP/1.1 100 Continue\r\n",
	101 - minStatus: "HTTP/1.1 101 Switching Protocols\r\n",
	102 - minStatus: "HTTP/1.1 102 Processing\r\n",
	103 - minStatus: "HTTP/1.1 103 Early Hints\r\n",
	200 - minStatus: "HTTP/1.1 200 OK\r\n",
	201 - minStatus: "HTTP/1.1 201 Created\r\n",
	202 - minStatus: "HTTP/1.1 202 Accepted\r\n",
	203 - minStatus: "HTTP/1.1 203 Non-Authoritative Information\r\n",
	204 - minStatus: "HTTP/1.1 204 No Content\r\n",
	205 - minStatus: "HTTP/1.1 205 Reset Content\r\n",
	206 - minStatus: "HTTP/1.1 206 Partial Content\r\n",
	207 - minStatus: "HTTP/1.1 207 Multi-Status\r\n",
	208 - minStatus: "HTTP/1.1 208 Already Reported\r\n",
	226 - minStatus: "HTTP/1.1 226 IM Used\r\n",
	300 - minStatus: "HTTP/1.1 300 Multiple Choices\r\n",
	301 - minStatus: "HTTP/1.1 301 Moved Permanently\r\n",
	302 - minStatus: "HTTP/1.1 302 Found\r\n",
	303 - minStatus: "HTTP/1.1 303 See Other\r\n",
	304 - minStatus: "HTTP/1.1 304 Not Modified\r\n",
	305 - minStatus: "HTTP/1.1 305 Use Proxy\r\n",
	307 - minStatus: "HTTP/1.1 307 Temporary Redirect\r\n",
	308 - minStatus: "HTTP/1.1 308 Permanent Redirect\r\n",
	400 - minStatus: "HTTP/1.1 400 Bad Request\r\n",
	401 - minStatus: "HTTP/1.1 401 Unauthorized\r\n",
	402 - minStatus: "HTTP/1.1 402 Payment Required\r\n",
	403 - minStatus: "HTTP/1.1 403 Forbidden\r\n",
	404 - minStatus: "HTTP/1.1 404 Not Found\r\n",
	405 - minStatus: "HTTP/1.1 405 Method Not Allowed\r\n",
	406 - minStatus: "HTTP/1.1 406 Not Acceptable\r\n",
	407 - minStatus: "HTTP/1.1 407 Proxy Authentication Required\r\n",
	408 - minStatus: "HTTP/1.1 408 Request Timeout\r\n",
	409 - minStatus: "HTTP/1.1 409 Conflict\r\n",
	410 - minStatus: "HTTP/1.1 410 Gone\r\n",
	411 - minStatus: "HTTP/1.1 411 Length Required\r\n",
	412 - minStatus: "HTTP/1.1 412 Precondition Failed\r\n",
	413 - minStatus: "HTTP/1.1 413 Content Too Large\r\n",
	414 - minStatus: "HTTP/1.1 414 URI Too Long\r\n",
	415 - minStatus: "HTTP/1.1 415 Unsupported Media Type\r\n",
	416 - minStatus: "HTTP/1.1 416 Range Not Satisfiable\r\n",
	417 - minStatus: "HTTP/1.1 417 Expectation Failed\r\n",
	421 - minStatus: "HTTP/1.1 421 Misdirected Request\r\n",
	422 - minStatus: "HTTP/1.1 422 Unprocessable Content\r\n",
	423 - minStatus: "HTTP/1.1 423 Locked\r\n",
	424 - minStatus: "HTTP/1.1 424 Failed Dependency\r\n",
	425 - minStatus: "HTTP/1.1 425 Too Early\r\n",
	426 - minStatus: "HTTP/1.1 426 Upgrade Required\r\n",
	428 - minStatus: "HTTP/1.1 428 Precondition Required\r\n",
	429 - minStatus: "HTTP/1.1 429 Too Many Requests\r\n",
	431 - minStatus: "HTTP/1.1 431 Request Header Fields Too Large\r\n",
	451 - minStatus: "HTTP/1.1 451 Unavailable For Legal Reasons\r\n",
	500 - minStatus: "HTTP/1.1 500 Internal Server Error\r\n",
	501 - minStatus: "HTTP/1.1 501 Not Implemented\r\n",
	502 - minStatus: "HTTP/1.1 502 Bad Gateway\r\n",
	503 - minStatus: "HTTP/1.1 503 Service Unavailable\r\n",
	504 - minStatus: "HTTP/1.1 504 Gateway Timeout\r\n",
	505 - minStatus: "HTTP/1.1 505 HTTP Version Not Supported\r\n",
	506 - minStatus: "HTTP/1.1 506 Variant Also Negotiates\r\n",
	507 - minStatus: "HTTP/1.1 507 Insufficient Storage\r\n",
	508 - minStatus: "HTTP/1.1 508 Loop Detected\r\n",
	510 - minStatus: "HTTP/1.1 510 Not Extended\r\n",
	511 - minStatus: "HTTP/1.1 511 Network Authentication Required\r\n",
}

// statusLine returns the line of a registered code, "" for any other.
func statusLine(code int) string {
	if i := uint(code - minStatus); i < uint(len(statusLines)) {
		return statusLines[i]
	}
	return ""
}

// StatusText returns the registered reason phrase of a status code, "" if there is none.
func StatusText(code int) string {
	line := statusLine(code)
	if line == "" {
		return ""
	}
	return line[reasonOff : len(line)-2]
}

// AppendStatusLine appends a status line (RFC 9112 section 4). An empty reason stands for the registered one; an
// unregistered code has none, and its line then ends in a space and CRLF, since the space is not optional. A code
// outside 100 to 599, or a reason with an octet that [hdr.IsValue] refuses, appends nothing.
func AppendStatusLine(dst []byte, code int, reason string) []byte {
	if !validStatus(code, reason) {
		return dst
	}
	return appendStatusLine(dst, code, reason)
}

func validStatus(code int, reason string) bool {
	return code >= minStatus && code <= maxStatus && hdr.IsValue(reason)
}

// appendStatusLine is AppendStatusLine for a valid code and reason.
func appendStatusLine(dst []byte, code int, reason string) []byte {
	if reason == "" {
		if line := statusLine(code); line != "" {
			return append(dst, line...)
		}
	}
	dst = append(dst, statusPrefix...)
	dst = append(dst, '0'+byte(code/100), '0'+byte(code/10%10), '0'+byte(code%10), ' ')
	dst = append(dst, reason...)
	return append(dst, "\r\n"...)
}
