package lab

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What an app saves when a person does something.

func val(f model.FieldNo, v model.Value) model.FieldValue {
	return model.FieldValue{Field: f, Value: v}
}

func create(c model.Collection, fields ...model.FieldValue) client.Draft {
	return client.Draft{Op: model.OpCreate, Collection: c, Fields: fields}
}

func edit(r client.Record, fields ...model.FieldValue) client.Draft {
	return client.Draft{Op: model.OpEdit, Collection: r.Collection, Record: r.ID, Fields: fields}
}

// noteOn is a note for everybody who works on the job.
func noteOn(job model.RecordID, words string) client.Draft {
	return create(model.Notes, val(model.FieldParent, model.Ref(job)), val(model.NoteText, model.Text(words)),
		val(model.NoteAudience, model.Text("field")))
}

// hoursOf is the hours that go with a visit's events: who starts a job starts to work on it.
var hoursOf = map[string]string{"travel": "travel_start", "start": "work_start", "resume": "work_resume", "done": "work_end"}

// visit is an event of a visit, and the hours that go with it. Hours are the worker's own and no subcontractor's (domain
// W27).
func visit(job client.Record, kind string, who model.UserKind) []client.Draft {
	number := job.Value(model.JobVisit)
	if number.IsNull() {
		number = model.Int(1)
	}
	drafts := []client.Draft{create(model.VisitEvents, val(model.FieldParent, model.Ref(job.ID)),
		val(model.VisitEventKind, model.Text(kind)), val(model.VisitEventVisit, number))}
	if h := hoursOf[kind]; h != "" && who == model.Mobile {
		drafts = append(drafts, create(model.TimesheetEvents, val(model.TimeKind, model.Text(h)), val(model.TimeJob, model.Ref(job.ID))))
	}
	return drafts
}

// steps is what somebody does next, by how far they are with a job, and how far they are then.
var steps = map[string]struct{ kind, then string }{
	"offered":    {"accept", "accepted"},
	"accepted":   {"travel", "travelling"},
	"travelling": {"start", "working"},
	"working":    {"done", "done"},
	"paused":     {"resume", "working"},
}

// reached is how far each kind of event brings whoever says it.
var reached = map[string]string{
	"accept": "accepted", "travel": "travelling", "start": "working", "pause": "paused", "resume": "working", "done": "done",
	"decline": "declined",
}

// standing is how far a user is with a job: as the server derived it, and then by what was done here and is not in that
// yet. Empty: it is not theirs.
func standing(c *client.Client, job model.RecordID, user model.UserID) (state string, err error) {
	all, err := c.List(model.Assignments, job)
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if model.UserID(model.RefOf(a.Value(model.AssignmentUser))) == user && a.Value(model.AssignmentState).Text() != "withdrawn" {
			state = a.Value(model.AssignmentState).Text()
		}
	}
	if state == "" {
		return "", nil
	}
	for _, e := range c.Outbox() {
		if e.Collection != model.VisitEvents || e.Op != model.OpCreate || e.Included || model.RefOf(assigned(e, model.FieldParent)) != job {
			continue
		}
		counts := !e.Answered || e.Outcome == model.OutcomeApplied
		if s, ok := reached[assigned(e, model.VisitEventKind).Text()]; ok && counts {
			state = s
		}
	}
	return state, nil
}

// assigned is what a change gives a field.
func assigned(e client.Entry, f model.FieldNo) model.Value {
	for _, a := range e.Fields {
		if a.Field == f {
			return a.Value
		}
	}
	return model.Null()
}

// assign offers a job to somebody.
func assign(job model.RecordID, user model.UserID) client.Draft {
	return create(model.Assignments, val(model.FieldParent, model.Ref(job)), val(model.AssignmentUser, model.Ref(user)),
		val(model.AssignmentRole, model.Text("lead")))
}

// jobToday is a job at a site, from now on, with the card that a worker sees of the site, for some people.
func jobToday(site client.Record, title string, now time.Time, users ...model.UserID) (id model.RecordID, drafts []client.Draft, err error) {
	if _, err := rand.Read(id[:]); err != nil {
		return id, nil, err
	}
	job := create(model.Jobs, val(model.JobTitle, model.Text(title)), val(model.JobWindowStart, model.Int(now.UnixMilli())),
		val(model.JobWindowEnd, model.Int(now.Add(2*time.Hour).UnixMilli())))
	job.Record = id
	drafts = []client.Draft{job}
	if !site.ID.IsZero() {
		drafts[0].Fields = append(drafts[0].Fields, val(model.JobCustomer, model.Ref(site.Parent())), val(model.JobSite, model.Ref(site.ID)))
		if address := site.Value(siteAddress); !address.IsNull() {
			drafts = append(drafts, create(model.JobCards, val(model.FieldParent, model.Ref(id)), val(model.CardAddress, address)))
		}
	}
	for _, u := range users {
		drafts = append(drafts, assign(id, u))
	}
	return id, drafts, nil
}

// siteAddress is a site's address.
const siteAddress model.FieldNo = 3

// resolved puts an item of review away.
func resolved(item client.Record) client.Draft {
	return edit(item, val(model.ReviewState, model.Text("resolved")))
}

// lost is the losing value of a conflict: it stands in the field of the class that it lost in.
func lost(item client.Record) (model.Value, bool) {
	for f := model.ReviewLost; f <= model.ReviewLost+model.FieldNo(model.LastClass); f++ {
		if v := item.Value(f); !v.IsNull() {
			return v, true
		}
	}
	return model.Null(), false
}

// errNothingLost says that an item has no value to restore.
var errNothingLost = errors.New("there is no value in it to restore")

// restore lets the value that lost stand: an ordinary edit by the office, and the item closed, both or neither.
func restore(c *client.Client, item model.RecordID) error {
	r, ok, err := c.Show(item)
	if err != nil {
		return err
	}
	value, has := lost(r)
	subject, there, err := c.Show(model.RefOf(r.Value(model.ReviewSubject)))
	switch {
	case err != nil:
		return err
	case !ok || !has || !there:
		return errNothingLost
	}
	_, err = c.Save(edit(subject, val(model.FieldNo(r.Value(model.ReviewField).Int()), value)), resolved(r))
	return err
}

// byStart orders jobs as a day goes; those without a time come last.
func byStart(a, b client.Record) int {
	start := func(r client.Record) uint64 { return uint64(r.Value(model.JobWindowStart).Int() - 1) } // none: the largest
	return cmp.Or(cmp.Compare(start(a), start(b)), cmp.Compare(a.Value(model.JobNumber).Text(), b.Value(model.JobNumber).Text()), a.ID.Compare(b.ID))
}

// begun says whether somebody is on the way or at work.
func begun(job client.Record) bool {
	return slices.Contains([]string{"travelling", "in_progress", "paused"}, job.Value(model.JobStatus).Text())
}

// open says whether a job is still to be done.
func open(job client.Record) bool {
	return !slices.Contains([]string{"completed", "closed", "cancelled", "draft"}, job.Value(model.JobStatus).Text())
}
