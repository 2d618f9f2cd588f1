package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The columns of a job's window, which are fields too.
const (
	windowStart = "window_start"
	windowEnd   = "window_end"
)

// usual is how long a job takes that has a start and nothing else.
const usual = 2 * time.Hour

// window works out when a job is to be done: from a start and an end, from a day with times, or from a day counted from
// today; and how long it takes.
func (o *Options) window(d *draft) {
	job := d.of(model.Jobs)
	start, allDay := o.begins(d, job)
	takes := usual
	if cell, ok := d.special[shape.Minutes]; ok {
		n, err := minutes(cell)
		if err == nil && n == 0 {
			err = errMinutes
		}
		if err != nil {
			d.fault(d.columnOf(shape.Minutes), "%q %v", sheet.Escape(cell.Text), err)
			return
		}
		takes, allDay = time.Duration(n)*time.Minute, false
		if _, given := job["planned_minutes"]; !given {
			job["planned_minutes"] = json.RawMessage(strconv.FormatInt(n, 10))
		}
	}
	end := o.ends(d, job, start)
	_, ends := d.file.named(windowEnd)
	_, takesSome := d.special[shape.Minutes]
	switch {
	case start.IsZero(), end.IsZero() && ends && !takesSome: // a file that says when jobs end says all
	case end.IsZero() && allDay:
		job[windowEnd] = instantJSON(start.Add(workday[windowEnd] - workday[windowStart]))
	case end.IsZero():
		job[windowEnd] = instantJSON(start.Add(takes))
	case end.Before(start):
		d.fault(d.columnOf(windowEnd), "it ends before it begins")
	}
}

// begins is when a job begins; zero when it does not say so. allDay: it says the day only.
func (o *Options) begins(d *draft, job fields) (start time.Time, allDay bool) {
	name, timed := windowStart, true
	m, ok := o.counted(d)
	if cell, given := d.special[windowStart]; given {
		m, ok = o.onDay(d, windowStart, cell, shape.StartTime)
		timed = m.timed
	} else {
		name = shape.Day
	}
	if !ok {
		return start, false
	}
	start = o.at(d, name, m)
	if !start.IsZero() {
		job[windowStart] = instantJSON(start)
	}
	return start, !timed
}

// onDay reads a day with the time in another column.
func (o *Options) onDay(d *draft, name string, cell sheet.Cell, with string) (moment, bool) {
	c, _ := d.file.named(name)
	m, err := readMoment(cell, c.order, o.Now)
	if err != nil {
		d.fault(c.name, "%q %v", sheet.Escape(cell.Text), err)
		return m, false
	}
	if clock := d.special[with]; clock.Text != "" {
		if m.clock, err = readClock(clock.Text); err != nil {
			d.fault(d.columnOf(with), "%q %v", sheet.Escape(clock.Text), err)
			return m, false
		}
		m.timed = true
	}
	if !m.timed {
		m.clock = workday[name]
	}
	return m, true
}

// counted is a day counted from today, with an hour.
func (o *Options) counted(d *draft) (m moment, ok bool) {
	cell := d.special[shape.Day]
	if cell.Text == "" {
		return m, false
	}
	days, err := strconv.Atoi(strings.TrimSuffix(cell.Text, ".0"))
	if err != nil || days < -3650 || days > 3650 {
		d.fault(d.columnOf(shape.Day), "%q is no number of days from today", sheet.Escape(cell.Text))
		return m, false
	}
	clock := workday[windowStart]
	if hour := d.special[shape.Hour]; hour.Text != "" {
		n, err := strconv.Atoi(strings.TrimSuffix(hour.Text, ".0"))
		if clock = time.Duration(n) * time.Hour; err != nil {
			clock, err = readClock(hour.Text)
		}
		if err != nil || clock < 0 || clock >= 24*time.Hour {
			d.fault(d.columnOf(shape.Hour), "%q is not 0 to 23", sheet.Escape(hour.Text))
			return m, false
		}
	}
	y, month, day := o.Now.In(o.Zone).AddDate(0, 0, days).Date()
	return moment{year: y, month: int(month), day: day, clock: clock, timed: true}, true
}

// ends sets the end of a job that is given by a day and a time, or by a time of the day it begins.
func (o *Options) ends(d *draft, job fields, start time.Time) (end time.Time) {
	cell, given := d.special[windowEnd]
	clock := d.special[shape.EndTime]
	switch {
	case given:
		if m, ok := o.onDay(d, windowEnd, cell, shape.EndTime); ok {
			end = o.at(d, windowEnd, m)
		}
	case clock.Text != "" && !start.IsZero():
		at, err := readClock(clock.Text)
		if err != nil {
			d.fault(d.columnOf(shape.EndTime), "%q %v", sheet.Escape(clock.Text), err)
			return end
		}
		y, month, day := start.In(o.Zone).Date()
		end = o.at(d, shape.EndTime, moment{year: y, month: int(month), day: day, clock: at, timed: true})
	}
	if !end.IsZero() {
		job[windowEnd] = instantJSON(end)
	}
	return end
}

