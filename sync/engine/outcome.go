package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// verdict is what judging came to.
type verdict struct {
	outcome model.Outcome
	reason  model.Reason
	waits   []string // keys of TableWaiting: what a held change waits for
}

func held(why model.Reason, waits ...string) verdict {
	return verdict{outcome: model.OutcomeHeld, reason: why, waits: waits}
}

func refused(why model.Reason) verdict { return verdict{outcome: model.OutcomeRefused, reason: why} }

func recorded(why model.Reason) verdict {
	return verdict{outcome: model.OutcomeRecorded, reason: why}
}

var applied = verdict{outcome: model.OutcomeApplied}

// outcome finds what became of a change.
func (t *tx) outcome(id model.ChangeID) (storage.Outcome, bool) {
	return get(t, storage.TableOutcomes, string(id[:]), storage.ParseOutcome)
}

func (t *tx) here() model.Stamp {
	return model.Stamp{Incarnation: t.head.Lineage.Present(), Seq: t.seq()}
}

// known answers a change that has an outcome already: the stored one. The same id with other content is an alarm,
// and the second content is held under (id, hash), or it would be lost or block the outbox (write-verification W16).
func (f *frame) known(s *model.Submitted) (model.Answer, bool) {
	c := &s.Change
	if c.ID.IsZero() { // nothing to keep an outcome under: the same bytes get the same answer
		why := c.Fault
		if why == model.ReasonNone {
			why = model.ReasonShape
		}
		return model.Answer{Outcome: model.OutcomeRefused, Reason: why}, true
	}
	if planted("dedupe-by-number") && f.conn.Lane != model.LaneOffice {
		if o, ok := get(f.tx, storage.TableOutcomes, f.numberKey(s), storage.ParseOutcome); ok {
			return model.Answer{Outcome: o.Code, Reason: o.Reason, Repeat: true}, true
		}
	}
	o, ok := f.outcome(c.ID)
	if !ok || planted("repeat-applied-again") {
		return model.Answer{}, false
	}
	if [16]byte(c.Hash[:16]) == o.Hash || planted("same-id-silent") {
		return model.Answer{Outcome: o.Code, Reason: o.Reason, Repeat: true, Receipt: f.e.receipt(f.tx, c, o)}, true
	}
	return f.again(s), true
}

// decide keeps the one outcome of a change and, when the office must look, its content.
func (f *frame) decide(s *model.Submitted, v verdict) model.Answer {
	c := &s.Change
	o := storage.Outcome{
		Hash: [16]byte(c.Hash[:16]), Code: v.outcome, Reason: v.reason,
		At: f.here(), Written: f.here(), Time: f.now, Group: c.Group,
	}
	f.put(storage.TableOutcomes, string(c.ID[:]), o.Append(nil))
	if planted("dedupe-by-number") {
		f.put(storage.TableOutcomes, f.numberKey(s), o.Append(nil))
	}
	if keeps(c, v) {
		f.hold(string(c.ID[:]), c.ID, s, v)
	}
	if v.outcome == model.OutcomeHeld {
		f.waitOnJob(c, true)
		f.review(review{kind: model.InboxHeld, change: c.ID, record: f.ofStayed(c).Record, of: c.Collection, author: c.Author, reason: v.reason, more: f.guarded(c)})
	}
	return model.Answer{Outcome: v.outcome, Reason: v.reason, Receipt: f.e.receipt(f.tx, c, o)}
}

// numberKey is the key of the planted bug dedupe-by-number.
func (f *frame) numberKey(s *model.Submitted) string {
	return string(f.conn.Device[:]) + seqKey(model.Seq(s.Number))
}

// keeps says whether the content of a change must be kept because nothing else has it: what is not in the state, and
// is no losing value of a review item either.
func keeps(c *model.Change, v verdict) bool {
	switch v.outcome {
	case model.OutcomeHeld, model.OutcomeRefused, model.OutcomeDismissed:
		return true
	case model.OutcomeRecorded:
		return v.reason == model.ReasonHandedIn || v.reason == model.ReasonExists || c.Op == model.OpDelete
	default:
		return false
	}
}

// hold keeps a change's content for the office, with all that judging it again needs.
func (f *frame) hold(key string, id model.ChangeID, s *model.Submitted, v verdict) {
	c := &s.Change
	h := storage.Held{
		Change: id, Body: c.Body, Blobs: c.Blobs, Lane: f.conn.Lane, Kind: f.conn.Kind, Author: f.conn.User,
		Device: f.conn.Device, Number: s.Number, Since: f.received, Skew: f.skew, Reason: v.reason,
	}
	f.wait(&h, v.waits)
	f.put(storage.TableHeld, key, h.Append(nil))
}
