package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// phoneTopics is what a phone's user hears of.
func phoneTopics(s *station) []topic {
	return []topic{
		{
			of: model.Jobs,
			came: func(r device.Record) string {
				return "new job " + jobName(r) + ", " + clock(r.Value(model.JobWindowStart))
			},
			left: func(r device.Record) string {
				return jobName(r) + " was taken away; what you did on it is kept and handed in"
			},
			changed: []model.FieldNo{
				model.JobNumber, model.JobTitle, model.JobDescription, model.JobStatus, model.JobPriority, model.JobWindowStart, model.JobSafety,
			},
		},
		{of: model.Assignments, came: s.offer, left: s.offerOver},
		{of: model.JobCards, changed: []model.FieldNo{model.CardAddress, model.CardAccess, model.CardSafety}},
		{of: model.Notes, came: func(r device.Record) string {
			return fmt.Sprintf("note on %s: %s", s.nameOf(r.Parent()), r.Value(model.NoteText).Text())
		}},
		{of: model.Messages, came: func(r device.Record) string {
			if personIn(r, model.MessageTo) != s.Who().User {
				return ""
			}
			on := ""
			if job := model.RefOf(r.Value(model.MessageJob)); !job.IsZero() {
				on = " on " + s.nameOf(job)
			}
			return fmt.Sprintf("message from %s%s: %s", s.person(personIn(r, model.MessageAuthor)), on, r.Value(model.MessageText).Text())
		}},
	}
}

// phoneVerbs is what can be done on a phone.
func (t *terminal) phoneVerbs(ctx context.Context) []verb {
	s := t.station
	verbs := []verb{
		{"jobs", "", "your jobs, numbered, with who else does them", func(w io.Writer, _ []string) error {
			return s.listJobs(w, s.others)
		}},
		{"job", "N", "all there is of a job", func(w io.Writer, args []string) error {
			job, err := s.job(args)
			if err != nil {
				return err
			}
			return s.showJob(w, job)
		}},
	}
	for _, kind := range []struct{ name, help string }{
		{"accept", "take the job"},
		{"decline", "refuse it, with a reason"},
		{"travel", "on the way"},
		{"start", "begin to work"},
		{"pause", "stop for a while, with a reason"},
		{"resume", "go on"},
		{"done", "finish"},
	} {
		verbs = append(verbs, verb{kind.name, "N [reason…]", kind.help, func(w io.Writer, args []string) error {
			job, err := s.job(args)
			if err != nil {
				return err
			}
			return t.save(w, visit(job, kind.name, strings.Join(args[1:], " "), s.Who().Kind)...)
		}})
	}
	verbs = append(verbs,
		verb{"note", "N text…", "write a note on a job", t.note},
		verb{"edit", "N FIELD text…", "change a field of a job, as description", t.edit},
		verb{"hours", "[WHAT…]", "your hours: alone, what there is and what the office changed; start, end, break, back, manual 45m [N] [remark…], dispute N why…", t.hours},
		verb{"messages", "", "messages to you and from you; those to you are read then", t.messages},
		verb{"tell", "text…", "write to the office", t.tell},
		verb{"new", "title… [@ site…]", "make a job; the site in your own words", t.newJob},
		verb{"take", "N", "do a job that you made yourself", t.take},
		verb{"assign", "N NAME", "give a job to somebody, where that is yours to say", t.assign},
	)
	return append(verbs, t.deviceVerbs(ctx)...)
}

func (t *terminal) note(w io.Writer, args []string) error {
	job, err := t.station.job(args)
	if err != nil {
		return err
	}
	words, err := rest(args, 1, "the note's text")
	if err != nil {
		return err
	}
	return t.save(w, noteOn(job, words))
}

func (t *terminal) edit(w io.Writer, args []string) error {
	job, err := t.station.job(args)
	if err != nil {
		return err
	}
	words, err := rest(args, 2, "the field or its new value")
	if err != nil {
		return err
	}
	draft, err := editJob(job, args[1], words)
	if err != nil {
		return err
	}
	return t.save(w, draft)
}

var hourKinds = map[string]string{"start": "shift_start", "end": "shift_end", "break": "break_start", "back": "break_end"}

func (t *terminal) hours(w io.Writer, args []string) error {
	if len(args) == 0 {
		return t.listHours(w)
	}
	if kind, ok := hourKinds[args[0]]; ok {
		return t.save(w, hours(kind, 0, device.Record{}, strings.Join(args[1:], " ")))
	}
	if args[0] == "dispute" {
		return t.dispute(w, args[1:])
	}
	if args[0] != "manual" || len(args) < 2 {
		return fmt.Errorf("hours %s: want start, end, break, back, manual 45m [N] [remark], or dispute N why", strings.Join(args, " "))
	}
	minutes, err := minutesOf(args[1])
	if err != nil {
		return err
	}
	remark, job := args[2:], device.Record{}
	if len(remark) > 0 {
		if found, err := t.station.job(remark); err == nil {
			job, remark = found, remark[1:]
		}
	}
	return t.save(w, hours("manual_entry", minutes, job, strings.Join(remark, " ")))
}

