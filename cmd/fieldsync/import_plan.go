package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// planner turns rows into changes. It is pure: what it needs to know of the company it is given, and it sends nothing.
//
// Ids are derived from the company, the collection and the row's code under a key that stays in the data directory, so
// that a second import finds what the first one made, and nobody who sees an id can guess the code behind it (domain
// S4, S6).
type planner struct {
	table  *model.Table
	key    [32]byte
	tenant model.TenantID
	actor  model.UserID            // of the office: the changes are judged by what this person may do
	people map[string]model.UserID // by login
	today  time.Time               // midnight where the import runs: what "day" counts from

	given     map[string]bool // kinds of which there is a sheet
	customers map[string]row  // by code
	sites     map[string]row  // by code
	codes     map[string]int  // kind and code → line, against codes used twice
	faults    []error
}

// bundle is what becomes of one row: in whole or not at all.
type bundle struct {
	of      row
	kind    string
	changes []model.Change
}

// ident derives 16 bytes.
func (p *planner) ident(parts ...string) (id [16]byte) {
	m := hmac.New(sha256.New, p.key[:])
	m.Write(p.tenant[:])
	for _, part := range parts {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		m.Write([]byte(part))
	}
	copy(id[:], m.Sum(nil))
	return id
}

func (p *planner) record(collection, code string) model.RecordID {
	return p.ident("record", collection, code)
}

// draft is one record of a row while it is filled in.
type draft struct {
	p      *planner
	of     row
	spec   *model.Spec
	id     model.RecordID
	fields []model.Assign
	err    error
}

// draft begins a record of the collection; code names it in there.
func (p *planner) draft(of row, c model.Collection, code string) *draft {
	spec, _ := p.table.Spec(c)
	return &draft{p: p, of: of, spec: spec, id: p.record(spec.Name, code)}
}

// set gives a field a value, ascending by field. What the table does not allow is the row's fault.
func (d *draft) set(no model.FieldNo, v model.Value, column string) *draft {
	if d.err != nil || v.IsNull() {
		return d
	}
	f, _ := d.spec.Field(no)
	if !f.Check(v) {
		d.err = d.of.faultf("%s: %s", column, cannot(f, v))
		return d
	}
	d.fields = append(d.fields, model.Assign{Field: no, Value: v})
	return d
}

// named gives the field of this name the text of the column, or nothing when the cell is empty.
func (d *draft) named(field, column string) *draft {
	f, ok := d.spec.Named(field)
	if !ok {
		panic("the table has no field " + d.spec.Name + "." + field) // the table is ours: a slip of this file
	}
	if text := d.of.cells[column]; text != "" {
		return d.set(f.No, model.Text(text), column)
	}
	return d
}

// cannot says why a field cannot hold a value.
func cannot(f *model.Field, v model.Value) string {
	switch {
	case f.Type == model.TypeEnum:
		return fmt.Sprintf("%q is none of %s", v.Text(), strings.Join(f.Options, ", "))
	case v.Kind() == model.KindText && f.Max > 0 && int64(len(v.Text())) > f.Max:
		return fmt.Sprintf("is too long: %d bytes, at most %d", len(v.Text()), f.Max)
	case f.Type == model.TypeGeo:
		return fmt.Sprintf("%q is no position; write latitude,longitude in decimal degrees", v.Text())
	case f.Type == model.TypeInt:
		return fmt.Sprintf("%d is not between %d and %d", v.Int(), f.Min, f.Max)
	default:
		return "is no value of " + f.Name + ": line breaks and control characters are not taken in one line of text"
	}
}

