package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/fieldsync/fieldsync/office/intake"
	"github.com/fieldsync/fieldsync/office/sheet"
)

// explain says how the files were understood.
func (im *importing) explain(w io.Writer, way *opened, plan *intake.Import) {
	if way.login != "" {
		fmt.Fprintf(w, "as %s\n", way.login)
	}
	for _, f := range plan.Understood() {
		fmt.Fprintf(w, "%s: %s of %s, %s\n", f.File, counted(f.Rows, "row"), f.Kind, f.Dialect)
		var means, left []string
		for _, m := range f.Columns {
			text := sheet.Escape(m.Column)
			switch {
			case m.To == "":
				left = append(left, fmt.Sprintf("%s (%s)", text, m.How))
				continue
			case m.To != m.Column:
				text += " = " + m.To
			}
			if m.How != "" {
				text += " (" + m.How + ")"
			}
			means = append(means, text)
		}
		fmt.Fprintf(w, "  columns: %s\n", strings.Join(means, ", "))
		for _, x := range f.Ignored {
			left = append(left, fmt.Sprintf("%s (%s)", sheet.Escape(x.Column), x.Why))
		}
		if left != nil {
			fmt.Fprintf(w, "  left out: %s\n", strings.Join(left, ", "))
		}
	}
	fmt.Fprintf(w, "times without an offset are in %s\n", zoneName(plan.Zone()))
}

// tell says what was done, and fails when a row was not imported.
func (im *importing) tell(c *call, plan *intake.Import, report *intake.Report, err error) error {
	im.preview(c, report)
	if report.Tallies != nil {
		if err := c.print(im.json, report, func(w io.Writer) { tallies(w, report) }); err != nil {
			return err
		}
	}
	for _, w := range report.Warnings {
		fmt.Fprintf(c.err, "warning: %s\n", sheet.OneLine(w.String()))
	}
	written, bad := im.writeBad(plan, report)
	im.badRows(c.err, report, len(written) > 0)
	for _, name := range written {
		fmt.Fprintf(c.err, "bad rows are in %s\n", name)
	}
	if im.founder {
		report.NoSignIn++
	}
	if report.NoSignIn > 0 && !report.Rehearsed {
		fmt.Fprintf(c.err, "%s cannot sign in before they have a password: fieldsync users password LOGIN\n", counted(report.NoSignIn, "new user"))
	}
	switch n := report.BadRows(); {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(c.err, "interrupted; nothing is half done: run the same import again to go on")
		return context.Canceled // once, also where several requests were cut
	case err != nil:
		return fmt.Errorf("%w; nothing is half done: run the same import again to go on", importError(err))
	case bad != nil:
		return fmt.Errorf("write the bad rows: %w", bad)
	case n == 0:
		return nil
	case report.Rehearsed && im.run.Strict && !im.run.Rehearse:
		return fmt.Errorf("nothing was imported, because of %s", counted(n, "bad row"))
	case report.Rehearsed:
		return fmt.Errorf("%s would not be imported", counted(n, "row"))
	default:
		return fmt.Errorf("not imported: %s; correct them and import them again, what is in stays as it is", counted(n, "row"))
	}
}

// tallies is the table of what became of the rows.
func tallies(w io.Writer, report *intake.Report) {
	created, updated := "CREATED", "UPDATED"
	if report.Rehearsed {
		created, updated = "TO CREATE", "TO UPDATE"
	}
	over := false
	for _, t := range report.Tallies {
		over = over || t.LeftOut > 0
	}
	fmt.Fprintf(w, "KIND\t%s\t%s\tUNCHANGED\tBAD\tDUPLICATES", created, updated)
	if over {
		fmt.Fprint(w, "\tOVER, LEFT OUT")
	}
	fmt.Fprintln(w)
	for _, t := range report.Tallies {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d", t.Kind, t.Created, t.Updated, t.Unchanged, t.Bad, t.Duplicates)
		if over {
			fmt.Fprintf(w, "\t%d", t.LeftOut)
		}
		fmt.Fprintln(w)
	}
}

// preview shows the first rows of each file and what would become of them.
func (im *importing) preview(c *call, report *intake.Report) {
	if im.json {
		return
	}
	for _, p := range report.Previews {
		if len(p.Rows) == 0 {
			continue
		}
		fmt.Fprintf(c.out, "%s, the first %s:\n", p.File, counted(len(p.Rows), "row"))
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "  LINE\tWHAT\tRECORD\t%s\n", strings.ToUpper(strings.Join(cut(p.Columns), "\t")))
		for _, r := range p.Rows {
			fmt.Fprintf(t, "  %d\t%s\t%s\t%s\n", r.Line, r.What, cut([]string{r.Name})[0], strings.Join(cut(r.Cells), "\t"))
		}
		_ = t.Flush() // to standard output, which the next line tells of
		fmt.Fprintln(c.out)
	}
}

// cut shortens texts for a table.
func cut(texts []string) []string {
	const most = 28
	out := make([]string, len(texts))
	for i, text := range texts {
		if runes := []rune(text); len(runes) > most {
			text = string(runes[:most-1]) + "…"
		}
		out[i] = sheet.OneLine(text)
	}
	return out
}

// badRows names the bad rows: all, or the first when a file has them.
func (im *importing) badRows(w io.Writer, report *intake.Report, filed bool) {
	const most = 20
	for i, fault := range report.Bad {
		if i == most && filed {
			fmt.Fprintf(w, "bad: and %d more\n", len(report.Bad)-i)
			return
		}
		fmt.Fprintf(w, "bad: %s\n", sheet.OneLine(fault.String()))
	}
}

// writeBad writes the bad rows to files, when there are any and it was asked for; written are the files' names.
func (im *importing) writeBad(plan *intake.Import, report *intake.Report) (written []string, err error) {
	if im.errors == "" || len(report.Bad) == 0 {
		return nil, nil
	}
	err = plan.WriteBad(func(file string, format sheet.Format) (io.WriteCloser, error) {
		name := im.errors
		ending := filepath.Ext(name)
		stem := strings.TrimSuffix(name, ending)
		if len(plan.Understood()) > 1 {
			stem += "-" + strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		}
		if ending == "" || format == sheet.XLSX || ending == ".xlsx" {
			ending = "." + format.String()
		}
		name = stem + ending
		written = append(written, name)
		return os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	})
	return written, err
}

// progress shows how far something is: a bar on a terminal, else a line every five seconds. Called with 0 of 0 it ends.
func progress(w io.Writer, of string) func(done, all int) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		var bar *progressbar.ProgressBar
		return func(done, all int) {
			switch {
			case all == 0 && bar != nil:
				_ = bar.Finish() // a terminal that is gone shows nothing
			case all > 0 && bar == nil:
				bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(w), progressbar.OptionSetItsString(of), progressbar.OptionShowIts(),
					progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
			}
			if bar != nil && all > 0 {
				_ = bar.Set(done)
			}
		}
	}
	told := time.Now()
	return func(done, all int) {
		if all > 0 && time.Since(told) >= 5*time.Second {
			told = time.Now()
			fmt.Fprintf(w, "%d of %d %s\n", done, all, of)
		}
	}
}
