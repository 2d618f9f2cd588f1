package session

import (
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxWatched bounds the changes of one connection that are known as held. What is above it is listed at the next connection.
const maxWatched = 2 * protocol.MaxIDs

// watch keeps which changes the device knows as held: no page tells of an edit that the office lets in, or decides against.
func (c *conversation) watch(held []model.ChangeID) {
	if c.watched == nil {
		c.watched = map[model.ChangeID]bool{}
	}
	for _, id := range held {
		if len(c.held) < maxWatched && !c.watched[id] {
			c.held, c.watched[id] = append(c.held, id), true
		}
	}
}

// remember watches those that were answered as held. A second content under one id is never decided apart from the first: watched
// for a device that did not send it, as one with a new identity, it would be said and asked for ever. The hand-in lane hears of
// receipts alone.
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
	done, err := c.cfg.Engine.Decided(ctx, c.who, c.held)
	if err != nil {
		return nil, c.trouble(err)
	}
	c.undecided = len(done) > protocol.MaxIDs
	if len(done) == 0 {
		return nil, nil
	}
	done = done[:min(len(done), protocol.MaxIDs)]
	for _, id := range done {
		delete(c.watched, id)
	}
	c.held = slices.DeleteFunc(c.held, func(id model.ChangeID) bool { return !c.watched[id] })
	return protocol.Encode(&protocol.Decided{Changes: done}), nil
}
