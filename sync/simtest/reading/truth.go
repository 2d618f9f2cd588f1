package reading

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// truth is the oracle's books: what every record says and since when, and, in an abstract history, who it is for.
type truth struct {
	table   *model.Table
	seq     model.Seq
	facts   map[model.RecordID]*fact
	decided map[model.ChangeID]bool // changes that were answered with an outcome
	card    model.JobCardRule

	calendar storage.Calendar // as it is committed
	window   model.Window     // that the company wants

	circles map[model.RecordID][]audience // of this commit; nil: to be computed
}

// fact is a record as the oracle knows it.
type fact struct {
	id         model.RecordID
	collection model.Collection
	dead       bool
	folded     bool // it was in and out of one audience more often than is remembered
	cells      []cell
	author     model.UserID
	field      bool // made in the field
	given      []audience
	abstract   bool // given is who it is for
}

// cell is a field's value, and the commit that last said it.
type cell struct {
	field model.FieldNo
	value model.Value
	at    model.Seq
	by    model.ChangeID
	when  model.Instant // it happened
}

func (f *fact) value(no model.FieldNo) model.Value {
	for _, c := range f.cells {
		if c.field == no {
			return c.value
		}
	}
	return model.Null()
}

func (f *fact) parent() model.RecordID { return model.RefOf(f.value(model.FieldParent)) }

// meant is the customer that a value names by now: the last of those that one after the other are said to be another one.
func (t *truth) meant(v model.Value) model.Value {
	for {
		f := t.facts[model.RefOf(v)]
		if f == nil || f.dead || f.collection != model.Customers {
			return v
		}
		next := t.facts[model.RefOf(f.value(model.CustomerMerged))]
		if next == nil || next.dead {
			return v
		}
		v = model.Ref(next.id)
	}
}

// hear takes a commit into the books. Values are what the commit says; who may see them is worked out here.
func (t *truth) hear(seq model.Seq, w *storage.WriteSet) {
	t.seq, t.circles = seq, nil
	for _, r := range w.Records {
		old := t.facts[r.ID]
		f := &fact{id: r.ID, collection: r.Collection, dead: r.Deleted}
		if old != nil {
			f.given, f.abstract, f.author, f.field = old.given, old.abstract, old.author, old.field
		}
		for _, c := range r.Cells {
			write := r.Writes[c.Write]
			if c.Field == model.FieldParent {
				f.author, f.field = write.Author, !write.Office
			}
			f.cells = append(f.cells, cell{c.Field, c.Value, write.Seq, write.Change, write.Occurred})
		}
		for _, m := range r.Memberships {
			if len(m.Intervals) > model.MaxIntervals {
				panic(&Failure{Kind: "bounds", Text: "a record remembers too much of an audience"})
			}
			for _, iv := range m.Intervals {
				f.folded = f.folded || iv.First != iv.In
			}
		}
		t.facts[r.ID] = f
	}
	for _, row := range w.Rows {
		if row.Table == storage.TableWindows && row.Key == "" {
			t.turned(must(storage.ParseCalendar(row.Value)))
		}
	}
	for _, id := range w.Forget {
		delete(t.facts, id)
	}
}

// ids is every record the books know, dead ones too, ascending.
func (t *truth) ids() []model.RecordID {
	out := make([]model.RecordID, 0, len(t.facts))
	for id := range t.facts {
		out = append(out, id)
	}
	slices.SortFunc(out, model.RecordID.Compare)
	return out
}

// live is the live records of a collection, ascending by id; of any when it is 0.
func (t *truth) live(c model.Collection) []*fact {
	var out []*fact
	for _, id := range t.ids() {
		if f := t.facts[id]; !f.dead && (c == 0 || f.collection == c) {
			out = append(out, f)
		}
	}
	return out
}

// rows is what a sight shows of everything: the oracle's project(view, state).
type rows map[model.RecordID]model.Row

func (t *truth) project(s sight) rows {
	out := rows{}
	for id, f := range t.facts {
		if f.dead || !t.shown(f, s) {
			continue
		}
		row := model.Row{ID: id, Collection: f.collection}
		for _, c := range f.cells {
			if class, ok := t.table.Class(f.collection, c.field); ok && s.classes[f.collection].Has(class) {
				row.Fields = append(row.Fields, model.FieldValue{Field: c.field, Value: c.value})
			}
		}
		if len(row.Fields) > 0 {
			out[id] = row
		}
	}
	return out
}

func (t *truth) shown(f *fact, s sight) bool {
	for _, a := range t.audiences(f) {
		if s.audiences[a] {
			return true
		}
	}
	return false
}

// audiences is who a record is for.
func (t *truth) audiences(f *fact) []audience {
	if f.abstract {
		return f.given
	}
	if t.circles == nil {
		t.circles = map[model.RecordID][]audience{}
	}
	list, ok := t.circles[f.id]
	if !ok {
		list = t.trade(f)
		t.circles[f.id] = list
	}
	return list
}

// differ says in words how two states of a replica differ, or nothing.
func (t *truth) differ(have, want rows) string {
	for _, id := range t.all(have, want) {
		h, inHave := have[id]
		w, inWant := want[id]
		switch {
		case !inHave:
			return "lacks " + show(w)
		case !inWant:
			return "has beyond it " + show(h)
		case h.Collection != w.Collection || !slices.Equal(h.Fields, w.Fields):
			return "has " + show(h) + "\n      instead of " + show(w)
		}
	}
	return ""
}

func (t *truth) all(sets ...rows) []model.RecordID {
	var ids []model.RecordID
	for _, s := range sets {
		for id := range s {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, model.RecordID.Compare)
	return slices.Compact(ids)
}
