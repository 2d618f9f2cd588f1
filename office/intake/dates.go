package intake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// Order is how a date of three numbers is read.
type Order uint8

// The orders. None: what the column itself tells.
const (
	None Order = iota
	DMY
	MDY
	YMD
)

// String is the order's name, as ParseOrder reads it.
func (o Order) String() string { return [...]string{"", "dmy", "mdy", "ymd"}[o] }

// ParseOrder reads dmy, mdy or ymd; nothing is None.
func ParseOrder(text string) (Order, error) {
	for o := None; o <= YMD; o++ {
		if strings.EqualFold(text, o.String()) {
			return o, nil
		}
	}
	return None, fmt.Errorf("%q is no order of dates; there are dmy, mdy and ymd", text)
}

// moment is a date, a time of day or both, as a cell says them.
type moment struct {
	year, month, day int // 0: no date
	clock            time.Duration
	timed            bool           // it has a time of day
	zone             *time.Location // nil: it says none
}

var (
	errDate  = errors.New(`is no date; write it as 2026-03-30 or 30.3.2026`)
	errClock = errors.New(`is no time of day; write it as 8:30 or 08:30:00, and an offset as +02:00`)
	errOrder = errors.New("could be two dates")
)

// readMoment reads a date with or without a time. errOrder: it depends on the order, which is None.
func readMoment(c sheet.Cell, order Order, now time.Time) (moment, error) {
	text := strings.Join(strings.Fields(strings.ReplaceAll(c.Text, "\u202f", " ")), " ")
	switch {
	case c.Kind == sheet.Time:
		return moment{}, errDate
	case strings.Trim(text, "0123456789.") == "" && strings.Count(text, ".") <= 1:
		return bareNumber(text)
	}
	date, clock := split(text)
	m, err := readDate(date, order, now)
	if err != nil || clock == "" {
		return m, err
	}
	m.timed = true
	clock, m.zone = offset(clock)
	m.clock, err = readClock(clock)
	return m, err
}

// behind is what stands behind a time that is not of the place it is read in.
var behind = regexp.MustCompile(`(?i) ?(?:(Z|UTC|GMT)|([+-])(\d\d)(?::?(\d\d))?)$`)

// offset takes the offset off a time, as 08:30:00.000+0000, 08:30:00+02 or 08:30 GMT; nil: it has none. Other names of zones
// are of several places, and no times.
func offset(clock string) (string, *time.Location) {
	found := behind.FindStringSubmatch(clock)
	if found == nil {
		return clock, nil
	}
	rest := strings.TrimSuffix(clock, found[0])
	if found[1] != "" {
		return rest, time.UTC
	}
	hours, _ := strconv.Atoi(found[3]) // they are digits
	minutes, _ := strconv.Atoi(found[4])
	if hours > 14 || minutes > 59 {
		return clock, nil
	}
	seconds := hours*3600 + minutes*60
	if found[2] == "-" {
		seconds = -seconds
	}
	return rest, time.FixedZone("", seconds)
}

// bareNumber reads 20260330, or a spreadsheet's number of a day, between 1954 and 2119.
func bareNumber(text string) (moment, error) {
	if at, err := time.Parse("20060102", text); err == nil {
		return moment{year: at.Year(), month: int(at.Month()), day: at.Day()}, nil
	}
	serial, err := strconv.ParseFloat(text, 64)
	if err != nil || serial < 20_000 || serial > 80_000 {
		return moment{}, errDate
	}
	at := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(serial))
	part := time.Duration((serial-float64(int(serial)))*86_400+0.5) * time.Second
	at = at.Add(part)
	m := moment{year: at.Year(), month: int(at.Month()), day: at.Day(), timed: strings.Contains(text, ".")}
	m.clock = at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC))
	return m, nil
}

// split takes the time off a date: what begins with digits and a colon.
func split(text string) (date, clock string) {
	if day, rest, ok := strings.Cut(text, "T"); ok && strings.Contains(rest, ":") && strings.Trim(day, "0123456789-/.") == "" {
		return day, rest
	}
	colon := strings.IndexByte(text, ':')
	if colon < 0 {
		return text, ""
	}
	space := strings.LastIndexByte(text[:colon], ' ')
	if space < 0 {
		return text, ""
	}
	return strings.TrimRight(text[:space], " ,"), text[space+1:]
}

