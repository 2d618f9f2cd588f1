package reading

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// checkSilence: nothing to say means that the device is at a checkpoint of the present state and the whole view.
func (w *world) checkSilence(d *device, a *answer) {
	w.stats["silences"]++
	if !d.at().clean {
		w.fail("theorem", "silent to a device that is not at a checkpoint")
	}
	if diff := w.truth.differ(d.base(), a.truth); diff != "" {
		w.fail("theorem", "silent, but %s %s", short(d.conn.Device), diff)
	}
}

// checkPage checks what goes out, and notes what the new cursor stands on.
func (w *world) checkPage(d *device, a *answer, p model.Pull) {
	pre, base, staging := d.at(), d.base(), d.staging()
	w.say("page to %s (clean %v, cut %d): %d masks, retract %s, %d rows %s, checkpoint %v",
		short(d.conn.Device), pre.clean, pre.cut, len(a.page.Masks), shorts(a.page.Retracts), len(a.page.Rows),
		rowIDs(a.page.Rows), a.page.Checkpoint != nil)
	w.checkRows(a)
	w.checkRetracts(d, a, pre, base, staging)
	if pre.clean && !a.reconciled {
		w.checkNoise(a, p, pre, base)
	}
	w.checkIncluded(a, p)
	next := &stand{cut: pre.cut, tier: pre.tier, shown: map[model.RecordID]bool{}, sight: w.sees(d.owner, tiers-1)}
	switch {
	case a.page.Checkpoint != nil:
		next.clean, next.cut, next.more = true, a.seq, a.page.Checkpoint.More
		w.stats["checkpoints"]++
	case a.reconciled:
		next.cut, next.tier = 0, tiers-1
		for id := range base {
			next.shown[id] = true
		}
	default:
		next.inherit(pre)
		if pre.passes++; len(a.page.Rows) > 0 {
			w.stats["partial fills"]++
		}
		if len(a.page.Retracts) > 0 {
			w.stats["partial retracts"]++
		}
	}
	for id := range a.truth {
		next.shown[id] = true
	}
	d.stands[string(a.page.Cursor)] = next
}

// inherit takes over what pages before this one showed.
func (s *stand) inherit(pre *stand) {
	for id := range pre.shown {
		s.shown[id] = true
	}
	for a := range pre.sight.audiences {
		s.sight.audiences[a] = true
	}
	for c, set := range pre.sight.classes {
		s.sight.classes[c] |= set
	}
}

// checkRows: no cell beyond the view is ever sent, and what is sent is what stands.
func (w *world) checkRows(a *answer) {
	for _, r := range a.page.Rows {
		may, ok := a.truth[r.ID]
		if !ok || may.Collection != r.Collection {
			w.fail("leak", "sent %s, which is not for this user", show(r))
		}
		for _, f := range r.Fields {
			if !slices.Contains(may.Fields, f) {
				w.fail("leak", "sent field %d of %s, the view gives %s", f.Field, show(r), show(may))
			}
		}
	}
}

// checkRetracts: only what the device holds is named, or what the last served page's view showed.
func (w *world) checkRetracts(d *device, a *answer, pre *stand, base, staging rows) {
	for _, id := range a.page.Retracts {
		// What a later step of a growing view shows again may go in between.
		if _, ok := a.tiers[pre.tier][id]; ok {
			w.fail("noise", "retracts %s, which is visible", short(id))
		}
		_, inBase := base[id]
		_, inStaging := staging[id]
		f := w.truth.facts[id]
		folded := f != nil && f.folded
		switch {
		case inBase, inStaging:
		case pre.clean && !a.reconciled && !folded:
			w.fail("id leak", "retracts %s, which is not on the device", short(id))
		case !d.ever[id] && !pre.shown[id] && !folded:
			w.fail("id leak", "retracts %s, never held and never shown", short(id))
		default:
			w.stats["retracted unsent"]++
		}
	}
}

