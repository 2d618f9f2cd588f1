package story

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// world is who and what a story has spoken of so far. What a sentence names must be in it: a name that is spelt wrongly is
// found when the story is read, and not when it is played.
type world struct {
	people  map[string]string           // role by name
	records map[string]model.Collection // by title or name
	own     map[string]bool             // the company's own fields of jobs
	timed   bool                        // it was said what time it is
}

func newWorld() *world {
	return &world{people: map[string]string{}, records: map[string]model.Collection{}, own: map[string]bool{}}
}

// take checks what a sentence names, and takes in what it makes. It says what is wrong, and what to do; nothing: all is well.
func (w *world) take(s *Step) (what, why string) {
	if s.Form.Name == "company" {
		return w.found(s)
	}
	if len(w.people) == 0 {
		return "there is no company yet", "Begin with: Given a company with planner Amy and engineers Ben and Cal."
	}
	made := s.Form.Makes
	for _, a := range s.args {
		if a.Slot == made {
			made = ""
			what, why = w.makes(a)
		} else {
			what, why = w.knows(a)
		}
		if what != "" {
			return what, why
		}
	}
	if what, why = w.fits(s); what != "" {
		return what, why
	}
	if what, why = w.when(s); what != "" {
		return what, why
	}
	return w.may(s)
}

// found takes in the company.
func (w *world) found(s *Step) (what, why string) {
	if len(w.people) > 0 {
		return "there is a company already", "A story is about one."
	}
	office := false
	for _, m := range s.Arg(People, 0).People {
		if w.people[m.Name] != "" {
			return fmt.Sprintf("two people are called %s", m.Name), "Give each a name of their own."
		}
		w.people[m.Name] = m.Role
		office = office || InOffice(m.Role)
	}
	if !office {
		return "nobody of the company is in the office", "Add a planner, a manager or an administrator."
	}
	return "", ""
}

// makes takes in what a sentence makes.
func (w *world) makes(a Arg) (what, why string) {
	if a.Slot == Field {
		jobs, _ := builtin.Spec(model.Jobs)
		if _, ok := jobs.Named(a.Text); ok || w.own[a.Text] {
			return fmt.Sprintf("jobs have a field %s already", a.Text), "Choose another name."
		}
		w.own[a.Text] = true
		return "", ""
	}
	if _, ok := w.records[a.Text]; ok {
		return fmt.Sprintf("there is a %q already", a.Text), "Give each job and customer a name of its own."
	}
	w.records[a.Text] = model.Jobs
	if a.Slot == Customer {
		w.records[a.Text] = model.Customers
	}
	return "", ""
}

// knows checks that what a sentence names is there.
func (w *world) knows(a Arg) (what, why string) {
	switch a.Slot {
	case Person, Hand, Phone, Portal:
		if w.people[a.Person] == "" {
			return fmt.Sprintf("nobody is called %s", a.Person), thereIs(a.Person, slices.Sorted(maps.Keys(w.people)))
		}
		if a.Slot == Phone && !InField(w.people[a.Person]) {
			return a.Person + " has no phone", "Who works in the office does so at a desk, and clients look in their portal; phones are for the field."
		}
		if a.Slot == Portal && w.people[a.Person] != "client" {
			return a.Person + " has no portal", "It is for clients."
		}
	case Job, Customer, Record:
		of, ok := w.records[a.Text]
		if ok && (a.Slot == Record || (a.Slot == Job) == (of == model.Jobs)) {
			return "", ""
		}
		var names []string
		for _, name := range slices.Sorted(maps.Keys(w.records)) {
			if a.Slot == Record || (a.Slot == Job) == (w.records[name] == model.Jobs) {
				names = append(names, name)
			}
		}
		return fmt.Sprintf("there is no %s %q", strings.ToLower(string(a.Slot)), a.Text), thereIs(a.Text, names)
	}
	return "", ""
}

// thereIs lists what there is, and what may have been meant.
func thereIs(name string, names []string) string {
	if len(names) == 0 {
		return "There is none yet; make it first."
	}
	text := "There is " + strings.Join(names, ", ") + "."
	for _, n := range names {
		if distance(name, n) <= 2 {
			return fmt.Sprintf("Did you mean %s? %s", n, text)
		}
	}
	return text
}

// fits checks that a record has the field.
func (w *world) fits(s *Step) (what, why string) {
	f, ok := s.find(Field, 0)
	r, has := s.find(Record, 0)
	if !ok || !has {
		return "", ""
	}
	of := w.records[r.Text]
	spec, _ := builtin.Spec(of)
	if _, ok := spec.Named(f.Text); ok || of == model.Jobs && w.own[f.Text] {
		return "", ""
	}
	var names []string
	for _, x := range spec.Fields {
		names = append(names, x.Name)
	}
	for own := range w.own {
		if of == model.Jobs {
			names = append(names, own)
		}
	}
	slices.Sort(names)
	return fmt.Sprintf("%s have no field %s", spec.Name, f.Text), thereIs(f.Text, names)
}

// when checks that clocks are spoken of where it was said what time it is.
func (w *world) when(s *Step) (what, why string) {
	if s.Form.Name == "time" && s.Has(Day, 0) && s.Has(Word, 0) {
		w.timed = true
	}
	if !w.timed && s.Has(Clock, 0) {
		return "it was not said what time it is", "Say so first: Given it is 22:00 on 24 October 2026 in Europe/London."
	}
	return "", ""
}

// may checks who does what: some things are done in the field alone, others in the office.
func (w *world) may(s *Step) (what, why string) {
	if s.Form.Expects {
		return "", ""
	}
	who, where, office := s.Arg(Person, 0), "", false
	switch {
	case slices.Contains([]string{"sign-in", "take-over", "take-up", "sign-out", "race"}, s.Form.Name):
		where = "who has a phone: of the field"
	case slices.Contains([]string{"visit", "notes", "photo", "signature", "minutes", "shift", "tick", "write-down", "take-parts"}, s.Form.Name):
		who, where = s.Arg(Hand, 0), "in the field"
	case inOffice[s.Form.Name]:
		where, office = "in the office", true
	case s.Has(Hand, 0) && w.people[s.Arg(Hand, 0).Person] == "client":
		who, where = s.Arg(Hand, 0), "in the office or in the field"
	case s.Form.Name == "from" && !slices.Contains([]string{"client", "subcontractor"}, w.people[who.Person]):
		where = "from another company: a client or a subcontractor"
	default:
		return "", ""
	}
	role := w.people[who.Person]
	if office && InOffice(role) || !office && InField(role) && s.Form.Name != "from" {
		return "", ""
	}
	return fmt.Sprintf("%s is %s", who.Person, article(w.people[who.Person])), "This is done by somebody " + where + "."
}

// inOffice is what is done in the office alone, by the names of the forms.
var inOffice = func() map[string]bool {
	names := map[string]bool{}
	for _, f := range office {
		names[f.Name] = true
	}
	return names
}()

func article(role string) string {
	if strings.ContainsRune("aeiou", rune(role[0])) {
		return "an " + role
	}
	return "a " + role
}

// builtin is the table of collections and fields.
var builtin = func() *model.Table {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		panic(err) // the table is ours, and a test proves it
	}
	return table
}()
