//go:build unix && (race || !(linux && (amd64 || arm64)))

package sock

import "syscall"

// Recv reads from a socket into b, which is not empty.
func Recv(fd int, b []byte) (n int, errno syscall.Errno) { return result(syscall.Read(fd, b)) }

// Peek is Recv, and leaves in the socket what it reads.
func Peek(fd int, b []byte) (n int, errno syscall.Errno) {
	n, _, err := syscall.Recvfrom(fd, b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return result(n, err)
}

// Send writes b, which is not empty, to a socket. It may take less than all. Go ignores SIGPIPE of sockets.
func Send(fd int, b []byte) (n int, errno syscall.Errno) { return result(syscall.Write(fd, b)) }

// result takes the number out of an error that is always one.
func result(n int, err error) (int, syscall.Errno) {
	errno, _ := err.(syscall.Errno)
	return n, errno
}
