//go:build !purego

package parser

// bestPath asks the processor what it has, and the operating system (XCR0) whether it keeps those registers for a thread.
func bestPath() path {
	const (
		popcnt, osxsave    = 1 << 23, 1 << 27          // leaf 1, ECX
		bmi1, avx2, bmi2   = 1 << 3, 1 << 5, 1 << 8    // leaf 7, EBX
		avx512f, bw, vl    = 1 << 16, 1 << 30, 1 << 31 // leaf 7, EBX
		vbmi, vbmi2        = 1 << 1, 1 << 6            // leaf 7, ECX
		ymmState, zmmState = 0x06, 0xe6                // XCR0
		need1, need7       = popcnt | osxsave, bmi1 | avx2 | bmi2
		need512b, need512c = avx512f | bw | vl, vbmi | vbmi2
	)
	top, _, _, _ := cpuid(0, 0)
	if top < 7 {
		return pathWords
	}
	_, _, c1, _ := cpuid(1, 0)
	if c1&need1 != need1 || xgetbv()&ymmState != ymmState {
		return pathWords
	}
	_, b7, c7, _ := cpuid(7, 0)
	switch {
	case b7&need7 != need7:
		return pathWords
	case b7&need512b == need512b && c7&need512c == need512c && xgetbv()&zmmState == zmmState:
		return pathAVX512
	}
	return pathAVX2
}

// cpuid executes CPUID for a leaf and its subleaf, and returns EAX, EBX, ECX and EDX.
func cpuid(leaf, sub uint32) (a, b, c, d uint32)

// xgetbv returns the low half of XCR0.
func xgetbv() uint32
