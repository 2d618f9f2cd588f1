package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Drafts are what an app saves when a person does something. These functions are pure but for drawing ids.

// val is a field with its value.
func val(f model.FieldNo, v model.Value) model.FieldValue {
	return model.FieldValue{Field: f, Value: v}
}

// create is a draft of a new record; fields without a value are left out. Fields ascend.
func create(c model.Collection, fields ...model.FieldValue) device.Draft {
	d := device.Draft{Op: model.OpCreate, Collection: c}
	for _, f := range fields {
		if !f.Value.IsNull() {
			d.Fields = append(d.Fields, f)
		}
	}
	return d
}

// text is a text value; empty is none.
func text(s string) model.Value {
	if s == "" {
		return model.Null()
	}
	return model.Text(s)
}

// workKinds is the hours that go with a visit's events: who starts a job starts to work on it.
var workKinds = map[string]string{
	"travel": "travel_start", "start": "work_start", "pause": "work_pause", "resume": "work_resume", "done": "work_end",
}

// visit is an event of a visit, and the hours that go with it. Hours are the worker's own and no subcontractor's
// (domain W27).
func visit(job device.Record, kind, reason string, who model.UserKind) []device.Draft {
	drafts := []device.Draft{create(model.VisitEvents,
		val(model.FieldParent, model.Ref(job.ID)), val(model.VisitEventKind, model.Text(kind)),
		val(model.VisitEventVisit, visitOf(job)), val(model.VisitEventReason, text(reason)),
	)}
	if work := workKinds[kind]; work != "" && who == model.Mobile {
		drafts = append(drafts, hours(work, 0, job, ""))
	}
	return drafts
}

// visitOf is the visit that the device knows the job to be in: a fence for late events.
func visitOf(job device.Record) model.Value {
	if v := job.Value(model.JobVisit); !v.IsNull() {
		return v
	}
	return model.Int(1)
}

// remarkField is the remark of a timesheet event.
const remarkField model.FieldNo = 14

// hours is an event of the worker's time; minutes of a manual entry alone.
func hours(kind string, minutes int64, job device.Record, remark string) device.Draft {
	amount := model.Null()
	if minutes > 0 {
		amount = model.Int(minutes)
	}
	return create(model.TimesheetEvents, val(model.TimeKind, model.Text(kind)), val(model.TimeJob, model.Ref(job.ID)),
		val(model.TimeAmount, amount), val(remarkField, text(remark)))
}

// noteOn is a note for everybody who works on the job.
func noteOn(job device.Record, words string) device.Draft {
	return create(model.Notes, val(model.FieldParent, model.Ref(job.ID)), val(model.NoteText, model.Text(words)),
		val(model.NoteAudience, model.Text("field")))
}

// newJob is a job as somebody in the field makes it. Where it is they say in their own words, which are a record of
// their own and never matched with a customer's name (domain H4, H5).
func newJob(title, site string) ([]device.Draft, error) {
	id, err := drawRecord()
	if err != nil {
		return nil, err
	}
	job := create(model.Jobs, val(model.JobTitle, model.Text(title)))
	job.Record = id
	if site == "" {
		return []device.Draft{job}, nil
	}
	return []device.Draft{job, create(model.JobOrigins, val(model.FieldParent, model.Ref(id)), val(model.OriginSite, model.Text(site)))}, nil
}

func drawRecord() (id model.RecordID, err error) {
	if _, err := rand.Read(id[:]); err != nil {
		return id, fmt.Errorf("draw an identifier: %w", err)
	}
	return id, nil
}

// editJob gives one field of a job the value that a text says.
func editJob(job device.Record, name, words string) (device.Draft, error) {
	spec, _ := builtin().Spec(model.Jobs)
	f, ok := spec.Named(name)
	if !ok || f.Writers == model.WriterServer {
		var names []string
		for _, f := range spec.Fields {
			if f.Writers != model.WriterServer && (f.Type == model.TypeText || f.Type == model.TypeLong || f.Type == model.TypeInt) {
				names = append(names, f.Name)
			}
		}
		return device.Draft{}, fmt.Errorf("no field %q to edit%s; there are %s", name, nearest(name, names), strings.Join(names, ", "))
	}
	v := model.Text(words)
	if f.Type == model.TypeInt || f.Type == model.TypeMinutes {
		n, err := strconv.ParseInt(words, 10, 64)
		if known, ok := priorities[words]; ok && f.No == model.JobPriority {
			n, err = known, nil
		}
		if err != nil {
			return device.Draft{}, fmt.Errorf("%s is a number, not %q", name, words)
		}
		v = model.Int(n)
	}
	if !f.Check(v) {
		return device.Draft{}, fmt.Errorf("%s: %s", name, cannot(f, v))
	}
	return edit(job, val(f.No, v)), nil
}

func edit(r device.Record, fields ...model.FieldValue) device.Draft {
	return device.Draft{Op: model.OpEdit, Collection: r.Collection, Record: r.ID, Fields: fields}
}

// assignTo offers a job to a user.
func assignTo(job model.RecordID, user model.UserID) device.Draft {
	return give(job, val(model.AssignmentUser, model.Ref(user)))
}

// give offers a job to a user, or to a company, whose dispatchers say who goes (domain W24).
func give(job model.RecordID, who model.FieldValue) device.Draft {
	return create(model.Assignments, inOrder([]model.FieldValue{val(model.FieldParent, model.Ref(job)), who, val(model.AssignmentRole, model.Text("lead"))})...)
}

// inOrder sorts fields as a draft has them.
func inOrder(fields []model.FieldValue) []model.FieldValue {
	slices.SortFunc(fields, func(a, b model.FieldValue) int { return cmp.Compare(a.Field, b.Field) })
	return fields
}

// officeEvent is a word of the office on a job: cancel, withdraw (of an assignment), close, reopen …
func officeEvent(job device.Record, kind, reason string, of model.RecordID) device.Draft {
	return create(model.OfficeEvents, val(model.FieldParent, model.Ref(job.ID)),
		val(model.OfficeEventKind, model.Text(kind)), val(model.OfficeEventReason, text(reason)),
		val(model.OfficeEventOf, model.Ref(of)))
}

// jobAt is a job at a known site, with the card that the worker sees of the site.
func jobAt(site device.Record, customer, title string) ([]device.Draft, error) {
	id, err := drawRecord()
	if err != nil {
		return nil, err
	}
	job := create(model.Jobs, val(model.JobTitle, model.Text(title)), val(model.JobCustomer, model.Ref(site.Parent())),
		val(model.JobSite, model.Ref(site.ID)))
	job.Record = id
	card := create(model.JobCards, val(model.FieldParent, model.Ref(job.Record)), val(model.CardAddress, site.Value(3)),
		val(model.CardAccess, site.Value(4)), val(model.CardSafety, site.Value(5)), val(model.CardGeo, site.Value(6)),
		val(cardCustomer, text(customer)))
	return []device.Draft{job, card}, nil
}

// cardCustomer is the customer's name on a job's card, of class customer.
const cardCustomer model.FieldNo = 7

// minutesOf reads "45m", "1h30m" or "90".
func minutesOf(word string) (int64, error) {
	if n, err := strconv.ParseInt(word, 10, 64); err == nil && n > 0 {
		return n, nil
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < time.Minute {
		return 0, fmt.Errorf("%q is no length of time; write 45m or 1h30m", word)
	}
	return int64(d.Minutes()), nil
}
