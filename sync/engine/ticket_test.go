package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ticket makes a ticket for ben, who has shown his password for it, or for whom change says.
func (c *company) ticket(kind model.TicketKind, change func(*model.NewTicket)) [32]byte {
	c.t.Helper()
	k := model.NewTicket{Kind: kind, Hash: sha256.Sum256([]byte(rand16(c.t))), User: c.ben, By: c.ben, Proven: c.now}
	if change != nil {
		change(&k)
	}
	if _, err := c.e.AddTicket(context.Background(), c.id, k, c.now); err != nil {
		c.t.Fatal(err)
	}
	return k.Hash
}

// signInBy signs a hand in by a ticket.
func (h *hand) signInBy(ticket [32]byte, over model.Epoch, rehearse bool) (model.SignedIn, error) {
	return h.c.e.SignIn(context.Background(), model.SignIn{
		Tenant: h.c.id, User: h.user, Kind: h.kind, Device: h.device, PublicKey: []byte(h.key), Label: h.key,
		TokenHash: sha256.Sum256([]byte(rand16(h.c.t))), TakeOver: over, Ticket: ticket, Rehearse: rehearse,
	}, h.c.now)
}

// TestRSS14_ATicketIsSpentOnce: in the commit of the sign-in; a question, a rehearsal and a refusal leave it.
func TestRSS14_ATicketIsSpentOnce(t *testing.T) {
	if wrong := spentOnce(t); wrong != "" {
		t.Error(wrong)
	}
}

