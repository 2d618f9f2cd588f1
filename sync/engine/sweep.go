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

// Sweep forgets what nobody can need any more (DESIGN I13): sessions, devices and audit that have aged, exits by the
// horizon, and the outcomes of one part of the change ids, 0 to 255. Ids are random, so that a part a call goes round
// everything evenly and no index by time is needed.
func (e *Engine) Sweep(ctx context.Context, id model.TenantID, part byte, now model.Instant) error {
	var horizon model.Seq
	err := e.apply(ctx, id, 1, now, func(t *tx) error {
		horizon = t.horizon(false)
		t.markDay()
		t.forgetOutcomes(part)
		t.forgetSessions(part)
		t.forgetDeliveries(part)
		t.rejudge() // what one commit had to leave to the next, when nothing came
		return nil
	})
	if err == nil {
		err = e.forget(ctx, id, now)
	}
	if err != nil || horizon == 0 {
		return err
	}
	if _, err = e.Purge(ctx, id, horizon, now); err != nil {
		return err
	}
	return e.apply(ctx, id, 1, now, func(t *tx) error { // only now: a purge that failed is tried again
		t.horizon(true)
		return nil
	})
}

// forget drops the oldest of the history, of the API's requests and of hours, in small commits until nothing is left that is old
// enough: they grow with every write, so that one commit a turn might not keep up.
func (e *Engine) forget(ctx context.Context, id model.TenantID, now model.Instant) error {
	for more := true; more; {
		if err := e.apply(ctx, id, 1, now, func(t *tx) error {
			history, requests, hours := t.forgetHistory(), t.forgetRequests(), t.forgetHours()
			more = history || requests || hours
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// horizon is the commit up to which exits may be forgotten, by the marks that are old enough; 0: none. forget takes
// those marks away.
func (t *tx) horizon(forget bool) (seq model.Seq) {
	for _, k := range t.keys(storage.TableMarks, "") {
		if at := model.Instant(binary.BigEndian.Uint64([]byte(k))); t.now-at <= KeepExits {
			break
		}
		raw, _ := t.row(storage.TableMarks, k)
		seq = model.Seq(binary.BigEndian.Uint64(raw))
		if forget {
			t.remove(storage.TableMarks, k)
		}
	}
	return seq
}

// markDay notes once a day which commit was the last.
func (t *tx) markDay() {
	marks := t.keys(storage.TableMarks, "")
	if n := len(marks); n > 0 && t.now-model.Instant(binary.BigEndian.Uint64([]byte(marks[n-1]))) < day {
		return
	}
	t.put(storage.TableMarks, seqKey(model.Seq(t.now)), []byte(seqKey(t.head.Seq)))
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
		if !ok || o.Code == model.OutcomeHeld || t.now-o.Time <= keep || t.outlives(k) {
			continue
		}
		t.remove(storage.TableOutcomes, k)
		if t.has(storage.TableFiles, k) { // of a photo that was dropped as the same as another
			t.remove(storage.TableFiles, k)
		}
		if t.has(storage.TableHeld, k) { // of what was refused or dismissed
			t.remove(storage.TableHeld, k)
		}
		t.forgetSecond(k)
		if left--; left == 0 {
			return
		}
	}
}
