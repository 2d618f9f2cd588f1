package replica

import (
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// standing is what an edit stands on: the state its author saw, as the server will judge it.
type standing struct {
	base string           // of the bottom pending edit, else of the last applied checkpoint (CE-9, CE-16, CE-17)
	over []model.ChangeID // own changes below it that no checkpoint has named, oldest first, the creation among them
}

func (s standing) equal(o standing) bool { return s.base == o.base && slices.Equal(s.over, o.over) }

// part is the fields of an edit that stand on the same state.
type part struct {
	fields []model.Assign
	stand  standing
}

// split sorts the fields of an edit by what they stand on: one change is one base (decision 0001).
func (m *minter) split(id model.RecordID, rec Record, fields []model.FieldValue) (parts []part) {
	for _, f := range fields {
		st := m.standing(id, &f.Field)
		a := model.Assign{Field: f.Field, Value: f.Value, Seen: m.seen(id, rec, f.Field)}
		i := slices.IndexFunc(parts, func(p part) bool { return p.stand.equal(st) })
		if i < 0 {
			parts = append(parts, part{stand: st})
			i = len(parts) - 1
		}
		parts[i].fields = append(parts[i].fields, a)
	}
	return parts
}

// standing finds the user's top change of a field that is still in the overlay; without a field, of the record.
func (m *minter) standing(id model.RecordID, f *model.FieldNo) standing {
	st := standing{base: string(m.t.meta.base)}
	if m.t.r.bug("edit-base-from-staged-page") && len(m.t.r.staged) > 0 {
		st.base = string(m.t.r.staged)
	}
	for _, it := range m.view.overlay(id) {
		create := it.change.Op == model.OpCreate
		if create && m.t.r.bug("over-without-creation") {
			continue
		}
		if _, ok := it.assigns(fieldOr(f)); !ok && !create && f != nil {
			continue
		}
		for _, o := range it.change.Over {
			st.add(o)
		}
		st.add(it.change.ID)
		if !m.t.r.bug("edit-base-not-inherited") && len(st.over) > 0 {
			st.base = it.change.Base
		}
	}
	if n := len(st.over); n > protocol.MaxOver { // the creation, and the last ones: the writer is among these
		st.over = slices.Delete(st.over, 1, 1+n-protocol.MaxOver)
	}
	return st
}

func fieldOr(f *model.FieldNo) model.FieldNo {
	if f == nil {
		return 0
	}
	return *f
}

func (s *standing) add(id model.ChangeID) {
	if !slices.Contains(s.over, id) {
		s.over = append(s.over, id)
	}
}

// seen is the hash of the value that the server had when the bottom edit was made: an edit on an edit inherits it.
func (m *minter) seen(id model.RecordID, rec Record, f model.FieldNo) model.SeenHash {
	for _, it := range slices.Backward(m.view.overlay(id)) {
		if it.change.Op == model.OpCreate {
			return 0
		}
		if a, ok := it.assigns(f); ok {
			return a.Seen
		}
	}
	return rec.Value(f).Hash()
}

// after is the user's change before this one on the same record; for a creation, also on the record it hangs on. One
// that is not in the outbox any more was decided long ago, and nobody has to wait for it.
func (m *minter) after(it *item) (out []model.ChangeID) {
	subjects := []model.RecordID{it.subject()}
	if it.change.Op == model.OpCreate {
		for _, a := range it.change.Fields {
			if p := model.RefOf(a.Value); a.Field == model.FieldParent && !p.IsZero() && p != subjects[0] {
				subjects = append(subjects, p)
			}
		}
	}
	for _, s := range subjects {
		for _, list := range [][]*item{m.view.fresh, m.t.r.order} {
			if prev := lastOn(list, s); prev != nil {
				out = append(out, prev.change.ID)
				break
			}
		}
	}
	return out
}

func lastOn(list []*item, subject model.RecordID) *item {
	for _, it := range slices.Backward(list) {
		if !hours(it.change.Collection) && !it.released && it.subject() == subject {
			return it
		}
	}
	return nil
}
