package replica

import (
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// unit is what is decided together: one change, or a whole group.
type unit []*item

// NextPush is the next frame of changes, at most so many and so many bytes of it, in the order of their numbers, or
// nil when there is nothing to send or the next unit does not fit. Groups are never cut. What it returns is in flight
// until Answered, or until the connection is over: Welcome and Disconnected.
func (r *Replica) NextPush(maxChanges, maxBytes int) (*protocol.Push, error) {
	if r.broken != nil {
		return nil, r.broken
	}
	maxChanges, maxBytes = min(maxChanges, protocol.MaxChanges), min(maxBytes, protocol.MaxFrame)
	f := &frame{r: r, push: &protocol.Push{}, blobs: map[string]bool{}, bytes: frameOverhead}
	for _, u := range r.units() {
		if !f.add(u, maxChanges, maxBytes) {
			break
		}
	}
	if len(f.push.Changes) == 0 {
		return nil, nil
	}
	f.have()
	r.pushes++
	f.push.Number = r.pushes
	r.flight[r.pushes] = f.ids
	for _, id := range f.ids {
		r.sent[id] = true
	}
	return f.push, nil
}

// units is what is not answered and not in flight. What is only asked about again waits until there is nothing of it: a line that
// breaks all the time would bring the old questions, and never the new work behind them.
func (r *Replica) units() []unit {
	if out := r.unitsOf(func(it *item) bool { return !it.answered }); len(out) > 0 && !r.bug("asks-before-work") {
		return out
	}
	return r.unitsOf(func(it *item) bool { return !it.answered || r.asks(it) })
}

// unitsOf is what is due and not in flight. A group with one such member is sent whole: the server knows the others and answers
// `repeat`, and an incomplete group would be held.
func (r *Replica) unitsOf(due func(*item) bool) (out []unit) {
	seen := map[model.GroupID]bool{}
	for _, it := range r.order {
		switch {
		case r.sent[it.change.ID] || !due(it):
		case !it.grouped() || r.bug("group-cut-by-frames"):
			out = append(out, unit{it})
		case !seen[it.change.Group]:
			seen[it.change.Group] = true
			out = append(out, r.members(it.change.Group))
		}
	}
	return out
}

// asks says whether what became of a held change is to be asked again: the server has said that the office decided it, and answers
// a change it knows with what holds now, so that sending it once more is the question. A device whose session ended hands in and
// asks nothing.
func (r *Replica) asks(it *item) bool {
	return it.outcome == model.OutcomeHeld && !it.closed && r.decided[it.change.ID] && !r.meta.ended && !r.bug("held-for-ever")
}

// Decided hears that the office has decided held changes: they are asked about again.
func (r *Replica) Decided(all []model.ChangeID) {
	for _, id := range all {
		r.decided[id] = true
	}
}

// held is what waits for the office, as far as this device knows: what a resume has room for, and the newer rest.
func (r *Replica) held() (listed, rest []model.ChangeID) {
	for _, it := range r.order {
		if it.outcome == model.OutcomeHeld && !it.closed {
			listed = append(listed, it.change.ID)
		}
	}
	n := min(len(listed), protocol.MaxIDs)
	return listed[:n], listed[n:]
}

func (r *Replica) members(g model.GroupID) (u unit) {
	for _, it := range r.order {
		if it.change.Group == g {
			u = append(u, it)
		}
	}
	return u
}

// What a frame costs besides bodies, rounded up: its head, a blob's length, an id in have.
const (
	frameOverhead = 64
	blobOverhead  = 8
	idBytes       = 18
)

type frame struct {
	r     *Replica
	push  *protocol.Push
	ids   []model.ChangeID
	blobs map[string]bool
	bytes int
}

// add puts a unit into the frame when it fits.
func (f *frame) add(u unit, maxChanges, maxBytes int) bool {
	cost := 0
	fresh := map[string]bool{}
	for _, it := range u {
		cost += it.size() + idBytes*len(it.change.After)
		for _, b := range it.change.Blobs {
			if !f.blobs[b] && !fresh[b] {
				fresh[b] = true
				cost += len(b) + blobOverhead
			}
		}
	}
	if len(f.ids)+len(u) > maxChanges || f.bytes+cost > maxBytes {
		return false
	}
	f.bytes += cost
	for _, it := range u {
		it = f.r.asUploaded(it)
		p := protocol.PushedChange{Number: it.number, Body: []byte(it.change.Body)}
		if it.receipt != (model.Receipt{}) {
			p.Receipt = it.receipt[:]
		}
		f.push.Changes = append(f.push.Changes, p)
		f.ids = append(f.ids, it.change.ID)
		for _, b := range it.change.Blobs {
			if !f.blobs[b] {
				f.blobs[b] = true
				f.push.Blobs = append(f.push.Blobs, []byte(b))
			}
		}
	}
	return true
}

// asUploaded is the planted bug edit-base-at-upload: the base is taken when the change is sent.
func (r *Replica) asUploaded(it *item) *item {
	if !r.bug("edit-base-at-upload") || it.outcome != model.OutcomeRetry {
		return it
	}
	c := *it
	c.change.Base = string(r.meta.base)
	if c.seal() != nil {
		return it
	}
	return &c
}

// have names the predecessors that are not in this frame and have no answer: the server waits for these alone
// (write-verification W8, CE-11).
func (f *frame) have() {
	for _, id := range f.ids {
		for _, a := range f.r.items[id].change.After {
			before := f.r.items[a]
			if before != nil && !before.answered && !slices.Contains(f.ids, a) && !slices.Contains(f.push.Have, a) {
				f.push.Have = append(f.push.Have, a)
			}
		}
	}
}

// Returned takes a push back that the server did not take as a whole: its changes are sent again.
func (r *Replica) Returned(number uint64) {
	for _, id := range r.flight[number] {
		delete(r.sent, id)
	}
	delete(r.flight, number)
}

// InFlight is what is on its way without an answer.
func (r *Replica) InFlight() (changes, bytes int) {
	blobs := map[string]bool{}
	for id := range r.sent {
		it := r.items[id]
		if it == nil {
			continue
		}
		changes++
		bytes += it.size()
		for _, b := range it.change.Blobs {
			if !blobs[b] {
				blobs[b] = true
				bytes += len(b)
			}
		}
	}
	return changes, bytes
}

// Disconnected forgets what is in flight: it is sent again on the next connection.
func (r *Replica) Disconnected() { r.land() }

// AnswersDone says what answers did.
type AnswersDone struct {
	Known  bool // they belong to a push of this connection
	Kept   int  // outcomes that are durable here now
	Again  int  // changes to be sent again: nothing was decided
	Noted  int  // of the kept: held, refused or dismissed, for the user to see
	Repeat int  // of the kept: had been decided before
}

// Answered keeps what became of the changes of one push: outcome and receipt, in one transaction. Nothing leaves the
// outbox by it. Answers that belong to no push of this connection are dropped.
func (r *Replica) Answered(a *protocol.Answers) (done AnswersDone, err error) {
	ids, ok := r.flight[a.Number]
	if !ok {
		return done, nil
	}
	if len(ids) != len(a.Answers) {
		return done, ErrAnswers
	}
	done.Known = true
	err = r.update(func(t *txn) error {
		for i, id := range ids {
			it := t.item(id)
			if it == nil {
				continue
			}
			if a.Answers[i].Outcome == model.OutcomeRetry {
				done.Again++
				continue
			}
			delete(r.decided, id)
			t.change(it, func(c *item) { c.answer(a.Answers[i], a.Time, t.meta.store) })
			done.count(a.Answers[i])
			if r.bug("ack-deletes-item") {
				t.items[id] = nil
			}
		}
		return nil
	})
	if err != nil {
		return AnswersDone{}, err
	}
	delete(r.flight, a.Number)
	for _, id := range ids {
		delete(r.sent, id)
	}
	return done, nil
}

func (d *AnswersDone) count(a model.Answer) {
	d.Kept++
	if a.Repeat {
		d.Repeat++
	}
	if a.Outcome >= model.OutcomeHeld {
		d.Noted++
	}
}

func (it *item) answer(a model.Answer, at model.Instant, by [8]byte) {
	if it.answered && it.outcome == a.Outcome && it.reason == a.Reason && it.ackedBy == by {
		return // asked again: the first answer is as old as it was, and so are the backups that contain it
	}
	if it.outcome != a.Outcome || it.reason != a.Reason {
		it.closed = false
	}
	it.released = false // what the office decided is newer than the backups that have the wait (W3)
	it.answered, it.outcome, it.reason = true, a.Outcome, a.Reason
	it.receipt, it.acked, it.ackedBy = a.Receipt, at, by
}
