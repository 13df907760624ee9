package route

import (
	"bytes"

	"barewire/parser"
)

// anyMethod stands for every method but CONNECT. It is not one of the registry's.
const anyMethod parser.Method = 0

// methods is a set of methods; the bit of anyMethod stands for all of them.
type methods uint64

func bit(m parser.Method) methods { return 1 << (m & 63) }

// leaf holds the entries of one pattern.
type leaf struct {
	offered methods
	entries []methodEntry
}

type methodEntry struct {
	method parser.Method
	entry  *Entry
}

// put adds an entry, and reports false if there is one for the method.
func (l *leaf) put(method parser.Method, e *Entry) bool {
	if l.offered&bit(method) != 0 {
		return false
	}
	l.offered |= bit(method)
	l.entries = append(l.entries, methodEntry{method, e})
	return true
}

// get returns the entry for a method, nil if it is not offered.
func (l *leaf) get(method parser.Method) *Entry {
	switch {
	case l.offered&bit(method) != 0:
	case method == parser.MethodHead && l.offered&bit(parser.MethodGet) != 0:
		method = parser.MethodGet
	case l.offered&bit(anyMethod) != 0 && method != parser.MethodConnect:
		method = anyMethod
	default:
		return nil
	}
	for i := range l.entries {
		if l.entries[i].method == method {
			return l.entries[i].entry
		}
	}
	return nil
}

// node is what follows the same first segments of one or more patterns.
//
//	/users/{id}/posts    root -"users"-> node -{}-> node -"posts"-> node: end
//	/users/{id}/*                                   node: rest
//	/                    root -""-> node: end
type node struct {
	literals map[string]*node
	name     *node // after one segment of any octets
	end      *leaf // the pattern that ends here
	rest     *leaf // the pattern whose wildcard is here
}

// plant returns the leaf of a pattern, which it makes if need be.
func (n *node) plant(segments []segment) *leaf {
	for _, s := range segments {
		switch s.kind {
		case wildcard:
			return made(&n.rest)
		case named:
			n = made(&n.name)
		case literal:
			next := n.literals[s.text]
			if next == nil {
				if n.literals == nil {
					n.literals = map[string]*node{}
				}
				n.literals[s.text] = made(&next)
			}
			n = next
		}
	}
	return made(&n.end)
}

// made returns *p, set to a new zero value if it was nil.
func made[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}

// span is a part of the path.
type span struct{ from, to int }

// walk looks for the entry of a request in the tree.
type walk struct {
	path    []byte
	method  parser.Method
	offered methods // by the leaves that match the path and do not have the method
	spans   [maxCaptures]span
}

// find returns the most specific entry among the patterns below n for the path from off on, where a segment begins; nil if none has
// the method. count spans have been set. Each path leads to a node in one way only, so that no node is visited twice and the depth
// is that of the tree.
func (w *walk) find(n *node, off, count int) *Entry {
	size := bytes.IndexByte(w.path[off:], '/')
	if size < 0 {
		size = len(w.path) - off
	}
	segment := w.path[off : off+size]
	if next := n.literals[string(segment)]; next != nil {
		if e := w.step(next, off+size, count); e != nil {
			return e
		}
	}
	if n.name != nil && size > 0 {
		w.spans[count] = span{off, off + size}
		if e := w.step(n.name, off+size, count+1); e != nil {
			return e
		}
	}
	if n.rest != nil {
		w.spans[count] = span{off, len(w.path)}
		return w.take(n.rest)
	}
	return nil
}

// step goes on behind a segment that ends at off.
func (w *walk) step(n *node, off, count int) *Entry {
	if off < len(w.path) {
		return w.find(n, off+1, count)
	}
	if n.end != nil {
		return w.take(n.end)
	}
	return nil
}

func (w *walk) take(l *leaf) *Entry {
	w.offered |= l.offered
	return l.get(w.method)
}
