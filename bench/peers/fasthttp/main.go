// Command fasthttp is the peer github.com/valyala/fasthttp.
package main

import (
	"flag"
	"log"
	"runtime"

	"github.com/valyala/fasthttp"

	"peers/internal/collect"
)

var hello = []byte("Hello, World!")

func serve(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("text/plain")
	ctx.Response.SetBodyRaw(hello)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	loops := flag.Int("loops", 1, "`number` of threads")
	lean := flag.Bool("lean", false, "give memory back between requests")
	flag.Parse()
	runtime.GOMAXPROCS(*loops)
	collect.OnSignal()
	s := &fasthttp.Server{Name: "fasthttp", Concurrency: 1 << 20, ReduceMemoryUsage: *lean, Handler: serve}
	log.Fatal(s.ListenAndServe(*addr))
}
