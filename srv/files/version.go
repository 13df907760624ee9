package files

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"sync/atomic"
	"time"

	"barewire/writer"
)

// identity is what tells one version of a file from another without a look at its octets.
type identity struct {
	node, links       uint64
	size              int64
	modified, changed moment
}

// moment is a time of a file system: seconds since 1970, and nanoseconds.
type moment struct{ sec, nsec int64 }

// age returns how long before now it was.
func (m moment) age(now time.Time) time.Duration { return now.Sub(time.Unix(m.sec, m.nsec)) }

// A version is a file as it was at one moment: its octets or a descriptor, and what is said about them. All that it says goes
// with its octets; it never changes. It is held by an entry of the cache and by each request that sends it, and the last one to
// let it go closes the descriptor.
type version struct {
	holders  atomic.Int32
	id       identity
	f        *os.File // nil: data has it all
	data     []byte
	size     int64
	etag     string // strong
	unix     int64  // when it was modified
	modified string // unix as an HTTP-date
	media    string
	coding   coding
	twice    bool // the version before it had the same unix, so somebody has set it
}

// hold adds a holder.
func (v *version) hold() { v.holders.Add(1) }

// release takes a holder away. The version of a nil pointer has none.
func (v *version) release() {
	if v != nil && v.holders.Add(-1) == 0 && v.f != nil {
		v.f.Close()
	}
}

// newVersion describes an open file. It is held once. The octets of a file of at most small octets are read, and the file is
// closed; else the version has it. An error leaves it open.
func newVersion(f *os.File, name string, c coding, small int64) (*version, error) {
	id, regular, err := fstat(f)
	if err != nil {
		return nil, err
	}
	if !regular {
		return nil, ErrNotRegular
	}
	awaitWrite(f) // later ones show: they change the identity before an octet
	v := &version{id: id, f: f, size: id.size, unix: id.modified.sec, coding: c}
	v.holders.Store(1)
	var head [sniffSize]byte
	if id.size <= small {
		v.data = make([]byte, id.size)
		if err := v.readAll(f); err != nil {
			return nil, err
		}
		v.f = nil
	}
	if v.media = mediaOf(name); v.media == "" {
		v.media = sniff(v.start(head[:]))
	}
	v.etag = v.makeTag()
	v.modified = string(writer.AppendDate(nil, v.unix))
	if v.f == nil {
		f.Close()
	}
	return v, nil
}

// readTries is how often a file is read that changes meanwhile.
const readTries = 3

// readAll reads what is to be all of the file. That it is of one version is seen by looking at the file again.
func (v *version) readAll(f *os.File) error {
	for range readTries {
		if int64(len(v.data)) != v.id.size {
			break
		}
		n, err := f.ReadAt(v.data, 0)
		if err != nil && err != io.EOF {
			return err
		}
		after, _, err := fstat(f)
		if err != nil {
			return err
		}
		if after == v.id && n == len(v.data) {
			return nil
		}
		v.id, v.unix = after, after.modified.sec
	}
	return errChanging
}

// start returns the first octets of the content, or what is in the way of reading them.
func (v *version) start(b []byte) []byte {
	if v.f == nil {
		return v.data[:min(len(v.data), len(b))]
	}
	n, _ := v.f.ReadAt(b, 0)
	return b[:n]
}

// makeTag makes an entity-tag of all that may tell this version from another. It is hashed, since the number of an inode is
// nobody's business. The octets are in it where they are at hand, for a file system whose clock stands still between two changes.
func (v *version) makeTag() string {
	var b [8 * 9]byte
	for i, n := range []uint64{
		v.id.node, uint64(v.id.size), uint64(v.id.modified.sec), uint64(v.id.modified.nsec), uint64(v.id.changed.sec), uint64(v.id.changed.nsec),
		uint64(v.coding), uint64(crc32.Checksum(v.data, castagnoli)), uint64(len(v.data)),
	} {
		binary.LittleEndian.PutUint64(b[8*i:], n)
	}
	sum := sha256.Sum256(b[:])
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// intact reports whether the descriptor still has the octets that it was opened for. A change of the number of links, which comes
// with being replaced or removed, is none of the octets.
func (v *version) intact() bool {
	now, _, err := fstat(v.f)
	if now.links != v.id.links {
		now.links, now.changed = v.id.links, v.id.changed
	}
	return err == nil && now == v.id
}

// modifiedSince reports whether it was modified after the second t, as far as a date can tell.
func (v *version) modifiedSince(t, now int64) bool { return v.unix > t || !v.dated(now) }

// unmodifiedSince reports whether it is surely not modified after the second t: what is of that second may have another version to come.
func (v *version) unmodifiedSince(t, now int64) bool {
	return v.unix < t || v.unix == t && v.dated(now)
}

// natural reports whether the file got its date by being written: nothing has changed about it since that second, as setting the date, or
// putting it in the place of another file with that date, would have. Only then can octets be joined by the date (RFC 9110 section
// 8.8.2.2); elsewhere than on systems that keep the time of change it cannot be known.
func (v *version) natural() bool { return v.id.changed.sec == v.unix }

// dated reports whether the date of the version stands for it alone, which makes it a strong validator (RFC 9110 section 8.8.2.2): the
// second in which it was modified is over, and has been since before the disk was last looked at, so that no other version of that second
// can come, unless somebody sets the date of a file to that of another, which the cache may see. Otherwise the date is not given out. Nor is
// one in the future (section 8.8.2.1).
func (v *version) dated(now int64) bool { return now-v.unix >= 2 && !v.twice }
