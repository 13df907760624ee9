package hdr

import "encoding/binary"

// ID is the small number of a well-known field name. The zero ID is [Unknown]. IDs are for switches, bitmaps and
// direct look-ups; they are not stable between versions of this package and never leave the process.
type ID uint8

// The well-known field names. IDCount is one more than the largest, and at most 64, so that a set of IDs fits a word.
const (
	Unknown ID = iota
	Accept
	AcceptCharset
	AcceptEncoding
	AcceptLanguage
	AcceptRanges
	AccessControlAllowOrigin
	AccessControlRequestHeaders
	AccessControlRequestMethod
	Age
	Allow
	Authorization
	CacheControl
	Connection
	ContentDisposition
	ContentEncoding
	ContentLanguage
	ContentLength
	ContentLocation
	ContentRange
	ContentType
	Cookie
	Date
	ETag
	Expect
	Expires
	Forwarded
	Host
	IfMatch
	IfModifiedSince
	IfNoneMatch
	IfRange
	IfUnmodifiedSince
	KeepAlive
	LastModified
	Link
	Location
	MaxForwards
	Origin
	Priority
	ProxyAuthenticate
	ProxyAuthorization
	ProxyConnection
	Range
	Referer
	RetryAfter
	SecWebSocketKey
	Server
	SetCookie
	StrictTransportSecurity
	TE
	Trailer
	TransferEncoding
	Upgrade
	UpgradeInsecureRequests
	UserAgent
	Vary
	Via
	WWWAuthenticate
	XForwardedFor
	XForwardedHost
	XForwardedProto
	XRealIP
	XRequestID
	IDCount
)

var names = [IDCount]string{
	"", "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges",
	"access-control-allow-origin", "access-control-request-headers", "access-control-request-method", "age", "allow",
	"authorization", "cache-control", "connection", "content-disposition", "content-encoding", "content-language",
	"content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect",
	"expires", "forwarded", "host", "if-match", "if-modified-since", "if-none-match", "if-range",
	"if-unmodified-since", "keep-alive", "last-modified", "link", "location", "max-forwards", "origin", "priority",
	"proxy-authenticate", "proxy-authorization", "proxy-connection", "range", "referer", "retry-after",
	"sec-websocket-key", "server", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding",
	"upgrade", "upgrade-insecure-requests", "user-agent", "vary", "via", "www-authenticate", "x-forwarded-for",
	"x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-request-id",
}

// String returns the field name in lower case, "" for Unknown.
func (id ID) String() string {
	if id >= IDCount {
		return ""
	}
	return names[id]
}

// Bits is a set of IDs.
type Bits uint64

// Bit returns the set that holds id alone.
func (id ID) Bit() Bits { return 1 << (id & 63) }

// Has reports whether id is in the set.
func (s Bits) Has(id ID) bool { return s&id.Bit() != 0 }

// A known name is compared as up to four words of eight octets, the last one overlapping its neighbour so that every
// length is covered without a rest. fold has 0x20 where the name has a letter: or-ing it in folds 'A' and 'a' alike, and
// nothing else onto a letter, while '-' and digits stay what they are (a blanket 0x20 would turn CR into '-').
type known struct {
	size       int
	fold, want [4]uint64
}

const maxKnownSize = 32

var (
	knowns [IDCount]known
	slots  [256]ID
)

// slotOf hashes length, first, middle and last octet. The factor was found by trial: it puts every known name into
// a slot of its own, which init checks.
func slotOf(name []byte) uint8 {
	n := len(name)
	k := uint32(n) | uint32(name[0]|0x20)<<8 | uint32(name[n-1]|0x20)<<16 | uint32(name[n/2]|0x20)<<24
	return uint8(k * 0xe2ed4863 >> 24)
}

func init() {
	for id := ID(1); id < IDCount; id++ {
		name := []byte(names[id])
		fold := make([]byte, len(name))
		for i, c := range name {
			if c >= 'a' && c <= 'z' {
				fold[i] = 0x20
			}
		}
		k := &knowns[id]
		k.size = len(name)
		k.want, k.fold = wordsOf(name), wordsOf(fold)
		slot := slotOf(name)
		if slots[slot] != 0 {
			panic("hdr: " + names[id] + " and " + names[slots[slot]] + " share a slot")
		}
		slots[slot] = id
	}
}

// wordsOf cuts a name of 2 to 32 octets into words; unused words are zero.
func wordsOf(b []byte) (w [4]uint64) {
	n := len(b)
	if n < 8 {
		w[0] = shortWord(b)
		return w
	}
	for i := 0; i*8+8 < n; i++ {
		w[i] = binary.LittleEndian.Uint64(b[i*8:])
	}
	w[3] = binary.LittleEndian.Uint64(b[n-8:])
	return w
}

// shortWord covers a name of 2 to 7 octets by two overlapping loads.
func shortWord(b []byte) uint64 {
	n := len(b)
	if n < 4 {
		return uint64(binary.LittleEndian.Uint16(b)) | uint64(b[n-1])<<16
	}
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
}

// Lookup returns the ID of a field name in any case, Unknown if it is not a well-known one.
func Lookup(name []byte) ID {
	n := len(name)
	if n < 2 || n > maxKnownSize {
		return Unknown
	}
	id := slots[slotOf(name)]
	k := &knowns[id&63]
	if k.size != n {
		return Unknown
	}
	if n < 8 {
		if shortWord(name)|k.fold[0] != k.want[0] {
			return Unknown
		}
		return id
	}
	diff := (binary.LittleEndian.Uint64(name) | k.fold[0]) ^ k.want[0]
	if n == 8 {
		diff = 0
	}
	if n > 16 {
		diff |= (binary.LittleEndian.Uint64(name[8:]) | k.fold[1]) ^ k.want[1]
	}
	if n > 24 {
		diff |= (binary.LittleEndian.Uint64(name[16:]) | k.fold[2]) ^ k.want[2]
	}
	diff |= (binary.LittleEndian.Uint64(name[n-8:]) | k.fold[3]) ^ k.want[3]
	if diff != 0 {
		return Unknown
	}
	return id
}
