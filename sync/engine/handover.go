package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A person who leaves is out in one commit, and so is their open work, when it fits. What does not is written down in that
// commit, assignment by assignment, and goes in commits of its own. Nobody who has left is given anything, so that the list is all
// there is; what they are given when they are back is not on it (domain W32, W33).

// HandoverBatch is how many open assignments one commit takes from a person at most. Of big jobs, fewer go into one.
const HandoverBatch = 200

// HandOver goes on with taking open work from people who have left, as far as one commit goes, and says how many jobs are still
// to be taken. u is whose; zero: everybody's. The heir of an heir who has left since gets it in their place.
func (e *Engine) HandOver(ctx context.Context, id model.TenantID, u model.UserID, now model.Instant) (toGo int, err error) {
	change, err := newIdent[model.ChangeID](e)
	if err != nil {
		return 0, err
	}
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		toGo = t.handOver(u, model.Write{Seq: t.seq(), Change: change, Occurred: t.now, Office: true})
		t.rejudge()
		return t.err
	})
	return toGo, err
}

// leavesWork takes the open work of somebody who leaves, or writes down what of it is still to be taken.
func (t *tx) leavesWork(out *Left, work foundWork, h storage.Handover, w model.Write) {
	u, jobs := out.Account.User, map[model.RecordID]bool{}
	for _, a := range t.openWork(work, u) {
		jobs[a.Parent()] = true
		t.put(storage.TableHandover, handoverKey(u, a.ID), h.Append(nil))
	}
	out.Jobs, out.ToGo = len(jobs), t.handOver(u, w)
	if planted("rest-forgotten") {
		for _, key := range t.keys(storage.TableHandover, handovers(u)) {
			t.remove(storage.TableHandover, key)
		}
	}
	t.rejudge()
}

// handOver takes what is written down of somebody's open work, as much of it as fits beside what the commit holds already, and says of how
// many jobs it did not. What alone is a commit is taken whatever it comes to.
func (t *tx) handOver(u model.UserID, w model.Write) (toGo int) {
	size := t.size()
	for i, key := range t.keys(storage.TableHandover, handovers(u)) {
		if i == HandoverBatch {
			break
		}
		before := t.fork()
		t.handOverOne(key, w)
		grown := size + t.grown(before)
		if size > 0 && t.tooBig(grown) {
			t.drop(before)
			break
		}
		size = grown
	}
	return t.toGo(u)
}

// handOverOne takes a job from somebody, as the office's withdrawal does, and gives it to who takes their place.
func (t *tx) handOverOne(key string, w model.Write) {
	h, _ := get(t, storage.TableHandover, key, storage.ParseHandover)
	t.remove(storage.TableHandover, key)
	u, id := parseHandoverKey(key)
	a := t.live(id)
	if !t.isOpen(a, u) {
		return // done, or taken from them, meanwhile
	}
	w.Author = h.By
	t.setDerived(a, model.AssignmentWithdrawn, model.Int(int64(t.now)), w)
	t.settle(id)
	t.derive(t.record(id), w)
	if heir := t.inPlaceOf(h.Heir); !heir.IsZero() {
		t.handOn(a, heir, w)
	}
}

// inPlaceOf is an heir, or who has taken their place since; zero: nobody.
func (t *tx) inPlaceOf(heir model.UserID) model.UserID {
	for range 16 { // places are not passed round in a circle for long
		a, ok := get(t, storage.TableAccounts, string(heir[:]), storage.ParseAccount)
		if !ok || a.Active {
			return a.User
		}
		heir = a.Heir
	}
	return model.UserID{}
}

// toGo is of how many jobs somebody's work is still to be taken.
func (t *tx) toGo(u model.UserID) int {
	jobs := map[model.RecordID]bool{}
	for _, key := range t.keys(storage.TableHandover, handovers(u)) {
		if _, id := parseHandoverKey(key); t.record(id) != nil {
			jobs[t.record(id).Parent()] = true
		}
	}
	return len(jobs)
}

// handovers is what the keys of somebody's work begin with; of everybody's with zero.
func handovers(u model.UserID) string {
	if u.IsZero() {
		return ""
	}
	return string(u[:])
}

func handoverKey(u model.UserID, a model.RecordID) string { return string(u[:]) + string(a[:]) }

func parseHandoverKey(key string) (u model.UserID, a model.RecordID) {
	return model.UserID([]byte(key[:16])), model.RecordID([]byte(key[16:]))
}
