package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Run says how an import is run.
type Run struct {
	Rehearse bool // only say what would come of it; nothing is changed
	Strict   bool // change nothing when a row is bad
	Parallel int  // bulk requests at once; 0: 4
	Preview  int  // rows of each file of which the report says what became of them
	// Progress is told how many of all rows are done; it is called by one goroutine at a time. nil: nobody is.
	Progress func(done, of int)
}

// What became of a row, besides those of package office.
const (
	Bad       = "bad"
	Duplicate = "duplicate" // the same as a row before
	LeftOut   = "left out"  // a job that is over
)

// Tally counts the rows of one kind.
type Tally struct {
	Kind       string `json:"kind"`
	Created    int    `json:"created"`
	Updated    int    `json:"updated"`
	Unchanged  int    `json:"unchanged"`
	Bad        int    `json:"bad"`
	Duplicates int    `json:"duplicates"` // of a row before; counted once there
	LeftOut    int    `json:"left_out"`   // jobs that are over
}

// Report is what became of an import.
type Report struct {
	Rehearsed bool      `json:"dry_run"`
	Tallies   []Tally   `json:"kinds"`
	Bad       []Fault   `json:"bad"`      // in the order of the files
	Warnings  []Fault   `json:"warnings"` //
	Previews  []Preview `json:"-"`
	NoSignIn  int       `json:"without_password"` // people who were added and cannot sign in yet
}

// Preview is the first rows of a file.
type Preview struct {
	File    string
	Columns []string
	Rows    []PreviewRow
}

// PreviewRow is one of them.
type PreviewRow struct {
	Line  int
	What  string
	Name  string
	Cells []string // by the preview's columns
}

// BadRows is how many rows were bad.
func (r *Report) BadRows() (n int) {
	for _, t := range r.Tallies {
		n += t.Bad
	}
	return n
}

// Run imports. An error is not of a row: the server cannot be reached, or may not be asked; what was imported before it
// stays, and the same files may be imported again. The report is of what was done, also with an error.
func (im *Import) Run(ctx context.Context, how Run) (*Report, error) {
	if err := im.look(ctx); err != nil {
		return &Report{}, err
	}
	if err := im.check(ctx); err != nil {
		return &Report{}, err
	}
	if how.Strict && !how.Rehearse {
		first := how
		first.Rehearse, first.Progress = true, nil
		report, err := im.pass(ctx, first)
		if err != nil || report.BadRows() > 0 {
			return report, err
		}
	}
	return im.pass(ctx, how)
}

// look reads what rows refer to.
func (im *Import) look(ctx context.Context) error {
	if im.has(shape.Users) || slices.ContainsFunc(im.files, func(f *file) bool { _, ok := f.named(shape.Assigned); return ok }) {
		if err := im.company.readUsers(ctx); err != nil {
			return err
		}
	}
	if im.has(shape.Jobs) {
		return im.company.readJobs(ctx)
	}
	return nil
}

// pass is one pass over all files.
type pass struct {
	*Import
	how    Run
	report Report
	counts map[string]*Tally
	done   int

	mu     sync.Mutex // guards all above while requests are under way
	groups sync.WaitGroup
	slots  chan struct{}
	failed error // of a request; nothing more is asked then
}

func (im *Import) pass(ctx context.Context, how Run) (*Report, error) {
	if how.Parallel == 0 {
		how.Parallel = 4
	}
	p := &pass{Import: im, how: how, counts: map[string]*Tally{}, slots: make(chan struct{}, how.Parallel)}
	p.report.Rehearsed = how.Rehearse
	var err error
	for _, f := range im.files {
		if p.counts[f.kind.Name] == nil {
			p.counts[f.kind.Name] = &Tally{Kind: f.kind.Name}
		}
		if err = p.file(ctx, f); err != nil {
			break
		}
	}
	for _, name := range shape.Names() {
		if t := p.counts[name]; t != nil {
			p.report.Tallies = append(p.report.Tallies, *t)
		}
	}
	for _, f := range im.files {
		for _, line := range sorted(f.bad) {
			p.report.Bad = append(p.report.Bad, f.bad[line]...)
		}
	}
	slices.SortStableFunc(p.report.Warnings, func(a, b Fault) int { return a.Line - b.Line })
	return &p.report, err
}

