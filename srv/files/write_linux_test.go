package files

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A write that is under way when a file is opened has given it its times already and its octets not yet: it is waited for.
func TestWriteUnderWay(t *testing.T) {
	const size = 16 << 20
	s := newSite(t)
	path := s.put("a.bin", long(size))
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer w.Close()
	got := make([]byte, size)
	believed := 0
	for i := range 30 {
		begun, done := make(chan struct{}), make(chan error, 1)
		content := bytes.Repeat([]byte{byte('a' + i%2)}, size)
		go func() {
			close(begun)
			_, err := w.WriteAt(content, 0)
			done <- err
		}()
		<-begun
		f, err := os.Open(path)
		require.NoError(t, err)
		v, err := newVersion(f, "a.bin", codingIdentity, none)
		require.NoError(t, err)
		n, err := f.ReadAt(got, 0)
		assert.Equal(t, []any{size, nil}, []any{n, err})
		if v.intact() {
			believed++
			if count := bytes.Count(got, got[:1]); count != size {
				t.Errorf("octets of two versions with one tag: %d and %d", count, size-count)
			}
		}
		require.NoError(t, <-done)
		f.Close()
	}
	assert.NotZero(t, believed)
}
