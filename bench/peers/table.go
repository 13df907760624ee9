package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The loads that a server is put under, by what its samples are kept under.
const (
	single    = "single"
	pipelined = "pipelined"
	shared    = "shared"
)

// The generator's connections, and its pipelined requests.
const (
	singleConns    = 256
	pipelinedConns = 64
	pipelinedDepth = 16
)

// A row is what is known of a server.
type row struct {
	server
	samples map[string]map[int]sample // by load and round
	idle    float64                   // octets for a connection; 0 when unknown
	verdict verdict
	failed  []string
}

// median returns the middle of what of gives for the rounds of a load, or 0 without rounds.
func (r *row) median(load string, of func(sample) float64) float64 {
	var values []float64
	for _, s := range r.samples[load] {
		values = append(values, of(s))
	}
	return middle(values)
}

// ratio returns the middle of the ratios to b in the rounds that both have, or 0 without one.
func (r *row) ratio(b *row, load string, of func(sample) float64) float64 {
	var values []float64
	for round, s := range r.samples[load] {
		if t, ok := b.samples[load][round]; ok && of(t) > 0 {
			values = append(values, of(s)/of(t))
		}
	}
	return middle(values)
}

func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func rate(s sample) float64 { return s.rate }
func cpu(s sample) float64  { return float64(s.cpu) / 1e3 }
func p50(s sample) float64  { return float64(s.p50) / 1e3 }
func p99(s sample) float64  { return float64(s.p99) / 1e3 }
func use(s sample) float64  { return s.use }

// number writes three digits that count, and no fraction from 100 on.
func number(v float64) string {
	switch {
	case v >= 100:
		return thousands(int64(v + 0.5))
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// none stands where nothing was measured.
const none = "-"

// with writes a value and, in parentheses, its ratio to the base.
func with(value, ratio float64) string {
	switch {
	case value == 0:
		return none
	case ratio == 0:
		return number(value)
	default:
		return fmt.Sprintf("%s (%.2f)", number(value), ratio)
	}
}

// A report is all that is printed.
type report struct {
	head  []string // where, when, with what
	rows  []*row
	tool  string // the external generator, or empty
	idle  int    // connections
	notes []string
}

func (r *report) base() *row {
	for _, row := range r.rows {
		if row.key == base {
			return row
		}
	}
	return &row{}
}

// markdown writes the report as a table, with columns of one width so that it is one in a terminal too.
func (r *report) markdown() string {
	var b strings.Builder
	for _, line := range r.head {
		b.WriteString(line + "\n")
	}
	b.WriteString("\n")
	writeTable(&b, append([][]string{r.columns()}, r.cells()...))
	b.WriteString("\n" + r.legend() + "\n")
	for _, row := range r.rows {
		for _, f := range row.failed {
			b.WriteString("\nFailed: " + row.label() + ": " + strings.ReplaceAll(f, "\n", " ") + "\n")
		}
	}
	for _, note := range r.notes {
		b.WriteString("\n" + note + "\n")
	}
	return b.String()
}

func (r *report) columns() []string {
	tool := r.tool
	if tool == "" {
		tool = "wrk"
	}
	return []string{
		"server", "requests/s", "CPU us/request", "p50 / p99 us", "pipelined: requests/s", "CPU us/request",
		tool + ": requests/s", "p50 / p99 us", "octets/idle connection", "accepts: forbidden, risky, valid",
	}
}

func (r *report) cells() (cells [][]string) {
	b := r.base()
	for _, row := range r.rows {
		ratioed := func(load string, of func(sample) float64) string {
			return with(row.median(load, of), row.ratio(b, load, of))
		}
		line := []string{
			row.label(), ratioed(single, rate), ratioed(single, cpu), latency(row.median(single, p50), row.median(single, p99)),
			ratioed(pipelined, rate), ratioed(pipelined, cpu), ratioed(shared, rate), latency(row.median(shared, p50), row.median(shared, p99)),
		}
		ratio := 0.0
		if b.idle > 0 {
			ratio = row.idle / b.idle
		}
		line = append(line, with(row.idle, ratio))
		cells = append(cells, append(line, row.verdict.String()))
	}
	return cells
}

func latency(p50, p99 float64) string {
	if p50 == 0 {
		return none
	}
	return number(p50) + " / " + number(p99)
}

func (v verdict) String() string {
	if v.of[forbidden] == 0 {
		return none
	}
	return fmt.Sprintf("%d of %d, %d of %d, %d of %d", v.accepted[forbidden], v.of[forbidden], v.accepted[risky], v.of[risky], v.accepted[valid], v.of[valid])
}

func (r *report) legend() string {
	text := fmt.Sprintf("In parentheses: the ratio to %s, as the median of the rounds' ratios. The first figures are of this command's generator on "+
		"core 1, with the server on core 0 and %d connections of one request at a time; pipelined: %d connections of %d requests at a time.",
		r.base().label(), singleConns, pipelinedConns, pipelinedDepth) + r.slack()
	if r.tool != "" {
		text += fmt.Sprintf(" %s: %d connections from %d threads, with server and load on all cores.", r.tool, externalConns, externalThreads)
	}
	return text + fmt.Sprintf(" CPU is the time that the server's processes take for a request, p50 / p99 the latency. Idle: user memory for each of %s "+
		"connections that have made one request. accepts: of the messages in bench/peers/patterns.txt, where forbidden and risky should be 0 and valid all.",
		thousands(int64(r.idle)))
}

// slack says how far from saturated the generator has left a server at worst, in which case requests/s are the generator's limit.
func (r *report) slack() string {
	least, whose := 1.0, ""
	for _, row := range r.rows {
		for _, load := range []string{single, pipelined} {
			if u := row.median(load, use); u > 0 && u < least {
				least, whose = u, row.label()
			}
		}
	}
	if whose == "" {
		return ""
	}
	return fmt.Sprintf(" The servers kept their core busy for %.0f %% of the time at least (%s).", least*100, whose)
}

// writeTable writes rows of cells, the first one as the head.
func writeTable(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell), len("--:"))
		}
	}
	for i, row := range rows {
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-len(cell))
			if j == 0 {
				b.WriteString("| " + cell + pad)
			} else {
				b.WriteString(" | " + pad + cell)
			}
		}
		b.WriteString(" |\n")
		if i == 0 {
			for j, w := range widths {
				if j == 0 {
					b.WriteString("| " + strings.Repeat("-", w))
				} else {
					b.WriteString(" | " + strings.Repeat("-", w-1) + ":")
				}
			}
			b.WriteString(" |\n")
		}
	}
}

// date is how days are written.
func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