func spentOnce(t *testing.T) string {
	c := newCompany(t)
	first, second := c.hand(c.ben, model.Mobile, "one"), c.hand(c.ben, model.Mobile, "two")
	in, err := first.signIn(model.DeviceID{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	k := c.ticket(model.TicketSignIn, nil)
	var active *model.Active
	if _, err := second.signInBy(k, 0, false); !errors.As(err, &active) {
		t.Fatalf("SignIn = %v, want the question", err)
	}
	if _, err := second.signInBy(k, in.Epoch, true); err != nil {
		t.Fatalf("a rehearsal = %v", err)
	}
	if got, err := second.signInBy(k, in.Epoch, false); err != nil || got.Ended == nil {
		t.Fatalf("SignIn = %v, %v, want a takeover", got, err)
	}
	if _, err := second.signInBy(k, 0, false); !errors.Is(err, model.ErrTicket) {
		return "a ticket is good twice"
	}
	if n := c.e.RowCount(c.id, storage.TableTickets); n != 0 {
		return "a spent ticket leaves rows"
	}
	return ""
}

// TestRSS14_ATicketExpires: by the clock, and by committed time when the clock went back.
func TestRSS14_ATicketExpires(t *testing.T) {
	if wrong := expiring(t); wrong != "" {
		t.Error(wrong)
	}
}

func expiring(t *testing.T) string {
	c := newCompany(t)
	h, life := c.hand(c.ben, model.Mobile, "one"), model.Instant(model.DefaultSessionRules().SignInTicket)
	k := c.ticket(model.TicketSignIn, nil)
	began := c.now
	c.now += life - 1
	if _, err := h.signInBy(k, 0, true); err != nil {
		t.Fatalf("a moment before: %v", err)
	}
	c.now++
	if _, err := h.signInBy(k, 0, false); !errors.Is(err, model.ErrTicket) {
		return "an expired ticket signs in"
	}
	c.ticket(model.TicketSignIn, nil) // a commit of this time
	c.now = began
	if _, err := h.signInBy(k, 0, true); !errors.Is(err, model.ErrTicket) {
		return "a clock that went back makes a ticket good again"
	}
	if _, err := c.e.Ticket(context.Background(), c.id, k, model.TicketSignIn, began); !errors.Is(err, model.ErrTicket) {
		return "an expired ticket names its user"
	}
	c.now = began + life
	check(t, c.e.Sweep(context.Background(), c.id, 0, c.now))
	if n := c.e.RowCount(c.id, storage.TableTickets); n != 3 {
		return "the sweep forgets other tickets than those that have expired"
	}
	return ""
}

// TestRSS14_ATicketIsGoodForOneThing: for its kind, its user, the kind of its session, its key and its company.
func TestRSS14_ATicketIsGoodForOneThing(t *testing.T) {
	c := newCompany(t)
	other, err := c.e.AddTenant(context.Background(), "other", c.now)
	check(t, err)
	c.officeOnPhones(c.amy)
	key := func(k *model.NewTicket) { k.Key = sha256.Sum256([]byte("one")) }
	for _, row := range []struct {
		ticket [32]byte
		by     *hand
		why    string
	}{
		{c.ticket(model.TicketReset, nil), c.hand(c.ben, model.Mobile, "one"), "a link signs nobody in"},
		{c.ticket(model.TicketSignIn, nil), c.hand(c.sue, model.Subcontractor, "one"), "another user's"},
		{c.ticket(model.TicketSignIn, func(k *model.NewTicket) { k.User, k.As = c.amy, model.Mobile }), c.hand(c.amy, model.Desktop, "one"), "for another kind of session"},
		{c.ticket(model.TicketSignIn, key), c.hand(c.ben, model.Mobile, "two"), "another device's"},
		{[32]byte{1}, c.hand(c.ben, model.Mobile, "one"), "nobody made it"},
	} {
		if _, err := row.by.signInBy(row.ticket, 0, false); !errors.Is(err, model.ErrTicket) {
			t.Errorf("SignIn = %v, want ErrTicket: %s", err, row.why)
		}
	}
	if _, err := c.hand(c.ben, model.Mobile, "one").signInBy(c.ticket(model.TicketSignIn, key), 0, false); err != nil {
		t.Errorf("SignIn = %v, want nil: its own key's", err)
	}
	for _, id := range []model.TenantID{other, {9}} {
		if _, err := c.e.Ticket(context.Background(), id, c.ticket(model.TicketSignIn, nil), model.TicketSignIn, c.now); !errors.Is(err, model.ErrTicket) {
			t.Errorf("Ticket = %v, want ErrTicket: another company's, or of none", err)
		}
		if _, err := c.e.Reset(context.Background(), id, c.ticket(model.TicketReset, nil), "$", c.now); !errors.Is(err, model.ErrLink) {
			t.Errorf("Reset = %v, want ErrLink: another company's, or of none", err)
		}
	}
}

// TestW36_TheNewestLinkVoidsTheOlder: and a link sets the password once, ends the sessions and voids what else there is.
func TestW36_TheNewestLinkVoidsTheOlder(t *testing.T) {
	if wrong := newestLink(t); wrong != "" {
		t.Error(wrong)
	}
}

func newestLink(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	h := c.hand(c.ben, model.Mobile, "one")
	h.online()
	older := c.ticket(model.TicketReset, nil)
	newest := c.ticket(model.TicketReset, nil)
	pass := c.ticket(model.TicketSignIn, nil)
	if _, err := c.e.Reset(ctx, c.id, older, "$older", c.now); !errors.Is(err, model.ErrLink) {
		return "an older link sets a password"
	}
	ended, err := c.e.Reset(ctx, c.id, newest, "$new", c.now)
	if err != nil || len(ended) != 1 || ended[0].Reason != model.EndReset {
		t.Fatalf("Reset = %v, %v, want one end", ended, err)
	}
	if login, err := c.e.Login(ctx, c.id, "ben"); err != nil || login.Password != "$new" {
		return "the password is not the new one"
	}
	if _, err := c.e.Reset(ctx, c.id, newest, "$again", c.now); !errors.Is(err, model.ErrLink) {
		return "a link is good twice"
	}
	if _, err := h.signInBy(pass, 0, false); !errors.Is(err, model.ErrTicket) {
		return "a ticket of the old password signs in"
	}
	return ""
}

// TestW30_WhoMakesATicketManagesItsUser: the office does, within its own levels, asked in the commit.
func TestW30_WhoMakesATicketManagesItsUser(t *testing.T) {
	if wrong := managedTickets(t); wrong != "" {
		t.Error(wrong)
	}
}

func managedTickets(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	planner, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{
		Login: "pat", Name: "pat", Kind: model.Desktop, Levels: access.RoleSets(access.Planner).Encode(),
	}, c.now)
	check(t, err)
	mint := func(by, of model.UserID) error {
		_, err := c.e.AddTicket(ctx, c.id, model.NewTicket{Kind: model.TicketReset, Hash: [32]byte{1}, User: of, By: by}, c.now)
		return err
	}
	check(t, mint(model.UserID{}, c.ben))
	check(t, mint(c.amy, c.ben))
	if mint(planner, c.ben) == nil || mint(c.ben, c.ben) == nil || mint(planner, c.amy) == nil {
		return "somebody who manages nobody makes tickets"
	}
	if err := mint(c.amy, model.UserID{7}); !errors.Is(err, model.ErrUnknown) {
		t.Errorf("a ticket of nobody = %v, want ErrUnknown", err)
	}
	return ""
}

// TestRSS14_AConnectTicketOpensOneConnection: of the one session it was made for, while that lives, for half a minute.
func TestRSS14_AConnectTicketOpensOneConnection(t *testing.T) {
	if wrong := connectsOnce(t); wrong != "" {
		t.Error(wrong)
	}
}

func connectsOnce(t *testing.T) string {
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "browser")
	in, err := h.signIn(model.DeviceID{}, 0)
	check(t, err)
	connect := func() [32]byte {
		return c.ticket(model.TicketConnect, func(k *model.NewTicket) { k.Session, k.Proven = in.Session, 0 })
	}
	hello := func(secret [32]byte) (model.Greeted, error) {
		g, err := c.e.Hello(context.Background(), model.Hello{
			Tenant: c.id, Device: h.device, TokenHash: secret, Token: h.token, Next: 1,
		}, c.now)
		if err == nil {
			h.token, h.device = g.Connection.Token, g.Connection.Device
		}
		return g, err
	}
	first := connect()
	g, err := hello(first)
	if err != nil || g.Connection.Session != in.Session {
		t.Fatalf("Hello = %+v, %v, want the session", g, err)
	}
	if _, err := hello(first); !errors.Is(err, model.ErrToken) {
		return "a ticket opens two connections"
	}
	late := connect()
	c.now += model.Instant(model.DefaultSessionRules().ConnectTicket)
	if _, err := hello(late); !errors.Is(err, model.ErrToken) {
		return "a ticket opens a connection after its time"
	}
	h.token = 12345 // a twin: it goes on under another identity, and the session's token with it
	if g, err := hello(connect()); err != nil || !g.Reidentify {
		t.Fatalf("Hello = %+v, %v, want a new identity", g, err)
	}
	if _, err := h.hello(false); err != nil {
		t.Errorf("the token after a new identity = %v, want nil", err)
	}
	ended := connect()
	c.end(c.ben, model.EndOffice)
	var over *model.EndedError
	if _, err := hello(ended); !errors.As(err, &over) {
		t.Errorf("Hello of an ended session = %v, want the end", err)
	}
	k := model.NewTicket{Kind: model.TicketConnect, Hash: [32]byte{3}, User: c.ben, Session: in.Session, By: c.ben}
	if _, err := c.e.AddTicket(context.Background(), c.id, k, c.now); !errors.Is(err, model.ErrUnknown) {
		return "a session that has ended gets tickets"
	}
	return ""
}

