package engine

import (
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// MaxLinked is how many clients may be linked to one: their audiences stand in the view of each of its portal users.
const MaxLinked = 200

// client is the company outside whose portal may show a record: its own card, its sites, contacts and assets, its jobs
// with what of them is labelled so; zero: none. A draft is nobody's yet. A job whose customer was named by somebody who may
// not look customers up is not: it would be put into the portal of whomever they name (domain W23, W28).
func (t *tx) client(r *model.Record) model.RecordID {
	job := t.jobOf(r)
	if job == nil {
		return t.owner(r)
	}
	cell, ok := job.Cell(model.JobCustomer)
	customer := model.RefOf(cell.Value)
	if !ok || customer.IsZero() || job.Value(model.JobDraft).Bool() && !planted("drafts-in-portal") {
		return model.RecordID{}
	}
	if w := job.Writes[cell.Write]; w.Office || t.showsClient(job, customer) || t.looksUp(w.Author) || planted("any-name-in-portal") {
		return customer
	}
	return model.RecordID{}
}

// owner is the customer that a record is, or hangs on.
func (t *tx) owner(r *model.Record) model.RecordID {
	for range 4 { // the table nests no deeper
		if r == nil || r.Deleted {
			break
		}
		if r.Collection == model.Customers {
			return r.ID
		}
		r = t.record(r.Parent())
	}
	return model.RecordID{}
}

// showsClient says whether a job is in its customer's portal now: what was shown stays while the link stands, whatever
// becomes of its author's rights.
func (t *tx) showsClient(job *model.Record, customer model.RecordID) bool {
	a, ok := t.number(model.AudienceName{Kind: model.AudienceCompany, Of: customer})
	i := slices.IndexFunc(job.Memberships, func(m model.Membership) bool { return m.Audience == a })
	return ok && i >= 0 && job.Memberships[i].Open()
}

// progress is what a client is told of a job's status: nothing of whom it was offered to (domain b.2, W22).
func progress(status string) model.Value {
	if planted("status-in-portal") {
		return model.Text(status)
	}
	switch status {
	case workflow.StatusDraft, workflow.StatusUnassigned, workflow.StatusOffered, workflow.StatusScheduled:
		return model.Text("planned")
	case workflow.StatusTravelling:
		return model.Text("on_the_way")
	case workflow.StatusClosed:
		return model.Text(workflow.StatusCompleted)
	case workflow.StatusPaused:
		return model.Text(workflow.StatusInProgress)
	default:
		return model.Text(status)
	}
}

// comes says whether an assignment means that its user comes to do the job: they have not only been asked.
func comes(assignment *model.Record) bool {
	state := assignment.Value(model.AssignmentState).Text()
	return standing(assignment) && state != workflow.StateOffered && state != ""
}

// maxEngineers is how many names of a job's engineers are kept, so that they fit their field.
const maxEngineers = 9

// engineers is the names of those who come to do a job, as they are called now.
func (t *tx) engineers(job model.RecordID) model.Value {
	var names []string
	for _, r := range t.below(job, model.Assignments) {
		if p := t.live(model.RefOf(r.Value(model.AssignmentUser))); p != nil && p.Collection == model.People && comes(r) {
			names = append(names, p.Value(model.PersonName).Text())
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return model.Null()
	}
	return model.Text(strings.Join(names[:min(len(names), maxEngineers)], ", "))
}

// link keeps which clients are linked to which, by the field group of a customer. A link widens the views of the other's
// portal users and moves no record: a company may have ten thousand jobs (domain W21).
func (t *tx) link(r *model.Record) {
	child := string(r.ID[:])
	was, _ := t.row(storage.TableLinks, "c"+child)
	group := model.RefOf(r.Value(model.CustomerGroup))
	now := group[:]
	if group.IsZero() || group == r.ID || r.Deleted {
		now = nil
	}
	if string(was) == string(now) {
		return
	}
	if was != nil {
		t.remove(storage.TableLinks, "p"+string(was)+child)
		t.remove(storage.TableLinks, "c"+child)
	}
	if now != nil {
		t.put(storage.TableLinks, "p"+string(now)+child, nil)
		t.put(storage.TableLinks, "c"+child, now)
		t.belongs(r.ID)
	}
	t.tenant.Views++ // what is remembered of people's views is of another company's row
	t.tenanted = true
}

// belongs makes sure that the audience of a company is there before anybody is linked to it: what they see is worked out by
// it.
func (t *tx) belongs(company model.RecordID) {
	if !company.IsZero() {
		t.intern(model.AudienceName{Kind: model.AudienceCompany, Of: company})
	}
}

// linked is the clients that are linked to one: its own children, and not theirs.
func (t *tx) linked(to model.RecordID) []model.RecordID {
	if to.IsZero() {
		return nil
	}
	prefix := "p" + string(to[:])
	var out []model.RecordID
	for _, key := range t.keys(storage.TableLinks, prefix) {
		child := model.RecordID([]byte(key[len(prefix):]))
		out = append(out, child)
		if planted("links-go-on") {
			out = append(out, t.linked(child)...)
		}
	}
	return out
}

// overlinks says whether a change would link more clients to one than a view takes.
func (t *tx) overlinks(c *model.Change) bool {
	if c.Collection != model.Customers {
		return false
	}
	for _, x := range c.Fields {
		if to := model.RefOf(x.Value); x.Field == model.CustomerGroup && len(t.linked(to)) >= MaxLinked {
			return !slices.Contains(t.linked(to), c.Record)
		}
	}
	return false
}
