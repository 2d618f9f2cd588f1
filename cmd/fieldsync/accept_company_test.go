package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// onLine is somebody's phone that follows, with what it was given.
type onLine struct {
	*wire
	l ledger
}

func (s *stage) onLine(login string) *onLine {
	s.t.Helper()
	p := &onLine{wire: s.handset("acme", login).connect()}
	p.l.settle(p.wire)
	return p
}

// now takes all that is on its way, and says whether the phone shows a record.
func (p *onLine) now(id model.RecordID) bool {
	p.t.Helper()
	p.l.quiet(p.wire)
	return p.l.rows[id]
}

// tries pushes one change and says what was decided.
func (p *onLine) tries(c model.Change) (model.Outcome, model.Reason) {
	p.t.Helper()
	p.l.quiet(p.wire)
	a := p.push(c)
	return a[0].Outcome, a[0].Reason
}

// staff adds a subcontractor of a company; a dispatcher hands out its work.
func (s *stage) staff(amy *backEnd, login string, company any, dispatcher bool) {
	s.t.Helper()
	sets := access.DefaultSets(model.Subcontractor)
	if dispatcher {
		sets.Mobile[access.MobileAssignJobs] = access.On
	}
	s.addUser("acme", login, model.Subcontractor, sets)
	link(amy, s.users[login+"@acme"], company)
}

func recordOfID(t *testing.T, id any) (out model.RecordID) {
	t.Helper()
	check(t, out.UnmarshalText([]byte(id.(string))))
	return out
}

