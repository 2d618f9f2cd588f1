package engine_test

import (
	"context"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestS2_WhoAssignsAnybodyIsToldNoName: a phone that may assign jobs names any id; whether it is a person, and who, it
// does not learn by that. Of whom the office assigns it is told the name.
func TestS2_WhoAssignsAnybodyIsToldNoName(t *testing.T) {
	if wrong := assignsAnybody(t); wrong != "" {
		t.Error(wrong)
	}
}

func assignsAnybody(t *testing.T) string {
	c := newCompany(t)
	dan, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: "dan", Name: "Dan", Kind: model.Mobile}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileAssignJobs: access.On})
	job, _ := c.newJob(c.ben, 0)
	ben := c.device(c.ben, model.Mobile)
	assign := func() model.Change {
		return c.change(c.ben, model.OpCreate, model.Assignments, model.RecordID{}, under(job), set(model.AssignmentUser, model.Ref(dan)))
	}
	c.want(c.push(ben.conn, assign())[0], model.OutcomeApplied, 0)
	ben.sync()
	if _, told := ben.rows[model.RecordID(dan)]; told {
		return "ben, who assigned somebody, is told who that is"
	}
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(dan)))
	ben.sync()
	if _, told := ben.rows[model.RecordID(dan)]; !told {
		return "ben is not told with whom the office has him work"
	}
	return ""
}
