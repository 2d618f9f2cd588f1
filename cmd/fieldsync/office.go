package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/problem"
)

func officeCommand(f *flag.FlagSet) action {
	var in signInFlags
	in.define(f)
	label := f.String("label", "terminal desk", "what the desk is `called`, for the question on another one")
	return func(ctx context.Context, c *call) error {
		t, err := c.terminal(in, *label, "./desk")
		if err != nil {
			return err
		}
		t.topics = officeTopics(t.station)
		t.shell.verbs = t.officeVerbs(ctx)
		return t.run(ctx, in.takeover)
	}
}

// officeTopics is what somebody in the office hears of.
func officeTopics(s *station) []topic {
	return []topic{
		{
			of:   model.Jobs,
			came: func(r device.Record) string { return "new job " + jobName(r) },
			changed: []model.FieldNo{
				model.JobTitle, model.JobDescription, model.JobStatus, model.JobPriority, model.JobWindowStart, model.JobFlags,
			},
		},
		{of: model.Assignments, became: s.offerLapsed},
		{of: model.JobOrigins, came: func(r device.Record) string {
			return fmt.Sprintf("%s is at %q, in the words of who made it", s.nameOf(r.Parent()), r.Value(model.OriginSite).Text())
		}},
		{of: model.VisitEvents, came: func(r device.Record) string {
			return fmt.Sprintf("%s: %s on %s", s.person(personIn(r, model.VisitEventAuthor)), r.Value(model.VisitEventKind).Text(), s.nameOf(r.Parent()))
		}},
		{of: model.Notes, came: func(r device.Record) string {
			return fmt.Sprintf("%s: note on %s: %s", s.person(personIn(r, model.NoteAuthor)), s.nameOf(r.Parent()), r.Value(model.NoteText).Text())
		}},
		{of: model.TimesheetEvents, came: func(r device.Record) string {
			kind := strings.ReplaceAll(r.Value(model.TimeKind).Text(), "_", " ")
			if m := r.Value(model.TimeAmount); !m.IsNull() {
				kind += fmt.Sprintf(" of %d minutes", m.Int())
			}
			return fmt.Sprintf("%s: hours: %s, %s", s.person(personIn(r, model.TimeWorker)), kind, clock(r.Value(model.TimeAt)))
		}},
		{of: model.ReviewItems, came: func(r device.Record) string { return "to review: " + s.reviewLine(r) }},
		{of: model.Customers, came: func(r device.Record) string { return "new customer " + r.Value(nameField).Text() }},
	}
}

// nameField is the name of customers and sites.
const nameField model.FieldNo = 2

// officeVerbs is what can be done at a desk.
func (t *terminal) officeVerbs(ctx context.Context) []verb {
	s := t.station
	return append([]verb{
		{"jobs", "", "all jobs, numbered, with who does them", func(w io.Writer, _ []string) error {
			return s.listJobs(w, s.workers)
		}},
		{"job", "N", "all there is of a job", func(w io.Writer, args []string) error {
			job, err := s.job(args)
			if err != nil {
				return err
			}
			return s.showJob(w, job)
		}},
		{"new", "SITE title…", "make a job; SITE is its place in the list of sites", t.officeNew},
		{"edit", "N FIELD text…", "change a field of a job, as description", t.edit},
		{"note", "N text…", "write a note on a job", t.note},
		{"assign", "N NAME", "offer a job to somebody, or to a subcontractor company", t.assign},
		{"unassign", "N", "take a job away from who has it", t.unassign},
		{"cancel", "N reason…", "cancel a job", t.cancel},
		{"messages", "", "messages, and who has read them; those to the office are read then", t.messages},
		{"tell", "NAME text…", "write to somebody", t.tellPerson},
		{"customers", "", "all customers", func(w io.Writer, _ []string) error { return s.listNamed(w, model.Customers) }},
		{"sites", "", "all sites, numbered", func(w io.Writer, _ []string) error { return s.listNamed(w, model.Sites) }},
		{"review", "", "conflicts with what lost, and work that waits", t.reviewTable},
		{"adopt", "N", "let the value that lost stand, and close the item", t.adopt},
		{"close", "N", "close an item of review", t.closeItem},
		{"sessions", "", "who is signed in, where, and what is unsent there", func(w io.Writer, _ []string) error { return t.sessions(ctx, w) }},
		{"devices", "", "everybody's devices, numbered, and whether they have confirmed the last change of rights", func(w io.Writer, _ []string) error {
			return t.devices(ctx, w)
		}},
		{"exposure", "N [COLLECTION]", "what a device held at its last confirmed checkpoint, as customers", func(w io.Writer, args []string) error {
			return t.exposure(ctx, w, args)
		}},
		{"end", "LOGIN", "end somebody's session; what is unsent still comes in", func(w io.Writer, args []string) error {
			return t.endSession(ctx, w, args)
		}},
	}, t.deviceVerbs(ctx)...)
}

