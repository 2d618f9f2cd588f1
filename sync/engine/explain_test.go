package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// explain asks as somebody.
func (c *company) explain(by model.Caller, q model.Inquiry) model.Explanation {
	c.t.Helper()
	if q.Action == 0 {
		q.Action = model.ActionSee
	}
	e, err := c.e.Explain(context.Background(), by, q)
	if err != nil {
		c.t.Fatalf("explain %+v: %v", q, err)
	}
	return e
}

// levels gives somebody levels.
func (c *company) levels(u model.UserID, sets access.Sets) {
	c.t.Helper()
	if err := c.e.SetLevels(context.Background(), c.id, u, sets.Encode(), c.now); err != nil {
		c.t.Fatal(err)
	}
}

// phoneSets is the mobile set with some levels changed.
func phoneSets(kind model.UserKind, change map[access.Permission]access.Level) access.Sets {
	sets := access.DefaultSets(kind)
	for p, l := range change {
		sets.Mobile[p] = l
	}
	return sets
}

// ofField is the decision about one field.
func ofField(e model.Explanation, f model.FieldNo) (g model.Ground, ok bool) {
	i := slices.IndexFunc(e.Fields, func(x model.FieldGround) bool { return x.Field == f })
	if i < 0 {
		return g, false
	}
	return e.Fields[i].Ground, true
}

// TestV18_ExplainNamesTheRule: each kind of rule, on a small company.
func TestV18_ExplainNamesTheRule(t *testing.T) {
	c := newCompany(t)
	customer := c.made(model.Customers, set(2, model.Text("Harbour Hotel")))
	job, _ := c.newJob(c.ben, 0)
	linked := c.made(model.Jobs, set(model.JobTitle, model.Text("linked")), set(model.JobCustomer, model.Ref(customer)))
	c.made(model.Assignments, set(model.FieldParent, model.Ref(linked)), set(model.AssignmentUser, model.Ref(c.ben)))
	stranger := c.made(model.Jobs, set(model.JobTitle, model.Text("nobody's")))
	card := c.made(model.JobCards, set(model.FieldParent, model.Ref(job)), set(model.CardAddress, model.Text("1 Quay")))
	note := c.made(model.Notes, set(model.FieldParent, model.Ref(job)), set(model.NoteText, model.Text("psst")), set(model.NoteAudience, model.Text("internal")))
	gone := c.made(model.Customers, set(2, model.Text("gone")))
	c.push(c.office(), c.remover(c.amy, model.Customers, gone))
	guest, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: "guest", Name: "guest", Kind: model.Portal}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.e.Configure(context.Background(), c.id, setting(func(s *model.Settings) { s.HiddenJobCard = model.CardAddressOnTravel }), c.now); err != nil {
		t.Fatal(err)
	}
	ask := func(u model.UserID, id model.RecordID) model.Explanation {
		return c.explain(c.caller(c.amy), model.Inquiry{User: u, Record: id})
	}
	is := func(why string, e model.Explanation, allow bool, rule access.Rule, text string) {
		t.Helper()
		if e.Allow != allow || e.Rule != string(rule) || !strings.Contains(e.Text, text) {
			t.Errorf("%s: %+v, want %v by %s, saying %q", why, e.Ground, allow, rule, text)
		}
	}
	is("an assigned job", ask(c.ben, job), true, access.RuleAssignment, "job it belongs to is theirs")
	is("a job of nobody's", ask(c.ben, stranger), false, access.RuleAssignment, "not theirs")
	is("an internal note on their job", ask(c.ben, note), false, access.RuleAudience, "internal")
	is("the customer of their job", ask(c.ben, customer), true, access.RuleAssignment, "mobile.customers is full")
	is("what was deleted", ask(c.ben, gone), false, access.RuleDeleted, "deleted")
	is("what never was", ask(c.ben, model.RecordID(newChange(t))), false, access.RuleMissing, "none")
	is("a portal user without a company", ask(guest, job), false, access.RuleUnlinked, "no company")
	is("the desk", ask(c.amy, job), true, access.RuleLevel, "web.jobs is full")
	is("a collection", c.explain(c.caller(c.amy), model.Inquiry{User: c.sue, Collection: model.Customers}), false, access.RuleLevel, "mobile.customers is hidden")
	c.levels(c.ben, phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden}))
	is("the customer, hidden", ask(c.ben, customer), false, access.RuleLevel, "mobile.customers is hidden")
	is("the card before they travel", ask(c.ben, card), false, access.RuleSetting, "address_on_travel")
	e := ask(c.ben, linked)
	if g, ok := ofField(e, model.JobCustomer); !ok || g.Allow || g.Rule != string(access.RuleLevel) || g.Level != "hidden" {
		t.Errorf("the customer's field of a job: %+v, want it denied by the level hidden", g)
	}
	if g, _ := ofField(e, model.JobTitle); !g.Allow {
		t.Errorf("the title of their job: %+v, want it allowed", g)
	}
	c.levels(c.ben, phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileEnabled: access.Off}))
	is("a phone that is switched off", ask(c.ben, job), false, access.RuleLevel, "mobile.enabled is off")
}

