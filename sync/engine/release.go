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
	errTooMany       = fmt.Errorf("more than %d records hang on one: %w", MaxAggregate, storage.ErrTooBig)
)

// maxRejudged is how many waiting changes one commit judges again; the rest follow with the next commits, so that
// nobody's waiting work makes somebody's commit too big.
const maxRejudged = 200

// HeldChange is a line of the office's inbox.
type HeldChange struct {
	storage.Held
	Content model.Change
}

// Held lists the changes that wait for the office.
func (e *Engine) Held(ctx context.Context, id model.TenantID) ([]HeldChange, error) {
	var out []HeldChange
	err := e.read(ctx, id, func(t *tx) error {
		for _, k := range t.keys(storage.TableHeld, "") {
			h, ok := get(t, storage.TableHeld, k, storage.ParseHeld)
			if !ok {
				continue
			}
			if o, decided := t.outcome(h.Change); decided && o.Code == model.OutcomeHeld || len(k) > 16 {
				out = append(out, HeldChange{Held: h, Content: e.cfg.Decode(h.Body, h.Blobs)})
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
// policy decides against newer state, unless force says that the reviewer saw what stands now and wants this instead.
func (e *Engine) Release(ctx context.Context, id model.TenantID, change model.ChangeID, force bool, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		members, err := t.heldGroup(change)
		if err != nil {
			return err
		}
		if planted("release-splits-group") {
			members = slices.DeleteFunc(members, func(h storage.Held) bool { return h.Change != change })
		} else if !t.whole(members) && !planted("half-group-released") {
			return ErrNotYet
		}
		for _, h := range members {
			if h.Reason == model.ReasonAge && !planted("age-held-released") {
				return ErrNotReleasable // it may have taken effect once, before its stub went (W5)
			}
		}
		for _, h := range members {
			f, c, err := t.asAuthor(h)
			if err != nil {
				return err
			}
			f.releasing = true
			v := f.judge(&c, ask{released: true, force: force})
			switch v.outcome {
			case model.OutcomeRefused:
				return ErrNotReleasable
			case model.OutcomeHeld:
				return ErrNotYet
			}
			f.settled(h, v)
		}
		t.rejudge()
		return nil
	})
}

// Dismiss decides against a held change, with its whole group. Its content is kept; hours are never dismissed. What
// stands on it is judged on its own.
func (e *Engine) Dismiss(ctx context.Context, id model.TenantID, change model.ChangeID, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		members, err := t.heldGroup(change)
		if err != nil {
			return err
		}
		for _, h := range members {
			f, c, err := t.asAuthor(h)
			if err != nil {
				return err
			}
			if isTime(&c) {
				return ErrNotReleasable // hours wait until this server knows what they say (R10)
			}
			f.settled(h, verdict{outcome: model.OutcomeDismissed, reason: h.Reason})
		}
		t.rejudge()
		return nil
	})
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
		for _, k := range t.keys(storage.TableGroups, string(o.Group[:])) {
			ids = append(ids, model.ChangeID([]byte(k[16:])))
		}
	}
	var members []storage.Held
	for _, id := range ids {
		h, ok := get(t, storage.TableHeld, string(id[:]), storage.ParseHeld)
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
	c := t.e.cfg.Decode(members[0].Body, members[0].Blobs)
	return c.Group.IsZero() || len(t.keys(storage.TableGroups, string(c.Group[:]))) >= c.GroupSize
}

// asAuthor is a frame for a held change: its author on the live lane, as it would be judged today.
func (t *tx) asAuthor(h storage.Held) (*frame, model.Change, error) {
	f := &frame{tx: t, conn: model.Connection{
		Tenant: t.id, User: h.Author, Device: h.Device, Kind: h.Kind, Lane: model.LaneLive,
	}}
	c := t.e.cfg.Decode(h.Body, h.Blobs)
	account, ok := get(t, storage.TableAccounts, string(h.Author[:]), storage.ParseAccount)
	if !ok {
		return nil, c, model.ErrUnknown
	}
	var err error
	if f.who, err = principal(account, h.Kind, t.tenant.Settings); err != nil {
		return nil, c, err
	}
	f.look()
	return f, c, nil
}

// settled ends the wait of a held change: its outcome is final, and the stub's clock starts now.
func (f *frame) settled(h storage.Held, v verdict) {
	key := string(h.Change[:])
	o, ok := f.outcome(h.Change)
	if !ok {
		return
	}
	o.Code, o.Reason, o.Written, o.Time = v.outcome, v.reason, f.here(), f.now
	f.put(storage.TableOutcomes, key, o.Append(nil))
	if v.outcome != model.OutcomeDismissed {
		f.remove(storage.TableHeld, key)
	}
	if !o.Group.IsZero() {
		for _, k := range f.keys(storage.TableGroups, string(o.Group[:])) {
			if _, waits := f.row(storage.TableHeld, k[16:]); !waits || k[16:] == key {
				f.remove(storage.TableGroups, k)
			}
		}
	}
	f.resolve(review{kind: ReviewHeld, change: h.Change}, model.Write{Seq: f.seq(), Change: h.Change, Occurred: f.now, Office: true})
	f.decided = append(f.decided, h.Change)
}

// rejudge judges again, in order, what was held only because something was missing that this commit brought, or
// because it stood on something that this commit decided (write-verification W15). Groups wait for the office.
func (t *tx) rejudge() {
	var queue []string
	if raw, ok := t.row(storage.TableWaiting, queueKey); ok {
		for ; len(raw) >= 16; raw = raw[16:] {
			queue = append(queue, string(raw[:16]))
		}
		t.remove(storage.TableWaiting, queueKey)
	}
	for budget := maxRejudged; ; {
		for _, id := range t.entered {
			queue = append(queue, string(id[:]))
		}
		for _, id := range t.decided {
			queue = append(queue, string(id[:]))
		}
		t.entered, t.decided = nil, nil
		if len(queue) == 0 {
			return
		}
		if budget <= 0 {
			break
		}
		budget -= t.rejudgeOn(queue[0], budget)
		queue = queue[1:]
	}
	slices.Sort(queue)
	var rest []byte
	for _, k := range slices.Compact(queue) {
		rest = append(rest, k...)
	}
	t.put(storage.TableWaiting, queueKey, rest)
}

// queueKey is the row of TableWaiting that lists what is still to be looked at.
const queueKey = "!"

// rejudgeOn judges again what waits for one record or change, and says how many that were.
func (t *tx) rejudgeOn(key string, budget int) int {
	var waiting []storage.Held
	for _, k := range t.keys(storage.TableWaiting, key) {
		if h, ok := get(t, storage.TableHeld, k[16:], storage.ParseHeld); ok {
			waiting = append(waiting, h)
		} else {
			t.remove(storage.TableWaiting, k)
		}
	}
	slices.SortStableFunc(waiting, order)
	for i, h := range waiting {
		if i == budget {
			t.decided = append(t.decided, model.ChangeID([]byte(key))) // look here again in the next commit
			return i
		}
		t.rejudgeOne(key, h)
	}
	return len(waiting)
}

func (t *tx) rejudgeOne(key string, h storage.Held) {
	o, ok := t.outcome(h.Change)
	if !ok || o.Code != model.OutcomeHeld || !o.Group.IsZero() || h.Reason != model.ReasonMissing && h.Reason != model.ReasonStacked {
		t.remove(storage.TableWaiting, key+string(h.Change[:]))
		return
	}
	f, c, err := t.asAuthor(h)
	if err != nil {
		return
	}
	v := f.judge(&c, ask{})
	if v.outcome == model.OutcomeHeld && slices.Contains(v.waits, key) {
		return
	}
	t.remove(storage.TableWaiting, key+string(h.Change[:]))
	if v.outcome != model.OutcomeHeld {
		f.settled(h, v)
		return
	}
	h.Reason, o.Reason = v.reason, v.reason
	f.put(storage.TableHeld, string(h.Change[:]), h.Append(nil))
	f.put(storage.TableOutcomes, string(h.Change[:]), o.Append(nil))
	for _, w := range v.waits {
		f.put(storage.TableWaiting, w+string(h.Change[:]), nil)
	}
}