func (t *terminal) newJob(w io.Writer, args []string) error {
	words, err := rest(args, 0, "the title")
	if err != nil {
		return err
	}
	title, site, _ := strings.Cut(words, "@")
	drafts, err := newJob(strings.TrimSpace(title), strings.TrimSpace(site))
	if err != nil {
		return err
	}
	return t.save(w, drafts...)
}

func (t *terminal) take(w io.Writer, args []string) error {
	job, err := t.station.job(args)
	if err != nil {
		return err
	}
	return t.save(w, assignTo(job.ID, t.station.Who().User))
}

// deviceVerbs is what every device can do.
func (t *terminal) deviceVerbs(ctx context.Context) []verb {
	s := t.station
	return []verb{
		{"search", "[--server] words…", "find by words on this device; --server: in all you may see", func(w io.Writer, args []string) error {
			return t.search(ctx, w, args)
		}},
		{"outbox", "", "what you did and what became of it", func(w io.Writer, _ []string) error { return t.outboxTable(w) }},
		{"offline", "", "go where there is no signal", func(w io.Writer, _ []string) error {
			s.offline()
			fmt.Fprintln(w, "offline: everything is saved here until there is a connection")
			return nil
		}},
		{"online", "", "come back", func(io.Writer, []string) error {
			s.online()
			return nil
		}},
		{"status", "", "how things stand", func(w io.Writer, _ []string) error { return t.status(w) }},
		{"wait", "", "until all is sent and confirmed", func(w io.Writer, _ []string) error {
			if !t.wait(ctx, firstWait, s.settled) {
				return errors.New("not everything is sent yet; see status")
			}
			fmt.Fprintln(w, "all sent")
			return nil
		}},
		{"export", "FILE", "write your unsent work to a file, readable by anybody", t.export},
		{"takeover", "", "sign in here although another device is active", func(w io.Writer, _ []string) error { return t.takeOver(ctx, w) }},
		{"sign-out", "[--force]", "end the session; --force leaves unsent work on this device", func(w io.Writer, args []string) error {
			return t.signOut(ctx, w, args)
		}},
		{"quit", "", "end; the session goes on at the next start", func(io.Writer, []string) error { return errQuit }},
	}
}

func (t *terminal) status(w io.Writer) error {
	s, st := t.station, t.station.Status()
	who := s.Who()
	if who.User.IsZero() {
		fmt.Fprintln(w, "nobody is signed in here")
		return nil
	}
	fmt.Fprintf(w, "%s (%s) at %s, company %s\n", who.Name, who.Kind, s.set.server, s.set.tenant)
	fmt.Fprintf(w, "  %s\n", or(string(st.State), "offline"))
	if st.Unsent > 0 {
		fmt.Fprintf(w, "  %s unsent, the oldest of %s\n", unsentText(st.Unsent), moment(st.Oldest))
	} else {
		fmt.Fprintln(w, "  nothing unsent")
	}
	if st.Problems > 0 {
		fmt.Fprintf(w, "  %d that did not simply go through: see outbox\n", st.Problems)
	}
	if st.Ended {
		fmt.Fprintf(w, "  %s\n", endLine(st))
	}
	if err, running := s.ended(); err != nil && !running {
		fmt.Fprintf(w, "  %s\n", whyStopped(err))
	}
	return nil
}

func (t *terminal) export(w io.Writer, args []string) error {
	if len(args) != 1 {
		return errors.New("want export FILE")
	}
	file, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := errors.Join(t.station.Export(file), file.Close()); err != nil {
		return err
	}
	fmt.Fprintf(w, "written to %s; delete it when it has served\n", args[0])
	return nil
}

func (t *terminal) takeOver(ctx context.Context, w io.Writer) (err error) {
	if t.secret == "" {
		if t.secret, err = password(t.c.stdio, t.login); err != nil {
			return err
		}
	}
	if t.epoch == "" { // nothing was asked yet: ask
		err := t.signIn(ctx, "")
		if err == nil || t.epoch == "" {
			return err
		}
	}
	if err := t.signIn(ctx, t.epoch); err != nil {
		return err
	}
	fmt.Fprintln(w, "signed in here")
	t.first(ctx)
	return nil
}

func (t *terminal) signOut(ctx context.Context, w io.Writer, args []string) error {
	err := t.station.SignOut(len(args) > 0 && args[0] == "--force")
	var unsent *replica.UnsentError
	if errors.As(err, &unsent) {
		return fmt.Errorf("%s not sent yet, the oldest of %s; go online first, or sign-out --force leaves them on this device", unsentText(unsent.Count), moment(unsent.Oldest))
	}
	if err != nil {
		return err
	}
	t.wait(ctx, lastWait, func() (bool, error) {
		_, running := t.station.ended()
		return !running, nil
	})
	fmt.Fprintln(w, "signed out")
	return errQuit
}
