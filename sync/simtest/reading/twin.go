package reading

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// otherWorlds answers a pull in other worlds before it is answered in this one, and gives a check of this world's
// answer: an index that proposes everything must not change it, nor may what the user cannot see (I9).
func (w *world) otherWorlds(d *device, p model.Pull) func(*model.Page) {
	if w.dice.IntN(w.opt.Checks) != 0 {
		return func(*model.Page) {}
	}
	w.stats["other worlds"]++
	rnd := rand.New(rand.NewPCG(w.dice.Uint64(), 0))
	full := w.answerOver(&wide{w.store.Store, w.truth.ids()}, p)
	other := w.store.Clone()
	w.disturb(other, d, rnd)
	twin := w.answerOver(other, p)
	return func(page *model.Page) {
		if !reflect.DeepEqual(page, full) {
			w.fail("candidates", "by the index  %s\n      by a full walk %s", w.describe(page), w.describe(full))
		}
		if !reflect.DeepEqual(page, twin) {
			w.fail("interference", "in this world %s\n      in the other %s", w.describe(page), w.describe(twin))
		}
	}
}

// answerOver is what an engine answers over another store.
func (w *world) answerOver(s storage.Store, p model.Pull) *model.Page {
	e := engine.New(engine.Config{Store: s, Random: history.Stream(w.seed, "other"), Seal: w.seal.Twin(), Decode: protocol.DecodeChange, Zone: zone})
	return must(e.Pull(w.ctx, p, w.now))
}

func (w *world) describe(p *model.Page) string {
	if p == nil {
		return "nothing"
	}
	out := "retract " + shorts(p.Retracts)
	for _, r := range p.Rows {
		out += "\n        " + show(r)
	}
	if p.Checkpoint != nil {
		out += " checkpoint"
	}
	if p.Reconcile {
		out += " reconcile"
	}
	return fmt.Sprintf("%s, %d masks, cursor %x of %d bytes", out, len(p.Masks), p.Cursor[:min(3, len(p.Cursor))], len(p.Cursor))
}

// twin is a world being made to differ from this one in what a device may not see and never could since the checkpoint
// it stands on.
type twin struct {
	w     *world
	rnd   *rand.Rand
	open  sight // what the device may know of
	view  sight // what it may know of what is new
	names map[model.Audience]audience
	next  model.Seq
	cut   model.Seq
	made  byte
}

// disturb writes the difference as one commit, and sometimes others that say nothing.
func (w *world) disturb(s storage.Store, d *device, rnd *rand.Rand) {
	t := &twin{w: w, rnd: rnd, names: map[model.Audience]audience{}, cut: d.at().cut}
	t.view = w.sees(d.owner, tiers-1)
	open := &stand{shown: map[model.RecordID]bool{}, sight: w.sees(d.owner, tiers-1)}
	open.inherit(d.at())
	t.open = open.sight
	for range 1 + rnd.IntN(2) {
		must(s.Apply(w.ctx, w.tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
			return t.commit(r), nil
		}))
	}
}

func (t *twin) commit(r storage.Reader) *storage.WriteSet {
	t.next = r.Head().Next()
	for key, raw := range r.Rows(storage.TableAudiences, "", "") {
		if len(raw) != 4 || key == "" {
			continue // the name of a number, or the last one
		}
		t.names[audienceNumber(raw)] = audience{Kind: model.AudienceKind(key[0]), Of: model.RecordID([]byte(key[1:]))}
	}
	ws := &storage.WriteSet{Rows: []storage.RowWrite{{Table: storage.TableAudit, Key: "twin", Value: []byte{1}}}}
	if t.rnd.IntN(2) == 0 {
		ws.Rows = append(ws.Rows, t.define(r)...)
	}
	for _, id := range t.w.truth.ids() {
		if rec, ok := r.Record(id); ok && t.rnd.IntN(3) > 0 {
			rec = rec.Clone()
			rec.Seq = t.next
			t.alter(rec)
			ws.Records = append(ws.Records, rec)
		}
	}
	for range t.rnd.IntN(3) {
		if rec := t.stranger(); rec != nil {
			ws.Records = append(ws.Records, rec)
		}
	}
	return ws
}

