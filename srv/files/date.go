package files

import "time"

// parseDate reads an HTTP-date in any of its three forms (RFC 9110 section 5.6.7) and returns it in seconds since 1970:
//
//	Sun, 06 Nov 1994 08:49:37 GMT   IMF-fixdate
//	Sunday, 06-Nov-94 08:49:37 GMT  RFC 850
//	Sun Nov  6 08:49:37 1994        asctime
//
// It is strict but for one thing: the name of the day need not be right.
func parseDate(b []byte) (unix int64, ok bool) {
	var d date
	switch n := dayName(b); {
	case n == 0:
		return 0, false
	case len(b) == len("Sun, 06 Nov 1994 08:49:37 GMT") && n == 3 && b[3] == ',':
		ok = d.read(b[3:], ", dd mmm yyyy HH:MM:SS GMT")
	case len(b) == len("Sun Nov  6 08:49:37 1994") && n == 3:
		ok = d.read(b[3:], " mmm _d HH:MM:SS yyyy")
	default:
		if ok = n > 3 && d.read(b[n:], ", dd-mmm-yy HH:MM:SS GMT"); ok {
			d.century(time.Now().Year())
		}
	}
	return d.unix(), ok && d.valid()
}

var dayNames = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// dayName returns how many octets at the start of b name a day: 3 for the short form, 0 for none.
func dayName(b []byte) int {
	for _, name := range dayNames {
		if len(b) > len(name) && string(b[:len(name)]) == name {
			return len(name)
		}
		if len(b) > 3 && string(b[:3]) == name[:3] && b[3]|0x20 < 'a' {
			return 3
		}
	}
	return 0
}

type date struct{ year, month, day, hour, minute, second int }

// read reads b by a pattern: d is a digit of the day, m a letter of the month, y, H, M and S are digits, _ is a digit or a space, and
// anything else is itself.
func (d *date) read(b []byte, pattern string) bool {
	if len(b) != len(pattern) {
		return false
	}
	for i := 0; i < len(pattern); i++ {
		digit := int(b[i]) - '0'
		var field *int
		switch c := pattern[i]; c {
		case 'd':
			field = &d.day
		case 'y':
			field = &d.year
		case 'H':
			field = &d.hour
		case 'S':
			field = &d.second
		case '_':
			if b[i] == ' ' {
				continue
			}
			field = &d.day
		case 'M':
			if i > 0 && pattern[i-1] == 'G' { // GMT
				break
			}
			field = &d.minute
		case 'm':
			if d.month = monthOf(b[i : i+3]); d.month == 0 {
				return false
			}
			i += 2
			continue
		}
		switch {
		case field == nil && b[i] != pattern[i], field != nil && (digit < 0 || digit > 9):
			return false
		case field != nil:
			*field = *field*10 + digit
		}
	}
	return true
}

func monthOf(b []byte) int {
	for i := 0; i < len(monthNames); i += 3 {
		if string(b) == monthNames[i:i+3] {
			return i/3 + 1
		}
	}
	return 0
}

// century makes a year of two digits one of four: in this century, or in the last if it were more than 50 years ahead.
func (d *date) century(now int) {
	d.year += now - now%100
	if d.year > now+50 {
		d.year -= 100
	}
}

func (d *date) valid() bool {
	days := 31
	switch d.month {
	case 4, 6, 9, 11:
		days = 30
	case 2:
		days = 28
		if d.year%4 == 0 && (d.year%100 != 0 || d.year%400 == 0) {
			days = 29
		}
	}
	return d.day >= 1 && d.day <= days && d.hour < 24 && d.minute < 60 && d.second <= 60 // a leap second
}

// unix counts days from the 1st of March of the year 0, so that the leap day is the last of its year.
func (d *date) unix() int64 {
	year, month := int64(d.year), int64(d.month)-3
	if month < 0 {
		year, month = year-1, month+12
	}
	// A year before 0 is the 1st of January or so of the year 0; the division has to round down.
	era := (year + 400) / 400
	year -= (era - 1) * 400
	days := (era-1)*146097 + year*365 + year/4 - year/100 + (153*month+2)/5 + int64(d.day) - 1 - 719468
	return ((days*24+int64(d.hour))*60+int64(d.minute))*60 + int64(d.second)
}
