package model

import (
	"math"
	"time"
)

// Window is how much of the field's work is carried by phones: the days around today in which a job is on the devices of
// whoever works on it. What it means for one job is said in sync/access. The zero Window leaves everything in.
type Window struct {
	Past   int64  // days that a job stays once it is over
	Future int64  // days ahead that a job comes in
	Zone   string // in which days begin and end, by its IANA name; empty: UTC
}

// MaxWindowDays bounds both sides of a window: more than a year of work is an archive, which belongs to the office.
const MaxWindowDays = 400

// DefaultWindow is what a new company starts with.
func DefaultWindow() Window { return Window{Past: 14, Future: 30, Zone: "UTC"} }

// Day is a day of the calendar, counted from 1 January 1970, in the zone of whoever counts.
type Day int32

// NoDay is none: before every other.
const NoDay Day = math.MinInt32

// farDay bounds days, so that some can be added to any: millions of years.
const farDay = 1 << 30

// DayOf is the day of an instant in a zone; nil: UTC.
func DayOf(at Instant, zone *time.Location) Day {
	const second, day = 1000, 24 * 3600
	seconds := int64(at) / second
	if int64(at)%second < 0 {
		seconds--
	}
	if zone != nil {
		_, offset := time.Unix(seconds, 0).In(zone).Zone()
		seconds += int64(offset)
	}
	days := seconds / day
	if seconds%day < 0 {
		days--
	}
	return Day(max(-farDay, min(farDay, days)))
}

// String is the day as 2026-03-01; empty for NoDay.
func (d Day) String() string {
	if d == NoDay {
		return ""
	}
	return time.Unix(int64(d)*24*3600, 0).UTC().Format(time.DateOnly)
}
