package intake_test

import (
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/office/intake"
	"github.com/fieldsync/fieldsync/office/sheet"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDates(t *testing.T) {
	for _, c := range []struct {
		text  string
		order intake.Order
		want  string // empty: it is none
		why   string
	}{
		{"2026-03-30", intake.None, "2026-03-30T00:00:00Z", "ISO"},
		{"2026/3/5", intake.MDY, "2026-03-05T00:00:00Z", "a year in front is never anything else"},
		{"2026-03-30 08:30", intake.None, "2026-03-30T08:30:00Z", "with a time"},
		{"2026-03-30T08:30:15", intake.None, "2026-03-30T08:30:15Z", "with a T"},
		{"2026-03-30T08:30:00+02:00", intake.None, "2026-03-30T06:30:00Z", "an offset of its own"},
		{"2026-03-30 08:30:00Z", intake.None, "2026-03-30T08:30:00Z", "UTC"},
		{"2026-03-30 08:30:00+02", intake.None, "2026-03-30T06:30:00Z", "an offset as databases write it"},
		{"2026-03-30T08:30:00.000+0000", intake.None, "2026-03-30T08:30:00Z", "as other services write it"},
		{"2026-03-30 08:30:00 -0330", intake.None, "2026-03-30T12:00:00Z", "behind a space"},
		{"30/03/2026 8:30 PM +02:00", intake.None, "2026-03-30T18:30:00Z", "an offset of any date"},
		{"Mon, 30 Mar 2026 08:30:00 GMT", intake.None, "2026-03-30T08:30:00Z", "of mail programs"},
		{"2026-03-30 08:30 utc", intake.None, "2026-03-30T08:30:00Z", "in small letters"},
		{"2026-03-30 08:30 CST", intake.None, "", "a zone's short name is of several places"},
		{"2026-03-30 08:30+15:00", intake.None, "", "no such offset"},
		{"30/03/2026", intake.None, "2026-03-30T00:00:00Z", "no month 30"},
		{"03/30/2026 5:45 PM", intake.None, "2026-03-30T17:45:00Z", "American, with an afternoon"},
		{"03/04/2026", intake.None, "", "two readings"},
		{"03/04/2026", intake.DMY, "2026-04-03T00:00:00Z", "as told"},
		{"03/04/2026", intake.MDY, "2026-03-04T00:00:00Z", "as told"},
		{"04/04/2026", intake.None, "2026-04-04T00:00:00Z", "two readings that are the same"},
		{"3.4.2026", intake.None, "2026-04-03T00:00:00Z", "points are days first"},
		{"3.4.2026", intake.MDY, "2026-04-03T00:00:00Z", "whatever is told"},
		{"30-03-26", intake.None, "2026-03-30T00:00:00Z", "a year of two digits"},
		{"30-03-98", intake.None, "1998-03-30T00:00:00Z", "of the last century"},
		{"26/03/05", intake.YMD, "2026-03-05T00:00:00Z", "year first"},
		{"1 Mar 2026", intake.None, "2026-03-01T00:00:00Z", "a month in letters"},
		{"01-Mar-26", intake.None, "2026-03-01T00:00:00Z", "as old programs write it"},
		{"March 1st, 2026", intake.None, "2026-03-01T00:00:00Z", "as people write it"},
		{"Mon, 30 Mar 2026 08:30:00", intake.None, "2026-03-30T08:30:00Z", "as mail programs write it"},
		{"20260330", intake.None, "2026-03-30T00:00:00Z", "without separators"},
		{"46111", intake.None, "2026-03-30T00:00:00Z", "a spreadsheet's number"},
		{"46111.354166667", intake.None, "2026-03-30T08:30:00Z", "with a time"},
		{"30/02/2026", intake.None, "", "no such day"},
		{"30/03/2026", intake.MDY, "", "no such month, as told"},
		{"2026-03-30 25:00", intake.None, "", "no such hour"},
		{"tomorrow", intake.None, "", "no date"},
		{"12", intake.None, "", "a number that is none"},
		{"8:30", intake.None, "", "a time alone"},
		{"1/2", intake.DMY, "", "half a date"},
	} {
		got, err := intake.Instant(sheet.Cell{Text: c.text}, c.order, now, time.UTC)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q %s (%s) = %s, %v; want %s", c.text, c.order, c.why, got, err, c.want)
		}
	}
	if got, err := intake.Instant(sheet.Cell{Text: "2026-03-30 08:30:00", Kind: sheet.Date}, intake.None, now, time.UTC); got != "2026-03-30T08:30:00Z" {
		t.Errorf("a workbook's date = %s, %v", got, err)
	}
	if _, err := intake.Instant(sheet.Cell{Text: "08:30:00", Kind: sheet.Time}, intake.None, now, time.UTC); err == nil {
		t.Error("a workbook's time of day is taken for a date")
	}
}

