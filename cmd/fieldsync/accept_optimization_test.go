package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// planner is somebody of the office with a session of their own, at a desk and at the API.
type planner struct {
	*clerk
	desk *handset
}

// planners are one for each level of optimization, by its name, and another one with Edit Own.
func planners(s *stage) map[string]planner {
	s.t.Helper()
	out := map[string]planner{}
	for _, p := range []struct {
		login string
		level access.Level
	}{{"own", access.EditOwn}, {"other", access.EditOwn}, {"full", access.Full}, {"read", access.ReadOnly}, {"none", access.None}} {
		sets := access.RoleSets(access.Planner)
		sets.Web[access.WebOptimization] = p.level
		s.addUser("acme", p.login, model.Desktop, sets)
		desk := s.handset("acme", p.login)
		out[p.login] = planner{&clerk{s: s, token: desk.in.Token}, desk}
	}
	return out
}

// as asks with a session's token, which needs the company's id beside it.
func (b planner) as(want int, code, method, path string, body any, headers ...string) heardBack {
	b.s.t.Helper()
	return b.want(want, code, method, path, body, nil, append(headers, api.TenantHeader, b.s.tenants["acme"].String())...)
}

// route makes a route optimization and says where it is.
func (b planner) route(name string) string {
	b.s.t.Helper()
	var out fields
	b.want(201, "", "POST", "/v1/optimizations", fields{"name": name, "state": "draft"}, &out, api.TenantHeader, b.s.tenants["acme"].String())
	return "/v1/optimizations/" + out["id"].(string)
}

// TestV6_EditOwnIsReal: a route optimization is its creator's to change and to delete, everybody's to read who has the
// function, and nobody's who does not.
func TestV6_EditOwnIsReal(t *testing.T) {
	s := openStage(t, nil)
	p := planners(s)
	mine := p["own"].route("Tuesday")
	for _, who := range []string{"own", "other", "full", "read"} {
		p[who].as(200, "", "GET", mine, nil)
	}
	p["none"].as(404, "not_found", "GET", mine, nil)
	for _, who := range []string{"other", "read"} {
		p[who].as(403, "not_allowed", "PATCH", mine, fields{"name": "theirs"})
		p[who].as(403, "not_allowed", "DELETE", mine, nil)
	}
	p["read"].as(403, "not_allowed", "POST", "/v1/optimizations", fields{"name": "Friday"})
	p["none"].as(403, "not_allowed", "POST", "/v1/optimizations", fields{"name": "Friday"})
	p["none"].as(404, "not_found", "PATCH", mine, fields{"name": "theirs"})
	p["none"].as(404, "not_found", "DELETE", mine, nil)
	p["own"].as(200, "", "PATCH", mine, fields{"name": "Wednesday"})
	p["full"].as(200, "", "PATCH", mine, fields{"state": "applied"})
	p["own"].as(200, "", "PATCH", mine, fields{"state": "discarded"}) // whoever else changed it: it is still its creator's
	p["other"].as(403, "not_allowed", "PATCH", mine, fields{"state": "draft"})
	p["own"].as(400, "", "PATCH", mine, fields{"creator": s.users["other@acme"].String()})
	p["own"].as(204, "", "DELETE", mine, nil)
	p["full"].as(204, "", "DELETE", p["other"].route("Thursday"), nil)
}

// TestV6_TheSameAtADesk: over the socket, where what may not be is held for the office (R2).
func TestV6_TheSameAtADesk(t *testing.T) {
	s := openStage(t, nil)
	p := planners(s)
	record := func(path string) (id model.RecordID) {
		check(t, id.UnmarshalText([]byte(path[len("/v1/optimizations/"):])))
		return id
	}
	mine, theirs := record(p["own"].route("Tuesday")), record(p["other"].route("Thursday"))
	for _, c := range []struct {
		who     string
		rec     model.RecordID
		outcome model.Outcome
		reason  model.Reason
	}{
		{"own", mine, model.OutcomeApplied, 0},
		{"own", theirs, model.OutcomeHeld, model.ReasonRight},
		{"read", mine, model.OutcomeHeld, model.ReasonRight},
		{"none", mine, model.OutcomeHeld, model.ReasonMissing}, // as of what never was
		{"none", randomRecord(), model.OutcomeHeld, model.ReasonMissing},
	} {
		w := p[c.who].desk.connect()
		var l ledger
		l.settle(w)
		if shows := l.rows[mine] && l.rows[theirs]; shows != (c.who != "none") {
			t.Errorf("%s's desk shows the optimizations: %v", c.who, shows)
		}
		edit := change(model.OpEdit, model.Optimizations, c.rec, textOf(2, "from the desk of "+c.who))
		edit.Base = string(l.base)
		if a := w.push(edit); a[0].Outcome != c.outcome || a[0].Reason != c.reason {
			t.Errorf("%s edits: %s, reason %d; want %s, %d", c.who, a[0].Outcome, a[0].Reason, c.outcome, c.reason)
		}
	}
}

// TestV7_OptimizationSwitchedOff takes the function from everybody: its permission is absent, and so is what it covers.
func TestV7_OptimizationSwitchedOff(t *testing.T) {
	s := openStage(t, nil)
	p := planners(s)
	admin := s.clerk("acme", "amy")
	mine := p["own"].route("Tuesday")
	admin.want(200, "", "PATCH", "/v1/settings", `{"optimization":"read_only"}`, nil)
	p["own"].as(200, "", "GET", mine, nil)
	p["own"].as(403, "not_allowed", "PATCH", mine, fields{"name": "Wednesday"})
	admin.want(200, "", "PATCH", "/v1/settings", `{"optimization":"off"}`, nil)
	p["own"].as(404, "not_found", "GET", mine, nil)
	p["full"].as(404, "not_found", "PATCH", mine, fields{"name": "Wednesday"})
	p["own"].as(403, "not_allowed", "POST", "/v1/optimizations", fields{"name": "Friday"})
	var own api.Person
	admin.want(200, "", "GET", "/v1/users/"+s.users["own@acme"].String(), nil, &own)
	if level, there := own.Levels["web"]["optimization"]; there {
		t.Errorf("the permission is %s, want it absent", level)
	}
	admin.want(200, "", "PATCH", "/v1/settings", `{"optimization":"on"}`, nil)
	p["own"].as(404, "not_found", "GET", mine, nil) // it comes back at its default, None
	admin.want(200, "", "PATCH", "/v1/users/"+s.users["own@acme"].String()+"/levels/web", map[string]string{"optimization": "edit-own"}, nil)
	p["own"].as(200, "", "PATCH", mine, fields{"name": "Wednesday"}) // and what was made is still its creator's
}
