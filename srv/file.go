package srv

import (
	"io"
	"os"
)

// copyFile sends n octets of f from off on through the turn's output buffer, where the kernel cannot do it alone. It returns less than
// n when the file ends before.
func (t *turn) copyFile(f *os.File, off, n int64) (sent int64, err error) {
	for sent < n {
		if cap(t.out) < sendSize {
			t.out = make([]byte, 0, sendSize)
		}
		k, err := f.ReadAt(t.out[:min(int64(sendSize), n-sent)], off+sent)
		t.out = t.out[:k]
		if k > 0 {
			if err := t.push(); err != nil {
				return sent, err
			}
		}
		sent += int64(k)
		if err == io.EOF {
			return sent, nil
		}
		if err != nil {
			return sent, ErrAborted
		}
	}
	return sent, nil
}
