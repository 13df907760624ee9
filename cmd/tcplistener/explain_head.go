package main

import (
	"bytes"

	"barewire/hdr"
	"barewire/parser"
)

// cursor cuts a head, or a trailer section, into the parts of its grammar. b is what is left of it.
type cursor struct {
	t *table
	b []byte
}

// take gives the next n octets to a part. The remark is left out if b ends with them, where they may be incomplete.
func (c *cursor) take(n int, p part, remark string) {
	if n == len(c.b) {
		remark = ""
	}
	c.t.whole(c.b[:n], p, remark)
	c.b = c.b[n:]
}

// takeLineEnd takes a CRLF, or its CR if there is no more.
func (c *cursor) takeLineEnd(p part, remark string) {
	n := min(len(c.b), 2)
	if n < 2 {
		remark = ""
	}
	c.t.whole(c.b[:n], p, remark)
	c.b = c.b[n:]
}

// head takes a head as received: all of it, or what comes before the octet for which it is refused.
func (t *table) head(b []byte) {
	if !t.on {
		return
	}
	c := cursor{t, b}
	if len(b) > 0 && b[0] == '\r' {
		c.takeLineEnd(partLead, "an empty line before the request line is ignored")
	}
	method := c.b[:until(c.b, ' ')]
	c.take(len(method), partMethod, methodRemark(parser.MethodOf(method)))
	c.takeSP()
	c.target(method)
	c.takeSP()
	version := c.b[:until(c.b, '\r')]
	c.take(len(version), partVersion, versionRemark(version))
	c.takeLineEnd(partCRLF, "the end of the request line")
	c.fieldSection(partCRLF, partCRLF, "the end of the head")
}

func (c *cursor) takeSP() { c.take(min(len(c.b), 1), partSP, "") }

// target takes the request-target, in one of its four forms.
func (c *cursor) target(method []byte) {
	rest := c.b
	c.b = rest[:until(rest, ' ')]
	size := len(c.b)
	// Outside of take, since a target that is complete ends here.
	switch {
	case size == 0:
	case string(method) == "CONNECT":
		c.authority(partTarget.name + " in authority-form")
		c.t.whole(c.b, partTarget, "") // not an authority, and refused for something else first
	case c.b[0] == '/':
		c.path(partTarget.name + " in origin-form")
	case string(c.b) == "*":
		c.t.whole(c.b, partAsterisk, partTarget.name+" in asterisk-form: the server as a whole")
	default:
		scheme := bytes.Index(c.b, []byte("://"))
		if scheme < 0 {
			c.t.whole(c.b, partTarget, "")
			break
		}
		c.t.whole(c.b[:scheme], partScheme, partTarget.name+" in absolute-form")
		c.t.whole(c.b[scheme:scheme+3], partSlashes, "")
		c.b = c.b[scheme+3:]
		c.authority("takes the place of the Host field")
		c.path("")
	}
	c.b = rest[size:]
}

// authority takes uri-host [ ":" port ].
func (c *cursor) authority(remark string) {
	end := until(c.b, '/', '?')
	host := 0
	if end > 0 && c.b[0] == '[' {
		host = until(c.b[:end], ']')
	}
	host += until(c.b[host:end], ':')
	c.t.whole(c.b[:host], partHost, remark)
	c.t.whole(c.b[host:min(host+1, end)], partPortColon, "")
	c.t.whole(c.b[min(host+1, end):end], partPort, "")
	c.b = c.b[end:]
}

// path takes absolute-path [ "?" query ].
func (c *cursor) path(remark string) {
	n := until(c.b, '?')
	c.t.whole(c.b[:n], partPath, remark)
	if n == len(c.b) {
		return
	}
	c.t.whole(c.b[n:n+1], partMark, "")
	c.t.whole(c.b[n+1:], partQuery, "")
}

// fieldSection takes field lines and the empty line behind them. lineEnd and sectionEnd are what the CRLFs belong to.
func (c *cursor) fieldSection(lineEnd, sectionEnd part, remark string) {
	for len(c.b) > 0 {
		if c.b[0] == '\r' {
			c.takeLineEnd(sectionEnd, remark)
			return
		}
		name := c.b[:until(c.b, ':')]
		c.take(len(name), partName, nameRemark(name))
		c.take(min(len(c.b), 1), partColon, "")
		c.takeOWS()
		line := c.b[:until(c.b, '\r')]
		value := bytes.TrimRight(line, " \t")
		about := ""
		if bytes.ContainsFunc(value, func(r rune) bool { return r > '~' }) {
			about = "has obs-text, octets above 0x7f"
		}
		c.take(len(value), partValue, about)
		c.takeOWS()
		c.takeLineEnd(lineEnd, "")
	}
}

func (c *cursor) takeOWS() {
	c.take(len(c.b)-len(bytes.TrimLeft(c.b, " \t")), partOWS, "not part of the value")
}

// methodRemark says what RFC 9110 section 9.2 says of a method.
func methodRemark(m parser.Method) string {
	switch m {
	case 0:
		return "not a registered method"
	case parser.MethodGet, parser.MethodHead, parser.MethodOptions, parser.MethodTrace:
		return "safe and idempotent"
	case parser.MethodPut, parser.MethodDelete:
		return "idempotent, not safe"
	case parser.MethodPost, parser.MethodPatch:
		return "neither safe nor idempotent"
	}
	return ""
}

func versionRemark(version []byte) string {
	switch string(version) {
	case "HTTP/1.0":
		return "closes after the answer unless asked not to"
	case "HTTP/1.1":
		return "persists after the answer unless asked not to"
	}
	return "served as HTTP/1.1"
}

// nameRemark says what a field does to the message, or to the connection.
func nameRemark(name []byte) string {
	switch hdr.Lookup(name) {
	case hdr.Host:
		return "once in every HTTP/1.1 request"
	case hdr.ContentLength:
		return "the size of the content"
	case hdr.TransferEncoding:
		return "the content comes in chunks"
	case hdr.Connection:
		return "for this connection only"
	case hdr.Expect:
		return "waits for 100 before the content"
	}
	return ""
}
