package lab

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A picture is what a device shows at one moment. It is made by a device's own goroutine and not changed afterwards.

// phoneView is a picture of a phone.
type phoneView struct {
	name    string // of the person; empty: nobody is signed in
	label   string
	status  client.Status
	stopped string // why the app will not connect by itself, when its session has not ended
	weather tunnel.Weather
	stats   tunnel.Stats
	fast    time.Duration
	jobs    []jobView
	outbox  []changeView // newest first
	trouble []troubleView
}

// jobView is a job in a picture.
type jobView struct {
	id      model.RecordID
	name    string
	title   string
	start   model.Instant
	today   bool
	status  string // as the office derives it
	mine    string // how far the person of the phone is; empty: it is not theirs
	workers string // who does it, for the office
	urgency int64  // priority; 0: none
	unsent  bool   // something of it is not confirmed yet
	notes   []noteView
}

// noteView is a note in a picture.
type noteView struct {
	id     model.RecordID
	at     model.Instant
	guess  bool // at is by this phone's clock; nobody else has seen it
	author string
	text   string
	tick   string // of one's own
}

// changeView is a change of one's own in a picture.
type changeView struct {
	id    model.ChangeID
	saved model.Instant // by the phone's clock
	at    model.Instant // by the server's reckoning; 0: not known, or not told of this kind
	what  string
	tick  string
	more  string
}

// troubleView is a change that did not simply go through.
type troubleView struct {
	id   model.ChangeID
	what string
	why  string
	next string
}

// lookPhone makes a picture of a phone.
func lookPhone(d *device) (*phoneView, error) {
	v := &phoneView{label: d.label, weather: d.tunnel.Weather(), stats: d.tunnel.Stats(), fast: d.clock.fast(), stopped: whyStopped(d.ended())}
	err := d.use(func(c *client.Client) error {
		v.name, v.status = plain(c.Who().Name), c.Status()
		if c.Who().User.IsZero() {
			v.name = ""
			return nil
		}
		s := speaker{c}
		entries := c.Outbox()
		var err error
		if v.jobs, err = s.jobs(entries); err != nil {
			return err
		}
		if v.outbox, err = s.outbox(entries); err != nil {
			return err
		}
		v.trouble, err = s.troubles()
		return err
	})
	return v, err
}

// jobs is the jobs of a device, as a day goes, with their notes.
func (s speaker) jobs(entries []client.Entry) (out []jobView, err error) {
	all, err := s.c.List(model.Jobs, model.RecordID{})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, byStart)
	notes, err := s.notes(entries)
	if err != nil {
		return nil, err
	}
	workers, err := s.workers()
	if err != nil {
		return nil, err
	}
	for _, j := range all {
		start := model.Instant(j.Value(model.JobWindowStart).Int())
		v := jobView{
			id: j.ID, name: jobName(j), title: j.Value(model.JobTitle).Text(), start: start, today: isToday(start),
			status: j.Value(model.JobStatus).Text(), urgency: j.Value(model.JobPriority).Int(),
			workers: names(workers[j.ID]), unsent: j.Own || len(j.Pending) > 0, notes: notes[j.ID],
		}
		if v.mine, err = standing(s.c, j.ID, s.c.Who().User); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b jobView) int { return cmp.Compare(turnOf(a), turnOf(b)) })
	return out, nil
}

// turnOf puts today's jobs first, then those to come, then those that were.
func turnOf(j jobView) int {
	switch {
	case j.today:
		return 0
	case j.start == 0 || time.UnixMilli(int64(j.start)).After(time.Now()):
		return 1
	default:
		return 2
	}
}

func isToday(at model.Instant) bool {
	y, m, d := time.Now().Date()
	ty, tm, td := time.UnixMilli(int64(at)).Date()
	return at != 0 && y == ty && m == tm && d == td
}

// notes is the notes by job, oldest first.
func (s speaker) notes(entries []client.Entry) (map[model.RecordID][]noteView, error) {
	all, err := s.c.List(model.Notes, model.RecordID{})
	if err != nil {
		return nil, err
	}
	saved := map[model.RecordID]client.Entry{}
	for _, e := range entries {
		saved[e.Record] = e
	}
	out := map[model.RecordID][]noteView{}
	me := s.c.Who().User
	for _, r := range all {
		v := noteView{id: r.ID, at: model.Instant(r.Value(model.NoteAt).Int()), text: plain(r.Value(model.NoteText).Text())}
		author := model.UserID(model.RefOf(r.Value(model.NoteAuthor)))
		if e, ok := saved[r.ID]; ok {
			v.tick, _ = fate(e)
			author = me
			if v.at == 0 {
				v.at, v.guess = e.Saved, true
			}
		} else if author == me {
			v.tick = withOffice
		}
		v.author = s.person(author)
		out[r.Parent()] = append(out[r.Parent()], v)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b noteView) int {
			return cmp.Or(fromBool(a.guess)-fromBool(b.guess), cmp.Compare(a.at, b.at), a.id.Compare(b.id))
		})
	}
	return out, nil
}

