package writing

import (
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// frame is a push on its way.
type frame struct {
	p     *phone
	life  int
	conn  conn
	bytes []byte
	own   int       // of the replica's changes; the rest are raw
	ids   []content // of all
}

// reply is what the server says to a push, on its way.
type reply struct {
	p       *phone
	life    int
	link    int
	own     int
	ids     []content
	answers *protocol.Answers
	err     error
}

// send puts the next changes of a phone on the way; false when there are none.
func (w *World) send(p *phone, maxChanges, maxBytes int) bool {
	if p.conn == nil {
		return false
	}
	push, err := p.NextPush(maxChanges, maxBytes)
	w.must(err)
	if push == nil {
		push = &protocol.Push{}
	}
	f := &frame{p: p, life: p.life, conn: *p.conn, own: len(push.Changes)}
	for _, r := range p.raws {
		if !r.done {
			push.Add(protocol.PushedChange{Number: 0, Body: r.body}, r.blobs)
		}
	}
	if len(push.Changes) == 0 {
		return false
	}
	for _, s := range push.Submitted() {
		f.ids = append(f.ids, content{s.Change.ID, s.Change.Hash})
	}
	f.bytes = protocol.Encode(push)
	w.frames = append(w.frames, f)
	return true
}

// arrive hands a frame to the server. crash is what befalls its commit.
func (w *World) arrive(f *frame, c crash) {
	message, err := protocol.Decode(f.bytes)
	if err != nil {
		w.failf("a frame of %s does not decode: %v", f.p.name, err)
		return
	}
	push, _ := message.(*protocol.Push)
	answers, err := w.push(f.conn.Connection, f.p, push.Submitted(), push.Have, c)
	r := &reply{p: f.p, life: f.life, link: f.conn.link, own: f.own, ids: f.ids, err: err}
	switch {
	case err == nil:
		r.answers = &protocol.Answers{Number: push.Number, Time: w.now, Answers: answers}
	case errors.Is(err, storage.ErrUnknown) && w.bug("acknowledged-before-commit"):
		r.err, r.answers = nil, &protocol.Answers{Number: push.Number, Time: w.now, Answers: answers}
	case errors.Is(err, engine.ErrOlder), errors.Is(err, storage.ErrUnknown):
		return // nothing is said
	}
	w.replies = append(w.replies, r)
}

// push commits changes and lets the oracle look at what came of it.
func (w *World) push(c model.Connection, p *phone, changes []model.Submitted, have []model.ChangeID, crash crash) ([]model.Answer, error) {
	w.store.next = crash
	inner := w.store.waiting != nil // this one is shared by one that waits for it
	answers, err := w.eng.Push(context.Background(), c, changes, have, w.now)
	w.store.next, w.store.before, w.store.share = noCrash, nil, nil
	lost := errors.Is(err, storage.ErrUnknown)
	if lost {
		w.counts.Crashed++
	}
	w.watchSlots()
	if err == nil || lost && w.store.durable {
		w.counts.Commits++
		if inner {
			w.first = func(last bool) { w.o.committed(c, p, changes, have, answers, last) }
			return answers, err
		}
		w.shared(false)
		w.o.committed(c, p, changes, have, answers, true)
		w.o.together = false
		return answers, err
	}
	if !inner {
		w.shared(true)
	}
	var over *model.EndedError
	if !lost && !errors.As(err, &over) && !errors.Is(err, engine.ErrOlder) && !errors.Is(err, model.ErrStolen) && !errors.Is(err, model.ErrToken) {
		w.failf("I11: a frame is never taken: %v", err)
	}
	w.logf("push of user %s: %v", short(c.User), err)
	return answers, err
}

// shared lets the oracle look at the frame that this one's commit was shared with, if there is one. last says that this
// one was not taken.
func (w *World) shared(last bool) {
	first := w.first
	w.first = nil
	if first != nil {
		w.o.together = !last
		w.counts.Shared++
		first(last)
	}
}

// receive gives a reply to its phone.
func (w *World) receive(r *reply) {
	p := r.p
	if p.conn == nil || r.life != p.life || r.link != p.conn.link {
		return // of an older connection
	}
	if r.err != nil {
		w.rebuffed(p, r.err)
		w.hangUp(p)
		return
	}
	w.durable(p, r)
	before := len(p.Outbox())
	own := *r.answers
	own.Answers = own.Answers[:r.own]
	if r.own > 0 {
		_, err := p.Answered(&own)
		w.must(err)
	}
	if n := len(p.Outbox()); n < before {
		w.failf("W3: %s forgets %d changes on an answer", p.name, before-n)
	}
	for i, id := range r.ids[r.own:] {
		k := slices.IndexFunc(p.raws, func(x raw) bool { return x.content == id && !x.done })
		if a := r.answers.Answers[r.own+i]; k >= 0 && a.Outcome != model.OutcomeRetry {
			p.raws[k].done = true
		}
	}
}

// durable checks that what is acknowledged now is in the store.
func (w *World) durable(p *phone, r *reply) {
	w.view(func(rd storage.Reader) {
		for i, a := range r.answers.Answers {
			id := r.ids[i].id
			if a.Outcome == model.OutcomeRetry || id.IsZero() {
				continue
			}
			if _, ok := rd.Row(storage.TableOutcomes, string(id[:])); !ok {
				w.failf("I3: %s is acknowledged to %s and not durable", short(id), p.name)
			}
		}
	})
}

// epoch is one user's: epochs of different users are strangers.
type epoch struct {
	slot string
	n    model.Epoch
}

// watchSlots follows the slots: what was live and is not any more has ended, for ever.
func (w *World) watchSlots() {
	w.view(func(r storage.Reader) {
		for key, row := range r.Rows(storage.TableSlots, "", "") {
			s, err := storage.ParseSlot(row)
			w.must(err)
			was, known := w.slots[key]
			if known && was == s {
				continue
			}
			w.slots[key] = s
			if known && s.Epoch < was.Epoch {
				w.failf("I7: epoch %x after %x", s.Epoch, was.Epoch)
			}
			if known && was.Live && (s.Epoch != was.Epoch || !s.Live) {
				w.o.ended[epoch{key, was.Epoch}] = true
			}
			if s.Live && w.o.ended[epoch{key, s.Epoch}] {
				w.failf("I7: epoch %x is issued twice", s.Epoch)
			}
		}
	})
}
