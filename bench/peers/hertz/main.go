// Command hertz is the peer github.com/cloudwego/hertz, on its own network library netpoll.
package main

import (
	"context"
	"flag"
	"runtime"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/hlog"

	"peers/internal/collect"
)

var hello = []byte("Hello, World!")

func serve(_ context.Context, ctx *app.RequestContext) {
	ctx.SetContentType("text/plain")
	ctx.Response.SetBodyRaw(hello)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	loops := flag.Int("loops", 1, "`number` of threads")
	flag.Parse()
	runtime.GOMAXPROCS(*loops)
	collect.OnSignal()
	hlog.SetLevel(hlog.LevelFatal)
	h := server.New(server.WithHostPorts(*addr))
	h.Any("/", serve)
	h.Any("/plaintext", serve)
	h.Spin()
}
