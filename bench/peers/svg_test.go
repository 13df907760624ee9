package main

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSVG(t *testing.T) {
	ours, other, broken := rowOf(base, "ours", us(2)), rowOf("other", "a <b> & c", us(8)), rowOf("broken", "broken")
	ours.idle, other.idle = 500, 19000
	ours.verdict.of[forbidden], other.verdict.of[forbidden] = 100, 100
	other.verdict.accepted[forbidden] = 40
	text := (&report{head: []string{"A machine, a day."}, rows: []*row{ours, other, broken}}).svg()

	var texts []string
	bars := map[string][]float64{} // lengths by class
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.CharData:
			texts = append(texts, string(token))
		case xml.StartElement:
			if token.Name.Local == "rect" {
				at := map[string]string{}
				for _, a := range token.Attr {
					at[a.Name.Local] = a.Value
				}
				long, err := strconv.ParseFloat(at["width"], 64)
				require.NoError(t, err)
				bars[at["class"]] = append(bars[at["class"]], long)
			}
		}
	}
	for _, want := range []string{"ours", "a <b> & c", "broken", "2.00", "8.00", "500", "19,000", "40", "0", "-", "A machine, a day."} {
		contained := false
		for _, text := range texts {
			contained = contained || text == want || want == "2.00" && text == "2" || want == "8.00" && text == "8"
		}
		assert.True(t, contained, "%q is one of %q", want, texts)
	}
	assert.Equal(t, []float64{svgBar, svgBar, svgBar}, bars["other"], "the longest of each panel that is known")
	assert.InDeltaSlice(t, []float64{svgBar / 4., svgBar * 500 / 19000., 1}, bars["ours"], 0.1)
}
