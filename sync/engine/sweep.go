package engine

import (
	"context"
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Times of the sweep, in milliseconds of committed time.
const (
	// KeepExits is how long it is remembered that a record left an audience: a device that was away for longer is
	// reconciled (DESIGN §11).
	KeepExits = 45 * day
	// KeepStubs is how long an outcome is remembered after its final decision. It must be at least AgeLimit, or a change
	// could take effect twice (write-verification, S ≥ L).
	KeepStubs = 400 * day

	day = 24 * 3600 * 1000
)

// Sweep forgets what nobody can need any more, so that nothing grows with time (DESIGN I13): exits by the horizon, and
// the outcomes of one part of the change ids, 0 to 255. Ids are random, so that a part a call goes round everything
// evenly and no index by time is needed.
func (e *Engine) Sweep(ctx context.Context, id model.TenantID, part byte, now model.Instant) error {
	var horizon model.Seq
	err := e.apply(ctx, id, 1, now, func(t *tx) error {
		horizon = t.mark()
		t.forgetOutcomes(part)
		t.rejudge() // what one commit had to leave to the next, when nothing came
		return nil
	})
	if err != nil || horizon == 0 {
		return err
	}
	_, err = e.Purge(ctx, id, horizon, now)
	return err
}

// mark notes once a day which commit was the last, and says up to which commit exits may be forgotten; 0: none.
func (t *tx) mark() (horizon model.Seq) {
	var last model.Instant
	for _, k := range t.keys(storage.TableMarks, "") {
		at := model.Instant(binary.BigEndian.Uint64([]byte(k)))
		if t.now-at > KeepExits {
			raw, _ := t.row(storage.TableMarks, k)
			horizon = model.Seq(binary.BigEndian.Uint64(raw))
			t.remove(storage.TableMarks, k)
			continue
		}
		last = at
	}
	if t.now-last >= day {
		t.put(storage.TableMarks, seqKey(model.Seq(t.now)), []byte(seqKey(t.head.Seq)))
	}
	return horizon
}

// forgetOutcomes drops outcomes that were final long enough ago. Held work is kept until somebody decides it.
func (t *tx) forgetOutcomes(part byte) {
	keep := model.Instant(KeepStubs)
	if planted("stub-gone-early") {
		keep = day
	}
	left := PurgeBatch
	for _, k := range t.keys(storage.TableOutcomes, string([]byte{part})) {
		o, ok := get(t, storage.TableOutcomes, k, storage.ParseOutcome)
		if !ok || o.Code == model.OutcomeHeld || t.now-o.Time <= keep {
			continue
		}
		t.remove(storage.TableOutcomes, k)
		t.remove(storage.TableHeld, k) // the copy of what was refused or dismissed
		if left--; left == 0 {
			return
		}
	}
}
