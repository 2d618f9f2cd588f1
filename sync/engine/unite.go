package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The office says that one customer is another (domain (c), customer merge). The old id stays, and resolves: what names it from then on, as
// somebody does who was out of signal, is written as naming the other, and what names it already is moved there, commit by commit.
//
// What is written so keeps who said it and when: it is the same customer under another name. Nobody learns by it that a customer is there
// whom they are not shown, nor that it is another one now (H1): what they say stays as they said it, and is put before the office.

// maxAliases is how many names lead to one customer, one behind the other: more than anybody says, since each is one that was the last
// before. Never in a circle, which [frame.unites] sees to.
const maxAliases = 1000

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

// unite is a change that names the customers who are meant, of those that its author is shown. What came in stays as it was said.
func (f *frame) unite(c *model.Change, spec *model.Spec, a ask) *model.Change {
	came := c
	for i, x := range came.Fields {
		field, ok := spec.Field(x.Field)
		if !ok || field.Ref != model.Customers || x.Value.IsNull() {
			continue
		}
		old := model.RefOf(x.Value)
		now := f.united(old)
		if now == old || !a.released && !f.shown(f.record(old)) && !planted("alias-told") || planted("alias-forgotten") {
			continue
		}
		if c == came {
			meant := *came
			meant.Fields = slices.Clone(came.Fields)
			c = &meant
		}
		c.Fields[i].Value = model.Ref(now)
	}
	return c
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
		if to == nil || to.Collection != model.Customers || !a.released && !f.shown(to) || f.united(to.ID) == c.Record {
			return refused(model.ReasonValue)
		}
		if people := f.peopleOf(c.Record); len(people) > 0 && !planted("merged-over-people") {
			return refused(f.forPeople(people))
		}
	}
	return verdict{}
}

// forPeople is why a customer whose people have accounts is not another one, to whoever is shown one of them; to others it is that this cannot be.
func (f *frame) forPeople(people []storage.Account) model.Reason {
	for _, a := range people {
		if f.releasing || f.shown(f.record(model.RecordID(a.User))) || planted("people-told") {
			return model.ReasonLinked
		}
	}
	return model.ReasonValue
}

// keepsName says that a customer who is another one is not deleted: what somebody says of them out of signal would find nobody, and what
// has not moved yet would go with them.
func (f *frame) keepsName(r *model.Record) verdict {
	if r.Collection == model.Customers && f.united(r.ID) != r.ID && !planted("old-names-deleted") {
		return refused(model.ReasonAlias)
	}
	return verdict{}
}

// beginsUnion begins, or ends, to move what names a customer, after it was made or edited.
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

// answerAlike closes what asks whether two customers are one when the office says that they are. Of an item that stands for more of the same
// it asks on.
func (f *frame) answerAlike(a, b *model.Record, w model.Write) {
	for _, r := range []*model.Record{a, b} {
		for _, l := range likenesses(r) {
			item := f.lastAsked(review{kind: model.InboxDuplicate, of: model.Customers, author: f.author(r), same: []byte(f.alikeKey(alikeCustomer, l))})
			if item == nil {
				continue
			}
			subject, other := model.RefOf(item.Value(model.ReviewSubject)), model.RefOf(item.Value(model.ReviewOther))
			if subject != a.ID && subject != b.ID || other != a.ID && other != b.ID {
				continue
			}
			if item.Value(model.ReviewState).Text() == "open" {
				f.answer(item, "adopted", w)
			}
			if item.Value(model.ReviewCount).Int() > 1 && !planted("folded-unasked") {
				f.asksOn(l, r, b, w)
			}
		}
	}
}

// asksOn says to the office who else may be a customer whom it has just said that another one is: one item, which stands for all of them.
func (f *frame) asksOn(l likeness, r, is *model.Record, w model.Write) {
	var others []model.RecordID
	for other := range f.lookalikes(alikeCustomer, l) {
		if meant := f.united(other.ID); meant != is.ID && mayBe(l, r, other) && !slices.Contains(others, meant) {
			others = append(others, meant)
		}
	}
	if len(others) == 0 {
		return
	}
	f.review(review{
		kind: model.InboxDuplicate, change: w.Change, record: others[0], of: model.Customers, author: f.author(is), same: []byte(f.alikeKey(alikeCustomer, l)),
		more: append(proposes(model.CustomerMerged, is.ID), model.Assign{Field: model.ReviewCount, Value: model.Int(int64(len(others)))}),
	})
}

