// Package hdr stores field lines: names and values of HTTP header and trailer sections.
//
// # Fields
//
// A field line is a name, a colon and a value (RFC 9112 section 5). Names are tokens and are compared without regard to
// case (RFC 9110 section 5.1). Values are visible ASCII, spaces, tabs and octets above 0x7f; white space around a value is
// not part of it (section 5.5). Nothing else gets in: CR, LF and NUL end a line early in somebody's parser, and that is how
// a response is split in two.
//
// A name may come on several lines. Their order counts, and for a field that is a list the lines mean the same as one
// line with the values joined by commas (section 5.3). Set-Cookie is the exception: its values contain commas, so that its
// lines are never joined.
//
// # Two stores
//
// What is received and what is sent have different owners, hence two types.
//
//	received   Index + View   offsets into a buffer that somebody else owns; nothing is copied; read-only
//	sent       Set            owns its octets, ready to go out; get, set, replace, delete, parse, iterate
//
// An [Index] is filled by a parser, line by line or many at once ([Index.Raw]), and keeps two 16-bit offsets for each line: where the colon
// is and where the CR is. There is no pointer in it, so that the buffer can move or grow as long as the section is incomplete. When it is
// complete, the names are folded to lower case in place ([Index.Fold]), the well-known ones are noted ([Index.Note]), and
// [Index.View] joins index and buffer:
//
//	Host: example.org CR LF Accept: text/html CR LF CR LF
//	^   ^             ^     ^     ^           ^
//	|   colon         cr    |     colon       cr
//	start                   cr + 2
//
// A [Set] keeps its lines one after the other in the form in which they go out, so that writing a section is one copy.
// Names keep the spelling that they were given. Every octet is checked on the way in, so that none is looked at on the
// way out.
//
// # Why there is no map
//
// A request has a dozen fields, seldom more than thirty. A comparison of names stops at their sizes most of the time, so that
// a search in so few lines costs less than one hash of the name, and it keeps the order, the repetitions and the spelling,
// which a map loses. It also allocates nothing, and nobody can choose names that collide.
//
// The names that a server itself asks for, such as Host, are not even searched: each of the well-known ones has an
// [ID], a small integer found by one multiplication and one comparison ([Lookup]), and each section has a bitmap of those
// it holds. [View.Has] and [Set.Seen] are single tests, [View.ByID] a look-up.
//
// # Lists
//
// [NextElement] cuts a comma-separated list, and knows that a comma in a quoted string does not separate. [View.List] does so
// over all lines with a name. Empty elements are left out there, as RFC 9110 section 5.6.1.2 asks of a recipient.
//
// # Lifetimes
//
// Every slice that a View returns aliases the buffer behind it and lives as long as that buffer's content; copy what is to be kept
// with bytes.Clone. A slice from a Set lives until the Set changes, though it may be handed to a method of the same Set, which
// copies it in time. All of them are cut to their length in capacity: an append to one makes a copy instead of overwriting
// what follows it.
//
// # Bounds
//
// A section has at most [MaxCount] lines and [MaxSize] octets, which is what lets offsets fit 16 bits. Beyond that a Set
// returns [ErrSize]; for an Index the parser checks. No method allocates, except that a Set grows its memory, which it keeps
// when it is [Set.Reset].
package hdr
