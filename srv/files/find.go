package files

import (
	"errors"
	"syscall"
	"time"
)

// find returns the version of the file with the name that a client likes most, held for the caller. vary says that another client could get
// another one.
func (d *Dir) find(name []byte, r ranks) (v *version, vary bool, err Error) {
	now := d.clock()
	d.cache.sweep(now)
	e := d.cache.get(name)
	if e != nil {
		if e.mu.Lock(); e.dead {
			e.mu.Unlock()
			e = nil
		}
	}
	if e == nil {
		e = &entry{name: string(name), dead: true}
		e.mu.Lock()
	}
	v, vary, err = d.choose(e, r, now)
	if e.dead {
		e.drop()
	}
	e.mu.Unlock()
	return v, vary, err
}

// choose brings a locked entry up to date if it has to be, and chooses one of its versions.
//
// A descriptor shows what was done to its file at once, what is in memory only when the disk is asked. So a change in place is
// seen before anything of a large file is sent, and everything else within maxAge.
func (d *Dir) choose(e *entry, r ranks, now time.Duration) (v *version, vary bool, err Error) {
	for again := false; ; again = true {
		if again || e.dead || now-e.checked >= maxAge {
			if err := d.update(e, now); err != 0 {
				return nil, false, err
			}
		}
		v, vary = r.choose(&e.versions), e.versions[codingGzip] != nil || e.versions[codingBrotli] != nil
		if v == nil {
			return nil, vary, errCoding
		}
		if again || v.f == nil || v.intact() {
			break
		}
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	v.hold()
	return v, vary, 0
}

// update compares a locked entry with the disk, and loads it where it differs. An entry that is dead afterwards holds what it
// has for this request alone.
func (d *Dir) update(e *entry, now time.Duration) Error {
	if !e.dead && !e.fresh && d.unchanged(e) {
		e.checked = now
		return 0
	}
	versions, seen, err := d.load(e.name)
	for tries := 1; err == errCrowded || err == errChanging && tries < readTries; tries++ {
		versions, seen, err = d.load(e.name)
	}
	if err != 0 {
		d.cache.take(e)
		e.dead = true
		return err
	}
	e.fresh = false
	for c, v := range versions {
		old := e.versions[c]
		if v != nil && old != nil {
			if v.etag == old.etag {
				v, old = old, v
			} else {
				v.twice = v.unix == old.unix
			}
		}
		old.release()
		e.versions[c] = v
		e.fresh = e.fresh || v != nil && v.id.changed.age(time.Now()) < settled
	}
	e.seen, e.checked = seen, now
	e.dead = !d.cache.put(e)
	return 0
}

// unchanged reports whether all that an entry has seen is still there as it was.
func (d *Dir) unchanged(e *entry) bool {
	w, err := d.folder(e.name)
	if err != nil {
		return false
	}
	defer w.close()
	for c := range codingCount {
		p, _ := d.look(&w, c)
		p.close()
		if p.identity() != e.seen[c] {
			return false
		}
	}
	return true
}

// load opens the file with the name in all codings that there are. One that is older than the file itself is of an older
// version, and left out. Where it cannot be known whether there is one, that is an error: who is sent another one would be told that it is all
// there is.
func (d *Dir) load(name string) (versions [codingCount]*version, seen [codingCount]identity, err Error) {
	w, e := d.folder(name)
	if e != nil {
		return versions, seen, d.reason(e)
	}
	defer w.close()
	for c := range codingCount {
		v, id, err := d.open(&w, c)
		seen[c], versions[c] = id, v
		switch {
		case c != codingIdentity && (err == errNotFound || err == errFolder || err == ErrNotRegular):
		case err != 0:
			for _, v := range versions {
				v.release()
			}
			return [codingCount]*version{}, seen, err
		case v.unix < versions[codingIdentity].unix:
			v.release()
			versions[c] = nil
		}
	}
	return versions, seen, 0
}

// look finds the regular file that has a name in one coding. The place is to be closed.
func (d *Dir) look(w *way, c coding) (place, Error) {
	p, err := w.follow(codings[c].suffix)
	switch {
	case err != nil:
		return place{}, d.reason(err)
	case p.info.Mode().IsRegular():
		return p, 0
	}
	p.close()
	if p.info.IsDir() {
		return place{}, errFolder
	}
	return place{}, ErrNotRegular
}

// open opens the file that has a name in one coding. What it is comes first: to open a device may do something to it.
func (d *Dir) open(w *way, c coding) (v *version, id identity, err Error) {
	p, err := d.look(w, c)
	if err != 0 {
		return nil, id, err
	}
	defer p.close()
	id = p.identity()
	f, e := p.open()
	if e != nil {
		return nil, id, d.reason(e)
	}
	if v, e = newVersion(f, w.rest, c, smallSize); e != nil {
		f.Close()
		return nil, id, d.reason(e)
	}
	return v, v.id, 0
}

// reason says what an error of the system means for a request. Where descriptors are short, some of those that are kept for later
// go: errCrowded, as long as there are any.
func (d *Dir) reason(err error) Error {
	if e, ok := err.(Error); ok {
		return e
	}
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		if d.cache.shed() {
			return errCrowded
		}
		return ErrUnreadable
	case errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EIO):
		return ErrUnreadable
	}
	return errNotFound
}
