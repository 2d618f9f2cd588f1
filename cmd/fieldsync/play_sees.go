package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/document"
)

// What the office sees, by its API.

// textOfJSON is a value of a document in words.
func textOfJSON(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	default:
		raw, _ := json.Marshal(x) // it came out of JSON
		return string(raw)
	}
}

// valueIn is a field of a document in words; of the company's own fields too.
func valueIn(d doc, field string) string {
	if own, ok := d["custom"].(map[string]any); ok && own[field] != nil {
		return textOfJSON(own[field])
	}
	return textOfJSON(d[field])
}

// alikeIn compares a field of a document with what people write.
func alikeIn(d doc, field, words string) bool {
	got := valueIn(d, field)
	if n, ok := priorities[words]; ok && field == "priority" && got == strconv.FormatInt(n, 10) {
		return true
	}
	return got == words
}

// document is a row as the API writes it.
func (p *play) document(r model.Row) []byte {
	return document.Append(nil, p.table, &model.Shown{Row: r}, nil)
}

// ofWho is the person that a sentence names, or nobody.
func (p *play) ofWho(s *script.Step) (name string, id string) {
	a := s.Arg(script.Person, 0)
	if a.Person == "" {
		return "", ""
	}
	return a.Person, p.members[a.Person].id.String()
}

// tallied is a count as an answer.
func tallied(n int, what string, want int) (string, bool, error) {
	return counted(n, what), n == want, nil
}

func (p *play) officeNote(s *script.Step) (string, bool, error) {
	_, by := p.ofWho(s)
	all, err := p.all("notes", func(d doc) bool {
		return d["job"] == p.idOf(s, script.Job).String() && d["text"] == s.Arg(script.Text, 0).Text && d["author"] == by
	})
	if err != nil {
		return "", false, err
	}
	return tallied(len(all), "such note", 1)
}

// officeLate compares when a note was received with when it was written, by its history.
func (p *play) officeLate(s *script.Step) (string, bool, error) {
	notes, err := p.all("notes", func(d doc) bool {
		return d["job"] == p.idOf(s, script.Job).String() && d["text"] == s.Arg(script.Text, 0).Text
	})
	if err != nil || len(notes) != 1 {
		return counted(len(notes), "such note"), false, err
	}
	var past struct {
		Events []struct {
			At       time.Time `json:"at"`
			Occurred time.Time `json:"occurred_at"`
		} `json:"events"`
	}
	if err := p.chief.Do(p.ctx, http.MethodGet, office.Path("history", "notes", textOfJSON(notes[0]["id"])), nil, &past); err != nil {
		return "", false, err
	}
	if len(past.Events) == 0 {
		return "it has no history", false, nil
	}
	first := past.Events[0]
	took := first.At.Sub(first.Occurred)
	return fmt.Sprintf("written at %s, received %s later", first.Occurred.In(p.now().Location()).Format("15:04"), took.Round(time.Second)), (took - minutesSaid(s)).Abs() <= time.Minute, nil
}

func (p *play) officeCount(s *script.Step) (string, bool, error) {
	what := strings.TrimSuffix(s.Arg(script.Choice, 0).Text, "s")
	if what == "visit" {
		all, err := p.visitsTo(s)
		return counted(len(all), what), len(all) == s.Arg(script.Number, 0).Number, err
	}
	name, by := p.ofWho(s)
	all, err := p.all(map[string]string{"note": "notes", "photo": "files", "signature": "files"}[what], func(d doc) bool {
		return d["job"] == p.idOf(s, script.Job).String() && (what == "note" || d["kind"] == what) && (name == "" || d["author"] == by)
	})
	if err != nil {
		return "", false, err
	}
	return tallied(len(all), what, s.Arg(script.Number, 0).Number)
}

func (p *play) officeRecord(s *script.Step) (doc, error) {
	collection, _, err := p.where(s.Arg(script.Record, 0).Text)
	if err != nil {
		return nil, err
	}
	return p.get(collection, p.idOf(s, script.Record))
}

func (p *play) officeField(s *script.Step) (string, bool, error) {
	d, err := p.officeRecord(s)
	field, want := s.Arg(script.Field, 0).Text, s.Arg(script.Text, 0).Text
	got := p.calledIn(d, field)
	return fmt.Sprintf("%s: %q", field, got), got == want || alikeIn(d, field, want), err
}

// calledIn is a field of a document in words; what it refers to has a name in the story.
func (p *play) calledIn(d doc, field string) string {
	got := valueIn(d, field)
	for name, id := range p.records {
		if got == id.String() {
			return name
		}
	}
	return got
}

