package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF6_ATokenExpires: unused for as long as the company says, or so old; then it opens nothing on any road, and what its
// device has comes in by the hand-in lane as after an end that nobody made.
func TestF6_ATokenExpires(t *testing.T) {
	if wrong := tokensExpire(t); wrong != "" {
		t.Error(wrong)
	}
}

func tokensExpire(t *testing.T) string {
	rules := model.DefaultSessionRules()
	for _, row := range []struct {
		why   string
		quiet int64 // between two uses
		uses  int   // before the end
		live  bool
	}{
		{"used before it was idle for too long", rules.Idle - 1, 2, true},
		{"idle for too long", rules.Idle, 1, false},
		{"used all the time and too old", rules.Idle / 2, 6, false},
	} {
		c := newCompany(t)
		job, _ := c.newJob(c.ben, 0)
		h := c.hand(c.ben, model.Mobile, "one")
		g := h.online()
		began := c.now
		for i := range row.uses {
			c.now += model.Instant(row.quiet)
			if i < row.uses-1 {
				if _, err := h.hello(false); err != nil {
					t.Fatalf("%s: use %d: %v", row.why, i, err)
				}
			}
		}
		if wrong := c.expired(h, g.Connection, job, row.live, min(began+model.Instant(rules.Absolute), c.now)); wrong != "" {
			return row.why + ": " + wrong
		}
	}
	return ""
}

// expired checks all that a session opens, live or not.
func (c *company) expired(h *hand, conn model.Connection, job model.RecordID, live bool, at model.Instant) string {
	c.t.Helper()
	ctx := context.Background()
	_, pull := c.e.Pull(ctx, model.Pull{Connection: conn}, c.now) // before anything is committed at this time
	conn.Token = h.token
	change := c.shift(c.ben)
	_, push := c.e.Push(ctx, conn, []model.Submitted{{Number: h.next, Change: change}}, nil, c.now)
	h.next++
	note := c.e.Note(ctx, conn, model.Note{Report: &model.Report{Unsent: 1}}, c.now)
	_, hello := h.hello(false)
	_, ticket := c.e.AddTicket(ctx, c.id, model.NewTicket{Kind: model.TicketConnect, User: c.ben, Session: conn.Session, By: c.ben}, c.now)
	for road, err := range map[string]error{"a page": pull, "a change": push, "a report": note, "a hello": hello} {
		var over *model.EndedError
		switch {
		case live && err != nil:
			return road + " is refused: " + err.Error()
		case live:
		case !errors.As(err, &over):
			return road + " is not refused"
		case over.Ended.Reason != model.EndExpired || over.Ended.At != at || !over.Ended.By.IsZero():
			c.t.Errorf("%s: %+v, want an end of age, at %d, by nobody", road, over.Ended, at)
		}
	}
	if live != (ticket == nil) {
		return "a ticket is made for a session that has ended, or none for a live one"
	}
	if live {
		return ""
	}
	g, err := h.hello(true)
	if err != nil || g.Ended == nil || g.Ended.Reason != model.EndExpired {
		return "its device cannot hand in"
	}
	g.Connection.Token = h.token
	late := c.note(c.ben, job)
	late.AfterEnd = true
	answers, err := c.e.Push(ctx, g.Connection, []model.Submitted{{Number: h.next, Change: late}}, nil, c.now)
	if err != nil || answers[0].Outcome != model.OutcomeApplied {
		return "what was made after the end is not let in, though nobody made that end"
	}
	return ""
}

// TestF6_AnExpiredSessionIsNoQuestion: another device signs in without one, and the end is written down: it stands when the
// company lets tokens be older later.
func TestF6_AnExpiredSessionIsNoQuestion(t *testing.T) {
	store := memstore.New(1 << 32)
	c, ctx := newCompanyOn(t, store), context.Background()
	old, young := c.hand(c.ben, model.Mobile, "old"), c.hand(c.ben, model.Mobile, "young")
	old.online()
	desk := c.hand(c.amy, model.Desktop, "desk")
	desk.online()
	c.now += model.Instant(model.DefaultSessionRules().Idle)
	if in, err := young.signIn(model.DeviceID{}, 0); err != nil || in.Ended != nil {
		t.Fatalf("SignIn = %+v, %v, want no question and nobody to tell", in, err)
	}
	for part := range 256 {
		check(t, c.e.Sweep(ctx, c.id, byte(part), c.now))
	}
	if live, err := c.e.Sessions(ctx, c.id); err != nil || len(live) != 1 || live[0].Device != young.device {
		t.Errorf("Sessions = %+v, %v, want the young one alone: the sweep writes ends of age down", live, err)
	}
	c.patient()
	for name, h := range map[string]*hand{"the one that was followed": old, "the one that was swept": desk} {
		var over *model.EndedError
		if _, err := h.hello(false); !errors.As(err, &over) || over.Ended.Reason != model.EndExpired {
			t.Errorf("%s: %v, want its end", name, err)
		}
	}
}

