package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// caller is somebody of the office at the API.
func (c *company) caller(u model.UserID, scopes ...string) model.Caller {
	if scopes == nil {
		scopes = model.AllScopes()
	}
	return model.Caller{Tenant: c.id, User: u, Scopes: scopes}
}

// submit sends a request of the API.
func (c *company) submit(by model.Caller, r model.Request, changes ...model.Change) (model.Settlement, error) {
	c.t.Helper()
	c.now += 1000
	var subs []model.Submitted
	for _, ch := range changes {
		subs = append(subs, model.Submitted{Change: ch})
	}
	return c.e.Submit(context.Background(), by, r, subs, c.now)
}

// look is a record as a caller sees it; nil when they do not.
func (c *company) look(by model.Caller, id model.RecordID) (*model.Shown, string) {
	c.t.Helper()
	l, err := c.e.Look(context.Background(), by, []model.RecordID{id})
	if err != nil {
		c.t.Fatal(err)
	}
	if len(l.Records) == 0 {
		return nil, l.Base
	}
	return &l.Records[0], l.Base
}

// customer makes a customer's creation.
func (c *company) customer(name string) model.Change {
	return c.change(c.amy, model.OpCreate, model.Customers, model.RecordID(newChange(c.t)), set(2, model.Text(name)))
}

// rename is an edit of a record's field on what amy sees now.
func (c *company) rename(rec model.RecordID, coll model.Collection, f model.FieldNo, v string) model.Change {
	ch := c.change(c.amy, model.OpEdit, coll, rec, set(f, model.Text(v)))
	_, ch.Base = c.look(c.caller(c.amy), rec)
	c.contents[ch.Body] = ch
	return ch
}

func key(n byte) [16]byte { return [16]byte{n} }

func TestD12_3_ARequestIsDecidedOnce(t *testing.T) {
	c := newCompany(t)
	amy := c.caller(c.amy)
	create := c.customer("Mill Lane Laundry")
	r := model.Request{Key: key(1), Print: key(9), Note: []byte("one")}
	first, err := c.submit(amy, r, create)
	if err != nil || first.Repeat || first.Answers[0].Outcome != model.OutcomeApplied {
		t.Fatalf("first = %+v, %v, want applied", first, err)
	}
	_, before := c.events(amy, "")
	again := create // a repeat is made anew: its clock, and so its body, is another
	again.Body += "later"
	again.Hash = [32]byte{1}
	second, err := c.submit(amy, r, again)
	if err != nil || !second.Repeat || second.Answers[0].Outcome != model.OutcomeApplied || string(second.Note) != "one" {
		t.Fatalf("the repeat = %+v, %v, want the first answer", second, err)
	}
	if events, _ := c.events(amy, before); len(events) != 0 {
		t.Errorf("the repeat did something: %+v", events)
	}
	if _, err := c.submit(amy, model.Request{Key: key(1), Print: key(8)}, create); !errors.Is(err, model.ErrReused) {
		t.Errorf("the key for another request = %v, want ErrReused", err)
	}
	c.now += model.RequestLife
	if s, err := c.submit(amy, r, create); err != nil || s.Repeat || !s.Answers[0].Repeat {
		t.Errorf("after a day = %+v, %v, want the outcome that the change itself is remembered by", s, err)
	}
}

func TestD12_3_WhatDoesNotStandLeavesNoTrace(t *testing.T) {
	c := newCompany(t)
	amy := c.caller(c.amy)
	good, bad := c.customer("Good"), c.customer("Bad")
	bad.Fields[0].Value = model.Int(7)
	c.contents[bad.Body] = bad
	lost := c.rename(model.RecordID(newChange(t)), model.Customers, 2, "nobody")

	s, err := c.submit(amy, model.Request{Key: key(1), Units: []int{1, 2, 1}}, good, c.customer("With bad"), bad, lost)
	if err != nil {
		t.Fatal(err)
	}
	if want := [4]bool{false, true, true, true}; [4]bool(s.Dropped) != want {
		t.Errorf("dropped = %v, want %v", s.Dropped, want)
	}
	if a := s.Answers[2]; a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonValue || s.Answers[1].Outcome != model.OutcomeRetry {
		t.Errorf("answers of the bad unit = %+v, want the one at fault to have its reason", s.Answers[1:3])
	}
	if a := s.Answers[3]; a.Reason != model.ReasonMissing {
		t.Errorf("an edit of what never was = %+v, want missing", a)
	}
	if held, err := c.e.Held(context.Background(), c.id); err != nil || len(held) != 0 {
		t.Errorf("held = %v, %v: the API's caller was told, nothing is to be kept", held, err)
	}
	if l, err := c.e.List(context.Background(), amy, model.Query{Collection: model.ReviewItems, Limit: 10}); err != nil || len(l.Records) != 0 {
		t.Errorf("review items = %v, %v, want none", l.Records, err)
	}
	again, err := c.submit(amy, model.Request{Key: key(1), Units: []int{1, 2, 1}}, good, c.customer("With bad"), bad, lost)
	if err != nil || !again.Repeat || again.Answers[2].Reason != model.ReasonValue || !again.Dropped[3] {
		t.Errorf("the repeat = %+v, %v, want what the first was told", again, err)
	}
}

