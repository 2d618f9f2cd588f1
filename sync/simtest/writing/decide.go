package writing

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// unit follows a change, or the members of a group that came together.
func (o *oracle) unit(h how, changes []model.Submitted, answers []model.Answer) {
	var fresh []int
	for i := range changes {
		if !o.repeated(h, &changes[i].Change, answers[i]) {
			fresh = append(fresh, i)
		}
	}
	if len(fresh) == 0 {
		return
	}
	if o.retried(h, changes, fresh, answers) {
		return
	}
	if g := changes[fresh[0]].Change.Group; !g.IsZero() {
		o.group(h, changes, fresh, answers)
		return
	}
	for _, i := range fresh {
		o.decided(h, o.of(h, &changes[i]), answers[i])
	}
}

// of finds the work of a change; a change that nobody made is an error of the machine.
func (o *oracle) of(h how, s *model.Submitted) *work {
	k := o.work[content{s.Change.ID, s.Change.Hash}]
	if k == nil {
		o.w.failf("nobody made %s", short(s.Change.ID))
		k = &work{c: s.Change, author: h.user, at: o.w.now}
		o.know(k)
	}
	k.number = s.Number
	return k
}

// repeated checks the answer to a change that was decided before; false: it is new.
func (o *oracle) repeated(h how, c *model.Change, a model.Answer) bool {
	if c.ID.IsZero() {
		if a.Outcome != model.OutcomeRefused {
			o.w.failf("a change without an id is %v", a.Outcome)
		}
		return true
	}
	f := o.fates[c.ID]
	if f == nil {
		if a.Repeat {
			o.w.failf("I4: %s is answered as a repeat and was never decided", short(c.ID))
		}
		return false
	}
	o.w.counts.Repeats++
	if f.work.c.Hash != c.Hash {
		if a.Outcome != model.OutcomeHeld || a.Reason != model.ReasonContent {
			o.w.failf("I4: %s with other content is %v %d", short(c.ID), a.Outcome, a.Reason)
		}
		o.second[content{c.ID, c.Hash}] = true
		o.keptSecond(c)
		return true
	}
	if waits := f.out == model.OutcomeHeld && (f.reason == model.ReasonMissing || f.reason == model.ReasonStacked); waits && a.Repeat {
		return true // it may be judged again in this commit; see answered
	}
	if !a.Repeat || a.Outcome != f.out {
		o.w.failf("I4: %s was %v and is answered %v, repeat %v", short(c.ID), f.out, a.Outcome, a.Repeat)
	}
	return true
}

// retried checks a unit of which nothing was decided: a predecessor that the device still has must be undecided. A unit
// that was decided has none (W8).
func (o *oracle) retried(h how, changes []model.Submitted, fresh []int, answers []model.Answer) bool {
	var waits model.ChangeID
	for _, i := range fresh {
		for _, a := range changes[i].Change.After {
			inside := slices.ContainsFunc(changes, func(s model.Submitted) bool { return s.Change.ID == a })
			if h.have[a] && o.fates[a] == nil && !inside {
				waits = a
			}
		}
	}
	retry := answers[fresh[0]].Outcome == model.OutcomeRetry
	switch {
	case retry && waits.IsZero() && !o.crowded:
		o.w.failf("W8: %s has to wait for nothing that is there", short(changes[fresh[0]].Change.ID))
	case !retry && !waits.IsZero():
		o.w.failf("W8: %s is decided before %s", short(changes[fresh[0]].Change.ID), short(waits))
	}
	return retry
}

// decided checks the answer to a change that came alone, and follows it.
func (o *oracle) decided(h how, k *work, a model.Answer) {
	want := o.expect(k, h)
	if waits := want.reason == model.ReasonMissing || want.reason == model.ReasonStacked; waits && !want.allows(a.Outcome, a.Reason) {
		// What it waits for may have come behind it in this commit: then it is judged again, and answered with that.
		o.fates[k.c.ID] = &fate{work: k, out: model.OutcomeHeld, reason: want.reason, since: h.now, kind: h.user.kind, on: o.onJob(k)}
		o.waited = append(o.waited, k.c.ID)
		return
	}
	o.agree(k, want, a.Outcome, a.Reason)
	o.keep(k, h, a.Outcome, a.Reason)
	o.follow(k, want, a.Outcome, h)
}