// define adds a field of the company's own, of a class that the device does not see now: it is new, so that a device
// that saw the class before has never heard of it.
func (t *twin) define(r storage.Reader) []storage.RowWrite {
	c := model.Jobs + model.Collection(t.rnd.IntN(4))
	class := model.ClassWork + model.Class(t.rnd.IntN(5))
	if t.view.classes[c].Has(class) {
		return nil
	}
	raw, _ := r.Row(storage.TableTenant, "")
	row := must(storage.ParseTenant(raw))
	t.made++
	row.Custom = append(row.Custom, model.Custom{Collection: c, Field: model.Field{
		No: model.FirstCustomField + model.FieldNo(t.made), Name: fmt.Sprintf("own_%d", t.made), Type: model.TypeInt, Class: class,
		Policy: model.PolicyOffice, Writers: model.WriterOffice, Nature: model.Claim, Source: "twin",
	}})
	return []storage.RowWrite{{Table: storage.TableTenant, Value: row.Append(nil)}}
}

// alter changes what is hidden of a record: cells of hidden classes, with their stamps, and memberships of hidden
// audiences; the whole of it when no audience of it was ever the device's.
func (t *twin) alter(r *model.Record) {
	known := false
	for _, m := range r.Memberships {
		known = known || t.open.audiences[t.names[m.Audience]]
	}
	for _, c := range slices.Clone(r.Cells) {
		class, _ := t.w.truth.table.Class(r.Collection, c.Field)
		if hidden := !known || !t.open.classes[r.Collection].Has(class); hidden && c.Field != model.FieldParent && t.rnd.IntN(2) == 0 {
			r.Set(c.Field, model.Int(int64(t.rnd.IntN(1000))), t.write())
		}
	}
	var keep []model.Membership
	for _, m := range r.Memberships {
		if !t.open.audiences[t.names[m.Audience]] && t.rnd.IntN(2) == 0 {
			if t.rnd.IntN(3) == 0 {
				continue
			}
			m.Intervals = t.interval(r.Deleted)
		}
		keep = append(keep, m)
	}
	r.Memberships = keep
	if !known && t.rnd.IntN(6) == 0 {
		r.Deleted = true
		for i := range r.Memberships {
			r.Memberships[i].Intervals = t.interval(true)
		}
	}
}

func (t *twin) write() model.Write {
	at := t.cut + model.Seq(t.rnd.IntN(int(t.next-t.cut)+1))
	return model.Write{Seq: max(at, 1), Change: model.ChangeID{1: byte(t.rnd.IntN(256)), 2: byte(t.rnd.IntN(256)), 3: byte(at)}}
}

func (t *twin) interval(over bool) []model.Interval {
	in := model.Seq(1 + t.rnd.IntN(int(t.next)))
	if !over && t.rnd.IntN(2) == 0 {
		return []model.Interval{{First: in, In: in}}
	}
	return []model.Interval{{First: in, In: in, Out: in + model.Seq(t.rnd.IntN(int(t.next-in)+1)) + 1}}
}

// stranger is a record that only the other world has; nil when every audience is the device's.
func (t *twin) stranger() *model.Record {
	collections := []model.Collection{model.Jobs, model.Tasks, model.Sites, model.JobCommercials, model.ReviewItems}
	t.made++
	r := &model.Record{Collection: collections[t.rnd.IntN(len(collections))], Seq: t.next}
	for i := range r.ID {
		r.ID[i] = byte(t.rnd.IntN(256))
	}
	w := t.write()
	r.Set(model.FieldParent, model.Null(), w)
	r.Set(2, model.Int(7), w)
	for n := model.Audience(1); n < model.Audience(len(t.names)+2); n++ {
		name, ok := t.names[n]
		if ok && !t.open.audiences[name] && t.rnd.IntN(2) == 0 {
			r.Memberships = append(r.Memberships, model.Membership{Audience: n, Intervals: t.interval(false)})
		}
	}
	if len(r.Memberships) == 0 {
		return nil
	}
	return r
}
