package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// transcript is what a device was sent, frame by frame, without what is random: kinds, sizes, order, counts, codes and
// contents, with ids, sealed tokens, times and job numbers made equal.
type transcript struct {
	t     *testing.T
	lines []string
}

func (s *transcript) heard(frame []byte) {
	m, err := protocol.Decode(frame)
	check(s.t, err)
	if m.Type() == protocol.TypePong {
		return // as many as the test asked for while it waited
	}
	line := fmt.Sprintf("%s, %d bytes", m.Type(), len(frame))
	switch m := m.(type) {
	case *protocol.Answers:
		for _, a := range m.Answers {
			line += fmt.Sprintf("; %s %d repeat %t receipt %t", a.Outcome, a.Reason, a.Repeat, a.Receipt != model.Receipt{})
		}
	case *protocol.Page:
		line += fmt.Sprintf("; cursor of %d, final %t, %d included, base of %d, compressed %t; ",
			len(m.Header.Cursor), m.Header.Final, len(m.Header.Included), len(m.Header.Base), m.Compressed) + s.body(m)
	case *protocol.ErrorMessage:
		line += fmt.Sprintf("; %d %s", m.Code, m.Text)
	case *protocol.Bye:
		line += fmt.Sprintf("; %d %s", m.Code, m.Text)
	}
	s.lines = append(s.lines, line)
}

func (s *transcript) body(m *protocol.Page) string {
	if len(m.Body) == 0 {
		return "nothing"
	}
	body, err := protocol.DecodePageBody(m.Body, m.Compressed)
	check(s.t, err)
	var rows []string
	for _, row := range body.Rows {
		text := fmt.Sprintf("%d{", row.Collection)
		for _, f := range row.Fields {
			switch {
			case f.Value.Kind() == model.KindText && !(row.Collection == model.Jobs && f.Field == model.JobNumber):
				text += fmt.Sprintf("%d=%q ", f.Field, f.Value.Text())
			default:
				text += fmt.Sprintf("%d:%d ", f.Field, f.Value.Kind())
			}
		}
		rows = append(rows, text+"}")
	}
	slices.Sort(rows) // by id on the wire, which is random
	return fmt.Sprintf("masks %v, %d retracts, rows %s", body.Masks, len(body.Retracts), strings.Join(rows, " "))
}

// world is one company in which Sue, a Hidden subcontractor, works; busy: with all that she may not see going on.
type acceptWorld struct {
	*stage
	t     *testing.T
	busy  bool
	desk  *wire
	ben   *wire
	amy   ledger
	bens  ledger
	other model.RecordID // a job of Ben's
	said  transcript
}

func newAcceptWorld(t *testing.T, busy bool, edit func(*session.Config)) *acceptWorld {
	t.Helper()
	w := &acceptWorld{stage: openStage(t, edit), t: t, busy: busy, said: transcript{t: t}}
	sets := access.DefaultSets(model.Subcontractor)
	sets.Mobile[access.MobileCreateJob] = access.On
	check(t, w.engine.SetLevels(t.Context(), w.tenants["acme"], w.users["sue@acme"], sets.Encode(), w.operator.now()))
	w.desk, w.ben = w.handset("acme", "amy").connect(), w.handset("acme", "ben").connect()
	w.amy.settle(w.desk)
	w.bens.settle(w.ben)
	return w
}

// edits is an edit of the office's on its newest checkpoint.
func (w *acceptWorld) edits(job model.RecordID, fields ...model.Assign) model.Change {
	w.t.Helper()
	w.amy.quiet(w.desk)
	return withBase(change(model.OpEdit, model.Jobs, job, fields...), w.amy.base)
}

// elsewhere is what Sue may not see: customers, other people's jobs, hidden fields, internal notes and prices of her
// own job, other people's traffic and sessions.
func (w *acceptWorld) elsewhere(job model.RecordID, round int) {
	w.t.Helper()
	if !w.busy {
		return
	}
	customer := randomRecord()
	changes := []model.Change{made(model.Customers, customer, textOf(2, "ACME Bakery"))}
	for i := range 40 {
		changes = append(changes, made(model.Customers, randomRecord(), textOf(2, fmt.Sprint("Customer ", round, i))))
	}
	w.office("acme", changes...)
	w.other = w.newJobOf("ben", "acme", "Leak in the yard")
	if !job.IsZero() {
		w.office("acme", w.edits(job, []model.Assign{ref(model.JobCustomer, customer), textOf(25, "PO 4711"), textOf(26, "for ACME Bakery")}[round]))
		w.office("acme",
			made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, officeOnly+" they never pay"), textOf(model.NoteAudience, "internal")),
			made(model.JobCommercials, randomRecord(), under(job), model.Assign{Field: 2, Value: model.Int(4711)}))
	}
	w.bens.until(w.ben, func() bool { return w.bens.rows[w.other] })
	w.ben.say(w.ben.h.pushOf(shift("shift_start"), made(model.Notes, model.RecordID{}, under(w.other), textOf(model.NoteText, "leaks"))))
	for answered := false; !answered; {
		switch m := w.ben.next().(type) {
		case *protocol.Answers:
			answered = true
		case *protocol.Page:
			w.bens.take(w.ben, m)
		}
	}
	w.bens.quiet(w.ben)
}

