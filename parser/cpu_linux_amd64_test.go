//go:build !purego

package parser

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The kernel's view of the processor, which includes what it saves for a thread, is the same as ours.
func TestBestPath(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	_, flags, _ := bytes.Cut(info, []byte("\nflags"))
	flags, _, _ = bytes.Cut(flags, []byte("\n"))
	has := map[string]bool{}
	for _, flag := range strings.Fields(string(flags)) {
		has[flag] = true
	}
	all := func(flags ...string) bool {
		for _, f := range flags {
			if !has[f] {
				return false
			}
		}
		return true
	}
	want := pathWords
	if all("avx2", "bmi1", "bmi2", "popcnt") {
		want = pathAVX2
		if all("avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512_vbmi2") {
			want = pathAVX512
		}
	}
	require.Equal(t, want, bestPath())
}
