package parser

import (
	"strconv"
	"strings"
	"testing"
)

var benchHeads = []struct{ name, in string }{
	{"min", lines("GET / HTTP/1.1", "Host: a")},
	{"plain", lines("GET /plaintext HTTP/1.1", "Host: bench.example:8080",
		"Accept: text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7", "Connection: keep-alive")},
	{"browser", lines("GET /en/products/category/index.html?ref=nav&source=home HTTP/1.1", "Host: www.example.com", "Connection: keep-alive",
		"Cache-Control: max-age=0", `sec-ch-ua: "Browser";v="140", "Not=A?Brand";v="24"`, "sec-ch-ua-mobile: ?0", `sec-ch-ua-platform: "Linux"`,
		"Upgrade-Insecure-Requests: 1", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Browser/140.0.0.0 Safari/537.36",
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8", "Sec-Fetch-Site: same-origin",
		"Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1", "Sec-Fetch-Dest: document", "Referer: https://www.example.com/en/",
		"Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en-US,en;q=0.9,de;q=0.8", "Cookie: session="+strings.Repeat("octets", 60))},
}

// BenchmarkHead compares the paths on whole heads: the index alone (where lines are, and the well-known names), all that accepting a head
// takes, and the same for a copy just made, whose names are still to be folded; copying is part of that. It is input/step/path.
func BenchmarkHead(b *testing.B) {
	for _, in := range benchHeads {
		for _, step := range []struct {
			name string
			run  func(h *Head, buf []byte) int
		}{
			{"index", indexAlone},
			{"accept", acceptHead},
			{"fresh", acceptHead},
		} {
			benchPaths(b, in.name+"/"+step.name, func(b *testing.B) {
				var h Head
				var bufs [16][]byte // so that no octet is read just after it was written
				for i := range bufs {
					bufs[i] = roomy(in.in, 2*passSlack)
				}
				b.SetBytes(int64(len(in.in)))
				for i := 0; b.Loop(); i++ {
					if step.name == "fresh" && i%len(bufs) == 0 {
						for _, buf := range bufs {
							copy(buf, in.in)
						}
					}
					h.Reset(Limits{})
					if buf := bufs[i%len(bufs)]; step.run(&h, buf) != len(buf) {
						b.Fatal("not accepted")
					}
				}
			})
		}
	}
}

// BenchmarkPieces is BenchmarkHead for a head that comes in pieces, input/size of the pieces/path: what a piece costs, and what an octet, which is
// looked at a bounded number of times.
func BenchmarkPieces(b *testing.B) {
	for _, in := range benchHeads {
		for _, size := range []int{512, 64, 16, 4, 1} {
			benchPaths(b, in.name+"/"+strconv.Itoa(size), func(b *testing.B) {
				var h Head
				buf := roomy(in.in, 2*passSlack)
				b.SetBytes(int64(len(buf)))
				for b.Loop() {
					h.Reset(Limits{})
					n := 0
					for end := size; n == 0; end += size {
						if n, _ = h.Parse(buf[:min(end, len(buf))]); n == 0 && end >= len(buf) {
							b.Fatal("not accepted")
						}
					}
				}
				pieces := (len(buf) + size - 1) / size
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*pieces), "ns/piece")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(buf)), "ns/octet")
			})
		}
	}
}

func benchPaths(b *testing.B, name string, f func(b *testing.B)) {
	eachPath(b, func() {
		b.Run(name+"/"+Path(), func(b *testing.B) {
			b.ReportAllocs()
			f(b)
		})
	})
}

func acceptHead(h *Head, b []byte) int {
	n, _ := h.Parse(b)
	return n
}

// indexAlone finds lines and well-known names of a request head, and returns its size.
func indexAlone(h *Head, b []byte) int {
	s := &h.section
	p := &s.pass
	p.pos, p.entries, p.state, p.done, p.noted, p.hostOK, p.whole = 0, 0, passRequest, false, false, false, true
	s.run(b)
	s.index.Set(p.start, p.entries/2, p.seen, p.repeated)
	return p.pos
}
