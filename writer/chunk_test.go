package writer_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"barewire/writer"
)

// numbers has the values around each power of two and of ten.
func numbers() (all []int64) {
	for shift := range 63 {
		all = append(all, 1<<shift-1, 1<<shift, 1<<shift+1)
	}
	for n := int64(1); n <= math.MaxInt64/10; n *= 10 {
		all = append(all, n-1, n, n+1, 7*n)
	}
	return append(all, math.MaxInt64, math.MaxInt64-1)
}

func TestAppendChunkSize(t *testing.T) {
	for _, n := range numbers() {
		if int64(int(n)) != n { // no int has so many bits here
			continue
		}
		assert.Equal(t, fmt.Sprintf(">%x\r\n", n), string(writer.AppendChunkSize([]byte(">"), int(n))))
	}
	assert.Equal(t, ">", string(writer.AppendChunkSize([]byte(">"), -1)))
	assert.Equal(t, ">", string(writer.AppendChunkSize([]byte(">"), math.MinInt)))
}

func TestAppendInt(t *testing.T) {
	for _, n := range append(numbers(), math.MinInt64) {
		assert.Equal(t, ">"+strconv.FormatInt(n, 10), string(writer.AppendInt([]byte(">"), n)))
		assert.Equal(t, ">"+strconv.FormatInt(-n, 10), string(writer.AppendInt([]byte(">"), -n)))
	}
	for n := range int64(20_000) {
		assert.Equal(t, strconv.FormatInt(n, 10), string(writer.AppendInt(nil, n)))
	}
}
