package proxy

// Error says why an upstream gave no response that could be passed on.
type Error uint8

const (
	ErrDial      Error = iota + 1 // no connection to the upstream, or TLS failed
	ErrSilent                     // it did not accept the connection, finish TLS, take the request or begin its response within Proxy.Timeout
	ErrMalformed                  // the response is not one of HTTP/1.1
	ErrBroken                     // the upstream closed or reset the connection before its response was whole
	ErrInterim                    // more than 64 interim responses
	ErrSwitch                     // 101 (Switching Protocols), which was not asked for, or to something else

	// errClient: the client is gone, its content malformed or late, or the server ends. Whatever answer there is to that is
	// the server's.
	errClient
	// errStale: the connection of the pool was no longer alive. The next one is tried.
	errStale
)

var errorTable = [...]struct {
	text   string
	status int
}{
	ErrDial:      {"upstream cannot be reached", 502},
	ErrSilent:    {"upstream did not answer in time", 504},
	ErrMalformed: {"upstream's response is malformed", 502},
	ErrBroken:    {"upstream broke off its response", 502},
	ErrInterim:   {"upstream sent too many interim responses", 502},
	ErrSwitch:    {"upstream switched protocols unasked", 502},
	errClient:    {"client is gone", 0},
	errStale:     {"connection was closed", 0},
}

// Error returns the text after the name of this package.
func (e Error) Error() string { return "proxy: " + e.Text() }

// Text says in a few words what went wrong.
func (e Error) Text() string { return errorTable[e].text }

// Status returns the status code that the client gets, if a response can still be made: 502 or 504.
func (e Error) Status() int { return errorTable[e].status }
