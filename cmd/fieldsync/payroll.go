package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// payrollFile is how a payroll file is written.
type payrollFile struct{ format, out string }

func (p *payrollFile) define(f *flag.FlagSet) {
	f.StringVar(&p.format, "format", "csv", "csv or json")
	f.StringVar(&p.out, "out", "", "`file` it goes to; empty: standard output")
}

// write gets a payroll file and writes it as it is.
func (p *payrollFile) write(ctx context.Context, c *call, way *opened, id string) error {
	text, err := way.File(ctx, office.Path("payroll", id)+"?format="+p.format)
	if err != nil {
		return err
	}
	if p.out == "" {
		_, err := c.out.Write(text)
		return err
	}
	if err := os.WriteFile(p.out, text, 0o600); err != nil { // everybody's hours
		return usagef("%v", err)
	}
	return nil
}

func payrollExport(f *flag.FlagSet) action {
	var r road
	var days span
	var file payrollFile
	r.define(f)
	days.define(f)
	file.define(f)
	id := f.String("id", "", "`id` of the file, 32 hexadecimal digits: the same one again is the same file; empty: a new one")
	dry := f.Bool("dry-run", false, "only say what would be in it")
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, "--from DAY --to DAY"); err != nil {
			return err
		}
		if err := days.check(); err != nil {
			return err
		}
		if err := among("format", file.format, []string{"csv", "json"}); err != nil {
			return err
		}
		if *id == "" {
			fresh, err := model.NewIdent[struct{}](rand.Reader)
			if err != nil {
				return err
			}
			*id = fresh.String()
			fmt.Fprintf(c.err, "file %s; give it with --id to repeat just this\n", *id)
		}
		return r.onTheRoad(ctx, c, func(way *opened) error {
			var head api.PayrollFile
			if err := way.Do(ctx, http.MethodPut, office.Path("payroll", *id), api.PayrollDays{From: days.from, To: days.to, DryRun: *dry}, &head); err != nil {
				return err
			}
			if n := len(head.Waiting); n > 0 {
				fmt.Fprintf(c.err, "%s in these days and no approval: not in it; see fieldsync timesheets list\n", counted(n, "person with time"))
			}
			if *dry || r.json {
				return c.print(r.json, head, func(w io.Writer) { listPayroll(w, []api.PayrollFile{head}) })
			}
			return file.write(ctx, c, way, *id)
		})
	}
}

func payrollGet(f *flag.FlagSet) action {
	var r road
	var file payrollFile
	r.define(f)
	file.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "ID"); err != nil {
			return err
		}
		if err := among("format", file.format, []string{"csv", "json"}); err != nil {
			return err
		}
		return r.onTheRoad(ctx, c, func(way *opened) error { return file.write(ctx, c, way, c.args[0]) })
	}
}

func payrollList(f *flag.FlagSet) action {
	var r road
	r.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		return r.onTheRoad(ctx, c, func(way *opened) error {
			var all api.Items[api.PayrollFile]
			if err := way.Do(ctx, http.MethodGet, office.Path("payroll"), nil, &all); err != nil {
				return err
			}
			return c.print(r.json, all.Items, func(w io.Writer) { listPayroll(w, all.Items) })
		})
	}
}

func listPayroll(w io.Writer, all []api.PayrollFile) {
	heading(w, all, "FILE", "MADE", "FROM", "TO", "TIMESHEETS", "ADJUSTED", "LINES", "SHA-256")
	for _, p := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", p.ID, day(p.Made, ""), p.From, p.To, p.Regular, p.Adjusted, p.Lines, p.Hash)
	}
}
