package writer

import "barewire/hdr"

// bitsOf returns the set of ids.
func bitsOf(ids ...hdr.ID) (s hdr.Bits) {
	for _, id := range ids {
		s |= id.Bit()
	}
	return s
}

var (
	// ownFields are the fields that the writer alone derives: from Size, Close and Trailer.
	ownFields = bitsOf(hdr.ContentLength, hdr.TransferEncoding, hdr.Connection, hdr.KeepAlive, hdr.ProxyConnection, hdr.Trailer)

	// interimForbidden adds Upgrade, which needs a Connection field beside it (RFC 9110 section 7.8).
	interimForbidden = ownFields | hdr.Upgrade.Bit()

	forbiddenTrailers = ownFields | bitsOf(
		// connection and routing
		hdr.TE, hdr.Upgrade, hdr.Host, hdr.MaxForwards, hdr.Forwarded, hdr.Via, hdr.XForwardedFor, hdr.XForwardedHost,
		hdr.XForwardedProto, hdr.XRealIP,
		// request modifiers
		hdr.Expect, hdr.Range, hdr.IfMatch, hdr.IfModifiedSince, hdr.IfNoneMatch, hdr.IfRange, hdr.IfUnmodifiedSince,
		// authentication and state
		hdr.Authorization, hdr.ProxyAuthenticate, hdr.ProxyAuthorization, hdr.WWWAuthenticate, hdr.Cookie, hdr.SetCookie,
		hdr.StrictTransportSecurity,
		// response control data
		hdr.Age, hdr.CacheControl, hdr.Date, hdr.Expires, hdr.Location, hdr.RetryAfter, hdr.Vary,
		// how to process the content
		hdr.ContentDisposition, hdr.ContentEncoding, hdr.ContentRange, hdr.ContentType,
	)
)

// ForbiddenTrailer reports whether the field must not be in a trailer section, because a recipient needs it before the content
// (RFC 9110 section 6.5.1): framing, routing, request modifiers, authentication, response control data, and what says
// how to process the content.
func ForbiddenTrailer(id hdr.ID) bool { return forbiddenTrailers.Has(id) }

// CheckTrailer returns ErrField if the name is not a field name, or one that [ForbiddenTrailer] excludes. A name that
// is not well-known is allowed: whoever uses it knows whether its definition permits trailers.
func CheckTrailer(name string) error {
	if !hdr.IsToken(name) || ForbiddenTrailer(hdr.Lookup([]byte(name))) {
		return ErrField
	}
	return nil
}

// validAnnouncement reports whether the value of a Trailer field lists only names that may come as trailers.
func validAnnouncement(list []byte) bool {
	for last := false; !last; {
		var name []byte
		name, list, last = hdr.NextElement(list)
		if !hdr.IsToken(name) || ForbiddenTrailer(hdr.Lookup(name)) {
			return false
		}
	}
	return true
}

// connections has the Connection field lines: what is said about persistence, and with an Upgrade field, that it is meant for
// the next recipient only (RFC 9110 section 7.8).
var connections = [...]string{
	"", // persistent is what HTTP/1.1 is by itself
	"Connection: close\r\n",
	"Connection: keep-alive\r\n",
	"Connection: upgrade\r\n",
	"Connection: close, upgrade\r\n",
	"Connection: keep-alive, upgrade\r\n",
}
