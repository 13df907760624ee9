package writer_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"barewire/writer"
)

const imfFixdate = "Mon, 02 Jan 2006 15:04:05 GMT"

func formatted(unix int64) string { return time.Unix(unix, 0).UTC().Format(imfFixdate) }

// Every day of 400 years, after which the calendar repeats, each at another time of the day.
func TestAppendDateEveryDay(t *testing.T) {
	const day = 24 * 60 * 60
	start := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for i := range int64(146097 + 1) {
		unix := start + i*day + i*7919%day
		if got := string(writer.AppendDate(nil, unix)); got != formatted(unix) {
			require.Failf(t, "date", "%d: got %q, want %q", unix, got, formatted(unix))
		}
	}
}

func TestAppendDateEverySecondOfADay(t *testing.T) {
	for unix := int64(951782400 - 2); unix < 951782400+24*60*60+2; unix++ { // 2000-02-29
		if got := string(writer.AppendDate(nil, unix)); got != formatted(unix) {
			require.Failf(t, "date", "%d: got %q, want %q", unix, got, formatted(unix))
		}
	}
}

func TestAppendDateRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	instants := []int64{first, first + 1, last, last - 1, 0, -1, 1, 784111777, math.MaxInt32, math.MaxUint32}
	for range 200_000 {
		instants = append(instants, first+r.Int64N(last-first+1))
	}
	for _, unix := range instants {
		if got := string(writer.AppendDate(nil, unix)); got != formatted(unix) {
			require.Failf(t, "date", "%d: got %q, want %q", unix, got, formatted(unix))
		}
	}
	for _, unix := range []int64{first - 1, math.MinInt64} {
		assert.Equal(t, "Mon, 01 Jan 0001 00:00:00 GMT", string(writer.AppendDate(nil, unix)))
	}
	for _, unix := range []int64{last + 1, math.MaxInt64} {
		assert.Equal(t, "Fri, 31 Dec 9999 23:59:59 GMT", string(writer.AppendDate(nil, unix)))
	}
	assert.Equal(t, "at Sun, 06 Nov 1994 08:49:37 GMT", string(writer.AppendDate([]byte("at "), 784111777)))
}

func TestDateLine(t *testing.T) {
	var d writer.Date
	for _, unix := range []int64{0, 0, 1, 1, 0, -1, 784111777, 784111777, 784111778, math.MaxInt64, 0} {
		assert.Equal(t, "Date: "+string(writer.AppendDate(nil, unix))+"\r\n", string(d.Line(unix)))
	}
	unix := int64(0)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		unix++
		d.Line(unix / 2)
	}))
}

// The line is rendered anew only when the second changes: octets scribbled over it stay until then.
func TestDateLineRenderedOnce(t *testing.T) {
	var d writer.Date
	d.Line(784111777)[6] = 's'
	assert.Equal(t, "Date: sun, 06 Nov 1994 08:49:37 GMT\r\n", string(d.Line(784111777)))
	assert.Equal(t, "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n", string(d.Line(784111778)))
}
