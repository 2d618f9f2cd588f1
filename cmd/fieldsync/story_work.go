package main

import (
	"fmt"
	"slices"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What is written in the story.
const (
	bensText   = "Burner replaced, flue cleaned, tested at 80 degrees."
	amysText   = "Customer says: smells of gas, call before you come."
	bensNote   = "Old burner was cracked."
	amysUrgent = 1
	bensManual = 45
)

// signIns: Amy at her desk, Ben on his phone.
func (s *story) signIns() (err error) {
	if s.amy, err = s.enter("Amy's desk", "amy@fieldsync.example", "Amy's desk", "desktop"); err != nil {
		return err
	}
	if s.ben, err = s.enter("Ben's phone", "ben@fieldsync.example", "Ben's Pixel", "android"); err != nil {
		return err
	}
	customers, sites := 0, 0
	err = s.await(s.amy, "all customers and sites at Amy's desk", func() (bool, error) {
		c, err := s.amy.named(model.Customers)
		if err != nil {
			return false, err
		}
		t, err := s.amy.named(model.Sites)
		customers, sites = len(c), len(t)
		return customers >= 12 && sites >= 16, err // so many are in the files
	})
	if err != nil {
		return err
	}
	if err := s.agrees(s.ben); err != nil {
		return err
	}
	jobs, err := s.amy.jobs()
	if err != nil {
		return err
	}
	mine, err := s.ben.jobs()
	if err != nil {
		return err
	}
	s.tell(s.amy, "%d customers, %d sites, %d jobs", customers, sites, len(jobs))
	s.tell(s.ben, "%d jobs", len(mine))
	return s.must(len(mine) > 0 && len(mine) < len(jobs), "Ben's phone holds the %d jobs assigned to him of %d, field for field as the office has them", len(mine), len(jobs))
}

// siteOf finds a site by its name.
func (s *story) siteOf(name string) (device.Record, error) {
	all, err := s.amy.named(model.Sites)
	if err != nil {
		return device.Record{}, err
	}
	i := slices.IndexFunc(all, func(r device.Record) bool { return r.Value(nameField).Text() == name })
	if i < 0 {
		return device.Record{}, fmt.Errorf("there is no site %q", name)
	}
	return all[i], nil
}

// give makes a job at a site and assigns it.
func (s *story) give(site, customer, title string, to *actor) (id model.RecordID, at device.Record, err error) {
	if at, err = s.siteOf(site); err == nil {
		id, err = s.giveTo(val(model.AssignmentUser, model.Ref(model.RecordID(to.Who().User))), site, customer, title)
	}
	return id, at, err
}

// giveTo makes a job at a site and gives it to a person or a company.
func (s *story) giveTo(who model.FieldValue, site, customer, title string) (id model.RecordID, err error) {
	at, err := s.siteOf(site)
	if err != nil {
		return id, err
	}
	drafts, err := jobAt(at, customer, title)
	if err != nil {
		return id, err
	}
	id = drafts[0].Record
	_, err = s.save(s.amy, append(drafts, give(id, who))...)
	return id, err
}

// newJob: what the office makes is on the phone a moment later.
func (s *story) newJob() error {
	began := time.Now()
	id, site, err := s.give("ACME Bakery Ltd", "ACME Bakery Ltd", "Boiler leaks", s.ben)
	if err != nil {
		return err
	}
	if s.job, err = s.sees(s.ben, "the new job on Ben's phone", id, func(r device.Record) bool { return jobNumber(r) != "" }); err != nil {
		return err
	}
	took := time.Since(began)
	var card device.Record
	err = s.await(s.ben, "the job's card on Ben's phone", func() (bool, error) {
		cards, err := s.ben.List(model.JobCards, id)
		if len(cards) == 1 {
			card = cards[0]
		}
		return len(cards) == 1, err
	})
	if err != nil {
		return err
	}
	s.tell(s.ben, "new job %s, %s", jobName(s.job), card.Value(model.CardAddress).Text())
	if err := s.must(card.Value(model.CardAddress) == site.Value(3), "the card has the site's address, %d ms after Amy saved the job", took.Milliseconds()); err != nil {
		return err
	}
	return s.settle(s.amy)
}

// offline: both sides change the same job.
func (s *story) offline() error {
	s.ben.offline()
	edited, err := editJob(s.job, "description", bensText)
	if err != nil {
		return err
	}
	drafts := [][]device.Draft{
		visit(s.job, "start", "", model.Mobile),
		{noteOn(s.job, bensNote)},
		{hours("manual_entry", bensManual, s.job, "drive to fetch the part")},
		{edited},
	}
	for _, d := range drafts {
		if _, err := s.save(s.ben, d...); err != nil {
			return err
		}
	}
	text, err := editJob(s.job, "description", amysText)
	if err != nil {
		return err
	}
	urgent, err := editJob(s.job, "priority", "urgent")
	if err != nil {
		return err
	}
	for _, d := range []device.Draft{text, urgent} {
		if _, err := s.save(s.amy, d); err != nil {
			return err
		}
	}
	if err := s.settle(s.amy); err != nil {
		return err
	}
	mine, err := s.shown(s.ben)
	if err != nil {
		return err
	}
	theirs, err := s.shown(s.amy)
	if err != nil {
		return err
	}
	unsent, _ := s.ben.Unsent()
	s.tell(s.ben, "no signal; %s saved; description: %q", unsentText(unsent), mine.Value(model.JobDescription).Text())
	s.tell(s.amy, "description: %q; priority %s", theirs.Value(model.JobDescription).Text(), theirs.Value(model.JobPriority))
	return s.must(unsent == 5 && mine.Value(model.JobDescription).Text() == bensText && theirs.Value(model.JobDescription).Text() == amysText,
		"each sees their own words; 5 changes wait on Ben's phone: the start, its hours, a note, %d minutes, a description", bensManual)
}

func (s *story) shown(a *actor) (device.Record, error) {
	r, ok, err := a.Show(s.job.ID)
	if err == nil && !ok {
		err = fmt.Errorf("%s does not show %s", a.name, jobName(s.job))
	}
	return r, err
}

// merge: everything comes together, and nothing is lost.
func (s *story) merge() error {
	s.ben.online()
	if err := s.settle(s.ben); err != nil {
		return err
	}
	_, err := s.sees(s.amy, "the job in progress at Amy's desk", s.job.ID, func(r device.Record) bool {
		return r.Value(model.JobStatus).Text() == "in_progress"
	})
	if err != nil {
		return err
	}
	if err := s.agrees(s.ben); err != nil {
		return err
	}
	here, err := s.shown(s.ben)
	if err != nil {
		return err
	}
	there, err := s.shown(s.amy)
	if err != nil {
		return err
	}
	for _, a := range []struct {
		who *actor
		job device.Record
	}{{s.ben, here}, {s.amy, there}} {
		s.tell(a.who, "status %s, priority %s, description: %q", a.job.Value(model.JobStatus).Text(), a.job.Value(model.JobPriority), a.job.Value(model.JobDescription).Text())
	}
	both := here.Value(model.JobDescription).Text() == amysText && here.Value(model.JobPriority).Int() == amysUrgent
	if err := s.must(both, "Ben's start and Amy's priority both stand; in the description, which both changed, the office stands"); err != nil {
		return err
	}
	if err := s.counted(); err != nil {
		return err
	}
	return s.proposal()
}

// counted: what Ben did is in the office once, no more and no less.
func (s *story) counted() error {
	starts, notes, times := 0, 0, 0
	events, err := s.amy.List(model.VisitEvents, s.job.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Value(model.VisitEventKind).Text() == "start" && personIn(e, model.VisitEventAuthor) == s.ben.Who().User {
			starts++
		}
	}
	written, err := s.amy.List(model.Notes, s.job.ID)
	if err != nil {
		return err
	}
	for _, n := range written {
		if n.Value(model.NoteText).Text() == bensNote {
			notes++
		}
	}
	minutes := int64(0)
	all, err := s.amy.List(model.TimesheetEvents, model.RecordID{})
	if err != nil {
		return err
	}
	for _, t := range all {
		if model.RefOf(t.Value(model.TimeJob)) == s.job.ID && personIn(t, model.TimeWorker) == s.ben.Who().User {
			times++
			minutes += t.Value(model.TimeAmount).Int()
		}
	}
	return s.must(starts == 1 && notes == 1 && times == 2 && minutes == bensManual,
		"the office has his start once, his note once, and his hours: the start of work and %d minutes", minutes)
}

// proposal: Ben's words lost, are kept, and Amy takes them with one action.
func (s *story) proposal() error {
	outcome, why := s.fateOf(s.ben, model.Jobs, model.OpEdit)
	s.tell(s.ben, "his description: %s (%s)", outcome, why)
	var item device.Record
	err := s.await(s.amy, "Ben's words among what Amy has to review", func() (bool, error) {
		items, err := s.amy.openItems()
		for _, r := range items {
			lost, ok := lostValue(r)
			if ok && model.RefOf(r.Value(model.ReviewSubject)) == s.job.ID && lost.Text() == bensText {
				item = r
				return true, err
			}
		}
		return false, err
	})
	if err != nil {
		return err
	}
	s.tell(s.amy, "to review: %s", s.amy.reviewLine(item))
	if err := s.must(outcome == model.OutcomeRecorded && personIn(item, model.ReviewAuthor) == s.ben.Who().User, "Ben is told, and his words are kept with his name"); err != nil {
		return err
	}
	lost, _ := lostValue(item)
	there, err := s.shown(s.amy)
	if err != nil {
		return err
	}
	if _, err := s.save(s.amy, edit(there, val(model.JobDescription, lost)), resolved(item)); err != nil {
		return err
	}
	here, err := s.sees(s.ben, "Ben's words on his phone again", s.job.ID, func(r device.Record) bool {
		return r.Value(model.JobDescription).Text() == bensText
	})
	if err != nil {
		return err
	}
	s.tell(s.ben, "description: %q", here.Value(model.JobDescription).Text())
	if err := s.settle(s.amy); err != nil {
		return err
	}
	return s.must(len(here.Pending) == 0, "Amy adopted them with one action, and both sides show them")
}

// fateOf is what became of a device's last change of a kind.
func (s *story) fateOf(a *actor, c model.Collection, op model.Op) (outcome model.Outcome, why string) {
	for _, e := range a.Outbox() {
		if e.Collection == c && e.Op == op && e.Answered {
			outcome, why = e.Outcome, replica.Why(e.Reason)
		}
	}
	return outcome, why
}
