//go:build unix

package srv

import "syscall"

// descriptorLimit is how many connections the process's descriptors are good for by default: all of them less an eighth, for
// files, upstream connections and the like.
func descriptorLimit() int {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil || uint64(r.Cur) > noLimit {
		return noLimit
	}
	return max(int(r.Cur)-int(r.Cur)/8, 1)
}
