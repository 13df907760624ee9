//go:build (amd64 || arm64) && !race

package sock

import (
	"syscall"
	"unsafe"
)

// Recv reads from a socket into b, which is not empty.
func Recv(fd int, b []byte) (n int, errno syscall.Errno) { return recv(fd, b, 0) }

// Peek is Recv, and leaves in the socket what it reads.
func Peek(fd int, b []byte) (n int, errno syscall.Errno) { return recv(fd, b, syscall.MSG_PEEK) }

func recv(fd int, b []byte, flags uintptr) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags|syscall.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// Send writes b, which is not empty, to a socket, and raises no SIGPIPE. It may take less than all.
func Send(fd int, b []byte) (n int, errno syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_NOSIGNAL|syscall.MSG_DONTWAIT, 0, 0)
	return int(r), errno
}
