package parser

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"barewire/hdr"
)

// The plain parser is the one that others are measured by. It is written from the grammar, octet by octet, with
// neither words of eight octets nor states to resume from, and shares no table with the product.

const (
	plainDigits  = "0123456789"
	plainLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	plainTchar   = plainDigits + plainLetters + "!#$%&'*+-.^_`|~"
	plainTarget  = plainDigits + plainLetters + "-._~" + "!$&'()*+,;=" + ":/?[]@" // and '%' before two hexadecimal digits
)

func oneOf(c byte, set string) bool { return strings.IndexByte(set, c) >= 0 }

func plainValueOctet(c byte) bool { return c == '\t' || c >= 0x20 && c != 0x7f }

// plainHead is a request head as the plain parser found it. Offsets of semantic errors are a range, since they need
// not be equally precise.
type plainHead struct {
	n                       int
	err                     Error
	off, offEnd             int
	method, target, version string
	names, values           []string
	valueOffs               []int
}

// plainParse finds the first octet that breaks a lexical rule or a limit, or the end of the head.
func plainParse(in string, l Limits) (p plainHead) {
	l = l.effective()
	const (
		lead = iota
		leadLF
		method
		target
		hex1
		hex2
		version
		lineStart
		name
		value
		lineLF
		endLF
	)
	state, start, fields := lead, 0, 0
	var valueOff int
	for i := 0; i < len(in); i++ {
		c := in[i]
		var e Error
		next := state
		other := func(o Error) Error { // for an octet that does not belong there
			if c == '\n' {
				return BareLF
			}
			if c == '\r' && state < version {
				return RequestLine
			}
			return o
		}
		inTarget := state == target || state == hex1 || state == hex2
		switch state {
		case lead, method:
			switch {
			case state == lead && i == 0 && c == '\r':
				next = leadLF
			case oneOf(c, plainTchar):
				next = method
			case c == ' ' && i > start:
				p.method = in[start:i]
				next, start = target, i+1
			default:
				e = other(MethodOctet)
			}
		case leadLF:
			if c != '\n' {
				e = BareCR
			}
			next, start = method, 2
		case target:
			switch {
			case c == ' ' && i == start:
				e = RequestLine
			case c == ' ':
				p.target = in[start:i]
				next, start = version, i+1
			case c == '%':
				next = hex1
			case oneOf(c, "[]") && in[start] == '/', !oneOf(c, plainTarget):
				e = other(TargetOctet)
			}
		case hex1, hex2:
			next = state + 1
			if state == hex2 {
				next = target
			}
			if !oneOf(c, plainDigits+"abcdefABCDEF") {
				e = TargetPercent
			}
		case version:
			want := "HTTP/0.0\r\n"[i-start]
			switch {
			case want == '0' && oneOf(c, plainDigits), c == want && want != '\n':
			case want == '\n' && c == '\n':
				p.version = in[start : i-1]
				next = lineStart
			case want == '\n':
				e = BareCR
			default:
				e = other(VersionSyntax)
			}
		case lineStart:
			start = i
			switch {
			case c == '\r':
				next = endLF
			case oneOf(c, plainTchar):
				next = name
				if fields == l.Fields {
					e = TooManyFields
				}
			case c == ':':
				e = NameEmpty
			case oneOf(c, " \t") && fields == 0:
				e = LeadingSpace
			case oneOf(c, " \t"):
				e = ObsFold
			default:
				e = other(NameOctet)
			}
		case name:
			switch {
			case c == ':':
				p.names = append(p.names, strings.ToLower(in[start:i]))
				next, valueOff = value, i+1
			case c == '\r':
				e = ColonMissing
			case oneOf(c, " \t"):
				e = NameSpace
			case !oneOf(c, plainTchar):
				e = other(NameOctet)
			}
		case value:
			switch {
			case c == '\r':
				p.values = append(p.values, in[valueOff:i])
				p.valueOffs = append(p.valueOffs, valueOff)
				fields++
				next = lineLF
			case !plainValueOctet(c):
				e = other(ValueOctet)
			}
		case lineLF, endLF:
			next = lineStart
			if c != '\n' {
				e = BareCR
			}
		}
		inLine := (state == name || state == value) && c != '\r'
		switch {
		case e != 0:
		case state <= method && next == method && i-start >= MethodSize && i >= start:
			e = MethodTooLong
		case inTarget && next != version && i-start >= l.Target:
			e = TargetTooLong
		case inLine && i-start >= FieldLineSize:
			e = FieldLineTooLarge
		case i >= l.Head:
			e = HeadTooLarge
		}
		if e != 0 {
			p.err, p.off, p.offEnd = e, i, i
			return p
		}
		if state == endLF {
			p.n = i + 1
			return p
		}
		state = next
	}
	return p
}

