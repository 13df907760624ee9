package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// A panel is a column of bars. In each, less is better.
type panel struct {
	title string
	of    func(*row) (value float64, known bool)
}

func panels() []panel {
	positive := func(v float64) (float64, bool) { return v, v > 0 }
	return []panel{
		{"CPU us per request", func(r *row) (float64, bool) { return positive(r.median(single, cpu)) }},
		{"CPU us, 16 pipelined", func(r *row) (float64, bool) { return positive(r.median(pipelined, cpu)) }},
		{"octets per idle connection", func(r *row) (float64, bool) { return positive(r.idle) }},
		{"forbidden messages accepted", func(r *row) (float64, bool) {
			return float64(r.verdict.accepted[forbidden]), r.verdict.of[forbidden] > 0
		}},
	}
}

// Sizes of the picture.
const (
	svgMargin  = 16
	svgTop     = 56 // of the first row
	svgRow     = 22
	svgLabels  = 250 // width
	svgPanel   = 215 // width of a panel, with the value at the end of its bar
	svgBar     = 140 // width of the longest bar
	svgBarHigh = 12
)

// svg draws the rows as bars, in the order of the table, for light and dark pages.
func (r *report) svg() string {
	ps := panels()
	width := 2*svgMargin + svgLabels + len(ps)*svgPanel
	height := svgTop + len(r.rows)*svgRow + svgMargin + 14
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title">
<title id="title">HTTP/1.1 servers compared: processor time for a request, memory for an idle connection, malformed messages accepted</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600 } .small { font-size: 11px; fill: #57606a }
.ours { fill: #0969da } .other { fill: #afb8c1 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .ours { fill: #4493f8 } .other { fill: #59636e } }
</style>
`, width, height, width, height)
	textAt(&b, svgMargin, 20, "head", "Less is better everywhere")
	for i, row := range r.rows {
		textAt(&b, svgMargin, svgTop+i*svgRow+svgBarHigh-2, "", row.label())
	}
	for j, p := range ps {
		x := svgMargin + svgLabels + j*svgPanel
		textAt(&b, x, svgTop-14, "head", p.title)
		most := 0.0
		for _, row := range r.rows {
			if v, known := p.of(row); known {
				most = math.Max(most, v)
			}
		}
		for i, row := range r.rows {
			y := svgTop + i*svgRow
			v, known := p.of(row)
			if !known {
				textAt(&b, x, y+svgBarHigh-2, "small", none)
				continue
			}
			long := 1.0
			if most > 0 {
				long = math.Max(long, v/most*svgBar)
			}
			class := "other"
			if strings.HasPrefix(row.key, base) {
				class = "ours"
			}
			fmt.Fprintf(&b, "<rect class=%q x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class, x, y, long, svgBarHigh)
			label := number(v)
			if v == math.Trunc(v) {
				label = thousands(int64(v))
			}
			textAt(&b, x+int(long)+6, y+svgBarHigh-2, "small", label)
		}
	}
	textAt(&b, svgMargin, height-svgMargin+6, "small", strings.Join(r.head, " "))
	b.WriteString("</svg>\n")
	return b.String()
}

func textAt(b *strings.Builder, x, y int, class, text string) {
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\"", x, y)
	if class != "" {
		fmt.Fprintf(b, " class=%q", class)
	}
	b.WriteString(">")
	xml.EscapeText(b, []byte(text))
	b.WriteString("</text>\n")
}
