package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestAcceptOfferLapses: a phone says by when an offer wants an answer; when nobody gave one the phone and the office hear of
// it in words (domain T4).
func TestAcceptOfferLapses(t *testing.T) {
	t.Parallel()
	s := openStage(t, brisk)
	desk, phone := s.terminal("acme", "amy", "desk", "", nil), s.terminal("acme", "ben", "phone", "", nil)
	office, err := newNews(desk, officeTopics(desk))
	check(t, err)
	worker, err := newNews(phone, phoneTopics(phone))
	check(t, err)
	office.mute.Store(false)
	worker.mute.Store(false)
	hears := func(st *station, n *news, words string) {
		t.Helper()
		var all []string
		s.comes(st, words, func() (bool, error) {
			lines, err := n.look()
			all = append(all, lines...)
			return slices.ContainsFunc(all, func(l string) bool { return strings.Contains(l, words) }), err
		})
	}
	began, by := time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	job := made(model.Jobs, randomRecord(), textOf(model.JobTitle, "Boiler"), model.Assign{Field: model.JobAnswerBy, Value: model.Int(by.UnixMilli())})
	offer := made(model.Assignments, randomRecord(), under(job.Record), ref(model.AssignmentUser, model.RecordID(s.users["ben@acme"])))
	job.Occurred.Wall, offer.Occurred.Wall = model.Instant(began.UnixMilli()), model.Instant(began.UnixMilli())
	s.office("acme", job, offer)
	clocked := clock(model.Int(by.UnixMilli()))
	hears(phone, worker, "Boiler is offered to you: answer by "+clocked)
	s.comes(desk, "the offer", func() (bool, error) {
		_, ok, err := desk.Show(offer.Record)
		_, lookErr := office.look()
		return ok && lookErr == nil, err
	})
	s.turnAll(t.Context(), time.Now)
	hears(phone, worker, "the offer of that job was to be answered by "+clocked+", and declined itself")
	hears(desk, office, "ben did not answer the offer of ")
	s.comes(desk, "the state", func() (bool, error) {
		a, ok, err := desk.Show(offer.Record)
		return ok && stateOf(a) == "declined", err
	})
}

func stateOf(a device.Record) string { return a.Value(model.AssignmentState).Text() }