const (
	reHex     = `[0-9A-Fa-f]`
	reRegName = `(?:[-._~A-Za-z0-9!$&'()*+,;=]|%` + reHex + reHex + `)`
)

var (
	reHost     = regexp.MustCompile(`\A(?:(` + reRegName + `+)|\[([0-9A-Fa-f:.]+)\]|\[[vV]` + reHex + `+\.[-._~A-Za-z0-9!$&'()*+,;=:]+\])(?::([0-9]*))?\z`)
	reAbsolute = regexp.MustCompile(`\A([^:]+)://([^/?]*)([^?]*)(?:\?(.*))?\z`)
)

// plainHost checks a host with optional port.
func plainHost(s string) (port string, ok bool) {
	m := reHost.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	if m[2] != "" {
		if a, err := netip.ParseAddr(m[2]); err != nil || !a.Is6() {
			return "", false
		}
	}
	port = m[3]
	if v, err := strconv.ParseUint(strings.TrimLeft(port, "0"), 10, 64); port != "" && strings.Trim(port, "0") != "" && (err != nil || v > 65535) {
		return "", false
	}
	return port, true
}

// list splits the values of all lines with the name at commas outside quotes.
func (p *plainHead) list(name string) (elements []string) {
	for i, n := range p.names {
		if n != name {
			continue
		}
		element, quoted := "", false
		for j := 0; j < len(p.values[i]); j++ {
			c := p.values[i][j]
			if c == '"' {
				quoted = !quoted
			}
			if c == ',' && !quoted {
				elements = append(elements, strings.Trim(element, " \t"))
				element = ""
				continue
			}
			if element += string([]byte{c}); c == '\\' && quoted && j+1 < len(p.values[i]) {
				j++
				element += p.values[i][j : j+1]
			}
		}
		elements = append(elements, strings.Trim(element, " \t"))
	}
	return elements
}

func (p *plainHead) count(name string) (n int) {
	for _, got := range p.names {
		if got == name {
			n++
		}
	}
	return n
}

// refuse sets a semantic error found in the nth line with the name.
func (p *plainHead) refuse(e Error, name string, nth int) {
	p.err, p.n = e, 0
	for i, got := range p.names {
		if got == name {
			if nth == 0 {
				p.off, p.offEnd = p.valueOffs[i], p.valueOffs[i]+len(p.values[i])
				return
			}
			nth--
		}
	}
}

// plainCheck applies the semantic rules to a complete head and returns the rest of what Head knows.
func plainCheck(p *plainHead, in string) string {
	start := len(in) - len(strings.TrimPrefix(in, "\r\n"))
	versionOff := start + strings.Index(in[start:], "\r\n") - len("1.1") // a target may look like a version
	targetOff := versionOff - len(" HTTP/") - len(p.target)
	if p.version[5] != '1' {
		p.err, p.off, p.offEnd, p.n = VersionUnsupported, versionOff, versionOff, 0
		return ""
	}
	minor := 1
	if p.version[7] == '0' {
		minor = 0
	}
	form, path, query, host, e := plainForm(p.method, p.target)
	if e != 0 {
		p.err, p.off, p.offEnd, p.n = e, targetOff, targetOff+len(p.target), 0
		return ""
	}
	switch n := p.count("host"); {
	case n == 0 && minor == 1:
		p.err, p.off, p.offEnd, p.n = HostMissing, p.n-2, p.n-2, 0
		return ""
	case n > 1:
		p.refuse(HostRepeated, "host", 1)
		return ""
	case n == 1:
		value := strings.Trim(p.values[slices.Index(p.names, "host")], " \t")
		if _, ok := plainHost(value); !ok {
			p.refuse(HostSyntax, "host", 0)
			return ""
		}
		if host == "" {
			host = value
		}
	}
	framing, size := plainFraming(p, minor)
	if p.err != 0 {
		return ""
	}
	expect := false
	for _, x := range p.list("expect") {
		if minor == 1 && strings.EqualFold(x, "100-continue") {
			expect = true
		} else if minor == 1 && x != "" {
			p.refuse(ExpectationUnknown, "expect", 0)
			p.offEnd = len(in)
			return ""
		}
	}
	persistent := minor == 1
	closes := false
	for i, n := range p.names {
		if n == "connection" {
			for _, o := range strings.Split(p.values[i], ",") {
				o = strings.Trim(o, " \t")
				persistent = persistent || strings.EqualFold(o, "keep-alive") && isASCII(o)
				closes = closes || strings.EqualFold(o, "close") && isASCII(o)
			}
		}
	}
	id := slices.Index(methodNames[:], p.method)
	return fmt.Sprintf("%q %d %q %v %q %s %q 1.%d %d %d %v %v", p.method, max(id, 0), p.target, form, path, query, host, minor, framing, size, persistent && !closes, expect)
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 0x7f }) < 0 }

