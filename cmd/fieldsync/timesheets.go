package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// span is the days that a command is about.
type span struct{ from, to string }

func (s *span) define(f *flag.FlagSet) {
	f.StringVar(&s.from, "from", "", "`day` it begins with, as 2026-03-02")
	f.StringVar(&s.to, "to", "", "`day` it ends before, as 2026-03-09")
}

func (s *span) check() error {
	for _, one := range []struct{ name, text string }{{"from", s.from}, {"to", s.to}} {
		if _, err := dayOf(one.name, one.text); err != nil {
			return err
		}
	}
	return nil
}

// onTheRoad runs something with a way to the office's API.
func (r *road) onTheRoad(ctx context.Context, c *call, do func(*opened) error) error {
	way, err := r.reach(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(apiError(do(way)), way.close())
}

// personByLogin finds a person by login.
func personByLogin(ctx context.Context, way *office.Client, login string) (model.UserID, error) {
	users, err := way.Users(ctx)
	if err != nil {
		return model.UserID{}, err
	}
	var logins []string
	for _, u := range users {
		if strings.EqualFold(u.Login, login) {
			return u.ID, nil
		}
		logins = append(logins, u.Login)
	}
	return model.UserID{}, usagef("nobody has the login %q%s", login, nearest(login, logins))
}

func timesheetsList(f *flag.FlagSet) action {
	var r road
	var days span
	r.define(f)
	days.define(f)
	worker := f.String("worker", "", "`login` of the person; empty: everybody who has hours in the days")
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, "--from DAY --to DAY"); err != nil {
			return err
		}
		if err := days.check(); err != nil {
			return err
		}
		return r.onTheRoad(ctx, c, func(way *opened) error {
			ask := url.Values{"from": {days.from}, "to": {days.to}}
			if *worker != "" {
				id, err := personByLogin(ctx, way.Client, *worker)
				if err != nil {
					return err
				}
				ask.Set("worker", id.String())
			}
			var all api.Items[api.Timesheet]
			if err := way.Do(ctx, http.MethodGet, office.Path("timesheets")+"?"+ask.Encode(), nil, &all); err != nil {
				return err
			}
			return c.print(r.json, all.Items, func(w io.Writer) { listSheets(w, all.Items) })
		})
	}
}

// listSheets writes a line for each timesheet and, indented, one for each of its entries.
func listSheets(w io.Writer, all []api.Timesheet) {
	heading(w, all, "WHO", "STATE", "PAID", "WORKED", "LATE", "FLAGS")
	for _, s := range all {
		who := s.Name
		if who == "" {
			who = s.Worker.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", who, s.State, clockTime(s.Paid), clockTime(s.Worked), clockTime(s.Late), strings.Join(flagsOf(s), " "))
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			zone = time.UTC
		}
		for _, e := range s.Entries {
			fmt.Fprintf(w, "  %s\t%s\t%s\t\t\t%s\n", e.Sort, momentIn(e.Start, zone), momentIn(e.End, zone), strings.Join(e.Flags, " "))
		}
	}
}

// momentIn is a moment with its offset, since some local times are there twice (E6).
func momentIn(at *time.Time, zone *time.Location) string {
	if at == nil {
		return "?"
	}
	return at.In(zone).Format("2006-01-02 15:04 -07:00")
}

// clockTime is a length as 7:30.
func clockTime(ms int64) string {
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	minutes := (ms + 30_000) / 60_000
	return fmt.Sprintf("%s%d:%02d", sign, minutes/60, minutes%60)
}

// flagsOf is what is odd about a timesheet's entries, each once.
func flagsOf(s api.Timesheet) (out []string) {
	for _, e := range s.Entries {
		for _, f := range e.Flags {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	slices.Sort(out)
	return out
}

func timesheetsSubmit(f *flag.FlagSet) action  { return moveSheet(f, model.SheetSubmit) }
func timesheetsApprove(f *flag.FlagSet) action { return moveSheet(f, model.SheetApprove) }
func timesheetsReopen(f *flag.FlagSet) action  { return moveSheet(f, model.SheetReopen) }

// moveSheet submits, approves or reopens somebody's timesheet.
func moveSheet(f *flag.FlagSet, verb string) action {
	var r road
	var days span
	r.define(f)
	days.define(f)
	note := f.String("note", "", "`text` that the worker reads")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "LOGIN --from DAY --to DAY"); err != nil {
			return err
		}
		if err := days.check(); err != nil {
			return err
		}
		return r.onTheRoad(ctx, c, func(way *opened) error {
			id, err := personByLogin(ctx, way.Client, c.args[0])
			if err != nil {
				return err
			}
			var out api.Timesheet
			body := api.SheetDays{Worker: id, From: days.from, To: days.to, Note: *note}
			if err := way.Do(ctx, http.MethodPost, office.Path("timesheets", verb), body, &out); err != nil {
				return err
			}
			return c.print(r.json, out, func(w io.Writer) { listSheets(w, []api.Timesheet{out}) })
		})
	}
}

func timesheetsCorrect(f *flag.FlagSet) action {
	var r road
	var fields struct {
		Event   string `json:"event,omitempty"`
		Worker  string `json:"worker,omitempty"`
		At      string `json:"at,omitempty"`
		Void    bool   `json:"void,omitempty"`
		Minutes int64  `json:"minutes,omitempty"`
		Reason  string `json:"reason"`
	}
	r.define(f)
	f.StringVar(&fields.Event, "event", "", "`id` of the event that is corrected; empty: time that no event told of")
	worker := f.String("worker", "", "`login` of the person, when there is no event")
	f.StringVar(&fields.At, "at", "", "`moment` that it was instead, as 2026-03-02T16:30:00+01:00")
	f.BoolVar(&fields.Void, "void", false, "the event does not count")
	f.Int64Var(&fields.Minutes, "minutes", 0, "of a manual entry, or of time that no event told of, with its sign")
	f.StringVar(&fields.Reason, "reason", "", "`text` that the worker reads; it is needed")
	return func(ctx context.Context, c *call) error {
		switch err := c.want(0, 0, "--event ID --reason TEXT"); {
		case err != nil:
			return err
		case fields.Reason == "":
			return usagef("why? The worker is told; say it with --reason")
		case (fields.Event == "") == (*worker == ""):
			return usagef("of what? Name an event with --event, which timesheets list --json tells, or whose time it is with --worker")
		}
		return r.onTheRoad(ctx, c, func(way *opened) error {
			if *worker != "" {
				id, err := personByLogin(ctx, way.Client, *worker)
				if err != nil {
					return err
				}
				fields.Worker = id.String()
			}
			var made struct {
				ID string `json:"id"`
			}
			if err := way.Do(ctx, http.MethodPost, office.Path("timesheet_corrections"), fields, &made); err != nil {
				return err
			}
			return c.print(r.json, map[string]string{"corrected": made.ID}, func(w io.Writer) { fmt.Fprintln(w, "corrected") })
		})
	}
}