// agree compares an outcome with what it must be.
func (o *oracle) agree(k *work, want want, out model.Outcome, reason model.Reason) {
	if want.allows(out, reason) {
		return
	}
	o.w.failf("%s is %v %d, must be %v", o.describe(k), out, reason, want)
}

// keep notes the fate of a change, and checks that the store has it.
func (o *oracle) keep(k *work, h how, out model.Outcome, reason model.Reason) {
	o.fates[k.c.ID] = &fate{work: k, out: out, reason: reason, since: h.now, kind: h.user.kind, on: o.onJob(k)}
	if out == model.OutcomeHeld {
		o.waited = append(o.waited, k.c.ID)
		o.w.counts.Held++
	}
	o.w.logf("  %s: %v %d", o.describe(k), out, reason)
	o.stored(k, out)
}

// stored checks that an outcome is durable, for this content, and that the content is kept when somebody must decide.
func (o *oracle) stored(k *work, out model.Outcome) {
	id := string(k.c.ID[:])
	o.w.view(func(r storage.Reader) {
		row, ok := r.Row(storage.TableOutcomes, id)
		if !ok {
			o.w.failf("I3: %s is answered and not in the store", short(k.c.ID))
			return
		}
		have, err := storage.ParseOutcome(row)
		o.w.must(err)
		if o.together && out == model.OutcomeHeld {
			return // the other frame may have brought what it waited for
		}
		if have.Code != out || have.Hash != [16]byte(k.c.Hash[:16]) {
			o.w.failf("I4: %s is %v in the store, answered %v", short(k.c.ID), have.Code, out)
		}
		if out != model.OutcomeHeld && out != model.OutcomeDismissed && out != model.OutcomeRefused {
			return
		}
		o.content(r, id, k.c.Body)
	})
}

func (o *oracle) content(r storage.Reader, key, body string) {
	row, ok := r.Row(storage.TableHeld, key)
	if !ok {
		o.w.failf("I3: the content of %x is not kept", key[:3])
		return
	}
	held, err := storage.ParseHeld(row)
	o.w.must(err)
	if held.Body != body {
		o.w.failf("I3: the content of %x is kept as another", key[:3])
	}
}

// keptSecond: the second content of an id is held under id and hash (W16).
func (o *oracle) keptSecond(c *model.Change) {
	o.w.view(func(r storage.Reader) { o.content(r, string(c.ID[:])+string(c.Hash[:8]), c.Body) })
}

// group follows the members of a group: all in, or none (I6).
func (o *oracle) group(h how, changes []model.Submitted, fresh []int, answers []model.Answer) {
	whole := len(fresh) == changes[fresh[0]].Change.GroupSize
	var bound []int
	for _, i := range fresh {
		if k := o.of(h, &changes[i]); k.hours() {
			o.decided(h, k, answers[i])
		} else {
			bound = append(bound, i)
		}
	}
	back := o.fork()
	in := whole
	wants := map[int]want{}
	for _, i := range bound {
		if !in {
			break
		}
		k := o.of(h, &changes[i])
		wants[i] = o.expect(k, h)
		if in = wants[i].mayBeIn(); in {
			o.follow(k, wants[i], wants[i].out, h)
		}
	}
	if !in {
		back()
	}
	for _, i := range bound {
		k, a := o.of(h, &changes[i]), answers[i]
		switch want := wants[i]; {
		case in:
			o.agree(k, want, a.Outcome, a.Reason)
		case a.Outcome != model.OutcomeHeld:
			o.w.failf("I6: %s of a group that is not in is %v", o.describe(k), a.Outcome)
		case a.Reason != model.ReasonGroup && !want.holds(a.Reason):
			o.w.failf("I6: %s is held for %d, must be the group or %v", o.describe(k), a.Reason, want)
		}
		o.keep(k, h, a.Outcome, a.Reason)
	}
}