func plainForm(method, target string) (form Form, path, query, authority string, e Error) {
	path, query, _ = strings.Cut(target, "?")
	quoted := "nil"
	if len(path) < len(target) {
		quoted = strconv.Quote(query)
	}
	switch {
	case method == "CONNECT":
		port, ok := plainHost(target)
		if !ok || strings.Trim(port, "0") == "" {
			return 0, "", "", "", AuthorityTarget
		}
		return AuthorityForm, target, "nil", target, 0
	case target[0] == '/':
		return OriginForm, path, quoted, "", 0
	case target == "*" && method == "OPTIONS":
		return AsteriskForm, "*", "nil", "", 0
	case target == "*":
		return 0, "", "", "", AsteriskTarget
	}
	m := reAbsolute.FindStringSubmatch(target)
	if m == nil {
		return 0, "", "", "", TargetForm
	}
	if s := strings.ToLower(m[1]); s != "http" && s != "https" {
		return 0, "", "", "", TargetScheme
	}
	if _, ok := plainHost(m[2]); !ok {
		return 0, "", "", "", TargetAuthority
	}
	if strings.ContainsAny(m[3]+m[4], "[]") {
		return 0, "", "", "", TargetForm
	}
	switch path = m[3]; {
	case path == "" && quoted == "nil" && method == "OPTIONS":
		return AsteriskForm, "*", "nil", m[2], 0
	case path == "":
		path = "/"
	}
	return AbsoluteForm, path, quoted, m[2], 0
}

func plainFraming(p *plainHead, minor int) (Framing, int64) {
	codings := p.list("transfer-encoding")
	switch {
	case p.count("transfer-encoding") > 0 && minor == 0:
		p.refuse(TransferEncodingVersion, "transfer-encoding", 0)
	case p.count("transfer-encoding") > 0 && p.count("content-length") > 0:
		p.refuse(TransferEncodingLength, "content-length", 0)
	case p.count("transfer-encoding") > 0:
		if e := plainCodings(codings); e != 0 {
			p.refuse(e, "transfer-encoding", 0)
			p.offEnd = 1 << 16
			return 0, 0
		}
		return FramingChunked, -1
	case p.count("content-length") > 1:
		p.refuse(ContentLengthRepeated, "content-length", 1)
	case p.count("content-length") == 1:
		value := strings.Trim(p.values[slices.Index(p.names, "content-length")], " \t")
		if value == "" || strings.Trim(value, plainDigits) != "" {
			p.refuse(ContentLengthSyntax, "content-length", 0)
			return 0, 0
		}
		size, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			p.refuse(ContentLengthTooLarge, "content-length", 0)
		}
		return FramingLength, size
	}
	return FramingNone, 0
}

func plainCodings(codings []string) Error {
	unknown := false
	for i, c := range codings {
		name, _, parameters := strings.Cut(c, ";")
		name = strings.Trim(name, " \t")
		chunked := strings.EqualFold(name, "chunked") && isASCII(name)
		switch {
		case c == "":
			return TransferEncodingEmpty
		case i > 0 && strings.EqualFold(codings[i-1], "chunked") && isASCII(codings[i-1]), chunked && parameters:
			return TransferEncodingChunked
		case !hdr.IsToken(name):
			return TransferEncodingSyntax
		case !chunked:
			unknown = true
		}
	}
	switch {
	case !strings.EqualFold(codings[len(codings)-1], "chunked"):
		return TransferEncodingChunked
	case unknown:
		return TransferCodingUnknown
	}
	return 0
}

