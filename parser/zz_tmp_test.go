package parser

import ("os";"testing")

func BenchmarkTmp(b *testing.B) {
	for _, in := range []string{"min", "tfb", "post", "chrome"} {
		raw, _ := os.ReadFile("/tmp/bw/in/" + in)
		buf := append(append([]byte{}, raw...), "GET / HTTP/1.1\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"...)
		var h Head
		b.Run(in, func(b *testing.B) {
			for b.Loop() {
				h.Reset(Limits{})
				if n, _ := h.Parse(buf); n != len(raw) { b.Fatal(n) }
			}
		})
	}
}
