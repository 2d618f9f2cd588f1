package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/fieldsync/fieldsync/office/export"
	"github.com/fieldsync/fieldsync/office/sheet"
)

func exportCommand(f *flag.FlagSet) action {
	var r road
	var cfg export.Config
	var all, quiet bool
	var format, comma, zone string
	r.define(f)
	f.BoolVar(&all, "all", false, "export every collection, and the users")
	f.StringVar(&cfg.Dir, "out", "", "`directory` the files go into; it is made")
	f.StringVar(&format, "format", "csv", "csv, xlsx or ndjson")
	f.StringVar(&comma, "separator", "comma", "of a CSV: comma, semicolon or tab")
	f.BoolVar(&cfg.BOM, "bom", false, "begin a CSV with a byte order mark and end its lines as Windows does, for Excel")
	f.BoolVar(&cfg.Plain, "plain", false, "of a CSV: put no apostrophe before texts that a spreadsheet takes for formulas; it is for a program, not for people")
	f.BoolVar(&cfg.Replace, "replace", false, "write files that are there already anew")
	f.StringVar(&zone, "zone", "UTC", "`zone` that points in time are written in, with their offset")
	f.BoolVar(&quiet, "quiet", false, "say nothing but the result")
	return func(ctx context.Context, c *call) (err error) {
		switch {
		case all && len(c.args) > 0:
			return usagef("--all is everything; leave out the collections, or --all")
		case !all && len(c.args) == 0:
			return usagef("what? Name collections, as fieldsync export customers sites --out DIR, or say --all")
		case cfg.Dir == "":
			return usagef("where to? Name a directory with --out")
		}
		if cfg.Format, cfg.Comma, err = formatOf(format, comma); err != nil {
			return err
		}
		if cfg.Zone, err = zoneOf(zone); err != nil {
			return err
		}
		if quiet {
			c.err = io.Discard
		}
		way, err := r.reach(ctx, c)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, way.close()) }()
		cfg.Client, cfg.Collections = way.Client, c.args
		said := progressCount(c.err, "records read")
		cfg.Progress = said
		written, err := export.Run(ctx, cfg)
		switch {
		case errors.Is(err, export.ErrThere):
			return usagef("%v; write it anew with --replace, or name another directory with --out", err)
		case errors.Is(err, export.ErrCollection):
			return usagef("%v; docs/reference/model.md lists them, and there is users", err)
		case err != nil:
			return apiError(err)
		}
		return c.print(r.json, written, func(w io.Writer) {
			for _, f := range written {
				fmt.Fprintf(w, "%s\t%d\t%s\n", f.Collection, f.Rows, f.File)
			}
		})
	}
}

// formatOf reads the words for a file's form.
func formatOf(format, comma string) (sheet.Format, byte, error) {
	f, ok := map[string]sheet.Format{"csv": sheet.CSV, "xlsx": sheet.XLSX, "ndjson": export.NDJSON}[format]
	if !ok {
		return 0, 0, usagef("--format %q: there are csv, xlsx and ndjson", format)
	}
	sep, ok := map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t'}[comma]
	if !ok {
		return 0, 0, usagef("--separator %q: there are comma, semicolon and tab", comma)
	}
	return f, sep, nil
}

// reach opens the way to the API as somebody.
func (r *road) reach(ctx context.Context, c *call) (*opened, error) {
	way, err := r.open(ctx, c)
	if err != nil {
		return nil, err
	}
	if way.Client == nil {
		return nil, errors.Join(usagef("%s has nobody of the office, with whose rights it could be done; add somebody with fieldsync users add LOGIN --kind desktop", way.tenant), way.close())
	}
	if way.login != "" && r.as == "" {
		fmt.Fprintf(c.err, "as %s\n", way.login)
	}
	return way, nil
}

// progressCount tells every five seconds how many there are so far: nobody knows of how many.
func progressCount(w io.Writer, of string) func(done int) {
	told := time.Now()
	return func(done int) {
		if time.Since(told) >= 5*time.Second {
			told = time.Now()
			fmt.Fprintf(w, "%d %s\n", done, of)
		}
	}
}
