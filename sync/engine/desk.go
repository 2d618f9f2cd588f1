package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// desk is one snapshot as a user of the office's API sees it.
type desk struct {
	*tx
	caller model.Caller
	who    access.Principal
	view   model.View
	names  map[model.AudienceName]bool // of the view's audiences, those too that have no number yet
	rights [16]byte                    // changes with what the caller may see
	few    bool                        // a view of little: its records are found by its audiences
}

// desk looks up what a caller sees: the web rights of an active user of the office, as far as the scopes go.
// model.ErrToken when there is no such user any more, or what the caller acts by does not stand any more.
func (t *tx) desk(c model.Caller) (*desk, error) {
	a, ok := get(t, storage.TableAccounts, string(c.User[:]), storage.ParseAccount)
	if !ok || !a.Active || a.Kind != model.Desktop || !t.stands(c) {
		return nil, model.ErrToken
	}
	who, err := principal(a, model.Desktop, t.tenant.Settings)
	if err != nil {
		return nil, err
	}
	d := &desk{tx: t, caller: c, who: who, names: map[model.AudienceName]bool{}}
	d.view, err = access.NewView(who, func(n model.AudienceName) (model.Audience, bool) {
		d.names[n] = true
		return t.number(n)
	})
	if err != nil {
		return nil, err
	}
	for no := range d.view.Classes.All() {
		if spec, ok := t.table.Spec(no); !ok || !c.Scopes.Reads(spec.Name) {
			d.view.Classes[no] = 0
		}
	}
	h := sha256.New()
	h.Write(a.Levels)
	h.Write(a.Company[:])
	if s := t.tenant.Settings; s.Invoices != model.FeatureOn || s.Optimization != model.FeatureOn {
		h.Write([]byte{byte(s.Invoices), byte(s.Optimization)}) // they cap the levels
	}
	h.Write([]byte(strings.Join(c.Scopes, " ")))
	copy(d.rights[:], h.Sum(nil))
	return d, nil
}

// at runs a function on one snapshot as a caller sees it.
func (e *Engine) at(ctx context.Context, c model.Caller, look func(*desk) error) error {
	return e.read(ctx, c.Tenant, func(t *tx) error {
		d, err := t.desk(c)
		if err != nil {
			return err
		}
		return look(d)
	})
}

// Table is the collections of a company, its own fields with them. The caller must not change it.
func (e *Engine) Table(ctx context.Context, id model.TenantID) (*model.Table, error) {
	var out *model.Table
	err := e.read(ctx, id, func(t *tx) error {
		out = t.table
		return nil
	})
	return out, err
}

// Settings are a company's general settings.
func (e *Engine) Settings(ctx context.Context, id model.TenantID) (model.Settings, error) {
	var out model.Settings
	err := e.read(ctx, id, func(t *tx) error {
		out = t.tenant.Settings
		return nil
	})
	return out, err
}

// ExternalID is the record that a name in another system stands for, whether or not it is there: derived with the
// tenant's secret, so that a back end needs no table of ids, and nobody else can tell.
func (e *Engine) ExternalID(ctx context.Context, id model.TenantID, c model.Collection, external string) (out model.RecordID, err error) {
	err = e.read(ctx, id, func(t *tx) error {
		m := hmac.New(sha256.New, t.tenant.Secret[:])
		m.Write(binary.BigEndian.AppendUint16([]byte("external id "), uint16(c)))
		m.Write([]byte(external))
		copy(out[:], m.Sum(nil))
		return nil
	})
	return out, err
}

// Companies is which company each portal user and subcontractor belongs to, as a caller sees it. A company is a customer:
// who sees no customers is told of none.
func (e *Engine) Companies(ctx context.Context, c model.Caller) (map[model.UserID]model.RecordID, error) {
	out := map[model.UserID]model.RecordID{}
	err := e.at(ctx, c, func(d *desk) error {
		if d.view.Classes.Of(model.Customers) == 0 {
			return nil
		}
		for _, k := range d.keys(storage.TableAccounts, "") {
			if a, ok := get(d.tx, storage.TableAccounts, k, storage.ParseAccount); ok && !a.Company.IsZero() {
				out[a.User] = a.Company
			}
		}
		return nil
	})
	return out, err
}