// listNamed lists customers or sites by name.
func (s *station) listNamed(w io.Writer, c model.Collection) error {
	all, err := s.named(c)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "none that you may see")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, r := range all {
		fmt.Fprintf(t, "%d\t%s\t%s\n", i+1, r.Value(nameField).Text(), strings.ReplaceAll(or(r.Value(3).Text(), r.Value(4).Text()), "\n", ", "))
	}
	return t.Flush()
}

// sessions lists the live sessions, as far as the user may see people.
func (t *terminal) sessions(ctx context.Context, w io.Writer) error {
	var all api.Items[api.Session]
	if err := t.ask(ctx, http.MethodGet, "/v1/sessions", nil, &all); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range all.Items {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\tseen %s\t%d unsent\n", s.Login, s.Name, s.Kind, s.Label, day(s.Seen, "never"), s.Unsent)
	}
	return table.Flush()
}

// endSession ends the session that somebody has now, and not another one that comes meanwhile.
func (t *terminal) endSession(ctx context.Context, w io.Writer, args []string) error {
	if len(args) == 0 {
		return errors.New("whose session? Name the login; sessions lists them")
	}
	var all api.Items[api.Session]
	if err := t.ask(ctx, http.MethodGet, "/v1/sessions", nil, &all); err != nil {
		return err
	}
	for _, s := range all.Items {
		if !strings.EqualFold(s.Login, args[0]) {
			continue
		}
		var ended api.Ended
		if err := t.ask(ctx, http.MethodPost, "/v1"+path("sessions", s.User.String(), "end"), api.End{Epoch: s.Epoch}, &ended); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s is signed out on %s; unsent when it was last heard: %d, and what is unsent still comes in\n", s.Name, s.Label, ended.Unsent)
		return nil
	}
	return fmt.Errorf("%s has no live session", args[0])
}

// ask speaks the server's HTTP API with the session's token.
func (t *terminal) ask(ctx context.Context, method, path string, body, out any) error {
	return t.station.ask(ctx, method, path, body, out)
}

func (s *station) ask(ctx context.Context, method, path string, body, out any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	who := s.Who()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.set.server, "/")+path, send)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+hex.EncodeToString(who.Secret[:]))
	r.Header.Set(api.TenantHeader, who.Tenant.String())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if answer.StatusCode == http.StatusOK {
		return json.Unmarshal(text, out)
	}
	p := new(problem.Problem)
	if err := json.Unmarshal(text, p); err != nil || p.Code == "" {
		return fmt.Errorf("the server answered %s", answer.Status)
	}
	return p
}

// reviewLine is an item of review in words.
func (s *station) reviewLine(r device.Record) string {
	author := s.person(personIn(r, model.ReviewAuthor))
	line := fmt.Sprintf("%s, %s: %s", r.Value(model.ReviewKind).Text(), author, s.about(r))
	if lost, ok := lostValue(r); ok {
		line += fmt.Sprintf("; beaten and kept: %q", lost.String())
	}
	if why := whyTheirs(model.Reason(r.Value(model.ReviewReason).Int())); why != "" {
		line += "; " + why
	}
	return line
}

// theirs are the reasons that are told to whoever made a change, as the office is told them: it reads of somebody else.
var theirs = map[model.Reason]string{
	model.ReasonMissing:  "what it belongs to is not there, or not theirs",
	model.ReasonRight:    "they may not change this now",
	model.ReasonAfterEnd: "it was made after their device was signed out",
	model.ReasonLost:     "their device was reported lost",
	model.ReasonOwnLater: "a later change of their own stands",
}

// whyTheirs is the reason of somebody else's change in words; empty for none.
func whyTheirs(r model.Reason) string { return or(theirs[r], replica.Why(r)) }

// about is what an item of review is about.
func (s *station) about(item device.Record) string {
	subject, ok, err := s.Show(model.RefOf(item.Value(model.ReviewSubject)))
	if err != nil || !ok {
		if spec, known := builtin().Spec(model.Collection(item.Value(model.ReviewOf).Int())); known && item.Value(model.ReviewKind).Text() == model.InboxHeld {
			return "new " + recordOf(spec) + ", not in yet"
		}
		return "something that is not here"
	}
	return s.subject(subject, model.FieldNo(item.Value(model.ReviewField).Int()))
}

// subject names a record, and a field of it when there is one.
func (s *station) subject(r device.Record, no model.FieldNo) string {
	spec, _ := builtin().Spec(r.Collection)
	name := recordOf(spec)
	switch {
	case r.Collection == model.Jobs:
		name = jobName(r)
	case !r.Parent().IsZero():
		name += " of " + s.nameOf(r.Parent())
	}
	if f, ok := spec.Field(no); ok && no != 0 {
		name = strings.ReplaceAll(f.Name, "_", " ") + " of " + name
	}
	return name
}

// lostValue is the losing value of a conflict: it stands in the field of the class that it lost in.
func lostValue(r device.Record) (model.Value, bool) {
	for f := model.ReviewLost; f <= model.ReviewLost+model.FieldNo(model.LastClass); f++ {
		if v := r.Value(f); !v.IsNull() {
			return v, true
		}
	}
	return model.Null(), false
}
