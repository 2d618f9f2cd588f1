package hook

import (
	"context"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Source is what the deliverer asks of the core; cmd implements it over the engine. What it returns is the deliverer's.
type Source interface {
	Tenants(ctx context.Context) ([]model.TenantID, error)
	// Hooks lists a company's webhooks, those that are off too.
	Hooks(ctx context.Context, t model.TenantID) ([]model.Hook, error)
	// Ahead reads at most limit lines of the history after the hook's position, as its owner's present view shows them.
	// An owner who is gone or may not any more is model.ErrLevel: the hook is then switched off. A position older than
	// what is kept is model.ErrGone.
	Ahead(ctx context.Context, t model.TenantID, h model.Hook, limit int) (model.Events, error)
	// Kept lists a hook's deliveries that are still tried, each with its message as the owner's present view shows the event
	// (DESIGN I10). What the view does not show any more is forgotten, not listed.
	Kept(ctx context.Context, t model.TenantID, h model.HookID) ([]model.Delivery, error)
	// Record keeps what came of one round, in one commit; of a hook that is removed, nothing. The position moves only
	// from Round.From, and never back: where it is another by now, a person set it (or this round was recorded already).
	Record(ctx context.Context, t model.TenantID, r Round) error
	// Render is the JSON of an event's message, under 20 kB: {type, timestamp, data}.
	Render(ctx context.Context, t model.TenantID, e model.Event) (kind string, body []byte, err error)
	// Woken is closed when the company commits something after the call.
	Woken(t model.TenantID) (woken <-chan struct{}, stop func())
}

// Round is what one round of a hook came to.
type Round struct {
	Hook     model.HookID
	URL      string            // that was told; what became of it says nothing of another
	From     model.Position    // the hook's position that the round began with
	Position model.Position    // told, or kept in Put, up to here
	Put      []model.Delivery  // failed, or failed again, or given up
	Done     []model.MessageID // got through after all
	Off      string            // why the hook is switched off; empty: it is not
	Failing  model.Instant     // since when nothing has got through; 0: something did
}
