package replica

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Limits of what may be saved at once, so that all of it fits what may be in flight (write-verification W17, CE-19).
const (
	MaxGroup       = protocol.MaxGroup  // changes
	MaxGroupBytes  = 192 << 10          // encoded
	MaxChangeBytes = protocol.MaxChange // encoded
)

// LimitError says what was too large to be saved.
type LimitError struct {
	What      string
	Have, Max int
}

// Error says so in words a user may see.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too large to be saved: %s is %d, at most %d", e.What, e.Have, e.Max)
}

// Draft is one thing a user does.
type Draft struct {
	Op         model.Op
	Collection model.Collection // of a creation; of anything else it may be zero
	Record     model.RecordID   // zero in a creation: an id is drawn. A fact's is always drawn
	Fields     []model.FieldValue
}

// Saved is a change that is safe on this device.
type Saved struct {
	Draft  int // which of the drafts it is of: an edit may become two changes
	Change model.ChangeID
	Record model.RecordID
}

// Save keeps one or more drafts in one local transaction: all of them or none. When it returns, they survive anything
// but the loss of the phone. Several drafts are one inseparable group; hours among them stand alone, since nothing may
// ever hold them (write-verification W6). An edit becomes two changes when its fields stand on different states.
func (r *Replica) Save(now Moment, drafts ...Draft) ([]Saved, error) {
	switch {
	case r.broken != nil:
		return nil, r.broken
	case r.meta.who.User.IsZero() || r.meta.signedOut || r.meta.erased:
		return nil, ErrSignedOut
	case len(r.meta.base) == 0:
		return nil, ErrNothing
	case len(drafts) == 0:
		return nil, errors.New("nothing to save")
	case len(drafts) > MaxGroup:
		return nil, &LimitError{"the number of changes", len(drafts), MaxGroup}
	}
	if r.bug("group-two-local-writes") && len(drafts) > 1 {
		return r.saveApart(now, drafts)
	}
	return r.save(now, drafts, model.GroupID{}, 0)
}

// saveApart is the planted bug group-two-local-writes.
func (r *Replica) saveApart(now Moment, drafts []Draft) (out []Saved, err error) {
	var group model.GroupID
	if _, err := io.ReadFull(r.cfg.Random, group[:]); err != nil {
		return nil, err
	}
	for i, d := range drafts {
		s, err := r.save(now, []Draft{d}, group, len(drafts))
		if err != nil {
			return out, err
		}
		for _, one := range s {
			one.Draft = i
			out = append(out, one)
		}
	}
	return out, nil
}

