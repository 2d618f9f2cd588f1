package writing

import (
	"slices"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// oracle knows what everybody did and saw, and follows what the store says was committed.
type oracle struct {
	w        *World
	work     map[content]*work
	latest   map[model.ChangeID]*work // the content that was made first under an id
	fates    map[model.ChangeID]*fate
	second   map[content]bool // contents that came under a known id
	recs     map[model.RecordID]*rec
	jobs     []model.RecordID
	groups   map[model.GroupID][]*work
	writer   map[string]model.ChangeID // by value: no two changes write one
	ended    map[epoch]bool
	wrote    map[epoch][]int // which phones wrote under an epoch, the last one last
	losses   []loss
	bases    map[string]checkpoint   // what a base token names
	together bool                    // two frames share the commit that is looked at
	crowded  bool                    // commits are so big that a change may have to wait for room
	touch    map[model.RecordID]bool // by this commit
	waited   []model.ChangeID        // held, in the order they came
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
	on     model.RecordID // the job that it was on when it was decided; zero: none that was there
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

// committed follows a frame that was committed, change by change. Another that shares the commit may follow: then
// this is not the last.
func (o *oracle) committed(c model.Connection, p *phone, changes []model.Submitted, have []model.ChangeID, answers []model.Answer, last bool) {
	if !o.together || !last {
		o.touch = map[model.RecordID]bool{}
	}
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
	if !last {
		o.settled()
		return
	}
	o.settle()
	if !o.together {
		o.answered(changes, answers)
	}
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
	slot := string(c.User[:]) + string([]byte{byte(c.Kind)})
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