// bundle closes a row: its records become the changes of one group.
func (p *planner) bundle(of row, kind string, drafts ...*draft) (*bundle, error) {
	b := &bundle{of: of, kind: kind}
	var group model.GroupID
	size := 0
	if len(drafts) > 1 {
		group, size = p.ident("group", drafts[0].spec.Name, string(drafts[0].id[:])), len(drafts)
	}
	for _, d := range drafts {
		if d.err != nil {
			return nil, d.err
		}
		if f, lacks := d.spec.Lacks(d.fields); lacks {
			return nil, of.faultf("%s is missing", f.Name)
		}
		c := model.Change{
			Author: p.actor, Op: model.OpCreate, Collection: d.spec.No, Record: d.id, Fields: d.fields, Group: group,
			GroupSize: size,
		}
		// The same row again is the same change, which the server knows; another row of the same code is another change,
		// of a record that exists. So the id covers everything that is in the body. It has no clock: it happened when it
		// was received.
		c.ID = p.ident("change", string(p.actor[:]), string(d.id[:]), strconv.Itoa(size), fmt.Sprintf("%#v", d.fields))
		b.changes = append(b.changes, c)
	}
	return b, nil
}

// once notes a code and finds it used before.
func (p *planner) once(of row, kind string) (string, error) {
	code := of.cells["code"]
	if code == "" {
		return "", of.faultf("code is missing; it is what a later import finds the row by")
	}
	if line, used := p.codes[kind+" "+code]; used {
		return "", of.faultf("code %s stands on line %d already", code, line)
	}
	p.codes[kind+" "+code] = of.line
	return code, nil
}

// plan turns sheets into bundles, in the order of who refers to whom. Rows that cannot be are in p.faults.
func (p *planner) plan(sheets []*sheet) (out []*bundle) {
	p.given, p.customers, p.sites, p.codes = map[string]bool{}, map[string]row{}, map[string]row{}, map[string]int{}
	for _, s := range sheets {
		p.given[s.kind] = true
	}
	for _, kind := range []struct {
		name string
		plan func(row) (*bundle, error)
	}{{"customers", p.customer}, {"sites", p.site}, {"jobs", p.job}} {
		for _, s := range sheets {
			if s.kind != kind.name {
				continue
			}
			for _, r := range s.rows {
				b, err := kind.plan(r)
				if err != nil {
					p.faults = append(p.faults, err)
					continue
				}
				out = append(out, b)
			}
		}
	}
	return out
}

func (p *planner) customer(r row) (*bundle, error) {
	code, err := p.once(r, "customers")
	if err != nil {
		return nil, err
	}
	d := p.draft(r, model.Customers, code)
	d.named("name", "name").named("phone", "phone").named("email", "email").
		named("billing_address", "billing_address").named("remarks", "remarks").
		set(customerAccount, model.Text(code), "code")
	b, err := p.bundle(r, "customers", d)
	if err == nil {
		p.customers[code] = r
	}
	return b, err
}

// Fields that are known by number in this file alone.
const (
	customerAccount model.FieldNo = 8
	contactSite     model.FieldNo = 6
	jobPlanned      model.FieldNo = 20
)

func (p *planner) site(r row) (*bundle, error) {
	code, err := p.once(r, "sites")
	if err != nil {
		return nil, err
	}
	customer := r.cells["customer"]
	if _, known := p.customers[customer]; customer == "" || p.given["customers"] && !known {
		return nil, r.faultf("customer %q is not in the customers' file, or its row has a fault", customer)
	}
	parent := model.Ref(p.record("customers", customer))
	d := p.draft(r, model.Sites, code)
	d.set(model.FieldParent, parent, "customer").named("name", "name").named("address", "address").
		named("access", "access").named("safety", "safety").named("geo", "geo")
	drafts := []*draft{d}
	if r.cells["contact"] != "" || r.cells["contact_phone"] != "" {
		c := p.draft(r, model.Contacts, "site "+code)
		c.set(model.FieldParent, parent, "customer").named("name", "contact").named("phone", "contact_phone").
			set(contactSite, model.Ref(d.id), "code")
		drafts = append(drafts, c)
	}
	b, err := p.bundle(r, "sites", drafts...)
	if err == nil {
		p.sites[code] = r
	}
	return b, err
}