// TestW24_ADispatcherAssignsTheCompanysWork among its own people, from a phone: the assignee's phone gets it, and nobody
// else's; what is not the company's stays closed, and answers like what never was.
func TestW24_ADispatcherAssignsTheCompanysWork(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	amy := s.backEnd("amy@acme", "read", "write", "manage")
	firm, other := amy.do(201, "POST", "/v1/customers", fields{"name": "Sub Ltd"})["id"], amy.do(201, "POST", "/v1/customers", fields{"name": "Rival Ltd"})["id"]
	s.staff(amy, "sid", firm, true)
	s.staff(amy, "sal", firm, false)
	s.staff(amy, "sam", firm, false)
	s.staff(amy, "bob", other, true)
	s.staff(amy, "bea", other, false)
	give := func(title string, to fields) (job, assignment model.RecordID) {
		t.Helper()
		id := amy.do(201, "POST", "/v1/jobs", fields{"title": title})["id"]
		to["job"] = id
		return recordOfID(t, id), recordOfID(t, amy.do(201, "POST", "/v1/assignments", to)["id"])
	}
	ours, given := give("ours", fields{"company": firm})
	bens, _ := give("Ben's", fields{"user": s.users["ben@acme"].String()})
	theirs, theirAssignment := give("the rival's", fields{"company": other})
	amy.do(400, "POST", "/v1/assignments", fields{"job": ours.String()}) // to nobody
	phones := map[string]*onLine{}
	for _, login := range []string{"sid", "sal", "sam", "bob", "ben"} {
		phones[login] = s.onLine(login)
	}
	sid := phones["sid"]
	user := func(login string) model.RecordID { return model.RecordID(s.users[login+"@acme"]) }
	for _, c := range []struct {
		what string
		id   model.RecordID
		want bool
	}{
		{"the company's job", ours, true},
		{"its assignment", given, true},
		{"Ben's job", bens, false},
		{"the rival's job", theirs, false},
		{"the rival's assignment", theirAssignment, false},
		{"Sal", user("sal"), true},
		{"Sam", user("sam"), true},
		{"Ben", user("ben"), false},
		{"Bob of the rival", user("bob"), false},
		{"Bea of the rival", user("bea"), false},
	} {
		if got := sid.now(c.id); got != c.want {
			t.Errorf("the dispatcher's phone shows %s: %v, want %v", c.what, got, c.want)
		}
	}
	assign := func(job, who model.RecordID) model.Change {
		return made(model.Assignments, randomRecord(), under(job), ref(model.AssignmentUser, who))
	}
	for _, c := range []struct {
		by, what string
		change   model.Change
		reason   model.Reason
	}{
		{"sid", "Ben for the company's job", assign(ours, user("ben")), model.ReasonRight},
		{"sid", "somebody of the rival's", assign(ours, user("bea")), model.ReasonRight},
		{"sid", "who never was", assign(ours, randomRecord()), model.ReasonRight},
		{"sid", "Sal for Ben's job", assign(bens, user("sal")), model.ReasonMissing},
		{"sid", "Sal for the rival's job", assign(theirs, user("sal")), model.ReasonMissing},
		{"sid", "Sal for what never was", assign(randomRecord(), user("sal")), model.ReasonMissing},
		{"bob", "his own for the company's job", assign(ours, user("bea")), model.ReasonMissing},
		{"sal", "herself", assign(ours, user("sal")), model.ReasonMissing},
	} {
		if out, why := phones[c.by].tries(c.change); out != model.OutcomeHeld || why != c.reason {
			t.Errorf("%s assigns %s: %s, %d; want it held, %d", c.by, c.what, out, why, c.reason)
		}
	}
	status := func() any { return amy.do(200, "GET", "/v1/jobs/"+ours.String(), nil)["status"] }
	if got := status(); got != "offered" {
		t.Errorf("a job that a company has is %v", got)
	}
	to := assign(ours, user("sal"))
	if out, why := sid.tries(to); out != model.OutcomeApplied {
		t.Fatalf("the dispatcher assigns Sal: %s, %d", out, why)
	}
	sal := phones["sal"]
	sal.l.until(sal.wire, func() bool { return sal.l.rows[ours] && sal.l.rows[to.Record] })
	for login, p := range phones {
		want := login == "sid" || login == "sal"
		if p.now(ours) != want || p.now(to.Record) != want {
			t.Errorf("%s's phone shows the job: %v, its assignment: %v; want %v", login, p.l.rows[ours], p.l.rows[to.Record], want)
		}
	}
	if out, why := sal.tries(assign(ours, user("sam"))); out != model.OutcomeHeld || why != model.ReasonRight {
		t.Errorf("who is no dispatcher assigns: %s, %d", out, why)
	}
	if out, why := sal.tries(made(model.VisitEvents, model.RecordID{}, under(ours), textOf(model.VisitEventKind, "accept"))); out != model.OutcomeApplied || status() != "scheduled" {
		t.Errorf("Sal accepts: %s, %d; the job is %v", out, why, status())
	}
	if got := amy.do(200, "GET", "/v1/assignments/"+to.Record.String(), nil); got["company"] != firm {
		t.Errorf("her assignment is of the company %v, want %v", got["company"], firm)
	}
	at := "/v1/users/" + s.users["sid@acme"].String() + "/levels/mobile"
	amy.do(200, "PATCH", at, fields{"assign_jobs": "off"})
	sid.l.until(sid.wire, func() bool { return !sid.l.rows[ours] && !sid.l.rows[user("sal")] })
	amy.do(200, "PATCH", at, fields{"assign_jobs": "on"})
	sid.l.until(sid.wire, func() bool { return sid.l.rows[ours] && sid.l.rows[user("sal")] })
	for _, a := range []model.RecordID{given, to.Record} {
		amy.do(201, "POST", "/v1/office_events", fields{"job": ours.String(), "kind": "withdraw", "assignment": a.String()})
	}
	sid.l.until(sid.wire, func() bool { return !sid.l.rows[ours] })
	sal.l.until(sal.wire, func() bool { return !sal.l.rows[ours] })
	link(amy, s.users["sal@acme"], nil)
	sid.l.until(sid.wire, func() bool { return !sid.l.rows[user("sal")] })
}
