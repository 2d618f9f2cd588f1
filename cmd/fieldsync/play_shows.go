package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What phones show, by their replicas, and what they were sent.

// there is the phone of a sentence, which must exist by now.
func (p *play) there(s *script.Step) (*mobile, error) {
	a := s.Arg(script.Phone, 0)
	if m := p.phoneOf(a.Person, a.Number); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("%s has no such phone yet; let them sign in on it", a.Person)
}

// shown is a record of the sentence on its phone, as the API would write it; nil: it is not there.
func (p *play) shown(s *script.Step, slot script.Slot) (m *mobile, d doc, err error) {
	if m, err = p.there(s); err != nil {
		return nil, nil, err
	}
	r, ok, err := m.Show(p.idOf(s, slot))
	if err != nil || !ok {
		return m, nil, err
	}
	return m, d, json.Unmarshal(p.document(r.Row), &d)
}

func (p *play) shows(s *script.Step) (string, bool, error) {
	m, d, err := p.shown(s, script.Record)
	if err != nil {
		return "", false, err
	}
	return p.seen(m), d != nil, nil
}

func (p *play) hides(s *script.Step) (string, bool, error) {
	seen, so, err := p.shows(s)
	return seen, !so && err == nil, err
}

func (p *play) showsField(s *script.Step) (string, bool, error) {
	_, d, err := p.shown(s, script.Record)
	if err != nil || d == nil {
		return "it is not there", false, err
	}
	field, want := s.Arg(script.Field, 0).Text, s.Arg(script.Text, 0).Text
	got := p.calledIn(d, field)
	return fmt.Sprintf("%s: %q", field, got), got == want || alikeIn(d, field, want), nil
}

// below is the texts in one field of what hangs on the sentence's job.
func (p *play) below(s *script.Step, c model.Collection, f model.FieldNo) (texts []string, err error) {
	m, err := p.there(s)
	if err != nil {
		return nil, err
	}
	all, err := m.List(c, p.idOf(s, script.Job))
	for _, r := range all {
		texts = append(texts, r.Value(f).Text())
	}
	return texts, err
}

func (p *play) has(s *script.Step, c model.Collection, f model.FieldNo) (string, bool, error) {
	texts, err := p.below(s, c, f)
	return fmt.Sprintf("%q", texts), slices.Contains(texts, s.Arg(script.Text, 0).Text), err
}

func (p *play) showsAddress(s *script.Step) (string, bool, error) {
	if s.Arg(script.Choice, 0).Text == "access notes" {
		return p.has(s, model.JobCards, model.CardAccess)
	}
	return p.has(s, model.JobCards, model.CardAddress)
}

func (p *play) showsWords(s *script.Step) (string, bool, error) {
	return p.has(s, model.JobOrigins, model.OriginSite)
}

func (p *play) showsNote(s *script.Step) (string, bool, error) {
	return p.has(s, model.Notes, model.NoteText)
}

func (p *play) showsTask(s *script.Step) (string, bool, error) {
	spec, _ := builtin().Spec(model.Tasks)
	title, _ := spec.Named("title")
	return p.has(s, model.Tasks, title.No)
}

func (p *play) showsCount(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	what := strings.TrimSuffix(s.Arg(script.Choice, 0).Text, "s")
	spec, _ := builtin().Named(what + "s")
	all, err := m.List(spec.No, model.RecordID{})
	if err != nil {
		return "", false, err
	}
	return tallied(len(all), what, s.Arg(script.Number, 0).Number)
}

func (p *play) hidesNote(s *script.Step) (string, bool, error) {
	seen, so, err := p.showsNote(s)
	return seen, !so && err == nil, err
}

