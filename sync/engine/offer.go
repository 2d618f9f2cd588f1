package engine

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// An offer that nobody answers declines itself (domain (d), T4). By when it wants an answer stands with it, so that its
// phone can say so, and in a row of its own, so that nothing that is not due is looked at. Only committed time moves it:
// who calls [Engine.Lapse] says what time it is.

// Bounds of what lapses.
const (
	LapseBatch = 200 // offers that lapse in one commit
	// LapseGrace is how long after its time an offer waits, at most, for a phone that may have an answer: a phone that is
	// gone for good must not keep the office from asking somebody else. What comes later still counts, if nobody else accepted.
	LapseGrace = day
)

// Lapse declines the offers whose time is over, as far as one commit goes, and says whether there are more. Each takes its whole job
// from somebody: of big ones, fewer go into a commit.
func (e *Engine) Lapse(ctx context.Context, id model.TenantID, now model.Instant) (more bool, err error) {
	for most := LapseBatch; ; most /= 2 {
		more, err = e.lapse(ctx, id, most, now)
		if !errors.Is(err, storage.ErrTooBig) || most == 1 || planted("lapse-of-fixed-size") {
			return more, err
		}
	}
}

func (e *Engine) lapse(ctx context.Context, id model.TenantID, most int, now model.Instant) (more bool, err error) {
	change, err := newIdent[model.ChangeID](e)
	if err != nil {
		return false, err
	}
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		more = t.lapseOffers(model.Write{Seq: t.seq(), Change: change, Occurred: t.now, Office: true}, most)
		t.rejudge() // who made a job sees it again when nobody has it
		return t.err
	})
	return more, err
}

func (t *tx) lapseOffers(w model.Write, left int) (more bool) {
	for key := range t.r.Rows(storage.TableOffers, "", "") {
		by, id := parseOfferKey(key)
		if by >= t.now { // what happens in its last moment is in time
			return false
		}
		a := t.live(id)
		switch {
		case left == 0:
			return true
		case a == nil || !isOffer(a) || a.Value(model.AssignmentAnswerBy) != instant(by):
			t.remove(storage.TableOffers, key)
			left--
			continue
		case t.mayAnswer(model.UserID(model.RefOf(a.Value(model.AssignmentUser))), by) && !planted("expiry-waits-for-nobody"):
			continue
		}
		left--
		t.remove(storage.TableOffers, key)
		t.setDerived(a, model.AssignmentLapsed, instant(by), w)
		t.derive(t.record(id), w)
	}
	return false
}

// mayAnswer says whether an answer of before the deadline may be on its way: a phone that the person is signed in on was not
// heard from since, or says that it has something unsent. What a phone hands in after its session claims nothing (F8).
func (t *tx) mayAnswer(u model.UserID, by model.Instant) bool {
	if t.now-by >= LapseGrace {
		return false
	}
	for _, s := range t.slots(u) {
		if d, ok := t.device(s.Device); ok && s.Live && !t.lapsed(s.Since, d.Seen) && (d.Seen <= by || d.Report.Unsent > 0) {
			return true
		}
	}
	return false
}

// isOffer says whether an assignment waits for a person's answer. One to a company waits for who goes, and never lapses.
func isOffer(a *model.Record) bool {
	return a.Value(model.AssignmentState).Text() == workflow.StateOffered && !a.Value(model.AssignmentUser).IsNull()
}

// offers says of a new assignment by when it wants an answer.
func (t *tx) offers(a *model.Record, w model.Write) {
	if by := t.answerBy(t.record(a.Parent()), a, a.Value(model.AssignmentSince).Int()); !by.IsNull() {
		a.Set(model.AssignmentAnswerBy, by, w)
	}
}

// answerBy is by when an offer wants an answer: as its job says, unless that was over when it was made, else as the company
// says of every offer. What needs no answer, and what a company is offered, wants none; nor does what phones do not carry yet: nobody
// has been shown it.
func (t *tx) answerBy(job, a *model.Record, since int64) model.Value {
	if t.tenant.Settings.AutoAccept || a.Value(model.AssignmentUser).IsNull() {
		return model.Null()
	}
	if by := job.Value(model.JobAnswerBy); !by.IsNull() && by.Int() > since {
		return by
	}
	if stands := t.tenant.Settings.OfferStands; stands > 0 && (!t.outside(job.ID) || planted("offers-lapse-unseen")) {
		return model.Int(since + stands)
	}
	return model.Null()
}

// fileOffer keeps an offer where its time finds it. What was answered meanwhile leaves when that has come.
func (t *tx) fileOffer(a *model.Record) {
	by := a.Value(model.AssignmentAnswerBy)
	if by.IsNull() || !isOffer(a) {
		return
	}
	if key := offerKey(model.Instant(by.Int()), a.ID); !t.has(storage.TableOffers, key) {
		t.put(storage.TableOffers, key, nil)
	}
}

// reoffers tells the offers of a job that it wants an answer by another time.
func (t *tx) reoffers(job *model.Record, w model.Write) {
	if by, ok := job.Cell(model.JobAnswerBy); !ok || job.Writes[by.Write].Seq != t.seq() {
		return
	}
	for _, a := range t.below(job.ID, model.Assignments) {
		if isOffer(a) {
			t.setDerived(a, model.AssignmentAnswerBy, t.answerBy(job, a, a.Value(model.AssignmentSince).Int()), w)
			t.fileOffer(t.record(a.ID))
		}
	}
}

// carried tells the offers of a job that phones carry it from now on, or do not any more: an answer is wanted from when it is shown.
func (t *tx) carried(job *model.Record) {
	if job == nil {
		return
	}
	for _, a := range t.below(job.ID, model.Assignments) {
		if isOffer(a) {
			w := model.Write{Seq: t.seq(), Change: t.serverChange(a.ID), Occurred: t.now, Office: true}
			t.setDerived(a, model.AssignmentAnswerBy, t.answerBy(job, a, int64(t.now)), w)
			t.fileOffer(t.record(a.ID))
		}
	}
}

func offerKey(by model.Instant, a model.RecordID) string {
	return string(append(binary.BigEndian.AppendUint64(nil, uint64(by)), a[:]...))
}

func parseOfferKey(key string) (by model.Instant, a model.RecordID) {
	return model.Instant(binary.BigEndian.Uint64([]byte(key[:8]))), model.RecordID([]byte(key[8:]))
}
