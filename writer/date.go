package writer

import "encoding/binary"

const (
	datePrefix   = "Date: "
	dateSize     = len("Sun, 06 Nov 1994 08:49:37 GMT")
	dateLineSize = len(datePrefix) + dateSize + 2

	secondsPerDay = 24 * 60 * 60
	minDate       = -62135596800 // 0001-01-01 00:00:00
	maxDate       = 253402300799 // 9999-12-31 23:59:59
)

// Date renders the Date field line (RFC 9110 section 6.6.1) at most once per second, so that a server pays for it once and
// copies it afterwards. The zero Date is ready. It is for one goroutine at a time.
type Date struct {
	unix int64
	line [dateLineSize]byte // line[0] is 0 until the first call
}

// Line returns "Date: Sun, 06 Nov 1994 08:49:37 GMT" CRLF for a time in seconds since 1970, borrowed until the next call.
func (d *Date) Line(unix int64) []byte {
	if d.unix != unix || d.line[0] == 0 {
		d.render(unix)
	}
	return d.line[:]
}

func (d *Date) render(unix int64) {
	d.unix = unix
	copy(d.line[:], datePrefix)
	putDate((*[dateSize]byte)(d.line[len(datePrefix):]), unix)
	copy(d.line[dateLineSize-2:], "\r\n")
}

// AppendDate appends a time in seconds since 1970 as an IMF-fixdate (RFC 9110 section 5.6.7), such as
// "Sun, 06 Nov 1994 08:49:37 GMT". The form has four digits for the year: a time outside the years 1 to 9999 becomes the
// nearest one inside.
func AppendDate(dst []byte, unix int64) []byte {
	var b [dateSize]byte
	putDate(&b, unix)
	return append(dst, b[:]...)
}

// putDate counts days from the 1st of March of the year 0, so that the leap day is the last of its year, and
// cuts them into eras of 400 years (146097 days), which repeat exactly.
func putDate(b *[dateSize]byte, unix int64) {
	unix = min(max(unix, minDate), maxDate)
	sinceMarch := unix + 719468*secondsPerDay // positive
	days, seconds := uint32(sinceMarch/secondsPerDay), uint32(sinceMarch%secondsPerDay)

	era, dayOfEra := days/146097, days%146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	month := (5*dayOfYear + 2) / 153 // 0 is March
	day := dayOfYear - (153*month+2)/5 + 1
	year := era*400 + yearOfEra
	if month >= 10 {
		year++
	}

	copy(b[:], "Sun, 00 Jan 0000 00:00:00 GMT")
	copy(b[0:3], "WedThuFriSatSunMonTue"[days%7*3:]) // the first day was a Wednesday
	put2(b[5:7], day)
	copy(b[8:11], "MarAprMayJunJulAugSepOctNovDecJanFeb"[month*3:])
	put2(b[12:14], year/100)
	put2(b[14:16], year%100)
	put2(b[17:19], seconds/3600)
	put2(b[20:22], seconds/60%60)
	put2(b[23:25], seconds%60)
}

func put2(b []byte, n uint32) { b[0], b[1] = '0'+byte(n/10), '0'+byte(n%10) }

// isDateLine reports whether b has the shape of a Date line and only visible octets and SP in its value, so that it cannot be
// a line more than it should be. The value is the last 29 of the 32 octets that four words cover; a word has an octet below
// 0x20, or above 0x7e, where a subtraction, an addition or nothing at all leaves bit 7 set.
func isDateLine(b []byte) bool {
	if len(b) != dateLineSize || string(b[:6]) != datePrefix || string(b[dateLineSize-2:]) != "\r\n" {
		return false
	}
	const ones = 0x0101010101010101
	var bad uint64
	for words := b[dateLineSize-2-32 : dateLineSize-2]; len(words) >= 8; words = words[8:] {
		w := binary.LittleEndian.Uint64(words)
		bad |= w | (w - 0x20*ones) | (w + ones)
	}
	return bad&(0x80*ones) == 0
}