// showsTheSame compares all jobs of a phone with the office's: the same ones, and each field that the phone has.
func (p *play) showsTheSame(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	by := m.of.id.String()
	theirs, err := p.all("assignments", func(d doc) bool {
		return d["user"] == by && d["state"] != "withdrawn" && d["state"] != "declined"
	})
	if err != nil {
		return "", false, err
	}
	missing := map[string]bool{}
	for _, a := range theirs {
		missing[textOfJSON(a["job"])] = true
	}
	jobs, err := m.List(model.Jobs, model.RecordID{})
	if err != nil {
		return "", false, err
	}
	for _, job := range jobs {
		office, err := p.get("jobs", job.ID)
		if err != nil {
			return "", false, err
		}
		if !missing[job.ID.String()] && office["status"] != "cancelled" {
			mine := p.named[job.ID] != "" && len(p.answers[p.named[job.ID]]) > 0
			if !mine {
				return "it shows " + jobName(job) + ", which is not theirs", false, nil
			}
		}
		delete(missing, job.ID.String())
		var here doc
		if err := json.Unmarshal(p.document(job.Row), &here); err != nil {
			return "", false, err
		}
		for _, name := range slices.Sorted(maps.Keys(here)) {
			if name != "created_at" && name != "updated_at" && textOfJSON(here[name]) != textOfJSON(office[name]) {
				return fmt.Sprintf("%s of %s is %q there and %q in the office", name, jobName(job), textOfJSON(here[name]), textOfJSON(office[name])), false, nil
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Sprintf("%s of theirs are not there", counted(len(missing), "job")), false, nil
	}
	return fmt.Sprintf("%s, field for field", counted(len(jobs), "job")), true, nil
}

func (p *play) hasUnsent(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	n, _ := m.Unsent()
	return p.seen(m), n == s.Arg(script.Number, 0).Number, nil
}

func (p *play) hasWaiting(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	problems, err := m.Problems()
	n := 0
	var told []string
	for _, x := range problems {
		if x.Kind == device.ProblemHeld {
			n++
			told = append(told, m.entry(x.Entry)+": "+x.Why)
		}
	}
	return fmt.Sprintf("%d: %s", n, or(strings.Join(told, "; "), "nothing")), n == s.Arg(script.Number, 0).Number, err
}

// outcomeIs looks at the last change with the text, so that what was done twice is judged by what was done last.
func (p *play) outcomeIs(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	for _, e := range slices.Backward(m.Outbox()) {
		said := slices.ContainsFunc(e.Fields, func(a model.Assign) bool { return a.Value.Text() == s.Arg(script.Text, 0).Text })
		if !said {
			continue
		}
		why := replica.Why(e.Reason)
		so := e.Answered && e.Outcome.String() == s.Arg(script.Choice, 0).Text && strings.HasPrefix(why, s.Arg(script.Text, 1).Text)
		return strings.TrimSpace(fate(e, "")), so, nil
	}
	return "no such change", false, nil
}

func (p *play) stateIs(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	st := m.Status()
	_, running := m.ended()
	so := map[string]bool{
		"connected": st.State == device.StateConnected, "wiped": st.State == device.StateWiped,
		"offline": st.State == device.StateOff && !st.Ended, "stopped": !running && (st.State == device.StateStopped || st.Ended),
	}
	return p.seen(m), so[s.Arg(script.Choice, 0).Text], nil
}

func (p *play) isTold(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	st := m.Status()
	told := []string{st.End.Text, st.End.Note, st.Trouble}
	if err, _ := m.ended(); err != nil {
		told = append(told, whyStopped(err))
	}
	for _, n := range m.Notices() {
		told = append(told, n.Text)
	}
	if st.End.By != "" {
		told = append(told, "by "+st.End.By)
	}
	told = slices.DeleteFunc(told, func(t string) bool { return t == "" })
	all := strings.Join(slices.Compact(told), " / ")
	return or(all, "nothing"), strings.Contains(strings.ToLower(all), strings.ToLower(s.Arg(script.Text, 0).Text)), nil
}

// tellsNews looks at what the phone told its user by itself since the last When.
func (p *play) tellsNews(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil || m.news == nil {
		return "nothing", false, err
	}
	lines, err := m.news.look()
	m.told = append(m.told, lines...)
	words := s.Arg(script.Text, 0).Text
	return or(strings.Join(m.told, "; "), "nothing"), slices.ContainsFunc(m.told, func(line string) bool { return strings.Contains(line, words) }), err
}

func (p *play) isAsked(s *script.Step) (string, bool, error) {
	m, old := p.phoneOf(s.Arg(script.Person, 0).Person, 0), p.phone(s, 0)
	if m == nil || m.asked == nil {
		return "not asked", false, nil
	}
	q := m.asked
	so := old != nil && q.Device == old.name && (!s.Has(script.Number, 0) || q.Unsent == s.Arg(script.Number, 0).Number)
	return fmt.Sprintf("active on %s, last seen %s, %s unsent", q.Device, moment(q.LastSeen), unsentText(q.Unsent)), so, nil
}

func (p *play) notLetIn(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil || m.sent == nil {
		return "it was not refused", false, err
	}
	return m.sent.Error(), strings.Contains(m.sent.Error(), s.Arg(script.Text, 0).Text), nil
}

// finds searches on the phone, and at the gateway where there is a connection. What the story itself sent is not counted.
func (p *play) finds(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	q := model.Search{Words: s.Arg(script.Text, 0).Text, Limit: 50}
	found, err := m.Search(q)
	if err != nil {
		return "", false, err
	}
	want := s.Arg(script.Number, 0).Number
	here := countFound(found)
	if !m.live() {
		return fmt.Sprintf("%d on the phone", here), here == want, nil
	}
	found, err = m.SearchServer(p.ctx, q)
	if errors.Is(err, device.ErrBusy) || errors.Is(err, device.ErrOffline) {
		return fmt.Sprintf("%d on the phone, and the gateway was not asked: %v", here, err), false, nil
	}
	there := countFound(found)
	return fmt.Sprintf("%d on the phone, %d at the gateway", here, there), here == want && there == want, err
}

func countFound(f device.Findings) (n int) {
	for _, r := range f.Records {
		if r.Collection != model.Messages {
			n++
		}
	}
	return n
}

// pages is the data that a phone was sent since the last When, without what the story itself sent.
func (p *play) pages(m *mobile) (out []*protocol.PageBody, err error) {
	for _, frame := range m.tape.from(m.marked) {
		said, err := protocol.Decode(frame)
		if err != nil {
			return nil, fmt.Errorf("read a captured frame: %w", err)
		}
		page, ok := said.(*protocol.Page)
		if !ok {
			continue
		}
		body := &protocol.PageBody{}
		if len(page.Body) > 0 {
			if body, err = protocol.DecodePageBody(page.Body, page.Compressed); err != nil {
				return nil, fmt.Errorf("read a captured page: %w", err)
			}
		}
		rows := len(body.Rows)
		body.Rows = slices.DeleteFunc(body.Rows, func(r model.Row) bool { return r.Collection == model.Messages })
		if rows == 0 || len(body.Rows) > 0 || len(body.Retracts)+len(body.Masks) > 0 {
			out = append(out, body)
		}
	}
	return out, nil
}

func (p *play) sentNothing(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	pages, err := p.pages(m)
	return counted(len(pages), "page"), len(pages) == 0, err
}

func (p *play) sentRecords(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	pages, err := p.pages(m)
	n := 0
	for _, body := range pages {
		n += len(body.Rows)
	}
	want := s.Arg(script.Number, 0).Number
	return counted(n, "record"), n == want || n < want && s.Arg(script.Choice, 0).Text == "at most", err
}

func (p *play) purgedFirst(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	pages, err := p.pages(m)
	for i, body := range pages {
		if len(body.Retracts) > 0 {
			return fmt.Sprintf("%s to forget in page %d", counted(len(body.Retracts), "record"), i+1), true, err
		}
		if len(body.Rows) > 0 {
			return fmt.Sprintf("%s before anything to forget", counted(len(body.Rows), "record")), false, err
		}
	}
	return "nothing to forget", false, err
}

// sentNothingOf searches every frame that a phone ever received for what a customer is known by. That the search could
// find something is shown by the title of a job, which it must find.
func (p *play) sentNothingOf(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	secrets := map[string][]byte{}
	customer := p.idOf(s, script.Customer)
	site := p.sites[s.Arg(script.Customer, 0).Text]
	for _, of := range []struct {
		collection string
		id         model.RecordID
		fields     []string
	}{{"customers", customer, []string{"name", "phone", "email", "billing_address", "remarks", "account"}}, {"sites", site, []string{"name", "access", "safety"}}} {
		d, err := p.get(of.collection, of.id)
		if err != nil {
			return "", false, err
		}
		secrets["the id of "+of.collection] = bytes.Clone(of.id[:])
		for _, f := range of.fields {
			if text := textOfJSON(d[f]); len(text) > 3 {
				secrets[secretName(of.collection, f, text)] = []byte(text)
			}
		}
	}
	origins, err := m.List(model.JobOrigins, model.RecordID{})
	for _, r := range origins { // what its user typed came back to them
		maps.DeleteFunc(secrets, func(_ string, secret []byte) bool {
			return strings.Contains(r.Value(model.OriginSite).Text(), string(secret))
		})
	}
	if err != nil {
		return "", false, err
	}
	frames := m.tape.from(0)
	if found := leak(frames, secrets); found != "" {
		return "it was sent " + found, false, nil
	}
	jobs, err := m.List(model.Jobs, model.RecordID{})
	for _, job := range jobs {
		if leak(frames, map[string][]byte{"a job": []byte(job.Value(model.JobTitle).Text())}) != "" {
			return fmt.Sprintf("none of %d names, numbers and ids in %s; the title of a job is found in them", len(secrets), counted(len(frames), "frame")), true, err
		}
	}
	return "it was sent no job, so that this proves nothing", false, err
}

func (p *play) answeredAlike(s *script.Step) (string, bool, error) {
	m, err := p.there(s)
	if err != nil {
		return "", false, err
	}
	var told [2]string
	for i := range told {
		title := s.Arg(script.Job, i).Text
		job, ok, err := m.Show(p.records[title])
		if err != nil || !ok || len(p.answers[title]) == 0 {
			return fmt.Sprintf("%q was not written down there with signal", title), false, err
		}
		parts := slices.Clone(p.answers[title])
		for _, e := range m.Outbox() {
			if e.Record == job.ID || slices.ContainsFunc(e.Fields, func(a model.Assign) bool { return a.Field == model.FieldParent && model.RefOf(a.Value) == job.ID }) {
				parts = append(parts, e.Outcome.String())
			}
		}
		var fields []string
		for _, f := range job.Fields {
			fields = append(fields, fmt.Sprint(uint32(f.Field)))
		}
		told[i] = strings.Join(append(parts, "fields "+strings.Join(fields, " "), job.Value(model.JobStatus).Text()), ", ")
	}
	return told[0] + " / " + told[1], told[0] == told[1], nil
}
