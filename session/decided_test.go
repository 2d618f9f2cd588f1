package session_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestI3_DecidedIsSaidOnce: what the office decides of held work is said at once to the device that is connected, and to one that was
// away when it lists what it knows as held; and of what waits, when it is decided later.
func TestI3_DecidedIsSaidOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if wrong := saidOnce(t, w); wrong != "" {
			t.Error(wrong)
		}
	})
}

func saidOnce(t *testing.T, w *world) string {
	p := w.newPhone()
	check(t, p.signIn(0))
	l := p.connect(false)
	defer func() { l.hangUp() }()
	l.send(&protocol.Resume{Follow: true})
	first, second, third := w.lost(), w.lost(), w.lost()
	l.send(p.pushOf(first, second, third))
	l.decided()
	check(t, w.engine.Dismiss(t.Context(), w.tenant, first.ID, w.amy, w.now()))
	if got := l.decided(); !slices.Equal(got, []model.ChangeID{first.ID}) {
		return fmt.Sprintf("connected, it is told that %v are decided, want %v", got, first.ID)
	}
	l.hangUp()
	check(t, w.engine.Dismiss(t.Context(), w.tenant, second.ID, w.amy, w.now()))
	l = p.connect(false)
	never := w.lost()
	l.send(&protocol.Resume{Follow: true, Held: []model.ChangeID{second.ID, third.ID, never.ID}})
	want := []model.ChangeID{second.ID, never.ID}
	slices.SortFunc(want, model.ChangeID.Compare)
	if got := l.decided(); !slices.Equal(got, want) {
		return fmt.Sprintf("it lists three, and is told that %v are decided, want %v", got, want)
	}
	l.send(p.pushOf(never))
	if got := l.decided(); len(got) > 0 {
		return fmt.Sprintf("it asked and was answered, and is told once more that %v are decided", got)
	}
	check(t, w.engine.Dismiss(t.Context(), w.tenant, third.ID, w.amy, w.now()))
	if got := l.decided(); !slices.Equal(got, []model.ChangeID{third.ID}) {
		return fmt.Sprintf("it listed what is decided now, and is told that %v are, want %v", got, third.ID)
	}
	return ""
}

// TestI3_ASecondContentIsAskedAboutOnce: a phone that sent other content under an id that was used before has another identity now,
// and hears once that it may ask.
func TestI3_ASecondContentIsAskedAboutOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if wrong := asksOnce(t, w); wrong != "" {
			t.Error(wrong)
		}
	})
}

func asksOnce(t *testing.T, w *world) string {
	p := w.newPhone()
	check(t, p.signIn(0))
	l := p.connect(false)
	first := w.lost()
	second := w.lost()
	second.ID, second.Record = first.ID, first.Record
	l.send(p.pushOf(first))
	l.send(p.pushOf(second))
	l.decided()
	l.hangUp()
	check(t, w.engine.Dismiss(t.Context(), w.tenant, first.ID, w.amy, w.now()))
	before := p.in.Device
	p.token = 1 // of a phone that was restored from a backup
	l = p.connect(false)
	defer l.hangUp()
	if p.in.Device == before {
		t.Fatal("the phone has no new identity")
	}
	l.send(&protocol.Resume{Follow: true, Held: []model.ChangeID{second.ID}})
	l.decided()
	l.send(p.pushOf(second))
	if got := l.decided(); len(got) > 0 {
		return fmt.Sprintf("it asked and was answered, and is told once more that %v are decided", got)
	}
	return ""
}

// TestF7_TheLaneHearsOfReceiptsAlone: what the office decides meanwhile of what was handed in is not said there.
func TestF7_TheLaneHearsOfReceiptsAlone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if wrong := saidToTheLane(t, w); wrong != "" {
			t.Error(wrong)
		}
	})
}

func saidToTheLane(t *testing.T, w *world) string {
	p := w.newPhone()
	check(t, p.signIn(0))
	l := p.connect(true)
	defer l.hangUp()
	first := w.lost()
	l.send(p.pushOf(first))
	l.decided()
	check(t, w.engine.Dismiss(t.Context(), w.tenant, first.ID, w.amy, w.now()))
	l.send(p.pushOf(w.lost()))
	if got := l.decided(); len(got) > 0 {
		return fmt.Sprintf("on the hand-in lane it is told that %v are decided", got)
	}
	return ""
}

// lost is a note of Ben's on a job that is not there.
func (w *world) lost() model.Change {
	w.t.Helper()
	var job model.RecordID
	rand.Read(job[:])
	return w.change(w.ben, model.OpCreate, model.Notes, model.RecordID{}, set(model.FieldParent, model.Ref(job)), set(model.NoteText, model.Text("odd")))
}

// decided takes what comes until nothing does, and gives what was said to be decided.
func (l *line) decided() (all []model.ChangeID) {
	l.t.Helper()
	for range 3 {
		l.send(&protocol.Ping{})
		for m := l.recv(); m.Type() != protocol.TypePong; m = l.recv() {
			switch m := m.(type) {
			case *protocol.Page:
				l.send(&protocol.Got{Cursor: protocol.CursorTag(m.Header.Cursor)})
			case *protocol.Decided:
				all = append(all, m.Changes...)
			}
		}
		time.Sleep(time.Second) // fake
	}
	return all
}
