package engine

import (
	"context"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// End ends a user's session, durably before it returns; it gives those that ended. Whoever ends another's manages people
// (zero: the operator): model.ErrToken or *[access.BeyondError] else;
// model.ErrReason. A rehearsal has the same answers, and writes nothing.
func (e *Engine) End(ctx context.Context, id model.TenantID, end model.Ending, now model.Instant) (ended []model.Ended, err error) {
	decide := func(t *tx) error {
		if err := t.manages(end.By); end.By != end.User && err != nil && !planted("ends-unfenced") {
			return err
		}
		which := func(s storage.Slot) bool { return end.Epoch == 0 || s.Epoch == end.Epoch }
		if err := t.reasoned(end, which); err != nil {
			return err
		}
		ended = t.endSessions(end, which)
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

// reasoned says that an end by the office wants a reason: by it the last who may administer would have no live session (domain
// F16). Signing out oneself wants none.
func (t *tx) reasoned(e model.Ending, which func(storage.Slot) bool) error {
	if e.Reason == model.EndSignedOut || strings.TrimSpace(e.Note) != "" || planted("last-admin-unguarded") {
		return nil
	}
	ends := 0
	for _, s := range t.slots(e.User) {
		if !s.Live || t.slotLapsed(s) {
			continue
		}
		if !which(s) {
			return nil // they stay signed in
		}
		ends++
	}
	a, _ := get(t, storage.TableAccounts, string(e.User[:]), storage.ParseAccount)
	if ends > 0 && administers(a) && !t.othersAdminister(a) {
		return model.ErrReason
	}
	return nil
}