// readDate reads a date without a time.
func readDate(text string, order Order, now time.Time) (moment, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/-. ,", r) })
	if len(parts) == 4 && weekday(parts[0]) {
		parts = parts[1:]
	}
	if len(parts) != 3 {
		return moment{}, errDate
	}
	for i, p := range parts {
		if m := month(p); m > 0 {
			return named(parts, i, m, now)
		}
	}
	var n [3]int
	for i, p := range parts {
		var err error
		if n[i], err = strconv.Atoi(p); err != nil || len(p) > 4 || len(p) == 3 {
			return moment{}, errDate
		}
	}
	switch {
	case len(parts[0]) == 4:
		return valid(n[0], n[1], n[2])
	case order == YMD && len(parts[2]) <= 2:
		return valid(century(n[0], len(parts[0]), now), n[1], n[2])
	case len(parts[1]) > 2:
		return moment{}, errDate
	}
	year := century(n[2], len(parts[2]), now)
	if strings.Contains(text, ".") {
		order = DMY // nobody writes months first with points
	}
	switch {
	case order == DMY, order == None && (n[0] > 12 || n[0] == n[1]):
		return valid(year, n[1], n[0])
	case order == MDY, order == None && n[1] > 12:
		return valid(year, n[0], n[1])
	}
	return moment{}, errOrder
}

// named reads a date with the month in words.
func named(parts []string, at, month int, now time.Time) (moment, error) {
	rest := slices.Delete(slices.Clone(parts), at, at+1)
	for i := range rest {
		rest[i] = strings.TrimRight(strings.ToLower(rest[i]), "stndrh") // 1st, 2nd, 3rd, 4th
	}
	if len(rest[0]) == 4 {
		rest[0], rest[1] = rest[1], rest[0]
	}
	day, err := strconv.Atoi(rest[0])
	year, err2 := strconv.Atoi(rest[1])
	if err != nil || err2 != nil {
		return moment{}, errDate
	}
	return valid(century(year, len(rest[1]), now), month, day)
}

// century completes a year of two digits: to one not more than twenty years ahead.
func century(year, digits int, now time.Time) int {
	if digits > 2 {
		return year
	}
	year += now.Year() / 100 * 100
	if year > now.Year()+20 {
		year -= 100
	}
	return year
}

func valid(year, month, day int) (moment, error) {
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1 || year > 9999 || int(at.Month()) != month || at.Day() != day {
		return moment{}, errors.New("is a day that there is not")
	}
	return moment{year: year, month: month, day: day}, nil
}

// month is a month by its English name or the beginning of it; 0: none.
func month(word string) int {
	word = strings.ToLower(word)
	for m := time.January; m <= time.December; m++ {
		if name := strings.ToLower(m.String()); len(word) >= 3 && (strings.HasPrefix(name, word) || word == "sept" && m == time.September) {
			return int(m)
		}
	}
	return 0
}

func weekday(word string) bool {
	word = strings.ToLower(word)
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(word) >= 2 && strings.HasPrefix(strings.ToLower(d.String()), word) {
			return true
		}
	}
	return false
}

// readClock reads a time of day.
func readClock(text string) (time.Duration, error) {
	word := strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	word = strings.Replace(strings.Replace(word, "A.M.", "AM", 1), "P.M.", "PM", 1)
	for _, layout := range []string{"15:04", "15:04:05", "15:04:05.999", "3:04PM", "3:04:05PM", "3PM"} {
		if at, err := time.Parse(layout, word); err == nil {
			return at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), nil
		}
	}
	return 0, errClock
}

// tells says what one date of a column tells of the order of all.
func tells(c sheet.Cell, now time.Time) (order Order, ambiguous bool) {
	if c.Kind != sheet.Text {
		return None, false
	}
	if _, err := readMoment(c, None, now); errors.Is(err, errOrder) {
		return None, true
	}
	date, _ := split(strings.TrimSpace(c.Text))
	parts := strings.FieldsFunc(date, func(r rune) bool { return r == '/' || r == '-' })
	if len(parts) != 3 || len(parts[0]) > 2 || strings.Contains(date, ".") {
		return None, false
	}
	a, err := strconv.Atoi(parts[0])
	b, err2 := strconv.Atoi(parts[1])
	switch {
	case err != nil || err2 != nil || a == b:
		return None, false
	case a > 12 && b <= 12:
		return DMY, false
	case b > 12 && a <= 12:
		return MDY, false
	}
	return None, false
}

// both are the two readings of a date that depends on the order.
func both(c sheet.Cell, now time.Time) (dmy, mdy string) {
	a, _ := readMoment(c, DMY, now)
	b, _ := readMoment(c, MDY, now)
	day := func(m moment) string {
		return time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC).Format("2 January 2006")
	}
	return day(a), day(b)
}

// errGap says that clocks were put forward over a time.
var errGap = errors.New("is a time that there is not: the clocks are put forward over it")

// instant is the instant of a moment in a zone. twice: the clocks are put back over it, and this is the first of the two.
func (m moment) instant(zone *time.Location) (at time.Time, twice bool, err error) {
	if m.zone != nil {
		zone = m.zone
	}
	wall := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC).Add(m.clock)
	var found []time.Time
	for _, hours := range []time.Duration{-30, -3, 0, 3, 30} { // an offset that is in force near by
		_, offset := wall.Add(hours * time.Hour).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if _, is := t.In(zone).Zone(); is == offset && !slices.ContainsFunc(found, t.Equal) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return at, false, errGap
	}
	return slices.MinFunc(found, time.Time.Compare), len(found) > 1, nil
}
