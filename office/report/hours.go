package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/sheet"
)

// HourWays are what rows of hours may be.
func HourWays() []string { return []string{ByDay, ByWeek, ByMonth, ByPerson} }

// ErrHoursBy says that hours have no such rows.
var ErrHoursBy = errors.New("a report of hours has rows by day, week, month or person")

// HoursConfig says which hours are added up.
type HoursConfig struct {
	Client   *office.Client
	From, To time.Time // days, of which only the date counts; To is not in it
	By       string    // one of HourWays; empty: by day
}

// sorts are the columns of hours, in their order.
var sorts = []string{"work", "travel", "manual", "break", "adjustment"}

// maxSheetDays is how many days are asked for at once: less than the API gives.
const maxSheetDays = 31

// hoursCounter adds hours up.
type hoursCounter struct {
	by     string
	people map[string][]sheet.Cell
	rows   map[string]*hoursRow
}

type hoursRow struct {
	sort string
	name []sheet.Cell
	paid [5]int64 // milliseconds, by sort
}

// timesheet is as much of one as is counted.
type timesheet struct {
	Worker string `json:"worker"`
	Days   []struct {
		Day  string `json:"day"`
		Sort string `json:"sort"`
		Paid int64  `json:"paid_ms"`
	} `json:"days"`
}

// Hours makes the report of what is paid.
func Hours(ctx context.Context, cfg HoursConfig) (*Table, error) {
	c := &hoursCounter{by: cmp.Or(cfg.By, ByDay), rows: map[string]*hoursRow{}}
	from, to := midnight(cfg.From, time.UTC), midnight(cfg.To, time.UTC)
	switch days := to.Sub(from).Hours() / 24; {
	case days < 0.5 || days > maxDays:
		return nil, ErrWindow
	case !slices.Contains(HourWays(), c.by):
		return nil, ErrHoursBy
	}
	if c.by == ByPerson {
		known := &counter{Config: Config{Client: cfg.Client, By: ByPerson}, workers: map[string][]string{}}
		if err := known.know(ctx); err != nil {
			return nil, err
		}
		c.people = known.person
	} else {
		for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
			c.row(c.period(day))
		}
	}
	for part := from; part.Before(to); part = part.AddDate(0, 0, maxSheetDays) {
		until := part.AddDate(0, 0, maxSheetDays)
		if to.Before(until) {
			until = to
		}
		var page struct{ Items []timesheet }
		ask := url.Values{"from": {part.Format(time.DateOnly)}, "to": {until.Format(time.DateOnly)}}
		if err := cfg.Client.Do(ctx, http.MethodGet, office.Path("timesheets")+"?"+ask.Encode(), nil, &page); err != nil {
			return nil, fmt.Errorf("read the timesheets: %w", err)
		}
		for i := range page.Items {
			if err := c.add(&page.Items[i]); err != nil {
				return nil, err
			}
		}
	}
	return c.table(), nil
}

// period is the row of a day in a report by time.
func (c *hoursCounter) period(day time.Time) (string, []sheet.Cell) {
	times := counter{Config: Config{Zone: time.UTC, By: c.by}}
	return times.period(day)
}

func (c *hoursCounter) row(sort string, name []sheet.Cell) *hoursRow {
	if c.rows[sort] == nil {
		c.rows[sort] = &hoursRow{sort: sort, name: name}
	}
	return c.rows[sort]
}

func (c *hoursCounter) add(s *timesheet) error {
	for _, d := range s.Days {
		var r *hoursRow
		if c.by == ByPerson {
			r = c.row(named(s.Worker, c.people, ""))
		} else {
			day, err := time.Parse(time.DateOnly, d.Day)
			if err != nil {
				return fmt.Errorf("read a day of a timesheet: %w", err)
			}
			r = c.row(c.period(day))
		}
		if i := slices.Index(sorts, d.Sort); i >= 0 {
			r.paid[i] += d.Paid
		}
	}
	return nil
}

// table is the rows in their order.
func (c *hoursCounter) table() *Table {
	t := &Table{Columns: map[string][]string{ByDay: {"day"}, ByWeek: {"week"}, ByMonth: {"month"}, ByPerson: {"person", "name"}}[c.by]}
	t.Columns = append(t.Columns, "paid_seconds")
	for _, s := range sorts {
		t.Columns = append(t.Columns, s+"_seconds")
	}
	rows := make([]*hoursRow, 0, len(c.rows))
	for _, r := range c.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b *hoursRow) int { return cmp.Compare(a.sort, b.sort) })
	for _, r := range rows {
		var sum int64
		for _, ms := range r.paid {
			sum += ms
		}
		cells := append(slices.Clone(r.name), seconds(sum))
		for _, ms := range r.paid {
			cells = append(cells, seconds(ms))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// seconds is exact: nothing is rounded but payroll (E16).
func seconds(ms int64) sheet.Cell {
	text := strconv.FormatInt(ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		text = strings.TrimRight(strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64), "0")
	}
	return sheet.Cell{Text: text, Kind: sheet.Number}
}