// UniteBatch is how many records move in one commit, uniteAssets how many assets with each of them, and uniteLooks how many jobs it looks at
// for them. What hangs on a job goes with it.
const (
	UniteBatch  = 100
	uniteAssets = 10
	uniteLooks  = 2000
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

// uniteNext moves what names the first customer of whom something is left, or what stands at the first such site: at most so many records.
func (t *tx) uniteNext(left int) (more bool) {
	for key, walked := range t.r.Rows(storage.TableMerges, "", "") {
		g := &uniting{tx: t, left: left, assets: left * uniteAssets}
		if g.moves(t.live(model.RecordID([]byte(key))), model.RecordID(walked)) {
			t.remove(storage.TableMerges, key)
		}
		return true
	}
	return false
}

// uniting is one commit of it.
type uniting struct {
	*tx
	old    *model.Record
	to     model.RecordID
	left   int
	assets int
}

// moves goes on with a customer or a site, from where the last commit stopped. It says whether that is all.
func (g *uniting) moves(r *model.Record, walked model.RecordID) bool {
	switch {
	case r == nil:
		return true
	case r.Collection == model.Sites:
		return g.stand(r.ID, walked)
	}
	g.old, g.to = r, g.united(r.ID)
	return g.to == r.ID || g.directory() && g.jobs(walked)
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
			g.settle(id)
			if of == model.Sites {
				g.stand(id, model.RecordID{})
			}
		}
	}
	return true
}

// stand places anew what stands at a site that has moved, from where the last commit stopped, as far as there is room: a site has as many
// assets as it likes. The rest has a row of its own, so that it goes on whatever becomes of the customers. It says whether that is all.
func (g *uniting) stand(site, walked model.RecordID) bool {
	for _, id := range g.children(site, model.Assets) {
		if id.Compare(walked) <= 0 {
			continue
		}
		if g.assets == 0 {
			g.put(storage.TableMerges, string(site[:]), walked[:])
			return planted("assets-left-behind")
		}
		g.assets--
		g.place(g.record(id))
		walked = id
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

// renames has a field of a record name the customer by the id that they have now. Who said it, and when, stays, as [tx.said] finds it; the
// history says who merged them.
func (g *uniting) renames(r *model.Record, field model.FieldNo) {
	e := g.edit(r.ID)
	cell, _ := e.Cell(field)
	w := g.said(r, cell)
	w.Orig, w.Over = g.head.Lineage.Stamp(w.Seq), append(slices.Clip(w.Over), w.Change)
	w.Seq, w.Change = g.seq(), g.renaming(r.ID, g.to)
	if planted("merge-is-a-link") {
		w.Change = g.serverChange(r.ID)
	}
	by, _ := g.old.Cell(model.CustomerMerged)
	g.sources[w.Change] = source{lane: model.LaneOffice, by: g.old.Writes[by.Write].Author}
	e.Set(field, model.Ref(g.to), w)
}

// said is who wrote a cell, and when, in their own words: whoever saw a customer's old name has seen what it was moved to, and nobody has
// said anything by it.
func (t *tx) said(r *model.Record, cell model.Cell) model.Write {
	w := r.Writes[cell.Write]
	at, ok := t.head.Lineage.Within(w.Orig)
	if !ok || planted("moves-unseen") || w.Change != t.renaming(r.ID, model.RefOf(cell.Value)) {
		return w
	}
	last := len(w.Over) - 1
	w.Seq, w.Change, w.Over, w.Orig = at, w.Over[last], w.Over[:last], model.Stamp{}
	return w
}

// renaming is the change by which a record came to name a customer by another id.
func (t *tx) renaming(r, customer model.RecordID) model.ChangeID {
	return model.ChangeID(t.derived("united", r[:], customer[:]))
}

// raiseAlias says to the office that a job names a customer who is another one now, where that could not be mended for whoever said it: the
// item proposes the link. Of one that nobody has decided it proposes who they are by now.
func (t *tx) raiseAlias(job *model.Record) {
	cell, ok := job.Cell(model.JobCustomer)
	old := model.RefOf(cell.Value)
	to := t.united(old)
	if !ok || to == old || planted("alias-unnoticed") {
		return
	}
	v := t.aliasItem(job, cell)
	v.more = proposes(model.JobCustomer, to)
	if item := t.openItem(v); item != nil && item.Value(model.ReviewOther) != model.Ref(to) {
		w := model.Write{Seq: t.seq(), Change: v.change, Occurred: t.now, Author: v.author}
		v.tell(t.edit(item.ID), t.now, w)
		return
	}
	t.review(v)
}

// aliasItem is the item about a job that names a customer by an old id.
func (t *tx) aliasItem(job *model.Record, cell model.Cell) review {
	w := t.said(job, cell)
	return review{kind: model.InboxDuplicate, change: w.Change, record: job.ID, of: model.Jobs, author: w.Author}
}
