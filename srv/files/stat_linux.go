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
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fromStat(s)
	}
	return identity{}
}

// fstat returns the identity of an open file and whether it is a regular one. Unlike File.Stat it allocates nothing.
func fstat(f *os.File) (id identity, regular bool, err error) {
	var s syscall.Stat_t
	for {
		if err = syscall.Fstat(int(f.Fd()), &s); err != syscall.EINTR {
			break
		}
	}
	return fromStat(&s), s.Mode&syscall.S_IFMT == syscall.S_IFREG, err
}

// awaitWrite waits for a write(2) to the file that is under way. It has given the file its times when it began, so octets that are read
// while it goes on would pass for those of one version. Asking where data is takes the lock of the inode that writes hold: so do ext4,
// btrfs, f2fs, tmpfs and overlayfs; XFS has its readers wait anyway. Elsewhere it may do nothing.
func awaitWrite(f *os.File) {
	const seekData = 3 // SEEK_DATA
	f.Seek(0, seekData)
}

func fromStat(s *syscall.Stat_t) identity {
	return identity{
		node:     s.Ino,
		links:    uint64(s.Nlink),
		size:     s.Size,
		modified: moment{int64(s.Mtim.Sec), int64(s.Mtim.Nsec)},
		changed:  moment{int64(s.Ctim.Sec), int64(s.Ctim.Nsec)},
	}
}