func TestD12_3_ARehearsalChangesNothing(t *testing.T) {
	c := newCompany(t)
	amy := c.caller(c.amy)
	create := c.customer("Maybe")
	s, err := c.submit(amy, model.Request{Key: key(1), Rehearse: true}, create)
	if err != nil || s.Answers[0].Outcome != model.OutcomeApplied {
		t.Fatalf("rehearsal = %+v, %v, want applied", s, err)
	}
	if seen, _ := c.look(amy, create.Record); seen != nil {
		t.Error("a rehearsal made a record")
	}
	if s, err := c.submit(amy, model.Request{Key: key(1)}, create); err != nil || s.Repeat {
		t.Errorf("the real thing = %+v, %v, want it decided", s, err)
	}
}

func TestD12_3_AStaleBeliefDecidesNothing(t *testing.T) {
	c := newCompany(t)
	amy := c.caller(c.amy)
	one, two := c.customer("One"), c.customer("Two")
	if _, err := c.submit(amy, model.Request{}, one, two); err != nil {
		t.Fatal(err)
	}
	seen, _ := c.look(amy, one.Record)
	if _, err := c.submit(amy, model.Request{}, c.rename(one.Record, model.Customers, 2, "Uno")); err != nil {
		t.Fatal(err)
	}
	r := model.Request{Expect: []model.Expectation{{Record: one.Record, Tag: seen.Tag}}}
	_, err := c.submit(amy, r, c.rename(two.Record, model.Customers, 2, "Due"), c.rename(one.Record, model.Customers, 2, "Ein"))
	stale, ok := errors.AsType[*model.StaleError](err)
	now, _ := c.look(amy, one.Record)
	if !ok || stale.Tag != now.Tag {
		t.Fatalf("err = %v, want a *StaleError with the tag of now", err)
	}
	if got, _ := c.look(amy, two.Record); got.Fields[1].Value.Text() != "Two" {
		t.Error("a request on a stale belief did a part of its work")
	}
	if _, err := c.submit(amy, model.Request{}, c.rename(one.Record, model.Customers, 2, "One")); err != nil {
		t.Fatal(err)
	}
	if back, _ := c.look(amy, one.Record); back.Tag != seen.Tag {
		t.Error("the same content has another tag: If-None-Match would never answer 304 again")
	}
}

func TestD12_3_ScopesOnlyTakeAway(t *testing.T) {
	c := newCompany(t)
	create := c.customer("ACME")
	reader := c.caller(c.amy, "customers:read", "jobs:write")
	if _, err := c.submit(reader, model.Request{}, create); !errors.Is(err, model.ErrScoped) {
		t.Errorf("a write with a reading scope = %v, want ErrScoped", err)
	}
	job := c.change(c.amy, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Boiler")))
	if s, err := c.submit(reader, model.Request{}, job); err != nil || s.Dropped[0] {
		t.Errorf("a write in scope = %+v, %v, want applied", s, err)
	}
	if _, err := c.submit(c.caller(c.amy), model.Request{}, create); err != nil {
		t.Fatal(err)
	}
	if seen, _ := c.look(c.caller(c.amy, "jobs:read"), create.Record); seen != nil {
		t.Error("a record outside the scopes is shown")
	}
	if _, err := c.submit(c.caller(c.ben), model.Request{}, job); !errors.Is(err, model.ErrToken) {
		t.Errorf("an engineer at the office's API = %v, want ErrToken", err)
	}
}

func TestI13_RequestsAreForgotten(t *testing.T) {
	c := newCompany(t)
	for n := range 3 {
		if _, err := c.submit(c.caller(c.amy), model.Request{Key: [16]byte{byte(n), 1}}, c.customer("x")); err != nil {
			t.Fatal(err)
		}
	}
	c.now += model.RequestLife + 10_000
	c.sweep()
	var left int
	if left = c.e.RowCount(c.id, 19); left != 0 {
		t.Errorf("%d rows of requests are left after a day, want 0", left)
	}
}

func TestKeys(t *testing.T) {
	c, ctx := newCompany(t), context.Background()
	secret := [32]byte{1}
	k, err := c.e.AddKey(ctx, c.id, model.APIKey{User: c.amy, Name: "ERP", Scopes: model.Scopes{"read"}, Expires: c.now + 100_000}, secret, c.now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.e.KeyCaller(ctx, c.id, secret, c.now)
	if err != nil || got.User != c.amy || got.Key != k.ID || !got.Scopes.Reads("jobs") || got.Scopes.Writes("jobs") {
		t.Errorf("KeyCaller = %+v, %v, want amy with the scope read", got, err)
	}
	if keys, err := c.e.Keys(ctx, c.id); err != nil || len(keys) != 1 || keys[0].Used == 0 {
		t.Errorf("Keys = %+v, %v, want one that was used", keys, err)
	}
	for why, bad := range map[string]error{
		"another secret":  second(c.e.KeyCaller(ctx, c.id, [32]byte{2}, c.now)),
		"another company": second(c.e.KeyCaller(ctx, model.TenantID{1}, secret, c.now)),
		"expired":         second(c.e.KeyCaller(ctx, c.id, secret, c.now+100_000)),
	} {
		if !errors.Is(bad, model.ErrToken) {
			t.Errorf("%s = %v, want ErrToken", why, bad)
		}
	}
	if _, err := c.e.AddKey(ctx, c.id, model.APIKey{User: c.ben, Name: "no"}, [32]byte{3}, c.now); !errors.Is(err, engine.ErrOwner) {
		t.Errorf("an engineer's key = %v, want ErrOwner", err)
	}
	if err := c.e.RevokeKey(ctx, c.id, k.ID, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	if err := second(c.e.KeyCaller(ctx, c.id, secret, c.now)); !errors.Is(err, model.ErrToken) {
		t.Errorf("revoked = %v, want ErrToken", err)
	}
}

func second[T any](_ T, err error) error { return err }
