package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors of deciding held work.
var (
	ErrNotHeld       = errors.New("the change is not held: somebody has decided it")
	ErrNotReleasable = errors.New("the change cannot be released: do its work anew, or dismiss it")
	ErrNotYet        = errors.New("something the change stands on is still missing")
	ErrPartHidden    = errors.New("the change stands or falls with others, and some of them are about what is not shown")
	errTooMany       = fmt.Errorf("more than %d records hang on one: %w", MaxAggregate, storage.ErrTooBig)
)

// HeldChange is a line of the office's inbox.
type HeldChange struct {
	storage.Held
	Content model.Change
}

// Held lists the changes that wait for the office, with their content as it was sent. It goes through no projection: it is
// for whoever decides held work, and must not be passed on to anybody whose view is narrower than the company.
func (e *Engine) Held(ctx context.Context, id model.TenantID) ([]HeldChange, error) {
	var out []HeldChange
	err := e.read(ctx, id, func(t *tx) error {
		for _, k := range t.keys(storage.TableHeld, "") {
			h, ok := get(t, storage.TableHeld, k, storage.ParseHeld)
			if !ok {
				continue
			}
			if o, decided := t.outcome(h.Change); decided && o.Code == model.OutcomeHeld {
				out = append(out, HeldChange{Held: h, Content: e.contentOf(h)})
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b HeldChange) int { return order(a.Held, b.Held) })
	return out, err
}

// order is the order in which waiting changes are judged again: as they came, then as their devices counted.
func order(a, b storage.Held) int {
	switch {
	case a.Since != b.Since:
		return int(min(max(a.Since-b.Since, -1), 1))
	case a.Number != b.Number:
		if a.Number < b.Number {
			return -1
		}
		return 1
	default:
		return a.Change.Compare(b.Change)
	}
}

// Release lets a held change in, with its whole group: it keeps its own base, predecessors, author and writer id; the
// policy decides against newer state, unless force says that the reviewer saw what stands now and wants this instead. by is who
// decides it; zero: the operator. What a person of the office may decide is asked by [Engine.Rule].
func (e *Engine) Release(ctx context.Context, id model.TenantID, change model.ChangeID, force bool, by model.UserID, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		members, err := t.heldGroup(change)
		if err != nil {
			return err
		}
		return t.release(members, model.Ruling{Change: change, Force: force}, by)
	})
}

func (t *tx) release(members []storage.Held, r model.Ruling, by model.UserID) error {
	if planted("release-splits-group") {
		members = slices.DeleteFunc(members, func(h storage.Held) bool { return h.Change != r.Change })
	} else if members[0].Reason != model.ReasonContent && !t.whole(members) && !planted("half-group-released") {
		return ErrNotYet
	}
	for _, h := range members {
		f, c, err := t.asAuthor(h)
		if err != nil {
			return err
		}
		if h.Reason == model.ReasonContent && !c.Group.IsZero() {
			return ErrNotReleasable // half of a group that was decided without it (I6)
		}
		if f.aged(&c) && !planted("age-held-released") {
			return ErrNotReleasable // it may have taken effect once, before its stub went (W5)
		}
		var said []model.Assign
		if h.Change == r.Change {
			if said, err = correct(&c, r.Values); err != nil {
				return err
			}
		}
		f.releasing = true
		v := f.judge(&c, ask{released: true, force: r.Force})
		switch v.outcome {
		case model.OutcomeRefused:
			return ErrNotReleasable
		case model.OutcomeHeld:
			return ErrNotYet
		}
		f.ruled = &ruled{by, "released", r.Why}
		f.corrected(&c, said, by)
		f.settled(h, v)
		f.tellDecided(&c, said, r, by)
		t.auditDecided(model.AuditRelease, h, r, by, t.fieldNames(c.Collection, said))
	}
	t.rejudge()
	return nil
}

// Dismiss decides against a held change, with its whole group. Its content is kept; hours are never dismissed. What
// stands on it is judged on its own.
func (e *Engine) Dismiss(ctx context.Context, id model.TenantID, change model.ChangeID, by model.UserID, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		members, err := t.heldGroup(change)
		if err != nil {
			return err
		}
		return t.dismiss(members, model.Ruling{Change: change, Dismiss: true}, by)
	})
}

