package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// byTicket is a sign-in of this phone by a ticket, with neither name nor password.
func (p *phone) byTicket(k session.Ticket, takeOver model.Epoch) (session.SignedIn, error) {
	r := p.request()
	r.Login, r.Password, r.Ticket, r.TakeOver = "", "", k.Secret, takeOver
	in, err := p.w.gate.SignIn(p.w.t.Context(), r)
	if err == nil {
		p.in = in
	}
	return in, err
}

// TestATicketSignsInWithoutAHash: bought with one password, it takes the slot over, once, and nothing more is hashed.
func TestATicketSignsInWithoutAHash(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		first, second := w.newPhone(), w.newPhone()
		check(t, first.signIn(0))
		r := second.request()
		k, err := w.gate.IssueTicket(t.Context(), r)
		check(t, err)
		hashed, _ := w.passwords.Load()
		var active *model.Active
		if _, err := second.byTicket(k, 0); !errors.As(err, &active) {
			t.Fatalf("SignIn = %v, want the question", err)
		}
		if _, err := first.byTicket(k, active.Epoch); !errors.Is(err, model.ErrTicket) {
			t.Errorf("SignIn of another device = %v, want ErrTicket: it was bought for this one's key", err)
		}
		if in, err := second.byTicket(k, active.Epoch); err != nil || in.User != w.ben || in.Name != "ben" || in.Ended == nil {
			t.Fatalf("SignIn = %+v, %v, want a takeover of Ben's slot", in, err)
		}
		second.connect(false).hangUp()
		if _, err := second.byTicket(k, 0); !errors.Is(err, model.ErrTicket) {
			t.Errorf("SignIn again = %v, want ErrTicket", err)
		}
		if after, _ := w.passwords.Load(); after != hashed {
			t.Errorf("%d passwords were hashed for sign-ins by ticket", after-hashed)
		}
	})
}

// TestABadTicketIsOneError: whatever is wrong with it, and in whichever company.
func TestABadTicketIsOneError(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		spent, err := w.gate.IssueTicket(t.Context(), p.request())
		check(t, err)
		_, err = p.byTicket(spent, 0)
		check(t, err)
		late, err := w.gate.IssueTicket(t.Context(), p.request())
		check(t, err)
		time.Sleep(10 * time.Minute) // fake
		good, err := w.gate.IssueTicket(t.Context(), p.request())
		check(t, err)
		for _, row := range []struct {
			tenant string
			ticket [32]byte
			why    string
		}{
			{"acme", [32]byte{1}, "nobody made it"},
			{"acme", spent.Secret, "it was spent"},
			{"acme", late.Secret, "it has expired"},
			{"nowhere", good.Secret, "there is no such company"},
		} {
			r := p.request()
			r.Tenant, r.Ticket = row.tenant, row.ticket
			if _, err := w.gate.SignIn(t.Context(), r); err == nil || err.Error() != model.ErrTicket.Error() {
				t.Errorf("SignIn = %v, want exactly %v: %s", err, model.ErrTicket, row.why)
			}
			if err := w.gate.Reset(t.Context(), session.ResetRequest{Tenant: row.tenant, Link: row.ticket, Password: "long enough"}); err == nil || err.Error() != model.ErrLink.Error() {
				t.Errorf("Reset = %v, want exactly %v: %s", err, model.ErrLink, row.why)
			}
		}
	})
}

// TestRSS13_BadTicketsLockNobodyOut: who tries tickets is limited by their address, and at the same address a good one, a
// password and a link are as good as before.
func TestRSS13_BadTicketsLockNobodyOut(t *testing.T) {
	if wrong := badTickets(t); wrong != "" {
		t.Error(wrong)
	}
}

func badTickets(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		good, err := w.gate.IssueTicket(t.Context(), p.request())
		check(t, err)
		link, err := w.gate.Issue(t.Context(), w.tenant, model.NewTicket{Kind: model.TicketReset, User: w.ben})
		check(t, err)
		r := p.request()
		var limit *session.LimitError
		tries := 0
		for ; tries < 100; tries++ {
			r.Ticket = [32]byte{byte(tries), 1}
			if _, err := w.gate.SignIn(t.Context(), r); errors.As(err, &limit) {
				break
			}
		}
		if tries != 30 {
			wrong = fmt.Sprintf("%d bad tickets from one address, want 30", tries)
			return
		}
		bad := session.ResetRequest{Tenant: "acme", Link: [32]byte{7}, Password: "long enough", Address: r.Address}
		if err := w.gate.Reset(t.Context(), bad); !errors.As(err, &limit) {
			t.Errorf("Reset by a bad link = %v, want the limit of the address", err)
		}
		if _, err := p.byTicket(good, 0); err != nil {
			t.Errorf("SignIn by a good ticket = %v, want nil", err)
		}
		if err := p.signIn(0); err != nil {
			t.Errorf("SignIn by password = %v, want nil", err)
		}
		bad.Link = link.Secret
		if err := w.gate.Reset(t.Context(), bad); err != nil {
			t.Errorf("Reset by a good link = %v, want nil", err)
		}
	})
	return wrong
}

// TestAFloodOfBadTicketsIsBoundedInMemory: from as many networks as there are.
func TestAFloodOfBadTicketsIsBoundedInMemory(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		r := w.newPhone().request()
		r.Ticket = [32]byte{1}
		for i := range 30_000 {
			r.Address = fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)
			if _, err := w.gate.SignIn(t.Context(), r); !errors.Is(err, model.ErrTicket) {
				t.Fatal(err)
			}
		}
		if have, most := w.gate.Attempts(); have != most {
			t.Errorf("%d buckets, want %d", have, most)
		}
	})
}

