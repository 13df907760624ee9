package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The bounds of the way from a name to its file.
const (
	maxLinks = 40  // symbolic links that are followed, as many as systems do
	maxSteps = 255 // names that are looked at, those of folders passed again for ".." included
)

// place is where a name has led: what is there, under its last name in a folder. root and dir are nil where the name is one for the
// system.
type place struct {
	root, dir *os.Root
	kept      *os.Root // is not closed with it
	last      string
	info      fs.FileInfo
}

// folder goes to the folder that the name of a file is in. The way is to be closed.
//
// os.Root would follow links, too, but to what is hidden as well. So each name on the way is looked at, and links are taken apart here.
func (d *Dir) folder(name string) (way, error) {
	w := way{place: place{root: d.root, dir: d.root}, rest: name}
	for d.root != nil && strings.Contains(w.rest, "/") {
		if _, err := w.step(); err != nil {
			w.close()
			return way{}, err
		}
	}
	return w, nil
}

// follow goes on from a folder to what has the rest of the name and a suffix. The place is to be closed before the way.
func (w way) follow(suffix string) (place, error) {
	w.rest += suffix
	if w.root == nil {
		info, err := os.Stat(w.rest)
		return place{last: w.rest, info: info}, err
	}
	w.kept = w.dir
	for {
		if there, err := w.step(); there {
			return w.place, nil
		} else if err != nil {
			w.close()
			return place{}, err
		}
	}
}

// way leads to a place, one name after the other.
type way struct {
	place        // as far as it has come; info is about the last name that was looked at
	done  string // from the root to its folder, a slash behind each name
	rest  string // from there on
	links int
	steps int
}

// step takes the next name of the rest, and reports whether it was the last one and no link.
func (w *way) step() (there bool, err error) {
	name, rest, more := strings.Cut(w.rest, "/")
	switch name {
	case "", ".":
		if w.rest = rest; !more {
			return false, errFolder
		}
		return false, nil
	case "..": // what the way says, from the root anew: the folder may have been moved since
		if w.done == "" {
			return false, errNotFound // outside
		}
		parent := w.done[:strings.LastIndexByte(w.done[:len(w.done)-1], '/')+1]
		w.enter(w.root)
		w.done, w.rest = "", parent+rest
		return false, nil
	}
	if w.steps++; w.steps > maxSteps {
		return false, errNotFound
	}
	if w.info, err = w.dir.Lstat(name); err != nil {
		return false, err
	}
	switch mode := w.info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		to, err := w.dir.Readlink(name)
		if err != nil {
			return false, err
		}
		to = filepath.ToSlash(to)
		if w.links++; w.links > maxLinks || !visible(to) {
			return false, errNotFound
		}
		if w.rest = to; more {
			w.rest += "/" + rest
		}
		return false, nil
	case !more:
		w.last = name
		return true, nil
	case !mode.IsDir():
		return false, errNotFound
	}
	w.done, w.rest = w.done+name+"/", rest
	return false, w.descend(name)
}

// visible reports whether a link may lead to a name: one from its own folder on, which may go up, and through nothing that begins with a
// dot.
func visible(to string) bool {
	if strings.HasPrefix(to, "/") || filepath.VolumeName(to) != "" {
		return false
	}
	for part := range strings.SplitSeq(to, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".." {
			return false
		}
	}
	return true
}

// descend goes on to a folder in dir, the one that info is about: where a link has taken its place since, the error is errChanging.
func (p *place) descend(name string) error {
	sub, err := p.dir.OpenRoot(name + "/.") // the dot keeps it from opening what is no folder, such as a pipe
	if err != nil {
		return err
	}
	p.enter(sub)
	now, err := sub.Stat(".")
	if err == nil && !os.SameFile(p.info, now) {
		err = errChanging
	}
	return err
}

// enter makes a folder the one that has been come to.
func (p *place) enter(dir *os.Root) {
	p.close()
	p.dir = dir
}

// open opens the file that info is about, or fails with errChanging where it is not there any more.
func (p *place) open() (f *os.File, err error) {
	if p.dir == nil {
		f, err = os.OpenFile(p.last, os.O_RDONLY|nonblock, 0)
	} else {
		f, err = p.dir.OpenFile(p.last, os.O_RDONLY|nonblock, 0)
	}
	if err != nil {
		return nil, err
	}
	now, err := f.Stat()
	if err == nil && !os.SameFile(p.info, now) {
		err = errChanging
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// identity returns that of what is there; the zero one of the zero place.
func (p *place) identity() identity {
	if p.info == nil {
		return identity{}
	}
	return identify(p.info)
}

func (p *place) close() {
	if p.dir != p.root && p.dir != p.kept {
		p.dir.Close()
	}
}
