package files

import "runtime"

// maxName is the size in octets of the longest name that is looked up. Systems have limits of their own, mostly this one.
const maxName = 4096

// appendName appends to dst the name that a path stands for: percent-encoded triplets are decoded once. folder says
// that it ends in a slash, or is empty: then it stands for a folder. ok is false for a path that names nothing:
//
//   - a segment that is empty or starts with a dot, which covers "." and ".." as well as files that are not meant to be seen
//   - an octet, encoded or not, that some system takes for more than a part of a name: NUL, a backslash, an encoded slash, and
//     on Windows a colon
//   - a malformed triplet, or a name beyond maxName
func appendName(dst, path []byte) (name []byte, folder, ok bool) {
	start, segment := len(dst), 0 // octets of the segment so far
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '/':
			if segment == 0 {
				return nil, false, false
			}
			if dst, segment = append(dst, c), 0; len(dst)-start > maxName {
				return nil, false, false
			}
			continue
		case c == '%':
			if i+2 >= len(path) {
				return nil, false, false
			}
			high, low := unhex(path[i+1]), unhex(path[i+2])
			if c = high<<4 | low; high|low > 15 || c == '/' {
				return nil, false, false
			}
			i += 2
		}
		if c == 0 || c == '\\' || c == '.' && segment == 0 || c == ':' && runtime.GOOS == "windows" || len(dst)-start == maxName {
			return nil, false, false
		}
		dst = append(dst, c)
		segment++
	}
	return dst, segment == 0, true
}

// unhex returns the value of a hexadecimal digit, more than 15 for anything else.
func unhex(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// lastSegment returns what follows the last slash of a path.
func lastSegment(path []byte) []byte {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}
