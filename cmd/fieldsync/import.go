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
	_ "time/tzdata" // zones where the system has none

	"github.com/fieldsync/fieldsync/office/intake"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/web"
)

// importing are the flags of an import.
type importing struct {
	road
	kind, zone, dates, decimal, errors string
	sheet                              sheet.Options
	options                            intake.Options
	run                                intake.Run
	quiet                              bool
	talk                               io.Writer // for what is not the result; bad rows are
	founder                            bool      // somebody was added as whom it is done
}

func importCommand(f *flag.FlagSet) action {
	im := importing{options: intake.Options{Map: map[string]string{}}}
	im.define(f)
	f.StringVar(&im.kind, "kind", "", "what the files hold: "+strings.Join(shape.Names(), ", ")+"; empty: by their names and columns")
	f.StringVar(&im.sheet.Sheet, "sheet", "", "`name` of a workbook's sheet; empty: the first")
	f.IntVar(&im.sheet.Header, "header", 0, "`line` that names the columns; 0: the first that is not empty")
	f.StringVar(&im.options.Source, "source", "import", "`system` the files come from: it goes before their keys, so that two systems may use the same")
	f.Var(mapping(im.options.Map), "map", "`COLUMN=FIELD`: what a column is; FIELD empty: it is left out; the flag again for another")
	f.StringVar(&im.dates, "dates", "", "how dates as 3/4/2026 are meant: dmy, mdy or ymd; empty: as the column itself tells")
	f.StringVar(&im.decimal, "decimal", "", "what separates decimals, where 1,234 could be two numbers: point or comma")
	f.StringVar(&im.zone, "zone", "", "`zone` of times without an offset, as Europe/London; empty: the system's")
	f.BoolVar(&im.run.Rehearse, "dry-run", false, "say what would be done, show the first rows, and change nothing")
	f.BoolVar(&im.run.Strict, "strict", false, "import nothing when any row is bad")
	f.BoolVar(&im.options.OnlyNew, "only-new", false, "leave what is there already as it is")
	f.BoolVar(&im.options.Clear, "clear", false, "let an empty cell take its field's value away; without it, it is left alone")
	f.StringVar(&im.errors, "errors", "", "`file` to write the bad rows to, with what is wrong with each; with several files, one for each that has any")
	f.BoolVar(&im.quiet, "quiet", false, "say nothing but the result")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, -1, "FILE…"); err != nil {
			return err
		}
		return im.do(ctx, c)
	}
}

// mapping is a flag that may be given several times.
type mapping map[string]string

// String is nothing: there is no default.
func (m mapping) String() string { return "" }

// Set takes one COLUMN=FIELD. The last = counts, since a column's name may have one.
func (m mapping) Set(text string) error {
	at := strings.LastIndexByte(text, '=')
	if at < 1 {
		return errors.New("want COLUMN=FIELD, as 'Cust No=key'")
	}
	m[text[:at]] = text[at+1:]
	return nil
}

// do imports.
func (im *importing) do(ctx context.Context, c *call) (err error) {
	if err := im.understand(); err != nil {
		return err
	}
	if im.talk = c.err; im.quiet {
		im.talk = io.Discard
	}
	files, closing, err := im.openFiles(c.args)
	defer closing()
	if err != nil {
		return err
	}
	way, err := im.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, way.close()) }()
	if err := im.founded(ctx, way, files); err != nil {
		return err
	}
	plan, err := intake.Prepare(ctx, way.Client, files, im.options)
	if err != nil {
		return importError(err)
	}
	im.explain(im.talk, way, plan)
	im.run.Progress = progress(im.talk, "rows")
	if im.run.Rehearse {
		im.run.Preview = 20
	}
	report, err := plan.Run(ctx, im.run)
	im.run.Progress(0, 0)
	return im.tell(c, plan, report, err)
}

