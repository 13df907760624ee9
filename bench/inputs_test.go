package bench

import (
	"math/rand/v2"
	"strings"
)

// The request heads that parsing is measured with: the least there is, what a load generator sends, an API call, one that is half
// cookie, a browser's, a pipelined batch, and many that differ, so that no processor learns them by heart.
var heads = []struct {
	name  string
	count int // of requests
	text  string
}{
	{"min", 1, minHead},
	{"plain", 1, plainHead},
	{"post", 1, postHead},
	{"cookie", 1, cookieHead},
	{"browser", 1, browserHead},
	{"pipe16", 16, strings.Repeat(plainHead, 16)},
	{"mixed", mixedCount, mixedHeads()},
}

const mixedCount = 256

// mixedHeads returns heads of different lengths, with different fields, the same ones each time.
func mixedHeads() string {
	r := rand.New(rand.NewPCG(9, 112))
	octets := func(b *strings.Builder, n int) {
		for range n {
			b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_./;=,"[r.IntN(53)])
		}
	}
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	for range mixedCount {
		b.WriteString(pick("GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD") + " /")
		octets(&b, int(r.ExpFloat64()*25))
		b.WriteString(" HTTP/1.1\r\nHost: www.example.com\r\n")
		for range 1 + r.IntN(12) {
			b.WriteString(pick("User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Cookie", "Connection", "Cache-Control", "Referer",
				"Sec-Fetch-Mode", "X-Request-Id", "X-Forwarded-For", "If-None-Match", "Origin", "Content-Type", "Authorization", "Traceparent") + ": ")
			octets(&b, 1+int(r.ExpFloat64()*32))
			b.WriteString("\r\n")
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

const (
	minHead = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

	plainHead = "GET /plaintext HTTP/1.1\r\nHost: bench.example:8080\r\n" +
		"Accept: text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7\r\n" +
		"Connection: keep-alive\r\n\r\n"

	postHead = "POST /api/v1/orders HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\nContent-Length: 348\r\n" +
		"User-Agent: client/1.1\r\nAccept-Encoding: gzip\r\nX-Request-Id: 3f1c9e0a-7b7a-4c65-9e4f-0a1b2c3d4e5f\r\n" +
		"Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"

	cookieHead = "GET /pictures/2026/07/grey-cat-on-a-window-sill-in-the-sun.jpeg HTTP/1.1\r\nHost: www.example.com\r\n" +
		"User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; en-GB; rv:1.9.2) Gecko/20100101 Browser/3.6\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: de,en-gb;q=0.7,en;q=0.3\r\n" +
		"Accept-Encoding: gzip,deflate\r\nAccept-Charset: iso-8859-1,utf-8;q=0.7,*;q=.7\r\nKeep-Alive: 115\r\nConnection: keep-alive\r\n" +
		"Cookie: visits=2; last=c2Vzc2lvbi1jb29raWUtb2Ytc29tZS1sZW5ndGgtdGhhdC1sb29rcy1saWtlLXJlYWw; visit=4; seen_at=1288884000; " +
		"from=(direct)|via=example.org|path=/list/|kind=link; __ab=k3.xj29.vv10.qq7.p0; consent=all; theme=dark; cart=2; ab=B\r\n\r\n"

	browserHead = "GET /en/products/category/index.html?ref=nav&utm_source=home HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\n" +
		"Cache-Control: max-age=0\r\nsec-ch-ua: \"Browser\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n" +
		"sec-ch-ua-platform: \"Linux\"\r\nUpgrade-Insecure-Requests: 1\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Browser/140.0.0.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n" +
		"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n" +
		"Referer: https://www.example.com/en/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9,de;q=0.8\r\n" +
		"Cookie: _a=GA1.2.1234567890.1690000000; session=c2Vzc2lvbi1jb29raWUtb2Ytc29tZS1sZW5ndGgtdGhhdC1sb29rcy1saWtlLXJlYWw; " +
		"csrftoken=plainwordsagain4; consent=isGlobal=false&datestamp=Mon+Sep+01+2025; theme=dark; cart=2; ab=B\r\n\r\n"
)
