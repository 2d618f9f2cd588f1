package engine

import (
	"context"
	"iter"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// minute is how exactly it is known when a visitor was heard last: it costs a commit.
const minute = 60 * 1000

// Visit finds the live session of a portal user by the SHA-256 of its token, and notes that it was heard: *model.EndedError
// when it is over, model.ErrToken when the token opens no portal.
func (e *Engine) Visit(ctx context.Context, id model.TenantID, token [32]byte, now model.Instant) (model.Connection, error) {
	c, err := e.Bearer(ctx, id, token)
	if err == nil && c.Kind != model.Portal && !planted("portal-opens-to-all") {
		err = model.ErrToken
	}
	if err != nil {
		return model.Connection{}, err
	}
	var seen model.Instant
	err = e.read(ctx, id, func(t *tx) error {
		t.asked = now
		d, _ := t.device(c.Device)
		seen = d.Seen
		_, err := t.visitor(c)
		return err
	})
	if err != nil || now-seen < minute {
		return c, uniform(err)
	}
	// A visit that cannot be noted, on a full disk, is no reason to turn the visitor away.
	_ = e.apply(ctx, id, 1, now, func(t *tx) error {
		d, ok := t.device(c.Device)
		if !ok {
			return model.ErrToken
		}
		d.Seen = t.now
		t.putDevice(d)
		return nil
	})
	return c, nil
}

// visitor is one snapshot as a portal session sees it: what the feed would show it. The session is checked in the snapshot,
// so that nothing is read under one that has ended.
func (t *tx) visitor(c model.Connection) (*desk, error) {
	r, err := t.reading(c)
	if err != nil {
		return nil, err
	}
	if g := t.entry(r.person.account, r.person.who); !g.Allow {
		return nil, model.ErrToken // it is about to end
	}
	return &desk{
		tx: t, caller: model.Caller{Tenant: c.Tenant, User: c.User}, who: r.person.who, view: r.viewAt(lastStep), few: true,
	}, nil
}

// Visited gives a page of a collection's records in the order of their places, as a portal session sees them; see [Engine.List].
func (e *Engine) Visited(ctx context.Context, c model.Connection, q model.Query) (model.Listing, error) {
	var out model.Listing
	err := e.read(ctx, c.Tenant, func(t *tx) error {
		d, err := t.visitor(c)
		if err == nil {
			out = d.page(q, d.show)
		}
		return err
	})
	return out, err
}

// VisitedOne finds a record of a collection as a portal session sees it: model.ErrUnknown when it is hidden, deleted, another
// collection's, or never was (domain S2).
func (e *Engine) VisitedOne(ctx context.Context, c model.Connection, of model.Collection, id model.RecordID) (model.Shown, error) {
	var out model.Shown
	err := e.read(ctx, c.Tenant, func(t *tx) error {
		d, err := t.visitor(c)
		if err != nil {
			return err
		}
		s, ok := d.show(d.record(id))
		if !ok || s.Collection != of {
			return model.ErrUnknown
		}
		out = s
		return nil
	})
	return out, err
}

// Visitor is who a portal session speaks for.
func (e *Engine) Visitor(ctx context.Context, c model.Connection) (model.Visitor, error) {
	var out model.Visitor
	err := e.read(ctx, c.Tenant, func(t *tx) error {
		d, err := t.visitor(c)
		if err != nil {
			return err
		}
		a, _ := get(t, storage.TableAccounts, string(c.User[:]), storage.ParseAccount)
		out = model.Visitor{User: c.User, Login: a.Login, Name: a.Name, Company: d.who.Company, Linked: d.who.Linked}
		return nil
	})
	return out, err
}

// members walks the records of a collection that are in an audience of the view, in the order of their places: how long that
// takes tells nothing of how many others there are (domain S3).
func (d *desk) members(q model.Query) iter.Seq[model.RecordID] {
	var places []model.Place
	for _, a := range d.view.Audiences {
		for id := range d.r.Members(a, model.RecordID{}) {
			if line, ok := d.r.Outline(id); !ok || line.Collection != q.Collection { // remembered, and read without what it says
				continue
			}
			if r := d.record(id); r != nil && r.Place().Compare(q.After) > 0 {
				places = append(places, r.Place())
			}
		}
	}
	slices.SortFunc(places, model.Place.Compare)
	return func(yield func(model.RecordID) bool) {
		for _, p := range slices.Compact(places) {
			if !yield(p.ID) {
				return
			}
		}
	}
}
