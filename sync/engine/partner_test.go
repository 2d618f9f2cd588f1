package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestW50_ACompanyIsClosedInOneCommit, and nothing of its people is live after it.
func TestW50_ACompanyIsClosedInOneCommit(t *testing.T) {
	found(t, closedCompany(t))
}

// closedCompany says what is wrong with closing a company whose people are connected.
func closedCompany(t *testing.T) string {
	t.Helper()
	ctx, c := context.Background(), newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Sub Ltd")))
	if _, err := c.e.Link(ctx, c.caller(c.amy), c.sue, company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	sue, ben := c.phone(c.sue, model.Subcontractor), c.phone(c.ben, model.Mobile)
	for range 2 { // closing twice is closing once
		if _, err := c.e.ClosePartner(ctx, c.caller(c.amy), company, c.amy, engine.Ask{}, c.now); err != nil {
			t.Fatal(err)
		}
	}
	late := c.shift(c.sue)
	if _, err := c.e.Push(ctx, sue, []model.Submitted{{Change: late, Number: 1}}, nil, c.now); !errors.As(err, new(*model.EndedError)) {
		return fmt.Sprintf("a push of a closed company's session = %v, want that it has ended", err)
	}
	if _, err := c.hand(c.sue, model.Subcontractor, "another phone").signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrClosed) {
		return fmt.Sprintf("a sign-in of a closed company = %v, want ErrClosed", err)
	}
	if a := c.push(ben, c.shift(c.ben)); a[0].Outcome != model.OutcomeApplied {
		t.Errorf("somebody else's push = %v", a[0])
	}
	sue.Lane = model.LaneHandIn
	if a := c.push(sue, late); a[0].Outcome != model.OutcomeApplied {
		t.Errorf("what was unsent = %v, %d; want it in", a[0].Outcome, a[0].Reason)
	}
	if err := c.e.OpenPartner(ctx, c.caller(c.amy), company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	c.phone(c.sue, model.Subcontractor)
	return ""
}

// TestW31_AnUnlinkedPortalSessionEnds in the commit that takes its company away.
func TestW31_AnUnlinkedPortalSessionEnds(t *testing.T) {
	found(t, unlinked(t))
}

// unlinked says what is wrong with taking a portal user's company away.
func unlinked(t *testing.T) string {
	t.Helper()
	ctx, c := context.Background(), newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Client Ltd")))
	cora, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{
		Login: "cora", Kind: model.Portal, Company: company, Levels: access.DefaultSets(model.Portal).Encode(),
	}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	h := c.hand(cora, model.Portal, "browser")
	if _, err := h.signIn(model.DeviceID{}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := c.e.Link(ctx, c.caller(c.amy), cora, model.RecordID{}, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	if live, err := c.e.Sessions(ctx, c.id); err != nil || len(live) > 0 {
		return fmt.Sprintf("%d sessions live, %v; want the unlinked one ended", len(live), err)
	}
	if _, err := h.signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrNoLink) {
		t.Errorf("an unlinked sign-in = %v, want ErrNoLink", err)
	}
	return ""
}

// TestW31_WhoIsLinked: portal users and subcontractors, to customers that are there.
func TestW31_WhoIsLinked(t *testing.T) {
	ctx, c := context.Background(), newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Client Ltd")))
	job, _ := c.newJob(c.ben, 0)
	for _, x := range []struct {
		who     model.UserID
		company model.RecordID
		want    error
	}{
		{c.ben, company, model.ErrInside},
		{c.amy, company, model.ErrInside},
		{c.sue, job, model.ErrPartner},
		{c.sue, model.RecordID{9}, model.ErrPartner},
		{model.UserID{9}, company, model.ErrUnknown},
		{c.sue, company, nil},
		{c.sue, company, nil},
		{c.sue, model.RecordID{}, nil},
	} {
		if _, err := c.e.Link(ctx, c.caller(c.amy), x.who, x.company, c.amy, engine.Ask{}, c.now); !errors.Is(err, x.want) {
			t.Errorf("Link(%s, %s) = %v, want %v", x.who, x.company, err, x.want)
		}
	}
	if p, err := c.e.Partner(ctx, c.caller(c.amy), company); err != nil || len(p.People) != 0 || p.Closed != 0 {
		t.Errorf("Partner = %+v, %v; want nobody", p, err)
	}
	for _, id := range []model.RecordID{job, {9}} {
		if _, err := c.e.Partner(ctx, c.caller(c.amy), id); !errors.Is(err, model.ErrPartner) {
			t.Errorf("Partner(%s) = %v, want ErrPartner", id, err)
		}
	}
}

// TestW50_WhoClosesIsAskedInTheCommit: rights that go between a request and its commit are gone, and a company that is
// hidden is none.
func TestW50_WhoClosesIsAskedInTheCommit(t *testing.T) {
	ctx, c := context.Background(), newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Sub Ltd")))
	var beyond *access.BeyondError
	for name, act := range map[string]func(by model.UserID) error{
		"close": func(by model.UserID) error {
			_, err := c.e.ClosePartner(ctx, c.caller(by), company, by, engine.Ask{}, c.now)
			return err
		},
		"open": func(by model.UserID) error {
			return c.e.OpenPartner(ctx, c.caller(by), company, by, engine.Ask{}, c.now)
		},
		"link": func(by model.UserID) error {
			_, err := c.e.Link(ctx, c.caller(by), c.sue, company, by, engine.Ask{}, c.now)
			return err
		},
	} {
		if err := act(c.without(name+" without users", access.WebUsers)); !errors.As(err, &beyond) {
			t.Errorf("%s by who does not manage people = %v, want a BeyondError", name, err)
		}
		if err := act(c.without(name+" without customers", access.WebCustomers)); !errors.Is(err, model.ErrPartner) {
			t.Errorf("%s by who sees no customers = %v, want ErrPartner", name, err)
		}
		if err := act(c.ben); !errors.Is(err, model.ErrToken) {
			t.Errorf("%s by a worker in the field = %v, want ErrToken", name, err)
		}
	}
	if p, err := c.e.Partner(ctx, c.caller(c.amy), company); err != nil || p.Closed != 0 || len(p.People) != 0 {
		t.Errorf("Partner = %+v, %v; want it untouched", p, err)
	}
	if _, err := c.e.Link(ctx, c.caller(c.amy), c.sue, company, model.UserID{}, engine.Ask{}, c.now); err != nil {
		t.Errorf("the operator links: %v", err)
	}
}

// TestW52_TheEndsOfACompanyAreAudited, each for itself, with who closed it.
func TestW52_TheEndsOfACompanyAreAudited(t *testing.T) {
	ctx, store := context.Background(), memstore.New(1<<32)
	c := newCompanyOn(t, store)
	company := c.made(model.Customers, set(2, model.Text("Sub Ltd")))
	if _, err := c.e.Link(ctx, c.caller(c.amy), c.sue, company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	sue := c.phone(c.sue, model.Subcontractor)
	before := len(audited(t, store, c.id))
	if _, err := c.e.ClosePartner(ctx, c.caller(c.amy), company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	lines := audited(t, store, c.id)[before:]
	if len(lines) != 2 || lines[0].Kind != model.AuditEnd || lines[0].Subject.ID != sue.Device || lines[0].Subject.User != c.sue || lines[1].Kind != model.AuditClose || lines[0].Actor.User != c.amy {
		t.Errorf("the audit says %+v, want the end of Sue's session and the closing", lines)
	}
}

// TestS11_ADispatcherIsShownNoFileThatTellsOfTheCustomer: under Hidden the company's dispatcher has the job and its other files.
func TestS11_ADispatcherIsShownNoFileThatTellsOfTheCustomer(t *testing.T) { found(t, dispatched(t)) }

func dispatched(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Sub Ltd")))
	if _, err := c.e.Link(t.Context(), c.caller(c.amy), c.sue, company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	c.levels(c.sue, phoneSets(model.Subcontractor, map[access.Permission]access.Level{access.MobileAssignJobs: access.On, access.MobileCustomers: access.Hidden}))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("Boiler")))
	c.made(model.Assignments, under(job), set(model.AssignmentCompany, model.Ref(company)))
	file := func(bearing bool) model.RecordID {
		return c.made(model.Files, under(job), set(2, model.Text("document")), set(model.FileHash, randomHash(t)),
			set(model.FileAudience, model.Text("field")), set(model.FileBearing, model.Bool(bearing)))
	}
	plain, bearing := file(false), file(true)
	sue := c.device(c.sue, model.Subcontractor)
	if sue.rows[job] == nil || sue.rows[plain] == nil || sue.rows[bearing] != nil {
		return fmt.Sprintf("the job %v, a file %v, one that tells of the customer %v; want all but the last", sue.rows[job] != nil, sue.rows[plain] != nil, sue.rows[bearing] != nil)
	}
	return ""
}

// randomHash is that of bytes that nobody has.
func randomHash(t *testing.T) model.Value {
	t.Helper()
	id := newChange(t)
	sum := sha256.Sum256(id[:])
	return model.Bytes(sum[:])
}