// TestV20_ExplainIsOfOneKindOfSession: web rights explain no phone, and a phone no desk.
func TestV20_ExplainIsOfOneKindOfSession(t *testing.T) {
	c := newCompany(t)
	customer := c.made(model.Customers, set(2, model.Text("Harbour Hotel")))
	sets := access.RoleSets(access.Admin)
	both := c.without("both")
	ask := func(kind model.UserKind) model.Explanation {
		return c.explain(c.caller(c.amy), model.Inquiry{User: both, Session: kind, Record: customer})
	}
	if e := ask(model.Mobile); e.Allow || e.Rule != string(access.RuleAccount) {
		t.Errorf("a phone of somebody without a mobile set: %+v", e.Ground)
	}
	sets.Mobile = phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden}).Mobile
	c.levels(both, sets)
	for kind, want := range map[model.UserKind]bool{0: true, model.Desktop: true, model.Mobile: false, model.Subcontractor: false} {
		e := ask(kind)
		if e.Allow != want {
			t.Errorf("as %s: %+v, want %v", kind, e.Ground, want)
		}
		listing, err := c.e.ViewAs(context.Background(), c.caller(c.amy), model.Glance{User: both, Session: kind, Query: model.Query{Collection: model.Customers, Limit: 10}}, c.amy, c.now)
		if err != nil || (len(listing.Records) > 0) != want {
			t.Errorf("the view as %s = %+v, %v, want records: %v", kind, listing.Records, err, want)
		}
	}
}

