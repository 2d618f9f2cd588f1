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
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// jobs is the user's jobs in the order of the day; those without a time come after the others, and what is over last.
func (s *station) jobs() ([]device.Record, error) {
	all, err := s.List(model.Jobs, model.RecordID{})
	start := func(r device.Record) uint64 { return uint64(r.Value(model.JobWindowStart).Int() - 1) } // none: the largest
	slices.SortFunc(all, func(a, b device.Record) int {
		return cmp.Or(isOver(a)-isOver(b), cmp.Compare(start(a), start(b)), cmp.Compare(jobNumber(a), jobNumber(b)), a.ID.Compare(b.ID))
	})
	return all, err
}

// isOver is 1 of a job that nobody has to do any more.
func isOver(job device.Record) int {
	if slices.Contains([]string{"completed", "closed", "cancelled"}, job.Value(model.JobStatus).Text()) {
		return 1
	}
	return 0
}

// job finds a job by its number, by its place in the list, or by a word of its title that no other has.
func (s *station) job(args []string) (device.Record, error) {
	if len(args) == 0 {
		return device.Record{}, errors.New("which job? Name its number, its place in the list of jobs, or a word of its title")
	}
	all, err := s.jobs()
	if err != nil {
		return device.Record{}, err
	}
	if n, err := strconv.Atoi(args[0]); err == nil && n >= 1 && n <= len(all) {
		return all[n-1], nil
	}
	var titled []device.Record
	for _, j := range all {
		if jobNumber(j) == args[0] {
			return j, nil
		}
		if strings.Contains(strings.ToLower(j.Value(model.JobTitle).Text()), strings.ToLower(args[0])) {
			titled = append(titled, j)
		}
	}
	switch len(titled) {
	case 1:
		return titled[0], nil
	case 0:
		return device.Record{}, fmt.Errorf("there is no job %s here; jobs lists those there are", args[0])
	default:
		return device.Record{}, fmt.Errorf("%d jobs have %q in their title; name the number", len(titled), args[0])
	}
}

// jobNumber is empty until the server has given one.
func jobNumber(job device.Record) string {
	if v := job.Value(model.JobNumber); !v.IsNull() {
		return v.String()
	}
	return ""
}

func jobName(job device.Record) string {
	return strings.TrimSpace(or(jobNumber(job), "(new)") + " " + job.Value(model.JobTitle).Text())
}

// nameOf is the job of this id in words.
func (s *station) nameOf(id model.RecordID) string {
	if job, ok, err := s.Show(id); err == nil && ok {
		return jobName(job)
	}
	return "a job that is not here any more"
}

// person is a user's name, as far as this device knows people.
func (s *station) person(id model.UserID) string {
	if who := s.Who(); id == who.User {
		return who.Name
	}
	if p, ok, err := s.Show(model.RecordID(id)); err == nil && ok {
		return p.Value(model.PersonName).Text()
	}
	return "somebody"
}

func personIn(r device.Record, f model.FieldNo) model.UserID {
	return model.UserID(model.RefOf(r.Value(f)))
}

// clock shows an instant as people say it: the day only when it is not today.
func clock(at model.Value) string {
	if at.IsNull() {
		return "–"
	}
	return moment(model.Instant(at.Int()))
}

func moment(at model.Instant) string {
	t := time.UnixMilli(int64(at))
	if y, m, d := time.Now().Date(); t.Year() == y && t.Month() == m && t.Day() == d {
		return t.Format("15:04")
	}
	return t.Format("Mon 2 Jan 15:04")
}

// listJobs shows the jobs, numbered; who adds what the office wants to know of each.
func (s *station) listJobs(w io.Writer, who func(device.Record) string) error {
	all, err := s.jobs()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "no jobs")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, j := range all {
		mark := ""
		if len(j.Pending) > 0 || j.Own {
			mark = "(not all sent)"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", i+1, or(jobNumber(j), "(new)"), clock(j.Value(model.JobWindowStart)),
			or(j.Value(model.JobStatus).Text(), "–"), j.Value(model.JobTitle).Text(), who(j), mark)
	}
	return t.Flush()
}

