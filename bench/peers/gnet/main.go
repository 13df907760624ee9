// Command gnet is the peer github.com/panjf2000/gnet, a network library without HTTP. It looks for the empty line that ends a head and
// for nothing else, so it shows what moving the octets costs, and is no server to put on a network.
package main

import (
	"bytes"
	"flag"
	"log"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"

	"peers/internal/collect"
)

var response atomic.Pointer[[]byte] // made once a second, for its Date

func render() {
	b := []byte("HTTP/1.1 200 OK\r\nServer: gnet\r\nContent-Type: text/plain\r\nDate: ")
	b = time.Now().UTC().AppendFormat(b, "Mon, 02 Jan 2006 15:04:05 GMT")
	b = append(b, "\r\nContent-Length: 13\r\n\r\nHello, World!"...)
	response.Store(&b)
}

type handler struct{ gnet.BuiltinEventEngine }

func (handler) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	c.SetContext(new([]byte))
	return nil, gnet.None
}

func (handler) OnTraffic(c gnet.Conn) gnet.Action {
	in, err := c.Peek(-1)
	if err != nil {
		return gnet.Close
	}
	out := c.Context().(*[]byte)
	*out = (*out)[:0]
	used := 0
	for {
		end := bytes.Index(in[used:], []byte("\r\n\r\n"))
		if end < 0 {
			break
		}
		used += end + 4
		*out = append(*out, *response.Load()...)
	}
	c.Discard(used)
	if len(*out) > 0 {
		c.Write(*out)
	}
	return gnet.None
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	loops := flag.Int("loops", 1, "`number` of event loops")
	flag.Parse()
	collect.OnSignal()
	render()
	go func() {
		for range time.Tick(time.Second) {
			render()
		}
	}()
	log.Fatal(gnet.Run(&handler{}, "tcp://"+*addr, gnet.WithNumEventLoop(*loops), gnet.WithReusePort(*loops > 1)))
}
