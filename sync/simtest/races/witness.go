package races

import (
	"context"
	"errors"
	"sync"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// witness is the engine, with a history of what it decided about sessions, in the order of its store.
type witness struct {
	*engine.Engine
	commits History

	mu      sync.Mutex // guards devices
	devices map[string]int
}

// deciding is the context's key of the event that a commit decides.
type deciding struct{}

// see notes what became of an event whose commit was begun.
func (w *witness) see(e *Event, answer Answer) {
	if e.Answer = answer; e.Return != 0 {
		w.commits.keep(*e)
	}
}

// number is a device's, by its key.
func (w *witness) number(key []byte) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.devices[string(key)] == 0 {
		w.devices[string(key)] = len(w.devices) + 1
	}
	return w.devices[string(key)]
}

// SignIn is the engine's.
func (w *witness) SignIn(ctx context.Context, s model.SignIn, now model.Instant) (model.SignedIn, error) {
	e := &Event{Kind: SignIn, Device: w.number(s.PublicKey), TakeOver: uint64(s.TakeOver)}
	if !s.Rehearse {
		ctx = context.WithValue(ctx, deciding{}, e)
	}
	in, err := w.Engine.SignIn(ctx, s, now)
	if active, ok := errors.AsType[*model.Active](err); ok {
		e.Epoch = uint64(active.Epoch)
		w.see(e, Refused)
	} else if err == nil {
		e.Epoch = uint64(in.Epoch)
		w.see(e, In)
	}
	return in, err
}

// Push is the engine's.
func (w *witness) Push(ctx context.Context, c model.Connection, all []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	e := &Event{Kind: Act, Epoch: uint64(c.Epoch)}
	answers, err := w.Engine.Push(context.WithValue(ctx, deciding{}, e), c, all, have, now)
	if _, over := errors.AsType[*model.EndedError](err); over {
		w.see(e, Refused)
	} else if err == nil && c.Lane == model.LaneLive {
		w.see(e, In)
	}
	if errors.Is(err, engine.ErrOlder) {
		err = session.ErrOlder
	}
	return answers, err
}

// End is the engine's.
func (w *witness) End(ctx context.Context, t model.TenantID, end model.Ending, now model.Instant) ([]model.Ended, error) {
	e := &Event{Kind: End}
	if !end.Rehearse {
		ctx = context.WithValue(ctx, deciding{}, e)
	}
	ended, err := w.Engine.End(ctx, t, end, now)
	if err == nil && len(ended) > 0 {
		w.see(e, In)
	} else if err == nil {
		w.see(e, Refused)
	}
	return ended, err
}
