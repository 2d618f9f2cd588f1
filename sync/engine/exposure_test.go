package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// exposure is what the office is told that a device held, page by page.
func (c *company) exposure(by model.Caller, d model.DeviceID) (model.Exposure, error) {
	c.t.Helper()
	var all []model.Exposed
	for q := (model.ExposureQuery{Device: d, Limit: 3}); ; {
		x, err := c.e.Exposure(c.t.Context(), by, q, by.User, c.now)
		if err != nil {
			return x, err
		}
		all = append(all, x.Records...)
		if q.After = x.Next; x.Next.IsZero() {
			x.Records = all
			return x, nil
		}
	}
}

// exposed is the ids of what is said to have been held, or to have come later, ascending.
func exposed(x model.Exposure, later bool) (ids []model.RecordID) {
	for _, r := range x.Records {
		if r.Later == later {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func sorted(rows map[model.RecordID]map[model.FieldNo]model.Value) []model.RecordID {
	return slices.SortedFunc(maps.Keys(rows), model.RecordID.Compare)
}

func TestF5_ExposureIsWhatTheDeviceHeld(t *testing.T) { found(t, exposes(t)) }

// exposes compares what is told of a lost phone with what it holds: right after its checkpoint, and after a job was taken away,
// another was deleted, one was taken and given again, customers were hidden and given back, and the session ended. What was assigned meanwhile may have been
// sent; what came after the end was not.
func exposes(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	c.customers(4)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	taken, asg := c.newJob(c.ben, 2)
	deleted, _ := c.newJob(c.ben, 0)
	again, first := c.newJob(c.ben, 0)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	at, amy := c.now, c.caller(c.amy)
	x, err := c.exposure(amy, d.conn.Device)
	if err != nil || x.At != at || x.Superset || x.User != c.ben || !slices.Equal(exposed(x, false), sorted(d.rows)) || len(exposed(x, true)) > 0 {
		return fmt.Sprintf("at once: %+v, %v; it holds %d records", x, err, len(d.rows))
	}
	c.want(c.push(c.office(), c.withdraw(taken, asg))[0], model.OutcomeApplied, 0)
	c.push(c.office(), c.remover(c.amy, model.Jobs, deleted))
	c.want(c.push(c.office(), c.withdraw(again, first))[0], model.OutcomeApplied, 0)
	c.made(model.Assignments, under(again), set(model.AssignmentUser, model.Ref(c.ben)))
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On, access.MobileCustomers: access.Hidden})
	later, _ := c.newJob(c.ben, 0)
	c.mark(d.conn.Device, engine.DeviceLost)
	after, _ := c.newJob(c.ben, 0)
	c.customers(1)
	x, err = c.exposure(amy, d.conn.Device)
	if err != nil || x.State != "lost" || !slices.Equal(exposed(x, false), sorted(d.rows)) {
		return fmt.Sprintf("after all that: %d held, %v; it holds %d records", len(exposed(x, false)), err, len(d.rows))
	}
	if ids := exposed(x, true); !slices.Contains(ids, later) || slices.Contains(ids, after) {
		return fmt.Sprintf("later: %v; want %s, and not %s", ids, later, after)
	}
	for _, r := range x.Records {
		if r.Deleted != (r.ID == deleted) && !c.gone(r.ID) {
			return fmt.Sprintf("%+v", r)
		}
		if r.Collection == model.Customers && r.Name == "" {
			return fmt.Sprintf("a customer without a name: %+v", r)
		}
	}
	if x.Counts[model.Customers] != 4 {
		return fmt.Sprintf("%d customers, want 4", x.Counts[model.Customers])
	}
	return ""
}

// gone says whether a record is not there for the office any more.
func (c *company) gone(id model.RecordID) bool {
	look, err := c.e.Look(c.t.Context(), c.caller(c.amy), []model.RecordID{id})
	return err == nil && len(look.Records) == 0
}

func TestS20_ExposureIsForWhoSeesIt(t *testing.T) { found(t, exposureProjected(t)) }

// exposureProjected asks as somebody of the office who sees no customers: they are told of none, nor how many there are, whatever
// there is, and that this is not all.
func exposureProjected(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	customer := c.made(model.Customers, set(2, model.Text("ACME")))
	gone := c.made(model.Customers, set(2, model.Text("Gone")))
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	c.newJob(c.ben, 0)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	c.push(c.office(), c.remover(c.amy, model.Customers, gone))
	planner := c.without("pia", access.WebCustomers)
	x, err := c.exposure(c.caller(planner), d.conn.Device)
	if err != nil || !x.Narrowed || len(x.Records) == 0 {
		return fmt.Sprintf("%+v, %v", x, err)
	}
	for _, r := range x.Records {
		if r.ID == customer || r.ID == gone || r.Collection == model.Customers {
			return fmt.Sprintf("who sees no customers is told of %+v", r)
		}
	}
	if _, counted := x.Counts[model.Customers]; counted {
		return fmt.Sprintf("customers are counted: %v", x.Counts)
	}
	if full, err := c.exposure(c.caller(c.amy), d.conn.Device); err != nil || full.Counts[model.Customers] != 2 {
		return fmt.Sprintf("who sees them is told of %v, %v", full.Counts, err)
	}
	blind := c.without("bob", access.WebJobs, access.WebSchedule)
	if _, err := c.exposure(c.caller(blind), d.conn.Device); !errors.Is(err, model.ErrLevel) {
		return fmt.Sprintf("who does not see whose jobs are whose: %v", err)
	}
	if _, err := c.exposure(c.caller(c.amy), model.DeviceID{1}); !errors.Is(err, model.ErrUnknown) {
		return fmt.Sprintf("no such device: %v", err)
	}
	return ""
}

func TestF5_AnOldExposureIsASuperset(t *testing.T) { found(t, oldExposure(t)) }

// oldExposure asks about a phone that was lost longer ago than exits are kept: what it is said to have held is no less than what
// it held, and is said to be more.
func oldExposure(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	c.customers(2)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	taken, asg := c.newJob(c.ben, 0)
	d := c.device(c.ben, model.Mobile)
	if x, err := c.exposure(c.caller(c.amy), d.conn.Device); err != nil || !x.Superset || x.At != 0 {
		return fmt.Sprintf("nothing is confirmed: %+v, %v", x, err)
	}
	d.holds(model.Note{})
	c.want(c.push(c.office(), c.withdraw(taken, asg))[0], model.OutcomeApplied, 0)
	c.mark(d.conn.Device, engine.DeviceLost)
	for range 50 {
		c.now += day
		if err := c.e.Sweep(t.Context(), c.id, 0, c.now); err != nil {
			t.Fatal(err)
		}
	}
	unsent, _ := c.newJob(c.ben, 0)
	x, err := c.exposure(c.caller(c.amy), d.conn.Device)
	if err != nil || !x.Superset {
		return fmt.Sprintf("after 50 days: %v, superset %v", err, x.Superset)
	}
	ids := exposed(x, false)
	for id := range d.rows {
		if !slices.Contains(ids, id) {
			return fmt.Sprintf("%s was held and is not told", id)
		}
	}
	if slices.Contains(ids, unsent) {
		return "a job of after its end is told"
	}
	return ""
}

func TestF5_ExposureKnowsWhatWasShownInBetween(t *testing.T) { found(t, exposedBetween(t)) }

// exposedBetween gives a phone the directory, which it is sent and never confirms, and takes it away again: while the phone is
// signed in, and after it was reported lost. It is asked of a phone that had confirmed a checkpoint before, and of one that had not.
func exposedBetween(t *testing.T) string {
	t.Helper()
	for _, confirmed := range []bool{true, false} {
		for _, lost := range []bool{true, false} {
			c := newCompany(t)
			c.customers(3)
			d := c.device(c.ben, model.Mobile)
			if confirmed {
				d.holds(model.Note{})
			}
			c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
			d.sync()
			if lost {
				c.mark(d.conn.Device, engine.DeviceLost)
			}
			c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden})
			x, err := c.exposure(c.caller(c.amy), d.conn.Device)
			if err != nil || x.Counts[model.Customers] != 3 {
				return fmt.Sprintf("confirmed %v, lost %v: %v customers, %v; it was sent 3", confirmed, lost, x.Counts[model.Customers], err)
			}
		}
	}
	return ""
}