func (p *play) officeEmpty(s *script.Step) (string, bool, error) {
	d, err := p.officeRecord(s)
	got := valueIn(d, s.Arg(script.Field, 0).Text)
	return fmt.Sprintf("%q", got), got == "", err
}

func (p *play) officeFlag(s *script.Step) (string, bool, error) {
	d, err := p.get("jobs", p.idOf(s, script.Job))
	flags := strings.Fields(textOfJSON(d["flags"]))
	return "flags: " + or(strings.Join(flags, " "), "none"), slices.Contains(flags, s.Arg(script.Word, 0).Text), err
}

func (p *play) officeAssigned(s *script.Step) (string, bool, error) {
	name, by := p.ofWho(s)
	all, err := p.all("assignments", func(d doc) bool { return d["job"] == p.idOf(s, script.Job).String() && d["user"] == by })
	states, theirs := []string{}, false
	for _, d := range all {
		state := textOfJSON(d["state"])
		states = append(states, state)
		theirs = theirs || state != "withdrawn" && state != "declined"
	}
	return name + ": " + or(strings.Join(states, ", "), "never"), theirs == (s.Arg(script.Choice, 0).Text == "assigned"), err
}

// instantOf is an instant of a document.
func instantOf(v any) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, textOfJSON(v))
	return at, err == nil
}

// presence is somebody's visit to a job, as the events of it tell.
type presence struct {
	began, ended time.Time // zero: not yet
}

// visitsTo is who was at the sentence's job and when, by user and number of the visit. Whoever only accepted was not there.
func (p *play) visitsTo(s *script.Step) (map[string]presence, error) {
	_, by := p.ofWho(s)
	events, err := p.all("visit_events", func(d doc) bool {
		return d["job"] == p.idOf(s, script.Job).String() && (by == "" || d["author"] == by)
	})
	out := map[string]presence{}
	for _, d := range events {
		at, ok := instantOf(d["at"])
		key := textOfJSON(d["author"]) + " " + textOfJSON(d["visit"])
		switch v, there := out[key]; {
		case !ok:
			return nil, errors.New("an event of a visit has no time")
		case d["kind"] == "start":
			if !there || v.began.IsZero() || at.Before(v.began) {
				v.began = at
			}
			out[key] = v
		case d["kind"] == "done":
			if at.After(v.ended) {
				v.ended = at
			}
			out[key] = v
		}
	}
	return out, err
}

func (p *play) officeVisit(s *script.Step) (string, bool, error) {
	all, err := p.visitsTo(s)
	var told []string
	so := false
	for _, v := range all {
		if v.began.IsZero() || v.ended.IsZero() {
			told = append(told, "not over")
			continue
		}
		took := v.ended.Sub(v.began)
		told = append(told, took.Round(time.Second).String())
		so = so || (took-minutesSaid(s)).Abs() <= time.Minute
	}
	return or(strings.Join(told, ", "), "no visit"), so, err
}

// minutesSaid is the sentence's number as minutes.
func minutesSaid(s *script.Step) time.Duration {
	return time.Duration(s.Arg(script.Number, 0).Number) * time.Minute
}

func (p *play) officeBegan(s *script.Step) (string, bool, error) {
	all, err := p.visitsTo(s)
	var told []string
	so := false
	for _, v := range all {
		ago := p.since(v.began)
		told = append(told, fmt.Sprintf("%d minutes ago", int(ago.Round(time.Minute).Minutes())))
		so = so || (ago-minutesSaid(s)).Abs() <= time.Minute
	}
	return or(strings.Join(told, ", "), "no visit"), so, err
}

func (p *play) officeEntered(s *script.Step) (string, bool, error) {
	all, err := p.timeOf(s)
	sum := 0
	for _, d := range all {
		n, _ := strconv.Atoi(textOfJSON(d["minutes"]))
		sum += n
	}
	return counted(sum, "minute"), sum == s.Arg(script.Number, 0).Number, err
}

// timeOf is the timesheet events of the sentence's person, on its job if it names one.
func (p *play) timeOf(s *script.Step) ([]doc, error) {
	_, by := p.ofWho(s)
	return p.all("timesheet_events", func(d doc) bool {
		return d["worker"] == by && (!s.Has(script.Job, 0) || d["job"] == p.idOf(s, script.Job).String())
	})
}

func (p *play) officeTime(s *script.Step) (string, bool, error) {
	all, err := p.timeOf(s)
	var kinds []string
	for _, d := range all {
		kinds = append(kinds, textOfJSON(d["kind"]))
	}
	slices.Sort(kinds)
	return fmt.Sprintf("%d: %s", len(all), strings.Join(kinds, ", ")), len(all) == s.Arg(script.Number, 0).Number, err
}