// TestH1_ExplainTellsNothingTheCallerDoesNotSee: hidden, foreign, deleted and never-existed are one answer, for every
// action; and nobody asks who does not see whose jobs are whose.
func TestH1_ExplainTellsNothingTheCallerDoesNotSee(t *testing.T) {
	c := newCompany(t)
	hidden := c.made(model.Customers, set(2, model.Text("Harbour Hotel")))
	gone := c.made(model.Customers, set(2, model.Text("gone")))
	site := c.made(model.Sites, set(model.FieldParent, model.Ref(gone)), set(2, model.Text("its site")))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("linked")), set(model.JobCustomer, model.Ref(hidden)))
	c.made(model.Assignments, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(c.ben)))
	c.push(c.office(), c.remover(c.amy, model.Customers, gone))
	blind := c.without("blind", access.WebCustomers)
	for name, by := range map[string]model.Caller{
		"a level": c.caller(blind), "a scope": c.caller(c.amy, "manage", "jobs:read", "assignments:read", "visit_events:read"),
	} {
		for action := model.ActionSee; action <= model.ActionDelete; action++ {
			said := map[string]bool{}
			for _, id := range []model.RecordID{hidden, gone, site, model.RecordID(newChange(t))} {
				q := model.Inquiry{User: c.ben, Action: action, Record: id}
				if action == model.ActionCreate {
					q.Collection = model.Notes
				}
				e := c.explain(by, q)
				e.Record = model.RecordID{}
				said[fmt.Sprintf("%+v", e)] = true
			}
			if len(said) != 1 {
				t.Errorf("%s hides customers; %s is answered in %d ways: %v", name, action, len(said), said)
			}
		}
	}
	if _, ok := ofField(c.explain(c.caller(blind), model.Inquiry{User: c.ben, Record: job}), model.JobCustomer); ok {
		t.Error("whoever sees no customers is told of a job's")
	}
	for _, id := range []model.RecordID{gone, site} {
		if e := c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Record: id}); e.Rule != string(access.RuleDeleted) {
			t.Errorf("who saw it until it was deleted is told %+v", e.Ground)
		}
	}
	for _, row := range []struct {
		by   model.Caller
		user model.UserID
		want error
	}{
		{c.caller(c.without("jobless", access.WebJobs, access.WebSchedule)), c.ben, model.ErrLevel},
		{c.caller(c.amy, "manage", "customers:read"), c.ben, model.ErrScoped},
		{c.caller(c.amy), model.UserID(newChange(t)), model.ErrUnknown},
		{c.caller(c.ben), c.ben, model.ErrToken},
	} {
		if _, err := c.e.Explain(context.Background(), row.by, model.Inquiry{User: row.user, Action: model.ActionSee, Record: hidden}); !errors.Is(err, row.want) {
			t.Errorf("explain by %v = %v, want %v", row.by.Scopes, err, row.want)
		}
		if _, err := c.e.ViewAs(context.Background(), row.by, model.Glance{User: row.user, Query: model.Query{Collection: model.Jobs, Limit: 10}}, c.amy, c.now); !errors.Is(err, row.want) {
			t.Errorf("view as by %v = %v, want %v", row.by.Scopes, err, row.want)
		}
	}
}

// TestV18_ExplainOfActionsAgreesWithTheCommitter: what is explained of an action is what becomes of it.
func TestV18_ExplainOfActionsAgreesWithTheCommitter(t *testing.T) {
	checks, seen := []access.Level{access.Off, access.On}, map[string]int{}
	for _, edit := range checks {
		for _, create := range checks {
			for _, assigned := range []bool{true, false} {
				c := newCompany(t)
				c.levels(c.ben, phoneSets(model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: edit, access.MobileCreateJob: create}))
				job := c.made(model.Jobs, set(model.JobTitle, model.Text("one")))
				if assigned {
					c.made(model.Assignments, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(c.ben)))
				}
				ben := c.phone(c.ben, model.Mobile)
				c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
				judge := func(what string, e model.Explanation, g model.Ground, ch model.Change) {
					t.Helper()
					a := c.push(ben, ch)[0]
					if applied := a.Outcome == model.OutcomeApplied; applied != g.Allow {
						t.Errorf("edit_job %s, create_job %s, assigned %v: %s is explained as %+v of %+v, and is %s, reason %d", edit, create, assigned, what, g, e.Ground, a.Outcome, a.Reason)
					}
					seen[fmt.Sprintf("%s %v", what, g.Allow)]++
				}
				e := c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Action: model.ActionEdit, Record: job})
				description := e.Ground
				if e.Allow {
					description, _ = ofField(e, model.JobDescription)
				}
				judge("editing a job", e, description, c.edit(c.ben, job, model.JobDescription, model.Text("new")))
				e = c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Action: model.ActionCreate, Collection: model.Jobs})
				judge("making a job", e, e.Ground, c.change(c.ben, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("mine"))))
				e = c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Action: model.ActionCreate, Collection: model.Notes, Record: job})
				judge("a note", e, e.Ground, c.change(c.ben, model.OpCreate, model.Notes, model.RecordID{}, set(model.FieldParent, model.Ref(job)), set(model.NoteText, model.Text("done"))))
				e = c.explain(c.caller(c.amy), model.Inquiry{User: c.ben, Action: model.ActionDelete, Record: job})
				remove := c.change(c.ben, model.OpDelete, model.Jobs, job)
				remove.Base = c.bases[c.ben]
				c.contents[remove.Body] = remove
				judge("removing a job", e, e.Ground, remove)
			}
		}
	}
	for _, what := range []string{"editing a job true", "editing a job false", "making a job true", "making a job false", "a note true", "a note false", "removing a job false"} {
		if seen[what] == 0 {
			t.Errorf("%s was never judged: %v", what, seen)
		}
	}
}