// shown says whether the caller sees a record: what hangs on a record that is not shown is not shown either, as on a
// device.
func (d *desk) shown(r *model.Record) bool {
	_, not := d.sight(r, d.view)
	return not == "" || r != nil && !r.Deleted && planted("desk-sees-everything")
}

// sight says through which audience a view shows a record, or why it does not: by the record itself, or by what it hangs
// on (access.RuleParent).
func (t *tx) sight(r *model.Record, v model.View) (through model.Audience, not access.Rule) {
	through, not = access.See(r, v)
	for range 5 { // the table nests no deeper
		if not != "" || r.Parent().IsZero() {
			return through, not
		}
		r = t.record(r.Parent())
		if !access.Visible(r, v) {
			not = access.RuleParent
		}
	}
	return through, access.RuleParent
}

// show is a record as the caller sees it, through the one projection; ok is false when they see nothing of it.
func (d *desk) show(r *model.Record) (s model.Shown, ok bool) {
	if r == nil || d.view.Classes.Of(r.Collection) == 0 || !d.shown(r) {
		return s, false
	}
	return d.render(r, d.view), true
}

// render is what a view shows of a record, with its tag and times.
func (t *tx) render(r *model.Record, v model.View) (s model.Shown) {
	s.Row = access.Project(t.table, r, v, nil)
	m := hmac.New(sha256.New, t.tenant.Secret[:])
	m.Write([]byte("tag"))
	m.Write(r.ID[:])
	var b []byte
	for _, f := range s.Fields {
		cell, _ := r.Cell(f.Field)
		at := r.Writes[cell.Write].Occurred
		if f.Field == model.FieldParent {
			s.Created = at
		}
		s.Updated = max(s.Updated, at)
		if !f.Value.IsNull() {
			b = binary.BigEndian.AppendUint32(b[:0], uint32(f.Field))
			b = append(b, byte(f.Value.Kind()))
			b = binary.BigEndian.AppendUint64(b, uint64(f.Value.Int()))
			if f.Value.Bool() {
				b = append(b, 1)
			}
			b = binary.BigEndian.AppendUint64(b, uint64(len(f.Value.Raw())))
			m.Write(append(b, f.Value.Raw()...))
		}
	}
	copy(s.Tag[:], m.Sum(nil))
	return s
}

// Look finds records as a caller sees them, in the order asked for; what they do not see is left out.
func (e *Engine) Look(ctx context.Context, c model.Caller, ids []model.RecordID) (model.Look, error) {
	var out model.Look
	err := e.at(ctx, c, func(d *desk) error {
		out = model.Look{Means: map[model.RecordID]model.RecordID{}}
		for _, id := range ids {
			s, ok := d.show(d.record(id))
			if !ok {
				continue
			}
			out.Records = append(out.Records, s)
			if now := d.united(id); now != id {
				out.Means[id] = now
			}
		}
		out.Base = d.base()
		return nil
	})
	return out, err
}

// base is the base token of this snapshot, for the caller's edits.
func (d *desk) base() string {
	return string(d.sealBase(d.caller.User, d.head.Lineage.Stamp(d.head.Seq)))
}

// maxScan bounds how many records that are shown, but are not asked for, one page of a listing passes over.
const maxScan = 20_000

// List gives a page of a collection's records in the order of their places, as a caller sees them. The page may have fewer than the limit,
// and none, while Next says that there is more.
func (e *Engine) List(ctx context.Context, c model.Caller, q model.Query) (model.Listing, error) {
	var out model.Listing
	err := e.at(ctx, c, func(d *desk) error {
		out = d.page(q, d.show)
		return nil
	})
	return out, err
}

