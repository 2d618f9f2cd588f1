package access_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

type perms = map[access.Permission]access.Level

var (
	assigned = access.Situation{Assigned: true}
	creator  = access.Situation{Creator: true}
	nobody   = access.Situation{}
)

func TestB2_MayCreate(t *testing.T) {
	for _, test := range []struct {
		kind model.UserKind
		set  perms
		c    model.Collection
		s    access.Situation
		want bool
		why  string
	}{
		{model.Desktop, nil, model.Jobs, nobody, true, "W5"},
		{model.Desktop, perms{access.WebJobs: access.ReadOnly}, model.Jobs, nobody, false, "V4: read-only drops C and U"},
		{model.Desktop, perms{access.WebSchedule: access.None}, model.Assignments, nobody, false, "W6"},
		{model.Desktop, perms{access.WebOptimization: access.EditOwn}, model.Optimizations, nobody, true, "V6: may create"},
		{model.Desktop, nil, model.People, nobody, false, "W35: needs the users right"},
		{model.Desktop, nil, model.Visits, nobody, false, "the server's"},
		{model.Desktop, nil, model.VisitEvents, assigned, false, "the office does not say what happened in the field"},
		{model.Mobile, nil, model.Jobs, nobody, false, "create_job is off by default"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Jobs, nobody, true, "b.1"},
		{model.Mobile, nil, model.VisitEvents, assigned, true, "W12"},
		{model.Mobile, nil, model.VisitEvents, nobody, false, "not their job"},
		{model.Mobile, perms{access.MobileEnabled: access.Off}, model.VisitEvents, assigned, true, "row m: facts do not ask for levels"},
		{model.Mobile, perms{access.MobileEnabled: access.Off}, model.Tasks, assigned, false, "claims do"},
		{model.Mobile, nil, model.Tasks, assigned, true, "WP8"},
		{model.Mobile, nil, model.Notes, assigned, true, "W13"},
		{model.Mobile, perms{access.MobileTimesheets: access.None}, model.TimesheetEvents, nobody, true, "E1, A14"},
		{model.Mobile, perms{access.MobileTimesheets: access.ReadOnly}, model.TimesheetCorrections, nobody, false, "A14"},
		{model.Mobile, nil, model.TimesheetCorrections, nobody, true, "b.2"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Customers, nobody, true, "b.4: Full may add"},
		{model.Mobile, perms{access.MobileCreateJob: access.Off}, model.Customers, nobody, false, "b.4: no directory"},
		{model.Mobile, perms{access.MobileCreateJob: access.On, access.MobileCustomers: access.ReadOnly}, model.Customers, nobody, false, "b.4, A12"},
		{model.Mobile, perms{access.MobileCreateJob: access.On, access.MobileCustomers: access.Hidden}, model.Customers, nobody, false, "b.4"},
		{model.Mobile, nil, model.Assignments, assigned, false, "assign_jobs is off"},
		{model.Mobile, perms{access.MobileAssignJobs: access.On}, model.Assignments, assigned, true, "b.1"},
		{model.Mobile, perms{access.MobileAssignJobs: access.On}, model.Assignments, nobody, false, "own or created jobs only"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Assignments, access.Situation{Creator: true, Target: user(7)}, true, "T1: a job they make, to themselves"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Assignments, access.Situation{Creator: true, Target: user(8)}, false, "T1: not to others"},
		{model.Mobile, nil, model.PartsMovements, nobody, true, "b.2: their van"},
		{model.Mobile, nil, model.OfficeEvents, assigned, false, "T10"},
		{model.Mobile, nil, model.Invoices, assigned, false, "not made offline"},
		{model.Subcontractor, nil, model.VisitEvents, assigned, true, "W26"},
		{model.Subcontractor, nil, model.PartsMovements, nobody, false, "b.2: usage on an assigned job"},
		{model.Subcontractor, nil, model.PartsMovements, assigned, true, "b.2"},
		{model.Subcontractor, nil, model.TimesheetEvents, nobody, true, "E1: stored and flagged; not payroll (E27)"},
		{model.Subcontractor, perms{access.MobileCustomers: access.Full, access.MobileCreateJob: access.On}, model.Customers, nobody, false, "W28"},
		{model.Subcontractor, perms{access.MobileAssignJobs: access.On}, model.Assignments, access.Situation{Given: true, Fellow: true, Target: user(7)}, true, "W24: the company's work, to its people"},
		{model.Subcontractor, perms{access.MobileAssignJobs: access.On}, model.Assignments, access.Situation{Given: true, Assigned: true, Target: user(7)}, false, "W24: to nobody else"},
		{model.Subcontractor, perms{access.MobileAssignJobs: access.On}, model.Assignments, access.Situation{Assigned: true, Fellow: true, Target: user(7)}, false, "W24: no work that is not the company's"},
		{model.Subcontractor, nil, model.Assignments, access.Situation{Given: true, Fellow: true, Target: user(7)}, false, "W24: a dispatcher alone"},
	} {
		p := principal(test.kind, test.set)
		if got := access.MayCreate(p, spec(t, test.c), test.s); got != test.want {
			t.Errorf("%s %v creates in %d in %+v: %v, want %v: %s", test.kind, test.set, test.c, test.s, got, test.want, test.why)
		}
	}
	portal := access.Principal{User: user(1), Kind: model.Portal, Company: company(1)}
	for _, s := range table(t).Specs() {
		if access.MayCreate(portal, s, access.Situation{Assigned: true, Creator: true}) {
			t.Errorf("a portal creates %s (T15)", s.Name)
		}
	}
}

