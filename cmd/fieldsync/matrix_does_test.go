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

// edits is an edit of one field of an item, on the base of the player's checkpoint.
func edits(row string, f model.FieldNo, v func(g *playground) model.Value) attempt {
	return attempt{row, func(g *playground, p *player, x item) model.Change {
		c := change(model.OpEdit, x.coll, x.id, model.Assign{Field: f, Value: v(g)})
		c.Base = string(p.l.base)
		return c
	}}
}

// hangs is a new record below an item.
func hangs(row string, c model.Collection, given func(g *playground, p *player) []model.Assign) attempt {
	return attempt{row, func(g *playground, p *player, x item) model.Change {
		spec, _ := builtin().Spec(c)
		rec := randomRecord()
		if spec.Append {
			rec = model.RecordID{}
		}
		return made(c, rec, append([]model.Assign{under(x.id)}, given(g, p)...)...)
	}}
}

// makes is a new record below nothing.
func makesOne(c model.Collection, given func(g *playground, p *player) []model.Assign) attempt {
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
	"adds a customer":             makesOne(model.Customers, fixed(textOf(2, "New Ltd"))),
	"adds a site":                 hangs("customers", model.Sites, fixed(textOf(2, "New yard"))),
	"changes a customer":          edits("customers", 7, newWords),
	"changes a site":              edits("sites", 4, newWords),
	"changes an asset":            edits("assets at the site of a job", 10, newWords),
	"makes a job":                 makesOne(model.Jobs, fixed(textOf(model.JobTitle, "Found"))),
	"changes an invoice":          edits("invoices", 2, newWords),
	"changes a price":             edits("prices of jobs", 2, newNumber),
	"changes a quote":             edits("quotes", 2, newWords),
	"records hours":               makesOne(model.TimesheetEvents, fixed(textOf(model.TimeKind, "shift_start"))),
	"sends a message":             makesOne(model.Messages, fixed(textOf(3, "hello"))),
	"changes a person":            edits("people", 8, newWords),
	"cancels a job":               hangs("jobs", model.OfficeEvents, fixed(textOf(model.OfficeEventKind, "cancel"))),
	"adds a task":                 hangs(allJobs, model.Tasks, fixed(textOf(2, "And this"))),
	"says what happened":          hangs(allJobs, model.VisitEvents, fixed(textOf(model.VisitEventKind, "travel"), model.Assign{Field: model.VisitEventVisit, Value: model.Int(1)})),
	"makes a form template":       makesOne(model.FormTemplates, fixed(textOf(2, "Another"), model.Assign{Field: 3, Value: model.Int(1)})),
	"writes a note for the field": hangs(allJobs, model.Notes, fixed(textOf(model.NoteText, "x"), textOf(model.NoteAudience, "field"))),

	"changes a job's description": edits(allJobs, model.JobDescription, newWords),
	"changes when a job is":       edits(allJobs, model.JobWindowStart, newNumber),

	"makes a job and picks its customer": makesOne(model.Jobs, func(g *playground, p *player) []model.Assign {
		return []model.Assign{textOf(model.JobTitle, "Found"), ref(model.JobCustomer, g.items["customers"][0].id)}
	}),
	"makes a job in their own words": makesOne(model.Jobs, fixed(textOf(model.JobTitle, "Leak at the Client Ltd"), textOf(model.JobDescription, "Boss said so"))),
	"corrects hours": makesOne(model.TimesheetCorrections, func(_ *playground, p *player) []model.Assign {
		return []model.Assign{{Field: 5, Value: model.Int(7)}, textOf(6, "forgot"), ref(model.CorrectionWorker, model.RecordID(p.user))}
	}),
	"takes a photo": hangs(allJobs, model.Files, func(g *playground, _ *player) []model.Assign {
		g.made++
		sum := sha256.Sum256([]byte{byte(g.made), byte(g.made >> 8), byte(g.made >> 16)})
		return []model.Assign{textOf(2, "photo"), {Field: 3, Value: model.Bytes(sum[:])}, textOf(model.FileAudience, "field")}
	}),
	"fills in a form": hangs(allJobs, model.FormSubmissions, func(g *playground, _ *player) []model.Assign {
		return []model.Assign{ref(2, g.items["form templates"][0].id), textOf(model.FormSubmissionAudience, "field")}
	}),
	"gives a job to themselves":  hangs(allJobs, model.Assignments, to(func(_ *playground, p *player) model.RecordID { return model.RecordID(p.user) })),
	"gives a job to an engineer": hangs(allJobs, model.Assignments, to(func(g *playground, _ *player) model.RecordID { return model.RecordID(g.people["editor"].user) })),
	"gives a job to somebody of Sub Ltd": hangs(allJobs, model.Assignments, to(func(g *playground, _ *player) model.RecordID {
		return model.RecordID(g.people["every level"].user)
	})),
	"gives a job to a company": hangs("jobs", model.Assignments, func(g *playground, _ *player) []model.Assign {
		return []model.Assign{ref(model.AssignmentCompany, recordOfID(g.t, g.firms["Sub Ltd"]))}
	}),

	"makes a route optimization":   makesOne(model.Optimizations, fixed(textOf(2, "Tuesday"))),
	"changes a route optimization": edits("route optimizations", 2, newWords),
	"deletes a route optimization": {"route optimizations", func(_ *playground, p *player, x item) model.Change {
		c := change(model.OpDelete, x.coll, x.id)
		c.Base = string(p.l.base)
		return c
	}},
}
