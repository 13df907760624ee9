// Command nethttp is the peer net/http of the standard library.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"runtime"

	"peers/internal/collect"
)

var (
	server    = []string{"net/http"}
	textPlain = []string{"text/plain"}
	size      = []string{"13"}
	hello     = []byte("Hello, World!")
)

func serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, "malformed content", http.StatusBadRequest)
			return
		}
	}
	h := w.Header()
	h["Server"], h["Content-Type"], h["Content-Length"] = server, textPlain, size
	w.Write(hello)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	loops := flag.Int("loops", 1, "`number` of threads")
	flag.Parse()
	runtime.GOMAXPROCS(*loops)
	collect.OnSignal()
	log.Fatal(http.ListenAndServe(*addr, http.HandlerFunc(serve)))
}
