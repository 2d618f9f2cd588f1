package session_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// levels gives Ben the directory, or hides customers from him.
func (w *world) levels(customers access.Level) {
	w.t.Helper()
	sets := access.DefaultSets(model.Mobile)
	sets.Mobile[access.MobileCreateJob], sets.Mobile[access.MobileCustomers] = access.On, customers
	check(w.t, w.engine.SetLevels(w.t.Context(), w.tenant, w.ben, sets.Encode(), w.now()))
}

func (w *world) customers(n int) (all []model.RecordID) {
	w.t.Helper()
	for i := range n {
		c := w.change(w.amy, model.OpCreate, model.Customers, model.RecordID{}, set(2, model.Text(fmt.Sprint("Miller ", i))))
		w.office(c)
		all = append(all, c.Record)
	}
	return all
}

func search(number uint64) *protocol.Search {
	return &protocol.Search{Number: number, Words: "mill", Collections: []model.Collection{model.Customers}, Limit: 2}
}

func TestSearchIsAnswered(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.levels(access.Full)
		w.customers(3)
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		l.send(search(1))
		found := expect[*protocol.Found](l)
		rows, err := found.Rows()
		check(t, err)
		if found.Number != 1 || found.Code != 0 || !found.More || len(rows) != 2 {
			t.Errorf("found %+v with %d rows, want 2 of 3", found, len(rows))
		}
		l.send(&protocol.Search{Number: 2, Words: "?", Limit: 1})
		if found := expect[*protocol.Found](l); found.Code != 0 || found.More || len(found.Records) > 0 || len(found.Body) > 0 {
			t.Errorf("no word: %+v", found)
		}
		l.hangUp()
	})
}

// TestSearchesAreBounded: of what comes at once only so much is looked for; the rest is told, and the connection goes on.
func TestSearchesAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		count := func(l *line, n uint64) (answered, busy int) {
			var numbers []uint64
			for i := range n {
				l.send(search(i))
				found := expect[*protocol.Found](l)
				numbers = append(numbers, found.Number)
				if found.Code == protocol.CodeBusy {
					busy++
				} else {
					answered++
				}
			}
			if slices.Sort(numbers); len(slices.Compact(numbers)) != int(n) {
				t.Errorf("answers to %v, want one to each of %d", numbers, n)
			}
			return answered, busy
		}
		l := p.connect(false)
		if answered, busy := count(l, 30); answered != 20 || busy != 10 {
			t.Errorf("of 30 at once %d are answered, %d busy", answered, busy)
		}
		time.Sleep(time.Second)
		l.hangUp()
		l = p.connect(false) // the bound is the device's, not the connection's
		if answered, busy := count(l, 12); answered != 10 || busy != 2 {
			t.Errorf("a second later, of 12: %d are answered, %d busy", answered, busy)
		}
		l.hangUp()
	})
}

// TestI10_ASearchInTheMiddleOfANarrowing: what was asked before a right was lost and is answered after it is answered
// under the new rights, and the retraction comes first.
func TestI10_ASearchInTheMiddleOfANarrowing(t *testing.T) {
	if wrong := narrowed(t); wrong != "" {
		t.Error(wrong)
	}
}

func narrowed(t *testing.T) (wrong string) {
	t.Helper()
	bubble(t, func(t *testing.T, w *world) {
		w.levels(access.Full)
		all := w.customers(3)
		p := w.newPhone()
		check(t, p.signIn(0))
		l := p.connect(false)
		var r replica
		l.send(&protocol.Resume{Follow: true})
		r.settle(l)
		for range 17 { // the phone reads nothing: what is answered next waits
			l.send(&protocol.Ping{})
			synctest.Wait()
		}
		for n := range uint64(3) {
			l.send(search(n))
			synctest.Wait()
		}
		w.levels(access.Hidden)
		synctest.Wait() // the word of it is there before the phone reads on
		for range 17 {
			expect[*protocol.Pong](l)
		}
		for answers := 0; answers < 3; {
			switch m := l.recv().(type) {
			case *protocol.Page:
				r.take(t, m)
				l.send(&protocol.Got{Cursor: protocol.CursorTag(r.cursor)})
			case *protocol.Found:
				if answers++; m.More || len(m.Records) > 0 {
					wrong = fmt.Sprintf("search %d found %v", m.Number, m.Records)
				}
				if slices.ContainsFunc(all, func(id model.RecordID) bool { return r.rows[id] }) {
					wrong = "the answer comes before the retraction"
				}
			default:
				t.Fatalf("got a %s", m.Type())
			}
		}
		l.hangUp()
	})
	return wrong
}
