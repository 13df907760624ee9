//go:build !(linux || darwin || freebsd)

package proxy

// peeks says that readable does not know, and ask does not ask.
const peeks = false

// access is what is done with a connection's descriptor without waiting: nothing here.
type access struct{}

func (a *access) make() {}

// readable reports whether a read is known not to have to wait.
func (l *link) readable() bool { return false }

// push writes what the socket takes at once, and returns the rest.
func (l *link) push(out []byte) (rest []byte, err error) { return out, nil }

// ask leaves all to be done.
func (l *link) ask(out, in []byte) (rest []byte, got arrival, stale bool) {
	return out, arrival{}, false
}
