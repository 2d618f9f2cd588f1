package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Rule lets a held change in, or decides against it, with its group, for somebody of the office: who sees all of it and may
// decide it when it is decided. by is in whose name; zero: the operator's, who needs no level. A request that was decided before
// does nothing.
//
// model.ErrUnknown: no such change waits, as far as the caller sees; [ErrNotReleasable], [ErrNotYet], [ErrPartHidden], [ErrNotCorrectable]; model.ErrLevel, model.ErrScoped, model.ErrReused.
func (e *Engine) Rule(ctx context.Context, c model.Caller, q model.Request, r model.Ruling, by model.UserID, now model.Instant) error {
	return e.apply(ctx, c.Tenant, 1, now, func(t *tx) error {
		d, err := t.desk(c)
		if err != nil {
			return err
		}
		if _, known, err := d.known(q); known || err != nil {
			return err
		}
		members, err := d.rules(r, by)
		if err != nil {
			return err
		}
		if r.Dismiss {
			err = t.dismiss(members, r, by)
		} else {
			err = t.release(members, r, by)
		}
		if err == nil {
			d.remember(q, nil, model.Settlement{})
		}
		return err
	})
}

// rules finds a held change with its group, for whoever sees and may decide all of it.
func (d *desk) rules(r model.Ruling, by model.UserID) ([]storage.Held, error) {
	change := r.Change
	sees := func(h storage.Held) (HeldChange, bool) {
		one := HeldChange{Held: h, Content: d.e.contentOf(h)}
		_, ok := d.held(&one)
		return one, ok
	}
	h, ok := d.heldOf(change)
	if o, _ := d.outcome(change); ok && o.Code == model.OutcomeHeld {
		_, ok = sees(h)
	} else {
		ok = false // somebody has decided it
	}
	switch {
	case !ok:
		return nil, model.ErrUnknown
	case !by.IsZero() && !access.DecidesHeld(d.who).Allow && !planted("ruled-without-level"):
		return nil, model.ErrLevel
	}
	if err := d.corrects(h, r); err != nil {
		return nil, err
	}
	members, err := d.heldGroup(change)
	for _, h := range members {
		one, ok := sees(h)
		if !ok {
			return nil, ErrPartHidden
		}
		name := "" // of an unknown collection: those who write all
		if spec, ok := d.table.Spec(one.Content.Collection); ok {
			name = spec.Name
		}
		if !d.caller.Scopes.Writes(name) {
			return nil, model.ErrScoped
		}
	}
	return members, err
}
