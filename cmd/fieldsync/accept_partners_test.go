package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/portal"
	"github.com/fieldsync/fieldsync/web/problem"
)

// link links somebody to a company, as the office does.
func link(b *backEnd, u model.UserID, company any) map[string]any {
	b.t.Helper()
	return b.do(200, "PUT", "/v1/users/"+u.String()+"/company", fields{"company": company})
}

// refusedEntry is the code of a sign-in that must not get in.
func refusedEntry(h *handset) string {
	h.t.Helper()
	answer, body := h.signIn(0, nil)
	if answer.StatusCode != http.StatusForbidden {
		h.t.Fatalf("sign-in: %s %s", answer.Status, body)
	}
	var p problem.Problem
	check(h.t, json.Unmarshal(body, &p))
	return p.Code
}

// TestW50_OneActionEndsEveryAccessOfACompany, and nothing of what its people did is lost by it.
func TestW50_OneActionEndsEveryAccessOfACompany(t *testing.T) {
	t.Parallel()
	s := openStage(t, brisk)
	amy := s.backEnd("amy@acme", "read", "write", "manage")
	company := amy.do(201, "POST", "/v1/customers", fields{"name": "Sub Ltd"})["id"]
	var phones []*handset
	var wires []*wire
	for _, login := range []string{"sid", "sal"} {
		s.addUser("acme", login, model.Subcontractor, access.DefaultSets(model.Subcontractor))
		link(amy, s.users[login+"@acme"], company)
		h := s.handset("acme", login)
		w := h.connect()
		var l ledger
		l.settle(w)
		l.quiet(w)
		phones, wires = append(phones, h), append(wires, w)
	}
	ben := s.bystander("acme", "ben")
	path := "/v1/partners/" + company.(string)
	if p := amy.do(200, "GET", path, nil); p["open"] != true || len(p["people"].([]any)) != 2 {
		t.Errorf("the company is %v, want it open, with two people", p)
	}
	if p := amy.do(200, "PUT", path+"/access", fields{"open": false}); p["open"] != false || len(p["ended"].([]any)) != 2 {
		t.Errorf("closed as %v, want the ends of two sessions", p)
	}
	for i, w := range wires {
		w.ends(protocol.CodeOf(model.EndOffice))
		if code := refusedEntry(phones[i]); code != "partner_closed" {
			t.Errorf("a sign-in of a closed company is told %s", code)
		}
		if a := phones[i].handIn().push(shift("shift_start")); a[0].Outcome != model.OutcomeApplied {
			t.Errorf("hours that were unsent = %v, %d; want them in", a[0].Outcome, a[0].Reason)
		}
	}
	if p := amy.do(200, "PUT", path+"/access", fields{"open": false}); p["ended"] != nil {
		t.Errorf("closed again as %v, want no end", p)
	}
	late := amy.do(201, "POST", "/v1/users", fields{"login": "late@acme", "kind": "subcontractor", "password": acceptPassword})
	newcomer := s.handset("acme", "late")
	w := newcomer.connect()
	var l ledger
	l.settle(w)
	l.quiet(w)
	amy.do(200, "PUT", "/v1/users/"+late["id"].(string)+"/company", fields{"company": company})
	w.ends(protocol.CodeOf(model.EndUnlinked)) // who comes to a closed company is closed out too
	amy.do(200, "PUT", path+"/access", fields{"open": true})
	for _, h := range append(phones, newcomer) {
		if answer, body := h.signIn(0, nil); answer.StatusCode != http.StatusOK {
			t.Errorf("sign-in of an open company: %s %s", answer.Status, body)
		}
	}
	ben.end()
	ben.undisturbed(t)
}

// TestW31_APortalUserIsLinkedFirst: without a company there is a refusal, not an empty company; and what takes the link
// away ends the session.
func TestW31_APortalUserIsLinkedFirst(t *testing.T) {
	x := openTown(t)
	amy, door := x.amy, x.stranger()
	x.addUser("acme", "cleo", model.Portal, access.DefaultSets(model.Portal))
	cleo := x.users["cleo@acme"]
	body := fields{"tenant": "acme", "login": "cleo@acme", "password": acceptPassword}
	door.refused(403, "not_linked", "POST", portal.Base+"/sign-in", body)
	if p := link(amy, cleo, x.bakery); p["company"] != x.bakery {
		t.Errorf("linked as %v, want %v", p, x.bakery)
	}
	if got := amy.do(200, "GET", "/v1/people/"+cleo.String(), nil)["company"]; got != x.bakery {
		t.Errorf("the record says %v, want %v", got, x.bakery)
	}
	for _, next := range []any{x.laundry, nil} {
		b := x.enter("cleo", "")
		b.do(200, "GET", portal.Base+"/jobs", nil)
		link(amy, cleo, next)
		if over := b.refused(401, "session_ended", "GET", portal.Base+"/jobs", nil); over["reason"] != "unlinked" {
			t.Errorf("after the link is %v the session is over: %v", next, over)
		}
	}
	door.refused(403, "not_linked", "POST", portal.Base+"/sign-in", body)
	amy.do(200, "PUT", "/v1/partners/"+x.bakery+"/access", fields{"open": false})
	if over := x.cora.refused(401, "session_ended", "GET", portal.Base+"/jobs", nil); over["reason"] != "office" {
		t.Errorf("of a closed company the session is over: %v", over)
	}
	body["login"] = "cora@acme"
	door.refused(403, "partner_closed", "POST", portal.Base+"/sign-in", body)
}

// TestS2_ACompanyThatIsHiddenIsNone: who does not see customers cannot tell one from an id that was made up.
func TestS2_ACompanyThatIsHiddenIsNone(t *testing.T) {
	s := openStage(t, nil)
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebCustomers] = access.None
	s.addUser("acme", "dan", model.Desktop, sets)
	s.addUser("acme", "sid", model.Subcontractor, access.DefaultSets(model.Subcontractor))
	sid := "/v1/users/" + s.users["sid@acme"].String() + "/company"
	amy, dan := s.backEnd("amy@acme", "read", "write", "manage"), s.backEnd("dan@acme", "read", "write", "manage")
	there := amy.do(201, "POST", "/v1/customers", fields{"name": "SECRET Ltd"})["id"].(string)
	site := amy.do(201, "POST", "/v1/sites", fields{"name": "Yard", "customer": there})["id"].(string)
	narrow := s.backEnd("amy@acme", "manage", "jobs:read") // a key sees no more than its scopes
	for _, b := range []*backEnd{dan, narrow, amy} {
		ids := []string{there, randomRecord().String(), site}
		if b == amy {
			ids = ids[1:]
		}
		for _, id := range ids {
			b.refused(404, "no_partner", "GET", "/v1/partners/"+id, nil)
			b.refused(404, "no_partner", "PUT", "/v1/partners/"+id+"/access", fields{"open": false})
			b.refused(404, "no_partner", "PUT", sid, fields{"company": id})
		}
	}
	amy.refused(400, "bad_request", "PUT", "/v1/users/"+s.users["ben@acme"].String()+"/company", fields{"company": there})
	amy.refused(404, "no_user", "PUT", "/v1/users/"+randomRecord().String()+"/company", fields{"company": there})
}
