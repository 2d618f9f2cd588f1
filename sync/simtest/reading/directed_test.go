package reading

import (
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// directed is every counterexample of feed-verification §3 that reading can meet, shortened by hand.
var directed = []struct {
	name string
	why  string
	run  func(*script)
}{
	{"CE1_LeftReturnedLeft", "of a record that came and went twice, the device has it from the first time", func(s *script) {
		s.make(1, s.work)
		s.d.sync(full)
		s.move(1)
		s.move(1, s.work)
		s.move(1)
		s.d.sync(full)
		s.want(1, false)
	}},
	{"CE1_ByTheOffice", "the same through the engine's own doors: a customer comes, goes, comes and goes with the job's link", func(s *script) {
		customer, job := s.company()
		link := func(v model.Value) { s.does(s.asks(model.OpEdit, model.Jobs, job, set(model.JobCustomer, v))) }
		s.d.sync(full)
		link(model.Null())
		link(model.Ref(customer))
		link(model.Null())
		s.d.sync(full)
		if _, ok := s.d.base()[customer]; ok {
			s.fail("left behind", "the customer of no job is still there")
		}
	}},
	{"CE2_LeftAndReturned", "away and back, or from one audience into another: nothing visible changed", func(s *script) {
		s.make(1, s.work)
		s.d.sync(full)
		s.move(1)
		s.move(1, s.work)
		s.quiet("left and returned")
		s.move(1, s.refs)
		s.quiet("moved to another audience of the view")
		s.move(1, s.refs, s.crew)
		s.quiet("visible for two reasons")
		s.move(1, s.crew)
		s.quiet("one reason less")
	}},
	{"CE3_LostAndRegainedBetweenPages", "the view at the end equals the view at the cut, and yet rows are gone", func(s *script) {
		for n := byte(1); n <= 4; n++ {
			s.make(n, s.crew)
		}
		s.d.sync(full)
		s.may(func(r *rights) { r.assign = false })
		s.page(45)
		s.may(func(r *rights) { r.assign = true })
		s.d.sync(full)
		s.want(1, true)
	}},
	{"CE4_ReturnedAfterItsRetraction", "r was retracted by a page that was no checkpoint, and came back with old stamps", func(s *script) {
		s.make(1, s.work)
		s.make(2, s.work)
		s.d.sync(full)
		s.move(1)
		s.put(2, model.JobTitle)
		if a := s.page(one); a == nil || len(a.page.Retracts) != 1 || a.page.Checkpoint != nil {
			s.fail("script", "the first page must be the retraction alone")
		}
		s.move(1, s.work)
		s.d.sync(full)
		s.want(1, true)
	}},
	{"CE5_RetractionAcrossViews", "the second half of a retraction must not be forgotten when the view moves on", func(s *script) {
		for n := byte(1); n <= 4; n++ {
			s.make(n, s.crew)
			s.make(n+10, s.refs)
		}
		s.d.sync(full)
		s.may(func(r *rights) { r.assign = false })
		s.page(45)
		s.make(2+20, s.crew) // comes and goes while the audience is lost: never to be named
		s.move(2 + 20)
		s.may(func(r *rights) { r.customers = false })
		s.page(45)
		s.may(func(r *rights) { r.assign = true })
		s.d.sync(45)
		s.want(3, true)
		s.want(13, false)
	}},
	{"CE6_GainDuringAPass", "a class revealed in the middle of a pass is missing in the first half", func(s *script) {
		s.may(func(r *rights) { r.customers = false })
		for n := byte(1); n <= 4; n++ {
			s.make(n, s.work)
		}
		s.page(one)
		s.page(one)
		s.may(func(r *rights) { r.customers = true })
		s.d.sync(200)
	}},
	{"CE6b_LossDuringAPass", "the view of the pass must not serve what was lost since", func(s *script) {
		for n := byte(1); n <= 4; n++ {
			s.make(n, s.work, s.refs)
			s.make(n+10, s.refs)
		}
		s.page(one)
		s.page(one)
		s.may(func(r *rights) { r.customers = false })
		s.d.sync(one)
		s.want(11, false)
	}},
	{"CE7_TheViewShrinksUnderAPosition", "r waits behind the position for one audience, and that one is lost", func(s *script) {
		s.make(9, s.work)
		s.make(5, s.work)
		s.make(1, s.work)
		s.move(1, s.work, s.refs)
		s.page(one)
		s.put(5, model.JobTitle)
		s.may(func(r *rights) { r.customers = false })
		s.d.sync(one)
		s.want(1, true)
	}},
	{"CE8_HiddenChangesMoveNothing", "order, cuts and counts do not know of hidden changes (checked in the other world)", func(s *script) {
		s.may(func(r *rights) { r.customers = false })
		for n := byte(8); n > 0; n-- {
			s.make(n, s.work)
		}
		s.page(100)
		s.put(5, 25)
		s.page(100)
		s.put(1, 26)
		s.d.sync(100)
		s.put(3, 25)
		s.quiet("a field of a hidden class changed")
	}},
	{"CE12_CE13_IncludedByName", "a checkpoint names the changes that were decided, not all up to a number", func(s *script) {
		_, job := s.company()
		s.d.sync(full)
		for range 2 {
			s.d.save(replica.Draft{Op: model.OpCreate, Collection: model.Notes, Fields: []model.FieldValue{
				{Field: model.FieldParent, Value: model.Ref(job)},
				{Field: model.NoteText, Value: s.words()},
				{Field: model.NoteAudience, Value: model.Text("field")},
			}})
		}
		s.d.handInSome(1)
		s.d.sync(full)
		if n := len(s.d.rep.Waiting()); n != 1 {
			s.fail("lost work", "%d changes wait, want the one that was not handed in", n)
		}
	}},
	{"CE15_PurgeDuringAFirstSync", "a first sync has cut 0, and must not be reconciled for ever", func(s *script) {
		for n := byte(1); n <= 8; n++ {
			s.make(n, s.work)
		}
		s.move(8)
		s.page(one)
		must(s.eng.Purge(s.ctx, s.tenant, s.truth.seq, s.now))
		if a := s.page(one); a == nil || a.reconciled {
			s.fail("liveness", "a retraction that is not older than the horizon must go on")
		}
		s.put(8, model.JobTitle)
		s.put(8, model.JobDescription)
		must(s.eng.Purge(s.ctx, s.tenant, s.truth.seq, s.now))
		if a := s.page(one); a == nil || !a.reconciled {
			s.fail("script", "a retraction older than the horizon must reconcile")
		}
		for range 20 {
			if a := s.page(one); a == nil {
				s.want(7, true)
				return
			} else if a.reconciled {
				s.fail("liveness", "reconciled again")
			}
		}
	}},
	{"CE18_TwoFieldsTwoTimes", "f changed before the position and g after it: both are newer than the cut", func(s *script) {
		s.make(1, s.work)
		s.make(2, s.work)
		s.make(3, s.work)
		s.d.sync(full)
		s.put(1, model.JobTitle)
		s.put(2, model.JobTitle)
		s.put(3, model.JobTitle)
		s.page(one)
		s.page(one) // f of 1 and 2 are staged
		s.page(one)
		s.put(3, model.JobDescription)
		s.d.sync(full)
	}},
	{"CE18_StampBetweenCutAndPass", "a pass could not show r, whose old reason went and whose new one came since it began: what changed since the cut goes, not since the pass", func(s *script) {
		s.may(func(r *rights) { r.customers = false })
		s.make(1, s.work)
		s.make(2, s.work)
		s.make(5, s.crew, s.refs)
		s.d.sync(full)
		for _, n := range []byte{1, 2, 5} {
			s.put(n, model.JobTitle)
		}
		s.page(one) // a pass under way that sees 5 by the crew alone
		s.may(func(r *rights) { r.customers, r.assign = true, false })
		s.d.sync(full)
		s.want(5, true)
	}},
	{"CE19_HalfOfACommit", "the end of a pass that began before the commit is no checkpoint", func(s *script) {
		for n := byte(1); n <= 4; n++ {
			s.make(n, s.work)
		}
		s.page(one)
		s.page(one)
		s.write(func(d *draft) {
			d.put(rec(1), model.JobTitle, s.value())
			d.put(rec(4), model.JobTitle, s.value())
		})
		s.d.sync(one)
	}},
	{"CE20_LatePage", "a page of an older connection brings nothing back", func(s *script) {
		s.make(1, s.work)
		late := s.d.ask(full, false)
		s.d.sync(full)
		s.move(1)
		s.d.sync(full)
		if s.d.take(late) {
			s.fail("left behind", "the late page was taken")
		}
		s.want(1, false)
	}},
	{"CE21_BusyTenant", "pages grow, so that a checkpoint comes", func(s *script) {
		for n := byte(1); n <= 40; n++ {
			s.make(n, s.work)
		}
		for pages := 1; ; pages++ {
			a := s.page(100)
			switch {
			case a == nil || a.page.Checkpoint != nil:
				return
			case pages > 120:
				s.fail("liveness", "no checkpoint in 120 pages")
			}
			for range 4 {
				s.put(byte(1+s.dice.IntN(40)), model.JobTitle)
			}
		}
	}},
	{"CE22_OrphanAtRest", "the old parent goes before the new one is shown", func(s *script) {
		s.make(1, s.work)
		s.makeUnder(2, model.Tasks, rec(1), s.work)
		s.d.sync(full)
		s.make(3, s.work)
		s.write(func(d *draft) {
			d.put(rec(2), model.FieldParent, model.Ref(rec(3)))
			d.place(rec(1), nil)
		})
		s.d.sync(one)
	}},
	{"CE23_MovedIntoWalkedKeys", "nothing mutable is in the key: a child that moves is retracted all the same", func(s *script) {
		s.make(1, s.crew)
		s.make(8, s.crew)
		s.makeUnder(9, model.Tasks, rec(8), s.crew)
		s.makeUnder(5, model.Tasks, rec(8), s.crew)
		s.d.sync(full)
		s.may(func(r *rights) { r.assign = false })
		s.page(one)
		s.page(one)
		s.write(func(d *draft) { d.put(rec(9), model.FieldParent, model.Ref(rec(1))) })
		s.d.sync(one)
		s.want(9, false)
	}},
	{"IntervalsStayFew", "what comes and goes for ever is remembered four times (checked of every commit)", func(s *script) {
		customer, job := s.company()
		s.d.sync(full)
		for range 6 {
			s.does(s.asks(model.OpEdit, model.Jobs, job, set(model.JobCustomer, model.Null())))
			s.does(s.asks(model.OpEdit, model.Jobs, job, set(model.JobCustomer, model.Ref(customer))))
		}
		s.d.sync(full)
		s.does(s.asks(model.OpEdit, model.Jobs, job, set(model.JobCustomer, model.Null())))
		s.d.sync(full)
	}},
	{"UnknownRights", "unknown rights are not no rights: nothing is served, and nothing retracted", func(s *script) {
		s.make(1, s.work)
		s.d.sync(full)
		s.put(1, model.JobTitle)
		check(s.eng.SetLevels(s.ctx, s.tenant, s.d.owner.user, []byte("?"), s.now))
		page, err := s.eng.Pull(s.ctx, model.Pull{Connection: s.d.conn, Cursor: s.d.rep.Cursor()}, s.now)
		if err == nil || page != nil {
			s.fail("script", "page %v, error %v; want an error alone", page, err)
		}
		s.may(func(*rights) {})
		s.d.sync(full)
	}},
	{"RestoredPhone", "an old backup is an old cursor; with a new identity it is no cursor, and the phone is reconciled", func(s *script) {
		s.make(1, s.work)
		s.make(2, s.work, s.refs)
		s.d.sync(full)
		s.d.backup()
		s.move(1)
		s.put(2, model.JobTitle)
		s.d.sync(full)
		s.d.restore(0)
		s.d.sync(one)
		s.want(1, false)
		s.d.hello()
		s.d.hello() // the token of the backup is neither the last nor the one before
		s.may(func(r *rights) { r.customers = false })
		s.d.restore(0)
		s.d.hello()
		if a := s.page(one); a == nil || !a.reconciled {
			s.fail("script", "a cursor of another device was continued")
		}
		s.d.sync(one)
		s.want(1, false)
	}},
	{"CursorLength", "the number of ranges in an unfinished retraction's cursor must not tell of hidden commits between its pages", func(s *script) {
		for n := byte(1); n <= 12; n++ {
			s.make(n, s.crew)
		}
		s.d.sync(full)
		s.may(func(r *rights) { r.assign = false })
		for range 5 {
			s.page(45) // the other world has a commit more
		}
	}},
	{"RangesStayFew", "a long retraction in small pages over many commits does not overflow the cursor", func(s *script) {
		for n := byte(1); n <= 200; n++ {
			s.make(n, s.crew)
		}
		s.d.sync(full)
		s.may(func(r *rights) { r.assign = false })
		for pages := 0; ; pages++ {
			if a := s.page(one); len(a.page.Rows) > 0 || a.page.Checkpoint != nil {
				return
			}
			if pages > 40 {
				s.fail("liveness", "a retraction of 200 ids takes more than 40 pages")
			}
			s.make(byte(201+pages), s.work)
		}
	}},
	{"Tiers_ExitsDuringGrowth", "what leaves between two steps of a growing view goes; what moves from a later step into an earlier one comes once", func(s *script) {
		d := s.engineer()
		for n := byte(1); n <= 6; n++ {
			s.makeUnder(n, model.Sites, model.RecordID{}, audience{Kind: model.AudienceDirectory})
			s.make(n+10, audience{Kind: model.AudienceWork, Of: model.RecordID(d.owner.user)})
		}
		steps := 0
		for i := byte(0); i < 200; i++ {
			a := d.ask(90, false)
			if a == nil {
				break
			}
			d.take(a)
			if a.page.Checkpoint != nil {
				steps++
			}
			switch i {
			case 3:
				s.move(14) // goes while the first step is served
			case 8:
				s.move(1) // goes before or after its step
				s.write(func(x *draft) {
					x.place(rec(6), []audience{{Kind: model.AudienceRefs, Of: model.RecordID(d.owner.user)}})
				})
			case 9:
				s.move(12)
				s.move(2)
			}
		}
		if steps < 2 {
			s.fail("script", "%d checkpoints, want one for each step", steps)
		}
	}},
	{"Tiers_LossDuringGrowth", "a level that is lost while the view grows: what came is taken back, what was to come does not", func(s *script) {
		d := s.engineer()
		for n := byte(1); n <= 6; n++ {
			s.makeUnder(n, model.Sites, model.RecordID{}, audience{Kind: model.AudienceDirectory})
			s.make(n+10, audience{Kind: model.AudienceWork, Of: model.RecordID(d.owner.user)})
		}
		for range 9 {
			if a := d.ask(90, false); a != nil {
				d.take(a)
			}
		}
		s.grant(d.owner, func(r *rights) { r.create = false })
		d.sync(90)
		if len(d.base()) != 7 { // six jobs and the person
			s.fail("script", "%d records, want 7", len(d.base()))
		}
	}},
}

func TestDirected(t *testing.T) {
	for _, c := range directed {
		t.Run(c.name, func(t *testing.T) {
			if failure := attempt(options(t), c.run); failure != nil {
				t.Fatalf("%v\nit shows: %s", failure, c.why)
			}
		})
	}
}