func TestB1_AssignJobsKeepsToTheAllowList(t *testing.T) {
	p := principal(model.Mobile, perms{access.MobileAssignJobs: access.On})
	p.Sets.Workers = []model.UserID{user(4)}
	for target, want := range map[byte]bool{4: true, 5: false} {
		if got := access.MayCreate(p, spec(t, model.Assignments), access.Situation{Assigned: true, Target: user(target)}); got != want {
			t.Errorf("assign user %d: %v, want %v", target, got, want)
		}
	}
}

func TestB2_MayEdit(t *testing.T) {
	there := func(s access.Situation) access.Situation { s.Exists = true; return s }
	for _, test := range []struct {
		kind  model.UserKind
		set   perms
		c     model.Collection
		field model.FieldNo
		s     access.Situation
		want  bool
		why   string
	}{
		{model.Desktop, nil, model.Jobs, model.JobTitle, there(nobody), true, "W5"},
		{model.Desktop, perms{access.WebJobs: access.ReadOnly}, model.Jobs, model.JobTitle, there(nobody), false, "V4"},
		{model.Desktop, nil, model.Jobs, model.JobStatus, there(nobody), false, "(c) job.status: derived"},
		{model.Desktop, nil, model.Jobs, model.JobNumber, there(nobody), false, "(c) job.number: the server's"},
		{model.Desktop, nil, model.Jobs, model.FieldParent, nobody, true, "with the creation"},
		{model.Desktop, nil, model.Jobs, model.FieldParent, there(nobody), false, "never after"},
		{model.Desktop, nil, model.JobOrigins, model.OriginSite, there(nobody), false, "H4: the creator's words"},
		{model.Desktop, nil, model.Notes, model.NoteText, there(access.Situation{Author: true}), false, "(c): another revision, never another text"},
		{model.Desktop, nil, model.Notes, model.NoteAudience, there(nobody), true, "the office relabels"},
		{model.Desktop, perms{access.WebOptimization: access.EditOwn}, model.Optimizations, 2, there(nobody), false, "V6"},
		{model.Desktop, perms{access.WebOptimization: access.EditOwn}, model.Optimizations, 2, there(access.Situation{Author: true}), true, "V6"},
		{model.Mobile, nil, model.Jobs, model.JobDescription, there(assigned), false, "edit_job is off"},
		{model.Mobile, perms{access.MobileEditJob: access.On}, model.Jobs, model.JobDescription, there(assigned), true, "b.2: description etc. if edit_job"},
		{model.Mobile, perms{access.MobileEditJob: access.On}, model.Jobs, model.JobDescription, there(nobody), false, "not their job"},
		{model.Mobile, perms{access.MobileEditJob: access.On}, model.Jobs, model.JobWindowStart, there(assigned), false, "reschedule is off"},
		{model.Mobile, perms{access.MobileEditJob: access.On}, model.Jobs, model.JobStatus, there(assigned), false, "derived"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Jobs, model.JobTitle, nobody, true, "in a creation"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Jobs, model.JobWindowStart, nobody, true, "in a creation"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Jobs, model.JobSafety, nobody, false, "the office's"},
		{model.Mobile, nil, model.Jobs, model.JobTitle, nobody, false, "may not create"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Jobs, model.JobTitle, there(creator), true, "their job"},
		{model.Mobile, perms{access.MobileCreateJob: access.On}, model.Contacts, 3, there(nobody), true, "b.4: Full edits"},
		{model.Mobile, perms{access.MobileCreateJob: access.On, access.MobileCustomers: access.ReadOnly}, model.Contacts, 3, there(nobody), false, "b.4"},
		{model.Mobile, nil, model.Assets, 6, there(assigned), false, "W15: view only"},
		{model.Mobile, nil, model.Files, 9, there(access.Situation{Author: true}), true, "(c): caption"},
		{model.Mobile, nil, model.Files, 9, there(assigned), false, "another's photo"},
		{model.Mobile, nil, model.Files, 3, there(access.Situation{Author: true}), false, "immutable blob"},
		{model.Mobile, nil, model.VisitEvents, model.VisitEventKind, assigned, true, "a fact says it"},
		{model.Mobile, nil, model.VisitEvents, model.VisitEventKind, there(access.Situation{Author: true, Assigned: true}), false, "and never another thing"},
		{model.Mobile, nil, model.VisitEvents, model.VisitEventAt, assigned, false, "E2: the server's"},
		{model.Mobile, nil, model.FormDrafts, 4, there(access.Situation{Author: true}), true, "own draft"},
		{model.Mobile, nil, model.FormDrafts, 4, there(assigned), false, "another's draft"},
		{model.Mobile, nil, model.Tasks, 5, there(assigned), true, "WP8: no longer required"},
		{model.Mobile, nil, model.Tasks, 4, there(assigned), false, "(c) task.required: the office's"},
		{model.Mobile, perms{access.MobileEnabled: access.Off}, model.Tasks, 5, there(assigned), false, "claims ask for the right of now"},
	} {
		p, sp := principal(test.kind, test.set), spec(t, test.c)
		f, ok := sp.Field(test.field)
		if !ok {
			t.Fatalf("%s has no field %d", sp.Name, test.field)
		}
		if got := access.MayEdit(p, sp, f, test.s); got != test.want {
			t.Errorf("%s %v edits %s.%s in %+v: %v, want %v: %s", test.kind, test.set, sp.Name, f.Name, test.s, got, test.want, test.why)
		}
	}
}

