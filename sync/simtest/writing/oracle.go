package writing

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// oracle knows what everybody did and saw, and follows what the store says was committed.
type oracle struct {
	w       *World
	work    map[content]*work
	latest  map[model.ChangeID]*work // the content that was made first under an id
	fates   map[model.ChangeID]*fate
	second  map[content]bool // contents that came under a known id
	recs    map[model.RecordID]*rec
	jobs    []model.RecordID
	groups  map[model.GroupID][]*work
	writer  map[string]model.ChangeID // by value: no two changes write one
	ended   map[epoch]bool
	wrote   map[epoch][]int // which phones wrote under an epoch, the last one last
	losses  []loss
	bases   map[string]checkpoint   // what a base token names
	crowded bool                    // commits are so big that a change may have to wait for room
	touch   map[model.RecordID]bool // by this commit
	waited  []model.ChangeID        // held, in the order they came
}

// content names one content of a change.
type content struct {
	id   model.ChangeID
	hash model.ContentHash
}

// work is a change that somebody made, and what they saw when they made it.
type work struct {
	c       model.Change
	author  *user
	at      model.Instant                             // when it happened
	past    map[model.FieldNo]map[model.ChangeID]bool // the writes its author had seen, by field
	fault   model.Reason                              // why it must be refused or held whatever is; 0: well made
	stuck   model.Reason                              // what it is held for, whatever is; 0: nothing
	excused bool                                      // its last copy went before the server had it
	number  uint64
}

// fate is what became of a change.
type fate struct {
	work   *work
	out    model.Outcome
	reason model.Reason
	since  model.Instant
	kind   model.UserKind
}

// rec is a record as it must be.
type rec struct {
	id      model.RecordID
	coll    model.Collection
	parent  model.RecordID
	author  *user
	cells   map[model.FieldNo]cell
	deleted bool
	known   map[model.UserID]bool // mobile users who have ever had it
	job     *job                  // of a job
}

type cell struct {
	value model.Value
	by    model.ChangeID
	late  bool // written by a decision long after it was made
	hist  []entry
}

// checkpoint is a state that a phone had.
type checkpoint struct {
	seq  model.Seq
	time model.Instant
}

// entry is a write of a cell, for those who saw it without looking.
type entry struct {
	seq model.Seq
	by  model.ChangeID
}

// loss is a value that lost a conflict, which must be kept.
type loss struct {
	change model.ChangeID
	rec    model.RecordID
	field  model.FieldNo
	value  model.Value
	beaten model.ChangeID
}

func newOracle(w *World) *oracle {
	return &oracle{
		w: w, work: map[content]*work{}, latest: map[model.ChangeID]*work{}, fates: map[model.ChangeID]*fate{},
		second: map[content]bool{}, recs: map[model.RecordID]*rec{}, groups: map[model.GroupID][]*work{},
		writer: map[string]model.ChangeID{}, bases: map[string]checkpoint{}, ended: map[epoch]bool{}, wrote: map[epoch][]int{},
	}
}

// sight is what an author saw of one field: the writes that what is shown contains.
type sight struct{ past map[model.ChangeID]bool }

type place struct {
	rec   model.RecordID
	field model.FieldNo
}

// look notes what is shown of the fields that drafts will edit.
func (o *oracle) look(p *phone, drafts []replica.Draft) map[place]sight {
	out := map[place]sight{}
	for _, d := range drafts {
		if d.Op == model.OpCreate {
			continue
		}
		shown, ok, err := p.Show(d.Record)
		o.w.must(err)
		if !ok {
			continue
		}
		for _, f := range d.Fields {
			s := sight{past: map[model.ChangeID]bool{}}
			if by, ok := o.writer[shown.Value(f.Field).Raw()]; ok && !shown.Value(f.Field).IsNull() {
				s.past = o.seenWith(by, f.Field)
			}
			out[place{d.Record, f.Field}] = s
		}
	}
	return out
}

// seenWith is a write and all that its author had seen.
func (o *oracle) seenWith(by model.ChangeID, f model.FieldNo) map[model.ChangeID]bool {
	out := map[model.ChangeID]bool{by: true}
	if k := o.latest[by]; k != nil {
		for id := range k.past[f] {
			out[id] = true
		}
	}
	return out
}

// saved takes note of a change that a phone keeps. Changes of one save stand on each other.
func (o *oracle) saved(p *phone, c model.Change, seen map[place]sight) *work {
	k := &work{c: c, author: p.user, at: o.w.now, past: map[model.FieldNo]map[model.ChangeID]bool{}}
	for _, a := range c.Fields {
		at := place{c.Record, a.Field}
		s, ok := seen[at]
		if ok && c.Op == model.OpEdit {
			k.past[a.Field] = s.past
		}
		if c.Op != model.OpDelete {
			past := map[model.ChangeID]bool{c.ID: true}
			for id := range s.past {
				past[id] = true
			}
			seen[at] = sight{past: past}
		}
	}
	o.know(k)
	o.w.counts.Saved++
	o.w.logf("%s saves %s", p.name, o.describe(k))
	return k
}

