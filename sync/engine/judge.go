package engine

import (
	"encoding/binary"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ask is how a change is judged besides its own content.
type ask struct {
	released bool // by the office: without rights, lane and age
	force    bool // the reviewer saw what stands now and says that this is to stand
}

// base is an opened base token.
type base struct {
	at   model.Stamp
	time model.Instant
	none bool // the device had no checkpoint yet
}

// sealBase makes the base token of a checkpoint.
func (t *tx) sealBase(user model.UserID, at model.Stamp) []byte {
	var b [24]byte
	binary.BigEndian.PutUint64(b[:], uint64(at.Incarnation))
	binary.BigEndian.PutUint64(b[8:], uint64(at.Seq))
	binary.BigEndian.PutUint64(b[16:], uint64(t.head.Time))
	return t.e.seal().Seal(t.tenant.Keys, Binding{Purpose: PurposeBase, Tenant: t.id, User: user}, b[:])
}

func (t *tx) openBase(user model.UserID, token string) (base, bool) {
	if token == "" {
		return base{none: true}, true
	}
	b, ok := t.e.seal().Open(t.tenant.Keys, Binding{Purpose: PurposeBase, Tenant: t.id, User: user}, []byte(token))
	if !ok || len(b) < 24 {
		return base{}, false
	}
	return base{
		at: model.Stamp{
			Incarnation: model.Incarnation(binary.BigEndian.Uint64(b)),
			Seq:         model.Seq(binary.BigEndian.Uint64(b[8:])),
		},
		time: model.Instant(binary.BigEndian.Uint64(b[16:])),
	}, true
}

// judge says what becomes of a change, and does it. The order of the tests is write-verification §2.
func (f *frame) judge(c *model.Change, a ask) verdict {
	f.sources[c.ID] = source{device: f.conn.Device, lane: f.conn.Lane}
	if f.viewed != (viewAge{f.tenant.Views, f.dropped}) {
		f.look()
	}
	if f.didBefore(c) {
		defer f.asBefore()()
	}
	spec, b, v := f.wellFormed(c)
	switch {
	case v.outcome != 0:
		return v
	case isTime(c):
		return f.createTime(c)
	}
	if !a.released {
		if v := f.lane(c, spec, b); v.outcome != 0 {
			return v
		}
	}
	c = f.unite(c, spec, a)
	switch c.Op {
	case model.OpCreate:
		return f.create(c, spec, b, a)
	case model.OpEdit:
		return f.edited(c, spec, b, a)
	default:
		return f.deleted(c, spec, b, a)
	}
}

// didBefore says whether a change is a fact that its author's phone saved before it learnt that mobile access is switched
// off: it was theirs to do then, and it happened (domain (d), row m; F7). What it says about the future it may not say now.
// Who was removed is another matter (row n).
func (f *frame) didBefore(c *model.Change) bool {
	if f.conn.Lane != model.LaneHandIn || c.AfterEnd || !f.who.SwitchedOff() || planted("facts-go-with-the-access") {
		return false
	}
	spec, ok := f.table.Spec(c.Collection)
	if !ok || spec.Nature != model.Fact {
		return false
	}
	account, ok := get(f.tx, storage.TableAccounts, string(c.Author[:]), storage.ParseAccount)
	return ok && account.Active
}

// asBefore has the author be who they were before mobile access was switched off, until the result is called. Nothing is
// told by it: the lane answers with receipts.
func (f *frame) asBefore() func() {
	who, view, seen, viewed := f.who, f.view, f.seen, f.viewed
	f.who = who.SwitchedOn()
	f.look()
	return func() { f.who, f.view, f.seen, f.viewed = who, view, seen, viewed }
}

// wellFormed finds what no state can mend: such a change is refused, with its copy on the device. What a newer peer
// says that this server does not know is no fault of the change: it is held.
func (f *frame) wellFormed(c *model.Change) (*model.Spec, base, verdict) {
	switch c.Fault {
	case model.ReasonNone:
	case model.ReasonUnknown: // of a newer peer
		return nil, base{}, held(c.Fault)
	default:
		return nil, base{}, refused(c.Fault)
	}
	if c.Author != f.conn.User {
		return nil, base{}, refused(model.ReasonShape)
	}
	b, ok := f.openBase(c.Author, c.Base)
	if !ok || b.none && c.Op != model.OpCreate {
		return nil, base{}, refused(model.ReasonBase)
	}
	spec, ok := f.table.Spec(c.Collection)
	if !ok {
		return nil, base{}, held(model.ReasonUnknown)
	}
	if spec.Append && c.Op == model.OpCreate && model.ChangeID(c.Record) != c.ID {
		return nil, base{}, refused(model.ReasonShape)
	}
	for _, x := range c.Fields {
		field, ok := spec.Field(x.Field)
		switch {
		case !ok, x.Field >= model.FirstCustomField && !f.releasing && !f.view.Sees(spec.No, field.Class):
			return nil, base{}, held(model.ReasonUnknown) // a company's field that is hidden does not exist (H1)
		case x.Field == model.FieldParent && c.Op == model.OpEdit:
			return nil, base{}, refused(model.ReasonShape) // given once, with the record
		case field.Policy == model.PolicyServer || field.Policy == model.PolicyState || field.Writers == model.WriterServer:
			return nil, base{}, refused(model.ReasonReadonly)
		case !field.Check(x.Value):
			return nil, base{}, refused(model.ReasonValue)
		}
	}
	if _, lacks := spec.Lacks(c.Fields); lacks && c.Op == model.OpCreate {
		return nil, base{}, refused(model.ReasonShape)
	}
	return spec, b, verdict{}
}

// lane is what the road and the age of a change do to it, before anything is looked at. Age comes first of all
// reasons, or a change that has taken effect once could be released and take effect again (CE-6, CE-25).
func (f *frame) lane(c *model.Change, spec *model.Spec, b base) verdict {
	if f.old(b, f.now) && !planted("no-age-limit") {
		return held(model.ReasonAge)
	}
	if f.removed && !planted("removed-applied") {
		return held(model.ReasonRemoved) // the work of somebody who was replaced goes on: it is judged by its own rules (f.6)
	}
	switch f.conn.Lane {
	case model.LaneLost:
		return held(model.ReasonLost)
	case model.LaneHandIn:
		switch {
		case c.AfterEnd && f.after:
			return held(model.ReasonAfterEnd)
		case f.late(f.ended):
			return held(model.ReasonWindow)
		case claims(spec, c) && !planted("handin-claims-applied"):
			return f.recordClaim(c, model.ReasonHandedIn)
		}
	}
	return verdict{}
}

// old says whether a base is older, at a moment, than outcomes are remembered. A change without a base is a creation
// that the state itself deduplicates.
func (f *frame) old(b base, at model.Instant) bool { return !b.none && at-b.time > AgeLimit }

// aged says whether a held change was too old already when it was received: it may have taken effect once before. What
// it created, or said happened, would be in the state then, which deduplicates it.
func (f *frame) aged(c *model.Change) bool {
	b, ok := f.openBase(c.Author, c.Base)
	return ok && f.old(b, f.received) && (c.Op != model.OpCreate || isAnswer(c))
}

// claims says whether a change asks for the future (domain R2): such a change from a device that is not live any
// more is recorded, not applied (F8).
func claims(spec *model.Spec, c *model.Change) bool {
	if c.Op == model.OpCreate {
		return spec.Nature == model.Claim || isAnswer(c)
	}
	for _, x := range c.Fields {
		if field, ok := spec.Field(x.Field); ok && field.Nature == model.Claim {
			return true
		}
	}
	return c.Op == model.OpDelete
}

// handedIn is what the item of a claim says of its road: claims are recorded when they are handed in.
var handedIn = model.Assign{Field: model.ReviewGrade, Value: model.Text(model.GradeReplaced)}

// recordClaim keeps a claim as history: the office sees what was asked.
func (f *frame) recordClaim(c *model.Change, why model.Reason) verdict {
	c = f.ofStayed(c)
	more := f.guarded(c)
	f.review(review{kind: model.InboxClaim, change: c.ID, record: c.Record, of: c.Collection, author: c.Author, reason: why, same: append(claimed(c), guardedBy(more)...), more: append(more, handedIn)})
	return recorded(why)
}

// claimed tells claims apart by all that they ask for: only the latest of what is folded can be read. A creation has an id of its
// own each time.
func claimed(c *model.Change) []byte {
	out := []byte{byte(c.Op)}
	if c.Op != model.OpCreate {
		out = append(out, c.Record[:]...)
	}
	for _, x := range c.Fields {
		if planted("claims-fold-unread") && x.Field != model.FieldParent {
			continue
		}
		out = binary.BigEndian.AppendUint32(out, uint32(x.Field))
		out = binary.BigEndian.AppendUint64(out, uint64(x.Value.Hash()))
	}
	return out
}

// shown says whether a record is the author's to see now, and knownTo whether it is or once was: facts are judged by the
// work that was theirs (domain R6), everything else by what they see. Missing, hidden and foreign are one answer. What
// phones do not carry today is theirs all the same: time takes nobody's work away (DESIGN §12.13).
func (f *frame) shown(r *model.Record) bool {
	return f.seen && r != nil && !r.Deleted && (access.Visible(r, f.view) || f.outOfTime(r))
}

// outOfTime says whether the author would be shown a record, were it not for the window.
func (f *frame) outOfTime(r *model.Record) bool {
	spec, ok := f.table.Spec(r.Collection)
	if !ok || planted("window-forbids") {
		return false
	}
	rights, err := access.NewRights(f.who)
	if err != nil {
		return false
	}
	// By name: an audience has no number before something has come into it, and nothing of this has.
	in := func(n model.AudienceName) bool { return rights.Audience(n).Allow }
	if self := model.RecordID(f.conn.User); f.away(r, self) {
		return in(model.AudienceName{Kind: model.AudienceRefs, Of: self})
	}
	job := f.jobOf(r)
	if job == nil || !f.outside(job.ID) {
		return false
	}
	c := f.circle(spec, r)
	c.Outside = false
	return slices.ContainsFunc(access.Audiences(spec, c), in)
}

// away says whether a job of a user's that phones do not carry today refers to a customer or a site.
func (t *tx) away(r *model.Record, user model.RecordID) bool {
	a, ok := t.number(model.AudienceName{Kind: model.AudienceAway, Of: user})
	return ok && slices.ContainsFunc(r.Memberships, func(m model.Membership) bool { return m.Audience == a && m.Open() })
}

func (f *frame) knownTo(r *model.Record) bool {
	if r == nil || r.Deleted || !f.seen {
		return false
	}
	for _, m := range r.Memberships {
		if f.view.In(m.Audience) {
			return true
		}
	}
	return false
}

// missing holds a change on a record that is not there for its author, to be judged again when it comes.
func missing(id model.RecordID) verdict { return held(model.ReasonMissing, string(id[:])) }

// addressed says whether a message is the author's to have read.
func (f *frame) addressed(r *model.Record) bool {
	if r.Collection != model.Messages {
		return false
	}
	to := r.Value(model.MessageTo)
	return to.IsNull() && f.conn.Kind == model.Desktop || model.UserID(model.RefOf(to)) == f.conn.User
}

// situation is what rights ask of a record.
func (f *frame) situation(r *model.Record) access.Situation {
	s := access.Situation{Author: f.author(r) == f.conn.User, Exists: true, Addressee: f.addressed(r)}
	if job := f.jobOf(r); job != nil {
		s.Creator = f.author(job) == f.conn.User
		for _, u := range f.assignees(job.ID) {
			s.Assigned = s.Assigned || u == f.conn.User
		}
		s.Given = slices.Contains(f.crew(job.ID).companies, f.who.Company)
	}
	return s
}
