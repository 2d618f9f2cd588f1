package intake

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
)

// File is one that is to be imported.
type File struct {
	Table *sheet.Table
	Kind  string // of package shape; empty: by its name and columns
}

// file is one with its columns understood.
type file struct {
	*sheet.Table
	kind    *shape.Kind
	columns []column // those that mean something, in the file's order
	ignored []Ignored
	keyed   bool // a column names the records, and must do so in every row
	rows    int
	bad     map[int][]Fault // by line
}

// column is a column of a file that means something.
type column struct {
	name    string // as the file names it
	at      int
	to      *shape.Column
	order   Order
	decimal Decimal
}

// Ignored is a column that is not imported.
type Ignored struct{ Column, Why string }

// problemf is what is wrong with a file, in the line of its columns' names.
func (f *file) problemf(format string, args ...any) error {
	return &sheet.Problem{File: f.Name, Line: f.Line, Reason: fmt.Sprintf(format, args...)}
}

// column finds the column that fills a role; ok is false when there is none.
func (f *file) role(r shape.Role) (*column, bool) {
	i := slices.IndexFunc(f.columns, func(c column) bool { return c.to.Role == r })
	if i < 0 {
		return nil, false
	}
	return &f.columns[i], true
}

// named finds the column that fills one of package shape's.
func (f *file) named(name string) (*column, bool) {
	i := slices.IndexFunc(f.columns, func(c column) bool { return c.to.Name == name })
	if i < 0 {
		return nil, false
	}
	return &f.columns[i], true
}

// kindOf finds out what a file holds: by what was said, by its name, or by its columns.
func kindOf(f File, kinds []shape.Kind, mapping map[string]string) (*shape.Kind, error) {
	var fits, called []*shape.Kind
	for i := range kinds {
		k := &kinds[i]
		switch {
		case f.Kind == k.Name:
			return k, nil
		case k.Called(filepath.Base(f.Table.Name)):
			called = append(called, k)
		}
	}
	if f.Kind != "" {
		return nil, fmt.Errorf("there is no kind %q of files; there are %s", f.Kind, strings.Join(shape.Names(), ", "))
	}
	if len(called) == 1 {
		return called[0], nil
	}
	if len(called) == 0 {
		for i := range kinds {
			called = append(called, &kinds[i])
		}
	}
	best := 0
	for _, k := range called {
		switch n := understood(f.Table, k, mapping); {
		case n > best:
			best, fits = n, []*shape.Kind{k}
		case n == best && n > 0:
			fits = append(fits, k)
		}
	}
	if len(fits) == 1 {
		return fits[0], nil
	}
	return nil, &sheet.Problem{File: f.Table.Name, Reason: fmt.Sprintf("cannot tell what it holds; say it with --kind, which is one of %s", strings.Join(shape.Names(), ", "))}
}

// understood is how many columns of a file a kind has; 0 when it lacks one that the kind needs.
func understood(t *sheet.Table, k *shape.Kind, mapping map[string]string) (n int) {
	have := map[string]bool{}
	for _, name := range t.Columns {
		if to, mapped := mapping[name]; mapped {
			have[to] = true
			n++
		} else if c, ok := k.Guess(name); ok {
			have[c.Name], have[c.Into] = true, true
			n++
		}
	}
	if len(lacks(k, have)) > 0 {
		return 0
	}
	return n
}

// lacks are the needs of a kind that a file's columns do not fulfil.
func lacks(k *shape.Kind, have map[string]bool) (out []string) {
	for _, need := range k.Needs {
		if !slices.ContainsFunc(strings.Split(need, "|"), func(name string) bool { return have[name] }) {
			out = append(out, strings.ReplaceAll(need, "|", " or "))
		}
	}
	return out
}

