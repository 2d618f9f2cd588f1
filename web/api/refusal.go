package api

import (
	"errors"
	"fmt"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// refusal is what a caller is told of a change that was not taken.
func refusal(a model.Answer) *problem.Problem {
	told, ok := refusals[a.Reason]
	if !ok {
		told = [2]string{"refused", fmt.Sprintf("It was %s, reason %d of protocol/SPEC.md.", a.Outcome, a.Reason)}
	}
	return problem.New(told[0], told[1])
}

// refusal is what a caller is told of an operation's change that was not taken.
func (p *performer) refusal(i int, a model.Answer) *problem.Problem {
	op, created := &p.ops[i], p.results[i].status == statusCreated
	if a.Reason == model.ReasonMissing && created {
		parent, _ := op.spec.Field(model.FieldParent) // every collection has one, and it is all that a creation looks up
		where := location(op.where, document.Name(p.table, op.spec, parent))
		return problem.New("unknown_reference", "", problem.Fault{Location: where, Message: "there is no such record"})
	}
	// The record of a fact goes by its change, so it is the change that was there.
	exists := a.Reason == model.ReasonExists || a.Reason == model.ReasonContent && created && op.spec.Append
	if exists && op.unless != nil {
		return isThere() // somebody else was faster
	}
	if exists && op.external != "" {
		return problem.New("exists", "An external_id stands for one record for ever: it is there, or it was and is removed. Change it instead, or choose another external_id.")
	}
	return refusal(a)
}

// refusals is the code of each reason, and what it means here when the code's page does not say.
var refusals = map[model.Reason][2]string{
	model.ReasonMissing:   {"not_found", ""},
	model.ReasonRight:     {"not_allowed", ""},
	model.ReasonAge:       {"refused", "It is older than outcomes are remembered."},
	model.ReasonStacked:   {"refused", "It stands on a change that waits for the office."},
	model.ReasonGroup:     {"refused", "Another change of its group was not taken."},
	model.ReasonAfterEnd:  {"refused", "It was made after the session had ended."},
	model.ReasonWindow:    {"refused", "It came after the hand-in window."},
	model.ReasonLost:      {"refused", "It came from a device that is reported lost."},
	model.ReasonContent:   {"key_reused", ""},
	model.ReasonUnknown:   {"invalid", "A field is not known to this server, or not to you."},
	model.ReasonRemoved:   {"user_removed", ""},
	model.ReasonLater:     {"stale", "Another change came first and stands."},
	model.ReasonHandedIn:  {"refused", "It came from a device that is not signed in any more."},
	model.ReasonExists:    {"exists", ""},
	model.ReasonNotYours:  {"refused", "The work is somebody else's now."},
	model.ReasonOwnLater:  {"stale", "A later change of your own stands."},
	model.ReasonClosed:    {"refused", "The job does not take it any more."},
	model.ReasonOverruled: {"refused", "The job is not in a state in which this has an effect."},
	model.ReasonWaits:     {"refused", "Work on the job waits for the office: decide it first (GET /v1/review?job=…), or close the job all the same with anyway."},
	model.ReasonBody:      {"invalid", "It is more, or deeper, than one change takes."},
	model.ReasonValue:     {"invalid", "A value is not of its field's type or within its bounds."},
	model.ReasonShape:     {"invalid", "Something that the operation needs is missing, or a field 1 is not of the right collection."},
	model.ReasonReadonly:  {"invalid", "A field is written by the server alone."},
	model.ReasonBase:      {"refused", "It stands on a state that this server does not know."},
	model.ReasonTooLarge:  {"too_large", ""},
	model.ReasonAlias:     {"refused", "The customer is another one (merged_into), and their id goes on naming that one. Set its status to inactive, or say first that it is itself."},
	model.ReasonLinked:    {"refused", "People of this customer have accounts: link them to the other company first (PUT /v1/users/{id}/company), since they would be shown its work."},
}

// staleHeader gives the tag that a record has now to whoever believed another one.
func staleHeader(c *call, err error) error {
	if stale, ok := errors.AsType[*model.StaleError](err); ok && stale.Tag != (model.Tag{}) {
		c.w.Header().Set("ETag", etag(stale.Tag))
	}
	return err
}
