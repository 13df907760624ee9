package srv

import "syscall"

// kernelPiece is how much one system call sends of what the kernel sends by itself, so that progress is seen and deadlines are kept: 2 ms
// for a client that takes all at once, longer where the file has to come from a disk. Each pause between calls lets such a client fall
// asleep, and its wake-up is paid for here: with 1 MiB a large file took 8 % more CPU.
const kernelPiece = 16 << 20

// Flags of splice(2): octets are moved rather than copied where that can be, and the pipe is not waited for.
const spliceFlags = 1 | 2

// kernelSend has the kernel send up to size octets to a socket, from an offset of a file or, if that is negative, from a pipe. Nothing passes
// through this process. It sends at least one octet, unless the file has ended or there is an error; EAGAIN is that of the socket.
func kernelSend(socket, from int, off, size int64) (sent int, err error) {
	size = min(size, kernelPiece)
	for {
		if off < 0 {
			k, e := syscall.Splice(from, nil, socket, nil, int(size), spliceFlags)
			sent, err = int(k), e
		} else {
			sent, err = syscall.Sendfile(socket, from, &off, int(size))
		}
		if err != syscall.EINTR {
			return max(sent, 0), err // an error is -1
		}
	}
}
