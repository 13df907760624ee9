package files

import (
	"barewire/hdr"
)

// precondition evaluates the conditions of a GET or HEAD in the order of RFC 9110 section 13.2.2, but for If-Range. It returns 0 when the
// request goes on, or the status that answers it: 304 or 412.
func precondition(fields hdr.View, v *version, now int64) (status int) {
	switch {
	case fields.Has(hdr.IfMatch):
		if !lists(fields, hdr.IfMatch, v.etag, strong) {
			return 412
		}
	case fields.Has(hdr.IfUnmodifiedSince):
		if t, ok := dateOf(fields, hdr.IfUnmodifiedSince); ok && !v.unmodifiedSince(t, now) {
			return 412
		}
	}
	switch {
	case fields.Has(hdr.IfNoneMatch):
		if lists(fields, hdr.IfNoneMatch, v.etag, weak) {
			return 304
		}
	case fields.Has(hdr.IfModifiedSince):
		if t, ok := dateOf(fields, hdr.IfModifiedSince); ok && !v.modifiedSince(t, now) {
			return 304
		}
	}
	return 0
}

// ifRange reports whether a Range counts, as far as If-Range is concerned (RFC 9110 section 13.1.5): without the field it does, else
// only if the validator in it is the current one, and strong.
func ifRange(fields hdr.View, v *version, now int64) bool {
	value := fields.ByID(hdr.IfRange)
	switch {
	case !fields.Has(hdr.IfRange):
		return true
	case fields.Repeated(hdr.IfRange):
		return false
	case len(value) > 0 && value[0] == '"':
		return string(value) == v.etag
	}
	t, ok := parseDate(value)
	return ok && t == v.unix && v.dated(now) && v.natural()
}

// comparison is one of the two ways to compare entity-tags (RFC 9110 section 8.8.3.2).
type comparison bool

const (
	weak   comparison = false
	strong comparison = true
)

// lists reports whether the lines of a field, which are "*" or lists of entity-tags, match an entity-tag, which is a strong
// one.
func lists(fields hdr.View, id hdr.ID, etag string, how comparison) bool {
	if !fields.Repeated(id) {
		value := fields.ByID(id)
		return string(value) == "*" || listsTag(value, etag, how)
	}
	name := id.String()
	for i := range fields.Len() {
		if n, value := fields.At(i); string(n) == name && listsTag(value, etag, how) {
			return true
		}
	}
	return false
}

// listsTag looks for an entity-tag in a list of them. An octet that does not belong there ends the list. No octet in
// an entity-tag is escaped, a backslash is one like any other, and a comma may be in it.
func listsTag(list []byte, etag string, how comparison) bool {
	for {
		for len(list) > 0 && (list[0] == ' ' || list[0] == '\t' || list[0] == ',') {
			list = list[1:]
		}
		isWeak := len(list) > 2 && list[0] == 'W' && list[1] == '/'
		if isWeak {
			list = list[2:]
		}
		n := tagSize(list)
		if n == 0 {
			return false
		}
		if string(list[:n]) == etag && !(isWeak && how == strong) {
			return true
		}
		list = hdr.TrimOWS(list[n:])
		if len(list) > 0 && list[0] != ',' {
			return false
		}
	}
}

// tagSize returns the size of the opaque-tag that b starts with, quotes included; 0 if there is none.
func tagSize(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c <= ' ' || c == 0x7f:
			return 0
		}
	}
	return 0
}

// dateOf returns the date of a field that has one. Anything else counts as if the field were not there (RFC 9110 sections 13.1.3
// and 13.1.4).
func dateOf(fields hdr.View, id hdr.ID) (unix int64, ok bool) {
	if fields.Repeated(id) {
		return 0, false
	}
	return parseDate(fields.ByID(id))
}
