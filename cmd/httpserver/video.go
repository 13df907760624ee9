package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"barewire/assets"
	"barewire/srv"
	"barewire/srv/files"
)

// clip serves a file that is looked for at each request, so that it may come, change and go while the server runs.
type clip struct {
	name string

	mu      sync.Mutex
	trouble string // the last one logged
}

// serve answers with the file or, where there is none, with a page that says so.
func (c *clip) serve(w *srv.Response, r *srv.Request) {
	f := c.open()
	if f == nil {
		page(404, assets.NoClip)(w, r)
		return
	}
	defer f.Close()
	w.Set("Content-Type", "video/mp4")
	if err := files.Send(w, r, f); err != nil { // it is another one since it was looked at
		c.complain(err)
		page(404, assets.NoClip)(w, r)
	}
}

// open opens the first file that can be, nil if there is none. One that is there and cannot be read is logged.
func (c *clip) open() *os.File {
	for _, name := range places(c.name) {
		f, err := openFile(name)
		if err == nil {
			return f
		}
		if !errors.Is(err, fs.ErrNotExist) {
			c.complain(err)
		}
	}
	return nil
}

// complain logs an error unless it was the last one logged too: a request is no reason to fill the log.
func (c *clip) complain(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := err.Error(); text != c.trouble {
		c.trouble = text
		slog.Warn("clip cannot be sent", slog.String("error", text))
	}
}

// places returns where a file is looked for: an absolute name as it is; another one in the working directory, in its parents
// up to one with a go.mod, and beside the program.
func places(name string) (names []string) {
	if filepath.IsAbs(name) {
		return []string{name}
	}
	if dir, err := os.Getwd(); err == nil {
		for {
			names = append(names, filepath.Join(dir, name))
			_, err := os.Stat(filepath.Join(dir, "go.mod"))
			parent := filepath.Dir(dir)
			if err == nil || parent == dir {
				break
			}
			dir = parent
		}
	}
	if program, err := os.Executable(); err == nil {
		names = append(names, filepath.Join(filepath.Dir(program), name))
	}
	return names
}

// openFile opens a regular file. What it is comes first: opening a named pipe would wait for somebody to write.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	return os.Open(name)
}

var errNotRegular = errors.New("not a regular file")
