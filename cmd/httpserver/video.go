package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"barewire/assets"
	"barewire/srv"
	"barewire/srv/files"
)

// clip is a file that is looked for in several places, and may come, change and go while the server runs.
type clip struct {
	places []string

	mu      sync.Mutex
	trouble map[string]string // what was logged last of each place
}

// newClip returns a handler that answers with the file or, where there is none, with a page that says so.
func newClip(name string) srv.HandlerFunc {
	c := &clip{places: places(name), trouble: map[string]string{}}
	serve := srv.HandlerFunc(c.missing)
	for _, name := range slices.Backward(c.places) { // each hands on to the next
		serve = from(files.One(name, serve))
	}
	return serve
}

// from returns a handler that sends what there is as a clip.
func from(one srv.HandlerFunc) srv.HandlerFunc {
	return func(w *srv.Response, r *srv.Request) {
		w.SetStatus(200) // it is 404 from the place before
		w.Set("Content-Type", "video/mp4")
		one(w, r)
	}
}

// missing answers where the clip cannot be had. One that is there and cannot be read is logged.
func (c *clip) missing(w *srv.Response, r *srv.Request) {
	for _, name := range c.places {
		if err := readable(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			c.complain(name, err)
		}
	}
	page(404, assets.NoClip)(w, r)
}

// complain logs what is wrong with a place, unless that was logged last: a request is no reason to fill the log.
func (c *clip) complain(place string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := err.Error(); text != c.trouble[place] {
		c.trouble[place] = text
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

// readable says why a file cannot be sent, nil if it can. What it is comes first: opening a named pipe would wait for somebody to write.
func readable(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return f.Close()
}

var errNotRegular = errors.New("not a regular file")
