package bench

import (
	"strconv"
	"testing"

	"barewire/parser"
)

// BenchmarkParse reads request heads: whole, as they mostly come; in pieces; and octet by octet, where a call for each octet is
// what counts, since none is looked at again and again. Reset is part of it. It is input/cut/path, for every path that the processor has;
// BenchmarkHead of package parser tells its steps apart.
func BenchmarkParse(b *testing.B) {
	defer parser.UsePath(parser.Path())
	for _, in := range heads {
		for _, cut := range []int{0, 64, 16, 1} {
			if cut > 0 && in.count > 1 {
				continue
			}
			name := "whole"
			if cut > 0 {
				name = strconv.Itoa(cut) + "B"
			}
			for _, path := range parser.Paths() {
				b.Run(in.name+"/"+name+"/"+path, func(b *testing.B) {
					parser.UsePath(path)
					buf := padded(in.text)
					b.SetBytes(int64(len(buf)))
					b.ReportAllocs()
					for b.Loop() {
						if n := parseHeads(buf, cut); n != in.count {
							b.Fatalf("%d heads of %d", n, in.count)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(buf)), "ns/octet")
				})
			}
		}
	}
}

var (
	head   parser.Head
	limits parser.Limits
)

// parseHeads reads the heads in b, each as if it arrived in pieces of cut octets (0: at once), and returns how many
// were accepted.
func parseHeads(b []byte, cut int) (count int) {
	for len(b) > 0 {
		head.Reset(limits)
		if cut == 0 {
			cut = len(b)
		}
		n := 0
		for end := cut; n == 0; end += cut {
			var e parser.Error
			if n, e = head.Parse(b[:min(end, len(b))]); e != 0 || n == 0 && end >= len(b) {
				return -1
			}
		}
		b, count = b[n:], count+1
	}
	return count
}

// padded puts text into a buffer with room behind it, as a connection's has.
func padded(text string) []byte { return append(make([]byte, 0, len(text)+128), text...) }

// BenchmarkContent decodes chunked content of 64 KiB in chunks of different sizes.
func BenchmarkContent(b *testing.B) {
	const total = 64 << 10
	for _, size := range []int{16, 256, 4096, 65536} {
		b.Run("chunk"+strconv.Itoa(size), func(b *testing.B) {
			var wire []byte
			for range total / size {
				wire = strconv.AppendInt(wire, int64(size), 16)
				wire = append(wire, "\r\n"...)
				wire = append(wire, make([]byte, size)...)
				wire = append(wire, "\r\n"...)
			}
			wire = append(wire, "0\r\n\r\n"...)
			var c parser.Content
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			for b.Loop() {
				c.Reset(parser.FramingChunked, -1, -1)
				got := 0
				for in := wire; !c.Done(); {
					data, n, e := c.Next(in)
					if e != 0 || n == 0 {
						b.Fatal(e, n)
					}
					got += len(data)
					in = in[n:]
				}
				if got != total {
					b.Fatal(got)
				}
			}
		})
	}
}
