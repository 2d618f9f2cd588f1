package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office/report"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/web/problem"
)

func reportJobs(f *flag.FlagSet) action {
	var r road
	var cfg report.Config
	var from, to, zone, out string
	var bom bool
	r.define(f)
	f.StringVar(&from, "from", "", "`day` it begins with, as 2026-03-01")
	f.StringVar(&to, "to", "", "`day` it ends before, as 2026-04-01")
	f.StringVar(&cfg.By, "by", report.ByDay, "what its rows are: "+strings.Join(report.Ways(), ", "))
	f.StringVar(&cfg.On, "on", report.Planned, "when a job counts: "+strings.Join(report.Instants(), ", "))
	f.StringVar(&zone, "zone", "", "`zone` of its days, as Europe/London; empty: the system's")
	f.StringVar(&out, "out", "", "`file` it goes to, .csv or .xlsx; empty: standard output")
	f.BoolVar(&bom, "bom", false, "begin a CSV with a byte order mark, for Excel")
	return func(ctx context.Context, c *call) (err error) {
		if err := c.want(0, 0, "--from DAY --to DAY"); err != nil {
			return err
		}
		if err = among("by", cfg.By, report.Ways()); err == nil {
			err = among("on", cfg.On, report.Instants())
		}
		if err != nil {
			return err
		}
		if cfg.From, err = dayOf("from", from); err != nil {
			return err
		}
		if cfg.To, err = dayOf("to", to); err != nil {
			return err
		}
		if cfg.Zone, err = zoneOf(zone); err != nil {
			return err
		}
		way, err := r.reach(ctx, c)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, way.close()) }()
		if zone == "" {
			fmt.Fprintf(c.err, "days are of %s\n", zoneName(cfg.Zone))
		}
		cfg.Client = way.Client
		table, err := report.Jobs(ctx, cfg)
		switch {
		case errors.Is(err, report.ErrWindow), errors.Is(err, report.ErrBy), errors.Is(err, report.ErrOn):
			return usagef("%v", err)
		case errors.Is(err, report.ErrCustomers):
			return problem.New("not_allowed", "No customers are to be seen: a report by customer needs the level of web.customers, and of a key its scope customers:read. Or the company has none.")
		case err != nil:
			return apiError(err)
		}
		if r.json {
			return c.print(true, table.Objects(), nil)
		}
		return writeReport(c.out, out, bom, "Jobs", table)
	}
}

func reportHours(f *flag.FlagSet) action {
	var r road
	var cfg report.HoursConfig
	var from, to, out string
	var bom bool
	r.define(f)
	f.StringVar(&from, "from", "", "`day` it begins with, as 2026-03-01")
	f.StringVar(&to, "to", "", "`day` it ends before, as 2026-04-01")
	f.StringVar(&cfg.By, "by", report.ByDay, "what its rows are: "+strings.Join(report.HourWays(), ", "))
	f.StringVar(&out, "out", "", "`file` it goes to, .csv or .xlsx; empty: standard output")
	f.BoolVar(&bom, "bom", false, "begin a CSV with a byte order mark, for Excel")
	return func(ctx context.Context, c *call) (err error) {
		if err := c.want(0, 0, "--from DAY --to DAY"); err != nil {
			return err
		}
		if err := among("by", cfg.By, report.HourWays()); err != nil {
			return err
		}
		if cfg.From, err = dayOf("from", from); err != nil {
			return err
		}
		if cfg.To, err = dayOf("to", to); err != nil {
			return err
		}
		return r.onTheRoad(ctx, c, func(way *opened) error {
			cfg.Client = way.Client
			table, err := report.Hours(ctx, cfg)
			switch {
			case errors.Is(err, report.ErrWindow):
				return usagef("%v", err)
			case err != nil:
				return err
			case r.json:
				return c.print(true, table.Objects(), nil)
			}
			return writeReport(c.out, out, bom, "Hours", table)
		})
	}
}

// among says of a flag that is a word what words there are; empty is the usual one.
func among(name, word string, words []string) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	return usagef("--%s %q: want one of %s%s", name, word, strings.Join(words, ", "), strings.TrimSuffix(nearest(word, words), "?"))
}

// dayOf reads a flag that is a day.
func dayOf(name, text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, usagef("--%s: want a day as 2026-03-01", name)
	}
	return day, nil
}

// writeReport writes a report to a file, or to standard output.
func writeReport(stdout io.Writer, name string, bom bool, title string, table *report.Table) (err error) {
	d := sheet.Dialect{Format: sheet.CSV, BOM: bom, CRLF: bom, Sheet: title}
	to := stdout
	if name != "" {
		if strings.EqualFold(filepath.Ext(name), ".xlsx") {
			d.Format = sheet.XLSX
		}
		f, err := os.Create(name)
		if err != nil {
			return usagef("%v", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		to = f
	}
	w, err := sheet.NewWriter(to, d, true)
	if err != nil {
		return err
	}
	if err := w.Names(table.Columns); err != nil {
		return err
	}
	for _, row := range table.Rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	return w.Close()
}
