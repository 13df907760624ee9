package main

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rowOf makes a row with one sample for each round of the load single.
func rowOf(key, name string, cpus ...time.Duration) *row {
	r := &row{server: server{key: key, name: name}, samples: map[string]map[int]sample{single: {}, pipelined: {}, shared: {}}}
	for round, cpu := range cpus {
		r.samples[single][round] = sample{rate: 1e9 / float64(cpu), cpu: cpu, p50: 20 * time.Microsecond, p99: 1500 * time.Microsecond, use: 0.9}
	}
	return r
}

func us(n float64) time.Duration { return time.Duration(n * 1e3) }

func TestMedianAndRatio(t *testing.T) {
	b := rowOf(base, "ours", us(4), us(8), us(4))
	tests := []struct {
		name          string
		row           *row
		median, ratio float64
	}{
		{"the base itself", b, 4, 1},
		{"slow in the rounds in which the base is slow", rowOf("x", "x", us(8), us(16), us(8)), 8, 2},
		{"rounds that both have alone", rowOf("x", "x", us(12)), 12, 3},
		{"an even number of rounds", rowOf("x", "x", us(4), us(16)), 10, 1.5},
		{"nothing measured", rowOf("x", "x"), 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.InDelta(t, tt.median, tt.row.median(single, cpu), 1e-9)
			assert.InDelta(t, tt.ratio, tt.row.ratio(b, single, cpu), 1e-9)
		})
	}
}

func TestNumber(t *testing.T) {
	for want, v := range map[string]float64{"0.35": 0.349, "3.92": 3.92, "16.5": 16.48, "519": 519.2, "19,200": 19200, "1,793,004": 1793004.4, "1,000": 999.6} {
		assert.Equal(t, want, number(v))
	}
}

func TestMarkdown(t *testing.T) {
	ours, other, broken := rowOf(base, "ours", us(4)), rowOf("other", "other", us(8)), rowOf("broken", "broken")
	ours.idle, other.idle = 500, 19000
	ours.verdict = verdict{accepted: [classes]int{0, 0, 17}, of: [classes]int{100, 50, 17}}
	broken.failed = []string{"single: it\nfell"}
	r := &report{head: []string{"A machine.", "A day."}, rows: []*row{ours, other, broken}, idle: 5000, notes: []string{"gone is not installed: left out."}}

	text := r.markdown()
	assert.True(t, strings.HasPrefix(text, "A machine.\nA day.\n\n| server "), text)
	for _, want := range []string{
		"| 250,000 (1.00) | ", "| 4.00 (1.00) | ", "| 125,000 (0.50) | ", "| 8.00 (2.00) | ", " 20.0 / 1,500 |", " 19,000 (38.00) |", " 0 of 100, 0 of 50, 17 of 17 |",
		"the ratio to ours, as the median of the rounds' ratios.", "busy for 90 % of the time at least (ours).", "each of 5,000 connections", "\nFailed: broken: single: it fell\n", "\ngone is not installed: left out.\n",
	} {
		assert.Contains(t, strings.Join(strings.Fields(text), " "), strings.TrimSpace(strings.Join(strings.Fields(want), " ")))
	}

	var widths []int
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			assert.Equal(t, len(r.columns())+1, strings.Count(line, "|"), line)
			widths = append(widths, len(line))
		}
	}
	require.Len(t, widths, 2+len(r.rows))
	for _, w := range widths {
		assert.Equal(t, widths[0], w, "all lines of the table are equally long")
	}
}

func TestMarkdownWithoutBase(t *testing.T) {
	r := &report{rows: []*row{rowOf("other", "other", us(8))}}
	cells := r.cells()
	require.Len(t, cells, 1)
	assert.Equal(t, []string{"other", "125,000", "8.00", "20.0 / 1,500", "-", "-", "-", "-", "-", "-"}, cells[0])
}

func TestCompareKnown(t *testing.T) {
	assert.Negative(t, compareKnown(1, 2))
	assert.Positive(t, compareKnown(2, 1))
	assert.Positive(t, compareKnown(0, 1), "what is not known goes last")
	assert.Negative(t, compareKnown(1, 0))
	assert.Zero(t, compareKnown(0, 0))
}

func TestWriteFailsWhenARowHas(t *testing.T) {
	r := &report{rows: []*row{rowOf(base, "ours", us(4))}}
	assert.NoError(t, r.write(io.Discard, options{}))
	r.rows[0].fail(single, errors.New("it fell"))
	assert.Error(t, r.write(io.Discard, options{}))
}