func fromBool(b bool) int {
	if b {
		return 1
	}
	return 0
}

// workers names who has each job.
func (s speaker) workers() (map[model.RecordID][]string, error) {
	all, err := s.c.List(model.Assignments, model.RecordID{})
	out := map[model.RecordID][]string{}
	for _, a := range all {
		if state := a.Value(model.AssignmentState).Text(); state != "withdrawn" && state != "declined" {
			out[a.Parent()] = append(out[a.Parent()], s.personIn(a, model.AssignmentUser))
		}
	}
	return out, err
}

// outbox is what the person did that this device still keeps, newest first.
func (s speaker) outbox(entries []client.Entry) (out []changeView, err error) {
	for _, e := range slices.Backward(entries) {
		v := changeView{id: e.Change, saved: e.Saved, what: s.change(e)}
		v.tick, v.more = fate(e)
		if r, ok, err := s.c.Show(e.Record); err != nil {
			return nil, err
		} else if ok && e.Op == model.OpCreate && e.Answered {
			switch e.Collection {
			case model.Notes:
				v.at = model.Instant(r.Value(model.NoteAt).Int())
			case model.VisitEvents:
				v.at = model.Instant(r.Value(model.VisitEventAt).Int())
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// troubles is what did not simply go through.
func (s speaker) troubles() (out []troubleView, err error) {
	all, err := s.c.Problems()
	for _, p := range all {
		out = append(out, troubleView{id: p.Change, what: s.change(p.Entry), why: p.Why, next: p.Next})
	}
	return out, err
}

// whyStopped is what a Run ended with, in words; empty: it goes on, or was ended.
func whyStopped(err error) string {
	var stopped *client.StoppedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &stopped) && stopped.Code != protocol.CodeNone:
		return fmt.Sprintf("%s (code %d)", plain(stopped.Text), stopped.Code)
	case errors.As(err, &stopped):
		return plain(stopped.Text)
	}
	return plain(err.Error())
}

// deskView is a picture of the office.
type deskView struct {
	name     string
	status   client.Status
	stopped  string
	jobs     []jobView
	sessions []Session
	silence  string // why the sessions could not be listed
	items    []itemView
}

// itemView is something to review in a picture.
type itemView struct {
	id      model.RecordID
	kind    string
	change  model.ChangeID // of held work
	what    string
	lost    string // the value that lost; empty: none
	stands  string // the value that stands
	restore bool   // there is a value that can be restored
	held    bool
}

// lookDesk makes a picture of the office; the sessions are asked for by whoever calls.
func lookDesk(d *device) (*deskView, error) {
	v := &deskView{stopped: whyStopped(d.ended())}
	err := d.use(func(c *client.Client) (err error) {
		v.name, v.status = plain(c.Who().Name), c.Status()
		if c.Who().User.IsZero() {
			v.name = ""
			return nil
		}
		s := speaker{c}
		if v.jobs, err = s.jobs(c.Outbox()); err != nil {
			return err
		}
		v.items, err = s.items()
		return err
	})
	return v, err
}

// items is what is to review, newest first.
func (s speaker) items() (out []itemView, err error) {
	all, err := s.c.List(model.ReviewItems, model.RecordID{})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r client.Record) bool { return r.Value(model.ReviewState).Text() == "resolved" })
	slices.SortFunc(all, func(a, b client.Record) int {
		return cmp.Or(cmp.Compare(b.Value(model.ReviewAt).Int(), a.Value(model.ReviewAt).Int()), a.ID.Compare(b.ID))
	})
	for _, r := range all {
		v, err := s.item(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (s speaker) item(r client.Record) (v itemView, err error) {
	v = itemView{id: r.ID, kind: r.Value(model.ReviewKind).Text(), change: model.ChangeID(model.RefOf(r.Value(model.ReviewChange)))}
	v.held = v.kind == "held"
	about := "something that is not here"
	subject, ok, err := s.c.Show(model.RefOf(r.Value(model.ReviewSubject)))
	if err != nil {
		return v, err
	}
	field := model.FieldNo(r.Value(model.ReviewField).Int())
	if spec, known := builtin().Spec(model.Collection(r.Value(model.ReviewOf).Int())); ok {
		about = s.subject(subject, field)
	} else if known && v.held {
		about = "new " + strings.ReplaceAll(strings.TrimSuffix(spec.Name, "s"), "_", " ") + ", not in yet"
	}
	v.what = fmt.Sprintf("%s, %s", about, s.personIn(r, model.ReviewAuthor))
	if value, has := lost(r); has && ok {
		v.restore, v.lost, v.stands = true, plain(value.String()), plain(subject.Value(field).String())
	}
	return v, nil
}
