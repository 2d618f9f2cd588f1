package writing

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// lapse is the server's timer, which declines what nobody answered in time (T4).
func (w *World) lapse() {
	due := w.o.due(max(w.now, w.o.w.committedTime()))
	_, err := w.eng.Lapse(context.Background(), w.tenant, w.now)
	if errors.Is(err, storage.ErrUnknown) {
		if !w.store.durable {
			return
		}
		err = nil
	}
	if err != nil {
		w.failf("T4: offers do not lapse: %v", err)
		return
	}
	w.o.touch = map[model.RecordID]bool{}
	for _, a := range due {
		w.logf("the offer %s lapses", short(a.id))
		w.o.own(w.o.recs[a.job]).job.lapse(a.id)
		w.counts.Lapsed++
	}
	w.o.settle()
}

// dueOffer is an offer whose time is over.
type dueOffer struct{ job, id model.RecordID }

// due is the offers that must lapse at a moment: their time is over, and no answer is on its way that anybody knows of.
func (o *oracle) due(now model.Instant) (out []dueOffer) {
	for _, id := range o.jobs {
		r := o.recs[id]
		if r.deleted {
			continue
		}
		_, states := r.job.derive()
		for _, a := range r.job.assignments {
			if a.by != 0 && a.by < now && states[a.id] == "offered" && !o.w.mayAnswer(a.user, a.by, now) {
				out = append(out, dueOffer{id, a.id})
			}
		}
	}
	return out
}

// mayAnswer says whether a phone that somebody is signed in on has not been heard from since a moment, or said that it has
// something to send: for a day that is waited for.
func (w *World) mayAnswer(u model.UserID, since, now model.Instant) (may bool) {
	w.view(func(r storage.Reader) {
		for _, row := range r.Rows(storage.TableSlots, string(u[:]), "") {
			s, err := storage.ParseSlot(row)
			w.must(err)
			d := w.device(s.Device)
			may = may || s.Live && now-since < day && (d.Seen <= since || d.Report.Unsent > 0)
		}
	})
	return may
}

// lapse says of an offer that nobody answered it in time.
func (j *job) lapse(id model.RecordID) {
	for i := range j.assignments {
		if a := &j.assignments[i]; a.id == id {
			a.lapsed, j.status = true, ""
		}
	}
}

// lapse declines an offer that lapsed before a moment, when it had not been answered.
func (x *worker) lapse(before model.Instant) {
	if x.until != 0 && x.until < before && x.state == "offered" {
		x.state, x.lapsed = "declined", true
	}
}

// never is later than anything that happens.
const never model.Instant = math.MaxInt64

// given says whether somebody who was asked after an offer had lapsed has the job.
func (p *past) given(x *worker) bool {
	return slices.ContainsFunc(p.has, func(y *worker) bool { return y != x && y.state != "offered" && y.since >= x.until })
}
