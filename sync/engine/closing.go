package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// An item of review is closed by an edit like any other, from the API or a desk; whichever it is, the audit says who decided
// what and why, and whose value it was is told.

// hidesWork says whether an edit would close the item of a change that still waits: nobody would look for it any more. It is closed by
// deciding the change ([Engine.Rule]).
func (f *frame) hidesWork(r *model.Record, c *model.Change) bool {
	if r.Collection != model.ReviewItems || r.Value(model.ReviewKind).Text() != model.InboxHeld || planted("held-put-away") {
		return false
	}
	o, _ := f.outcome(model.ChangeID(model.RefOf(r.Value(model.ReviewChange))))
	return o.Code == model.OutcomeHeld && slices.ContainsFunc(c.Fields, func(x model.Assign) bool {
		return x.Field == model.ReviewState || x.Field == model.ReviewDecision
	})
}

// waitOnJob notes that a change on a job waits for the office, or does not any more: a job is not closed over it unless the office says
// so (T12).
func (f *frame) waitOnJob(c *model.Change, waits bool) {
	id := f.ofStayed(c).Record
	if c.Op == model.OpCreate { // its own id may be one that something else has
		id = parentIn(c)
	}
	on := f.record(id)
	if on == nil {
		return
	}
	job := f.jobOf(on)
	if job == nil {
		return
	}
	key := reviewOnJob + string(job.ID[:]) + string(c.ID[:])
	if f.remove(storage.TableReview, key); waits && !planted("closed-over-held") {
		f.put(storage.TableReview, key, nil)
	}
}

// holdsOn says whether work on a job waits for the office, as far as whoever closes it is shown what waits: of the rest they learn
// nothing (S2), and it waits on. A row may be left of what was on a record that is gone.
func (f *frame) holdsOn(job model.RecordID) bool {
	waiting := f.keys(storage.TableReview, reviewOnJob+string(job[:]))
	if len(waiting) == 0 {
		return false
	}
	d, err := f.desk(model.Caller{Tenant: f.id, User: f.conn.User, Scopes: model.Scopes{model.ScopeRead}})
	return slices.ContainsFunc(waiting, func(k string) bool {
		change := model.ChangeID([]byte(k[len(k)-len(model.ChangeID{}):]))
		o, _ := f.outcome(change)
		h, ok := f.heldOf(change)
		if o.Code != model.OutcomeHeld || !ok || err != nil {
			return o.Code == model.OutcomeHeld
		}
		_, shown := d.held(&HeldChange{Held: h, Content: f.e.contentOf(h)})
		return shown || planted("close-tells-hidden")
	})
}

// closes notes that somebody has decided an item.
func (f *frame) closes(was, is *model.Record, w model.Write) {
	if is.Collection != model.ReviewItems || was.Value(model.ReviewState).Text() == "resolved" || is.Value(model.ReviewState).Text() != "resolved" {
		return
	}
	decision := is.Value(model.ReviewDecision).Text()
	author := model.UserID(model.RefOf(is.Value(model.ReviewAuthor)))
	line := model.AuditEntry{
		Kind: model.AuditPutAway, Actor: f.doer(w.Author), Subject: toUser(author), Reason: is.Value(model.ReviewResolution).Text(),
		Detail: is.Value(model.ReviewKind).Text() + " " + is.ID.String(),
	}
	switch decision {
	case "restored":
		line.Kind = model.AuditRestore
	case "adopted":
		line.Kind = model.AuditAdopt
	}
	f.audit(line)
	if is.Value(model.ReviewKind).Text() == model.InboxConflict && author != w.Author && !planted("author-untold") {
		f.tellAuthor(is, author, w.Author)
	}
}

// tellAuthor tells whose value lost what the office has decided of it, in a message: it travels as any other does, to them
// alone, since it quotes what is not shown to everybody who reads messages (S8). Who does not see the record or the field any more
// is told of nothing that became of it (S2).
func (f *frame) tellAuthor(item *model.Record, author, by model.UserID) {
	r := f.live(model.RefOf(item.Value(model.ReviewSubject)))
	p, err := f.person(author, 0)
	if r == nil || err != nil || p.err != nil || !p.account.Active {
		return
	}
	spec, ok := f.table.Spec(r.Collection)
	if !ok {
		return
	}
	field, ok := spec.Field(model.FieldNo(item.Value(model.ReviewField).Int()))
	view := p.views[lastStep]
	if _, not := f.sight(r, view); !ok || not != "" || !view.Sees(spec.No, field.Class) {
		return
	}
	said, stands := f.taken(r, item, field)
	f.message(item.ID, author, by, verdictText(item, field, said, stands), r)
}

// message tells an author what became of the work of an item, which is about a record.
func (f *frame) message(item model.RecordID, author, by model.UserID, text string, r *model.Record) {
	id := f.toldID(item)
	w := model.Write{Seq: f.seq(), Change: f.serverChange(id), Occurred: f.now, Author: by, Office: true}
	m := f.edit(id)
	m.Collection = model.Messages
	m.Set(model.FieldParent, model.Null(), w)
	m.Set(model.MessageTo, model.Ref(author), w)
	m.Set(model.MessageItem, model.Ref(item), w)
	m.Set(model.MessageText, model.Text(text), w)
	if job := f.jobOf(r); job != nil {
		m.Set(model.MessageJob, model.Ref(job.ID), w)
	}
	m.Set(model.MessageAuthor, model.Ref(by), w)
	m.Set(model.MessageAt, model.Int(int64(f.now)), w)
	f.settle(id)
}

// maxQuoted bounds what a message repeats of a value, in letters.
const maxQuoted = 80

// taken is the value that an item was decided by, and whether it stands now: the latest, or the older one that was restored in the
// commit that closes the item.
func (f *frame) taken(r, item *model.Record, field *model.Field) (said model.Value, stands bool) {
	lost := item.Value(model.ReviewLost + model.FieldNo(field.Class))
	cell, ok := r.Cell(field.No)
	decision := item.Value(model.ReviewDecision).Text()
	restored := ok && r.Writes[cell.Write].Seq == f.seq() && (decision == "restored" || decision == "adopted")
	if restored && !planted("told-of-the-latest") {
		return cell.Value, true
	}
	return lost, cell.Value == lost
}

// verdictText is what became of a value that lost, in words for whoever said it: with nothing in it but what they said themselves,
// and why, where somebody has typed that.
func verdictText(item *model.Record, field *model.Field, said model.Value, stands bool) string {
	what := "Your " + strings.ReplaceAll(field.Name, "_", " ")
	if said.Kind() == model.KindText && said.Text() != "" {
		what += fmt.Sprintf(" “%s”", quoted(said.Text()))
	}
	if stands {
		what += " was taken over by the office and stands now."
	} else {
		what += " was looked at by the office, and the other value stands. What you said is kept."
	}
	if why := item.Value(model.ReviewResolution).Text(); why != "" {
		what += " Why: " + why
	}
	return what
}

// quoted is as much of a text as a message repeats.
func quoted(text string) string {
	if all := []rune(text); len(all) > maxQuoted {
		return string(all[:maxQuoted-1]) + "…"
	}
	return text
}

// toldID is the message about an item.
func (t *tx) toldID(item model.RecordID) model.RecordID {
	return t.derived("told of", item[:])
}