// showJob shows everything a device has of a job, by the table: what a user may not see is not there to be shown.
func (s *station) showJob(w io.Writer, job device.Record) error {
	fmt.Fprintln(w, jobName(job))
	if err := s.showFields(w, job); err != nil {
		return err
	}
	for _, c := range []model.Collection{
		model.JobOrigins, model.JobCards, model.JobContacts, model.Assignments, model.Visits, model.VisitEvents, model.OfficeEvents, model.Notes,
	} {
		children, err := s.List(c, job.ID)
		if err != nil {
			return err
		}
		spec, _ := builtin().Spec(c)
		for _, r := range children {
			fmt.Fprintf(w, "  %s\n", recordOf(spec))
			if err := s.showFields(w, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *station) showFields(w io.Writer, r device.Record) error {
	spec, _ := builtin().Spec(r.Collection)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range spec.Fields {
		v := r.Value(f.No)
		if v.IsNull() || f.No == model.FieldParent || r.Collection == model.Jobs && f.No == model.JobTitle {
			continue
		}
		mark := ""
		if slices.Contains(r.Pending, f.No) {
			mark = "  (yours, not confirmed yet)"
		}
		fmt.Fprintf(t, "    %s\t%s%s\n", strings.ReplaceAll(f.Name, "_", " "), s.show(&f, v), mark)
	}
	return t.Flush()
}

// show is a value in words.
func (s *station) show(f *model.Field, v model.Value) string {
	switch f.Type {
	case model.TypeInstant:
		return clock(v)
	case model.TypeUser:
		return s.person(model.UserID(model.RefOf(v)))
	case model.TypeRef:
		r, ok, err := s.Show(model.RefOf(v))
		if err != nil || !ok {
			return "not on this device"
		}
		spec, _ := builtin().Spec(r.Collection)
		if name, ok := spec.Named("name"); ok {
			return r.Value(name.No).Text()
		}
		return recordOf(spec)
	default:
		return v.String()
	}
}

// reviewed is what an item of review is about.
func (s *station) reviewed(item model.RecordID) string {
	r, ok, err := s.Show(item)
	if err != nil || !ok {
		return "an item that is not here any more"
	}
	return s.about(r)
}

// entry is one of the user's changes in words.
func (s *station) entry(e device.Entry) string {
	spec, ok := builtin().Spec(e.Collection)
	if !ok {
		return "something of a newer app"
	}
	given := map[model.FieldNo]model.Value{}
	var names []string
	for _, a := range e.Fields {
		given[a.Field] = a.Value
		if f, ok := spec.Field(a.Field); ok && a.Field != model.FieldParent {
			names = append(names, strings.ReplaceAll(f.Name, "_", " "))
		}
	}
	on := ""
	if parent := model.RefOf(given[model.FieldParent]); !parent.IsZero() {
		on = " on " + s.nameOf(parent)
	}
	switch {
	case e.Op == model.OpDelete:
		return "deletion of " + recordOf(spec)
	case e.Op == model.OpEdit && e.Collection == model.Jobs:
		return strings.Join(names, ", ") + " of " + s.nameOf(e.Record)
	case e.Op == model.OpEdit && e.Collection == model.ReviewItems:
		return "review of " + s.reviewed(e.Record)
	case e.Op == model.OpEdit:
		return strings.Join(names, ", ") + " of " + recordOf(spec)
	case e.Collection == model.VisitEvents:
		return given[model.VisitEventKind].Text() + on
	case e.Collection == model.OfficeEvents:
		return given[model.OfficeEventKind].Text() + on
	case e.Collection == model.TimesheetEvents:
		return "hours: " + strings.ReplaceAll(given[model.TimeKind].Text(), "_", " ")
	case e.Collection == model.Notes:
		return "note" + on
	case e.Collection == model.Jobs:
		return "new job " + given[model.JobTitle].Text()
	default:
		return "new " + recordOf(spec) + on
	}
}