// save mints, groups, encodes and writes.
func (r *Replica) save(now Moment, drafts []Draft, group model.GroupID, size int) (out []Saved, err error) {
	err = r.update(func(t *txn) error {
		m := &minter{t: t, now: now, clock: t.clock(now), view: r.view(t)}
		for i, d := range drafts {
			if err := m.mint(i, d); err != nil {
				return err
			}
		}
		if err := m.group(group, size); err != nil {
			return err
		}
		out = m.saved
		return m.keep()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// minter makes the changes of one Save. They stand on each other in order.
type minter struct {
	t     *txn
	now   Moment
	clock model.Occurrence
	view  *view
	saved []Saved
}

// mint makes the changes of one draft.
func (m *minter) mint(index int, d Draft) error {
	fields := slices.Clone(d.Fields)
	slices.SortFunc(fields, func(a, b model.FieldValue) int { return byField(a, b.Field) })
	for i := 1; i < len(fields); i++ {
		if fields[i].Field == fields[i-1].Field {
			return fmt.Errorf("field %d is given twice", fields[i].Field)
		}
	}
	if d.Op == model.OpCreate {
		if err := m.t.r.check(d, d.Collection, fields); err != nil {
			return err
		}
		return m.create(index, d, fields)
	}
	rec, ok, err := m.view.show(d.Record)
	if err != nil {
		return err
	}
	if !ok {
		return ErrUnknown
	}
	d.Collection = rec.Collection
	if d.Op == model.OpDelete {
		st := m.standing(d.Record, nil)
		return m.add(index, d, nil, st)
	}
	if len(fields) == 0 {
		return fmt.Errorf("an edit without fields")
	}
	if err := m.t.r.check(d, d.Collection, fields); err != nil {
		return err
	}
	for _, part := range m.split(d.Record, rec, fields) {
		if err := m.add(index, d, part.fields, part.stand); err != nil {
			return err
		}
	}
	return nil
}

func (m *minter) create(index int, d Draft, fields []model.FieldValue) error {
	assigns := make([]model.Assign, len(fields))
	for i, f := range fields {
		assigns[i] = model.Assign{Field: f.Field, Value: f.Value}
		if f.Field != model.FieldParent || f.Value.IsNull() || m.t.r.fact(d.Collection) {
			continue // a fact is kept even when what it hangs on was taken back meanwhile
		}
		if _, ok, err := m.view.show(model.RefOf(f.Value)); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("the record it hangs on: %w", ErrUnknown)
		}
	}
	return m.add(index, d, assigns, standing{base: string(m.t.meta.base)})
}

// fact says whether records of a collection are keyed by their change.
func (r *Replica) fact(c model.Collection) bool {
	if r.cfg.Table == nil {
		return false
	}
	spec, ok := r.cfg.Table.Spec(c)
	return ok && spec.Append
}

// hours says whether a collection is time: no order, no group, nothing that could ever hold it.
func hours(c model.Collection) bool { return c == model.TimesheetEvents }

// add makes one change.
func (m *minter) add(index int, d Draft, fields []model.Assign, st standing) error {
	id, err := m.t.drawChange()
	if err != nil {
		return err
	}
	c := model.Change{
		ID: id, Author: m.t.meta.who.User, Op: d.Op, Collection: d.Collection, Record: d.Record, Fields: fields,
		Base: st.base, Over: st.over, Occurred: m.clock, AfterEnd: m.t.meta.ended && m.t.meta.end.byPerson(),
	}
	if d.Op == model.OpCreate {
		if c.Record, err = m.newRecord(d, id); err != nil {
			return err
		}
	}
	it := &item{number: m.t.meta.next, change: c, saved: m.now.Wall}
	if !hours(c.Collection) {
		it.change.After = m.after(it)
	}
	m.t.meta.next++
	m.view.fresh = append(m.view.fresh, it)
	clear(m.view.memo)
	m.saved = append(m.saved, Saved{index, id, c.Record})
	return nil
}

func (m *minter) newRecord(d Draft, id model.ChangeID) (model.RecordID, error) {
	if m.t.r.fact(d.Collection) {
		return model.RecordID(id), nil
	}
	rec := d.Record
	if rec.IsZero() {
		fresh, err := m.t.drawChange()
		if err != nil {
			return rec, err
		}
		return model.RecordID(fresh), nil
	}
	if _, ok, err := m.view.lay(rec); err != nil || ok {
		return rec, fmt.Errorf("a record of this id is here already: %w", err)
	}
	return rec, nil
}

// drawChange draws 16 bytes. The planted bug draws them from a generator whose state is in the phone's backup.
func (t *txn) drawChange() (id model.ChangeID, err error) {
	if t.r.bug("ids-from-backed-up-generator") {
		t.meta.drawn++
		seed := binary.BigEndian.AppendUint64(t.meta.who.Device[:], t.meta.drawn)
		sum := sha256.Sum256(seed)
		copy(id[:], sum[:])
		return id, nil
	}
	if _, err := io.ReadFull(t.r.cfg.Random, id[:]); err != nil {
		return id, fmt.Errorf("draw an identifier: %w", err)
	}
	return id, nil
}

// group gives the members their group, with its size in each: an incomplete group is then known for one.
func (m *minter) group(group model.GroupID, size int) error {
	var members []*item
	for _, it := range m.view.fresh {
		if !hours(it.change.Collection) {
			members = append(members, it)
		}
	}
	if size == 0 {
		size = len(members)
	}
	switch {
	case m.saved[len(m.saved)-1].Draft == 0 && group.IsZero(), size < 2:
		return nil // one draft, or one draft and hours
	case size > MaxGroup:
		return &LimitError{"the number of changes", size, MaxGroup}
	}
	if group.IsZero() {
		id, err := m.t.drawChange()
		if err != nil {
			return err
		}
		group = model.GroupID(id)
	}
	for _, it := range members {
		it.change.Group, it.change.GroupSize = group, size
	}
	return nil
}

// keep encodes the changes once and for ever, and writes them.
func (m *minter) keep() error {
	total := 0
	for _, it := range m.view.fresh {
		if err := it.seal(); err != nil {
			return err
		}
		total += it.size()
		m.t.items[it.change.ID] = it
	}
	if total > MaxGroupBytes && len(m.view.fresh) > 1 {
		return &LimitError{"the changes together in bytes", total, MaxGroupBytes}
	}
	return nil
}