// file imports a file: its rows are gathered to requests, some of which are under way at once.
func (p *pass) file(ctx context.Context, f *file) error {
	preview := Preview{File: f.Name, Columns: shown(f)}
	preview.Rows = make([]PreviewRow, 0, p.how.Preview) // it does not move while answers are written into it
	var b batch
	for row, err := range f.Rows() {
		if err != nil {
			return errors.Join(err, p.wait())
		}
		u := p.row(ctx, f, row)
		if u.err != nil {
			return errors.Join(u.err, p.wait())
		}
		if p.noted(f, row, &u, &preview) {
			continue
		}
		if !b.fits(&u) {
			if err := p.send(ctx, f, b, &preview); err != nil {
				return errors.Join(err, p.wait())
			}
			b = batch{}
		}
		b.add(u)
	}
	err := p.send(ctx, f, b, &preview)
	err = errors.Join(err, p.wait())
	p.report.Previews = append(p.report.Previews, preview)
	return err
}

// noted puts a row into the preview, and counts it when it is known already what became of it.
func (p *pass) noted(f *file, row sheet.Row, u *unit, preview *Preview) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(preview.Rows); n < p.how.Preview {
		u.preview = n + 1
		preview.Rows = append(preview.Rows, PreviewRow{Line: row.Line, What: u.what, Name: u.name, Cells: cells(f, row)})
	}
	if u.what == "" {
		return false
	}
	p.count(f, u, u.what)
	return true
}

// unit is one row that is to be asked for, or what became of it already.
type unit struct {
	line    int
	name    string
	ops     []office.Operation
	size    int
	what    string // empty: it is to be asked for
	base    string // what was done for it besides; empty: nothing
	there   bool   // in a rehearsal: its record is there, and it may refer to what comes with this run
	preview int    // its place in the preview, counted from 1; 0: none
	draft   *draft
	err     error
}

// row makes a unit of a row.
func (p *pass) row(ctx context.Context, f *file, row sheet.Row) unit {
	d, err := p.understand(ctx, f, row)
	u := unit{line: row.Line, name: d.name.text(), draft: d, err: err}
	if err != nil {
		return u
	}
	if u.what = p.before(f, d); u.what != "" {
		return u
	}
	p.report.Warnings = append(p.report.Warnings, d.warnings...)
	u.err = p.referred(ctx, d)
	if u.err == nil && p.how.Rehearse && len(d.refs) > 0 {
		u.there, u.err = p.company.has(ctx, f.kind.Collection, d.name)
	}
	if u.err != nil {
		return u
	}
	if len(d.faults) == 0 {
		u.ops, u.what, u.err = p.operations(ctx, d)
	}
	if len(u.ops) > 0 {
		u.base, u.what = u.what, ""
	}
	if len(d.faults) > 0 {
		u.what = Bad
		p.mu.Lock()
		p.refuse(f, &u, d.faults...)
		p.mu.Unlock()
	}
	for i := range u.ops {
		u.size += len(u.ops[i].Fields) + 200
	}
	return u
}

// before is what became of a row before it is asked for: it is bad, or another one stands for it.
func (p *pass) before(f *file, d *draft) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry := p.seen[entryName(f.kind.Collection, d.name)]
	switch {
	case len(f.bad[d.line]) > 0:
		return Bad
	case d.over:
		return LeftOut
	case entry == nil || entry.file == f && entry.line == d.line:
		return ""
	case entry.bad:
		f.bad[d.line] = []Fault{{f.Name, d.line, "", fmt.Sprintf("is the same as %s:%d, which is bad", entry.file.Name, entry.line)}}
		return Bad
	}
	return Duplicate
}

