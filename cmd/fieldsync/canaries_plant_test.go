//go:build plant

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// TestPlantedCanaries: a word that leaks into a frame, into the log and into an error is found in each, and so is a text
// of any record in the log. Run it with -tags plant.
func TestPlantedCanaries(t *testing.T) {
	for _, leak := range []struct{ bugs, word, where string }{
		{"leak-internal-notes", officeOnly, "a frame, page"},
		{"leak-companies", canary, "the log"},
		{"leak-log", spoken, "the log"},
		{"leak-companies leak-internal-errors", canary, "an error, an answer to POST /v1/sign-in"},
	} {
		t.Run(leak.bugs, func(t *testing.T) {
			s := openStage(t, brisk)
			engine.Plant = func(b string) bool { return slices.Contains(strings.Fields(leak.bugs), b) }
			problem.Plant, session.Plant = engine.Plant, engine.Plant
			s.talksOfTheOffice()
			engine.Plant, problem.Plant, session.Plant = nil, nil, nil
			if leaks := strings.Join(s.hidden.search(s.house, ""), "\n"); !strings.Contains(leaks, `"`+leak.word+`" is in `+leak.where+":") {
				t.Errorf("%s was not found; what was found is %q", leak.bugs, leaks)
			} else {
				t.Log(leaks)
			}
		})
	}
}

// spoken is what Ben notes.
const spoken = "The valve was stuck"

// talksOfTheOffice lets Ben's phone fetch a job on which the office has noted something for itself, and note something, and
// somebody knock who does not know the company's name.
func (s *stage) talksOfTheOffice() {
	s.t.Helper()
	job, label := s.newJobOf("ben", "acme", "Boiler"), textOf(model.NoteAudience, "internal")
	s.office("acme", made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, officeOnly), label))
	var l ledger
	w := s.handset("acme", "ben").connect()
	l.settle(w)
	w.push(made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, spoken)))
	s.newHandset("acne", "ben").signIn(0, nil)
}
