package session

import (
	"context"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxWatched bounds the changes of one connection that are known as held. What is above it is listed at the next connection.
const maxWatched = 2 * protocol.MaxIDs

// watch keeps which changes the device knows as held: no page tells of an edit that the office lets in, or decides against.
func (c *conversation) watch(held []model.ChangeID) {
	if c.held == nil && len(held) > 0 {
		c.held = map[model.ChangeID]bool{}
	}
	for _, id := range held {
		if len(c.held) < maxWatched {
			c.held[id] = true
		}
	}
}

// remember watches those that were answered as held, but no second content under one id: for a device that did not send it, as one
// with a new identity, it would be said and asked for ever. The device that did lists it when it resumes, and hears then. The hand-in
// lane hears of receipts alone.
func (c *conversation) remember(changes []model.Submitted, answers []model.Answer) {
	if c.handIn && !planted("decided-on-the-lane") {
		return
	}
	for i, a := range answers {
		if a.Outcome == model.OutcomeHeld && (a.Reason != model.ReasonContent || planted("decided-for-ever")) {
			c.watch([]model.ChangeID{changes[i].Change.ID})
		}
	}
}

// decided says which of them the office has decided; nil when it has decided none since they were looked at last.
func (c *conversation) decided(ctx context.Context) ([]byte, error) {
	if !c.undecided || len(c.held) == 0 || planted("decided-untold") {
		return nil, nil
	}
	done, err := c.cfg.Engine.Decided(ctx, c.who, slices.SortedFunc(maps.Keys(c.held), model.ChangeID.Compare))
	if err != nil {
		return nil, c.trouble(err)
	}
	c.undecided = len(done) > protocol.MaxIDs
	if len(done) == 0 {
		return nil, nil
	}
	done = done[:min(len(done), protocol.MaxIDs)]
	for _, id := range done {
		delete(c.held, id)
	}
	return protocol.Encode(&protocol.Decided{Changes: done}), nil
}
