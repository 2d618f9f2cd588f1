package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// holds says that the device holds the checkpoint of its cursor, and nothing was sent to it after.
func (d *device) holds(n model.Note) {
	d.c.t.Helper()
	n.Cursor, n.Latest = d.cursor, true
	d.notes(n)
}

func (d *device) notes(n model.Note) {
	d.c.t.Helper()
	if err := d.c.e.Note(d.c.t.Context(), d.conn, n, d.c.now); err != nil {
		d.c.t.Fatal(err)
	}
}

// confirmation is how far the device has followed, as the office is told.
func (d *device) confirmation() model.Confirmation {
	d.c.t.Helper()
	return d.known().Confirmation
}

// known is the device as the office is told of it.
func (d *device) known() model.KnownDevice {
	d.c.t.Helper()
	all, err := d.c.e.Devices(d.c.t.Context(), d.c.id)
	if err != nil {
		d.c.t.Fatal(err)
	}
	for _, k := range all {
		if k.Device == d.conn.Device {
			return k
		}
	}
	d.c.t.Fatal("no such device")
	return model.KnownDevice{}
}

func TestS20_AChangeOfRightsIsConfirmedByItsCheckpoint(t *testing.T) { found(t, confirming(t)) }

// confirming narrows a phone and follows it: not confirmed before, not by a checkpoint of before, not by what is sent, and
// confirmed once, by the checkpoint of after.
func confirming(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.made(model.Customers, set(2, model.Text("ACME")))
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed != c.now || k.Checkpoint != c.now {
		return fmt.Sprintf("the first sync: %+v", k)
	}
	old := *d
	c.now += 1000
	if _, err := c.e.ChangeLevels(t.Context(), c.id, hides(c.ben), c.now); err != nil {
		t.Fatal(err)
	}
	changed := c.now
	old.notes(model.Note{Cursor: old.cursor}) // a checkpoint of before is acknowledged late
	if k := d.confirmation(); k.Change.At != changed || k.Change.What != "levels" || k.Confirmed != 0 || k.Sent != 0 {
		return fmt.Sprintf("after the change: %+v", k)
	}
	p, err := c.e.Pull(t.Context(), model.Pull{Connection: d.conn, Cursor: d.cursor}, c.now)
	if err != nil || len(p.Retracts) == 0 {
		t.Fatalf("the retraction: %+v, %v", p, err)
	}
	c.now += 1000
	d.notes(model.Note{Sent: old.cursor})
	if k := d.confirmation(); k.Sent != 0 {
		return fmt.Sprintf("a page of before the change counts as its purge: %+v", k)
	}
	d.notes(model.Note{Cursor: old.cursor, Sent: p.Cursor})
	if k := d.confirmation(); k.Sent != c.now || k.Confirmed != 0 {
		return fmt.Sprintf("sent: %+v", k)
	}
	d.sync()
	c.now += 1000
	d.holds(model.Note{Taken: model.Taken{Records: 1, Masks: 2}})
	confirmed := c.now
	if k := d.confirmation(); k.Confirmed != confirmed || k.Change.At != changed {
		return fmt.Sprintf("confirmed: %+v", k)
	}
	c.now += 120_000
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed != confirmed {
		return fmt.Sprintf("confirmed again: %+v", k)
	}
	var told []string
	for _, a := range audited(t, store, c.id) {
		if a.Kind == model.AuditSent || a.Kind == model.AuditConfirmed {
			told = append(told, a.Kind.String()+": "+a.Detail)
			if a.From.Device != d.conn.Device {
				return fmt.Sprintf("the audit says that it came from device %s, want %s", a.From.Device, d.conn.Device)
			}
		}
	}
	if want := "[rights confirmed: levels: 0 records taken back, fields of 0 collections rights sent: levels rights confirmed: levels: 1 records taken back, fields of 2 collections]"; fmt.Sprint(told) != want {
		return fmt.Sprintf("the audit says %v, want %v", told, want)
	}
	return ""
}

