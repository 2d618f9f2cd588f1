package reading

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// script is a short history, told by hand. Every page of it is answered in other worlds too.
type script struct {
	*world

	d                *device // of a subcontractor who sees everything they can
	work, refs, crew audience
}

// play runs a script and fails the test when the history fails.
func play(t *testing.T, opt Options, f func(*script)) {
	t.Helper()
	if failure := attempt(opt, f); failure != nil {
		t.Fatal(failure)
	}
}

// attempt runs a script and says how it failed.
func attempt(opt Options, f func(*script)) *Failure {
	opt.Checks = 1
	var w *world
	if failure := (&world{}).guarded(func() { w = newWorld(1, opt) }); failure != nil {
		return failure
	}
	return w.guarded(func() {
		w.clients = []model.RecordID{{0: 9}}
		r := w.hire(&rights{
			kind: model.Subcontractor, company: w.clients[0], enabled: true, assign: true, customers: true, invoices: true,
		})
		s := &script{world: w, d: w.join(r)}
		s.work = audience{Kind: model.AudienceWork, Of: model.RecordID(r.user)}
		s.refs = audience{Kind: model.AudienceRefs, Of: model.RecordID(r.user)}
		s.crew = audience{Kind: model.AudienceCrew, Of: r.company}
		f(s)
		w.rest()
	})
}

// rec is a record id; their order is that of n.
func rec(n byte) model.RecordID { return model.RecordID{n, 1} }

// make creates a job for some audiences.
func (s *script) make(n byte, who ...audience) { s.makeUnder(n, model.Jobs, model.RecordID{}, who...) }

func (s *script) makeUnder(n byte, c model.Collection, parent model.RecordID, who ...audience) {
	s.write(func(d *draft) { d.create(rec(n), c, parent, who) })
}

// move says who a record is for.
func (s *script) move(n byte, who ...audience) { s.write(func(d *draft) { d.place(rec(n), who) }) }

// put changes a field.
func (s *script) put(n byte, f model.FieldNo) {
	s.write(func(d *draft) { d.put(rec(n), f, s.value()) })
}

// may changes what the device's owner may.
func (s *script) may(change func(*rights)) { s.grant(s.d.owner, change) }

// page takes one page of so many bytes.
func (s *script) page(budget int) *answer {
	a := s.d.ask(budget, false)
	if a != nil {
		s.d.take(a)
	}
	return a
}

// quiet: there is nothing to say.
func (s *script) quiet(why string) {
	if a := s.d.ask(1, false); a != nil {
		s.fail("noise", "a page to a device to which nothing happened: %s", why)
	}
}

// holds says whether the device shows a record.
func (s *script) holds(n byte) bool {
	_, ok := s.d.base()[rec(n)]
	return ok
}

func (s *script) want(n byte, there bool) {
	if s.holds(n) != there {
		s.fail("script", "record %d: on the device %v, want %v", n, !there, there)
	}
}

// company makes a customer and a job of theirs that the device's owner is assigned to.
func (s *script) company() (customer, job model.RecordID) {
	customer, job = rec(101), rec(102)
	s.does(s.asks(model.OpCreate, model.Customers, customer, set(2, s.words())))
	s.does(s.asks(model.OpCreate, model.Jobs, job, set(model.JobTitle, s.words()), set(model.JobCustomer, model.Ref(customer))))
	s.does(s.asks(model.OpCreate, model.Assignments, rec(103), under(job), set(model.AssignmentUser, model.Ref(s.d.owner.user))))
	return customer, job
}

// engineer is a phone whose view grows in steps.
func (s *script) engineer() *device {
	return s.join(s.hire(&rights{kind: model.Mobile, enabled: true, create: true, customers: true}))
}

const (
	one  = 1       // one row, or one id
	full = 1 << 17 // everything
)
