package bench

import (
	"testing"

	"barewire/hdr"
	"barewire/writer"
)

// BenchmarkWrite measures what rendering costs when dst has room, which is how a server uses it.
func BenchmarkWrite(b *testing.B) {
	var fields, trailers hdr.Set
	must(b, fields.Set("Server", "barewire"))
	must(b, fields.Set("Content-Type", "text/plain; charset=utf-8"))
	must(b, trailers.Set("ETag", `"4711"`))
	var date writer.Date
	line := date.Line(784111777)
	small, large := []byte("Hello, world\n"), make([]byte, 16<<10)

	b.Run("plain", func(b *testing.B) {
		response(b, writer.Head{Status: 200, Fields: &fields, Size: 13}, small, nil)
	})
	b.Run("date", func(b *testing.B) {
		response(b, writer.Head{Status: 200, Fields: &fields, Size: 13, Date: line}, small, nil)
	})
	b.Run("close", func(b *testing.B) {
		response(b, writer.Head{Status: 404, Fields: &fields, Size: 13, Date: line, Close: true}, small, nil)
	})
	b.Run("unregistered", func(b *testing.B) {
		response(b, writer.Head{Status: 299, Reason: "Odd", Fields: &fields, Size: 13, Date: line}, small, nil)
	})
	b.Run("16k", func(b *testing.B) {
		response(b, writer.Head{Status: 200, Fields: &fields, Size: 16 << 10, Date: line}, large, nil)
	})
	b.Run("chunked", func(b *testing.B) {
		response(b, writer.Head{Status: 200, Fields: &fields, Size: -1, Date: line}, small, nil)
	})
	b.Run("trailers", func(b *testing.B) {
		response(b, writer.Head{Status: 200, Fields: &fields, Size: -1, Date: line, Trailer: []byte("ETag")}, small, &trailers)
	})
	b.Run("interim", func(b *testing.B) {
		dst := make([]byte, 0, 1<<10)
		var w writer.Response
		var err error
		b.ReportAllocs()
		for b.Loop() {
			w.Reset(false, 1)
			if dst, err = w.Interim(dst[:0], 100, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(dst)))
	})
}

// response renders one response per iteration.
func response(b *testing.B, h writer.Head, content []byte, trailers *hdr.Set) {
	dst := make([]byte, 0, len(content)+1<<10)
	var w writer.Response
	var err error
	b.ReportAllocs()
	for b.Loop() {
		w.Reset(false, 1)
		if dst, err = w.Begin(dst[:0], &h); err != nil {
			b.Fatal(err)
		}
		if dst, err = w.Content(dst, content); err != nil {
			b.Fatal(err)
		}
		if dst, err = w.End(dst, trailers); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(dst)))
}

// BenchmarkWriteParts measures the appenders one by one.
func BenchmarkWriteParts(b *testing.B) {
	part := func(name string, f func(dst []byte) []byte) {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				dst = f(dst[:0])
			}
			b.SetBytes(int64(len(dst)))
		})
	}
	part("status", func(dst []byte) []byte { return writer.AppendStatusLine(dst, 200, "") })
	part("date", func(dst []byte) []byte { return writer.AppendDate(dst, 784111777) })
	part("int2", func(dst []byte) []byte { return writer.AppendInt(dst, 13) })
	part("int7", func(dst []byte) []byte { return writer.AppendInt(dst, 1234567) })
	part("chunk-size2", func(dst []byte) []byte { return writer.AppendChunkSize(dst, 13) })
	part("chunk-size4", func(dst []byte) []byte { return writer.AppendChunkSize(dst, 0x4000) })

	var d writer.Date
	var unix int64
	b.Run("Date.Line", func(b *testing.B) { // a new second every 16 calls
		b.SetBytes(int64(len(d.Line(unix))))
		b.ReportAllocs()
		for b.Loop() {
			unix++
			d.Line(unix >> 4)
		}
	})
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
