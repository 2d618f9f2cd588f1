package main

import (
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// byTicket signs in by a ticket alone.
func (h *handset) byTicket(ticket any, takeover web.EpochText) *http.Response {
	h.t.Helper()
	raw, err := hex.DecodeString(ticket.(string))
	check(h.t, err)
	answer, _ := h.signIn(takeover, func(r *web.SignInRequest) {
		r.Login, r.Password, r.Ticket = "", "", web.Secret(raw)
	})
	return answer
}

// TestAcceptTicketsOfTheOffice: a back end lets its people in without their password, once, within what its user may; a take
// over by it hashes nothing, and the session works over a real socket.
func TestAcceptTicketsOfTheOffice(t *testing.T) {
	s := openStage(t, nil)
	s.addUser("acme", "pat", model.Desktop, access.RoleSets(access.Planner))
	amy, pat := s.backEnd("amy@acme", "manage"), s.backEnd("pat@acme", "read", "write", "manage")
	ben := s.users["ben@acme"]
	first, second := s.handset("acme", "ben"), s.newHandset("acme", "ben")
	k := amy.do(201, "POST", "/v1/sign-in/ticket", fields{"user": ben, "public_key": second.public})
	if expires, err := time.Parse(time.RFC3339, k["expires"].(string)); err != nil || time.Until(expires) > 10*time.Minute {
		t.Errorf("it expires at %v", k["expires"])
	}
	hashed := s.hashed()
	if a := second.byTicket(k["ticket"], 0); a.StatusCode != http.StatusConflict {
		t.Errorf("%s, want the question", a.Status)
	}
	if a := first.byTicket(k["ticket"], 0); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("%s for another device, want 401", a.Status)
	}
	if a := second.byTicket(k["ticket"], first.in.Epoch); a.StatusCode != http.StatusOK {
		t.Fatalf("%s, want a takeover", a.Status)
	}
	if a := second.byTicket(k["ticket"], 0); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("%s again, want 401", a.Status)
	}
	if n := s.hashed(); n != hashed {
		t.Errorf("%d passwords were hashed", n-hashed)
	}
	w, c := second.dial()
	w.say(second.hello(c, nil))
	if got := heard[*protocol.Welcome](w); got.User != ben {
		t.Errorf("welcome = %+v, want Ben's", got)
	}
	amy.refused(404, "no_user", "POST", "/v1/sign-in/ticket", fields{"user": s.users["ben@other"]})
	amy.refused(400, "bad_key", "POST", "/v1/sign-in/ticket", fields{"user": ben, "public_key": "AAAA"})
	pat.refused(403, "not_allowed", "POST", "/v1/sign-in/ticket", fields{"user": ben})
	s.backEnd("amy@acme", "read").refused(403, "scope_missing", "POST", "/v1/sign-in/ticket", fields{"user": ben})
}

// hashed is how many passwords were hashed so far.
func (s *stage) hashed() uint64 {
	n, _ := s.operator.passwords.Load()
	return n
}

// TestAcceptALinkSetsAPassword over HTTP: once, whoever asks again is told what everybody is told.
func TestAcceptALinkSetsAPassword(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	h := s.handset("acme", "ben")
	link, err := s.gate.Issue(t.Context(), s.tenants["acme"], model.NewTicket{Kind: model.TicketReset, User: s.users["ben@acme"]})
	check(t, err)
	anybody := &backEnd{t: t, base: "http://" + s.address} // no document describes it
	body := fields{"tenant": "acme", "link": hex.EncodeToString(link.Secret[:]), "password": "a new password"}
	for _, want := range []int{204, 404, 404} {
		anybody.send(want, "POST", "/v1/reset", body)
	}
	if a, _ := h.signIn(0, nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old password: %s", a.Status)
	}
	if a, body := h.signIn(0, func(r *web.SignInRequest) { r.Password = "a new password" }); a.StatusCode != http.StatusOK {
		t.Errorf("the new password: %s %s", a.Status, body)
	}
}

// TestAcceptAnUnlockedDesk: a session that has shown no password lately takes away and gives nothing; a key gives.
func TestAcceptAnUnlockedDesk(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "read", "write", "manage")
	h := s.newHandset("acme", "amy")
	k := b.do(201, "POST", "/v1/sign-in/ticket", fields{"user": s.users["amy@acme"]})
	if a := h.byTicket(k["ticket"], 0); a.StatusCode != http.StatusOK {
		t.Fatal(a.Status)
	}
	desk := *b
	desk.key = h.in.Token
	company := []string{"Fieldsync-Tenant", h.in.Tenant.String()}
	ben := s.users["ben@acme"].String()
	for _, act := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/v1/users", fields{"login": "new@acme", "kind": "mobile"}},
		{"PUT", "/v1/users/" + ben + "/password", fields{"password": "another password"}},
		{"PUT", "/v1/users/" + ben + "/levels/mobile", fields{"level": "full"}},
		{"POST", "/v1/keys", fields{"name": "ERP", "scopes": []string{"read"}}},
		{"POST", "/v1/sign-in/ticket", fields{"user": ben}},
		{"PATCH", "/v1/settings", fields{"sensitive_minutes": 1440}},
	} {
		desk.refused(403, "password_again", act.method, act.path, act.body, company...)
	}
	desk.do(200, "GET", "/v1/users", nil, company...)
	if a, body := h.signIn(0, nil); a.StatusCode != http.StatusOK { // on the same device, with the password: no question
		t.Fatalf("%s %s", a.Status, body)
	}
	desk.key = h.in.Token
	desk.do(200, "PATCH", "/v1/settings", fields{"sensitive_minutes": 20}, company...)
}

// TestAcceptTheLivesOfTokensAreSettings (domain W45): each is told as it was set, and those that were not named stay.
func TestAcceptTheLivesOfTokensAreSettings(t *testing.T) {
	s := openStage(t, nil)
	b := s.backEnd("amy@acme", "manage")
	for name, was := range map[string]float64{
		"offline_lease_hours": 168, "token_idle_hours": 720, "token_max_hours": 2160, "sensitive_minutes": 15,
		"sign_in_ticket_seconds": 600, "connect_ticket_seconds": 30, "reset_link_hours": 24,
	} {
		before := b.do(200, "GET", "/v1/settings", nil)
		if before[name] != was {
			t.Errorf("%s = %v at first, want %v", name, before[name], was)
		}
		b.do(200, "PATCH", "/v1/settings", fields{name: was + 1})
		after := b.do(200, "GET", "/v1/settings", nil)
		for other, value := range before {
			if other == name {
				value = was + 1
			}
			if after[other] != value {
				t.Errorf("after %s = %v: %s = %v, was %v", name, was+1, other, after[other], before[other])
			}
		}
		b.do(200, "PATCH", "/v1/settings", fields{name: was})
	}
}