// TestS7_WhatNobodySeesIsConfirmedWithoutAFrame: a change of rights that shows nothing makes no page, and a device that
// holds all there is counts as having confirmed it; one that does not has not.
func TestS7_WhatNobodySeesIsConfirmedWithoutAFrame(t *testing.T) {
	c := newCompany(t)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	c.now += 1000
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileAssignJobs: access.On})
	if p, err := c.e.Pull(t.Context(), model.Pull{Connection: d.conn, Cursor: d.cursor}, c.now); p != nil || err != nil {
		t.Fatalf("a page %+v, %v; want none", p, err)
	}
	d.notes(model.Note{Cursor: d.cursor}) // something was sent after
	if k := d.confirmation(); k.Confirmed != 0 {
		t.Errorf("with a page on the way: %+v", k)
	}
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed != c.now {
		t.Errorf("with nothing on the way: %+v", k)
	}
	c.newJob(c.ben, 0)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileAssignJobs: access.Off})
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed != 0 {
		t.Errorf("with something to say: %+v", k)
	}
}

// TestS20_ARestoredPhoneHasConfirmedNothing: an old backup is an old cursor; what was confirmed since is not so any more.
func TestS20_ARestoredPhoneHasConfirmedNothing(t *testing.T) {
	c := newCompany(t)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	old := d.cursor
	job, _ := c.newJob(c.ben, 0)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: access.Off})
	d.want("assigned", true, job)
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed == 0 {
		t.Fatalf("%+v", k)
	}
	d.notes(model.Note{Cursor: old}) // word of an older connection
	if k := d.confirmation(); k.Confirmed == 0 {
		t.Errorf("an older connection's word: %+v", k)
	}
	d.notes(model.Note{Cursor: old, Resumed: true})
	if k := d.confirmation(); k.Confirmed != 0 {
		t.Errorf("the backup: %+v", k)
	}
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed == 0 {
		t.Errorf("and on again: %+v", k)
	}
}

// TestW52_WhatIsUnassignedIsToBeConfirmed: a job that goes, and a customer that goes with it, are a change of what its worker
// sees, by whoever took it; a deletion is not.
func TestW52_WhatIsUnassignedIsToBeConfirmed(t *testing.T) {
	c := newCompany(t)
	customer := c.made(model.Customers, set(2, model.Text("ACME")))
	job, asg := c.jobFor(c.ben, customer)
	other, _ := c.newJob(c.ben, 0)
	d := c.device(c.ben, model.Mobile)
	d.want("assigned", true, job, customer)
	d.holds(model.Note{})
	if k := d.confirmation(); k.Change.At != 0 {
		t.Fatalf("before: %+v", k)
	}
	c.push(c.office(), c.remover(c.amy, model.Jobs, other))
	if k := d.confirmation(); k.Change.At != 0 {
		t.Errorf("a deletion: %+v", k)
	}
	c.want(c.push(c.office(), c.withdraw(job, asg))[0], model.OutcomeApplied, 0)
	if k := d.confirmation(); k.Change != (model.RightsChange{At: c.now, By: c.amy, What: "unassigned"}) || k.Confirmed != 0 {
		t.Errorf("unassigned: %+v", k)
	}
	d.want("unassigned", false, job, customer)
	d.holds(model.Note{})
	if k := d.confirmation(); k.Confirmed != c.now {
		t.Errorf("and confirmed: %+v", k)
	}
}

