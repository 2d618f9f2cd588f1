package model_test

import (
	"testing"
	"time"
	_ "time/tzdata" // zones where the system has none

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestDayOf: a day begins at midnight of its zone, also where clocks are changed and before 1970.
func TestDayOf(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		at   string
		zone *time.Location
		want string
	}{
		{"2026-03-01T23:59:59.999Z", nil, "2026-03-01"},
		{"2026-03-02T00:00:00Z", nil, "2026-03-02"},
		{"2026-03-28T23:59:59Z", london, "2026-03-28"},
		{"2026-03-29T22:59:59Z", london, "2026-03-29"},
		{"2026-03-29T23:00:00Z", london, "2026-03-30"},
		{"2026-10-25T23:59:59Z", london, "2026-10-25"},
		{"1969-12-31T23:59:59.999Z", nil, "1969-12-31"},
		{"1970-01-01T00:00:00Z", time.FixedZone("", -1), "1969-12-31"},
		{"2026-03-01T10:00:00Z", time.FixedZone("", 14*3600), "2026-03-02"},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := model.DayOf(model.Instant(at.UnixMilli()), test.zone); got.String() != test.want {
			t.Errorf("%s in %v is %s, want %s", test.at, test.zone, got, test.want)
		}
	}
	if far := model.DayOf(1<<62, nil) + model.MaxWindowDays; far < 1<<30 {
		t.Errorf("the end of time is day %d: it must not overflow", far)
	}
	if got := model.NoDay.String(); got != "" {
		t.Errorf("no day is %q", got)
	}
}
