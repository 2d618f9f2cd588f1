package export

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// column is one of a file.
type column struct {
	name string
	cell func(r *record) (sheet.Cell, error)
}

// record is what a row is made of.
type record struct {
	doc   fields
	parts map[model.Collection]fields // of a job: its card and its contact
	also  map[string][]office.Document
	user  office.User
}

// fields are a document's.
type fields map[string]json.RawMessage

func fieldsOf(d office.Document) (fields, error) {
	var out fields
	err := json.Unmarshal(d, &out)
	return out, err
}

func (f fields) text(name string) (out string) {
	_ = json.Unmarshal(f[name], &out) // absent, or of another type, which is none
	return out
}

// rows writes a file of rows.
func (e *exporter) rows(ctx context.Context, name string, to io.Writer) (rows int, err error) {
	columns := e.columns(name)
	w, err := sheet.NewWriter(to, sheet.Dialect{Format: e.Format, BOM: e.BOM, Comma: e.Comma, CRLF: e.BOM, Sheet: name}, !e.Plain)
	if err != nil {
		return 0, err
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	if err := w.Names(names); err != nil {
		return 0, err
	}
	for r, err := range e.records(name) {
		if err != nil {
			return rows, err
		}
		if rows++; rows%1000 == 0 && ctx.Err() != nil {
			return rows, ctx.Err()
		}
		cells := make([]sheet.Cell, len(columns))
		for i, c := range columns {
			if cells[i], err = c.cell(r); err != nil {
				return rows, fmt.Errorf("%s of %s: %w", c.name, r.doc.text(document.KeyID), err)
			}
		}
		if err := w.Write(cells); err != nil {
			return rows, err
		}
	}
	return rows, w.Close()
}

// records gives what the rows of a file are made of.
func (e *exporter) records(name string) func(func(*record, error) bool) {
	if name == shape.Users {
		return e.userRecords
	}
	return func(yield func(*record, error) bool) {
		for d, err := range e.spool.all(name) {
			r := &record{}
			if err == nil {
				r.doc, err = fieldsOf(d)
			}
			if err == nil && name == shape.Jobs {
				err = e.whole(r)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// whole finds what is in a job's row beside the job.
func (e *exporter) whole(r *record) (err error) {
	r.parts = map[model.Collection]fields{}
	if r.also, err = e.spool.of(r.doc.text(document.KeyID)); err != nil {
		return err
	}
	for of, name := range map[model.Collection]string{model.JobCards: "job_cards", model.JobContacts: "job_contacts"} {
		if all := r.also[name]; len(all) > 0 {
			if r.parts[of], err = fieldsOf(all[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// columns are those of a file: of a kind's, what an import takes and then what the server writes; of all others, every field.
func (e *exporter) columns(name string) (out []column) {
	k, ok := e.kind(name)
	if !ok {
		return e.plain(name)
	}
	var derived []column
	for i := range k.Columns {
		c := &k.Columns[i]
		if x := e.column(&k, c); x.cell != nil {
			if c.Role == shape.Derived {
				derived = append(derived, x)
			} else {
				out = append(out, x)
			}
		}
	}
	return append(out, derived...)
}

// column is one of a kind's; without a cell it is not written.
func (e *exporter) column(k *shape.Kind, c *shape.Column) column {
	out := column{name: c.Name}
	switch {
	case k.Name == shape.Users && e.user(c.Name) != nil:
		out.cell = e.user(c.Name)
	case c.Role == shape.ID:
		out.cell = func(r *record) (sheet.Cell, error) { return sheet.Cell{Text: r.doc.text(document.KeyID)}, nil }
	case c.Role == shape.External:
		out.cell = func(r *record) (sheet.Cell, error) { return sheet.Cell{Text: r.doc.text("external_id")}, nil }
	case c.Name == shape.Assigned:
		out.cell = e.assigned
	case c.Name == shape.Employer:
		out.cell = func(r *record) (sheet.Cell, error) {
			return sheet.Cell{Text: cmp.Or(e.spool.external[r.user.Company], r.user.Company)}, nil
		}
	case k.Name == shape.Sites && c.Of == model.Contacts:
		return out // they are in a file of their own
	case c.Role == shape.Plain, c.Role == shape.Derived && c.Field != nil:
		out.cell = func(r *record) (sheet.Cell, error) { return e.value(c.Field, fieldOf(r.of(k, c), c)) }
	case c.Role == shape.Outside:
		out.cell = func(r *record) (sheet.Cell, error) {
			var id string
			v := r.of(k, c)[e.nameOf(c)]
			if v == nil {
				return sheet.Cell{}, nil
			}
			err := json.Unmarshal(v, &id)
			return sheet.Cell{Text: cmp.Or(e.spool.external[id], id)}, err
		}
	}
	return out
}

// of are the fields of the record that a column is of.
func (r *record) of(k *shape.Kind, c *shape.Column) fields {
	if c.Of == k.Collection {
		return r.doc
	}
	return r.parts[c.Of]
}

func (e *exporter) nameOf(c *shape.Column) string {
	spec, ok := e.table.Spec(c.Of)
	if !ok {
		return c.Field.Name
	}
	return document.Name(e.table, spec, c.Field)
}

func fieldOf(f fields, c *shape.Column) json.RawMessage {
	if !c.Own {
		return f[c.Field.Name]
	}
	own := fields{}
	_ = json.Unmarshal(f[document.KeyCustom], &own) // absent: it has none
	return own[c.Field.Name]
}

// plain are the columns of a collection that no import takes.
func (e *exporter) plain(name string) (out []column) {
	spec, _ := e.table.Named(name) // it was chosen
	out = append(out, column{name: document.KeyID, cell: func(r *record) (sheet.Cell, error) {
		return sheet.Cell{Text: r.doc.text(document.KeyID)}, nil
	}})
	for i := range spec.Fields {
		f := &spec.Fields[i]
		field := document.Name(e.table, spec, f)
		c := shape.Column{Field: f, Own: f.No >= model.FirstCustomField}
		switch {
		case field == "":
			continue
		case c.Own:
			out = append(out, column{name: document.KeyCustom + "." + f.Name, cell: func(r *record) (sheet.Cell, error) { return e.value(f, fieldOf(r.doc, &c)) }})
		default:
			out = append(out, column{name: field, cell: func(r *record) (sheet.Cell, error) { return e.value(f, r.doc[field]) }})
		}
	}
	return out
}

// value is a field's value as a cell.
func (e *exporter) value(f *model.Field, v json.RawMessage) (c sheet.Cell, err error) {
	if len(v) == 0 || string(v) == "null" {
		return c, nil
	}
	switch f.Type {
	case model.TypeBool:
		return sheet.Cell{Text: string(v), Kind: sheet.Bool}, nil
	case model.TypeInt, model.TypeMinutes:
		return sheet.Cell{Text: string(v), Kind: sheet.Number}, nil
	case model.TypeAny:
		if v[0] != '"' {
			return sheet.Cell{Text: string(v)}, nil
		}
	}
	if err := json.Unmarshal(v, &c.Text); err != nil {
		return c, err
	}
	switch f.Type {
	case model.TypeMoney, model.TypeQuantity:
		c.Kind = sheet.Number
	case model.TypeDate:
		c.Kind = sheet.Date
	case model.TypeInstant:
		at, err := time.Parse(time.RFC3339, c.Text)
		if err != nil {
			return c, err
		}
		c.Text = at.In(e.Zone).Format(time.RFC3339Nano)
	}
	return c, nil
}

// assigned are the logins of whom a job is assigned to, who leads first.
func (e *exporter) assigned(r *record) (sheet.Cell, error) {
	var lead, others []string
	for _, d := range r.also["assignments"] {
		f, err := fieldsOf(d)
		if err != nil {
			return sheet.Cell{}, err
		}
		if state := f.text("state"); state == "withdrawn" || state == "declined" {
			continue
		}
		login := e.login(f.text("user"))
		if f.text("role") == "lead" {
			lead = append(lead, login)
		} else {
			others = append(others, login)
		}
	}
	slices.Sort(lead)
	slices.Sort(others)
	return sheet.Cell{Text: strings.Join(append(lead, others...), ", ")}, nil
}

// login is a user's, or the id where logins may not be seen.
func (e *exporter) login(id string) string {
	for _, u := range e.users {
		if u.ID.String() == id {
			return u.Login
		}
	}
	return id
}

// user is how a column of users is written, as far as it is not a field of the person's record; nil: it is one.
func (e *exporter) user(name string) func(*record) (sheet.Cell, error) {
	text := map[string]func(u office.User) string{
		"id":           func(u office.User) string { return u.ID.String() },
		shape.Login:    func(u office.User) string { return u.Login },
		"name":         func(u office.User) string { return u.Name },
		shape.UserKind: func(u office.User) string { return u.Kind },
		shape.Levels:   func(u office.User) string { return levels(u.Levels) },
		"active":       func(u office.User) string { return strconv.FormatBool(u.Active) },
	}[name]
	if text == nil {
		return nil
	}
	return func(r *record) (sheet.Cell, error) {
		c := sheet.Cell{Text: text(r.user)}
		if name == "active" {
			c.Kind = sheet.Bool
		}
		return c, nil
	}
}

// levels are a person's in the words of an import.
func levels(sets map[string]map[string]string) string {
	var words []string
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		for _, name := range slices.Sorted(maps.Keys(sets[set])) {
			words = append(words, set+"."+name+"="+sets[set][name])
		}
	}
	return strings.Join(words, " ")
}

// userRecords gives the users, with their records where they may be seen.
func (e *exporter) userRecords(yield func(*record, error) bool) {
	people := map[string]fields{}
	for d, err := range e.spool.all("people") {
		var f fields
		if err == nil {
			f, err = fieldsOf(d)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		people[f.text(document.KeyID)] = f
	}
	for _, u := range e.users {
		if !yield(&record{user: u, doc: people[u.ID.String()]}, nil) {
			return
		}
	}
}

// userDocuments writes the users as the API gives them.
func (e *exporter) userDocuments(w io.Writer) (rows int, err error) {
	encoder := json.NewEncoder(w)
	for _, u := range e.users {
		if err := encoder.Encode(u); err != nil {
			return rows, err
		}
		rows++
	}
	return rows, nil
}