// know takes note of work.
func (o *oracle) know(k *work) {
	at := content{k.c.ID, k.c.Hash}
	if o.work[at] != nil {
		return
	}
	o.work[at] = k
	if k.fault == 0 {
		k.fault = o.fault(&k.c)
	}
	if o.latest[k.c.ID] == nil {
		o.latest[k.c.ID] = k
		for _, a := range k.c.Fields {
			if !a.Value.IsNull() && k.c.Op != model.OpDelete && a.Field != model.FieldParent && len(a.Value.Raw()) > 1 {
				o.writer[a.Value.Raw()] = k.c.ID
			}
		}
	}
	if !k.c.Group.IsZero() {
		o.groups[k.c.Group] = append(o.groups[k.c.Group], k)
	}
}

// committed follows a frame that was committed, change by change.
func (o *oracle) committed(c model.Connection, p *phone, changes []model.Submitted, have []model.ChangeID, answers []model.Answer) {
	o.touch = map[model.RecordID]bool{}
	h := o.how(c, p, changes, have)
	o.fenced(c, p)
	if len(answers) != len(changes) {
		o.w.failf("%d answers to %d changes", len(answers), len(changes))
		return
	}
	for i := 0; i < len(changes); {
		k := i + 1
		for g := changes[i].Change.Group; !g.IsZero() && k < len(changes) && changes[k].Change.Group == g; k++ {
		}
		o.unit(h, changes[i:k], answers[i:k])
		i = k
	}
	o.settle()
	o.answered(changes, answers)
}

// answered checks that every answer is what the store has at the end of the commit.
func (o *oracle) answered(changes []model.Submitted, answers []model.Answer) {
	for i, a := range answers {
		f := o.fates[changes[i].Change.ID]
		if f == nil || f.work.c.Hash != changes[i].Change.Hash || a.Outcome == model.OutcomeRetry {
			continue
		}
		if now := o.row(f.work.c.ID); now.Code != a.Outcome || now.Reason != a.Reason {
			o.w.failf("I3: %s is answered %v %d and is %v %d", o.describe(f.work), a.Outcome, a.Reason, now.Code, now.Reason)
		}
	}
}

// settle follows what the commit brought by itself, and compares the store with what must be there.
func (o *oracle) settle() {
	o.rejudged()
	for _, id := range o.jobs {
		o.remember(o.recs[id])
	}
	for id := range o.touch {
		o.compare(o.recs[id])
	}
}

// fenced checks who wrote: the live session of the slot alone, and one phone under one epoch (I7).
func (o *oracle) fenced(c model.Connection, p *phone) {
	if c.Lane != model.LaneLive || o.w.deviceState(c.Device) != 0 {
		return
	}
	slot := string(c.User[:])
	s, at := o.w.slots[slot], epoch{slot, c.Epoch}
	switch {
	case !s.Live || s.Epoch != c.Epoch || s.Device != c.Device || s.Session != c.Session:
		o.w.failf("I7: a live commit of %s under epoch %x, the slot is at %x, live %v", p.name, c.Epoch, s.Epoch, s.Live)
	case o.ended[at]:
		o.w.failf("I7: a live commit under epoch %x after its end", c.Epoch)
	}
	// A session may go on in a twin, as long as the first does not come back.
	before := o.wrote[at]
	if n := len(before); n > 0 && before[n-1] == p.phys {
		return
	}
	if slices.Contains(before, p.phys) {
		o.w.failf("I7: two phones write under epoch %x", c.Epoch)
	}
	o.wrote[at] = append(before, p.phys)
}

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
		o.fates[k.c.ID] = &fate{work: k, out: model.OutcomeHeld, reason: want.reason, since: h.now, kind: h.user.kind}
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
	o.fates[k.c.ID] = &fate{work: k, out: out, reason: reason, since: h.now, kind: h.user.kind}
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
		out := answers[i].Outcome
		if in = wants[i].mayBeIn(); in && wants[i].loose {
			in = out.In() || answers[i].Reason != wants[i].reason
		}
		if in && !out.In() {
			out = max(wants[i].out, model.OutcomeApplied) // in by itself; another member is not
		}
		if in {
			o.follow(k, wants[i], out, h)
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

// rejudged follows what was held for something that has come, or on something that was decided (W15).
func (o *oracle) rejudged() {
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
		} else if o.forgotten(f) {
			o.w.failf("W15: %s is still held for %d, must be %v", o.describe(f.work), f.reason, o.expect(f.work, o.again(f)))
		}
		f.reason = now.Reason
	}
	o.waited = rest
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