// TestF6_ANewIdentityMakesNoTokenYounger.
func TestF6_ANewIdentityMakesNoTokenYounger(t *testing.T) {
	if wrong := renewed(t); wrong != "" {
		t.Error(wrong)
	}
}

func renewed(t *testing.T) string {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	h := c.hand(c.ben, model.Mobile, "one")
	g := h.online()
	for range 3 {
		c.now += model.Instant(model.DefaultSessionRules().Absolute / 4)
		h.token = 99 // a twin's
		var err error
		if g, err = h.hello(false); err != nil || !g.Reidentify {
			t.Fatalf("Hello = %+v, %v", g, err)
		}
	}
	c.now += model.Instant(model.DefaultSessionRules().Absolute / 4)
	return c.expired(h, g.Connection, job, false, c.now)
}

// TestF6_TheOfficesSessionIsUsedByItsRequests: one that is used by HTTP alone does not lapse for want of a connection, and one
// that has lapsed is nobody's, in the commit too.
func TestF6_TheOfficesSessionIsUsedByItsRequests(t *testing.T) {
	c, ctx := newCompany(t), context.Background()
	h := c.hand(c.amy, model.Desktop, "desk")
	_, err := h.signIn(model.DeviceID{}, 0)
	check(t, err)
	token, rules := sha256.Sum256([]byte(h.session)), model.DefaultSessionRules()
	var amy model.Caller
	for range 2 {
		c.now += model.Instant(rules.Idle - 1)
		if amy, err = c.e.SessionCaller(ctx, c.id, token, c.now); err != nil {
			t.Fatal(err)
		}
	}
	c.now += model.Instant(rules.Idle)
	if _, err := c.submit(amy, model.Request{}, c.customer("Late")); !errors.Is(err, model.ErrToken) {
		t.Errorf("Submit of a caller who has lapsed = %v, want ErrToken", err)
	}
	if _, err := c.e.SessionCaller(ctx, c.id, token, c.now); !errors.Is(err, model.ErrToken) {
		t.Errorf("SessionCaller = %v, want ErrToken", err)
	}
}

// TestRS42_AnUnlockedDeskGivesNobodyAWayIn: a sensitive act wants a password of the last minutes; a key is not asked.
func TestRS42_AnUnlockedDeskGivesNobodyAWayIn(t *testing.T) {
	if wrong := unlockedDesk(t); wrong != "" {
		t.Error(wrong)
	}
}

func unlockedDesk(t *testing.T) string {
	c := newCompany(t)
	h := c.hand(c.amy, model.Desktop, "desk")
	signedIn := func(in model.SignedIn, err error) context.Context {
		check(t, err)
		return engine.Sensitive(engine.Fenced(context.Background(), model.Caller{Tenant: c.id, User: c.amy, Session: in.Session, Epoch: in.Epoch}))
	}
	act := func(ctx context.Context) error {
		_, err := c.e.SetPassword(ctx, c.id, c.ben, "$", c.amy, c.now)
		return err
	}
	ctx := signedIn(h.signIn(model.DeviceID{}, 0))
	c.now += model.Instant(model.DefaultSessionRules().Sensitive)
	check(t, act(ctx))
	c.now++
	if err := act(ctx); !errors.Is(err, model.ErrProof) {
		return "a sensitive act wants no password"
	}
	check(t, act(signedIn(h.signIn(h.device, 0)))) // signed in again, on the same device: no question
	k := c.ticket(model.TicketSignIn, func(k *model.NewTicket) { k.User, k.By, k.Proven = c.amy, model.UserID{}, 0 })
	if err := act(signedIn(h.signInBy(k, 0, false))); !errors.Is(err, model.ErrProof) {
		return "who was let in by the office has shown a password"
	}
	secret := [32]byte{7}
	_, err := c.e.AddKey(context.Background(), c.id, model.APIKey{User: c.amy, Name: "ERP", Scopes: model.AllScopes()}, secret, c.now)
	check(t, err)
	erp, err := c.e.KeyCaller(context.Background(), c.id, secret, c.now)
	check(t, err)
	check(t, act(engine.Sensitive(engine.Fenced(context.Background(), erp))))
	return ""
}
