package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// fate is what becomes of one thing in a device's queue.
type fate struct {
	outcome model.Outcome
	reason  model.Reason
}

var in, waits = fate{model.OutcomeApplied, model.ReasonNone}, fate{model.OutcomeHeld, model.ReasonRemoved}

// TestF6_WhatAnEventDoes is the table of domain f.6: what happens to the live session of a user to whom it happens, and to what
// their device has unsent. A row is an event there; the ones that no engine sees are tests of their own: an app that is too old is
// of package session, and a portal has no queue.
func TestF6_WhatAnEventDoes(t *testing.T) {
	for _, x := range []struct {
		event string
		does  func(*company) error
		ends  model.EndReason // EndNone: the session lives
		note  fate            // a fact
		edit  fate            // of master data
		shift fate            // hours
	}{
		{"nothing", func(*company) error { return nil }, model.EndNone, in, in, in},
		{"password reset by the office", (*company).newPassword, model.EndReset, in, handedIn, in},
		{"password reset by a link", (*company).usesLink, model.EndReset, in, handedIn, in},
		{"expiry of the token", (*company).expires, model.EndExpired, in, handedIn, in},
		{"permission widened", func(c *company) error { return c.permits("create_job", "on") }, model.EndNone, in, in, in},
		{"permission narrowed, full to hidden", func(c *company) error { return c.permits("customers", "hidden") }, model.EndNone, in, in, in},
		{"permission narrowed, of what is edited", func(c *company) error { return c.permits("edit_job", "off") }, model.EndNone, in, fate{model.OutcomeHeld, model.ReasonRight}, in},
		{"user removed", (*company).removes, model.EndRemoved, waits, waits, in},
		{"user replaced", (*company).replaces, model.EndRemoved, in, handedIn, in},
		{"user removed and reactivated", (*company).readmits, model.EndRemoved, in, handedIn, in},
	} {
		t.Run(x.event, func(t *testing.T) {
			c := newCompany(t)
			job, _ := c.newJob(c.ben, 0)
			ben := c.phone(c.ben, model.Mobile)
			c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
			note, edit, shift := c.note(c.ben, job), c.edit(c.ben, job, model.JobDescription, model.Text("no key")), c.shift(c.ben)
			check(t, x.does(c))
			var ended *model.EndedError
			if _, err := c.e.Push(context.Background(), ben, nil, nil, c.now); errors.As(err, &ended) {
				ben.Lane = model.LaneHandIn
			} else {
				check(t, err)
				ended = &model.EndedError{}
			}
			if ended.Ended.Reason != x.ends {
				t.Errorf("the session ended as %q, want %q", ended.Ended.Reason, x.ends)
			}
			for i, a := range c.push(ben, note, edit, shift) {
				if got, want := (fate{a.Outcome, a.Reason}), []fate{x.note, x.edit, x.shift}[i]; got != want {
					t.Errorf("%s = %v, want %v", []string{"a note", "an edit", "hours"}[i], got, want)
				}
			}
		})
	}
}

var handedIn = fate{model.OutcomeRecorded, model.ReasonHandedIn}

func (c *company) newPassword() error {
	_, err := c.e.SetPassword(context.Background(), c.id, c.ben, "$new", c.amy, c.now)
	return err
}

func (c *company) usesLink() error {
	_, err := c.e.Reset(context.Background(), c.id, c.ticket(model.TicketReset, nil), "$new", c.now)
	return err
}

func (c *company) expires() error {
	c.now += model.Instant(model.DefaultSessionRules().Idle) + 1
	return nil
}

func (c *company) permits(name, level string) error {
	_, err := c.changed(engine.LevelsChange{User: c.ben, By: c.amy, Ask: engine.Ask{Confirmed: true}, Change: access.Change{
		Set: access.Mobile, Levels: map[string]string{name: level},
	}})
	return err
}

func (c *company) removes() error {
	c.deactivate(c.ben)
	return nil
}

func (c *company) replaces() error {
	_, err := c.replace(c.ben, c.worker("cal", model.Mobile, access.DefaultSets(model.Mobile)))
	return err
}

func (c *company) readmits() error {
	c.deactivate(c.ben)
	_, err := c.e.Reactivate(context.Background(), c.id, c.ben, c.amy, c.now)
	return err
}

// TestF6_ANameIsNotReused: an id is its person's for ever, and so is the login, of whoever has left too.
func TestF6_ANameIsNotReused(t *testing.T) {
	c := newCompany(t)
	c.deactivate(c.ben)
	_, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{
		Login: "ben", Kind: model.Mobile, Levels: access.DefaultSets(model.Mobile).Encode(),
	}, c.now)
	if !errors.Is(err, engine.ErrTaken) {
		t.Errorf("another Ben = %v, want ErrTaken", err)
	}
	accounts, err := c.e.Accounts(context.Background(), c.id)
	check(t, err)
	var bens []storage.Account
	for _, a := range accounts {
		if a.Login == "ben" {
			bens = append(bens, a)
		}
	}
	if len(bens) != 1 || bens[0].User != c.ben {
		t.Errorf("%d accounts of that login", len(bens))
	}
}

// TestF6_AnOlderPasswordOpensNothing: it was right when it was checked, and another one was set before the commit, while the
// other device drained. Neither a session nor a ticket comes of it.
func TestF6_AnOlderPasswordOpensNothing(t *testing.T) { found(t, olderPassword(t)) }

func olderPassword(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	set := func(phc string) {
		_, err := c.e.SetPassword(ctx, c.id, c.ben, phc, c.amy, c.now)
		check(t, err)
	}
	in := model.SignIn{Tenant: c.id, User: c.ben, Kind: model.Mobile, PublicKey: []byte("one"), Checked: "$old"}
	k := model.NewTicket{Kind: model.TicketSignIn, Hash: [32]byte{1}, User: c.ben, By: c.ben, Proven: c.now, Checked: "$old"}
	set("$old")
	if _, err := c.e.AddTicket(ctx, c.id, k, c.now); err != nil {
		t.Fatalf("a ticket for the password = %v", err)
	}
	in.Rehearse = true
	if _, err := c.e.SignIn(ctx, in, c.now); err != nil {
		t.Fatalf("a rehearsal by the password = %v", err)
	}
	in.Rehearse = false
	set("$new")
	if _, err := c.e.SignIn(ctx, in, c.now); !errors.Is(err, model.ErrSignIn) {
		return fmt.Sprintf("a session by the older password = %v, want ErrSignIn", err)
	}
	k.Hash = [32]byte{2}
	if _, err := c.e.AddTicket(ctx, c.id, k, c.now); !errors.Is(err, model.ErrSignIn) {
		return fmt.Sprintf("a ticket for the older password = %v, want ErrSignIn", err)
	}
	in.Checked = "$new"
	if _, err := c.e.SignIn(ctx, in, c.now); err != nil {
		t.Errorf("a session by the new password = %v", err)
	}
	return ""
}
