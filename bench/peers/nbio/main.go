// Command nbio is the peer github.com/lesismal/nbio: event loops, with handlers of net/http's kind.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"

	"peers/internal/collect"
)

var (
	server    = []string{"nbio"}
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
	loops := flag.Int("loops", 1, "`number` of threads and event loops")
	flag.Parse()
	runtime.GOMAXPROCS(*loops)
	collect.OnSignal()
	logging.SetLevel(logging.LevelNone)
	engine := nbhttp.NewEngine(nbhttp.Config{
		Network: "tcp", Addrs: []string{*addr}, NPoller: *loops, Handler: http.HandlerFunc(serve),
	})
	if err := engine.Start(); err != nil {
		log.Fatal(err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	engine.Stop()
}