func (p *play) officeClock(s *script.Step) (string, bool, error) {
	all, err := p.timeOf(s)
	var flags []string
	for _, d := range all {
		flags = append(flags, strings.Fields(textOfJSON(d["flags"]))...)
	}
	return "flags: " + or(strings.Join(flags, " "), "none"), slices.Contains(flags, s.Arg(script.Word, 0).Text), err
}

func (p *play) officeTold(s *script.Step) (string, bool, error) {
	all, err := p.timeOf(s)
	kind := "shift_" + s.Arg(script.Choice, 0).Text
	var told []string
	so := false
	for _, d := range all {
		at, ok := instantOf(d["at"])
		if d["kind"] != kind || !ok {
			continue
		}
		wrong := p.since(at) - minutesSaid(s)
		so = so || wrong.Abs() <= 2*time.Minute
		wall, _ := strconv.ParseInt(textOfJSON(d["wall"]), 10, 64)
		told = append(told, fmt.Sprintf("at %s, when the phone showed %s", at.Local().Format("15:04"), moment(model.Instant(wall))))
	}
	return or(strings.Join(told, "; "), "not said"), so, err
}

var reviewKinds = map[string]string{
	"a conflict": "conflict", "a held change": "held", "a claim": "claim", "a duplicate visit": "duplicate_visit", "late work": "late_work",
	"a job to check": "needs_review", "a possible duplicate": "duplicate_customer",
}

// openOn is what is to review on the sentence's record, or on what hangs on it.
func (p *play) openOn(s *script.Step) ([]doc, error) {
	record := p.idOf(s, script.Record).String()
	about := map[string]bool{record: true}
	for _, c := range []string{"assignments", "visit_events", "notes", "tasks", "files", "office_events", "job_cards"} {
		below, err := p.all(c, func(d doc) bool { return d["job"] == record })
		if err != nil {
			return nil, err
		}
		for _, d := range below {
			about[textOfJSON(d["id"])] = true
		}
	}
	held, err := p.heldOn(record)
	if err != nil {
		return nil, err
	}
	return p.all("review_items", func(d doc) bool {
		return d["state"] == "open" && (about[textOfJSON(d["subject"])] || held[textOfJSON(d["change"])])
	})
}

// heldOn is the changes that are held on a record.
func (p *play) heldOn(record string) (map[string]bool, error) {
	var all api.Items[api.Held]
	err := p.chief.Do(p.ctx, http.MethodGet, office.Path("held"), nil, &all)
	out := map[string]bool{}
	for _, h := range all.Items {
		if h.Record.String() == record || strings.Contains(string(h.Fields), record) {
			out[h.Change.String()] = true
		}
	}
	return out, err
}

func (p *play) toReview(s *script.Step) (string, bool, error) {
	open, err := p.openOn(s)
	name, by := p.ofWho(s)
	so := false
	var told []string
	for _, d := range open {
		author := d["author"] == by
		told = append(told, textOfJSON(d["kind"]))
		so = so || d["kind"] == reviewKinds[s.Arg(script.Choice, 0).Text] && (name == "" || author)
	}
	return "to review: " + or(strings.Join(told, ", "), "nothing"), so, err
}

func (p *play) nothingToReview(s *script.Step) (string, bool, error) {
	open, err := p.openOn(s)
	return counted(len(open), "item"), len(open) == 0, err
}

// losers is the open items of review with a value that lost in the sentence's field; told says which values there are.
func (p *play) losers(s *script.Step) (items []doc, told []string, err error) {
	collection, _, err := p.where(s.Arg(script.Record, 0).Text)
	if err != nil {
		return nil, nil, err
	}
	spec, _ := p.table.Named(collection)
	f, err := p.fieldOf(spec.No, s.Arg(script.Field, 0).Text)
	if err != nil {
		return nil, nil, err
	}
	open, err := p.openOn(s)
	for _, d := range open {
		if d["kind"] != "conflict" || textOfJSON(d["field"]) != fmt.Sprint(uint32(f.No)) {
			continue
		}
		lost := textOfJSON(d["lost_"+f.Class.String()])
		told = append(told, fmt.Sprintf("%q", lost))
		if alikeIn(doc{f.Name: lost}, f.Name, s.Arg(script.Text, 0).Text) {
			items = append(items, d)
		}
	}
	return items, told, err
}

