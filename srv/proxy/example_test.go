package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"barewire/srv"
	"barewire/srv/proxy"
	"barewire/srv/route"
	"barewire/srv/srvtest"
)

func Example() {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintln(w, r.Method, r.URL, "by", r.Header.Get("Via"))
		io.Copy(w, r.Body)
	}))
	defer upstream.Close()

	p, err := proxy.New(upstream.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Digest = true
	m := route.New()
	m.Any("/httpbin/*", p.ServeHTTP)
	response := srvtest.Do(&srv.Server{Router: m}, []byte("POST /httpbin/post?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nhello\n"))

	for line := range strings.Lines(string(response)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "Date:") {
			fmt.Println(line)
		}
	}
	// Output:
	// HTTP/1.1 200 OK
	// content-type: text/plain
	// Transfer-Encoding: chunked
	// Trailer: X-Content-SHA256, X-Content-Length
	//
	// 25
	// POST /post?a=b by 1.1 barewire
	// hello
	//
	// 0
	// X-Content-SHA256: 3cf763af3f03e5c9e9d8a5c2ab1c9dc8b3ec0e277505b348af1209a712f92fdf
	// X-Content-Length: 37
}