func TestV18_ViewAsIsNoWiderThanTheCallers(t *testing.T) {
	found(t, viewAsNoWider(t))
}

// viewAsNoWider says what is wrong, or nothing; a planted bug must make it say something.
func viewAsNoWider(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	customer := c.made(model.Customers, set(2, model.Text("Harbour Hotel")))
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("linked")), set(model.JobCustomer, model.Ref(customer)))
	c.made(model.Assignments, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(c.ben)))
	blind := c.without("blind", access.WebCustomers)
	view := func(by model.UserID, of model.Collection) []model.Shown {
		page, err := c.e.ViewAs(context.Background(), c.caller(by), model.Glance{User: c.ben, Query: model.Query{Collection: of, Limit: 10}}, by, c.now)
		if err != nil {
			t.Fatal(err)
		}
		return page.Records
	}
	for by, want := range map[model.UserID]int{c.amy: 1, blind: 0} {
		if got := view(by, model.Customers); len(got) != want {
			return fmt.Sprintf("the view has %d customers, want %d", len(got), want)
		}
		jobs := view(by, model.Jobs)
		if len(jobs) != 1 {
			return fmt.Sprintf("the view has %d jobs, want 1", len(jobs))
		}
		if _, named := jobs[0].Find(model.JobCustomer); named != (want == 1) {
			return fmt.Sprintf("the job names its customer: %v", named)
		}
	}
	return ""
}

// TestW52_ViewAsIsAudited: who looked, at whom and at what.
func TestW52_ViewAsIsAudited(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	if _, err := c.e.ViewAs(context.Background(), c.caller(c.amy), model.Glance{User: c.ben, Query: model.Query{Collection: model.Jobs, Limit: 10}}, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	lines := audited(t, store, c.id)
	last := lines[len(lines)-1]
	if last.Actor.User != c.amy || last.Kind != model.AuditViewAs || last.Subject.User != c.ben || last.Detail != "mobile jobs" || last.Time == 0 {
		t.Errorf("the audit says %+v", last)
	}
}

// TestW50_ExplainKnowsAClosedCompany: of its people nobody holds anything, and it is said why.
func TestW50_ExplainKnowsAClosedCompany(t *testing.T) {
	ctx, c := context.Background(), newCompany(t)
	company := c.made(model.Customers, set(2, model.Text("Sub Ltd")))
	job, _ := c.newJob(c.ben, 0)
	c.made(model.Assignments, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(c.sue)))
	if _, err := c.e.Link(ctx, c.caller(c.amy), c.sue, company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	holds := func(want int, rule access.Rule) {
		t.Helper()
		e := c.explain(c.caller(c.amy), model.Inquiry{User: c.sue, Record: job})
		if e.Allow != (want > 0) || e.Rule != string(rule) {
			t.Errorf("explain: %+v, want it by %s", e.Ground, rule)
		}
		page, err := c.e.ViewAs(ctx, c.caller(c.amy), model.Glance{User: c.sue, Query: model.Query{Collection: model.Jobs, Limit: 10}}, c.amy, c.now)
		if err != nil || len(page.Records) != want {
			t.Errorf("view-as shows %d jobs, %v; want %d", len(page.Records), err, want)
		}
	}
	holds(1, access.RuleAssignment)
	if _, err := c.e.ClosePartner(ctx, c.caller(c.amy), company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	holds(0, access.RuleClosed)
	if err := c.e.OpenPartner(ctx, c.caller(c.amy), company, c.amy, engine.Ask{}, c.now); err != nil {
		t.Fatal(err)
	}
	holds(1, access.RuleAssignment)
}
