package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const wrkOutput = `Running 2s test @ http://127.0.0.1:8080/plaintext
  2 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.03ms    1.99ms  22.85ms   87.60%
    Req/Sec    82.52k    10.37k  107.88k    70.00%
  Latency Distribution
     50%  345.00us
     75%  590.00us
     90%    3.50ms
     99%   12.50ms
  328463 requests in 2.00s, 48.24MB read
Requests/sec: 163923.79
Transfer/sec:     24.08MB
`

const h2loadOutput = `starting benchmark...
finished in 1.00s, 98000.00 req/s, 14.30MB/s
requests: 98000 total, 98064 started, 98000 done, 98000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 98000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 14.30MB (14994000) total, 10.28MB (10780000) headers (space savings 0.00%), 1.21MB (1274000) data
                     min         max         mean         sd        +/- sd
time for request:      103us     15.04ms       648us       512us    87.00%
`

func TestParseExternal(t *testing.T) {
	tests := []struct {
		name   string
		parse  func(string) (tally, error)
		output string
		want   tally
		err    string
	}{
		{"wrk", parseWrk, wrkOutput, tally{328463, 2 * time.Second, 345 * time.Microsecond, 12500 * time.Microsecond}, ""},
		{"wrk, long and slow", parseWrk, strings.NewReplacer("2.00s", "1.50m", "12.50ms", "1.25s").Replace(wrkOutput),
			tally{328463, 90 * time.Second, 345 * time.Microsecond, 1250 * time.Millisecond}, ""},
		{"wrk, other statuses", parseWrk, wrkOutput + "  Non-2xx or 3xx responses: 3\n", tally{}, "Non-2xx or 3xx responses: 3"},
		{"wrk, lost connections", parseWrk, wrkOutput + "  Socket errors: connect 0, read 7, write 0, timeout 0\n", tally{}, "read 7"},
		{"wrk, no request", parseWrk, strings.Replace(wrkOutput, "328463", "0", 1), tally{}, "no request"},
		{"wrk, no latency", parseWrk, strings.Replace(wrkOutput, "     99%", "     98%", 1), tally{}, "no latency of 99%"},
		{"wrk, something else", parseWrk, "unable to connect", tally{}, "no result"},
		{"wrk, nothing", parseWrk, "", tally{}, "no result"},
		{"h2load", parseH2load, h2loadOutput, tally{Requests: 98000, Time: time.Second}, ""},
		{"h2load, failures", parseH2load, strings.Replace(h2loadOutput, "0 errored", "20 errored", 1), tally{}, "20 errored"},
		{"h2load, something else", parseH2load, "usage", tally{}, "no result"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.parse(tt.output)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}
