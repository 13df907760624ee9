//go:build !amd64 || purego

package parser

func bestPath() path { return pathWords }

// run is the pass over b that s.pass describes.
func (s *fieldSection) run(b []byte) {
	lines, first := s.index.Raw()
	s.pass.words(b, lines, first)
}

func (p *pass) fold([]byte) bool { return false }
