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

// account is somebody's account as it stands.
func (c *company) account(u model.UserID) storage.Account {
	c.t.Helper()
	all, err := c.e.Accounts(context.Background(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, a := range all {
		if a.User == u {
			return a
		}
	}
	c.t.Fatal("no such account")
	return storage.Account{}
}

func (c *company) sets(u model.UserID) access.Sets {
	c.t.Helper()
	s, err := access.ParseSets(c.account(u).Levels)
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// all sets a whole set of somebody to a level, in the name of the machine's owner.
func (c *company) all(u model.UserID, set access.Set, level access.Level) (engine.LevelsChanged, error) {
	return c.changed(engine.LevelsChange{User: u, Change: access.Change{Set: set, All: level}})
}

func (c *company) changed(change engine.LevelsChange) (engine.LevelsChanged, error) {
	c.now += 1000
	return c.e.ChangeLevels(context.Background(), c.id, change, c.now)
}

// audited is the audit, the oldest line first.
func audited(t *testing.T, store storage.Store, tenant model.TenantID) (out []storage.AuditEntry) {
	t.Helper()
	err := store.View(context.Background(), tenant, func(r storage.Reader) error {
		for _, raw := range r.Rows(storage.TableAudit, "", "") {
			a, err := storage.ParseAuditEntry(raw)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func found(t *testing.T, wrong string) {
	t.Helper()
	if wrong != "" {
		t.Error(wrong)
	}
}

// TestV13_SetAllIsOneChange: one commit, one version, one line of the audit, and a repeat writes nothing.
func TestV13_SetAllIsOneChange(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	was, lines := c.account(c.ben), len(audited(t, store, c.id))
	out, err := c.all(c.ben, access.Mobile, access.Full)
	if err != nil || out.EndsMobile || out.Widens || len(out.Ended) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	want := []access.Step{
		{Permission: access.MobileCreateJob, From: access.Off, To: access.On},
		{Permission: access.MobileAssignJobs, From: access.Off, To: access.On},
		{Permission: access.MobileInvoices, From: access.None, To: access.Full},
	}
	if fmt.Sprint(out.Steps) != fmt.Sprint(want) {
		t.Errorf("steps %v, want %v", out.Steps, want)
	}
	if again, err := c.all(c.ben, access.Mobile, access.Full); err != nil || len(again.Steps) != 0 {
		t.Errorf("the repeat = %+v, %v", again, err)
	}
	if is := c.account(c.ben); is.Version != was.Version+1 {
		t.Errorf("version %d after %d, want one more (b.3, 5)", is.Version, was.Version)
	}
	if got := audited(t, store, c.id)[lines:]; len(got) != 1 || got[0].Kind != model.AuditLevels || got[0].Detail != "mobile: all full" {
		t.Errorf("the audit says %+v", got)
	}
}

func TestB3_DisablingEndsTheSession(t *testing.T) { found(t, disabling(t)) }

// disabling sets all of a connected phone to read-only, which switches enabled off: the session ends with its own reason
// in the same commit, nobody signs in on a phone, and the hand-in lane takes what was unsent.
func disabling(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "pixel")
	live := h.online().Connection
	told, err := c.changed(engine.LevelsChange{User: c.ben, Ask: engine.Ask{Rehearse: true}, Change: access.Change{Set: access.Mobile, All: access.ReadOnly}})
	if err != nil || !told.EndsMobile || len(told.Ended) != 1 || len(told.Steps) == 0 {
		return fmt.Sprintf("before: %+v, %v", told, err)
	}
	if _, err := c.e.Pull(context.Background(), model.Pull{Connection: live}, c.now); err != nil {
		return fmt.Sprintf("a rehearsal ended the session: %v", err)
	}
	out, err := c.all(c.ben, access.Mobile, access.ReadOnly)
	if err != nil || !out.EndsMobile || len(out.Ended) != 1 || out.Ended[0].Reason != model.EndDisabled || out.Ended[0].Device != live.Device {
		return fmt.Sprintf("it ends %+v, %v", out.Ended, err)
	}
	var ended *model.EndedError
	if _, err := c.e.Pull(context.Background(), model.Pull{Connection: live}, c.now); !errors.As(err, &ended) || ended.Ended.Reason != model.EndDisabled {
		return fmt.Sprintf("the phone goes on: %v", err)
	}
	if _, err := h.signIn(model.DeviceID{}, 0); !errors.Is(err, model.ErrNoLane) {
		return fmt.Sprintf("it signs in again: %v", err)
	}
	g, err := h.hello(true)
	if err != nil || g.Ended == nil || g.Ended.Reason != model.EndDisabled {
		return fmt.Sprintf("the hand-in lane: %+v, %v", g.Ended, err)
	}
	if a := c.push(g.Connection, c.shift(c.ben)); a[0].Outcome != model.OutcomeApplied {
		return fmt.Sprintf("hours that were unsent are %s", a[0].Outcome)
	}
	return ""
}

// TestD_RowM_FactsFromBeforeThePhoneKnewApply: what a phone saved before it learnt that mobile access is off happened, and
// is applied; what it saved after it knew is held, and so is what asks for the future, or is of work that was never theirs.
func TestD_RowM_FactsFromBeforeThePhoneKnewApply(t *testing.T) { found(t, factsOfBefore(t)) }

func factsOfBefore(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "pixel")
	h.online()
	mine, _ := c.newJob(c.ben, 0)
	others, _ := c.newJob(c.sue, 0)
	if _, err := c.all(c.ben, access.Mobile, access.ReadOnly); err != nil {
		return err.Error()
	}
	g, err := h.hello(true)
	if err != nil {
		return err.Error()
	}
	before, after, foreign := c.note(c.ben, mine), c.note(c.ben, mine), c.note(c.ben, others)
	after.AfterEnd = true
	accepts, works := c.visit(c.ben, mine, "accept"), c.visit(c.ben, mine, "start")
	answers := c.push(g.Connection, before, works, after, foreign, accepts)
	want := []model.Outcome{model.OutcomeApplied, model.OutcomeApplied, model.OutcomeHeld, model.OutcomeHeld, model.OutcomeRecorded}
	for i, a := range answers {
		if a.Outcome != want[i] {
			return fmt.Sprintf("change %d is %s (%d); want %s", i, a.Outcome, a.Reason, want[i])
		}
	}
	if err := c.e.Leaves(c.id, c.ben); err != nil {
		return err.Error()
	}
	if a := c.push(g.Connection, c.note(c.ben, mine)); a[0].Outcome != model.OutcomeHeld {
		return fmt.Sprintf("a note of somebody who was removed is %s; want it held (row n)", a[0].Outcome)
	}
	return ""
}

// TestV20_TheOfficeSessionOfAPersonIsLeftAlone when their mobile access ends, and the other way round nothing ends.
func TestV20_TheOfficeSessionOfAPersonIsLeftAlone(t *testing.T) {
	c := newCompany(t)
	if _, err := c.changed(engine.LevelsChange{User: c.amy, Change: access.Change{Set: access.Mobile, Levels: map[string]string{"enabled": "on"}}}); err != nil {
		t.Fatal(err)
	}
	desk := c.phone(c.amy, model.Desktop)
	out, err := c.all(c.amy, access.Mobile, access.None)
	if err != nil || !out.EndsMobile || len(out.Ended) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, err := c.e.Pull(context.Background(), model.Pull{Connection: desk}, c.now); err != nil {
		t.Errorf("the office's session: %v", err)
	}
}

func TestB3_WideningAContractorIsConfirmed(t *testing.T) { found(t, widening(t)) }

// widening sets all of a subcontractor to what shows customers.
func widening(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	for _, level := range []access.Level{access.Full, access.ReadOnly} {
		change := engine.LevelsChange{User: c.sue, Change: access.Change{Set: access.Mobile, All: level}}
		was := c.account(c.sue)
		if _, err := c.changed(change); !errors.Is(err, engine.ErrWidens) || c.account(c.sue).Version != was.Version {
			return fmt.Sprintf("unasked, to %s: %v", level, err)
		}
		change.Rehearse = true
		if told, err := c.changed(change); err != nil || !told.Widens || c.account(c.sue).Version != was.Version {
			return fmt.Sprintf("the rehearsal: %+v, %v", told, err)
		}
		change.Strict = true
		if _, err := c.changed(change); !errors.Is(err, engine.ErrWidens) {
			return fmt.Sprintf("the strict rehearsal, unasked: %v", err)
		}
		change.Ask = engine.Ask{Confirmed: true}
		if out, err := c.changed(change); err != nil || !out.Widens || c.sets(c.sue).At(access.MobileCustomers) != level {
			return fmt.Sprintf("confirmed: %+v, %v", out, err)
		}
		if lines := audited(t, store, c.id); level == access.Full && lines[len(lines)-1].Detail != "mobile: all full; widened" {
			return fmt.Sprintf("the audit says %+v", lines[len(lines)-1])
		}
		if _, err := c.all(c.sue, access.Mobile, access.None); err != nil {
			return err.Error()
		}
	}
	return ""
}

func TestB3_TheLastAdministratorStays(t *testing.T) { found(t, lastAdmin(t)) }

// lastAdmin takes the right to administer from the only one who has it, and from one of two.
func lastAdmin(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	was := c.account(c.amy)
	for name, change := range map[string]access.Change{
		"all to none": {Set: access.Web, All: access.None}, "all to read-only": {Set: access.Web, All: access.ReadOnly},
		"by name": {Set: access.Web, Levels: map[string]string{"admin": "none", "jobs": "none"}},
	} {
		for _, by := range []model.UserID{{}, c.amy} {
			for _, rehearse := range []bool{true, false} {
				_, err := c.changed(engine.LevelsChange{User: c.amy, By: by, Change: change, Ask: engine.Ask{Rehearse: rehearse}})
				if is := c.account(c.amy); !errors.Is(err, engine.ErrLastAdmin) || is.Version != was.Version {
					return fmt.Sprintf("%s by %s: %v", name, by, err)
				}
			}
		}
	}
	if _, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: "max", Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode()}, c.now); err != nil {
		t.Fatal(err)
	}
	if _, err := c.all(c.amy, access.Web, access.None); err != nil {
		return fmt.Sprintf("one of two: %v", err)
	}
	return ""
}

// TestB3_WhoCannotSignInIsNoAdministrator: not before they have set a password, nor when they came back and have set none; and
// not for the session of the other either.
func TestB3_WhoCannotSignInIsNoAdministrator(t *testing.T) { found(t, adminOnPaper(t)) }

func adminOnPaper(t *testing.T) string {
	t.Helper()
	c, ctx := newCompany(t), context.Background()
	password := func(u model.UserID) {
		_, err := c.e.SetPassword(ctx, c.id, u, "$", model.UserID{}, c.now)
		check(t, err)
	}
	password(c.amy)
	c.hand(c.amy, model.Desktop, "desk").online()
	max, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{Login: "max", Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode()}, c.now)
	check(t, err)
	alone := func(when string) string {
		if _, err := c.all(c.amy, access.Web, access.None); !errors.Is(err, engine.ErrLastAdmin) {
			return fmt.Sprintf("%s: the other's levels: %v", when, err)
		}
		if _, err := c.e.Deactivate(ctx, c.id, engine.Leaving{User: c.amy}, c.now); !errors.Is(err, engine.ErrLastAdmin) {
			return fmt.Sprintf("%s: the other leaves: %v", when, err)
		}
		if _, err := c.e.End(ctx, c.id, model.Ending{User: c.amy, Reason: model.EndOffice, Rehearse: true}, c.now); !errors.Is(err, model.ErrReason) {
			return fmt.Sprintf("%s: the other's session: %v", when, err)
		}
		return ""
	}
	if wrong := alone("invited"); wrong != "" {
		return wrong
	}
	password(max)
	c.deactivate(max)
	if _, err := c.e.Reactivate(ctx, c.id, max, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	if wrong := alone("reactivated"); wrong != "" {
		return wrong
	}
	password(max)
	if _, err := c.e.Deactivate(ctx, c.id, engine.Leaving{User: c.amy}, c.now); err != nil {
		return fmt.Sprintf("with a password: %v", err)
	}
	return ""
}

func TestW35_NobodyGivesMoreThanTheyHaveOrTakesFromWhoHasMore(t *testing.T) { found(t, reaching(t)) }

// reaching changes levels in the name of a manager, who does not administer.
func reaching(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	add := func(login string, role access.Role) model.UserID {
		u, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: login, Kind: model.Desktop, Levels: access.RoleSets(role).Encode()}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	manager, planner := add("mia", access.Manager), add("pia", access.Planner)
	var beyond *access.BeyondError
	for name, change := range map[string]engine.LevelsChange{
		"gives what they lack":     {User: planner, By: manager, Change: access.Change{Set: access.Web, All: access.Full}},
		"takes from who has more":  {User: c.amy, By: manager, Change: access.Change{Set: access.Web, Levels: map[string]string{"jobs": "none"}}},
		"gives it to themselves":   {User: manager, By: manager, Change: access.Change{Set: access.Web, All: access.Full}},
		"mobile of who has more":   {User: c.amy, By: manager, Change: access.Change{Set: access.Mobile, Levels: map[string]string{"enabled": "on"}}},
		"manages nobody":           {User: c.ben, By: planner, Change: access.Change{Set: access.Mobile, All: access.None}},
		"as a rehearsal, likewise": {User: planner, By: manager, Ask: engine.Ask{Rehearse: true}, Change: access.Change{Set: access.Web, All: access.Full}},
	} {
		if _, err := c.changed(change); !errors.As(err, &beyond) {
			return fmt.Sprintf("who %s: %v", name, err)
		}
	}
	if _, err := c.changed(engine.LevelsChange{User: planner, By: manager, Change: access.Change{Set: access.Web, All: access.ReadOnly}}); err != nil {
		return fmt.Sprintf("what they have: %v", err)
	}
	if _, err := c.changed(engine.LevelsChange{User: planner, By: c.ben, Change: access.Change{Set: access.Web, All: access.None}}); !errors.Is(err, model.ErrToken) {
		return fmt.Sprintf("a worker in the field: %v", err)
	}
	return ""
}

// TestV2_ARefusedChangeOfLevelsChangesNothing.
func TestV2_ARefusedChangeOfLevelsChangesNothing(t *testing.T) {
	c := newCompany(t)
	was := c.account(c.ben)
	for want, change := range map[error]engine.LevelsChange{
		access.ErrLevel:      {User: c.ben, Change: access.Change{Set: access.Mobile, Levels: map[string]string{"create_job": "on", "customers": "none"}}},
		access.ErrPermission: {User: c.ben, Change: access.Change{Set: access.Mobile, Levels: map[string]string{"create_job": "on", "jobs": "full"}}},
		access.ErrNoSet:      {User: c.ben, Change: access.Change{Set: access.Web, All: access.Full}},
		model.ErrUnknown:     {User: model.UserID(newChange(t)), Change: access.Change{Set: access.Web, All: access.Full}},
	} {
		if _, err := c.changed(change); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if is := c.account(c.ben); is.Version != was.Version || string(is.Levels) != string(was.Levels) {
		t.Errorf("levels %v, want as before", c.sets(c.ben))
	}
}

func TestV7_FeaturesComeAndGoWithTheirPermissions(t *testing.T) { found(t, switched(t)) }

// switched switches invoices off and on again.
func switched(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	ctx := context.Background()
	state := func(s model.FeatureState) {
		if _, err := c.e.Configure(ctx, c.id, setting(func(m *model.Settings) { m.Invoices = s }), c.now); err != nil {
			t.Fatal(err)
		}
	}
	state(model.FeatureReadOnly)
	if got := c.sets(c.amy).At(access.WebInvoices); got != access.Full {
		return fmt.Sprintf("read only, the level is %s: it is capped, not changed (V17)", got)
	}
	state(model.FeatureOff)
	for u, p := range map[model.UserID]access.Permission{c.amy: access.WebInvoices, c.ben: access.MobileInvoices} {
		if got := c.sets(u).At(p); got != access.Absent {
			return fmt.Sprintf("switched off, %s is %s", p, got)
		}
	}
	if out, err := c.all(c.ben, access.Mobile, access.Full); err != nil || c.sets(c.ben).At(access.MobileInvoices) != access.Absent {
		return fmt.Sprintf("set all of what is absent: %+v, %v", out, err)
	}
	if _, err := c.changed(engine.LevelsChange{User: c.ben, Change: access.Change{Set: access.Mobile, Levels: map[string]string{"invoices": "full"}}}); !errors.Is(err, access.ErrOff) {
		return fmt.Sprintf("set what is absent: %v", err)
	}
	dan, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{Login: "dan", Kind: model.Mobile}, c.now)
	if err != nil || c.sets(dan).At(access.MobileInvoices) != access.Absent {
		return fmt.Sprintf("who comes meanwhile has %s, %v", c.sets(dan).At(access.MobileInvoices), err)
	}
	state(model.FeatureOn)
	for u, p := range map[model.UserID]access.Permission{c.amy: access.WebInvoices, c.ben: access.MobileInvoices, dan: access.MobileInvoices} {
		if got := c.sets(u).At(p); got != access.None {
			return fmt.Sprintf("switched on again, %s is %s, want the default", p, got)
		}
	}
	give := engine.LevelsChange{By: c.amy, User: c.amy, Change: access.Change{Set: access.Web, Levels: map[string]string{"invoices": "full"}}}
	if _, err := c.changed(give); err != nil || c.sets(c.amy).At(access.WebInvoices) != access.Full {
		return fmt.Sprintf("an administrator gives what came back: %v", err)
	}
	return ""
}

// TestW47_ALabelIsFoundByWhoSeesIt: a person's record is the office's and their own, and who does not see it is not told
// by a change of levels who has a label.
func TestW47_ALabelIsFoundByWhoSeesIt(t *testing.T) {
	c := newCompany(t)
	labels := c.change(c.amy, model.OpEdit, model.People, model.RecordID(c.ben), set(model.PersonCategories, model.Text("gas, night")))
	_, labels.Base = c.look(c.caller(c.amy), labels.Record)
	if a := c.push(c.office(), labels)[0]; a.Outcome != model.OutcomeApplied {
		t.Fatalf("labels = %v, %d", a.Outcome, a.Reason)
	}
	warden := c.without("warden", access.WebJobs, access.WebSchedule)
	blind := c.without("blind", access.WebJobs, access.WebSchedule, access.WebUsers)
	for _, x := range []struct {
		by   model.Caller
		want int
		why  string
	}{
		{model.Caller{Tenant: c.id}, 1, "whoever holds the machine"},
		{c.caller(c.amy), 1, "who sees people"},
		{c.caller(warden), 1, "who manages people"},
		{c.caller(blind), 0, "who does not see people's records"},
		{c.caller(c.amy, "manage"), 0, "a key that does not read people"},
	} {
		got, err := c.e.Labelled(context.Background(), x.by, "night")
		if err != nil || len(got) != x.want {
			t.Errorf("%s finds %d, %v; want %d", x.why, len(got), err, x.want)
		}
	}
}

// TestW15_ARightThatComesBackHasWorkJudgedAgain: what was handed in for a record that was not there meanwhile waits for
// nothing else.
func TestW15_ARightThatComesBackHasWorkJudgedAgain(t *testing.T) { found(t, regained(t)) }

// regained switches a phone off and on while a note of its user comes in.
func regained(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	level := func(l access.Level) {
		sets := c.sets(c.ben)
		sets.Mobile[access.MobileEnabled] = l
		if err := c.e.SetLevels(context.Background(), c.id, c.ben, sets.Encode(), c.now); err != nil {
			t.Fatal(err)
		}
	}
	level(access.Off)
	note := c.change(c.ben, model.OpCreate, model.Tasks, model.RecordID{9}, set(model.FieldParent, model.Ref(job)), set(2, model.Text("descale")))
	if a := c.push(ben, note); a[0].Outcome != model.OutcomeHeld || a[0].Reason != model.ReasonMissing {
		t.Fatalf("work for a job that is not there = %v, %d", a[0].Outcome, a[0].Reason)
	}
	level(access.On)
	if a := c.push(ben, note); a[0].Outcome != model.OutcomeApplied || !a[0].Repeat {
		return fmt.Sprintf("when the job is there again it is %v, %d; want it applied", a[0].Outcome, a[0].Reason)
	}
	return ""
}
