package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// job plans a job with what hangs on it: the card of its site, the site's contact, and who is to do it. A worker sees
// the card and not the site, so that two jobs of one customer cannot be linked by it (DESIGN §12.1).
func (p *planner) job(r row) (*bundle, error) {
	code, err := p.once(r, "jobs")
	if err != nil {
		return nil, err
	}
	site, ok := p.sites[r.cells["site"]]
	if !ok {
		return nil, r.faultf("site %q is not in the sites' file, or its row has a fault; a job is imported with its site", r.cells["site"])
	}
	d, err := p.jobItself(r, code, site)
	if err != nil {
		return nil, err
	}
	parent := model.Ref(d.id)
	card := p.draft(r, model.JobCards, code)
	card.set(model.FieldParent, parent, "code").from(site, "address", "address").from(site, "access", "access").
		from(site, "safety", "safety").from(site, "geo", "geo").
		from(p.customers[site.cells["customer"]], "customer_name", "name")
	drafts := []*draft{d, card}
	if site.cells["contact"] != "" || site.cells["contact_phone"] != "" {
		contact := p.draft(r, model.JobContacts, code)
		contact.set(model.FieldParent, parent, "code").from(site, "name", "contact").from(site, "phone", "contact_phone")
		drafts = append(drafts, contact)
	}
	if login := strings.ToLower(r.cells["assigned"]); login != "" {
		user, ok := p.people[login]
		if !ok {
			return nil, r.faultf("assigned: nobody signs in as %s; add them to the users' file", login)
		}
		a := p.draft(r, model.Assignments, code)
		a.set(model.FieldParent, parent, "code").set(model.AssignmentUser, model.Ref(user), "assigned").
			set(model.AssignmentRole, model.Text("lead"), "assigned")
		drafts = append(drafts, a)
	}
	return p.bundle(r, "jobs", drafts...)
}

// from is named with the text of another row.
func (d *draft) from(of row, field, column string) *draft {
	own := d.of
	d.of = of
	d.named(field, column)
	d.of = own
	return d
}

func (p *planner) jobItself(r row, code string, site row) (*draft, error) {
	priority, err := priorityOf(r)
	if err != nil {
		return nil, err
	}
	start, end, minutes, err := p.window(r)
	if err != nil {
		return nil, err
	}
	d := p.draft(r, model.Jobs, code)
	d.named("title", "title").named("description", "description").
		set(model.JobPriority, priority, "priority").
		set(model.JobWindowStart, start, "start").set(model.JobWindowEnd, end, "minutes").
		set(model.JobCustomer, model.Ref(p.record("customers", site.cells["customer"])), "site").
		set(model.JobSite, model.Ref(p.record("sites", r.cells["site"])), "site").
		named("instructions", "instructions").
		set(jobPlanned, minutes, "minutes").
		named("order_number", "order_number")
	return d, nil
}

// priorities in words; 1 is the most urgent.
var priorities = map[string]int64{"urgent": 1, "high": 2, "normal": 3, "low": 4, "lowest": 5}

func priorityOf(r row) (model.Value, error) {
	text := strings.ToLower(r.cells["priority"])
	if text == "" {
		return model.Null(), nil
	}
	if n, ok := priorities[text]; ok {
		return model.Int(n), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return model.Null(), r.faultf("priority: %q is none of urgent, high, normal, low, lowest, or 1 to 5", text)
	}
	return model.Int(n), nil
}

// Layouts of a start: local time where the import runs, unless it says its offset.
var layouts = []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly}

// workday is when a job with a day and no hour begins.
const workday = 8

// window is when a job is to be done: a start, or a day counted from today with an hour; two hours unless it says
// minutes.
func (p *planner) window(r row) (start, end, planned model.Value, err error) {
	minutes := int64(120)
	if text := r.cells["minutes"]; text != "" {
		if minutes, err = strconv.ParseInt(text, 10, 32); err != nil || minutes <= 0 {
			return start, end, planned, r.faultf("minutes: %q is no number of minutes", text)
		}
		planned = model.Int(minutes)
	}
	from, ok, err := p.starts(r)
	if err != nil || !ok {
		return start, end, planned, err
	}
	start = model.Int(from.UnixMilli())
	end = model.Int(from.Add(time.Duration(minutes) * time.Minute).UnixMilli())
	return start, end, planned, nil
}

func (p *planner) starts(r row) (at time.Time, ok bool, err error) {
	if text := r.cells["start"]; text != "" {
		for _, layout := range layouts {
			if at, err = time.ParseInLocation(layout, text, p.today.Location()); err == nil {
				return at, true, nil
			}
		}
		return at, false, r.faultf("start: %q is no point in time; write it as 2026-11-30 08:30", text)
	}
	if r.cells["day"] == "" {
		return at, false, nil
	}
	day, err := strconv.Atoi(r.cells["day"])
	if err != nil || day < -3650 || day > 3650 {
		return at, false, r.faultf("day: %q is no number of days from today", r.cells["day"])
	}
	hour := workday
	if text := r.cells["hour"]; text != "" {
		if hour, err = strconv.Atoi(text); err != nil || hour < 0 || hour > 23 {
			return at, false, r.faultf("hour: %q is not 0 to 23", text)
		}
	}
	y, m, d := p.today.Date()
	return time.Date(y, m, d+day, hour, 0, 0, 0, p.today.Location()), true, nil
}
