package engine_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestR4_TapsOfOneMomentKeepTheirOrder(t *testing.T) { found(t, taps(t)) }

// taps ends a job 5 ms after starting it, by a mark that was heard between the two and says 20 ms less, in two pushes: the end
// comes after the start, whatever their ids.
func taps(t *testing.T) string {
	t.Helper()
	for range 8 { // the ids decide where instants are shared, and they are random
		store := memstore.New(1 << 32)
		c := newCompanyOn(t, store)
		c.configure(func(x *model.Settings) { x.AutoAccept, x.CompletionRule = true, model.CompleteAny })
		job, _ := c.newJob(c.ben, 0)
		phone := c.phone(c.ben, model.Mobile)
		heard := c.now - 500
		start, done := c.visit(c.ben, job, "start"), c.visit(c.ben, job, "done")
		start.Occurred = model.Occurrence{Wall: heard + 100, Elapsed: 100, Clock: model.Clock{User: c.ben, Boot: 1, Mark: heard}}
		done.Occurred = model.Occurrence{Wall: heard + 105, Elapsed: 5, Clock: model.Clock{User: c.ben, Boot: 1, Mark: heard + 80}}
		done.After = []model.ChangeID{start.ID}
		for _, ch := range []model.Change{start, done} {
			c.contents[ch.Body] = ch
			c.applied(phone, ch)
		}
		began, ended := eventAt(c, store, start), eventAt(c, store, done)
		if ended <= began || ended > began+20 {
			return fmt.Sprintf("the start at %d, the end at %d", began, ended)
		}
	}
	return ""
}

func eventAt(c *company, store storage.Store, ch model.Change) (at model.Instant) {
	c.t.Helper()
	err := store.View(c.t.Context(), c.id, func(r storage.Reader) error {
		if rec, ok := r.Record(ch.Record); ok {
			at = model.Instant(rec.Value(model.VisitEventAt).Int())
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}
