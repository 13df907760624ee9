// Package files sends files: those of a directory, or one that somebody has opened. It answers what HTTP lets a client ask of a file
// (only if it has changed, only a part, compressed) and never sends octets of two versions as one.
//
//	d, err := files.New("public")
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer d.Close()
//	m := route.New()
//	m.Get("/files/*", d.ServeHTTP)                  // public/css/a.css is /files/css/a.css
//	m.Get("/favicon.ico", d.One("img/favicon.ico")) // one of them by another name
//
// [One] does the same for a file that is anywhere, and [Send] for one that the handler has opened itself, without a cache.
//
// # Versions
//
// A version is a file as it was at one moment, with all that is said about it: size, entity-tag, date, media type. The entity-tag is
// a strong one (RFC 9110 section 8.8.1): a hash of inode, size, times of modification and change in nanoseconds and, for small
// files, the octets. It is made from the very descriptor that the octets come from, which is looked at again before they are
// believed, so content and tag belong together. A write that is under way when a file is opened is waited for on Linux: it has given the
// file its times already, and not yet all of its octets.
//
//	┌─────┐ name ┌───────┐ coding ┌─────────┐        ┌──────────────────────────────┐
//	│ Dir │ ───► │ entry │ ─────► │ version │ ─────► │ up to 64 KiB: octets         │
//	└─────┘      └───────┘  up to └─────────┘        │ more:         a descriptor   │
//	              1 for each  3    held by the entry └──────────────────────────────┘
//	              file asked for   and by each request that sends it
//
// A version never changes. When the file does, the entry gets a new version and lets go of the old one; the last one to let go closes
// the descriptor. So a response goes on with the version that it has begun with, even when the cache is closed beneath it.
//
// # The cache
//
// An entry is compared with the disk when it is asked for and the last time is a second ago: the way to its folder is gone again, and three
// names are looked at, that of the file and those of its two compressed forms. Nothing watches the disk meanwhile, and no goroutine belongs
// to a Dir. So a change is seen within a second, whatever it is: other octets in the same second and of the same size have another time of
// change, and where the clock of a file system stands still between two changes, files that were changed less than two seconds ago are read
// again. A large file is looked at for each request, through its descriptor, so changes in place are seen at once.
//
//	           asked for            a second has passed
//	(absent) ───────────► ┌───────┐ ───────────────────► ┌──────────┐
//	    ▲     read/opened │ valid │                      │ compared │
//	    │                 └───────┘ ◄─────────────────── └──────────┘
//	    │  evicted, idle,     │       as it was, or             │
//	    └─────────────────────┘       read/opened anew          │ gone
//	    ▲                                                       │
//	    └───────────────────────────────────────────────────────┘
//
// What is kept is bounded: 16 MiB of octets, names and entries, and 256 descriptors beside those of responses under way. Beyond that the
// entry goes that was not asked for the longest, nearly: a hand goes round and takes the first one that was not used since it
// came by. An entry that nobody asked for in ten seconds goes, too, while anything is asked for, so that a file that was
// removed frees its disk. Where the process is out of descriptors, those that are kept make room. That there is no such
// file is never kept, so names that nobody has cost a stat and no room.
//
// A request for what is in the cache allocates nothing: small or large, whole, a range, HEAD or 304.
//
// # Conditions
//
// Preconditions are evaluated in the order of RFC 9110 section 13.2.2, once it is known that there is a file:
//
//	If-Match? ──yes──► strong comparison ──none matches──► 412
//	    │no                   │one matches, or *
//	    ▼                     │
//	If-Unmodified-Since? ─yes─│─► modified since ────────► 412
//	    │no, or not a date    │         │not since
//	    ▼◄────────────────────┴─────────┘
//	If-None-Match? ──yes──► weak comparison ──one matches, or *──► 304
//	    │no                       │none matches
//	    ▼                         │
//	If-Modified-Since? ──yes──────│──► not modified since ──► 304
//	    │no, or not a date        │           │since
//	    ▼◄────────────────────────┴───────────┘
//	Range, and GET? ──yes──► If-Range? ──yes──► strong comparison
//	    │no                      │no                │matches      │differs
//	    │                        ▼◄─────────────────┘             │
//	    │                    206, 416, or not a range ──┐         │
//	    ▼◄──────────────────────────────────────────────┴─────────┘
//	   200
//
// Dates are accepted in all three forms; one that is none counts as if the field were absent, as does a second line of such a field. A
// date tells versions apart only if they are not of the same second. So a file has no Last-Modified until two seconds after it was
// modified, when nobody can make another version of that second any more; a condition on that very date comes out as if the file had been
// modified since.
//
// # Ranges
//
// One range is answered with its octets and Content-Range, several as multipart/byteranges with the Content-Length of it all. Those
// that overlap or touch are joined where the first of them stands, so a response is never larger than the file and the heads
// of its parts. A Range field is ignored, and the whole sent, where it is malformed (backwards, say), in other units than bytes, on two lines,
// of more than 64 ranges, or of several ranges of a compressed form. What is valid and not there is answered with 416. Of an empty file
// there is no range to speak of: a suffix of it is the whole, with 200.
//
// # Codings
//
// If there is a.css.br or a.css.gz beside a.css, and the client likes it at least as much by its Accept-Encoding, that is sent in place
// of a.css, with Content-Encoding and an entity-tag of its own; all responses about a.css then say Vary: Accept-Encoding. A
// form that is older than its original by a second or more is left out. Nothing is compressed here. Where a client refuses all there is, with
// identity;q=0, the answer is 406.
//
// # Paths
//
// The path is percent-decoded once and then looked up below the directory. Nothing is cleaned or guessed: what is not the name of a file is
// answered with 404, like a file that is not there. That goes for segments that are empty or start with a dot, for NUL, backslashes
// and encoded slashes, and for pipes, sockets and devices. Folders are never listed: with a slash at its
// end a path is that of the folder's index.html, without one it is redirected there.
//
// Symbolic links are followed, 40 of them, as long as they stay inside and show nothing that is hidden: one that is absolute, goes up
// beyond the directory, or names anything that begins with a dot is answered with 404. The way is gone name by name with [os.Root], and
// what is opened is what was looked at, so nobody who exchanges files and links meanwhile leads a request astray.
//
//	name ──► "..": back, by what the way says; 404 at the top
//	    ──► link: what it says comes next, before the rest; 404 if that is absolute or hidden, or it is the 41st
//	    ──► folder, and there is more: opened, and compared with what was looked at
//	    ──► anything else, and there is more: 404
//	    ──► the last one: a file is opened, and compared
//
// The media type is that of the extension. Without one that is known, the first octets are compared with a few signatures; nothing is ever taken
// for HTML or a script because of what is in it.
//
// # Sending
//
// Small files are written from memory. Large ones go out by Response.SendFile, which is sendfile(2) on plain TCP, 16 MiB at a time; between
// the pieces, and before the last 16 KiB, which are read and held back for that, the file is looked at again. If it has been written to,
// or cut, the response is broken off: who has received as much as Content-Length says has received one version. Being replaced
// by rename, or removed, does a response under way no harm, and is the way to change what is being served.
//
// One gap is left to the kernel. What sendfile(2) has given to a socket are the very pages of the file, and they change with it until the client has
// got them: usually one or two round trips after the last look, longer if the client pauses. So a client can get octets of two versions if
// in that time the file is written to where it is and at its size, as rsync --inplace or a database do. To empty the file first, as cp,
// editors and shells do, takes the pages away from the file and not from the socket. To close the gap would be to copy all that a socket may hold, which is
// megabytes, or to let each response wait for the client to confirm the last piece, which some do only after 40 ms. Where files are written to
// like that, replace them by rename, or serve them over TLS, where octets are copied. What is written through
// a memory mapping shows in the times of a file only later, and is never safe.
//
// # Blocking
//
// Routes are to be of the default kind, which may block: a disk can. For a small set of small files, on a disk that answers at once, an
// Inline route is worth trying: what is in memory is sent without a system call for the file, and once in a second the disk is
// looked at before. A disk that hangs then holds up the event loop until its watchdog gives the loop to another goroutine.
//
// # References
//
// RFC 9110 sections 8.8 (validators), 12.5.3 (Accept-Encoding), 13 (conditions), 14 (ranges).
package files