func (t *tx) dismiss(members []storage.Held, r model.Ruling, by model.UserID) error {
	for _, h := range members {
		f, c, err := t.asAuthor(h)
		if err != nil {
			return err
		}
		if isTime(&c) {
			return ErrNotReleasable // hours wait until this server knows what they say (R10)
		}
		f.ruled = &ruled{by, "dismissed", r.Why}
		f.settled(h, verdict{outcome: model.OutcomeDismissed, reason: h.Reason})
		f.tellDecided(&c, nil, r, by)
		t.auditDecided(model.AuditDismiss, h, r, by, "")
	}
	t.rejudge()
	return nil
}

// heldGroup finds a held change and the other members of its group, in their devices' order.
func (t *tx) heldGroup(change model.ChangeID) ([]storage.Held, error) {
	o, ok := t.outcome(change)
	if !ok || o.Code != model.OutcomeHeld {
		return nil, ErrNotHeld
	}
	ids := []model.ChangeID{change}
	if !o.Group.IsZero() {
		ids = nil
		h, ok := t.heldOf(change)
		if !ok {
			return nil, ErrNotHeld
		}
		for _, k := range t.keys(storage.TableGroups, groupKey(h.Author, o.Group)) {
			ids = append(ids, model.ChangeID([]byte(k[len(k)-16:])))
		}
	}
	var members []storage.Held
	for _, id := range ids {
		h, ok := t.heldOf(id)
		if !ok && !o.Group.IsZero() {
			continue // hours, which were decided alone
		}
		if !ok {
			return nil, ErrNotHeld
		}
		members = append(members, h)
	}
	slices.SortStableFunc(members, order)
	return members, nil
}

// whole says whether all of a group has come, so that half of it is never let in (CE-7).
func (t *tx) whole(members []storage.Held) bool {
	c := t.e.contentOf(members[0])
	return c.Group.IsZero() || len(t.keys(storage.TableGroups, groupKey(c.Author, c.Group))) >= c.GroupSize
}

// groupKey is what the rows of a group's members begin with. A group is of one author: two may draw one id.
func groupKey(author model.UserID, g model.GroupID) string { return string(author[:]) + string(g[:]) }

// asAuthor is a frame for a held change: its author on the live lane, as it would be judged today, but received when it
// was.
func (t *tx) asAuthor(h storage.Held) (*frame, model.Change, error) {
	f := &frame{tx: t, received: h.Since, skew: h.Skew, handed: h.Lane == model.LaneHandIn || h.Lane == model.LaneLost, conn: model.Connection{
		Tenant: t.id, User: h.Author, Device: h.Device, Kind: h.Kind, Lane: model.LaneLive,
	}}
	c := t.e.contentOf(h)
	p, err := t.person(h.Author, h.Kind)
	if err != nil {
		return nil, c, model.ErrUnknown
	}
	return f, *t.ofStayed(&c), f.as(p)
}

// settled ends the wait of a held change: its outcome is final, and the stub's clock starts now.
func (f *frame) settled(h storage.Held, v verdict) {
	o, ok := f.outcome(h.Change)
	if !ok {
		return
	}
	key := f.heldKey(h.Change)
	o.Code, o.Reason, o.Written, o.Time = v.outcome, v.reason, f.here(), f.now
	f.put(storage.TableOutcomes, string(h.Change[:]), o.Append(nil))
	f.wait(&h, nil)
	c := f.e.contentOf(h)
	if h.Reason = v.reason; keeps(&c, v) {
		f.put(storage.TableHeld, key, h.Append(nil))
	} else {
		f.remove(storage.TableHeld, key)
	}
	if !o.Group.IsZero() {
		f.forgetMember(h, o.Group)
	}
	f.waitOnJob(&c, false)
	f.resolve(review{kind: model.InboxHeld, change: h.Change})
	f.decided = append(f.decided, h.Change)
}

// forgetMember takes a decided member off its group's list, with those that were decided alone.
func (f *frame) forgetMember(h storage.Held, g model.GroupID) {
	for _, k := range f.keys(storage.TableGroups, groupKey(h.Author, g)) {
		id := k[len(k)-16:]
		if _, waits := f.row(storage.TableHeld, id); !waits || id == string(h.Change[:]) {
			f.remove(storage.TableGroups, k)
		}
	}
}
