package writing

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// rounds is how many rounds of a fair network empty every outbox, at most (I12); one did in every history so far.
const rounds = 3

// finish lets everybody come by on a fair network, and checks what must hold when all is quiet.
func (w *World) finish() {
	w.frames, w.replies = nil, nil
	w.step++
	w.logf("a fair network")
	if w.away != nil {
		w.readmit()
	}
	round := 0
	for ; round < rounds && w.visit(); round++ {
	}
	w.counts.Rounds = max(w.counts.Rounds, round)
	for _, p := range w.phones {
		if n, _ := p.Unsent(); n > 0 {
			w.failf("I12: %s has %d changes that are never answered", p.name, n)
			for _, e := range p.Outbox() {
				if !e.Answered {
					w.logf("stuck: %s after %v", short(e.Change), w.o.latest[e.Change].c.After)
				}
			}
		}
	}
	w.o.final()
}

// visit lets every phone hand in what it has; false: nobody had anything.
func (w *World) visit() bool {
	busy := false
	for _, p := range w.phones {
		if p.wiped || p.Who().User.IsZero() {
			continue
		}
		w.hangUp(p)
		if !w.online(p) && p.strange {
			if w.deviceState(p.Who().Device) == engine.DeviceLost {
				w.reported(p, engine.DeviceInUse) // or nobody could sign in on it ever again
			}
			if w.signIn(p, true, false) {
				w.online(p)
			}
		}
		for range 20 {
			if !w.send(p, 200, 256<<10) {
				break
			}
			busy = true
			w.drain()
		}
		if p.conn != nil && p.conn.Lane == model.LaneLive {
			w.sync(p)
		}
	}
	return busy
}

// drain lets everything on the way arrive, in order.
func (w *World) drain() {
	for len(w.frames) > 0 {
		f := w.frames[0]
		w.frames = w.frames[1:]
		w.arrive(f, noCrash)
	}
	for len(w.replies) > 0 {
		r := w.replies[0]
		w.replies = w.replies[1:]
		w.receive(r)
	}
}

// final checks everything at the end.
func (o *oracle) final() {
	for at, k := range o.work {
		o.decidedOnce(at, k)
	}
	for _, r := range o.recs {
		o.compare(r)
	}
	for g, members := range o.groups {
		o.groupWhole(g, members)
	}
	o.hoursConserved()
	o.losersKept()
}

// decidedOnce: every change that was saved has one durable outcome, unless its last copy went first (I3).
func (o *oracle) decidedOnce(at content, k *work) {
	f := o.fates[at.id]
	switch {
	case f != nil && f.work == k:
		o.stored(k, f.out)
	case o.second[at]:
		o.keptSecond(&k.c)
	case !k.excused && !k.author.office():
		o.w.failf("I3: %s was saved and never decided", o.describe(k))
	}
}

// groupWhole: all members are in, or none (I6).
func (o *oracle) groupWhole(g model.GroupID, members []*work) {
	inside, outside, hours := 0, 0, 0
	for _, k := range members {
		f := o.fates[k.c.ID]
		switch {
		case f != nil && f.work != k:
		case k.hours():
			hours++
		case f != nil && f.out.In():
			inside++
		default:
			outside++
		}
	}
	if inside > 0 && (outside > 0 || inside+hours < members[0].c.GroupSize) {
		o.w.failf("I6: of group %s of %d, %d are in and %d are not", short(g), members[0].c.GroupSize, inside, outside)
	}
}

// hoursConserved: each worker's minutes are what they saved (I8).
func (o *oracle) hoursConserved() {
	want, got := map[model.UserID]int64{}, map[model.UserID]int64{}
	o.w.view(func(rd storage.Reader) {
		for _, k := range o.work {
			f := o.fates[k.c.ID]
			if !k.hours() || f == nil || f.work != k {
				continue
			}
			minutes := k.value(model.TimeAmount).Int()
			want[k.author.id] += minutes
			r, ok := rd.Record(k.c.Record)
			if !ok || r.Deleted {
				o.w.failf("I8: hours %s are gone", short(k.c.ID))
				continue
			}
			got[model.UserID(model.RefOf(r.Value(model.TimeWorker)))] += r.Value(model.TimeAmount).Int()
			if at := r.Value(model.TimeAt).Int(); at != int64(k.at) {
				o.w.failf("I8: hours %s happened at %d and are kept at %d", short(k.c.ID), k.at, at)
			}
		}
	})
	for _, u := range o.w.users {
		if want[u.id] != got[u.id] {
			o.w.failf("I8: %s worked %d minutes, the store has %d", u.name, want[u.id], got[u.id])
		}
	}
}

