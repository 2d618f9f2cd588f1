package session

import (
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// remember keeps which changes were answered as held: no page tells of an edit that the office lets in, or decides against. What
// is above the bound is asked about on the device's next connection.
func (c *conversation) remember(changes []model.Submitted, answers []model.Answer) {
	for i, a := range answers {
		id := changes[i].Change.ID
		at := slices.Index(c.held, id)
		switch {
		case a.Outcome == model.OutcomeHeld && at < 0 && len(c.held) < protocol.MaxIDs:
			c.held = append(c.held, id)
		case a.Outcome != model.OutcomeHeld && at >= 0:
			c.held = slices.Delete(c.held, at, at+1)
		}
	}
}

// decided says which of them the office has decided since; nil when it has decided none.
func (c *conversation) decided(ctx context.Context) ([]byte, error) {
	if len(c.held) == 0 || planted("decided-untold") {
		return nil, nil
	}
	done, err := c.cfg.Engine.Decided(ctx, c.who.Tenant, c.held)
	if err != nil || len(done) == 0 {
		return nil, err
	}
	c.held = slices.DeleteFunc(c.held, func(id model.ChangeID) bool { return slices.Contains(done, id) })
	return protocol.Encode(&protocol.Decided{Changes: done}), nil
}
