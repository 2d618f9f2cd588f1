package writing

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// rejudged follows what was held for something that has come, or on something that was decided (W15).
func (o *oracle) rejudged() {
	o.settled()
	var rest []model.ChangeID
	for _, id := range o.waited {
		f := o.fates[id]
		if f.out != model.OutcomeHeld {
			continue
		}
		rest = append(rest, id)
		now := o.row(id)
		if now.Code != model.OutcomeHeld {
			o.w.failf("I11: %s was held and is %v by itself, must be %v", o.describe(f.work), now.Code, o.expect(f.work, o.again(f)))
		} else if !o.crowded && o.forgotten(f) {
			o.w.failf("W15: %s is still held for %d, must be %v", o.describe(f.work), f.reason, o.expect(f.work, o.again(f)))
		}
		f.reason = now.Reason
	}
	o.waited = rest
}

// settled follows what the store has decided by itself, as far as it must be so by now.
func (o *oracle) settled() {
	slices.SortStableFunc(o.waited, func(a, b model.ChangeID) int {
		x, y := o.fates[a], o.fates[b]
		return cmp.Or(cmp.Compare(x.since, y.since), cmp.Compare(x.work.number, y.work.number), a.Compare(b))
	})
	for moved := true; moved; {
		moved = false
		for _, id := range o.waited {
			moved = o.rejudgedOne(id) || moved
		}
	}
}

// rejudgedOne follows one change that the store has decided by itself, when what must become of it is so by now.
func (o *oracle) rejudgedOne(id model.ChangeID) bool {
	f := o.fates[id]
	if f.out != model.OutcomeHeld || f.reason != model.ReasonMissing && f.reason != model.ReasonStacked || !f.work.c.Group.IsZero() {
		return false
	}
	now := o.row(id)
	h := o.again(f)
	if now.Code == model.OutcomeHeld {
		return false
	}
	want := o.expect(f.work, h)
	if !want.allows(now.Code, now.Reason) {
		return false
	}
	f.out, f.reason = now.Code, now.Reason
	o.w.counts.Rejudged++
	o.w.logf("  %s by itself: %v %d", o.describe(f.work), now.Code, now.Reason)
	o.follow(f.work, want, now.Code, h)
	return true
}

// forgotten says that a change is held for something that is not so any more, and nothing but a commit was needed to
// see it.
func (o *oracle) forgotten(f *fate) bool {
	if f.reason != model.ReasonMissing && f.reason != model.ReasonStacked || !f.work.c.Group.IsZero() || f.work.author.since > f.since {
		return false
	}
	now, want := o.row(f.work.c.ID), o.expect(f.work, o.again(f))
	return !want.allows(now.Code, now.Reason) && want.out != model.OutcomeHeld // for another reason: nobody looks
}

func (o *oracle) row(id model.ChangeID) (out storage.Outcome) {
	o.w.view(func(r storage.Reader) {
		if row, ok := r.Row(storage.TableOutcomes, string(id[:])); ok {
			var err error
			out, err = storage.ParseOutcome(row)
			o.w.must(err)
		}
	})
	return out
}