// TestIPv6CountsByNetwork: somebody with a network of 2^64 addresses has the attempts of one.
func TestIPv6CountsByNetwork(t *testing.T) {
	if wrong := countedByNetwork(t); wrong != "" {
		t.Error(wrong)
	}
}

func countedByNetwork(t *testing.T) (wrong string) {
	bubble(t, func(t *testing.T, w *world) {
		r := w.newPhone().request()
		r.Password = "wrong"
		var limit *session.LimitError
		for i := range 6 {
			r.Address = fmt.Sprintf("2001:db8::%x", i+1)
			_, err := w.gate.SignIn(t.Context(), r)
			if errors.As(err, &limit) != (i == 5) {
				wrong = fmt.Sprintf("guess %d from one network = %v", i, err)
				return
			}
		}
		r.Address = "2001:db8:0:1::1"
		if _, err := w.gate.SignIn(t.Context(), r); !errors.Is(err, model.ErrSignIn) {
			t.Errorf("a guess from another network = %v, want ErrSignIn", err)
		}
	})
	return wrong
}

// TestW36_ALinkSetsAPasswordOnce: its sessions are told, the new password signs in, and a password that cannot be leaves the
// link good.
func TestW36_ALinkSetsAPasswordOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		link, err := w.gate.Issue(t.Context(), w.tenant, model.NewTicket{Kind: model.TicketReset, User: w.ben, By: w.amy})
		check(t, err)
		if got := time.Until(time.UnixMilli(int64(link.Expires))); got != 24*time.Hour {
			t.Errorf("a link lives %v, want a day", got)
		}
		r := session.ResetRequest{Tenant: " ACME", Link: link.Secret, Password: "short"}
		if err := w.gate.Reset(t.Context(), r); !errors.Is(err, session.ErrPasswordShort) {
			t.Fatalf("Reset = %v, want ErrPasswordShort", err)
		}
		r.Password = "a new password"
		check(t, w.gate.Reset(t.Context(), r))
		l.closed(protocol.CodeReset)
		if err := w.gate.Reset(t.Context(), r); !errors.Is(err, model.ErrLink) {
			t.Errorf("Reset again = %v, want ErrLink", err)
		}
		if err := p.signIn(0); !errors.Is(err, model.ErrSignIn) {
			t.Errorf("SignIn by the old password = %v, want ErrSignIn", err)
		}
		in := p.request()
		in.Password = r.Password
		if _, err := w.gate.SignIn(t.Context(), in); err != nil {
			t.Errorf("SignIn by the new password = %v", err)
		}
	})
}

// TestRSS14_APageConnectsByATicket: without showing its token to the WebSocket; twice is not signed in.
func TestRSS14_APageConnectsByATicket(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		k, err := w.gate.ConnectTicket(t.Context(), w.tenant, p.in.Token, "10.0.0.1")
		check(t, err)
		if got := time.Until(time.UnixMilli(int64(k.Expires))); got != 30*time.Second {
			t.Errorf("a connect ticket lives %v, want 30 s", got)
		}
		l, c := p.dial()
		l.send(p.hello(c, func(h *protocol.Hello) { h.Secret = k.Secret }))
		welcome := expect[*protocol.Welcome](l)
		p.token = welcome.Token
		l.hangUp()
		l, c = p.dial()
		l.send(p.hello(c, func(h *protocol.Hello) { h.Secret = k.Secret }))
		l.closed(protocol.CodeNotSignedIn)
		if _, err := w.gate.ConnectTicket(t.Context(), w.tenant, [32]byte{1}, "10.0.0.1"); !errors.Is(err, model.ErrToken) {
			t.Errorf("a ticket for no session = %v, want ErrToken", err)
		}
		var limit *session.LimitError
		for range 20 {
			if _, err = w.gate.ConnectTicket(t.Context(), w.tenant, p.in.Token, "10.0.0.1"); err != nil {
				break
			}
		}
		if !errors.As(err, &limit) {
			t.Errorf("connect tickets without end for one device: %v", err)
		}
		_, err = w.engine.End(t.Context(), w.tenant, model.Ending{User: w.ben, Reason: model.EndOffice, By: w.amy}, w.now())
		check(t, err)
		time.Sleep(time.Minute) // fake
		if _, err := w.gate.ConnectTicket(t.Context(), w.tenant, p.in.Token, "10.0.0.1"); !errors.Is(err, model.ErrToken) {
			t.Errorf("a ticket for an ended session = %v, want ErrToken", err)
		}
	})
}

// TestATicketOfTheOfficeOpensNoOtherDoor: a client's ticket is none for the field, and whoever is not active has none.
func TestATicketOfTheOfficeOpensNoOtherDoor(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		company := model.RecordID{1}
		w.office(w.change(w.amy, model.OpCreate, model.Customers, company, set(model.CustomerName, model.Text("Harbour"))))
		guest, err := w.engine.AddAccount(t.Context(), w.tenant, engine.NewAccount{Login: "guest", Kind: model.Portal, Company: company, Password: cheap}, w.now())
		check(t, err)
		k, err := w.gate.Issue(t.Context(), w.tenant, model.NewTicket{Kind: model.TicketSignIn, User: guest, By: w.amy})
		check(t, err)
		if _, err := w.newPhone().byTicket(k, 0); !errors.Is(err, model.ErrNoLane) {
			t.Errorf("SignIn of a client by the field's door = %v, want ErrNoLane", err)
		}
		if _, err := w.gate.SignInPortal(t.Context(), session.SignInRequest{Tenant: "acme", Ticket: k.Secret}); err != nil {
			t.Errorf("SignInPortal = %v, want nil: the ticket was left good", err)
		}
	})
}
