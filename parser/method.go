package parser

// Method is a method of the IANA HTTP Method Registry. The zero Method stands for every other token, which may
// still be a method that a server knows (RFC 9110 section 9.1).
type Method uint8

// The registered methods, those of RFC 9110 first. MethodCount is one more than the largest.
const (
	_ Method = iota
	MethodGet
	MethodHead
	MethodPost
	MethodPut
	MethodDelete
	MethodConnect
	MethodOptions
	MethodTrace
	MethodPatch // RFC 5789
	MethodQuery
	MethodACL
	MethodBaselineControl
	MethodBind
	MethodCheckin
	MethodCheckout
	MethodCopy
	MethodLabel
	MethodLink
	MethodLock
	MethodMerge
	MethodMkactivity
	MethodMkcalendar
	MethodMkcol
	MethodMkredirectref
	MethodMkworkspace
	MethodMove
	MethodOrderpatch
	MethodPri // reserved: the start of an HTTP/2 connection, RFC 9113 section 3.4
	MethodPropfind
	MethodProppatch
	MethodRebind
	MethodReport
	MethodSearch
	MethodUnbind
	MethodUncheckout
	MethodUnlink
	MethodUnlock
	MethodUpdate
	MethodUpdateredirectref
	MethodVersionControl
	MethodCount
)

var methodNames = [MethodCount]string{
	"", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
	"ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE",
	"MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI",
	"PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK",
	"UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL",
}

// String returns the method as it is written, "" if it is not registered.
func (m Method) String() string {
	if m >= MethodCount {
		return ""
	}
	return methodNames[m]
}

// MethodOf returns the Method that b names, 0 if it is not registered. Case matters (RFC 9110 section 9.1). It
// allocates nothing.
func MethodOf(b []byte) Method {
	switch string(b) { // the frequent ones
	case "GET":
		return MethodGet
	case "POST":
		return MethodPost
	case "HEAD":
		return MethodHead
	case "PUT":
		return MethodPut
	case "DELETE":
		return MethodDelete
	}
	for m := MethodGet; m < MethodCount; m++ {
		if string(b) == methodNames[m] {
			return m
		}
	}
	return 0
}
