package parser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// eachPath calls f with usedPath set to each path that this processor has.
func eachPath(t testing.TB, f func()) {
	t.Helper()
	best := usedPath
	defer func() { usedPath = best }()
	for usedPath = pathWords; usedPath <= best; usedPath++ {
		f()
	}
}

func TestPaths(t *testing.T) {
	for p := usedPath + 1; p <= pathAVX512; p++ {
		t.Logf("this processor or build has no %s: not tested", p)
	}
	eachPath(t, func() { t.Logf("tested: %s", Path()) })
}

func TestUsePath(t *testing.T) {
	best := usedPath
	defer func() { usedPath = best }()
	names := Paths()
	for p, name := range names {
		assert.True(t, UsePath(name))
		assert.Equal(t, path(p), usedPath)
		assert.Equal(t, name, Path())
	}
	assert.Equal(t, best, usedPath, "the fastest is the last")
	assert.False(t, UsePath("none"))
	assert.Equal(t, best, usedPath)
}
