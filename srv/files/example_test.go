package files_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"barewire/srv"
	"barewire/srv/files"
	"barewire/srv/route"
	"barewire/srv/srvtest"
)

// ask sends a request with a field line and prints the status and the content.
func ask(s *srv.Server, target, line string) {
	answer := srvtest.Do(s, []byte("GET "+target+" HTTP/1.1\r\nHost: a\r\n"+line+"\r\n\r\n"))
	status, _, _ := bytes.Cut(answer, []byte("\r\n"))
	_, content, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	fmt.Printf("%s %q\n", status[len("HTTP/1.1 "):], content)
}

func Example() {
	dir, err := os.MkdirTemp("", "site")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	hello := filepath.Join(dir, "hello.txt")
	os.WriteFile(hello, []byte("hello, world"), 0o644)
	os.Chtimes(hello, time.Unix(784111777, 0), time.Unix(784111777, 0))

	d, err := files.New(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	m := route.New()
	m.Get("/files/*", d.ServeHTTP)
	m.Get("/hello", d.One("hello.txt"))
	s := &srv.Server{Router: m}

	ask(s, "/files/hello.txt", "")
	ask(s, "/files/hello.txt", "Range: bytes=-5\r\n")
	ask(s, "/files/hello.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
	ask(s, "/files/../hello.txt", "")
	ask(s, "/hello", "")
	// Output:
	// 200 OK "hello, world"
	// 206 Partial Content "world"
	// 304 Not Modified ""
	// 404 Not Found "404 Not Found\n"
	// 200 OK "hello, world"
}

func ExampleSend() {
	m := route.New()
	m.Get("/self", func(w *srv.Response, r *srv.Request) {
		f, err := os.Open("example_test.go")
		if err != nil {
			w.SetStatus(404)
			return
		}
		defer f.Close()
		if files.Send(w, r, f) != nil {
			w.SetStatus(404)
		}
	})
	ask(&srv.Server{Router: m}, "/self", "Range: bytes=0-12\r\n")
	// Output:
	// 206 Partial Content "package files"
}
