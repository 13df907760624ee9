package srv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTransports runs the wire cases over sockets and pipes.
func TestTransports(t *testing.T) {
	for number, tr := range append(transports, built(overLoop)...) { // the last one again, with the other half of the cases inline
		t.Run(tr.name, func(t *testing.T) {
			noLeaks(t)
			sc := newScripts()
			sc.file = tempFile(t, 100<<10)
			s := quietServer(sc)
			dial := tr.start(t, s)
			for i, test := range wireCases {
				if tr.name == "pipe" && test.fin {
					continue // a pipe cannot be closed by halves
				}
				runWire(t, dial, sc, test, []string{"/i", "/b"}[(i+number)%2])
			}
			eventually(t, func() bool { return s.Stats().Conns == 0 && s.Stats().InFlight == 0 }, "something left")
		})
	}
}

func runWire(t *testing.T, dial dialer, sc *scripts, test wireCase, path string) {
	t.Helper()
	c := connect(t, dial)
	defer c.Close()
	c.name = test.name + ", " + path
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.Write(test.octets(path))
		c.closeWrite()
	}()
	want := test.want
	if !test.ends {
		want += ok("next")
	}
	c.expect(want)
	if test.ends {
		out, _ := c.rest()
		require.Empty(t, out, test.name)
	}
	c.Close()
	<-sent
	eventually(t, func() bool { sc.mu.Lock(); defer sc.mu.Unlock(); return len(sc.log) >= len(test.log) }, test.name)
	require.Equal(t, test.log, sc.seen(), test.name)
}