func TestWhatDatesTell(t *testing.T) {
	for text, want := range map[string]string{
		"30/03/2026": "dmy", "03/30/2026": "mdy", "03/04/2026": "unclear", "04/04/2026": "", "3.4.2026": "", "2026-03-04": "",
		"1 Mar 2026": "", "30/03/2026 08:00": "dmy", "99/99/2026": "", "text": "", "46111": "",
	} {
		if got := intake.Tells(sheet.Cell{Text: text}, now); got != want {
			t.Errorf("%q tells %q, want %q", text, got, want)
		}
	}
	if got := intake.Tells(sheet.Cell{Text: "2026-03-30", Kind: sheet.Date}, now); got != "" {
		t.Errorf("a workbook's date tells %q", got)
	}
}

// TestE5_ClockChanges: times that there are not, and times that there are twice, in zones of every kind.
func TestE5_ClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/London", "2026-03-29 00:59", "2026-03-29T00:59:00Z"},
		{"Europe/London", "2026-03-29 01:30", ""},
		{"Europe/London", "2026-03-29 02:00", "2026-03-29T01:00:00Z"},
		{"Europe/London", "2026-10-25 01:30", "2026-10-25T00:30:00Z twice"},
		{"Europe/London", "2026-10-25 02:00", "2026-10-25T02:00:00Z"},
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00Z twice"},
		{"America/New_York", "2026-03-08 02:30", ""},
		{"Pacific/Auckland", "2026-04-05 02:30", "2026-04-04T13:30:00Z twice"},
		{"Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00Z twice"},
		{"Australia/Lord_Howe", "2026-10-04 02:15", ""},
		{"Pacific/Apia", "2011-12-30 12:00", ""}, // a day that was left out
		{"Asia/Kolkata", "2026-03-29 01:30", "2026-03-28T20:00:00Z"},
		{"Europe/London", "2026-03-29 01:30+01:00", "2026-03-29T00:30:00Z"},
	} {
		got, err := intake.Instant(sheet.Cell{Text: c.text}, intake.None, now, zone(t, c.zone))
		if c.want == "" && err == nil || c.want != "" && got != c.want {
			t.Errorf("%s in %s = %s, %v; want %s", c.text, c.zone, got, err, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		d    intake.Decimal
		want string
	}{
		{"1234.5", 0, "1234.5"},
		{"1234,5", 0, "1234.5"},
		{"1,234.56", 0, "1234.56"},
		{"1.234,56", 0, "1234.56"},
		{"1.234.567", 0, "1234567"},
		{"1,234", 0, ""},
		{"1,234", intake.Point, "1234"},
		{"1,234", intake.Comma, "1.234"},
		{"1.234", intake.Comma, "1234"},
		{"0,125", 0, "0.125"},
		{"£1,234.50", 0, "1234.50"},
		{"1.234,50 €", 0, "1234.50"},
		{"EUR -5,00", 0, "-5.00"},
		{"-£5.00", 0, "-5.00"},
		{"(12.50)", 0, "-12.50"},
		{"12.50-", 0, "-12.50"},
		{"1'234.50", 0, "1234.50"},
		{"1 234,50", 0, "1234.50"},
		{"+7", 0, "7"},
		{".5", 0, "0.5"},
		{"", 0, ""},
		{"12.5.3", 0, ""},
		{"1,23,456.00", 0, ""},
		{"12x", 0, ""},
		{"1,2", intake.Point, ""},
	} {
		got, err := intake.Number(c.text, c.d)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q with %q = %q, %v; want %q", c.text, c.d, got, err, c.want)
		}
	}
	for text, want := range map[string]string{"1,234": "unclear", "1.234,5": ",", "1,234.5": ".", "1.234.567": ",", "12,50": ",", "12.50": ".", "7": "", "x": ""} {
		if got := intake.TellsDecimal(text); got != want {
			t.Errorf("%q tells %q, want %q", text, got, want)
		}
	}
}

func TestMinutes(t *testing.T) {
	for text, want := range map[string]string{
		"90": "90", "90.0": "90", "1:30": "90", "01:30:00": "90", "25:30:00": "1530", "1h": "60", "1.5 h": "90", "1,5 Std": "90",
		"1h 30m": "90", "45 min": "45", "2 hours": "120", "": "", "soon": "", "-5": "", "1:75": "", "1:30:20": "",
	} {
		got, err := intake.Minutes(text)
		if want != "" && got != want || (err == nil) != (want != "") {
			t.Errorf("%q = %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestYesNo(t *testing.T) {
	for text, want := range map[string]string{"Yes": "true", "1": "true", "x": "true", "JA": "true", "no": "false", "0": "false", "nein": "false", "maybe": ""} {
		if got, _ := intake.YesNo(text); got != want {
			t.Errorf("%q = %q, want %q", text, got, want)
		}
	}
}
