package main

import (
	"fmt"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// offer is by when an offer to the user wants an answer (domain T4).
func (s *station) offer(a device.Record) string {
	if !s.asks(a) {
		return ""
	}
	return fmt.Sprintf("%s is offered to you: answer by %s, or the offer declines itself", s.nameOf(a.Parent()), clock(a.Value(model.AssignmentAnswerBy)))
}

// offerOver tells of an offer that went away unanswered when its time was over.
func (s *station) offerOver(a device.Record) string {
	if !s.asks(a) || time.Now().UnixMilli() <= a.Value(model.AssignmentAnswerBy).Int() {
		return ""
	}
	return fmt.Sprintf("the offer of that job was to be answered by %s, and declined itself", clock(a.Value(model.AssignmentAnswerBy)))
}

// asks says whether an assignment is an offer to the user that will not wait for ever.
func (s *station) asks(a device.Record) bool {
	return personIn(a, model.AssignmentUser) == s.Who().User && a.Value(model.AssignmentState).Text() == workflow.StateOffered &&
		!a.Value(model.AssignmentAnswerBy).IsNull()
}

// offerLapsed tells the office of an offer that nobody answered.
func (s *station) offerLapsed(a, was device.Record) string {
	by := a.Value(model.AssignmentLapsed)
	if by.IsNull() || !was.Value(model.AssignmentLapsed).IsNull() {
		return ""
	}
	return fmt.Sprintf("%s did not answer the offer of %s by %s: it declined itself", s.person(personIn(a, model.AssignmentUser)), s.nameOf(a.Parent()), clock(by))
}
