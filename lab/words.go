package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The two ticks of a change, in the words that users of every app see.
const (
	savedHere  = "Saved on this phone"
	withOffice = "With the office"
)

// plain is what somebody typed, on one line and without what a terminal would obey.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))), " ")
}

// counted is "1 change", "2 changes".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// moment shows an instant as people say it: the day only when it is not today.
func moment(at model.Instant) string {
	if at == 0 {
		return "–"
	}
	t := time.UnixMilli(int64(at))
	if y, m, d := time.Now().Date(); t.Year() == y && t.Month() == m && t.Day() == d {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

// wrongness says how a clock goes.
func wrongness(fast time.Duration) string {
	switch {
	case fast == 0:
		return "right"
	case fast < 0:
		return span(-fast) + " slow"
	default:
		return span(fast) + " fast"
	}
}

func span(d time.Duration) string {
	if d%time.Hour == 0 && d < 48*time.Hour {
		return counted(int(d/time.Hour), "hour")
	}
	return d.Round(time.Second).String()
}

// network says what is between a phone and the gateway.
func network(w tunnel.Weather) string {
	switch w.Mode {
	case tunnel.Airplane:
		return "airplane mode"
	case tunnel.Silent:
		return "silent: it looks connected, nothing gets through"
	case tunnel.Bad:
		return fmt.Sprintf("bad tunnel: %v there and back, %.0f%% lost", (2*w.Latency + w.Jitter).Round(10*time.Millisecond), w.Loss*100)
	}
	return "clear"
}

// jobName is a job as people name it.
func jobName(job client.Record) string {
	number := job.Value(model.JobNumber).Text()
	if number == "" {
		number = "(new)"
	}
	return plain(number + " " + job.Value(model.JobTitle).Text())
}

// speaker puts what a client has in words.
type speaker struct{ c *client.Client }

// job is the job of an id in words.
func (s speaker) job(id model.RecordID) string {
	if job, ok, err := s.c.Show(id); err == nil && ok {
		return jobName(job)
	}
	return "a job that is not here any more"
}

// person is a user's name, as far as this device knows people.
func (s speaker) person(id model.UserID) string {
	if who := s.c.Who(); id == who.User {
		return plain(who.Name)
	}
	if p, ok, err := s.c.Show(model.RecordID(id)); err == nil && ok {
		return plain(p.Value(model.PersonName).Text())
	}
	if s.c.Who().Kind == model.Desktop {
		return "somebody"
	}
	return "a colleague" // of another job, or who has left this one
}

func (s speaker) personIn(r client.Record, f model.FieldNo) string {
	return s.person(model.UserID(model.RefOf(r.Value(f))))
}

// change is one of the person's changes in words.
func (s speaker) change(e client.Entry) string {
	spec, ok := builtin().Spec(e.Collection)
	if !ok {
		return "something of a newer app"
	}
	on := ""
	if parent := model.RefOf(assigned(e, model.FieldParent)); !parent.IsZero() {
		on = " on " + s.job(parent)
	}
	one := strings.ReplaceAll(strings.TrimSuffix(spec.Name, "s"), "_", " ")
	switch {
	case e.Op == model.OpDelete:
		return "deletion of " + one
	case e.Op == model.OpEdit && e.Collection == model.Jobs:
		return s.fields(e, spec) + " of " + s.job(e.Record)
	case e.Op == model.OpEdit:
		return s.fields(e, spec) + " of " + one
	case e.Collection == model.VisitEvents:
		return assigned(e, model.VisitEventKind).Text() + on
	case e.Collection == model.TimesheetEvents:
		return "hours: " + strings.ReplaceAll(assigned(e, model.TimeKind).Text(), "_", " ")
	case e.Collection == model.Notes:
		return fmt.Sprintf("note %q%s", plain(assigned(e, model.NoteText).Text()), on)
	}
	return "new " + one + on
}

// fields names what an edit changes, with the new value where there is one field.
func (s speaker) fields(e client.Entry, spec *model.Spec) string {
	var names []string
	for _, a := range e.Fields {
		if f, ok := spec.Field(a.Field); ok {
			names = append(names, strings.ReplaceAll(f.Name, "_", " "))
		}
	}
	if len(names) == 1 && (e.Fields[0].Value.Kind() == model.KindText || e.Fields[0].Value.Kind() == model.KindInt) {
		return fmt.Sprintf("%s %q", names[0], plain(e.Fields[0].Value.String()))
	}
	return strings.Join(names, ", ")
}

// fate is what became of a change: a tick, and more where it did not simply go through.
func fate(e client.Entry) (tick, more string) {
	why := replica.Why(e.Reason)
	switch {
	case !e.Answered:
		return savedHere, ""
	case e.Outcome == model.OutcomeApplied:
		return withOffice, ""
	case e.Outcome == model.OutcomeMerged, e.Outcome == model.OutcomeRecorded:
		return withOffice, or(why, "kept beside what stands")
	case e.Outcome == model.OutcomeHeld:
		return withOffice, "on hold: " + why
	case e.Outcome == model.OutcomeDismissed:
		return withOffice, "the office decided against it: " + why
	}
	return "Not accepted", why
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// subject names a record, and a field of it when there is one.
func (s speaker) subject(r client.Record, no model.FieldNo) string {
	spec, ok := builtin().Spec(r.Collection)
	if !ok {
		return "something of a newer app"
	}
	name := strings.ReplaceAll(strings.TrimSuffix(spec.Name, "s"), "_", " ")
	switch {
	case r.Collection == model.Jobs:
		name = jobName(r)
	case !r.Parent().IsZero():
		name += " of " + s.job(r.Parent())
	}
	if f, ok := spec.Field(no); ok && no != 0 {
		name = strings.ReplaceAll(f.Name, "_", " ") + " of " + name
	}
	return name
}

// level is how things stand on a phone, for the eye.
type level uint8

const (
	ready     level = iota // all is with the office
	syncing                // something is on its way
	offline                // no connection; work goes on
	attention              // something did not simply go through
	stopped                // somebody must act
)

// headline is what a phone says on top, and what its person may do.
func headline(v *phoneView) (level, string) {
	st := v.status
	n := counted(st.Unsent, "change")
	switch {
	case v.name == "":
		return stopped, "Nobody is signed in here. i signs in."
	case st.State == client.StateWiped:
		return stopped, "The office had this user's data erased from this phone."
	case st.Ended:
		return stopped, endline(v)
	case v.stopped != "":
		return stopped, "Stopped: " + v.stopped
	case st.Draining:
		return syncing, "This session is about to end; sending what is left."
	case st.State == client.StateConnected && st.Downloading:
		return syncing, "Getting your jobs."
	case st.State == client.StateConnected && st.Unsent > 0:
		return syncing, "Sending " + n + ". Keep working."
	case st.State == client.StateConnected && len(v.trouble) > 0:
		return attention, counted(len(v.trouble), "change") + " did not simply go through; r shows why and what to do."
	case st.State == client.StateConnected:
		return ready, "All you did is with the office."
	case st.Unsent > 0:
		return offline, "Offline. " + n + " saved on this phone. Keep working."
	default:
		return offline, "Offline. Nothing waits to be sent. Keep working."
	}
}

// endline tells how a session ended, and that nothing is lost by it.
func endline(v *phoneView) string {
	st, end := v.status, v.status.End
	var line string
	switch end.Reason {
	case model.EndSuperseded:
		line = "You signed in on another phone at " + moment(end.At) + "."
	case model.EndOffice:
		line = "The office ended this session at " + moment(end.At) + "."
		if end.By != "" {
			line = "The office (" + plain(end.By) + ") ended this session at " + moment(end.At) + "."
		}
	default:
		line = "This session ended at " + moment(end.At) + ": " + or(plain(end.Text), "the office ended it") + "."
	}
	n := counted(st.Unsent, "change")
	switch {
	case st.Unsent == 0:
		return line + " Nothing is lost: all you did here is with the office. i signs in again."
	case st.State == client.StateStopped: // it has handed in, and this was saved afterwards
		return line + " Nothing is lost: " + n + " saved on this phone, to go in when you sign in here again (i)."
	}
	return line + " Nothing is lost: " + n + " will go in from here as soon as there is a connection. i signs in again."
}

// names joins sorted names.
func names(all []string) string {
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
