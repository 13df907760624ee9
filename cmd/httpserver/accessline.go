package main

import (
	"strconv"
	"time"

	"barewire/cmd/internal/cli"
)

// bound returns a size in octets that no line for the entry exceeds: an octet takes six at the most, "\u00ff".
func (e *entry) bound() int { return 256 + 6*(len(e.method)+len(e.target)) }

// append appends a line in one of the formats.
func (e *entry) append(dst []byte, form format, now time.Time) []byte {
	switch form {
	case formatCLF:
		dst = e.appendCLF(dst, now)
	case formatJSON:
		dst = e.appendJSON(dst, now)
	default:
		dst = e.appendText(dst, now)
	}
	return append(dst, '\n')
}

// appendText appends a line to be read:
//
//	15:04:05 127.0.0.1 GET /video HTTP/1.1: 200, 191009 octets
//	15:04:05 127.0.0.1 refused (bare-lf): 400
func (e *entry) appendText(dst []byte, now time.Time) []byte {
	dst = append(now.AppendFormat(dst, time.TimeOnly), ' ')
	dst = append(e.appendRemote(dst), ' ')
	if e.rule != "" {
		dst = append(append(append(dst, "refused ("...), e.rule...), "): "...)
		return strconv.AppendInt(dst, int64(e.status), 10)
	}
	dst = append(e.appendRequestLine(dst), ": "...)
	if e.unsent {
		return append(dst, "no answer, broken off"...)
	}
	dst = strconv.AppendInt(dst, int64(e.status), 10)
	dst = append(strconv.AppendInt(append(dst, ", "...), e.size, 10), " octets"...)
	if e.aborted {
		dst = append(dst, ", broken off"...)
	}
	return dst
}

// appendCLF appends a line in the common log format, in which "-" stands for what is not known, for no octets, and for the status
// of an answer of which nothing was sent; there is no word for one that was broken off later:
//
//	127.0.0.1 - - [22/Nov/2026:15:04:05 +0000] "GET /video HTTP/1.1" 200 191009
//	127.0.0.1 - - [22/Nov/2026:15:04:05 +0000] "-" 400 -
func (e *entry) appendCLF(dst []byte, now time.Time) []byte {
	dst = append(e.appendRemote(dst), " - - ["...)
	dst = append(now.AppendFormat(dst, "02/Jan/2006:15:04:05 -0700"), `] "`...)
	if e.rule != "" {
		dst = append(dst, '-')
	} else {
		dst = e.appendRequestLine(dst)
	}
	dst = append(dst, `" `...)
	if e.unsent {
		return append(dst, "- -"...)
	}
	dst = strconv.AppendInt(dst, int64(e.status), 10)
	if e.size == 0 {
		return append(dst, " -"...)
	}
	return strconv.AppendInt(append(dst, ' '), e.size, 10)
}

// appendJSON appends an object:
//
//	{"time":"2026-11-22T15:04:05.678Z","remote":"127.0.0.1","method":"GET","target":"/video","version":"1.1","status":200,"bytes":191009}
//	{"time":"2026-11-22T15:04:05.678Z","remote":"127.0.0.1","refused":"bare-lf","status":400}
func (e *entry) appendJSON(dst []byte, now time.Time) []byte {
	dst = append(dst, `{"time":"`...)
	dst = now.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	dst = append(dst, `","remote":"`...)
	dst = e.appendRemote(dst)
	if e.rule != "" {
		dst = append(append(dst, `","refused":"`...), e.rule...)
		dst = strconv.AppendInt(append(dst, `","status":`...), int64(e.status), 10)
		return append(dst, '}')
	}
	dst = appendJSONString(append(dst, `","method":`...), e.method)
	dst = appendJSONString(append(dst, `,"target":`...), e.target)
	dst = strconv.AppendInt(append(dst, `,"version":"1.`...), int64(e.minor), 10)
	if e.unsent {
		return append(dst, `","status":0,"bytes":0,"aborted":true}`...)
	}
	dst = strconv.AppendInt(append(dst, `","status":`...), int64(e.status), 10)
	dst = strconv.AppendInt(append(dst, `,"bytes":`...), e.size, 10)
	if e.aborted {
		dst = append(dst, `,"aborted":true`...)
	}
	return append(dst, '}')
}

func (e *entry) appendRemote(dst []byte) []byte {
	if !e.remote.IsValid() {
		return append(dst, '-')
	}
	return e.remote.AppendTo(dst)
}

// appendRequestLine appends the request line, safe on a terminal and between quotes: \" and \\ stand for quote and backslash, \x1b
// for an octet that is not printable ASCII.
func (e *entry) appendRequestLine(dst []byte) []byte {
	dst = append(appendQuotable(dst, e.method), ' ')
	dst = append(appendQuotable(dst, e.target), " HTTP/1."...)
	return strconv.AppendInt(dst, int64(e.minor), 10)
}

func appendQuotable(dst, b []byte) []byte {
	for i, c := range b {
		if c == '"' {
			dst = append(dst, '\\', '"')
		} else {
			dst = cli.AppendEscaped(dst, b[i:i+1], "")
		}
	}
	return dst
}

// appendJSONString appends octets as a JSON string (RFC 8259 section 7) of one character for each octet, those above ASCII as U+0080 to
// U+00FF: a request-target is octets, which need not be UTF-8.
func appendJSONString(dst, b []byte) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ' && c <= '~':
			dst = append(dst, c)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(dst, '"')
}
