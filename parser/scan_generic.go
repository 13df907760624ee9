//go:build !amd64 || purego

package parser

func bestPath() path { return pathWords }

// run is for paths that there are none of here.
func (s *fieldSection) run([]byte) {}

func (p *pass) fold([]byte) bool { return false }
