package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// named is customers or sites by name.
func (s *station) named(c model.Collection) ([]device.Record, error) {
	all, err := s.List(c, model.RecordID{})
	slices.SortFunc(all, func(a, b device.Record) int {
		return cmp.Or(strings.Compare(a.Value(nameField).Text(), b.Value(nameField).Text()), a.ID.Compare(b.ID))
	})
	return all, err
}

// workers names who a job is assigned to: people, and a company that has yet to say who goes.
func (s *station) workers(job device.Record) string { return s.crew(job, model.UserID{}) }

// others is workers without whoever asks: on a phone all of the jobs are their own, but for a dispatcher.
func (s *station) others(job device.Record) string { return s.crew(job, s.Who().User) }

func (s *station) crew(job device.Record, but model.UserID) string {
	all, err := s.List(model.Assignments, job.ID)
	if err != nil {
		return ""
	}
	var names, firms []string
	for _, a := range all {
		who, state := personIn(a, model.AssignmentUser), a.Value(model.AssignmentState).Text()
		switch {
		case state == "withdrawn" || state == "declined":
		case who.IsZero():
			firms = append(firms, "nobody yet of "+s.firm(model.RefOf(a.Value(model.AssignmentCompany))))
		case who == but:
			firms = nil
		default:
			names = append(names, s.person(who))
		}
	}
	if len(names) == 0 {
		names = firms
	}
	return strings.Join(names, ", ")
}

// firm is a subcontractor company's name, as far as the device is told: its own people are not (domain S4).
func (s *station) firm(id model.RecordID) string {
	if r, ok, err := s.Show(id); err == nil && ok {
		return r.Value(nameField).Text()
	}
	return "the company"
}

// assignee finds who a job is to be given to, by a beginning of the name: a person, or a subcontractor company.
func (s *station) assignee(name string) (model.FieldValue, error) {
	people, err := s.List(model.People, model.RecordID{})
	if err != nil {
		return model.FieldValue{}, err
	}
	found, names := []model.FieldValue{}, []string{}
	offer := func(full string, v model.FieldValue) {
		names = append(names, full)
		if strings.HasPrefix(strings.ToLower(full), strings.ToLower(name)) && !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	for _, p := range people {
		if p.Value(model.PersonActive) == model.Bool(false) {
			continue // they have left
		}
		offer(p.Value(model.PersonName).Text(), val(model.AssignmentUser, model.Ref(p.ID)))
		if firm := p.Value(model.PersonCompany); p.Value(model.PersonKind).Text() == model.Subcontractor.String() && !firm.IsNull() {
			if r, ok, err := s.Show(model.RefOf(firm)); err == nil && ok {
				offer(r.Value(nameField).Text(), val(model.AssignmentCompany, firm))
			}
		}
	}
	slices.Sort(names)
	if len(found) != 1 {
		return model.FieldValue{}, fmt.Errorf("%q is not one of %s", name, strings.Join(slices.Compact(names), ", "))
	}
	return found[0], nil
}

func (t *terminal) officeNew(w io.Writer, args []string) error {
	title, err := rest(args, 1, "the site or the title")
	if err != nil {
		return err
	}
	sites, err := t.station.named(model.Sites)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > len(sites) {
		return fmt.Errorf("%q is no number in the list of sites", args[0])
	}
	customer, _, err := t.station.Show(sites[n-1].Parent())
	if err != nil {
		return err
	}
	drafts, err := jobAt(sites[n-1], customer.Value(nameField).Text(), title)
	if err != nil {
		return err
	}
	return t.save(w, drafts...)
}

func (t *terminal) assign(w io.Writer, args []string) error {
	job, err := t.station.job(args)
	if err != nil {
		return err
	}
	name, err := rest(args, 1, "the name")
	if err != nil {
		return err
	}
	who, err := t.station.assignee(name)
	if err != nil {
		return err
	}
	return t.save(w, give(job.ID, who))
}

func (t *terminal) unassign(w io.Writer, args []string) error {
	job, err := t.station.job(args)
	if err != nil {
		return err
	}
	drafts, err := t.station.withdrawals(job)
	if err != nil {
		return err
	}
	if len(drafts) == 0 {
		return fmt.Errorf("nobody is assigned to %s", jobName(job))
	}
	return t.save(w, drafts...)
}

// withdrawals takes a job away from everybody who has it.
func (s *station) withdrawals(job device.Record) (drafts []device.Draft, err error) {
	all, err := s.List(model.Assignments, job.ID)
	for _, a := range all {
		switch a.Value(model.AssignmentState).Text() {
		case "withdrawn", "declined", "done":
		default:
			drafts = append(drafts, officeEvent(job, "withdraw", "", a.ID))
		}
	}
	return drafts, err
}

func (t *terminal) cancel(w io.Writer, args []string) error {
	job, err := t.station.job(args)
	if err != nil {
		return err
	}
	reason, err := rest(args, 1, "the reason")
	if err != nil {
		return err
	}
	return t.save(w, officeEvent(job, "cancel", reason, model.RecordID{}))
}

// openItems is what is to review, oldest first.
func (s *station) openItems() ([]device.Record, error) {
	all, err := s.List(model.ReviewItems, model.RecordID{})
	all = slices.DeleteFunc(all, func(r device.Record) bool { return r.Value(model.ReviewState).Text() == "resolved" })
	slices.SortFunc(all, func(a, b device.Record) int {
		return cmp.Or(cmp.Compare(a.Value(model.ReviewAt).Int(), b.Value(model.ReviewAt).Int()), a.ID.Compare(b.ID))
	})
	return all, err
}

func (t *terminal) reviewTable(w io.Writer, _ []string) error {
	all, err := t.station.openItems()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "nothing to review")
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, r := range all {
		fmt.Fprintf(table, "%d\t%s\t%s\n", i+1, clock(r.Value(model.ReviewAt)), t.station.reviewLine(r))
	}
	return table.Flush()
}

func (t *terminal) item(args []string) (device.Record, error) {
	all, err := t.station.openItems()
	if err != nil {
		return device.Record{}, err
	}
	if len(args) == 0 {
		return device.Record{}, errors.New("which item? Name its place in the list of review")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > len(all) {
		return device.Record{}, fmt.Errorf("%q is no number in the list of review", args[0])
	}
	return all[n-1], nil
}

// adopt lets the losing value stand: an ordinary edit by the office, and the item closed, both or neither.
func (t *terminal) adopt(w io.Writer, args []string) error {
	item, err := t.item(args)
	if err != nil {
		return err
	}
	lost, ok := lostValue(item)
	subject, there, err := t.station.Show(model.RefOf(item.Value(model.ReviewSubject)))
	if err != nil {
		return err
	}
	if !ok || !there {
		return errors.New("there is no value in this item to adopt; close puts it away")
	}
	return t.save(w, edit(subject, val(model.FieldNo(item.Value(model.ReviewField).Int()), lost)), resolved(item))
}

func (t *terminal) closeItem(w io.Writer, args []string) error {
	item, err := t.item(args)
	if err != nil {
		return err
	}
	if item.Value(model.ReviewKind).Text() == model.InboxHeld {
		return errors.New("work waits in this item: fieldsync review release lets it in, fieldsync review dismiss decides against it")
	}
	return t.save(w, resolved(item))
}

func resolved(item device.Record) device.Draft {
	return edit(item, val(model.ReviewState, model.Text("resolved")))
}
