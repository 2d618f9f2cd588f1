package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestVW2_WhomSomebodyMayAssign: with a list of people assign_jobs reaches no further; blank again, it is anyone.
func TestVW2_WhomSomebodyMayAssign(t *testing.T) { found(t, allowList(t)) }

func allowList(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	dan := c.worker("dan", model.Mobile, access.DefaultSets(model.Mobile))
	ben := c.phone(c.ben, model.Mobile)
	to := func(who string, rehearse bool) (engine.LevelsChanged, error) {
		c.now += 1000
		return c.e.ChangeLevels(t.Context(), c.id, engine.LevelsChange{User: c.ben, Change: access.Change{
			Set: access.Mobile, Levels: map[string]string{"assign_jobs": "on", access.AssignTo: who},
		}, Ask: engine.Ask{Rehearse: rehearse}}, c.now)
	}
	assigns := func(u model.UserID) model.Outcome {
		job, _ := c.newJob(c.ben, 0)
		c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
		ch := c.change(c.ben, model.OpCreate, model.Assignments, model.RecordID(newChange(t)), under(job), set(model.AssignmentUser, model.Ref(u)))
		return c.push(ben, ch)[0].Outcome
	}
	if out, err := to("cal", true); err != nil || len(out.AssignTo) != 1 || len(c.sets(c.ben).Workers) != 0 {
		return fmt.Sprintf("a rehearsal = %+v, %v", out, err)
	}
	if out, err := to("cal", false); err != nil || len(out.AssignTo) != 1 || out.AssignTo[0] != cal {
		return fmt.Sprintf("to cal = %+v, %v", out, err)
	}
	if got := [2]model.Outcome{assigns(cal), assigns(dan)}; got != [2]model.Outcome{model.OutcomeApplied, model.OutcomeHeld} {
		return fmt.Sprintf("Ben, who may assign Cal, assigns Cal and Dan: %v", got)
	}
	if _, err := to(access.Anyone, false); err != nil || assigns(dan) != model.OutcomeApplied {
		return fmt.Sprintf("Ben, who may assign anyone, cannot: %v", err)
	}
	return ""
}

// TestVW2_WhoIsOnAList: who can be given work, and so many; who has left since stays, and is given nothing.
func TestVW2_WhoIsOnAList(t *testing.T) { found(t, listed(t)) }

func listed(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	c.worker("gone", model.Mobile, access.DefaultSets(model.Mobile))
	c.worker("client", model.Portal, access.DefaultSets(model.Portal))
	login, err := c.e.Login(t.Context(), c.id, "gone")
	check(t, err)
	c.deactivate(login.User)
	to := func(u model.UserID, who string) error {
		c.now += 1000
		_, err := c.e.ChangeLevels(t.Context(), c.id, engine.LevelsChange{User: u, Change: access.Change{
			Set: access.Mobile, Levels: map[string]string{"assign_jobs": "on", access.AssignTo: who},
		}}, c.now)
		return err
	}
	for who, why := range map[string]string{
		"nobody": "nobody, who is nobody of the company", "cal,gone": "gone, who has left", "client": "client, who is a client's",
		strings.Repeat("cal,", access.MaxWorkers) + "cal": "at most 200", "": "nobody of the company",
	} {
		if err := to(c.ben, who); !errors.As(err, new(*engine.AssignToError)) || !strings.Contains(err.Error(), why) {
			return fmt.Sprintf("a list of %.20q: %v, want %q", who, err, why)
		}
	}
	check(t, to(c.ben, strings.Repeat("cal,", access.MaxWorkers-1)+"sue"))
	c.deactivate(cal)
	if err := to(c.ben, cal.String()+","+c.sue.String()); err != nil {
		return fmt.Sprintf("who has left since cannot stay: %v", err)
	}
	job, _ := c.newJob(c.ben, 0)
	asked := model.Inquiry{User: c.ben, Action: model.ActionCreate, Collection: model.Assignments, Record: job}
	e := c.explain(c.caller(c.amy), asked)
	if !e.Allow || len(e.AssignTo) != 2 || !strings.Contains(e.Text, "cal (has left, and is given nothing)") || !strings.Contains(e.Text, "sue") {
		return fmt.Sprintf("whom Ben may assign: %+v", e)
	}
	check(t, to(c.ben, access.Anyone))
	if e := c.explain(c.caller(c.amy), asked); len(e.AssignTo) != 0 || strings.Contains(e.Text, access.AssignTo) {
		return fmt.Sprintf("whom Ben may assign, who may assign anyone: %+v", e)
	}
	return ""
}

// TestW33_TwoLists: an heir has both, unless that is more than a list may be.
func TestW33_TwoLists(t *testing.T) {
	c := newCompany(t)
	list := func(login string, from, n int) model.UserID {
		sets := access.DefaultSets(model.Mobile)
		sets.Mobile[access.MobileAssignJobs] = access.On
		for i := range n {
			sets.Workers = append(sets.Workers, model.UserID{1, byte(from + i)})
		}
		return c.worker(login, model.Mobile, sets)
	}
	ed, eve, eli := list("ed", 0, 150), list("eve", 100, 100), list("eli", 50, 151)
	if _, err := c.replace(ed, eve); err != nil || len(c.sets(eve).Workers) != access.MaxWorkers {
		t.Errorf("two lists of %d people together: %v", len(c.sets(eve).Workers), err)
	}
	if _, err := c.replace(eve, eli); !errors.As(err, new(*engine.AssignToError)) || !c.account(eve).Active {
		t.Errorf("two lists that are too long together: %v", err)
	}
}