// refuse notes that a row is bad, so that rows that refer to it are too.
func (p *pass) refuse(f *file, u *unit, faults ...Fault) {
	f.bad[u.line] = append(f.bad[u.line], faults...)
	if entry := p.seen[entryName(f.kind.Collection, u.draft.name)]; entry != nil {
		entry.bad = true
	}
}

// referred checks that what a row refers to is in the company, or comes with this run.
func (p *pass) referred(ctx context.Context, d *draft) error {
	for _, r := range d.refs {
		p.mu.Lock()
		entry := p.seen[entryName(r.of, r.to)]
		fine := entry != nil && !entry.bad
		p.mu.Unlock()
		if fine {
			continue
		}
		there, err := p.company.has(ctx, r.of, r.to)
		if err != nil {
			return err
		}
		switch {
		case there:
		case entry != nil:
			d.fault(r.column, "%s is not in the company, and its row, %s:%d, is bad", r.to.text(), entry.file.Name, entry.line)
		default:
			d.fault(r.column, "%s is in none of the files, and not in the company's %s", r.to.text(), p.collection(r.of))
		}
	}
	return nil
}

// operations are what a row comes to. what says what was done for it already.
func (p *pass) operations(ctx context.Context, d *draft) (ops []office.Operation, what string, err error) {
	switch d.file.kind.Name {
	case shape.Users:
		return p.user(ctx, d)
	case shape.Jobs:
		return p.jobUnit(d), "", nil
	case shape.Sites:
		ops = append(ops, p.main(d))
		if f := d.records[model.Contacts]; len(f) > 0 {
			f["customer"], f["site"] = d.of(model.Sites)["customer"], d.name.ref()
			ops = append(ops, p.child(model.Contacts, p.childKey(d)+"/contact", f))
		}
		return ops, "", nil
	}
	return []office.Operation{p.main(d)}, "", nil
}

// main is the operation of a row's own record.
func (im *Import) main(d *draft) office.Operation {
	of := d.file.kind.Collection
	op := office.Operation{Op: im.verb(), Collection: im.collection(of), ID: d.name.id, ExternalID: d.name.external, Fields: d.of(of).encode()}
	if op.ID != "" && !im.o.OnlyNew { // it is there
		op.Op = "update"
		f := maps.Clone(d.of(of))
		delete(f, parentNames[of])
		op.Fields = f.encode()
	}
	return op
}

// child is the operation of a record that comes with a row.
func (im *Import) child(of model.Collection, external string, f fields) office.Operation {
	return office.Operation{Op: im.verb(), Collection: im.collection(of), ExternalID: external, Fields: f.encode()}
}

func (im *Import) verb() string {
	if im.o.OnlyNew {
		return "create"
	}
	return "upsert"
}

// count notes what became of a row. p.mu is held.
func (p *pass) count(f *file, u *unit, what string) {
	t := p.counts[f.kind.Name]
	switch what {
	case office.Created:
		t.Created++
	case office.Updated:
		t.Updated++
	case office.Unchanged:
		t.Unchanged++
	case Duplicate:
		t.Duplicates++
	case LeftOut:
		t.LeftOut++
	default:
		t.Bad++
	}
	p.done++
	if p.how.Progress != nil {
		p.how.Progress(p.done, p.rows())
	}
}

// shown are the columns of a file that a preview shows: the first few that are not its key.
func shown(f *file) (out []string) {
	const most = 5
	for _, c := range f.columns {
		if c.to.Role != shape.Key && c.to.Role != shape.ID && c.to.Role != shape.External && len(out) < most {
			out = append(out, c.name)
		}
	}
	return out
}

// cells are a row's cells in those columns.
func cells(f *file, row sheet.Row) (out []string) {
	for _, name := range shown(f) {
		i := slices.Index(f.Columns, name)
		if i < len(row.Cells) {
			out = append(out, sheet.Escape(row.Cells[i].Text))
		}
	}
	return out
}

func sorted(bad map[int][]Fault) []int {
	lines := make([]int, 0, len(bad))
	for line := range bad {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}