// losersKept: whatever lost a conflict is a line of its record's history, with who said it and when; the items of review tell
// of the latest, with what beat it, and count them all (R7).
func (o *oracle) losersKept() {
	type place struct {
		rec   model.RecordID
		field model.FieldNo
	}
	kept, counted, latest := map[loss]int{}, map[place]int64{}, map[loss]model.Value{}
	o.w.view(func(rd storage.Reader) {
		for _, raw := range rd.Rows(storage.TableHistory, "", "") {
			h, err := storage.ParseHistory(raw)
			for i := range h {
				if e := &h[i]; err == nil && e.Lost && len(e.Fields) == 1 && e.Author == o.authorOf(e.Change) {
					kept[loss{change: e.Change, rec: e.Record, field: e.Fields[0].Field, value: e.Fields[0].Before}]++
				}
			}
		}
		for _, r := range o.w.reviews(rd) {
			if r.Value(model.ReviewKind).Text() != "conflict" {
				continue
			}
			at := place{model.RefOf(r.Value(model.ReviewSubject)), model.FieldNo(r.Value(model.ReviewField).Int())}
			counted[at] += max(1, r.Value(model.ReviewCount).Int())
			class, _ := o.w.table.Class(o.recs[at.rec].coll, at.field)
			latest[loss{
				change: model.ChangeID(model.RefOf(r.Value(model.ReviewChange))), beaten: model.ChangeID(model.RefOf(r.Value(model.ReviewBeatenBy))),
				rec: at.rec, field: at.field,
			}] = r.Value(model.ReviewLost + model.FieldNo(class))
		}
	})
	for _, l := range o.losses {
		at, told := place{l.rec, l.field}, loss{change: l.change, rec: l.rec, field: l.field, beaten: l.beaten}
		line := loss{change: l.change, rec: l.rec, field: l.field, value: l.value}
		if counted[at]--; kept[line] == 0 {
			o.w.failf("R7: %v of %s, which lost to %s, is not in the history of its record", l.value, short(l.change), short(l.beaten))
		}
		if got, ok := latest[told]; ok && got != l.value {
			o.w.failf("R7: %v of %s, which lost, is kept as %v", l.value, short(l.change), got)
		}
		kept[line]--
		delete(latest, told)
	}
	for at, n := range counted {
		if n != 0 {
			o.w.failf("R7: of field %d of %s the items count %d too many", at.field, short(at.rec), n)
		}
	}
	if len(latest) > 0 {
		o.w.failf("R7: %d items tell of what did not lose", len(latest))
	}
}

// authorOf is who made a change.
func (o *oracle) authorOf(id model.ChangeID) model.UserID {
	if k := o.latest[id]; k != nil {
		return k.author.id
	}
	return model.UserID{}
}

// reviews lists the review items, whoever of the office they are for.
func (w *World) reviews(rd storage.Reader) (out []*model.Record) {
	for id := range rd.Records(model.ReviewItems, model.Place{}) {
		if r, ok := rd.Record(id); ok {
			out = append(out, r)
		}
	}
	return out
}

// checkShown: at a checkpoint a replica has all of a group that is in, or nothing of it (I6): the tasks that a group
// made under one job come together.
func (w *World) checkShown(p *phone) {
	rows, err := p.Base()
	w.must(err)
	base := map[model.RecordID]bool{}
	for _, r := range rows {
		base[r.ID] = true
	}
	for g, members := range w.o.groups {
		tasks := slices.DeleteFunc(slices.Clone(members), func(k *work) bool {
			return k.c.Op != model.OpCreate || k.c.Collection != model.Tasks
		})
		for _, k := range tasks {
			if first := tasks[0]; k.parent() == first.parent() && base[k.c.Record] != base[first.c.Record] {
				w.failf("I6: %s shows half of group %s", p.name, short(g))
			}
		}
	}
}
