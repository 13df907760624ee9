package bench

import "strings"

// The request heads that parsing is measured with: the least there is, what a load generator sends, an API call, a browser's, and a
// pipelined batch.
var heads = []struct {
	name  string
	count int // of requests
	text  string
}{
	{"min", 1, minHead},
	{"plain", 1, plainHead},
	{"post", 1, postHead},
	{"browser", 1, browserHead},
	{"pipe16", 16, strings.Repeat(plainHead, 16)},
}

const (
	minHead = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

	plainHead = "GET /plaintext HTTP/1.1\r\nHost: bench.example:8080\r\n" +
		"Accept: text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7\r\n" +
		"Connection: keep-alive\r\n\r\n"

	postHead = "POST /api/v1/orders HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\nContent-Length: 348\r\n" +
		"User-Agent: client/1.1\r\nAccept-Encoding: gzip\r\nX-Request-Id: 3f1c9e0a-7b7a-4c65-9e4f-0a1b2c3d4e5f\r\n" +
		"Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"

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