// TestC_AMovementIsNeverRewritten: a line of the ledger is put right by another, by whoever wrote it and by the office.
func TestC_AMovementIsNeverRewritten(t *testing.T) {
	if wrong := ledgerTable(t); wrong != "" {
		t.Error(wrong)
	}
}

func ledgerTable(t *testing.T) string {
	t.Helper()
	line := spec(t, model.PartsMovements)
	for _, kind := range []model.UserKind{model.Desktop, model.Mobile, model.Subcontractor} {
		for _, no := range []model.FieldNo{model.MovementSKU, model.MovementQuantity, model.MovementCounted} {
			f, _ := line.Field(no)
			if s := (access.Situation{Author: true, Assigned: true, Exists: true}); access.MayEdit(principal(kind, nil), line, f, s) {
				return fmt.Sprintf("%s rewrites %s", kind, f.Name)
			}
		}
	}
	return ""
}

func TestT16_MayDelete(t *testing.T) {
	admin := principal(model.Desktop, perms{access.WebAdmin: access.Full})
	own := access.Situation{Author: true, Exists: true}
	for _, test := range []struct {
		p    access.Principal
		c    model.Collection
		s    access.Situation
		want bool
		why  string
	}{
		{admin, model.Jobs, own, true, "T16"},
		{principal(model.Desktop, nil), model.Jobs, own, false, "T16: an admin alone"},
		{principal(model.Desktop, nil), model.Notes, access.Situation{}, true, "(c): author or office"},
		{principal(model.Mobile, nil), model.Notes, own, true, "(c): author or office"},
		{principal(model.Mobile, nil), model.Notes, assigned, false, "another's words"},
		{principal(model.Mobile, nil), model.Jobs, own, false, "T16"},
		{admin, model.TimesheetEvents, own, false, "R10"},
		{principal(model.Mobile, nil), model.TimesheetEvents, own, false, "R10"},
		{admin, model.VisitEvents, own, false, "what happened happened"},
		{access.Principal{User: user(1), Kind: model.Portal, Company: company(1)}, model.Notes, own, false, "T15"},
	} {
		if got := access.MayDelete(test.p, spec(t, test.c), test.s); got != test.want {
			t.Errorf("%s deletes in %d in %+v: %v, want %v: %s", test.p.Kind, test.c, test.s, got, test.want, test.why)
		}
	}
}
