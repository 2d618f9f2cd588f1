package session

import (
	"context"
	"sync"

	"github.com/fieldsync/fieldsync/sync/model"
)

// End ends sessions of a user, and tells their devices after the end is durable. It returns those that ended. With
// [model.EndDrain] a device that can be reached sends what it has first (domain F14), once it is known that the end may be: an
// end that is refused disturbs nobody.
func (g *Gate) End(ctx context.Context, t model.TenantID, e model.Ending) ([]model.Ended, error) {
	if err := g.drainEnd(ctx, t, e); err != nil {
		return nil, err
	}
	ended, err := g.cfg.Accounts.End(ctx, t, e, g.now())
	if err != nil {
		return nil, err // what was decided is not durable: the sessions go on
	}
	if !e.Rehearse {
		g.Tell(ended...)
	}
	return ended, nil
}

// drainEnd lets the devices that an end is about send what they have, all at the same time.
func (g *Gate) drainEnd(ctx context.Context, t model.TenantID, e model.Ending) error {
	if e.Rehearse || e.Choice != model.EndDrain {
		return nil
	}
	e.Rehearse = true
	would, err := g.cfg.Accounts.End(ctx, t, e, g.now())
	if planted("drained-unasked") {
		would, err = []model.Ended{{User: e.User, Epoch: e.Epoch, Reason: e.Reason}}, nil
	}
	if err != nil {
		return err
	}
	g.Drain(ctx, t, would...)
	return nil
}

// Drain lets the devices of sessions that are about to end send what they have, all at the same time.
func (g *Gate) Drain(ctx context.Context, t model.TenantID, of ...model.Ended) {
	if g.cfg.Drain <= 0 {
		return
	}
	var draining sync.WaitGroup
	for _, one := range of {
		if one.Reason == model.EndDisabled && planted("disabled-undrained") {
			continue
		}
		draining.Go(func() { g.cfg.Hub.Drain(ctx, t, one.User, one.Epoch, one.Reason, g.cfg.Drain) })
	}
	draining.Wait()
}
