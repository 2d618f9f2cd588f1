package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// hides takes customers from a phone, unconfirmed.
func hides(u model.UserID) engine.LevelsChange {
	return engine.LevelsChange{User: u, Change: access.Change{Set: access.Mobile, Levels: map[string]string{"customers": "hidden"}}}
}

// lookers is so many engineers who may look customers up, each with a phone that is signed in.
func (c *company) lookers(n int) (out []*device) {
	c.t.Helper()
	sets := access.DefaultSets(model.Mobile)
	sets.Mobile[access.MobileCreateJob] = access.On
	for i := range n {
		login := fmt.Sprintf("looker%d", i)
		u, err := c.e.AddAccount(c.t.Context(), c.id, engine.NewAccount{Login: login, Name: login, Kind: model.Mobile, Levels: sets.Encode()}, c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, c.device(u, model.Mobile))
	}
	return out
}

// jobFor makes a job of a customer, and assigns it.
func (c *company) jobFor(u model.UserID, customer model.RecordID) (job, assignment model.RecordID) {
	c.t.Helper()
	job = c.made(model.Jobs, set(model.JobTitle, model.Text("Boiler")), set(model.JobCustomer, model.Ref(customer)))
	return job, c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(u)))
}

func (c *company) customers(n int) {
	c.t.Helper()
	for i := range n {
		c.made(model.Customers, set(2, model.Text(fmt.Sprint("customer ", i))))
	}
}

func TestB3_AChangeThatTakesMuchIsAsked(t *testing.T) { found(t, asking(t)) }

// asking hides 100 customers from a phone: that is more than half of what it holds, so it is told how much it takes and from
// whom, changes nothing, and is done when it is confirmed. What the feed then takes is what was told.
func asking(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	c.customers(99)
	d := c.lookers(1)[0]
	rehearsed := hides(d.conn.User)
	rehearsed.Rehearse = true
	if out, err := c.changed(rehearsed); err != nil || out.Toll.Asks || out.Toll.Devices[0].Takes != 99 {
		return fmt.Sprintf("99 records: %+v, %v", out.Toll, err)
	}
	c.customers(1)
	d.sync()
	held := len(d.rows)
	out, err := c.changed(rehearsed)
	want := model.TollOf{User: d.conn.User, Login: "looker0", Device: d.conn.Device, Label: "phone", Takes: 100, Of: held}
	if err != nil || !out.Toll.Asks || len(out.Toll.Devices) != 1 || out.Toll.Devices[0] != want {
		return fmt.Sprintf("the rehearsal: %+v, %v; want %+v", out.Toll, err, want)
	}
	toll, refused := errors.AsType[*engine.TollError](errOf(c.changed(hides(d.conn.User))))
	if !refused || len(toll.Toll.Devices) != 1 || toll.Toll.Devices[0] != want {
		return fmt.Sprintf("unconfirmed it is %v", toll)
	}
	if d.sync(); len(d.rows) != held {
		return "what was refused has taken something"
	}
	confirmed := hides(d.conn.User)
	confirmed.Confirmed = true
	if out, err = c.changed(confirmed); err != nil || out.Toll.Devices[0] != want {
		return fmt.Sprintf("confirmed: %+v, %v", out.Toll, err)
	}
	if d.sync(); len(d.rows) != held-want.Takes {
		return fmt.Sprintf("%d records went, want the %d that were told", held-len(d.rows), want.Takes)
	}
	return ""
}

func errOf[T any](_ T, err error) error { return err }

