//go:build darwin || freebsd || netbsd

package files

import (
	"io/fs"
	"os"
	"syscall"
)

// nonblock keeps the opening of a named pipe from waiting for a writer.
const nonblock = syscall.O_NONBLOCK

// identify returns the identity of what a FileInfo is about.
func identify(info fs.FileInfo) identity {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}
	}
	return identity{
		node:     uint64(s.Ino),
		links:    uint64(s.Nlink),
		size:     s.Size,
		modified: moment{int64(s.Mtimespec.Sec), int64(s.Mtimespec.Nsec)},
		changed:  moment{int64(s.Ctimespec.Sec), int64(s.Ctimespec.Nsec)},
	}
}

// fstat returns the identity of an open file and whether it is a regular one.
func fstat(f *os.File) (id identity, regular bool, err error) {
	info, err := f.Stat()
	if err != nil {
		return identity{}, false, err
	}
	return identify(info), info.Mode().IsRegular(), nil
}

// awaitWrite would wait for a write to the file that is under way.
func awaitWrite(*os.File) {}
