//go:build amd64 || arm64

package srv

import (
	"syscall"
	"unsafe"
)

// Every system call that the event loop makes in the middle of serving, besides those of package sock. On a descriptor that does not
// block they return at once, so they are made as RawSyscalls, which spares telling the scheduler.

// rawAccept accepts a connection, which does not block, and its peer's address.
func rawAccept(fd int32, sa *syscall.RawSockaddrInet6) (int32, syscall.Errno) {
	size := uint32(unsafe.Sizeof(*sa))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(&size)),
		syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
	return int32(n), errno
}

// inet4 is sa taken for the IPv4 address that its family says it is.
func inet4(sa *syscall.RawSockaddrInet6) *syscall.RawSockaddrInet4 {
	return (*syscall.RawSockaddrInet4)(unsafe.Pointer(sa))
}

// networkOrder returns a port as it stands in an address.
func networkOrder(port *uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(port))
	return uint16(b[0])<<8 | uint16(b[1])
}

// rawPoll returns the events that are there, without waiting.
func rawPoll(ep int, events []syscall.EpollEvent) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	return int(n), errno
}

// rawClose closes a socket, which waits for nothing unless it was told to linger.
func rawClose(fd int32) { syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0) }

// rawReset resets a connection and leaves its descriptor open: to connect to no address disconnects.
func rawReset(fd int32) {
	var nobody = syscall.RawSockaddr{Family: syscall.AF_UNSPEC}
	syscall.RawSyscall(syscall.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&nobody)), unsafe.Sizeof(nobody))
}

// newEventFD makes a descriptor that becomes readable when it is written to.
func newEventFD() (int, error) {
	const nonblock, cloexec = syscall.O_NONBLOCK, syscall.O_CLOEXEC
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, nonblock|cloexec, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// duplicate returns another descriptor of the same socket.
func duplicate(fd int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