// TestB3_WhatIsKeptIsNotTaken: a customer that a job shows too stays, a device that is signed out has nothing taken from it,
// and what a change gives takes nothing.
func TestB3_WhatIsKeptIsNotTaken(t *testing.T) {
	c := newCompany(t)
	c.customers(10)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	kept := c.made(model.Customers, set(2, model.Text("ACME")))
	c.jobFor(c.ben, kept)
	d := c.device(c.ben, model.Mobile)
	takes := func(permission, level string) (n int) {
		t.Helper()
		out, err := c.changed(engine.LevelsChange{User: c.ben, Ask: engine.Ask{Rehearse: true}, Change: access.Change{
			Set: access.Mobile, Levels: map[string]string{permission: level},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range out.Toll.Devices {
			n += one.Takes
		}
		return n
	}
	if got := takes("create_job", "off"); got != 10 {
		t.Errorf("without the directory %d go, want 10: one is that of a job", got)
	}
	if got := takes("customers", "hidden"); got < 11 {
		t.Errorf("hidden, %d go, want all 11 customers", got)
	}
	if got := takes("invoices", "full"); got != 0 {
		t.Errorf("a gain takes %d", got)
	}
	d.sync()
	if got := takes("enabled", "off"); got != len(d.rows) {
		t.Errorf("the end of mobile access takes %d, want all %d", got, len(d.rows))
	}
	c.end(c.ben, model.EndOffice)
	if got := takes("customers", "hidden"); got != 0 {
		t.Errorf("from a device that is signed out %d go", got)
	}
}

// TestB3_ASettingThatTouchesManyIsAsked: more than the number of devices in the settings; the settings themselves say how many.
func TestB3_ASettingThatTouchesManyIsAsked(t *testing.T) {
	c := newCompany(t)
	var jobs []model.RecordID
	for _, d := range c.lookers(3) {
		c.level(d.conn.User, model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden})
		job, _ := c.newJob(d.conn.User, 0)
		jobs = append(jobs, job)
	}
	for _, job := range jobs {
		c.made(model.JobCards, set(model.FieldParent, model.Ref(job)))
	}
	configure := func(ask engine.Ask, change func(*model.Settings)) (model.Toll, error) {
		s := setting(change)
		s.Ask, s.By = ask, c.amy
		return c.e.Configure(t.Context(), c.id, s, c.now)
	}
	travel := func(s *model.Settings) { s.HiddenJobCard = model.CardAddressOnTravel }
	if _, err := configure(engine.Ask{}, func(s *model.Settings) { s.AskDevices = 2 }); err != nil {
		t.Fatal(err)
	}
	if toll, err := configure(engine.Ask{Rehearse: true}, travel); err != nil || !toll.Asks || len(toll.Devices) != 3 {
		t.Errorf("the rehearsal: %+v, %v", toll, err)
	}
	if _, refused := errors.AsType[*engine.TollError](errOf(configure(engine.Ask{}, travel))); !refused {
		t.Error("three devices where two may pass are not asked about")
	}
	if s, err := c.e.Settings(t.Context(), c.id); err != nil || s.HiddenJobCard != model.CardSiteOnly {
		t.Errorf("what was refused, or rehearsed, left %v, %v", s.HiddenJobCard, err)
	}
	if toll, err := configure(engine.Ask{Confirmed: true}, travel); err != nil || len(toll.Devices) != 3 {
		t.Errorf("confirmed: %+v, %v", toll, err)
	}
}

// TestB3_WhoSetsIsAskedInTheCommit: an administrator's right that goes between the request and its commit is gone.
func TestB3_WhoSetsIsAskedInTheCommit(t *testing.T) { found(t, governing(t)) }

func governing(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	for by, want := range map[model.UserID]string{
		c.without("planner", access.WebAdmin): "beyond", c.ben: "token", {9}: "token", c.amy: "", {}: "",
	} {
		s := setting(func(s *model.Settings) { s.AskDevices++ })
		s.By = by
		_, err := c.e.Configure(t.Context(), c.id, s, c.now)
		_, beyond := errors.AsType[*access.BeyondError](err)
		if ok := beyond == (want == "beyond") && errors.Is(err, model.ErrToken) == (want == "token") && (err == nil) == (want == ""); !ok {
			return fmt.Sprintf("settings by %s: %v, want %q", by, err, want)
		}
	}
	return ""
}

// TestW50_ClosingACompanyIsAskedLikeAnyOther: a company's access takes all from its people's devices.
func TestW50_ClosingACompanyIsAskedLikeAnyOther(t *testing.T) {
	c := newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Subs Ltd")))
	if _, err := c.e.Link(t.Context(), c.caller(c.amy), c.sue, company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	c.newJob(c.sue, 120)
	d := c.device(c.sue, model.Subcontractor)
	closes := func(ask engine.Ask) (engine.AccessChanged, error) {
		return c.e.ClosePartner(t.Context(), c.caller(c.amy), company, c.amy, ask, c.now)
	}
	out, err := closes(engine.Ask{Rehearse: true})
	if err != nil || !out.Toll.Asks || len(out.Ended) != 1 || out.Toll.Devices[0].Takes != len(d.rows) || out.Toll.Devices[0].Of != len(d.rows) {
		t.Errorf("the rehearsal: %+v, %v; the device holds %d", out, err, len(d.rows))
	}
	if _, refused := errors.AsType[*engine.TollError](errOf(closes(engine.Ask{}))); !refused {
		t.Error("closing is not asked about")
	}
	if _, err := c.e.Pull(t.Context(), model.Pull{Connection: d.conn, Cursor: d.cursor}, c.now); err != nil {
		t.Errorf("what was refused ended the session: %v", err)
	}
	if out, err = closes(engine.Ask{Confirmed: true}); err != nil || len(out.Ended) != 1 {
		t.Errorf("confirmed: %+v, %v", out, err)
	}
	if k := d.confirmation(); k.Change.What != "company closed" || k.Change.By != c.amy || k.Confirmed != 0 {
		t.Errorf("the office is told %+v", k)
	}
}
