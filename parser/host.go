package parser

import (
	"bytes"

	"barewire/hdr"
)

// checkHostField applies RFC 9112 section 3.2 to a complete head: exactly one Host line in HTTP/1.1, at most one in
// HTTP/1.0, and a valid value even where the target's authority takes its place.
func (h *Head) checkHostField(b []byte, seen, repeated hdr.Bits) (off int, e Error) {
	switch {
	case seen.Has(hdr.Host) && !repeated.Has(hdr.Host): // most requests
		if h.section.pass.hostOK {
			return 0, 0
		}
	case !seen.Has(hdr.Host) && h.minor == 0:
		return 0, 0
	case !seen.Has(hdr.Host):
		return len(b) - len("\r\n"), HostMissing
	case repeated.Has(hdr.Host):
		return h.section.repeatedOff(b, hdr.Host), HostRepeated
	}
	start, end := h.section.index.Span(b, hdr.Host)
	if _, bad := checkHost(b, start, end); bad >= 0 {
		return bad, HostSyntax
	}
	return 0, 0
}

// checkHost checks that b[i:end] is uri-host [ ":" port ] (RFC 9110 section 7.2, RFC 3986 section 3.2.2), where the host is not
// empty, and the port is empty or at most 65535. The octet at b[end], if there is one, must be none that a host can have. It returns
// the offset behind the host, and that of the octet at fault, end if something is missing there, or -1 if all is well.
func checkHost(b []byte, i, end int) (hostEnd, bad int) {
	if i < end && b[i] == '[' {
		size := bytes.IndexByte(b[i:end], ']')
		if size < 0 {
			return 0, end
		}
		if literal := b[i+1 : i+size]; !isIPv6(literal) && !isIPvFuture(literal) {
			return 0, i + 1
		}
		hostEnd = i + size + 1
	} else if hostEnd = scanRegName(b, i); hostEnd == i {
		return 0, i
	}
	if hostEnd == end {
		return end, -1
	}
	if b[hostEnd] != ':' {
		return 0, hostEnd
	}
	port := 0
	for i := hostEnd + 1; i < end; i++ {
		if !is(b[i], classDigit) {
			return 0, i
		}
		if port = port*10 + int(b[i]-'0'); port > 65535 {
			return 0, i
		}
	}
	return hostEnd, -1
}

// scanRegName returns the offset behind the longest reg-name at b[i:]. An IPv4 address is one by its octets, and nothing
// depends on the difference.
func scanRegName(b []byte, i int) int {
	for {
		for i+8 <= len(b) {
			mask := regNameStops(load(b[i : i+8]))
			if mask != 0 {
				i += firstOctet(mask)
				break
			}
			i += 8
		}
		for i < len(b) && is(b[i], classRegName) {
			i++
		}
		if i+2 >= len(b) || b[i] != '%' || !is(b[i+1], classHex) || !is(b[i+2], classHex) {
			return i
		}
		i += 3
	}
}

// isIPv6 reports whether s is an IPv6address (RFC 3986 section 3.2.2): eight groups of one to four hexadecimal digits, of which one run of
// one or more may be left out at a "::", and the last two may be written as an IPv4 address.
func isIPv6(s []byte) bool {
	groups, elided := 0, false
	if bytes.HasPrefix(s, []byte("::")) {
		s, elided = s[2:], true
		if len(s) == 0 {
			return true
		}
	}
	for {
		size := 0
		for size < len(s) && size < 4 && is(s[size], classHex) {
			size++
		}
		if size < len(s) && s[size] == '.' {
			groups += 2
			return isIPv4(s) && groups <= 8 && (groups < 8) == elided
		}
		if groups++; size == 0 || groups > 8 {
			return false
		}
		if s = s[size:]; len(s) == 0 {
			return (groups < 8) == elided
		}
		if s[0] != ':' || len(s) == 1 {
			return false
		}
		if s = s[1:]; s[0] == ':' {
			if elided {
				return false
			}
			if s, elided = s[1:], true; len(s) == 0 {
				return groups < 8
			}
		}
	}
}

// isIPv4 reports whether s is an IPv4address (RFC 3986 section 3.2.2): four numbers up to 255 without leading zeros.
func isIPv4(s []byte) bool {
	for part := 1; ; part++ {
		size, v := 0, 0
		for size < len(s) && size < 3 && is(s[size], classDigit) {
			v = v*10 + int(s[size]-'0')
			size++
		}
		if size == 0 || v > 255 || size > 1 && s[0] == '0' {
			return false
		}
		if s = s[size:]; part == 4 {
			return len(s) == 0
		}
		if len(s) == 0 || s[0] != '.' {
			return false
		}
		s = s[1:]
	}
}

// isIPvFuture reports whether s is an IPvFuture (RFC 3986 section 3.2.2), such as "v7.fe80".
func isIPvFuture(s []byte) bool {
	dot := bytes.IndexByte(s, '.')
	if dot < 2 || s[0]|0x20 != 'v' || dot == len(s)-1 {
		return false
	}
	for _, c := range s[1:dot] {
		if !is(c, classHex) {
			return false
		}
	}
	for _, c := range s[dot+1:] {
		if !is(c, classRegName) && c != ':' {
			return false
		}
	}
	return true
}