func (p *play) loser(s *script.Step) (string, bool, error) {
	items, told, err := p.losers(s)
	_, by := p.ofWho(s)
	so := slices.ContainsFunc(items, func(d doc) bool { return d["author"] == by && d["at"] != nil })
	return "lost: " + or(strings.Join(told, ", "), "nothing"), so, err
}

func (p *play) holds(s *script.Step) (string, bool, error) {
	held, err := p.heldOf(s)
	var told []string
	so := false
	for _, h := range held {
		var fields doc
		if len(h.Fields) > 0 && json.Unmarshal(h.Fields, &fields) != nil {
			return "", false, errors.New("what a held change says is no document")
		}
		told = append(told, inBrief(h.Fields)+" ("+whyTheirs(model.Reason(h.Reason))+")")
		for name, v := range fields {
			so = so || name != "id" && textOfJSON(v) == s.Arg(script.Text, 0).Text
		}
	}
	return "held: " + or(strings.Join(told, "; "), "nothing"), so, err
}

// sessions is the board of live sessions.
func (p *play) sessions() ([]api.Session, error) {
	var all api.Items[api.Session]
	err := p.chief.Do(p.ctx, http.MethodGet, office.Path("sessions"), nil, &all)
	return all.Items, err
}

func (p *play) signedIn(s *script.Step) (string, bool, error) {
	all, err := p.sessions()
	_, by := p.ofWho(s)
	for _, x := range all {
		if x.User.String() == by {
			m := p.phone(s, 0)
			so := m != nil && x.Device == m.id && (!s.Has(script.Number, 0) || int(x.Unsent) == s.Arg(script.Number, 0).Number)
			return fmt.Sprintf("on %s, %s unsent", x.Label, unsentText(int(x.Unsent))), so, err
		}
	}
	return "signed in nowhere", false, err
}

func (p *play) signedOut(s *script.Step) (string, bool, error) {
	all, err := p.sessions()
	_, by := p.ofWho(s)
	for _, x := range all {
		if x.User.String() == by {
			return "on " + x.Label, false, err
		}
	}
	return "signed in nowhere", true, err
}

func (p *play) sameSession(s *script.Step) (string, bool, error) {
	all, err := p.sessions()
	name, by := p.ofWho(s)
	for _, x := range all {
		if x.User.String() == by {
			return "on " + x.Label, fmt.Sprint(x.Epoch) == p.epochs[name], err
		}
	}
	return "signed in nowhere", false, err
}

// deviceOf is the sentence's phone as the office has it.
func (p *play) deviceOf(s *script.Step) (d api.Device, ok bool, err error) {
	var all api.Items[api.Device]
	err = p.chief.Do(p.ctx, http.MethodGet, office.Path("devices"), nil, &all)
	m := p.phone(s, 0)
	for _, d := range all.Items {
		if m != nil && d.ID == m.id {
			return d, true, err
		}
	}
	return d, false, err
}

func (p *play) deviceIs(s *script.Step) (string, bool, error) {
	d, ok, err := p.deviceOf(s)
	so := ok && d.State == s.Arg(script.Choice, 0).Text && (!s.Has(script.Number, 0) || int(d.Unsent) == s.Arg(script.Number, 0).Number)
	return fmt.Sprintf("%s, %s unsent as it last said", or(d.State, "no such device"), unsentText(int(d.Unsent))), so, err
}

func (p *play) rightsAre(s *script.Step) (string, bool, error) {
	d, ok, err := p.deviceOf(s)
	return or(d.Rights.State, "no such device"), ok && d.Rights.State == s.Arg(script.Choice, 0).Text, err
}

func (p *play) rightIs(s *script.Step) (string, bool, error) {
	all, err := p.chief.Users(p.ctx)
	_, by := p.ofWho(s)
	for _, u := range all {
		if u.ID.String() == by {
			level := u.Levels[s.Arg(script.Choice, 0).Text][s.Arg(script.Word, 0).Text]
			return or(level, "not there"), level == s.Arg(script.Word, 1).Text, err
		}
	}
	return "nobody of that name", false, err
}

func (p *play) warned(s *script.Step) (string, bool, error) {
	got := textOfJSON(p.effect[s.Arg(script.Word, 0).Text])
	return or(got, "nothing of the kind"), got != "" && got != "false" && got != "0", nil
}

func (p *play) wasRefused(s *script.Step) (string, bool, error) {
	r := p.refused
	if r == nil {
		return "it was done", false, nil
	}
	so := r.who == s.Arg(script.Person, 0).Person && r.no.Code == s.Arg(script.Word, 0).Text
	if so {
		p.refused = nil
	}
	return r.no.Error(), so, nil
}
