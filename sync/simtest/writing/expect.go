package writing

import (
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// how is the road a change came by.
type how struct {
	lane     model.Lane
	user     *user
	now      model.Instant
	have     map[model.ChangeID]bool
	ended    model.Instant // when the session of a hand-in ended; 0: it did not
	person   bool          // a person ended it
	released bool
	late     bool // decided again, long after it was made
	force    bool
}

// limits of the rules, said again.
const (
	ageLimit = 400 * day
	window   = 14 * day
)

func (o *oracle) how(c model.Connection, p *phone, changes []model.Submitted, have []model.ChangeID) how {
	h := how{lane: c.Lane, now: o.w.committedTime(), have: map[model.ChangeID]bool{}}
	for _, u := range o.w.users {
		if u.id == c.User {
			h.user = u
		}
	}
	for _, id := range have {
		h.have[id] = true
	}
	for _, s := range changes {
		h.have[s.Change.ID] = true
	}
	if c.Lane == model.LaneOffice {
		return h
	}
	d := o.w.device(c.Device)
	if d.State == engine.DeviceLost {
		h.lane = model.LaneLost
	}
	if s, ok := o.w.session(c.Session); ok && c.Lane == model.LaneHandIn {
		switch {
		case s.Reason != model.EndNone:
			h.ended, h.person = s.Ended, true
		case s.Device != c.Device:
			h.ended = s.Seen // it goes on under another identity
		}
	}
	return h
}

// again is the road of a change that is judged again: its author's, live.
func (o *oracle) again(f *fate) how {
	return how{lane: model.LaneLive, user: f.work.author, now: o.w.committedTime(), late: true}
}

func (w *World) committedTime() (at model.Instant) {
	w.view(func(r storage.Reader) { at = r.Head().Time })
	return at
}

func (w *World) device(id model.DeviceID) (d storage.Device) {
	w.view(func(r storage.Reader) {
		if row, ok := r.Row(storage.TableDevices, string(id[:])); ok {
			var err error
			d, err = storage.ParseDevice(row)
			w.must(err)
		}
	})
	return d
}

func (w *World) session(id model.SessionID) (s storage.Session, known bool) {
	w.view(func(r storage.Reader) {
		token, ok := r.Row(storage.TableTokens, "s"+string(id[:]))
		if !ok {
			return
		}
		if row, ok := r.Row(storage.TableTokens, string(token)); ok {
			var err error
			s, err = storage.ParseSession(row)
			w.must(err)
			known = true
		}
	})
	return s, known
}

func (w *World) deviceState(id model.DeviceID) uint8 { return w.device(id).State }

// want is what must become of a change.
type want struct {
	out    model.Outcome
	reason model.Reason
	faulty bool // malformed: refused for any reason of its kind
	waits  bool // work may wait on the job (T12)
	wins   []model.Assign
	losses []loss
}

func (w want) String() string {
	switch {
	case w.faulty:
		return "refused"
	default:
		return fmt.Sprintf("%v %d", w.out, w.reason)
	}
}

func (w want) allows(out model.Outcome, reason model.Reason) bool {
	switch {
	case w.faulty:
		return out == model.OutcomeRefused && reason >= model.ReasonBody
	case out == model.OutcomeMerged:
		return w.out == out
	case w.waits && out == model.OutcomeRecorded:
		return reason == model.ReasonWaits
	default:
		return w.out == out && w.reason == reason
	}
}

func (w want) mayBeIn() bool { return !w.faulty && w.out.In() }

// holds says whether a member of a group may be held for this reason of its own.
func (w want) holds(r model.Reason) bool {
	return w.faulty && r >= model.ReasonBody || (w.out == model.OutcomeHeld || w.out == model.OutcomeRefused) && w.reason == r
}

func hold(r model.Reason) want   { return want{out: model.OutcomeHeld, reason: r} }
func record(r model.Reason) want { return want{out: model.OutcomeRecorded, reason: r} }

var in = want{out: model.OutcomeApplied}

// hours says whether a change is time, which nothing stops.
func (k *work) hours() bool {
	return k.c.Collection == model.TimesheetEvents && k.c.Op == model.OpCreate && k.c.Fault == 0
}

// expect says what must become of a change now: write-verification §2, judge, in its order.
func (o *oracle) expect(k *work, h how) want {
	switch {
	case k.fault >= model.ReasonBody:
		return want{faulty: true, out: model.OutcomeRefused}
	case k.fault != 0:
		return hold(k.fault)
	case k.stuck != 0:
		return hold(k.stuck)
	case k.hours():
		return in
	}
	if !h.released {
		if w, stop := o.road(k, h); stop {
			return w
		}
	}
	switch k.c.Op {
	case model.OpCreate:
		return o.creation(k, h)
	case model.OpEdit:
		return o.edit(k, h)
	default:
		return o.deletion(k, h)
	}
}

// fault is what makes a change malformed: refused, whatever the state is; or what this server does not know yet: held.
func (o *oracle) fault(c *model.Change) model.Reason {
	if c.Fault != 0 {
		return c.Fault
	}
	spec, ok := o.w.table.Spec(c.Collection)
	if !ok {
		return model.ReasonUnknown
	}
	for _, a := range c.Fields {
		f, ok := spec.Field(a.Field)
		switch {
		case !ok:
			return model.ReasonUnknown
		case f.Policy == model.PolicyServer || f.Policy == model.PolicyState:
			return model.ReasonReadonly
		case !f.Check(a.Value):
			return model.ReasonValue
		}
	}
	if c.Op != model.OpCreate {
		return 0
	}
	if _, lacks := spec.Lacks(c.Fields); lacks {
		return model.ReasonShape
	}
	return 0
}

// road is age and lane.
func (o *oracle) road(k *work, h how) (want, bool) {
	switch based := o.bases[k.c.Base].time; {
	case based != 0 && h.now-based > ageLimit:
		return hold(model.ReasonAge), true
	case h.lane == model.LaneLost:
		return hold(model.ReasonLost), true
	case h.lane != model.LaneHandIn:
		return want{}, false
	case k.c.AfterEnd && h.person:
		return hold(model.ReasonAfterEnd), true
	case h.ended != 0 && h.now-h.ended > window:
		return hold(model.ReasonWindow), true
	case o.claim(k):
		return record(model.ReasonHandedIn), true
	default:
		return want{}, false
	}
}

// claim says whether a change asks for the future (domain R2).
func (o *oracle) claim(k *work) bool {
	spec, _ := o.w.table.Spec(k.c.Collection)
	switch k.c.Op {
	case model.OpDelete:
		return true
	case model.OpCreate:
		kind := k.value(model.VisitEventKind).Text()
		return spec.Nature == model.Claim || spec.No == model.VisitEvents && (kind == "accept" || kind == "decline")
	}
	return slices.ContainsFunc(k.c.Fields, func(a model.Assign) bool {
		f, _ := spec.Field(a.Field)
		return f.Nature == model.Claim
	})
}

func (k *work) value(f model.FieldNo) model.Value {
	for _, a := range k.c.Fields {
		if a.Field == f {
			return a.Value
		}
	}
	return model.Null()
}

func (k *work) parent() model.RecordID { return model.RefOf(k.value(model.FieldParent)) }

func (o *oracle) fact(c model.Collection) bool {
	spec, _ := o.w.table.Spec(c)
	return spec.Nature == model.Fact
}

// creation: the record's id is the dedupe; what hangs on something missing waits for it.
func (o *oracle) creation(k *work, h how) want {
	parent := o.live(k.parent())
	switch c := k.c.Collection; {
	case k.parent().IsZero() && (c == model.VisitEvents || c == model.OfficeEvents || c == model.Assignments):
		return want{faulty: true, out: model.OutcomeRefused} // nothing without its job
	case !k.parent().IsZero():
		there := parent != nil && (h.released || o.sees(h.user, parent) || o.fact(k.c.Collection) && o.knows(h.user, parent))
		if !there {
			return hold(model.ReasonMissing)
		}
	}
	spec, _ := o.w.table.Spec(k.c.Collection)
	if o.namesLeaver(k) && (h.released || o.mayCreate(h.user, k, parent)) {
		return hold(model.ReasonRemoved)
	}
	if o.recs[k.c.Record] != nil {
		if spec.Append {
			return in
		}
		return record(model.ReasonExists)
	}
	if !h.released && !o.mayCreate(h.user, k, parent) {
		return hold(model.ReasonRight)
	}
	switch k.c.Collection {
	case model.VisitEvents:
		w, e := want{}, k.event(parent.job, h)
		if e.kind == "accept" || e.kind == "decline" {
			w = parent.job.answer(e, o.moved(parent, k))
		} else {
			w = parent.job.fact(e, h.user.kind == model.Subcontractor && !h.released)
		}
		if w.out == model.OutcomeRecorded && !o.sees(h.user, parent) {
			w.reason = model.ReasonNotYours // and not what became of it since (S2)
		}
		return w
	case model.OfficeEvents:
		kind := k.value(model.OfficeEventKind).Text()
		w := parent.job.order(kind, model.RefOf(k.value(model.OfficeEventOf)))
		if kind == "close" && w.out == model.OutcomeApplied {
			return o.closing(parent.id)
		}
		return w
	}
	return in
}

// event is what a change says that its author did on a job.
func (k *work) event(j *job, h how) event {
	at := min(k.at, h.now)
	var said model.Instant
	for _, e := range j.events {
		if !e.office && e.by == k.author.id && slices.Contains(k.c.After, e.id) {
			said = max(said, e.at)
		}
	}
	if at <= said && said-at < 4_000 { // taps of one moment keep their author's order
		at = min(said+1, h.now)
	}
	return event{
		id: k.c.ID, kind: k.value(model.VisitEventKind).Text(), by: k.author.id, at: at,
		visit: max(1, k.value(model.VisitEventVisit).Int()),
	}
}

// moved says whether the office moved a job to another day and the author of a change had not seen it (row c).
func (o *oracle) moved(j *rec, k *work) bool {
	c, there := j.cells[model.JobWindowStart]
	return there && o.latest[c.by].author.office() && c.hist[len(c.hist)-1].seq > o.bases[k.c.Base].seq
}

func (o *oracle) live(id model.RecordID) *rec {
	if r := o.recs[id]; r != nil && !r.deleted {
		return r
	}
	return nil
}

// edit: field by field.
func (o *oracle) edit(k *work, h how) want {
	r := o.live(k.c.Record)
	if r == nil || r.coll != k.c.Collection || !h.released && !o.sees(h.user, r) {
		return hold(model.ReasonMissing)
	}
	for _, a := range k.c.Fields {
		if h.released {
			break
		}
		if !o.seesField(h.user, r.coll, a.Field) {
			return hold(model.ReasonMissing)
		}
		if !o.mayEdit(h.user, r, a.Field) {
			return hold(model.ReasonRight)
		}
	}
	if !h.released && o.standsOnHeld(k) {
		return hold(model.ReasonStacked)
	}
	return o.fields(k, r, h)
}

// closing is what becomes of an end that the office gives to a job: nothing while work on it waits for them (T12). What waited before
// it was on the job is found when it is judged again, which nobody promises.
func (o *oracle) closing(job model.RecordID) want {
	w := in
	for _, f := range o.fates {
		switch {
		case f.out != model.OutcomeHeld:
		case f.on == job:
			return record(model.ReasonWaits)
		case o.onJob(f.work) == job:
			w.waits = true
		}
	}
	return w
}

// onJob is the job that a change is on, as far as it is there.
func (o *oracle) onJob(k *work) model.RecordID {
	r := o.recs[k.c.Record]
	if r == nil {
		r = o.recs[model.RefOf(k.value(model.FieldParent))]
	}
	if j := o.jobOf(r); j != nil {
		return j.id
	}
	return model.RecordID{}
}

func (o *oracle) standsOnHeld(k *work) bool {
	return slices.ContainsFunc(k.c.Over, func(id model.ChangeID) bool {
		f := o.fates[id]
		return f != nil && f.out == model.OutcomeHeld
	})
}

// fields decides each field, against what its author had truly seen.
func (o *oracle) fields(k *work, r *rec, h how) want {
	w := want{out: model.OutcomeRecorded}
	clean := true
	for _, a := range k.c.Fields {
		cell, there := r.cells[a.Field]
		by := o.latest[cell.by]
		conflict := there && !o.saw(k, a.Field, cell)
		switch {
		case !there || by == nil:
			w.wins = append(w.wins, a)
		case slices.Contains(by.c.Over, k.c.ID):
			clean, w.reason = false, model.ReasonOwnLater // the author's own later edit is there
		case !conflict:
			w.wins = append(w.wins, a)
		case h.force || o.beats(k, by, r.coll, a.Field, o.open(r)):
			clean = false
			w.wins = append(w.wins, a)
			w.losses = append(w.losses, loss{cell.by, r.id, a.Field, cell.value, k.c.ID})
		default:
			clean, w.reason = false, model.ReasonLater
			w.losses = append(w.losses, loss{k.c.ID, r.id, a.Field, a.Value, cell.by})
		}
	}
	if len(w.losses) > 0 {
		o.w.counts.Conflicts++
	}
	switch {
	case len(w.wins) > 0 && clean:
		w.out, w.reason = model.OutcomeApplied, 0
	case len(w.wins) > 0:
		w.out = model.OutcomeMerged
	}
	return w
}

// saw says whether the author of an edit had seen a write: it is in the past of what was shown. A write that was let in
// by a later decision is seen by those who stood on it, and by those who saw the decision.
func (o *oracle) saw(k *work, f model.FieldNo, c cell) bool {
	if !k.past[f][c.by] {
		return false
	}
	return !c.late || slices.Contains(k.c.Over, c.by) || c.hist[len(c.hist)-1].seq <= o.bases[k.c.Base].seq
}

// beats is the policies of domain (c).
func (o *oracle) beats(a, b *work, c model.Collection, no model.FieldNo, open bool) bool {
	spec, _ := o.w.table.Spec(c)
	f, _ := spec.Field(no)
	mine, theirs := a.author.office(), b.author.office()
	switch f.Policy {
	case model.PolicyThreeWay, model.PolicyOffice:
		if mine != theirs {
			return mine
		}
	case model.PolicyField:
		if mine != theirs {
			return mine != open
		}
	case model.PolicyLatest:
	default:
		return false
	}
	switch {
	case a.at != b.at:
		return a.at > b.at
	case mine != theirs:
		return mine
	default:
		return a.c.ID.Compare(b.c.ID) > 0
	}
}

// open says whether field work on the job of a record goes on.
func (o *oracle) open(r *rec) bool {
	j := o.jobOf(r)
	if j == nil {
		return false
	}
	status, _ := j.job.derive()
	return status != "completed" && status != "closed" && status != "cancelled"
}

// deletion loses to whatever its author had not seen.
func (o *oracle) deletion(k *work, h how) want {
	r := o.live(k.c.Record)
	if r == nil || r.coll != k.c.Collection || !h.released && !o.sees(h.user, r) {
		return hold(model.ReasonMissing)
	}
	if !h.released && !h.user.office() && r.author != h.user {
		return hold(model.ReasonRight)
	}
	if !h.released && o.standsOnHeld(k) {
		return hold(model.ReasonStacked)
	}
	return in
}

// mayCreate is domain b.2 for the collections the world uses.
func (o *oracle) mayCreate(u *user, k *work, parent *rec) bool {
	if u.office() {
		return k.c.Collection != model.VisitEvents && k.c.Collection != model.FormDrafts
	}
	j := o.jobOf(parent)
	holder := parent == nil || j != nil && (j.author == u || o.sees(u, j) || o.fact(k.c.Collection) && o.knows(u, j))
	switch k.c.Collection {
	case model.Jobs:
		return u.has(access.MobileCreateJob)
	case model.Tasks:
		return holder || u.has(access.MobileCreateJob)
	case model.Customers:
		return o.keepsDirectory(u)
	case model.FormDrafts:
		return true
	case model.Assignments: // a job made by oneself, to oneself (T1)
		return u.has(access.MobileCreateJob) && j != nil && j.author == u && model.RefOf(k.value(model.AssignmentUser)) == model.RecordID(u.id)
	case model.OfficeEvents, model.JobCards:
		return false
	default:
		return holder
	}
}

func (o *oracle) keepsDirectory(u *user) bool {
	return u.kind == model.Mobile && u.levels[access.MobileCustomers] == access.Full && u.has(access.MobileCreateJob)
}

// mayEdit is domain b.2 for the fields the world edits.
func (o *oracle) mayEdit(u *user, r *rec, f model.FieldNo) bool {
	if u.office() {
		return r.coll != model.FormDrafts || r.author == u
	}
	creator := r.author == u
	switch r.coll {
	case model.Jobs:
		text := f == model.JobTitle || f == model.JobDescription || f == jobInstructions
		plan := f == model.JobPriority
		return text && u.has(access.MobileEditJob) && (creator || o.assigned(u, r)) || (text || plan) && creator && u.has(access.MobileCreateJob)
	case model.Customers:
		return o.keepsDirectory(u)
	default:
		return creator
	}
}
