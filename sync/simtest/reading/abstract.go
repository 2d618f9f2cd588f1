package reading

import (
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// An abstract history writes records straight into the store, in audiences drawn at random: it meets the corners of
// the algorithm far more often than a company does. Memberships are kept here a second time, after feed-verification.

// draft is one commit being written.
type draft struct {
	w       *world
	r       storage.Reader
	seq     model.Seq
	records map[model.RecordID]*model.Record
	rows    map[string]storage.RowWrite
	tenant  storage.Tenant
	fresh   bool // the tenant row changed
}

// write runs one commit.
func (w *world) write(f func(*draft)) {
	must(w.store.Apply(w.ctx, w.tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
		d := &draft{w: w, r: r, seq: r.Head().Next(), records: map[model.RecordID]*model.Record{}, rows: map[string]storage.RowWrite{}}
		raw, _ := r.Row(storage.TableTenant, "")
		d.tenant = must(storage.ParseTenant(raw))
		f(d)
		return d.set(), nil
	}))
}

func (d *draft) set() *storage.WriteSet {
	ws := &storage.WriteSet{Head: &storage.HeadChange{Time: d.w.now}}
	for _, r := range d.records {
		ws.Records = append(ws.Records, r)
	}
	slices.SortFunc(ws.Records, func(a, b *model.Record) int { return a.ID.Compare(b.ID) })
	for _, row := range d.rows {
		ws.Rows = append(ws.Rows, row)
	}
	if d.fresh {
		ws.Rows = append(ws.Rows, storage.RowWrite{Table: storage.TableTenant, Value: d.tenant.Append(nil)})
	}
	if len(ws.Records)+len(ws.Rows) == 0 { // a commit that says nothing
		ws.Rows = append(ws.Rows, storage.RowWrite{Table: storage.TableAudit, Key: "nothing", Value: []byte{1}})
	}
	return ws
}

func audienceNumber(raw []byte) model.Audience { return model.Audience(binary.BigEndian.Uint32(raw)) }

// number is the number of an audience, given at its first use.
func (d *draft) number(a audience) model.Audience {
	key := string(append([]byte{byte(a.Kind)}, a.Of[:]...))
	if row, ok := d.rows[key]; ok {
		return audienceNumber(row.Value)
	}
	if raw, ok := d.r.Row(storage.TableAudiences, key); ok {
		return audienceNumber(raw)
	}
	last, ok := d.rows[""]
	if !ok {
		if raw, ok := d.r.Row(storage.TableAudiences, ""); ok {
			last.Value = raw
		} else {
			last.Value = make([]byte, 4)
		}
	}
	next := audienceNumber(last.Value) + 1
	raw := binary.BigEndian.AppendUint32(nil, uint32(next))
	for _, key := range []string{"", key} {
		d.rows[key] = storage.RowWrite{Table: storage.TableAudiences, Key: key, Value: raw}
	}
	d.tenant.Views++
	d.fresh = true
	return next
}

// record is a record of this commit, to be changed.
func (d *draft) record(id model.RecordID) *model.Record {
	if r := d.records[id]; r != nil {
		return r
	}
	r := &model.Record{ID: id}
	if have, ok := d.r.Record(id); ok {
		r = have.Clone()
	}
	r.Seq = d.seq
	d.records[id] = r
	return r
}

// put gives a field a value.
func (d *draft) put(id model.RecordID, f model.FieldNo, v model.Value) {
	change := model.ChangeID{15: 1}
	binary.BigEndian.PutUint64(change[:], uint64(d.seq))
	d.record(id).Set(f, v, model.Write{Seq: d.seq, Change: change, Office: true})
}

// create makes a record. Its books entry says who it is for.
func (d *draft) create(id model.RecordID, c model.Collection, parent model.RecordID, who []audience) {
	d.record(id).Collection = c
	d.put(id, model.FieldParent, model.Ref(parent))
	for _, f := range cellsOf[c] {
		d.put(id, f, d.w.value())
	}
	d.w.truth.facts[id] = &fact{id: id, collection: c, abstract: true}
	d.place(id, who)
}

// remove leaves a tombstone.
func (d *draft) remove(id model.RecordID) {
	d.record(id).Deleted = true
	d.place(id, nil)
}

