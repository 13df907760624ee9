package srv

// Error is an error of a connection, or of a handler's call. It is a small value: comparing and returning it as an error
// allocates nothing. Malformed content is reported as a parser.Error instead.
type Error uint8

const (
	ErrHeadTimeout    Error = iota + 1 // the head took longer than Timeouts.Head
	ErrContentTimeout                  // the content came slower than Timeouts.Rate allows
	ErrSendTimeout                     // the response was read slower than Timeouts.Rate allows
	ErrReset                           // the connection was reset or closed
	ErrBegan                           // too late: the response's head is on its way
	ErrAborted                         // the response was aborted
	ErrHijacked                        // the connection was hijacked
	ErrHijack                          // the connection cannot be hijacked: a response has begun
	ErrHandler                         // the handler panicked
	ErrMisdirected                     // a resource of https was asked for without TLS
	ErrClosed                          // the server was shut down or closed
	ErrListen                          // Run without Listen
	ErrEngine                          // the engine is not built for this system
	ErrWoken                           // Content.Wake was called: the wait for content is over, and may begin again

	errorCount
)

// faults says all there is to say about an Error.
var faults = [...]struct {
	rule, text, section string
	status              int
}{
	ErrHeadTimeout:    {"head-timeout", "request head not complete in time", "RFC 9110 section 15.5.9", 408},
	ErrContentTimeout: {"content-timeout", "request content too slow", "RFC 9110 section 15.5.9", 408},
	ErrSendTimeout:    {"send-timeout", "response not read in time", "RFC 9112 section 9.5", 0},
	ErrReset:          {"reset", "connection reset", "RFC 9112 section 9.5", 0},
	ErrBegan:          {"began", "response has begun", "", 0},
	ErrAborted:        {"aborted", "response was aborted", "", 0},
	ErrHijacked:       {"hijacked", "connection was hijacked", "", 0},
	ErrHijack:         {"hijack", "connection cannot be hijacked after a response has begun", "", 0},
	ErrHandler:        {"handler", "the server failed to answer", "RFC 9110 section 15.6.1", 500},
	ErrMisdirected:    {"misdirected", "resources of https are served over TLS alone", "RFC 9110 section 7.4", 421},
	ErrClosed:         {"closed", "server was shut down or closed", "", 0},
	ErrListen:         {"listen", "nothing to serve: Listen first", "", 0},
	ErrEngine:         {"engine", "engine is not built for this system", "", 0},
	ErrWoken:          {"woken", "wait for content was ended by Wake", "", 0},
}

// Error returns the text with the package's name.
func (e Error) Error() string { return "srv: " + e.Text() }

// Text says in a few words what went wrong.
func (e Error) Text() string { return faults[e].text }

// Rule is the error's short stable name.
func (e Error) Rule() string { return faults[e].rule }

// Section is where the behaviour is specified, "" when nowhere.
func (e Error) Section() string { return faults[e].section }

// Status is the status code that a client gets, 0 when it gets none.
func (e Error) Status() int { return faults[e].status }

// fault is an error that maps to a status: a parser.Error or an Error.
type fault interface {
	error
	Rule() string
	Text() string
	Section() string
	Status() int
}

// errWait, errTimeout and errCopy pass between a port and the core, and never reach a handler.
type portError uint8

const (
	errWait portError = iota + 1
	errTimeout
	errCopy
)

func (e portError) Error() string {
	return [...]string{errWait: "srv: would block", errTimeout: "srv: deadline reached", errCopy: "srv: not for the kernel"}[e]
}