// TestI13_FollowingCostsNoCommits: what is no news is noted once a minute, and with the connection's end.
func TestI13_FollowingCostsNoCommits(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	head := func() (h storage.Head) {
		if err := store.View(context.Background(), c.id, func(r storage.Reader) error {
			h = r.Head()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return h
	}
	follow := func(n model.Note, want int, why string) {
		t.Helper()
		job, _ := c.newJob(c.ben, 0)
		d.want("assigned", true, job)
		before := head().Seq
		d.holds(n)
		if got := int(head().Seq - before); got != want {
			t.Errorf("%s: %d commits, want %d", why, got, want)
		}
	}
	follow(model.Note{}, 0, "a checkpoint")
	follow(model.Note{Over: true}, 1, "the last of a connection")
	follow(model.Note{}, 0, "the next")
	c.now += 60_000
	follow(model.Note{Report: &model.Report{}}, 1, "a minute later, with the report")
	before := head().Seq
	c.now += 60_000
	d.holds(model.Note{})
	if head().Seq != before {
		t.Error("a device to which nothing was sent costs a commit")
	}
}

// TestF6_AReportWithNewsIsStoredAtOnce: within the minute too; and what wobbles from ping to ping is not.
func TestF6_AReportWithNewsIsStoredAtOnce(t *testing.T) { found(t, reportNews(t)) }

func reportNews(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	d := c.device(c.ben, model.Mobile)
	last := model.Report{Unsent: 1, Space: 1000, Skew: 100, Version: "1.0"}
	d.notes(model.Note{Report: &last})
	for _, step := range []struct {
		why  string
		is   model.Report
		news bool
	}{
		{"the same", last, false},
		{"jitter", model.Report{Unsent: 1, Space: 1100, Skew: 2100, Version: "1.0"}, false},
		{"jitter the other way", model.Report{Unsent: 1, Space: 900, Skew: -1900, Version: "1.0"}, false},
		{"a clock put forward", model.Report{Unsent: 1, Space: 1000, Skew: 2101, Version: "1.0"}, true},
		{"a clock put back", model.Report{Unsent: 1, Space: 1000, Skew: 100, Version: "1.0"}, true},
		{"less space", model.Report{Unsent: 1, Space: 899, Skew: 100, Version: "1.0"}, true},
		{"more space", model.Report{Unsent: 1, Space: 1000, Skew: 100, Version: "1.0"}, true},
		{"another app", model.Report{Unsent: 1, Space: 1000, Skew: 100, Version: "1.1"}, true},
		{"another number", model.Report{Unsent: 2, Space: 1000, Skew: 100, Version: "1.1"}, true},
	} {
		c.now += 1000
		d.notes(model.Note{Report: &step.is})
		want := last
		if step.news {
			want = step.is
		}
		if got := d.known().Report; got != want {
			return fmt.Sprintf("%s: the office is told %+v, want %+v", step.why, got, want)
		}
		last = want
	}
	return ""
}

// TestD5_RightsThatCannotBeReadServeAndRetractNothing: with a level that this build does not know, and with an account's row that
// cannot be read, a device gets no page, nothing is taken from it, and nothing counts as confirmed; with the row back it goes
// on where it was.
func TestD5_RightsThatCannotBeReadServeAndRetractNothing(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	job, _ := c.newJob(c.ben, 0)
	d := c.device(c.ben, model.Mobile)
	d.holds(model.Note{})
	good := c.account(c.ben).Append(nil)
	unknown := c.account(c.ben)
	unknown.Levels = []byte("?")
	for what, row := range map[string][]byte{"an unknown level": unknown.Append(nil), "a row that is cut": good[:len(good)/2], "no row": nil} {
		put := func(row []byte) {
			t.Helper()
			if _, err := store.Apply(t.Context(), c.id, 1, func(storage.Reader) (*storage.WriteSet, error) {
				return &storage.WriteSet{Rows: []storage.RowWrite{{Table: storage.TableAccounts, Key: string(c.ben[:]), Value: row}}}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		put(row)
		for _, pull := range []model.Pull{{Connection: d.conn, Cursor: d.cursor, Refresh: true}, {Connection: d.conn}} {
			if p, err := c.e.Pull(t.Context(), pull, c.now); err == nil || p != nil {
				t.Errorf("%s: page %+v, %v; want an error alone", what, p, err)
			}
		}
		_ = c.e.Note(t.Context(), d.conn, model.Note{Cursor: d.cursor, Latest: true}, c.now) // whether it says so is all the same
		put(good)
		if k := d.confirmation(); k.Confirmed != 0 {
			t.Errorf("%s: %+v", what, k)
		}
		d.want(what, true, job)
	}
}
