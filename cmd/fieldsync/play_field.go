package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// What people in the field do: drafts saved on their phone, as its app saves them.

// hand is the phone on which somebody does something, and whether they are in the office and have none.
func (p *play) hand(s *script.Step) (m *mobile, desk bool, err error) {
	a := s.Arg(script.Hand, 0)
	if script.InOffice(p.members[a.Person].Role) {
		return nil, true, nil
	}
	m, err = p.ready(a.Person, a.Number)
	return m, false, err
}

// shownJob is the sentence's job on a phone. With signal it may be on its way.
func (p *play) shownJob(m *mobile, s *script.Step) (job device.Record, err error) {
	return p.shownRecord(m, s.Arg(script.Job, 0).Text)
}

func (p *play) shownRecord(m *mobile, name string) (r device.Record, err error) {
	if _, ok := p.records[name]; !ok {
		return r, fmt.Errorf("%q has not been made", name)
	}
	_, err = p.until(p.grace(), func() (bool, error) {
		var ok bool
		r, ok, err = m.Show(p.records[name])
		return ok || !m.live(), err
	})
	if err == nil && r.ID.IsZero() {
		err = fmt.Errorf("%s does not show %q", m.name, name)
	}
	return r, err
}

// keep saves what happened when the sentence says it did.
func (p *play) keep(m *mobile, s *script.Step, drafts ...device.Draft) (seen string, err error) {
	m.clock.set(func(c *pocketClock) { c.ago = s.Arg(script.Time, 0).Ago })
	defer m.clock.set(func(c *pocketClock) { c.ago = 0 })
	if _, err := m.Save(drafts...); err != nil {
		return "", err
	}
	at := ""
	if s.Has(script.Time, 0) {
		at = " at " + p.onClock(m) + " by its clock"
	}
	unsent, _ := m.Unsent()
	return fmt.Sprintf("%s: saved%s, %s unsent", m.name, at, unsentText(unsent)), nil
}

var visitKinds = map[string]string{
	"accepts": "accept", "declines": "decline", "travels to": "travel", "starts": "start", "pauses": "pause", "resumes": "resume", "completes": "done",
}

func (p *play) visits(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	return p.keep(m, s, visit(job, visitKinds[s.Arg(script.Choice, 0).Text], s.Arg(script.Text, 0).Text, m.Who().Kind)...)
}

func (p *play) notes(s *script.Step) (string, error) {
	m, desk, err := p.hand(s)
	text := s.Arg(script.Text, 0).Text
	if desk {
		_, err = p.bulk(p.desk(s.Arg(script.Hand, 0).Person), false, creation("notes", doc{"job": p.idOf(s, script.Job), "text": text, "audience": "field"}))
		return "", err
	}
	if err != nil {
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	return p.keep(m, s, noteOn(job, text))
}

func (p *play) manyNotes(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	seen := ""
	for i := range s.Arg(script.Number, 0).Number {
		if seen, err = p.keep(m, s, noteOn(job, fmt.Sprintf("Note %d of line %d", i+1, s.Line))); err != nil {
			return "", err
		}
	}
	return seen, nil
}

func (p *play) manyPhotos(s *script.Step) (string, error) {
	seen := ""
	for i := range s.Arg(script.Number, 0).Number {
		var err error
		if seen, err = p.fileOf(s, "photo", "caption", fmt.Sprintf("Photo %d of line %d", i+1, s.Line)); err != nil {
			return "", err
		}
	}
	return seen, nil
}

func (p *play) photographs(s *script.Step) (string, error) {
	return p.file(s, "photo", "caption")
}

func (p *play) signs(s *script.Step) (string, error) { return p.file(s, "signature", "signer") }

// file is the record of a file without its bytes; the sentence's text goes into a field of it.
func (p *play) file(s *script.Step, kind, field string) (string, error) {
	return p.fileOf(s, kind, field, s.Arg(script.Text, 0).Text)
}

func (p *play) fileOf(s *script.Step, kind, field, text string) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	spec, _ := builtin().Spec(model.Files)
	hash, _ := spec.Named("hash")
	holds, _ := spec.Named(field)
	what, _ := spec.Named("kind")
	sum := sha256.Sum256([]byte(kind + text + fmt.Sprint(s.Line)))
	fields := []model.FieldValue{
		val(model.FieldParent, model.Ref(job.ID)), val(what.No, model.Text(kind)), val(hash.No, model.Bytes(sum[:])), val(holds.No, model.Text(text)),
	}
	return p.keep(m, s, create(model.Files, fields...))
}

func (p *play) entersMinutes(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	return p.keep(m, s, hours("manual_entry", int64(s.Arg(script.Number, 0).Number), job, ""))
}

func (p *play) shifts(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	kind := map[string]string{"starts": "shift_start", "ends": "shift_end"}[s.Arg(script.Choice, 0).Text]
	return p.keep(m, s, hours(kind, 0, device.Record{}, ""))
}

