package files

// Error says why there is no file to send. It is a small value: comparing and returning it as an error allocates nothing.
type Error uint8

const (
	ErrNotRegular Error = iota + 1 // it is a device or the like
	ErrUnreadable                  // the system cannot give it now: out of descriptors, out of memory, a broken disk

	errFolder   // it is a folder
	errNotFound // there is none with the name, or it must not be seen
	errChanging // it changes faster than it can be read
	errCrowded  // there was no descriptor for it, and is one now
	errCoding   // the client accepts no coding that there is
)

// Error returns what is wrong.
func (e Error) Error() string {
	switch e {
	case ErrNotRegular:
		return "files: not a regular file"
	case errFolder:
		return "files: a folder"
	case ErrUnreadable:
		return "files: cannot be read now"
	case errNotFound:
		return "files: not found"
	case errChanging:
		return "files: changes while it is read"
	case errCrowded:
		return "files: too many open files"
	case errCoding:
		return "files: no acceptable content coding"
	}
	return "files: no error"
}