// page is a page of a query, of what show shows.
func (d *desk) page(q model.Query, show func(*model.Record) (model.Shown, bool)) model.Listing {
	out := model.Listing{Base: d.base()}
	scanned, last := 0, model.Place{}
	for id := range d.candidates(q) {
		s, ok := show(d.record(id))
		if !ok && planted("pages-of-everything") && d.few {
			if scanned, last = scanned+1, d.record(id).Place(); scanned >= q.Limit {
				out.Next = last
				break
			}
		}
		if !ok {
			continue
		}
		if len(out.Records) == min(q.Limit, model.MaxListing) || scanned == maxScan {
			out.Next = last
			break
		}
		scanned, last = scanned+1, d.record(id).Place()
		if !q.Parent.IsZero() && d.record(id).Parent() != q.Parent || !matches(s.Row, q.Where) {
			continue
		}
		out.Records = append(out.Records, s)
	}
	return out
}

// candidates is the records a query may be about, in the order of their places.
func (d *desk) candidates(q model.Query) func(func(model.RecordID) bool) {
	if d.view.Classes.Of(q.Collection) == 0 {
		return func(func(model.RecordID) bool) {}
	}
	if q.Parent.IsZero() && d.few && !planted("pages-of-everything") {
		return d.members(q)
	}
	if q.Parent.IsZero() {
		return d.r.Records(q.Collection, q.After)
	}
	return func(yield func(model.RecordID) bool) {
		for id := range d.r.Children(q.Parent, q.Collection) { // at most MaxAggregate or so
			if (model.Place{Parent: q.Parent, ID: id}).Compare(q.After) > 0 && !yield(id) {
				return
			}
		}
	}
}

// matches says whether a row, as it is shown, fulfils every condition.
func matches(r model.Row, where []model.Condition) bool {
	for _, w := range where {
		v, ok := r.Find(w.Field)
		if !ok || v.IsNull() || !fulfils(v, w) {
			return false
		}
	}
	return true
}

func fulfils(v model.Value, w model.Condition) bool {
	if len(w.Values) == 0 {
		return false
	}
	order := func() (int, bool) {
		switch x := w.Values[0]; {
		case v.Kind() != x.Kind():
			return 0, false
		case v.Kind() == model.KindInt:
			return int(min(max(v.Int()-x.Int(), -1), 1)), true
		default:
			return strings.Compare(v.Raw(), x.Raw()), v.Kind() == model.KindText
		}
	}
	switch w.Op {
	case model.CompareIs:
		return slices.Contains(w.Values, v)
	case model.CompareFrom:
		n, ok := order()
		return ok && n >= 0
	case model.CompareBelow:
		n, ok := order()
		return ok && n < 0
	default:
		return v.Kind() == model.KindText && strings.Contains(strings.ToLower(v.Text()), strings.ToLower(w.Values[0].Text()))
	}
}

// Snapshot gives every record of some collections (none: of all) that a caller sees, as of one moment, parents first, and
// the cursor of the change feed at that moment. An error of yield ends it.
func (e *Engine) Snapshot(ctx context.Context, c model.Caller, of []model.Collection, yield func(model.Shown) error) (cursor string, err error) {
	err = e.at(ctx, c, func(d *desk) error {
		for _, spec := range d.table.Specs() {
			if len(of) > 0 && !slices.Contains(of, spec.No) || d.view.Classes.Of(spec.No) == 0 {
				continue
			}
			for id := range d.r.Records(spec.No, model.Place{}) {
				if err := ctx.Err(); err != nil {
					return err
				}
				if len(d.loaded) > maxScan { // parents that were looked up
					clear(d.loaded)
				}
				r, _ := d.r.Record(id) // not remembered: a snapshot may be of everything
				s, ok := d.show(r)
				if !ok {
					continue
				}
				if err := yield(s); err != nil {
					return err
				}
			}
		}
		cursor = d.cursor(d.newest())
		return nil
	})
	return cursor, err
}
