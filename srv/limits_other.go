//go:build !unix

package srv

// descriptorLimit is for systems that limit the descriptors of a process.
func descriptorLimit() int { return noLimit }
