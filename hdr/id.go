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

// A known name is compared as words of eight octets: the last one, which covers a short name alone, and those from its start on. fold has
// 0x20 where the name has a letter: or-ing it in folds 'A' and 'a' alike, and nothing else onto a letter, while '-' and
// digits stay what they are (a blanket 0x20 would turn CR into '-').
type known struct {
	size       int
	fold, want [4]uint64 // the last word comes first
}

const (
	maxKnownSize = 32
	slotFactor   = 0xa093b1cfd3a148d
)

var (
	knowns [IDCount]known
	slots  [256]ID
)

// slotOf hashes the last word of a name and its size. The factor was found by trial: it puts every known name into
// a slot of its own, which init checks.
func slotOf(last uint64, size int) uint8 {
	return uint8((last | 0x20*ones + uint64(size)) * slotFactor >> 56)
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
		slot := slotOf(k.want[0], k.size)
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
	w[0] = binary.LittleEndian.Uint64(b[n-8:])
	for i := 0; i*8+8 < n; i++ {
		w[i+1] = binary.LittleEndian.Uint64(b[i*8:])
	}
	return w
}

// shortWord is a name of up to 7 octets as a word.
func shortWord(b []byte) (w uint64) {
	for i, c := range b {
		w |= uint64(c) << (8 * i)
	}
	return w
}

// Lookup returns the ID of a field name in any case, Unknown if it is not a well-known one.
func Lookup(name []byte) ID {
	if len(name) < 8 {
		return find(name, shortWord(name))
	}
	return find(name, binary.LittleEndian.Uint64(name[len(name)-8:]))
}

// find is Lookup for a name with its last word.
func find(name []byte, last uint64) ID {
	n := len(name)
	id := slots[slotOf(last, n)]
	k := &knowns[id&63]
	if k.size != n || last|k.fold[0] != k.want[0] {
		return Unknown
	}
	if n > 8 && !k.starts(name) {
		return Unknown
	}
	return id
}

// starts compares the words of name but the last. name has the size of k, which is above 8.
func (k *known) starts(name []byte) bool {
	diff := (binary.LittleEndian.Uint64(name) | k.fold[1]) ^ k.want[1]
	if len(name) > 16 {
		diff |= (binary.LittleEndian.Uint64(name[8:]) | k.fold[2]) ^ k.want[2]
		if len(name) > 24 {
			diff |= (binary.LittleEndian.Uint64(name[16:]) | k.fold[3]) ^ k.want[3]
		}
	}
	return diff == 0
}
