package parser

import "barewire/hdr"

// Bounds of a head. The first four are in octets, DefaultFieldCount is in field lines.
const (
	DefaultTargetSize = 16 << 10
	DefaultHeadSize   = 32 << 10
	MaxHeadSize       = hdr.MaxSize // offsets are kept in 16 bits
	DefaultFieldCount = 128

	MethodSize    = 32       // longest method
	FieldLineSize = 16 << 10 // longest field line, its CRLF not counted
)

// Bounds of chunked content, in octets but for TrailerFieldCount.
const (
	TrailerSectionSize = 8 << 10 // field lines and the empty line
	TrailerFieldCount  = 128

	ChunkLineSize  = 4 << 10 // chunk-size and chunk-ext, their CRLF not counted
	ChunkSizeCount = 32      // digits of a chunk-size, leading zeros included

	// ChunkOverheadSize bounds what chunk lines take beyond a fair share. Every chunk may spend 16 octets, and two for
	// each octet of its data, on its line with CRLF; what a line takes beyond that adds up, what it leaves is
	// taken off the sum, and the sum must not grow beyond ChunkOverheadSize. So one octet per chunk without chunk-ext passes for ever, and one
	// octet behind 4 kB of chunk-ext passes four times.
	ChunkOverheadSize = 16 << 10
)

// Limits bounds a head. A zero field stands for the default, a negative one for the largest value that offsets of 16 bits
// allow, and larger values are cut to that.
type Limits struct {
	Target int // request-target, in octets; at most MaxHeadSize
	Head   int // all of the head with its blank line, and an empty line before it, in octets; at most MaxHeadSize
	Fields int // field lines; at most hdr.MaxCount
}

// effective returns l with every field as it is applied.
func (l Limits) effective() Limits {
	return Limits{
		bound(l.Target, DefaultTargetSize, MaxHeadSize),
		bound(l.Head, DefaultHeadSize, MaxHeadSize),
		bound(l.Fields, DefaultFieldCount, hdr.MaxCount),
	}
}

func bound(v, normal, largest int) int {
	switch {
	case v == 0:
		return normal
	case v < 0 || v > largest:
		return largest
	}
	return v
}
