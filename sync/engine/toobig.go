package engine

import (
	"errors"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A frame whose commit would be too big must not stay outside for ever (DESIGN I11): it is decided again with care, as
// much of it as one commit takes. The rest is sent again; a change that does not fit alone is held.

// tooBig says whether what was decided so far does not fit into one commit. The size is rounded up.
func (t *tx) tooBig() bool {
	size := 0
	for _, r := range t.records {
		size += storage.RowCost + 64*(1+len(r.Writes)+len(r.Memberships))
		for _, c := range r.Cells {
			size += c.Value.Size()
		}
		for _, w := range r.Writes {
			size += 17 * len(w.Over)
		}
	}
	for k, v := range t.rows {
		size += storage.RowCost + len(k.key) + len(v)
	}
	return errors.Is(t.err, storage.ErrTooBig) || size > storage.MaxCommitBytes
}

// carefully decides one unit, and takes it back when the commit would become too big by it.
func (f *frame) carefully(unit []model.Submitted, first bool) []model.Answer {
	before := f.fork()
	answers := f.unit(unit)
	if !f.tooBig() {
		return answers
	}
	f.drop(before)
	f.err = nil
	answers = make([]model.Answer, len(unit))
	if !first {
		return answers // retry: there will be more room
	}
	for i := range unit {
		if a, known := f.known(&unit[i]); known {
			answers[i] = a
		} else {
			answers[i] = f.decide(&unit[i], held(model.ReasonTooLarge))
		}
	}
	return answers
}

// rejudgeCarefully leaves what waits for the next commit when there is no room for it in this one.
func (t *tx) rejudgeCarefully() {
	entered, decided := t.entered, t.decided
	before := t.fork()
	t.rejudge()
	if !t.tooBig() {
		return
	}
	t.drop(before)
	t.err = nil
	raw, _ := t.row(storage.TableWaiting, queueKey)
	raw = raw[:len(raw):len(raw)]
	for _, id := range entered {
		raw = append(raw, id[:]...)
	}
	for _, id := range decided {
		raw = append(raw, id[:]...)
	}
	t.entered, t.decided = nil, nil
	t.put(storage.TableWaiting, queueKey, raw)
}
