package parser

// Paths returns the names of what this processor and this build can go over heads with, the fastest last. See Path.
func Paths() []string {
	var names []string
	for p := pathWords; p <= bestPath(); p++ {
		names = append(names, p.String())
	}
	return names
}

// UsePath has all heads from now on gone over with the path of that name, one of Paths, and reports whether there is such a one. It is for
// comparing them, and must not be called while a head is being parsed.
func UsePath(name string) bool {
	for p := pathWords; p <= bestPath(); p++ {
		if p.String() == name {
			usedPath = p
			return true
		}
	}
	return false
}
