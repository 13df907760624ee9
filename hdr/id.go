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

const slotFactor = 0xa093b1cfd3a148d

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
	id, _, _ := Find(name, 0, len(name))
	return id
}

// Find is Lookup for the name b[start:end], 0 <= start <= end <= len(b). It reports also whether the name has no capital, if it is not empty, and
// whether it is a token. Both come almost free of cost for a well-known name.
func Find(b []byte, start, end int) (id ID, folded, token bool) {
	size := end - start
	var last uint64
	if end >= 8 {
		unused := int64(64 - 8*size) // bits in front of a short name
		last = binary.LittleEndian.Uint64(b[end-8:end:end]) >> (unused &^ (unused >> 63) & 63)
	} else {
		last = shortWord(b[start:end])
	}
	id = slots[slotOf(last, size)]
	k := &knowns[id&63]
	differ, capital := (last|k.fold[0])^k.want[0]|uint64(size^k.size), last^k.want[0]
	if differ == 0 && size > 8 {
		name := b[start:end]
		w := binary.LittleEndian.Uint64(name)
		differ, capital = (w|k.fold[1])^k.want[1], capital|(w^k.want[1])
		if size > 16 {
			w = binary.LittleEndian.Uint64(name[8:])
			differ, capital = differ|((w|k.fold[2])^k.want[2]), capital|(w^k.want[2])
			if size > 24 {
				w = binary.LittleEndian.Uint64(name[16:])
				differ, capital = differ|((w|k.fold[3])^k.want[3]), capital|(w^k.want[3])
			}
		}
	}
	if differ == 0 && id != Unknown {
		return id, capital == 0, true
	}
	capital, token = inspect(b[start:end], last)
	return Unknown, capital == 0, token
}

// inspect returns 0 if there is no capital in name, and whether it is a token, given its last word.
func inspect(name []byte, last uint64) (capital uint64, token bool) {
	last |= '-' * ones << (8 * len(name)) // behind a short name
	capital, doubts := capitals(last), others(last)
	for i := 0; i < len(name)-8; i += 8 {
		w := binary.LittleEndian.Uint64(name[i : i+8])
		capital |= capitals(w)
		doubts |= others(w)
	}
	return capital, doubts == 0 && len(name) > 0 || IsToken(name)
}
