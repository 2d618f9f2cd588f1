package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
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

// TestHistory_OfOneRecordIsAChain: whatever happened, page by page it is what a walk through all lines finds, and it looks at no
// line of another record.
func TestHistory_OfOneRecordIsAChain(t *testing.T) {
	if wrong := historyChained(t); wrong != "" {
		t.Error(wrong)
	}
}

func historyChained(t *testing.T) string {
	t.Helper()
	w := &watched{Store: memstore.New(1 << 32)}
	c, ben, job := stale(t, w)
	other, _ := c.newJob(c.ben, 0)
	rnd := rand.New(rand.NewPCG(6, 17))
	long := strings.Repeat("long ", 1000)
	for step := range 40 {
		one := []model.RecordID{job, other}[rnd.IntN(2)]
		switch rnd.IntN(5) {
		case 0: // loses
			c.push(ben, c.edit(c.ben, one, model.JobTitle, model.Text(fmt.Sprint("Ben's ", step))))
		case 1:
			c.push(ben, c.edit(c.ben, one, model.JobTitle, model.Text(fmt.Sprint("Ben's ", step))), c.edit(c.ben, one, model.JobDescription, model.Text(long)))
		case 2:
			c.applied(c.office(), c.rename(one, model.Jobs, model.JobTitle, fmt.Sprint("office ", step)))
		case 3:
			c.applied(c.office(), c.rename(one, model.Jobs, model.JobDescription, long+fmt.Sprint(step)))
		default:
			c.applied(c.office(), c.rename(one, model.Jobs, model.JobTitle, fmt.Sprint("and ", step)), c.rename(one, model.Jobs, model.JobDescription, fmt.Sprint(step)))
		}
	}
	amy := c.caller(c.amy)
	lost := 0
	for _, id := range []model.RecordID{job, other} {
		want, err := c.e.ScanRecordHistory(amy, model.Jobs, id)
		check(t, err)
		var got []model.Event
		for cursor, more := "", true; more; {
			page, err := c.e.RecordHistory(t.Context(), amy, model.Jobs, id, cursor, 3)
			check(t, err)
			got, cursor, more = append(got, page.Events...), page.Cursor, page.More
		}
		if !reflect.DeepEqual(got, want.Events) {
			return fmt.Sprintf("%d lines by the chain, %d by looking through all", len(got), len(want.Events))
		}
		for i := range got {
			if got[i].Lost {
				lost++
			}
		}
	}
	if lost == 0 {
		return "nothing lost"
	}
	read := func() int {
		w.lookups = 0
		_, err := c.e.RecordHistory(t.Context(), amy, model.Jobs, job, "", 1000)
		check(t, err)
		return w.lookups
	}
	before := read()
	for range 300 {
		c.applied(c.office(), c.rename(other, model.Jobs, model.JobTitle, fmt.Sprint("another ", rnd.Uint32())))
	}
	if now := read(); now != before {
		return fmt.Sprintf("%d rows are looked at when others have a history, %d before", now, before)
	}
	return ""
}

// fading is a context that ends when it was asked so often.
type fading struct {
	context.Context
	left int
}

func (f *fading) Err() error {
	if f.left--; f.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestHistory_HalfOfTheWayIsNoPage: who goes away while lines are looked for is not given the latest as though they were the first.
func TestHistory_HalfOfTheWayIsNoPage(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	for i := range 20 {
		c.applied(c.office(), c.rename(job, model.Jobs, model.JobTitle, fmt.Sprint(i)))
	}
	for n := range 20 {
		page, err := c.e.RecordHistory(&fading{t.Context(), n}, c.caller(c.amy), model.Jobs, job, "", 5)
		if err == nil && (len(page.Events) == 0 || page.Events[0].Op != model.OpCreate) {
			t.Errorf("a reader who went away after %d steps is given %+v", n, page.Events)
		}
	}
}
