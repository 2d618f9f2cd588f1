package engine

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/search"
)

// What planted leaks need that is no line: one for each channel by which a user could learn of what they may not see
// (domain b.4), and for sync/simtest/worlds to find.

// warnsOfDuplicate is of leak-duplicate-warned (S1): a customer goes by the name that was typed.
func (f *frame) warnsOfDuplicate(c *model.Change) bool {
	for id := range f.r.Records(model.Customers, model.Place{}) {
		for _, x := range c.Fields {
			if r := f.live(id); r != nil && x.Value.Kind() == model.KindText && x.Value == r.Value(2) {
				return true
			}
		}
	}
	return false
}

// showsTooMuch is of leaks that a view has: the customer's fields of a job (S9), the directory (H1), the contacts of a
// site (H3), and prices (b.2).
func (r *reading) showsTooMuch(v model.View) model.View {
	self := model.RecordID(r.conn.User)
	for _, leak := range []struct {
		bug  string
		name model.AudienceName // zero: none more than there are
		of   model.Collection
	}{
		{"leak-order-number", model.AudienceName{}, model.Jobs},
		{"leak-reviews", model.AudienceName{}, model.ReviewItems},
		{"leak-stock", model.AudienceName{}, model.Stock},
		{"leak-directory", model.AudienceName{Kind: model.AudienceDirectory}, model.Customers},
		{"leak-contacts", model.AudienceName{Kind: model.AudienceContacts, Of: self}, model.JobContacts},
		{"leak-prices", model.AudienceName{Kind: model.AudienceBills, Of: self}, model.JobCommercials},
	} {
		if !planted(leak.bug) {
			continue
		}
		v.Classes[leak.of] = model.AllClasses
		if a, ok := r.number(leak.name); ok {
			v.Audiences = sortedAudiences(append(slices.Clone(v.Audiences), a))
		}
	}
	return v
}

// showsToOthers is of leaks that a record's audiences have: it is shown to everybody (S8, S15, S19, parts), or to whoever works for
// the same customer (S12).
func (t *tx) showsToOthers(r *model.Record) (out []model.Audience) {
	switch {
	case r.Collection == model.People && planted("leak-people"), r.Collection == model.TimesheetEvents && planted("leak-hours"),
		r.Collection == model.ReviewItems && planted("leak-reviews"), r.Collection == model.Stock && planted("leak-stock"):
		out = append(out, t.intern(model.AudienceName{Kind: model.AudienceReference}))
	}
	customer := model.RefOf(r.Value(model.JobCustomer))
	if r.Collection != model.Jobs || customer.IsZero() || !planted("leak-site-history") {
		return out
	}
	for _, k := range t.keys(storage.TableAccounts, "") {
		refs, ok := t.number(model.AudienceName{Kind: model.AudienceRefs, Of: model.RecordID([]byte(k))})
		if _, works := t.row(storage.TableCounts, countRefers+countKey(customer, refs)); ok && works {
			out = append(out, t.intern(model.AudienceName{Kind: model.AudienceWork, Of: model.RecordID([]byte(k))}))
		}
	}
	return out
}

// echoesLink is of leak-link-echoed (H4): the office links a customer, and the worker's copy takes the name.
func (f *frame) echoesLink(r *model.Record, w model.Write) {
	if c := f.live(model.RefOf(r.Value(model.JobCustomer))); c != nil && r.Collection == model.Jobs {
		f.setDerived(r, model.JobTitle, c.Value(2), w)
	}
}

// everything gives every text of some collections, of all fields, whoever may see it.
func (t *tx) everything(of []model.Collection, yield func(r *model.Record, text []byte)) {
	for _, c := range of {
		for id := range t.r.Records(c, model.Place{}) {
			if r := t.live(id); r != nil {
				yield(r, t.text(nil, r, model.AllClasses))
			}
		}
	}
}

// looksTooFar is of leak-search-unseen (V11): words are looked for in all there is, and only what is found is projected.
func (s *seeking) looksTooFar(of []model.Collection) {
	if !planted("leak-search-unseen") {
		return
	}
	s.everything(of, func(r *model.Record, text []byte) {
		if rank, ok := s.asked.Rank(text); ok {
			s.hit(r.ID, r.Collection, rank)
		}
	})
}

// everybodys is of leak-search-counted (S5): how many records have the words, whoever sees them.
func (s *seeking) everybodys(q model.Search) (n int) {
	s.everything(search.Collections(q.Of), func(_ *model.Record, text []byte) {
		if _, ok := s.asked.Rank(text); ok {
			n++
		}
	})
	return n
}
