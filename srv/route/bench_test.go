package route

import (
	"testing"

	"barewire/parser"
)

func BenchmarkFind(b *testing.B) {
	m := New()
	for _, a := range []string{"users", "posts", "files", "a", "b"} {
		register(m, "GET /"+a, "GET /"+a+"/{id}", "GET /"+a+"/{id}/x/{y}", "PUT /"+a+"/*")
	}
	for _, path := range []string{"/users", "/users/7", "/users/7/x/8", "/none/at/all"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			octets := []byte(path)
			for b.Loop() {
				var w walk
				m.find(&w, parser.MethodGet, octets)
			}
		})
	}
}
