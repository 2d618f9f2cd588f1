package main

import (
	"errors"
	"fmt"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What Ben does on the first phone before he takes the second: a fact, hours, and a claim.
const (
	unsentNote  = "Spare burner is in the van."
	unsentHours = "tidied up"
	unsentClaim = "Please order a second burner."
)

// takeover: a second device is asked about the first one, and only then becomes the live one.
func (s *story) takeover() (err error) {
	s.ben.offline()
	claim, err := editJob(s.job, "instructions", unsentClaim)
	if err != nil {
		return err
	}
	for _, d := range []device.Draft{noteOn(s.job, unsentNote), hours("manual_entry", 30, s.job, unsentHours), claim} {
		if _, err := s.save(s.ben, d); err != nil {
			return err
		}
	}
	unsent, _ := s.ben.Unsent()
	s.tell(s.ben, "no signal; %s unsent: a note, hours, new instructions", unsentText(unsent))
	if s.spare, err = s.open("spare phone", "ben@fieldsync.example", "Ben's spare phone", "android"); err != nil {
		return err
	}
	s.follow(s.spare)
	err = s.spare.signIn(s.ctx, s.password, "")
	var active *device.ActiveError
	if !errors.As(err, &active) {
		return fmt.Errorf("a second device was let in without a question: %w", errors.Join(err, errors.New("no question")))
	}
	s.tell(s.spare, "active elsewhere: %s, last seen %s, %d unsent as it last said. Take over?", active.Device, moment(active.LastSeen), active.Unsent)
	if err := s.must(active.Device == s.ben.set.label && unsent == 3, "the second phone is asked before the first one loses its session"); err != nil {
		return err
	}
	s.tell(s.spare, "yes")
	s.restart(s.spare, func() error { return s.spare.signIn(s.ctx, s.password, active.Epoch) }, &err)
	if err != nil {
		return err
	}
	if err := s.downloaded(s.spare); err != nil {
		return err
	}
	if err := s.agrees(s.spare); err != nil {
		return err
	}
	jobs, err := s.spare.jobs()
	if err != nil {
		return err
	}
	s.tell(s.spare, "%d jobs", len(jobs))
	return s.must(len(jobs) > 0, "the spare phone is live and shows what the office has for Ben")
}

// restart does what replaces a device's client, while nobody looks at the device.
func (s *story) restart(a *actor, do func() error, err *error) {
	a.stop()
	*err = do()
	s.follow(a)
}

// handIn: the device that lost its session learns why, loses nothing, reads nothing, and stays away.
func (s *story) handIn() error {
	heard := s.ben.tape.length()
	dials := s.ben.dials.Load()
	s.ben.online()
	err := s.await(s.ben, "Ben's first phone stops", func() (bool, error) {
		_, running := s.ben.ended()
		return !running, nil
	})
	if err != nil {
		return err
	}
	ended, _ := s.ben.ended()
	var stopped *device.StoppedError
	if !errors.As(ended, &stopped) {
		return fmt.Errorf("the first phone did not stop as it must: %w", errors.Join(ended, errors.New("it gave no reason")))
	}
	s.tell(s.ben, "%s (code %d)", stopped.Text, stopped.Code)
	if err := s.must(stopped.Code == protocol.CodeSuperseded, "it is told that the user signed in on another device"); err != nil {
		return err
	}
	receipts := map[string]model.Outcome{}
	for _, e := range s.ben.Outbox() {
		for _, a := range e.Fields {
			if e.Answered {
				receipts[a.Value.Text()] = e.Outcome
			}
		}
	}
	unsent, _ := s.ben.Unsent()
	s.tell(s.ben, "note %s, hours %s, instructions %s; %s unsent", receipts[unsentNote], receipts[unsentHours], receipts[unsentClaim], unsentText(unsent))
	so := receipts[unsentNote] == model.OutcomeApplied && receipts[unsentHours] == model.OutcomeApplied && receipts[unsentClaim] == model.OutcomeRecorded
	if err := s.must(so && unsent == 0, "its 3 changes are handed in, each with a receipt: what happened is in, what it asks for is kept for the office"); err != nil {
		return err
	}
	pages := 0
	for _, frame := range s.ben.tape.from(heard) {
		m, err := protocol.Decode(frame)
		if err != nil {
			return fmt.Errorf("read a captured frame: %w", err)
		}
		if m.Type() == protocol.TypePage {
			pages++
		}
	}
	if err := s.must(pages == 0, "it was sent no data any more"); err != nil {
		return err
	}
	if err := s.arrived(); err != nil {
		return err
	}
	s.calls = s.ben.dials.Load()
	again := s.calls - dials
	st := s.spare.Status()
	return s.must(again <= 2 && st.State == device.StateConnected && !st.Ended,
		"it called %d times, to be told and to hand in, and does not come back; the spare phone is still live", again)
}

// arrived: the note is at the office's desk and on the phone that is live now, the hours are in, and the claim of a
// device that is not live any more has changed nothing.
func (s *story) arrived() error {
	for _, a := range []*actor{s.amy, s.spare} {
		err := s.await(a, "the note of the first phone on "+a.name, func() (bool, error) {
			n, err := s.having(a, model.Notes, model.NoteText, unsentNote)
			if n > 1 {
				return false, fmt.Errorf("the note is there %d times", n)
			}
			return n == 1, err
		})
		if err != nil {
			return err
		}
	}
	times, err := s.having(s.amy, model.TimesheetEvents, remarkField, unsentHours)
	if err != nil {
		return err
	}
	there, err := s.shown(s.amy)
	if err != nil {
		return err
	}
	spec, _ := builtin().Spec(model.Jobs)
	instructions, _ := spec.Named("instructions")
	return s.must(times == 1 && there.Value(instructions.No).IsNull(),
		"the office has his note and his hours once, and the job's instructions are as they were")
}

// having counts records of Ben's job whose field has this text.
func (s *story) having(a *actor, c model.Collection, f model.FieldNo, words string) (n int, err error) {
	all, err := a.List(c, model.RecordID{})
	for _, r := range all {
		job := r.Parent()
		if c == model.TimesheetEvents {
			job = model.RefOf(r.Value(model.TimeJob))
		}
		if job == s.job.ID && r.Value(f).Text() == words {
			n++
		}
	}
	return n, err
}