// understand reads the flags that are words.
func (im *importing) understand() error {
	var err error
	im.options.Now = time.Now()
	if im.options.Zone, err = zoneOf(im.zone); err != nil {
		return err
	}
	if im.options.Order, err = intake.ParseOrder(im.dates); err != nil {
		return usagef("--dates: %v", err)
	}
	if im.options.Decimal, err = intake.ParseDecimal(im.decimal); err != nil {
		return usagef("--decimal: %v", err)
	}
	if strings.ContainsAny(im.options.Source, ": ") {
		return usagef("--source is one word without a colon, which goes behind it")
	}
	return nil
}

// zoneOf finds a zone; empty is the system's.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, usagef("--zone: there is no zone %q; want a name as Europe/London or America/New_York", name)
	}
	return zone, nil
}

// zoneName is what a zone is called; of the system's, as far as it tells.
func zoneName(zone *time.Location) string {
	if zone != time.Local {
		return zone.String()
	}
	name := os.Getenv("TZ")
	if to, err := filepath.EvalSymlinks("/etc/localtime"); err == nil && name == "" {
		if _, after, ok := strings.Cut(filepath.ToSlash(to), "zoneinfo/"); ok {
			name = after
		}
	}
	if name == "" {
		name = time.Now().Format("MST, UTC-07:00")
	}
	return name + " (the system's zone; another one with --zone)"
}

// openFiles opens the files that were named. closing closes what was opened, also when there is an error.
func (im *importing) openFiles(args []string) (files []intake.File, closing func(), err error) {
	var open []*os.File
	closing = func() {
		for _, f := range open {
			f.Close()
		}
	}
	for _, arg := range args {
		kind, name := im.kind, arg
		if before, rest, ok := strings.Cut(arg, "="); ok && slices.Contains(shape.Names(), before) {
			kind, name = before, rest
		}
		if kind != "" && !slices.Contains(shape.Names(), kind) {
			return nil, closing, usagef("--kind %q: there are %s", kind, strings.Join(shape.Names(), ", "))
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, closing, usagef("%v", err)
		}
		open = append(open, f)
		info, err := f.Stat()
		if err != nil {
			return nil, closing, err
		}
		if info.IsDir() {
			return nil, closing, usagef("%s is a directory; name the files in it", name)
		}
		if !info.Mode().IsRegular() {
			return nil, closing, usagef("%s is no file; what is piped goes into one first, for it is read more than once", name)
		}
		table, err := sheet.Open(name, f, info.Size(), im.sheet)
		if err != nil {
			return nil, closing, importError(err)
		}
		files = append(files, intake.File{Table: table, Kind: kind})
	}
	return files, closing, nil
}

// importError is an error of the files as one of how the command was called, which it is.
func importError(err error) error {
	var p *sheet.Problem
	if errors.As(err, &p) || err != nil && strings.HasPrefix(err.Error(), "--map ") {
		return usagef("%v", err)
	}
	return apiError(err)
}

// founded adds the first person of the office to a company that has none, from the files, so that there is somebody whose
// rights the import is done with.
func (im *importing) founded(ctx context.Context, way *opened, files []intake.File) error {
	if way.Client != nil {
		return nil
	}
	none := usagef("%s has nobody of the office yet, and an import is done with somebody's rights; add one with "+
		"fieldsync users add LOGIN --kind desktop --role admin, or give a file of users with one", way.tenant)
	first, ok, err := intake.Founder(files, im.options)
	switch {
	case err != nil:
		return importError(err)
	case !ok || im.run.Rehearse:
		return none
	}
	add := web.NewUser{Login: first.Login, Name: first.Name, Kind: first.Kind, Role: first.Role, Password: first.Password}
	for _, l := range first.Levels {
		add.Levels = append(add.Levels, web.LevelsChange(l))
	}
	if err := way.inner.do(ctx, "POST", path("tenants", way.tenant, "users"), add, &web.User{}); err != nil {
		return fmt.Errorf("add %s, as whom the import is done: %w", first.Login, err)
	}
	im.founder = true
	return way.become(first.Login)
}
