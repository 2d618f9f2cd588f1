package engine_test

import (
	"errors"
	"fmt"
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
	if _, err := to("nobody", false); !errors.Is(err, access.ErrLevel) {
		return fmt.Sprintf("of somebody who is not there: %v", err)
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
