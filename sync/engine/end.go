package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// End ends a user's session, durably before it returns; it gives those that ended. Whoever ends another's manages people
// (zero: the operator): model.ErrToken or *[access.BeyondError] else. A rehearsal has the same answers, and writes nothing.
func (e *Engine) End(ctx context.Context, id model.TenantID, end model.Ending, now model.Instant) (ended []model.Ended, err error) {
	decide := func(t *tx) error {
		if err := t.manages(end.By); end.By != end.User && err != nil && !planted("ends-unfenced") {
			return err
		}
		ended = t.endSessions(end, func(s storage.Slot) bool { return end.Epoch == 0 || s.Epoch == end.Epoch })
		if planted("end-tells-one") {
			ended = ended[:min(1, len(ended))]
		}
		return nil
	}
	if end.Rehearse && !planted("rehearsed-end-ends") {
		err = e.read(ctx, id, decide)
	} else {
		err = e.apply(ctx, id, 1, now, decide)
	}
	return ended, err
}
