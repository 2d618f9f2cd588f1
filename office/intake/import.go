package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Options say how files are understood and what is done with them.
type Options struct {
	Source   string            // goes before keys, with a colon; empty: keys are external ids as they stand
	Map      map[string]string // what a column of a file is: one of package shape's, by the file's name for it; empty: left out
	Order    Order             // of dates that could be two; None: as each column tells
	Decimal  Decimal           // of numbers that could be two; 0: as each column tells
	Zone     *time.Location    // of dates without an offset; required
	Now      time.Time         // what today is, and what years of two digits are near; required
	OnlyNew  bool              // what is there already stays as it is
	Clear    bool              // an empty cell takes its field's value away
	Password string            // of everybody who is added; empty: they cannot sign in until they have one
}

// Import is files that are understood. It may be run several times, one after the other.
type Import struct {
	o       Options
	files   []*file // in the order of who refers to whom
	company *company
	table   *model.Table
	seen    map[string]*entry // by collection and name
}

// entry is what is known of a row's record.
type entry struct {
	file *file
	line int
	hash [16]byte
	bad  bool
}

// Prepare understands files. What is wrong with them is a *[sheet.Problem]; several are joined. It reads every file once,
// and asks the server for the company's own fields alone.
func Prepare(ctx context.Context, client *office.Client, files []File, o Options) (*Import, error) {
	if o.Zone == nil || o.Now.IsZero() {
		return nil, errors.New("an import needs a zone and the time it is")
	}
	table, err := client.Table(ctx)
	if err != nil {
		return nil, err
	}
	im := &Import{o: o, table: table, company: newCompany(client, table)}
	kinds := shape.Kinds(table)
	var problems []error
	for _, in := range files {
		f, err := im.prepare(ctx, in, kinds)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		im.files = append(im.files, f)
	}
	problems = append(problems, im.unmapped(files))
	slices.SortStableFunc(im.files, func(a, b *file) int {
		return slices.Index(shape.Names(), a.kind.Name) - slices.Index(shape.Names(), b.kind.Name)
	})
	return im, errors.Join(problems...)
}

func (im *Import) prepare(ctx context.Context, in File, kinds []shape.Kind) (*file, error) {
	k, err := kindOf(in, kinds, im.o.Map)
	if err != nil {
		return nil, err
	}
	f, err := bind(in, k, im.o.Map)
	if err != nil {
		return nil, err
	}
	return f, f.survey(ctx, &im.o)
}

// unmapped says that a column that was mapped is in none of the files.
func (im *Import) unmapped(files []File) error {
	var problems []error
	for name := range im.o.Map {
		if !slices.ContainsFunc(files, func(f File) bool { return slices.Contains(f.Table.Columns, name) }) {
			problems = append(problems, fmt.Errorf("--map %q: no file has a column of that name", name+"="+im.o.Map[name]))
		}
	}
	return errors.Join(problems...)
}

// Understood is how a file was understood.
type Understood struct {
	File    string
	Kind    string
	Dialect sheet.Dialect
	Rows    int
	Columns []Mapped
	Ignored []Ignored
}

// Mapped is a column of a file and what it fills.
type Mapped struct{ Column, To, How string }

// Understood says how every file was understood, in the order they are imported in.
func (im *Import) Understood() (out []Understood) {
	for _, f := range im.files {
		u := Understood{File: f.Name, Kind: f.kind.Name, Dialect: f.Dialect, Rows: f.rows, Ignored: f.ignored}
		for _, c := range f.columns {
			m := Mapped{Column: c.name, To: c.to.Name}
			switch {
			case c.order != None:
				m.How = "dates " + c.order.String()
			case c.decimal == Comma:
				m.How = "decimal comma"
			case c.to.Role == shape.Derived:
				m.To, m.How = "", "jobs that are over are left out"
			}
			u.Columns = append(u.Columns, m)
		}
		out = append(out, u)
	}
	return out
}

// Zone is where dates without an offset are.
func (im *Import) Zone() *time.Location { return im.o.Zone }

