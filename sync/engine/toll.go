package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Ask says how a change of rights is asked for.
type Ask struct {
	Confirmed bool // it may take much from devices, or show customers to a contractor from whom they were hidden
	Rehearse  bool // nothing is written: the answer says what would happen
	Strict    bool // of a rehearsal: it is refused where nobody has confirmed, as the change would be
}

// unconfirmed says whether a change that wants to be confirmed is refused.
func (a Ask) unconfirmed() bool { return !a.Confirmed && (!a.Rehearse || a.Strict) }

// TollError refuses a change of rights that takes much and that nobody has confirmed.
type TollError struct{ Toll model.Toll }

// Error says so.
func (e *TollError) Error() string {
	return fmt.Sprintf("it would take records from %d devices", len(e.Toll.Devices))
}

// holding is a device that is signed in, and what it is shown before a change of rights.
type holding struct {
	user   model.UserID
	slot   storage.Slot
	before model.View
}

// holdings is the signed-in devices of some people, or of all for nil, by user. Where it cannot be told what somebody may see,
// nothing is served and nothing retracted, so that nothing can be taken.
func (t *tx) holdings(of []model.UserID) (out []holding) {
	if of == nil {
		for _, k := range t.keys(storage.TableAccounts, "") {
			of = append(of, model.UserID([]byte(k)))
		}
	}
	for _, u := range of {
		for _, s := range t.slots(u) {
			if !s.Live {
				continue
			}
			if p, err := t.person(u, s.Kind); err == nil && p.err == nil {
				out = append(out, holding{u, s, p.views[lastStep]})
			}
		}
	}
	return out
}

// settleRights ends a change of rights: it notes whose view has become another one, and says what that takes from their
// devices. More than the company's settings let pass is refused with a [TollError], unless it was confirmed. already is how
// many devices a change that this one is part of has taken from before. All of it is counted in this very commit, of the index
// alone: no record is read.
func (t *tx) settleRights(had []holding, by model.UserID, what string, ask Ask, already int) (model.Toll, error) {
	var toll model.Toll
	members := map[model.Audience][]model.RecordID{}
	for _, h := range had {
		after, err := t.viewAfter(h)
		if err != nil {
			return toll, err
		}
		if after.Equal(h.before) {
			continue
		}
		t.changesRights(h.user, by, what)
		t.wasShown(h.slot.Device, h.before)
		if one := t.takes(h, after, members); one.Takes > 0 {
			toll.Devices = append(toll.Devices, one)
		}
	}
	toll.Asks = !planted("threshold-ignored") && asks(t.tenant.Settings, toll, already)
	if toll.Asks && ask.unconfirmed() {
		return toll, &TollError{toll}
	}
	return toll, nil
}

// viewAfter is what a device is shown as the decision has it: nothing, where its user may not have such a session any more.
func (t *tx) viewAfter(h holding) (model.View, error) {
	p, err := t.person(h.user, h.slot.Kind)
	switch {
	case err != nil:
		return model.View{}, err
	case p.who.User.IsZero():
		return model.View{}, p.err // their levels cannot be read
	case !t.entry(p.account, p.who).Allow:
		return model.View{}, nil
	}
	return p.views[lastStep], p.err
}

// takes counts what goes from a device: what it is shown now through any audience, and through none of those it keeps.
func (t *tx) takes(h holding, after model.View, members map[model.Audience][]model.RecordID) model.TollOf {
	d, _ := t.device(h.slot.Device)
	account, _ := get(t, storage.TableAccounts, string(h.user[:]), storage.ParseAccount)
	out := model.TollOf{User: h.user, Login: account.Login, Device: d.ID, Label: d.Label}
	if !slices.ContainsFunc(h.before.Audiences, func(a model.Audience) bool { return !after.In(a) }) {
		return out // fields may go, no record does
	}
	left := map[model.RecordID]bool{}
	for _, a := range h.before.Audiences {
		if _, ok := members[a]; !ok {
			members[a] = slices.Collect(t.r.Members(a, model.RecordID{}))
		}
		for _, id := range members[a] {
			left[id] = left[id] || after.In(a)
		}
	}
	out.Of = len(left)
	for _, stays := range left {
		if !stays {
			out.Takes++
		}
	}
	return out
}

// asks says whether a toll is more than may pass unasked.
func asks(s model.Settings, toll model.Toll, already int) bool {
	if n := len(toll.Devices); n > 0 && uint64(n+already) > uint64(s.AskDevices) {
		return true
	}
	return slices.ContainsFunc(toll.Devices, func(d model.TollOf) bool {
		return uint64(d.Takes) >= uint64(s.AskRecords) && uint64(d.Takes)*100 > uint64(s.AskShare)*uint64(d.Of)
	})
}

// changes runs a change of rights in a commit, or only looks what it would do.
func (e *Engine) changes(ctx context.Context, id model.TenantID, ask Ask, now model.Instant, decide func(*tx) error) error {
	if ask.Rehearse {
		return e.read(ctx, id, decide)
	}
	return e.apply(ctx, id, 1, now, decide)
}