// checkNoise: a page from a checkpoint says something, and sends nothing that the device has and that did not change.
func (w *world) checkNoise(a *answer, p model.Pull, pre *stand, base rows) {
	page := a.page
	included := page.Checkpoint != nil && len(page.Checkpoint.Included) > 0
	grown := pre.more && page.Checkpoint != nil && !page.Checkpoint.More // the last step says at least that it is the last
	if !p.Refresh && !included && !grown && len(page.Rows)+len(page.Retracts)+len(page.Masks) == 0 {
		w.fail("noise", "a page that says nothing")
	}
	for _, r := range page.Rows {
		have, ok := base[r.ID]
		f := w.truth.facts[r.ID]
		if !ok || f.folded {
			continue
		}
		for _, x := range r.Fields {
			if slices.Contains(have.Fields, x) && w.said(f, x.Field) <= pre.cut {
				w.fail("noise", "sends field %d of %s, unchanged since %d", x.Field, show(r), pre.cut)
			}
		}
	}
}

// said is the commit that last said a field.
func (w *world) said(f *fact, no model.FieldNo) model.Seq {
	for _, c := range f.cells {
		if c.field == no {
			return c.at
		}
	}
	return 0
}

// checkIncluded: a checkpoint names only changes that the device waits for and that were decided.
func (w *world) checkIncluded(a *answer, p model.Pull) {
	if a.page.Checkpoint == nil {
		return
	}
	for _, id := range a.page.Checkpoint.Included {
		if !slices.Contains(p.Waiting, id) || !w.truth.decided[id] {
			w.fail("lost work", "change %s is named as included, and was not decided", short(id))
		}
	}
}

// checkTaken: what the device holds once a page is in.
func (w *world) checkTaken(d *device, a *answer) {
	base, staging := d.base(), d.staging()
	// Data goes only when all that must go is gone (I10).
	if len(a.page.Rows) > 0 || a.page.Checkpoint != nil {
		for _, set := range []rows{base, staging} {
			for _, r := range set {
				w.checkWithin(r, a.truth)
			}
		}
	}
	if a.page.Checkpoint != nil {
		w.checkCheckpoint(d, a, base)
		if len(staging) > 0 {
			w.fail("theorem", "%d records in staging after a checkpoint", len(staging))
		}
	}
	w.checkOrphans(d)
}

func (w *world) checkWithin(r model.Row, truth rows) {
	may, ok := truth[r.ID]
	if !ok {
		w.fail("left behind", "the device still holds %s", show(r))
	}
	for _, f := range r.Fields {
		if !slices.ContainsFunc(may.Fields, func(x model.FieldValue) bool { return x.Field == f.Field }) {
			w.fail("left behind", "the device still holds field %d of %s", f.Field, show(r))
		}
	}
}

// checkCheckpoint: the theorem, for the view as far as it has grown.
func (w *world) checkCheckpoint(d *device, a *answer, base rows) {
	next := d.at()
	diff := ""
	for t := next.tier; t < tiers; t++ {
		if diff = w.truth.differ(base, a.tiers[t]); diff == "" {
			next.tier = t
			return
		}
	}
	w.fail("theorem", "%s at its checkpoint %s", short(d.conn.Device), diff)
}

// checkOrphans: no child is shown whose parent is not.
func (w *world) checkOrphans(d *device) {
	shown := map[model.RecordID]bool{}
	list := must(d.rep.Shown())
	for _, r := range list {
		shown[r.ID] = true
	}
	for _, r := range list {
		if p := r.Parent(); !p.IsZero() && !shown[p] {
			w.fail("orphan", "%s is shown without its parent", show(r.Row))
		}
	}
}

func shorts(ids []model.RecordID) string {
	out := "["
	for _, id := range ids {
		out += short(id) + " "
	}
	return out + "]"
}

func rowIDs(rows []model.Row) string {
	var ids []model.RecordID
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return shorts(ids)
}
