package main

import (
	"crypto/sha256"

	"github.com/fieldsync/fieldsync/sync/model"
)

// deed of the tables: what is tried on each item of a row, or once where it is of none.
type attempt struct {
	on     string // the row whose items it is tried on; empty: it is made of nothing
	change func(g *playground, p *player, x item) model.Change
}

// changing is an edit of one field of an item, on the base of the player's checkpoint.
func changing(row string, f model.FieldNo, v func(g *playground) model.Value) attempt {
	return attempt{row, func(g *playground, p *player, x item) model.Change {
		c := change(model.OpEdit, x.coll, x.id, model.Assign{Field: f, Value: v(g)})
		c.Base = string(p.l.base)
		return c
	}}
}

// hanging is a new record below an item.
func hanging(row string, c model.Collection, given func(g *playground, p *player) []model.Assign) attempt {
	return attempt{row, func(g *playground, p *player, x item) model.Change {
		spec, _ := builtin().Spec(c)
		rec := randomRecord()
		if spec.Append {
			rec = model.RecordID{}
		}
		return made(c, rec, append([]model.Assign{under(x.id)}, given(g, p)...)...)
	}}
}

// making is a new record below nothing.
func making(c model.Collection, given func(g *playground, p *player) []model.Assign) attempt {
	return attempt{"", func(g *playground, p *player, _ item) model.Change {
		spec, _ := builtin().Spec(c)
		rec := randomRecord()
		if spec.Append {
			rec = model.RecordID{}
		}
		return made(c, rec, given(g, p)...)
	}}
}

// newWords is a text that was never there.
func newWords(g *playground) model.Value {
	g.made++
	return model.Text("other words " + model.Int(int64(g.made)).String())
}

func newNumber(g *playground) model.Value {
	g.made++
	return model.Int(int64(g.made))
}

func fixed(list ...model.Assign) func(*playground, *player) []model.Assign {
	return func(*playground, *player) []model.Assign { return list }
}

// to is whom a job is given to.
func to(who func(g *playground, p *player) model.RecordID) func(*playground, *player) []model.Assign {
	return func(g *playground, p *player) []model.Assign {
		return []model.Assign{ref(model.AssignmentUser, who(g, p))}
	}
}

// jobsOf is the row of the office's jobs with those that were made in the field.
const allJobs = "jobs, all"

var attempts = map[string]attempt{
	"adds a customer":             making(model.Customers, fixed(textOf(2, "New Ltd"))),
	"adds a site":                 hanging("customers", model.Sites, fixed(textOf(2, "New yard"))),
	"changes a customer":          changing("customers", 7, newWords),
	"changes a site":              changing("sites", 4, newWords),
	"changes an asset":            changing("assets at the site of a job", 10, newWords),
	"makes a job":                 making(model.Jobs, fixed(textOf(model.JobTitle, "Found"))),
	"changes an invoice":          changing("invoices", 2, newWords),
	"changes a price":             changing("prices of jobs", 2, newNumber),
	"changes a quote":             changing("quotes", 2, newWords),
	"records hours":               making(model.TimesheetEvents, fixed(textOf(model.TimeKind, "shift_start"))),
	"sends a message":             making(model.Messages, fixed(textOf(3, "hello"))),
	"changes a person":            changing("people", 8, newWords),
	"cancels a job":               hanging("jobs", model.OfficeEvents, fixed(textOf(model.OfficeEventKind, "cancel"))),
	"adds a task":                 hanging(allJobs, model.Tasks, fixed(textOf(2, "And this"))),
	"says what happened":          hanging(allJobs, model.VisitEvents, fixed(textOf(model.VisitEventKind, "travel"), model.Assign{Field: model.VisitEventVisit, Value: model.Int(1)})),
	"makes a form template":       making(model.FormTemplates, fixed(textOf(2, "Another"), model.Assign{Field: 3, Value: model.Int(1)})),
	"writes a note for the field": hanging(allJobs, model.Notes, fixed(textOf(model.NoteText, "x"), textOf(model.NoteAudience, "field"))),

	"changes a job's description": changing(allJobs, model.JobDescription, newWords),
	"changes when a job is":       changing(allJobs, model.JobWindowStart, newNumber),

	"makes a job and picks its customer": making(model.Jobs, func(g *playground, p *player) []model.Assign {
		return []model.Assign{textOf(model.JobTitle, "Found"), ref(model.JobCustomer, g.items["customers"][0].id)}
	}),
	"makes a job in their own words": making(model.Jobs, fixed(textOf(model.JobTitle, "Leak at the Client Ltd"), textOf(model.JobDescription, "Boss said so"))),
	"corrects hours": making(model.TimesheetCorrections, func(_ *playground, p *player) []model.Assign {
		return []model.Assign{{Field: 5, Value: model.Int(7)}, textOf(6, "forgot"), ref(model.CorrectionWorker, model.RecordID(p.user))}
	}),
	"takes a photo": hanging(allJobs, model.Files, func(g *playground, _ *player) []model.Assign {
		g.made++
		sum := sha256.Sum256([]byte{byte(g.made), byte(g.made >> 8), byte(g.made >> 16)})
		return []model.Assign{textOf(2, "photo"), {Field: 3, Value: model.Bytes(sum[:])}, textOf(model.FileAudience, "field")}
	}),
	"fills in a form": hanging(allJobs, model.FormSubmissions, func(g *playground, _ *player) []model.Assign {
		return []model.Assign{ref(2, g.items["form templates"][0].id), textOf(model.FormSubmissionAudience, "field")}
	}),
	"gives a job to themselves":  hanging(allJobs, model.Assignments, to(func(_ *playground, p *player) model.RecordID { return model.RecordID(p.user) })),
	"gives a job to an engineer": hanging(allJobs, model.Assignments, to(func(g *playground, _ *player) model.RecordID { return model.RecordID(g.people["editor"].user) })),
	"gives a job to somebody of Sub Ltd": hanging(allJobs, model.Assignments, to(func(g *playground, _ *player) model.RecordID {
		return model.RecordID(g.people["every level"].user)
	})),
	"gives a job to a company": hanging("jobs", model.Assignments, func(g *playground, _ *player) []model.Assign {
		return []model.Assign{ref(model.AssignmentCompany, recordOfID(g.t, g.firms["Sub Ltd"]))}
	}),

	"makes a route optimization":   making(model.Optimizations, fixed(textOf(2, "Tuesday"))),
	"changes a route optimization": changing("route optimizations", 2, newWords),
	"deletes a route optimization": {"route optimizations", func(_ *playground, p *player, x item) model.Change {
		c := change(model.OpDelete, x.coll, x.id)
		c.Base = string(p.l.base)
		return c
	}},
}
