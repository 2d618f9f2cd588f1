package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
)

// ViewAs gives a page of what a user's session of one kind is shown now, in the order of their places, through the one projection; no
// record and no field of it that the caller does not see themselves. It is durably noted who looked, by, before anything
// is told. Errors are those of [Engine.Explain].
func (e *Engine) ViewAs(ctx context.Context, c model.Caller, g model.Glance, by model.UserID, now model.Instant) (model.Listing, error) {
	var out model.Listing
	var at string
	err := e.at(ctx, c, func(d *desk) error {
		s, err := d.subject(g.User, g.Session)
		if err != nil {
			return err
		}
		if spec, ok := d.table.Spec(g.Query.Collection); ok {
			at = s.conn.Kind.String() + " " + spec.Name
		}
		out = d.page(g.Query, s.bothSee)
		return nil
	})
	if err != nil {
		return model.Listing{}, err
	}
	err = e.apply(ctx, c.Tenant, 1, now, func(t *tx) error {
		t.audit(model.AuditEntry{Kind: model.AuditViewAs, Actor: t.doer(by), Subject: toUser(g.User), Detail: at})
		return nil
	})
	if err != nil {
		return model.Listing{}, err
	}
	return out, nil
}

// bothSee is a record as user and caller both see it.
func (s *subject) bothSee(r *model.Record) (out model.Shown, ok bool) {
	_, not := s.sight(r, s.view)
	if not != "" && !planted("view-as-ignores-view") || !s.desk.shown(r) && !planted("view-as-wider") {
		return out, false
	}
	both := model.View{Classes: s.view.Classes.And(s.desk.view.Classes)}
	if planted("view-as-wider") {
		both = s.view
	}
	return s.render(r, both), true
}