func TestF5_ExposureGoesOnWithTheNextSession(t *testing.T) { found(t, exposedAgain(t)) }

// exposedAgain ends a session, and signs the same phone in again: what it is sent then and never confirms is told.
func exposedAgain(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	c.end(c.ben, model.EndOffice)
	c.now += 1000
	job, _ := c.newJob(c.ben, 0)
	again := c.device(c.ben, model.Mobile)
	if again.conn.Device != d.conn.Device || again.rows[job] == nil {
		t.Fatal("it is another device, or has no job")
	}
	if x, err := c.exposure(c.caller(c.amy), d.conn.Device); err != nil || !slices.Contains(exposed(x, true), job) {
		return fmt.Sprintf("%+v, %v; want the job of the second session", x, err)
	}
	return ""
}

// TestS20_ExposureIsAudited: whoever asks is noted.
func TestS20_ExposureIsAudited(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	d := c.device(c.ben, model.Mobile)
	if _, err := c.exposure(c.caller(c.amy), d.conn.Device); err != nil {
		t.Fatal(err)
	}
	all := audited(t, store, c.id)
	if last := all[len(all)-1]; last.Kind != model.AuditExposure || last.Actor.User != c.amy || last.Subject.ID != d.conn.Device || last.Subject.User != d.conn.User {
		t.Errorf("the audit ends with %+v", last)
	}
}
