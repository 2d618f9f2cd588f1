package engine

import (
	"cmp"
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The office says that one customer is another (domain (c), customer merge). The old id stays, and resolves: what names it from then on, as
// somebody does who was out of signal, is written as naming the other, and what names it already is moved there, commit by commit.
//
// What is written so keeps who said it and when: it is the same customer under another name. Nobody learns by it that a customer is there
// whom they are not shown, nor that it is another one now (H1): what they say stays as they said it, and is put before the office.

// maxAliases is how many names lead to one customer, one behind the other.
const maxAliases = 16

// united is the customer that an id means now: itself, unless the office says that it is another one.
func (t *tx) united(id model.RecordID) model.RecordID {
	for range maxAliases {
		r := t.live(id)
		if r == nil || r.Collection != model.Customers {
			break
		}
		next := t.live(model.RefOf(r.Value(model.CustomerMerged)))
		if next == nil || next.Collection != model.Customers {
			break
		}
		id = next.ID
	}
	return id
}

// unite has a change name the customers that are meant, of those that its author is shown.
func (f *frame) unite(c *model.Change, spec *model.Spec, a ask) {
	cloned := false
	for i, x := range c.Fields {
		field, ok := spec.Field(x.Field)
		if !ok || field.Ref != model.Customers || x.Value.IsNull() {
			continue
		}
		old := model.RefOf(x.Value)
		now := f.united(old)
		if now == old || !a.released && !f.shown(f.record(old)) && !planted("alias-told") || planted("alias-forgotten") {
			continue
		}
		if !cloned { // what came in is kept as it was said
			c.Fields, cloned = append([]model.Assign(nil), c.Fields...), true
		}
		c.Fields[i].Value = model.Ref(now)
	}
}

// unites says whether a change may say that a customer is another one: one that is there, and not in the end itself.
func (f *frame) unites(c *model.Change, a ask) verdict {
	if c.Collection != model.Customers {
		return verdict{}
	}
	for _, x := range c.Fields {
		if x.Field != model.CustomerMerged || x.Value.IsNull() {
			continue
		}
		to := f.live(model.RefOf(x.Value))
		switch {
		case to == nil || to.Collection != model.Customers || !a.released && !f.shown(to), f.united(to.ID) == c.Record:
			return refused(model.ReasonValue)
		case len(f.peopleOf(c.Record)) > 0 && !planted("merged-over-people"):
			return refused(model.ReasonLinked)
		}
	}
	return verdict{}
}

// beginsUnion begins, or ends, to move what names a customer, after an edit of it.
func (f *frame) beginsUnion(was, r *model.Record, w model.Write) {
	if r.Value(model.CustomerMerged) == was.Value(model.CustomerMerged) {
		return
	}
	key := string(r.ID[:])
	to := f.united(r.ID)
	if to == r.ID {
		f.remove(storage.TableMerges, key)
		return
	}
	var nowhere model.RecordID
	f.put(storage.TableMerges, key, nowhere[:])
	f.answerAlike(r, f.record(to), w)
}

// answerAlike closes what asks whether two customers are one when the office says that they are.
func (f *frame) answerAlike(a, b *model.Record, w model.Write) {
	for _, r := range []*model.Record{a, b} {
		for _, l := range likenesses(r) {
			item := f.openItem(review{kind: model.InboxDuplicate, of: model.Customers, author: f.author(r), same: []byte(f.alikeKey(alikeCustomer, l))})
			if item == nil {
				continue
			}
			subject, other := model.RefOf(item.Value(model.ReviewSubject)), model.RefOf(item.Value(model.ReviewOther))
			if subject == a.ID && other == b.ID || subject == b.ID && other == a.ID {
				f.answer(item, "adopted", w)
			}
		}
	}
}

// UniteBatch is how many records move in one commit, and uniteLooks how many jobs it looks at for them. What hangs on one of them goes with it.
const (
	UniteBatch = 100
	uniteLooks = 2000
)

// Unite moves what names a customer who is another one now, as far as one commit goes, and says whether there is more to move. batch is how
// many sites, contacts and jobs a commit may move; 0: UniteBatch. Of what is large, less goes into one.
func (e *Engine) Unite(ctx context.Context, id model.TenantID, batch int, now model.Instant) (more bool, err error) {
	for most := cmp.Or(batch, UniteBatch); ; most /= 2 {
		err = e.apply(ctx, id, 1, now, func(t *tx) error {
			more = t.uniteNext(most)
			t.rejudge()
			return t.err
		})
		if !errors.Is(err, storage.ErrTooBig) || most == 1 {
			return more, err
		}
	}
}

// uniteNext moves what names the first customer of whom something is left, at most so many records.
func (t *tx) uniteNext(left int) (more bool) {
	for key, walked := range t.r.Rows(storage.TableMerges, "", "") {
		g := &uniting{tx: t, old: t.live(model.RecordID([]byte(key))), left: left}
		if g.old != nil {
			g.to = t.united(g.old.ID)
		}
		if g.old == nil || g.to == g.old.ID || g.directory() && g.jobs(model.RecordID(walked)) {
			t.remove(storage.TableMerges, key)
		}
		return true
	}
	return false
}

// uniting is one commit of it.
type uniting struct {
	*tx
	old  *model.Record
	to   model.RecordID
	left int
}

// directory moves sites with what stands there, and contacts. It says whether that is all.
func (g *uniting) directory() bool {
	for _, of := range []model.Collection{model.Sites, model.Contacts} {
		for _, id := range g.children(g.old.ID, of) {
			if g.left == 0 {
				return false
			}
			g.left--
			g.renames(g.record(id), model.FieldParent)
			most := MaxAggregate
			g.settleTree(id, &most)
		}
	}
	return true
}

// jobs moves jobs, from where the last commit stopped. It says whether that is all.
func (g *uniting) jobs(walked model.RecordID) bool {
	looks := 0
	for id := range g.r.Records(model.Jobs, model.Place{ID: walked}) {
		if looks++; g.left == 0 || looks > uniteLooks {
			g.put(storage.TableMerges, string(g.old.ID[:]), walked[:])
			return false
		}
		walked = id
		job := g.record(id)
		if model.RefOf(job.Value(model.JobCustomer)) != g.old.ID {
			continue
		}
		g.left--
		if cell, _ := job.Cell(model.JobCustomer); !g.linksFor(job.Writes[cell.Write]) {
			g.raiseAlias(job)
			continue
		}
		g.renames(job, model.JobCustomer)
		g.relinked(job, g.record(id))
	}
	return true
}

// linksFor says whether a link that somebody made may be made for them to another customer: by the office, and by who may look customers up.
// Whoever may not would learn by it of a customer who is not there for them.
func (t *tx) linksFor(w model.Write) bool {
	return w.Office || t.looksUp(w.Author) || planted("alias-told")
}

// renames has a field of a record name the customer by the id that they have now. Who said it, and when, stays; the history says who
// merged them.
func (g *uniting) renames(r *model.Record, field model.FieldNo) {
	e := g.edit(r.ID)
	cell, _ := e.Cell(field)
	w := e.Writes[cell.Write]
	w.Over = []model.ChangeID{w.Change}
	w.Seq, w.Change, w.Orig = g.seq(), g.renaming(r.ID, g.to), model.Stamp{}
	if planted("merge-is-a-link") {
		w.Change = g.serverChange(r.ID)
	}
	by, _ := g.old.Cell(model.CustomerMerged)
	g.sources[w.Change] = source{lane: model.LaneOffice, by: g.old.Writes[by.Write].Author}
	e.Set(field, model.Ref(g.to), w)
}

// renaming is the change by which a record came to name a customer by another id.
func (t *tx) renaming(r, customer model.RecordID) model.ChangeID {
	return model.ChangeID(t.derived("united", r[:], customer[:]))
}

// raiseAlias says to the office that a job names a customer who is another one now, where that could not be mended for whoever said it: the
// item proposes the link.
func (t *tx) raiseAlias(job *model.Record) {
	cell, ok := job.Cell(model.JobCustomer)
	old := model.RefOf(cell.Value)
	to := t.united(old)
	if !ok || to == old || planted("alias-unnoticed") {
		return
	}
	v := aliasItem(job, cell)
	v.more = proposes(model.JobCustomer, to)
	t.review(v)
}

// aliasItem is the item about a job that names a customer by an old id.
func aliasItem(job *model.Record, cell model.Cell) review {
	w := job.Writes[cell.Write]
	return review{kind: model.InboxDuplicate, change: w.Change, record: job.ID, of: model.Jobs, author: w.Author}
}