// place says who a record is for from now on.
func (d *draft) place(id model.RecordID, who []audience) {
	r := d.record(id)
	want := map[model.Audience]bool{}
	for _, a := range who {
		want[d.number(a)] = true
	}
	for i := range r.Memberships {
		m := &r.Memberships[i]
		switch {
		case m.Open() && !want[m.Audience]:
			d.leave(m)
		case !m.Open() && want[m.Audience]:
			d.enter(m)
		}
		delete(want, m.Audience)
	}
	for a := range want {
		m := model.Membership{Audience: a}
		d.enter(&m)
		r.Memberships = append(r.Memberships, m)
	}
	r.Memberships = slices.DeleteFunc(r.Memberships, func(m model.Membership) bool { return len(m.Intervals) == 0 })
	slices.SortFunc(r.Memberships, func(a, b model.Membership) int { return int(a.Audience) - int(b.Audience) })
	d.w.truth.facts[id].given = slices.Clone(who)
}

func (d *draft) enter(m *model.Membership) {
	n := len(m.Intervals)
	if n > 0 && m.Intervals[n-1].Out == d.seq {
		m.Intervals[n-1].Out = 0
		return
	}
	m.Intervals = append(m.Intervals, model.Interval{First: d.seq, In: d.seq})
	if n == model.MaxIntervals {
		m.Intervals[1].First = m.Intervals[0].First
		m.Intervals = m.Intervals[1:]
	}
}

func (d *draft) leave(m *model.Membership) {
	last := &m.Intervals[len(m.Intervals)-1]
	if last.In == d.seq && last.First == d.seq {
		m.Intervals = m.Intervals[:len(m.Intervals)-1]
		return
	}
	last.Out = d.seq
}

// value is a value that was never said before.
func (w *world) value() model.Value {
	w.number++
	return model.Int(int64(w.number))
}

// cellsOf is the fields that records of an abstract history have, of as many classes as there are.
var cellsOf = map[model.Collection][]model.FieldNo{
	model.Jobs:           {model.JobTitle, model.JobDescription, 18, 25, 26},
	model.Tasks:          {2, 3},
	model.JobCards:       {model.CardAddress, model.CardAccess, 7, 8},
	model.Sites:          {2, 3, 8},
	model.JobCommercials: {2, 3, 5},
	model.ReviewItems:    {model.ReviewKind, 17, 18, 19, 20, 21, 22},
}

// forWhom is the audiences that records of a collection can be in, in this company.
func (w *world) forWhom(c model.Collection) []audience {
	var out []audience
	everybody := func(k model.AudienceKind) { out = append(out, audience{Kind: k}) }
	each := func(kinds ...model.AudienceKind) {
		for _, r := range w.people[1:] {
			for _, k := range kinds {
				if r.kind != model.Desktop {
					out = append(out, audience{Kind: k, Of: model.RecordID(r.user)})
				}
			}
		}
	}
	switch c {
	case model.Sites:
		everybody(model.AudienceDirectory)
		each(model.AudienceRefs)
	case model.JobCommercials:
		everybody(model.AudienceMoney)
		each(model.AudienceBills)
	case model.ReviewItems:
		everybody(model.AudienceOffice)
	case model.JobCards:
		everybody(model.AudienceOffice)
		each(model.AudienceCards, model.AudienceTravel)
	default:
		everybody(model.AudienceOffice)
		each(model.AudienceWork, model.AudienceRefs)
		for _, id := range w.clients {
			out = append(out, audience{Kind: model.AudienceCrew, Of: id})
		}
	}
	return out
}

// someOf draws who a record is for.
func (w *world) someOf(c model.Collection) []audience {
	all := w.forWhom(c)
	var out []audience
	switch w.dice.IntN(4) {
	case 0:
		out = append(out, all[w.dice.IntN(len(all))])
	case 1:
		out = append(out, all[w.dice.IntN(len(all))], all[w.dice.IntN(len(all))])
	case 2:
		for _, a := range all {
			if w.dice.IntN(2) == 0 {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, compareAudiences)
	return slices.Compact(out)
}

func compareAudiences(a, b audience) int {
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	return a.Of.Compare(b.Of)
}
