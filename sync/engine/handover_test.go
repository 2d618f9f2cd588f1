package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestW32_MoreWorkThanACommitTakes: who leaves is out at once, whatever they leave behind, and that goes piece by piece, also
// after a crash between two of them.
func TestW32_MoreWorkThanACommitTakes(t *testing.T) { found(t, bigLeaver(t)) }

func bigLeaver(t *testing.T) string {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	var all []model.RecordID
	for range 3 {
		job, _ := c.bigJob(c.ben)
		all = append(all, job)
	}
	c.phone(c.ben, model.Mobile)
	left := c.deactivate(c.ben)
	if left.Jobs != 3 || left.ToGo == 0 || left.ToGo == 3 || len(left.Ended) != 1 || c.account(c.ben).Active {
		return fmt.Sprintf("%d jobs, %d to go, %d ends; want three, one or two of them to go, and the person out", left.Jobs, left.ToGo, len(left.Ended))
	}
	if again := c.deactivate(c.ben); again.ToGo != left.ToGo {
		return fmt.Sprintf("asked again, %d are to go, want %d", again.ToGo, left.ToGo)
	}
	broken := c.on(&crashing{store})
	if _, err := broken.e.HandOver(t.Context(), c.id, c.ben, c.now); !errors.Is(err, storage.ErrUnknown) {
		return fmt.Sprintf("a crash in a piece = %v", err)
	}
	c = c.on(store.Clone()) // what is on the disk is all that is known
	for toGo := left.ToGo; toGo > 0; {
		next, err := c.e.HandOver(t.Context(), c.id, model.UserID{}, c.now)
		if err != nil || next >= toGo {
			return fmt.Sprintf("of %d jobs %d are left, %v", toGo, next, err)
		}
		toGo = next
	}
	for _, job := range all {
		if status := c.value(job, model.JobStatus).Text(); status != "unassigned" {
			return "a job of who left is " + status
		}
	}
	if n := c.e.RowCount(c.id, storage.TableHandover); n != 0 {
		return fmt.Sprintf("%d rows stay of what is done", n)
	}
	return ""
}

// crashing is a store that never gets a commit to its disk.
type crashing struct{ storage.Store }

// Apply implements [storage.Store].
func (s *crashing) Apply(ctx context.Context, t model.TenantID, _ int, decide storage.Decide) (head storage.Head, err error) {
	err = s.View(ctx, t, func(r storage.Reader) error {
		_, err := decide(r)
		return err
	})
	return head, errors.Join(err, storage.ErrUnknown)
}

// TestW32_ManyJobs: a dry run tells of all of them.
func TestW32_ManyJobs(t *testing.T) {
	c := newCompany(t)
	for range engine.HandoverBatch + 1 {
		c.newJob(c.ben, 0)
	}
	rehearsed, err := c.e.Deactivate(t.Context(), c.id, engine.Leaving{User: c.ben, By: c.amy, Ask: engine.Ask{Rehearse: true}}, c.now)
	check(t, err)
	left := c.deactivate(c.ben)
	if rehearsed.Jobs != engine.HandoverBatch+1 || left.Jobs != rehearsed.Jobs || left.ToGo != 1 {
		t.Errorf("a dry run says %d jobs; then %d, of which %d to go", rehearsed.Jobs, left.Jobs, left.ToGo)
	}
	if toGo, err := c.e.HandOver(t.Context(), c.id, c.ben, c.now); err != nil || toGo != 0 {
		t.Errorf("%d to go, %v, want none", toGo, err)
	}
}

// TestW33_BigJobsAreHandedOn: each once, to the heir; and when that one has left meanwhile, to theirs.
func TestW33_BigJobsAreHandedOn(t *testing.T) {
	c := newCompany(t)
	cal := c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile))
	dan := c.worker("dan", model.Mobile, access.DefaultSets(model.Mobile))
	var all []model.RecordID
	for range 3 {
		job, _ := c.bigJob(c.ben)
		all = append(all, job)
	}
	done, err := c.replace(c.ben, cal)
	check(t, err)
	again, err := c.replace(c.ben, cal)
	check(t, err)
	if done.ToGo == 0 || again.ToGo != done.ToGo || again.Heir.User != cal {
		t.Fatalf("%d are to go, asked again %d", done.ToGo, again.ToGo)
	}
	_, err = c.replace(cal, dan)
	check(t, err)
	c.handsOver()
	for _, job := range all {
		if c.assigned(job, dan) != 1 || c.assigned(job, cal) != 0 || c.assigned(job, c.ben) != 0 {
			t.Errorf("dan is on a job %d times, cal %d, ben %d", c.assigned(job, dan), c.assigned(job, cal), c.assigned(job, c.ben))
		}
	}
}

// TestF6_WhoIsBackKeepsNewWork: what they left behind goes on to be taken, and nothing that they were given since.
func TestF6_WhoIsBackKeepsNewWork(t *testing.T) {
	c := newCompany(t)
	for range 3 {
		c.bigJob(c.ben)
	}
	if left := c.deactivate(c.ben); left.ToGo == 0 {
		t.Fatal("all of it fits")
	}
	_, err := c.e.Reactivate(t.Context(), c.id, c.ben, c.amy, c.now)
	check(t, err)
	job, _ := c.newJob(c.ben, 0)
	c.handsOver()
	list, err := c.e.List(t.Context(), c.caller(c.amy), model.Query{Collection: model.Jobs, Limit: 100})
	check(t, err)
	for _, s := range list.Records {
		if want := s.ID == job; (c.assigned(s.ID, c.ben) == 1) != want {
			t.Errorf("the new job: %v; that it is theirs: %v", want, !want)
		}
	}
}

// handsOver takes all that is still to be taken from who left.
func (c *company) handsOver() {
	c.t.Helper()
	for toGo := 1; toGo > 0; {
		var err error
		toGo, err = c.e.HandOver(c.t.Context(), c.id, model.UserID{}, c.now)
		check(c.t, err)
	}
}