// rows is how many rows there are in all files.
func (im *Import) rows() (n int) {
	for _, f := range im.files {
		n += f.rows
	}
	return n
}

// has says whether there is a file of a kind.
func (im *Import) has(kind string) bool {
	return slices.ContainsFunc(im.files, func(f *file) bool { return f.kind.Name == kind })
}

func (im *Import) collection(c model.Collection) string {
	spec, ok := im.table.Spec(c)
	if !ok {
		panic(fmt.Sprintf("no collection %d", c)) // those of package shape are in every table
	}
	return spec.Name
}

// entryName is what a record is looked up by among the rows.
func entryName(of model.Collection, name ident) string {
	return fmt.Sprintf("%d %s", of, name.text())
}

// check reads every row and finds out what can be known before anything is asked of the server: rows that cannot be read,
// and rows of one record that differ.
func (im *Import) check(ctx context.Context) error {
	im.seen = map[string]*entry{}
	for _, f := range im.files {
		f.bad = map[int][]Fault{}
	}
	for _, f := range im.files {
		n := 0
		for row, err := range f.Rows() {
			if err != nil {
				return err
			}
			if n++; n%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := im.checkRow(ctx, f, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (im *Import) checkRow(ctx context.Context, f *file, row sheet.Row) error {
	d, err := im.understand(ctx, f, row)
	if err != nil {
		return err
	}
	if d.over { // whatever else it says
		return nil
	}
	if len(d.faults) > 0 {
		f.bad[row.Line] = d.faults
	}
	if d.name == (ident{}) {
		return nil
	}
	name, hash := entryName(f.kind.Collection, d.name), d.hash()
	first, twice := im.seen[name]
	switch {
	case !twice:
		im.seen[name] = &entry{file: f, line: row.Line, hash: hash, bad: len(d.faults) > 0}
		im.learn(d)
	case first.hash != hash || len(d.faults) > 0:
		first.bad = true
		f.bad[row.Line] = append(f.bad[row.Line], differs(f, row.Line, d.name, first.file, first.line))
		first.file.bad[first.line] = append(first.file.bad[first.line], differs(first.file, first.line, d.name, f, row.Line))
	}
	return nil
}

// understand reads a row, with what is worked out of several columns, and with the names that its ids have here.
func (im *Import) understand(ctx context.Context, f *file, row sheet.Row) (*draft, error) {
	d := im.o.understand(f, row)
	if f.kind.Name == shape.Jobs && row.Fault == "" {
		im.o.window(d)
	}
	return d, im.resolve(ctx, d)
}

// resolve finds out whether the ids of a row are of this company's records. Those of another company's are keys here.
func (im *Import) resolve(ctx context.Context, d *draft) error {
	here := func(of model.Collection, name ident) (ident, error) {
		if name.id == "" {
			return name, nil
		}
		there, err := im.company.has(ctx, of, name)
		if err != nil || there {
			return name, err
		}
		return ident{external: strings.TrimPrefix(im.o.Source+":"+name.id, ":")}, nil
	}
	var err error
	if d.name, err = here(d.file.kind.Collection, d.name); err != nil {
		return err
	}
	for i := range d.refs {
		r := &d.refs[i]
		if r.to, err = here(r.of, r.to); err != nil {
			return err
		}
		if r.in != 0 {
			d.of(r.in)[r.field] = r.to.ref()
		}
	}
	return nil
}

func differs(f *file, line int, name ident, other *file, at int) Fault {
	return Fault{f.Name, line, "", fmt.Sprintf("%s is also in %s:%d, with another content; nobody knows which one is meant", strings.TrimPrefix(name.text(), "~"), other.Name, at)}
}

// learn keeps what jobs of the same run want to know of a row.
func (im *Import) learn(d *draft) {
	if !im.has(shape.Jobs) || len(d.faults) > 0 {
		return
	}
	switch d.file.kind.Name {
	case shape.Customers:
		im.company.names[d.name.text()] = d.of(model.Customers)["name"]
	case shape.Sites:
		im.company.place(d)
	}
}
