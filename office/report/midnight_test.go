package report_test

import (
	"testing"
	"time"
	_ "time/tzdata" // zones where the system has none

	"github.com/fieldsync/fieldsync/office/report"
)

// TestMidnight: days begin where clocks say so, also where there is no midnight, or two, or no such day.
func TestMidnight(t *testing.T) {
	for _, c := range []struct{ zone, day, want, why string }{
		{"UTC", "2026-03-01", "2026-03-01T00:00:00Z", "an ordinary day"},
		{"Europe/London", "2026-03-30", "2026-03-29T23:00:00Z", "behind a day of 23 hours"},
		{"Europe/London", "2026-10-26", "2026-10-26T00:00:00Z", "behind a day of 25 hours"},
		{"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "clocks are put forward over midnight"},
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "midnight is there twice: the first one counts"},
		{"Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00:00Z", "behind a day of 23 and a half hours"},
		{"Asia/Kathmandu", "2026-03-01", "2026-02-28T18:15:00Z", "an offset of three quarters of an hour"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "a day that there was not begins with the next"},
		{"Pacific/Kiritimati", "2026-03-01", "2026-02-28T10:00:00Z", "the earliest day of all"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Midnight(day, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s (%s) begins at %s, want %s", c.day, c.zone, c.why, got, c.want)
		}
	}
}
