package main

import (
	"fmt"
	"strings"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// dispatch: a job is given to a subcontractor company, and its dispatcher says on his phone who of it goes (domain W24).
func (s *story) dispatch() (err error) {
	if s.sid, err = s.enter("Sid's phone", "sid@fieldsync.example", "Sid's phone", "android"); err != nil {
		return err
	}
	firm, err := s.amy.assignee("Swift Electrical")
	if err != nil {
		return err
	}
	id, err := s.giveTo(firm, "Harbour Hotel", "Harbour Hotel", "Cellar socket dead")
	if err != nil {
		return err
	}
	numbered := func(r device.Record) bool { return jobNumber(r) != "" }
	job, err := s.sees(s.sid, "the company's job on Sid's phone", id, numbered)
	if err != nil {
		return err
	}
	s.tell(s.sid, "%s, %s: %s", jobName(job), job.Value(model.JobStatus).Text(), s.sid.others(job))
	if err := s.settle(s.sue); err != nil {
		return err
	}
	if _, early, err := s.sue.Show(id); err != nil || early {
		return fmt.Errorf("LEAK: Sue's phone shows a job that nobody gave her: %w", err)
	}
	sue, err := s.sid.assignee("Sue")
	if err != nil {
		return err
	}
	if _, err := s.save(s.sid, give(id, sue)); err != nil {
		return err
	}
	if _, err := s.sees(s.sue, "the job on Sue's phone", id, numbered); err != nil {
		return err
	}
	if err := s.settle(s.sid); err != nil {
		return err
	}
	s.tell(s.sid, "gives it to Sue; her phone shows it")
	return s.keepsToItself()
}

// keepsToItself: whoever hands out a company's work sees its people and its work, and nothing of anybody else's.
func (s *story) keepsToItself() error {
	everybody, err := s.sid.List(model.People, model.RecordID{})
	if err != nil {
		return err
	}
	var names []string
	for _, p := range everybody {
		names = append(names, p.Value(model.PersonName).Text())
	}
	jobs, err := s.sid.List(model.Jobs, model.RecordID{})
	if err != nil {
		return err
	}
	for _, j := range jobs {
		office, ok, err := s.amy.Show(j.ID)
		if err != nil || !ok || !strings.Contains(s.amy.workers(office), "Sue") {
			return fmt.Errorf("LEAK: Sid's phone shows %s, which is not his company's: %w", jobName(j), err)
		}
	}
	secrets, err := s.secrets()
	if err != nil {
		return err
	}
	if found := leak(s.sid.tape.from(0), secrets); found != "" {
		return fmt.Errorf("LEAK: Sid's phone was sent %s", found)
	}
	return s.must(len(names) == 2 && len(jobs) > 0, "his phone has the people of his company (%s), their %d jobs, and nobody and nothing else", strings.Join(names, ", "), len(jobs))
}
