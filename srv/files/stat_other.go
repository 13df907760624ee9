//go:build !linux && !darwin && !freebsd && !netbsd

package files

import (
	"io/fs"
	"os"
)

const nonblock = 0

// identify returns the identity of what a FileInfo is about, as far as any system knows it.
func identify(info fs.FileInfo) identity {
	t := moment{info.ModTime().Unix(), int64(info.ModTime().Nanosecond())}
	return identity{size: info.Size(), modified: t, changed: t}
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