func (p *play) ticks(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	text := s.Arg(script.Text, 0).Text
	tasks, err := m.List(model.Tasks, job.ID)
	if err != nil {
		return "", err
	}
	spec, _ := builtin().Spec(model.Tasks)
	title, _ := spec.Named("title")
	i := slices.IndexFunc(tasks, func(r device.Record) bool { return r.Value(title.No).Text() == text })
	if i < 0 {
		return "", fmt.Errorf("%s shows no task %q of the job", m.name, text)
	}
	events, _ := builtin().Spec(model.TaskEvents)
	kind, _ := events.Named("kind")
	return p.keep(m, s, create(model.TaskEvents, val(model.FieldParent, model.Ref(tasks[i].ID)), val(kind.No, model.Text("done"))))
}

// changes edits one field, at a desk or on a phone.
func (p *play) changes(s *script.Step) (string, error) {
	m, desk, err := p.hand(s)
	if err != nil {
		return "", err
	}
	name, field, words := s.Arg(script.Record, 0).Text, s.Arg(script.Field, 0).Text, s.Arg(script.Text, 0).Text
	if desk {
		collection, id, err := p.where(name)
		if err != nil {
			return "", err
		}
		fields, err := p.fields(collection, field, words)
		if err == nil {
			_, err = p.bulk(p.desk(s.Arg(script.Hand, 0).Person), false, operation{Op: "update", Collection: collection, ID: id, Fields: fields})
		}
		return "", err
	}
	r, err := p.shownRecord(m, name)
	if err != nil {
		return "", err
	}
	f, err := p.fieldOf(r.Collection, field)
	if err != nil {
		return "", err
	}
	v, err := valueOf(f, words)
	if err != nil {
		return "", err
	}
	return p.keep(m, s, edit(r, val(f.No, v)))
}

// fieldOf is a field by its name, a company's own last.
func (p *play) fieldOf(c model.Collection, name string) (*model.Field, error) {
	spec, ok := p.table.Spec(c)
	if !ok {
		return nil, errors.New("there is no such collection")
	}
	f, ok := document.Find(p.table, spec, name, false)
	if !ok {
		f, ok = document.Find(p.table, spec, name, true)
	}
	if !ok {
		return nil, fmt.Errorf("%s have no field %s", spec.Name, name)
	}
	return f, nil
}

// valueOf reads a value as people write it.
func valueOf(f *model.Field, words string) (model.Value, error) {
	if n, ok := priorities[words]; ok && f.Type == model.TypeInt {
		return model.Int(n), nil
	}
	v, err := document.ParseText(f, words)
	if err != nil {
		return v, fmt.Errorf("%s: %w", f.Name, err)
	}
	return v, nil
}

// writesJob makes a job in the field. With signal the answers are kept, to be compared with those for another one.
func (p *play) writesJob(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	title := s.Arg(script.Job, 0).Text
	drafts, err := newJob(title, s.Arg(script.Text, 0).Text)
	if err != nil {
		return "", err
	}
	p.made(title, drafts[0].Record)
	heard := m.tape.length()
	seen, err := p.keep(m, s, drafts...)
	if err != nil || !m.live() {
		return seen, err
	}
	if err := p.settle(m); err != nil {
		return "", err
	}
	for _, frame := range m.tape.from(heard) {
		if said, err := protocol.Decode(frame); err == nil && said.Type() == protocol.TypeAnswers {
			p.answers[title] = append(p.answers[title], fmt.Sprintf("%d bytes of answers", len(frame)))
		}
	}
	return p.seen(m), nil
}

// makesJob makes a job for a customer by the name that the phone has for them.
func (p *play) makesJob(s *script.Step) (string, error) {
	m, _, err := p.hand(s)
	if err != nil {
		return "", err
	}
	customer, err := p.shownRecord(m, s.Arg(script.Customer, 0).Text)
	if err != nil {
		return "", err
	}
	title := s.Arg(script.Job, 0).Text
	drafts, err := newJob(title, "")
	if err != nil {
		return "", err
	}
	p.made(title, drafts[0].Record)
	drafts[0].Fields = append(drafts[0].Fields, val(model.JobCustomer, model.Ref(customer.ID)))
	return p.keep(m, s, drafts...)
}

func (p *play) assigns(s *script.Step) (string, error) {
	m, desk, err := p.hand(s)
	if err != nil {
		return "", err
	}
	to := p.members[s.Arg(script.Person, 0).Person]
	if desk {
		_, err := p.bulk(p.desk(s.Arg(script.Hand, 0).Person), false, creation("assignments", doc{"job": p.idOf(s, script.Job), "user": to.id, "role": "lead"}))
		return "", err
	}
	job, err := p.shownJob(m, s)
	if err != nil {
		return "", err
	}
	return p.keep(m, s, assignTo(job.ID, to.id))
}

// made notes a record by its name.
func (p *play) made(name string, id model.RecordID) { p.records[name], p.named[id] = id, name }