// play is Sue's day. Each step waits for what it asks for, so that the transcript depends on nothing else.
func (w *acceptWorld) play() []string {
	w.t.Helper()
	w.elsewhere(model.RecordID{}, 0)
	h := w.handset("acme", "sue")
	line := h.enter(nil)
	line.seen = w.said.heard
	var l ledger
	l.settle(line)
	job, card := randomRecord(), randomRecord()
	w.office("acme", made(model.Jobs, job, textOf(model.JobTitle, "Emergency lights out")),
		made(model.Assignments, randomRecord(), under(job), ref(model.AssignmentUser, model.RecordID(w.users["sue@acme"]))),
		made(model.JobCards, card, under(job), textOf(model.CardAddress, "3 Mill Lane")))
	l.until(line, func() bool { return l.rows[card] })
	l.quiet(line)
	w.elsewhere(job, 0)
	l.quiet(line)
	step := func(c model.Change) {
		c = withBase(c, l.base)
		line.say(h.pushOf(c))
		heard[*protocol.Answers](line)
		l.until(line, func() bool { return l.taken[c.ID] })
		l.quiet(line)
	}
	step(made(model.VisitEvents, model.RecordID{}, under(job), textOf(model.VisitEventKind, "accept"), model.Assign{Field: model.VisitEventVisit, Value: model.Int(1)}))
	step(made(model.Jobs, randomRecord(), textOf(model.JobTitle, "ACME Bakery, 3 Mill Lane")))
	w.elsewhere(job, 1)
	step(made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "ACME Bakery")))
	step(change(model.OpEdit, model.Jobs, job, ref(model.JobCustomer, randomRecord())))
	step(change(model.OpDelete, model.Customers, randomRecord()))
	_ = line.conn.Close(protocol.CodeNone, "")
	w.elsewhere(job, 2)
	w.office("acme", w.edits(job, textOf(model.JobTitle, "Emergency lights out again")))
	line = h.enter(nil)
	line.seen = w.said.heard
	line.say(&protocol.Resume{Cursor: l.cursor, Follow: true})
	from := len(l.pages)
	l.until(line, func() bool { return len(l.pages) > from && l.pages[len(l.pages)-1].Header.Final })
	l.quiet(line)
	line.say(&protocol.Resume{Cursor: []byte("nobody's"), Follow: true})
	page := heard[*protocol.Page](line)
	if !page.Header.Reconcile {
		w.t.Fatalf("%+v, want to be reconciled", page.Header)
	}
	l.cursor, from = []byte("nobody's"), len(l.pages)
	line.say(&protocol.Holdings{Records: []model.RecordID{job, card, randomRecord()}, Last: true})
	l.until(line, func() bool { return len(l.pages) > from && l.pages[len(l.pages)-1].Header.Final })
	l.quiet(line)
	return w.said.lines
}

// TestAcceptTwoWorlds: what Sue may not see changes nothing of what she is sent: not its number, not its sizes, not its
// order, no code (DESIGN I9, domain b.4 S1-S16).
func TestAcceptTwoWorlds(t *testing.T) {
	t.Parallel()
	empty, busy := newAcceptWorld(t, false, brisk).play(), newAcceptWorld(t, true, brisk).play()
	if len(empty) < 15 {
		t.Fatalf("%d frames", len(empty))
	}
	differ(t, empty, busy)
}

func differ(t *testing.T, empty, busy []string) {
	t.Helper()
	for i := range max(len(empty), len(busy)) {
		a, b := "nothing", "nothing"
		if i < len(empty) {
			a = empty[i]
		}
		if i < len(busy) {
			b = busy[i]
		}
		if a != b {
			t.Fatalf("frame %d of %d and %d:\nempty: %s\nbusy:  %s", i, len(empty), len(busy), a, b)
		}
	}
}

// downloads is a first sync of Sue's in many pages, taken one at a time; between two of them other people work.
func (w *acceptWorld) downloads() []string {
	w.t.Helper()
	job := w.newJobOf("sue", "acme", "Emergency lights out")
	for range 12 {
		var notes []model.Change
		for range 30 {
			notes = append(notes, made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, strings.Repeat("x", 4000)), textOf(model.NoteAudience, "field")))
		}
		w.office("acme", notes...)
	}
	line := w.handset("acme", "sue").connect()
	line.seen = w.said.heard
	var l ledger
	line.say(&protocol.Resume{Follow: true})
	var waiting []*protocol.Page
	for range protocol.WindowPages {
		waiting = append(waiting, heard[*protocol.Page](line))
	}
	for round := 0; !waiting[len(waiting)-1].Header.Final || len(waiting) > 1; round++ {
		if w.busy {
			w.office("acme", made(model.Customers, randomRecord(), textOf(2, "ACME Bakery")),
				made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, officeOnly+" they never pay"), textOf(model.NoteAudience, "internal")))
			w.newJobOf("ben", "acme", "Leak in the yard")
		}
		more := !waiting[len(waiting)-1].Header.Final
		l.take(line, waiting[0])
		if waiting = waiting[1:]; more {
			waiting = append(waiting, heard[*protocol.Page](line))
		}
	}
	l.take(line, waiting[0])
	l.quiet(line)
	return w.said.lines
}

// TestAcceptTwoWorldsInOneDownload: other people's commits between two pages of a long download change none of them.
func TestAcceptTwoWorldsInOneDownload(t *testing.T) {
	t.Parallel()
	empty, busy := newAcceptWorld(t, false, brisk).downloads(), newAcceptWorld(t, true, brisk).downloads()
	if len(empty) < 10 {
		t.Fatalf("%d frames", len(empty))
	}
	differ(t, shapes(empty), shapes(busy))
}

// shapes is what is left of pages when rows come in the order of random ids: how many notes are in each, by which its
// size is decided, how long its cursor is, and whether it is a checkpoint.
func shapes(lines []string) (out []string) {
	for _, line := range lines {
		head, rows, _ := strings.Cut(line, "rows ")
		_, head, _ = strings.Cut(head, "; ")
		out = append(out, fmt.Sprintf("%s%d notes", head, strings.Count(" "+rows, fmt.Sprintf(" %d{", model.Notes))))
	}
	return out
}