// TestTicketsAreBounded: the newest 64 of a kind are kept.
func TestTicketsAreBounded(t *testing.T) {
	c := newCompany(t)
	var all [][32]byte
	for range 70 {
		c.now++
		all = append(all, c.ticket(model.TicketSignIn, nil))
	}
	if n := c.e.RowCount(c.id, storage.TableTickets); n != 3*64 {
		t.Errorf("%d rows of tickets, want %d", n, 3*64)
	}
	for i, want := range map[int]error{5: model.ErrTicket, 6: nil} {
		if _, err := c.e.Ticket(context.Background(), c.id, all[i], model.TicketSignIn, c.now); !errors.Is(err, want) {
			t.Errorf("ticket %d of 70: %v, want %v", i, err, want)
		}
	}
}

// TestASessionRemembersWhenThePasswordWasShown: at the sign-in, or when the ticket was bought with it; never for the office's.
func TestASessionRemembersWhenThePasswordWasShown(t *testing.T) {
	c := newCompany(t)
	bought := c.now
	k := c.ticket(model.TicketSignIn, nil)
	c.now += 60_000
	for _, row := range []struct {
		ticket [32]byte
		want   model.Instant
		why    string
	}{
		{k, bought, "bought with the password"},
		{c.ticket(model.TicketSignIn, func(k *model.NewTicket) { k.Proven, k.By = 0, c.amy }), 0, "the office's"},
		{[32]byte{}, c.now, "the password itself"},
	} {
		in, err := c.hand(c.ben, model.Mobile, "one").signInBy(row.ticket, 0, false)
		check(t, err)
		if got := c.e.Proven(c.id, in.Session); got != row.want {
			t.Errorf("proven at %d, want %d: %s", got, row.want, row.why)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
