package engine

import (
	"bytes"
	"errors"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A frame whose commit would be too big must not stay outside for ever (DESIGN I11): it is decided again with care, as
// much of it as one commit takes. The rest is sent again; a change that does not fit alone is held.

// room is what a decision may write: a driver adds the head, and the tenant's row may still grow.
const room = storage.MaxCommitBytes - 64<<10

// size is what the decision so far counts, as [storage.Cost] does.
func (t *tx) size() int {
	return t.grown(savepoint{})
}

// grown is what was decided since a savepoint counts, at most.
func (t *tx) grown(since savepoint) int {
	n := 0
	for id, r := range t.records {
		if since.records[id] != r {
			n += storage.Cost(t.stored(id), r) + t.chronicled(r)
			if r.Collection == model.ReviewItems {
				n += 2 * storage.RowBytes(inboxKey(r), nil) // of before, and of now
			}
		}
	}
	lost := t.lost[len(since.lost):]
	for i := range lost {
		n += eventSize(&lost[i]) + storage.RowCost
		if id := lost[i].Record; t.records[id] == nil { // its line is chained to it
			n += storage.Cost(t.stored(id), t.stored(id))
		}
	}
	for k, v := range t.rows {
		if was, there := since.rows[k]; !there || !bytes.Equal(was, v) {
			n += storage.RowBytes(k.key, v)
		}
	}
	return n
}

// stored is a record as the store has it, or nil.
func (t *tx) stored(id model.RecordID) *model.Record {
	if r, ok := t.loaded[id]; ok {
		return r
	}
	r, _ := t.r.Record(id)
	t.loaded[id] = r
	return r
}

// tooBig says whether the decision broke a limit: of a commit, or of what may hang on one record.
func (t *tx) tooBig(size int) bool { return size > room || errors.Is(t.err, storage.ErrTooBig) }

// carefully decides one unit of a frame, and takes it back when the commit would become too big by it.
func (f *frame) carefully(unit []model.Submitted) []model.Answer {
	before := f.fork()
	answers := f.unit(unit)
	if size := f.bytes + f.grown(before); !f.tooBig(size) {
		f.bytes = size
		for _, a := range answers {
			f.kept = f.kept || a.Outcome != model.OutcomeRetry && !a.Repeat
		}
		return answers
	}
	f.drop(before)
	answers = make([]model.Answer, len(unit))
	if f.kept {
		return answers // retry: alone it may fit
	}
	f.kept = true
	for i := range unit {
		if a, known := f.known(&unit[i]); known {
			answers[i] = a
		} else {
			answers[i] = f.decide(&unit[i], held(model.ReasonTooLarge))
		}
	}
	return answers
}