// sameAsPlain requires that the plain parser finds in in what got has.
func sameAsPlain(t require.TestingT, l Limits, in string, got outcome) {
	p := plainParse(in, l)
	var want outcome
	if p.n > 0 {
		want.more = plainCheck(&p, in)
	}
	want.n, want.err = p.n, p.err
	require.Equal(t, want.err.Rule(), got.err.Rule(), "rule, %q", in)
	if want.err != 0 {
		require.True(t, p.off <= got.off && got.off <= p.offEnd, "offset %d, not %d to %d, %q", got.off, p.off, p.offEnd, in)
		return
	}
	if p.n > 0 {
		for i := range p.names {
			want.fields += fmt.Sprintf("%q: %q\n", p.names[i], strings.Trim(p.values[i], " \t"))
		}
	}
	require.Equal(t, want, got)
}

// plainResponse is plainParse for a response head: its status line, and then the field section as that of a request.
func plainResponse(in string, l Limits) (p plainHead, status int, reason string) {
	l = l.effective()
	const form = "HTTP/0.0 000 "
	for i := 0; i < len(in); i++ {
		c := in[i]
		var e Error
		switch {
		case i == 9:
			if !oneOf(c, "12345") {
				e = StatusCode
			}
		case i < len(form):
			if c != form[i] && (form[i] != '0' || !oneOf(c, plainDigits)) {
				if e = VersionSyntax; i >= 9 {
					e = StatusCode
				}
			}
		case in[i-1] == '\r':
			if c != '\n' {
				e = BareCR
			}
		case c != '\r' && !plainValueOctet(c):
			e = ReasonOctet
		}
		if c == '\n' && e != 0 && e != BareCR {
			e = BareLF
		}
		if e == 0 && i >= l.Head {
			e = HeadTooLarge
		}
		if e != 0 {
			p.err, p.off, p.offEnd = e, i, i
			return p, 0, ""
		}
		if c != '\n' {
			continue
		}
		const get = "GET / HTTP/1.1\r\n"
		shift := i + 1 - len(get)
		p = plainParse(get+in[i+1:], Limits{Head: l.Head - shift, Fields: l.Fields})
		for j := range p.valueOffs {
			p.valueOffs[j] += shift
		}
		if p.off, p.offEnd = p.off+shift, p.offEnd+shift; p.n > 0 {
			p.n += shift
		}
		p.version = in[:8]
		status, _ = strconv.Atoi(in[9:12])
		return p, status, in[len(form) : i-1]
	}
	return p, 0, ""
}

// responseSameAsPlain requires that the plain parser finds in in what got has.
func responseSameAsPlain(t require.TestingT, l Limits, request Method, in string, got outcome) {
	p, status, reason := plainResponse(in, l)
	want := outcome{n: p.n, err: p.err}
	minor := 1
	if p.n > 0 && p.version[7] == '0' {
		minor = 0
	}
	tunnel := request == MethodConnect && status/100 == 2
	var framing Framing
	var size int64
	if p.n > 0 && p.version[5] != '1' {
		p.err, p.off, p.offEnd = VersionUnsupported, 5, 5
	} else if p.n > 0 && !tunnel {
		framing, size = plainFraming(&p, minor)
	}
	switch {
	case request == MethodHead || status < 200 || status == 204 || status == 304 || tunnel:
		framing, size = FramingNone, 0
	case framing == FramingNone:
		framing, size = FramingClose, -1
	}
	want.err = p.err
	require.Equal(t, want.err.Rule(), got.err.Rule(), "rule, %q", in)
	if want.err != 0 {
		require.True(t, p.off <= got.off && got.off <= p.offEnd, "offset %d, not %d to %d, %q", got.off, p.off, p.offEnd, in)
		return
	}
	if p.n > 0 {
		persistent, closes := minor == 1, tunnel || status == 101 || framing == FramingClose
		for i := range p.names {
			want.fields += fmt.Sprintf("%q: %q\n", p.names[i], strings.Trim(p.values[i], " \t"))
			for _, o := range strings.Split(p.values[i], ",") {
				o = strings.Trim(o, " \t")
				persistent = persistent || p.names[i] == "connection" && strings.EqualFold(o, "keep-alive") && isASCII(o)
				closes = closes || p.names[i] == "connection" && strings.EqualFold(o, "close") && isASCII(o)
			}
		}
		want.more = fmt.Sprintf("1.%d %d %q %d %d %v", minor, status, reason, framing, size, persistent && !closes)
	}
	require.Equal(t, want, got)
}