// at is the instant of a moment that a row's column says; zero, and a fault, when there is none.
func (o *Options) at(d *draft, name string, m moment) time.Time {
	cell := d.special[name]
	if clock, ok := d.special[map[string]string{windowStart: shape.StartTime, windowEnd: shape.EndTime, shape.Day: shape.Hour}[name]]; ok {
		cell.Text += " " + clock.Text
	}
	at, twice, err := m.instant(o.Zone)
	if err != nil {
		d.fault(d.columnOf(name), "%q %v", sheet.Escape(cell.Text), err)
		return time.Time{}
	}
	if warning := doubled(twice, cell, at); warning != "" {
		d.warnings = append(d.warnings, Fault{d.file.Name, d.line, d.columnOf(name), warning})
	}
	return at
}

func instantJSON(at time.Time) json.RawMessage {
	return quote(at.UTC().Format(time.RFC3339Nano))
}

// jobUnit is a job with what hangs on it: the card of its site, the contact there, and whom it is assigned to. A worker sees
// the card and not the site, so that two jobs of one customer are not linkable by it (DESIGN §12.1).
func (im *Import) jobUnit(d *draft) []office.Operation {
	there := im.company.jobs[d.name.text()]
	if there == nil {
		im.derive(d)
	}
	ops := []office.Operation{im.main(d)}
	for _, part := range []model.Collection{model.JobCards, model.JobContacts} {
		f := d.records[part]
		if len(f) == 0 {
			continue
		}
		if there != nil && there.parts[part] != "" {
			ops = append(ops, office.Operation{Op: "update", Collection: im.collection(part), ID: there.parts[part], Fields: f.encode()})
			continue
		}
		f["job"] = d.name.ref()
		ops = append(ops, im.child(part, im.childKey(d), f))
	}
	return append(ops, im.assignments(d, there)...)
}

// derive fills what the file of a new job has no columns for from the job's site.
func (im *Import) derive(d *draft) {
	fill := func(of model.Collection, name string, v json.RawMessage) {
		if len(v) > 0 && !d.file.says(of, name) {
			d.of(of)[name] = v
		}
	}
	var customer ident
	for _, r := range d.refs {
		if r.of == model.Customers {
			customer = r.to
		}
		if p, ok := im.company.places[r.to.text()]; ok && r.of == model.Sites {
			fill(model.Jobs, "customer", p.customer.refOrNone())
			if customer == (ident{}) {
				customer = p.customer
			}
			for name, v := range p.card {
				fill(model.JobCards, name, v)
			}
			for name, v := range p.contact {
				fill(model.JobContacts, name, v)
			}
		}
	}
	fill(model.JobCards, "customer_name", im.company.names[customer.text()])
}

// says whether a file has a column for a field: then it says all there is to be said of it.
func (f *file) says(of model.Collection, field string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool {
		return c.to.Of == of && c.to.Field != nil && nameOf(c.to) == field || c.to.Role == shape.Part && of == model.JobCards && c.to.Into == field
	})
}

func (i ident) refOrNone() json.RawMessage {
	if i == (ident{}) {
		return nil
	}
	return i.ref()
}

// assignments assigns a job to those of its people who are not assigned yet. The first one leads.
func (im *Import) assignments(d *draft, there *jobThere) (ops []office.Operation) {
	for i, login := range logins(d.special[shape.Assigned].Text) {
		u, ok := im.company.users[login]
		if !ok {
			d.fault(d.columnOf(shape.Assigned), "nobody signs in as %s; add them to a file of users", login)
			return nil
		}
		if there != nil && slices.Contains(there.users, u.ID.String()) || u.ID.IsZero() { // zero: of a rehearsal
			continue
		}
		role := "helper"
		if i == 0 {
			role = "lead"
		}
		f := fields{"job": d.name.ref(), "user": quote(u.ID.String()), "role": quote(role)}
		ops = append(ops, im.child(model.Assignments, im.childKey(d)+"/"+login, f))
	}
	return ops
}

// logins are those in a cell.
func logins(text string) (out []string) {
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(",;| \n\r\t", r) }) {
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// childKey is what the external ids of the records that come with a row begin with.
func (im *Import) childKey(d *draft) string {
	if d.name.external != "" {
		return d.name.external
	}
	return strings.TrimPrefix(fmt.Sprintf("%s:%s", im.o.Source, d.name.id), ":")
}