// bind understands a file's columns: as they were mapped, else by their names.
func bind(in File, k *shape.Kind, mapping map[string]string) (*file, error) {
	f := &file{Table: in.Table, kind: k, bad: map[int][]Fault{}}
	by := map[string][]string{} // the columns that fill each
	for i, name := range in.Table.Columns {
		if name == "" {
			continue
		}
		to, why, err := f.meaning(name, mapping)
		switch {
		case err != nil:
			return nil, err
		case to != nil && slices.Contains(in.Table.Columns[:i], name):
			return nil, f.problemf("the column %q is there twice; rename the one that is not meant in the file", name)
		case to == nil:
			f.ignored = append(f.ignored, Ignored{name, why})
		default:
			f.columns = append(f.columns, column{name: name, at: i, to: to})
			by[to.Name] = append(by[to.Name], name)
		}
	}
	for _, c := range f.columns {
		if names := by[c.to.Name]; len(names) > 1 {
			return nil, f.problemf("%s all look like %s; say which one it is with --map %q, and leave the others out with --map %q",
				quoted(names), c.to.Name, names[0]+"="+c.to.Name, names[1]+"=")
		}
	}
	have := map[string]bool{}
	for name := range by {
		have[name] = true
	}
	for _, c := range f.columns {
		if c.to.Role == shape.Part {
			have[c.to.Into] = true
		}
	}
	if missing := lacks(k, have); len(missing) > 0 {
		return nil, f.problemf("no column is %s, which %s need; the columns are %s; name it with --map 'COLUMN=%s', or the line that names the columns with --header",
			strings.Join(missing, ", or "), k.Name, quoted(in.Table.Columns), strings.Fields(missing[0])[0])
	}
	return f, nil
}

// meaning is what a column fills; nil and why when it is left out.
func (f *file) meaning(name string, mapping map[string]string) (to *shape.Column, why string, err error) {
	want, mapped := mapping[name]
	var ok bool
	switch {
	case mapped && want == "":
		return nil, "left out by --map", nil
	case mapped:
		if to, ok = f.kind.Column(want); !ok {
			if to, ok = f.kind.Guess(want); !ok {
				return nil, "", f.problemf("%s have no column %q, to which %q is mapped; there are %s", f.kind.Name, want, name, strings.Join(f.choices(), ", "))
			}
		}
	case shape.Fold(name) == shape.Fold(problemColumn):
		return nil, "written by an import before", nil
	default:
		if to, ok = f.kind.Guess(name); !ok {
			return nil, "not known; name what it is with --map", nil
		}
	}
	switch {
	case to.Name == shape.Password:
		return nil, "passwords are not taken from files: fieldsync users password LOGIN", nil
	case to.Role == shape.Derived && !(to.Field != nil && to.Name == jobStatus):
		return nil, "written by the server", nil
	}
	return to, "", nil
}

// jobStatus is a column that is not imported, but says which jobs are over.
const jobStatus = "status"

// choices are the columns that may be mapped to.
func (f *file) choices() (out []string) {
	for _, c := range f.kind.Columns {
		if c.Role != shape.Derived && c.Name != shape.Password {
			out = append(out, c.Name)
		}
	}
	return out
}

func quoted(names []string) string {
	var out []string
	for _, name := range names {
		if name != "" {
			out = append(out, fmt.Sprintf("%q", name))
		}
	}
	return strings.Join(out, ", ")
}

// findKey says which column names the records, once it is known whether the column of ids has nothing else. ids: every cell
// of it is an id.
func (f *file) findKey(ids bool) error {
	key, keyed := f.role(shape.Key)
	id, withIDs := f.role(shape.ID)
	_, outside := f.role(shape.External)
	if keyed && withIDs && !outside && !ids {
		return f.problemf("%q and %q could both be the key; say which one is with --map %q, and leave the other out with --map %q",
			id.name, key.name, key.name+"=key", id.name+"=")
	}
	if keyed || withIDs && !ids {
		f.keyed = !outside
	}
	if keyed || withIDs || outside {
		return nil
	}
	for _, name := range f.kind.Keys {
		if c, ok := f.named(name); ok {
			f.columns = append(f.columns, column{name: c.name, at: c.at, to: mustColumn(f.kind, "key")})
			f.keyed = true
			return nil
		}
	}
	return nil
}

func mustColumn(k *shape.Kind, name string) *shape.Column {
	c, ok := k.Column(name)
	if !ok {
		panic(k.Name + " have no column " + name) // the table of shapes is ours
	}
	return c
}
