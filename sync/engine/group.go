package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// group decides inseparable changes: all in, or all held. Groups bind decision, not victory: a member that loses a
// conflict on another record does not hold the group. Nothing inside is refused: the other members' facts are good.
// Time events do not belong in groups; one that is there is decided alone, at once (write-verification W6, CE-7, CE-8).
func (f *frame) group(members []model.Submitted, fresh []int, answers []model.Answer) {
	var bound []int
	for _, i := range fresh {
		if isTime(&members[i].Change) {
			answers[i] = f.decide(&members[i], f.judge(&members[i].Change, ask{}))
		} else {
			bound = append(bound, i)
		}
	}
	whole := len(fresh) == members[fresh[0]].Change.GroupSize
	verdicts := make([]verdict, len(members))
	before := f.fork()
	in := whole || planted("group-incomplete-taken")
	for _, i := range bound {
		if !in {
			break
		}
		verdicts[i] = f.judge(&members[i].Change, ask{})
		if verdicts[i].outcome.In() {
			answers[i] = f.decide(&members[i], verdicts[i])
		} else if !planted("group-split") {
			in = false
		} else {
			answers[i] = f.decide(&members[i], verdicts[i])
		}
	}
	if in {
		return
	}
	f.drop(before)
	for _, i := range fresh { // who of the group has come, hours too: half of it is never released
		c := &members[i].Change
		f.put(storage.TableGroups, groupKey(f.conn.User, c.Group)+string(c.ID[:]), nil)
	}
	for _, i := range bound {
		v := f.inGroup(verdicts[i])
		answers[i] = f.decide(&members[i], v)
	}
}

// inGroup is a member's verdict when the group is held: its own reason, or that of the group.
func (f *frame) inGroup(v verdict) verdict {
	switch v.outcome {
	case model.OutcomeHeld:
		return v
	case model.OutcomeRefused:
		return held(v.reason)
	default:
		return held(model.ReasonGroup)
	}
}

func isTime(c *model.Change) bool {
	return c.Collection == model.TimesheetEvents && c.Op == model.OpCreate && c.Fault == 0
}
