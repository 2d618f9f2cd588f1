package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// history is what a caller is told of one record.
func (c *company) history(by model.Caller, of model.Collection, id model.RecordID) ([]model.Event, error) {
	page, err := c.e.RecordHistory(context.Background(), by, of, id, "", 100)
	return page.Events, err
}

// TestS6_HistoryOfARecordIsProjected: field by field, and of a record that is not shown not even that it is there.
func TestS6_HistoryOfARecordIsProjected(t *testing.T) {
	if wrong := historyProjected(t); wrong != "" {
		t.Error(wrong)
	}
}

func historyProjected(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	dan := c.caller(c.without("dan", access.WebCustomers, access.WebMessaging))
	customer := c.made(model.Customers, set(2, model.Text("hidden")))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("seen")), set(model.JobCustomer, model.Ref(customer)))
	c.made(model.Jobs, set(model.JobTitle, model.Text("another")))
	amys, err := c.history(c.caller(c.amy), model.Jobs, job)
	if err != nil || len(amys) == 0 {
		return "amy is not told of a job that she sees"
	}
	for _, e := range amys {
		if e.Record != job {
			return "the history of a job tells of another record"
		}
	}
	if got, err := c.history(dan, model.Customers, customer); !errors.Is(err, model.ErrUnknown) || len(got) > 0 {
		return "dan, who sees no customers, is told of one"
	}
	message := c.change(c.ben, model.OpCreate, model.Messages, model.RecordID{}, set(3, model.Text("between the two of us")), set(model.MessageTo, model.Ref(c.amy)))
	c.push(c.phone(c.ben, model.Mobile), message)
	if got, err := c.history(c.caller(c.amy), model.Messages, message.Record); err != nil || len(got) != 1 {
		return "amy is not told of a message to her"
	}
	if got, err := c.history(dan, model.Messages, message.Record); !errors.Is(err, model.ErrUnknown) || len(got) > 0 {
		return "dan is told of a message between two others"
	}
	dans, err := c.history(dan, model.Jobs, job)
	if err != nil || len(dans) == 0 {
		return "dan is not told of a job that he sees"
	}
	for _, e := range dans {
		for _, f := range e.Fields {
			if f.Field == model.JobCustomer {
				return "dan is told whose job it is"
			}
		}
	}
	limited := c.caller(c.amy, "customers:read")
	if _, err := c.history(limited, model.Jobs, job); !errors.Is(err, model.ErrUnknown) {
		return "a key without the scope reads the history of a job"
	}
	return ""
}
