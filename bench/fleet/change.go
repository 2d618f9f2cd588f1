package fleet

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Fields of customers, as docs/reference/model.md numbers them.
const (
	customerName    = 2
	customerPhone   = 4
	customerEmail   = 5
	customerBilling = 6
	customerRemarks = 7
	customerAccount = 8
	customerCredit  = 9
	customerStatus  = 10
)

// noteSize makes a note's record as long as a floor's.
const noteSize = 400

// noteText is what a note says, always the same for its id.
func noteText(id bench.Key) string { return bench.Phrase(id, noteSize) }

func draw() (key bench.Key) {
	rand.Read(key[:]) // never fails
	return key
}

// create is a creation that this device makes now. Its id is drawn.
func (l *line) create(of model.Collection, record model.RecordID, fields ...model.Assign) model.Change {
	elapsed := time.Since(l.began).Milliseconds()
	c := model.Change{
		ID: model.ChangeID(draw()), Author: l.User, Op: model.OpCreate, Collection: of, Record: record, Fields: fields,
		Base: string(l.base),
		Occurred: model.Occurrence{
			Wall: l.mark + model.Instant(elapsed), Elapsed: elapsed,
			Clock: model.Clock{User: l.User, Boot: uint64(l.began.UnixNano()), Mark: l.mark},
		},
	}
	if record.IsZero() {
		c.Record = model.RecordID(c.ID)
	}
	return c
}

func set(f model.FieldNo, v model.Value) model.Assign { return model.Assign{Field: f, Value: v} }

// note is a note on a job, which says what its id tells.
func (l *line) note(job bench.Key) model.Change {
	c := l.create(model.Notes, model.RecordID{})
	c.Fields = []model.Assign{
		set(model.FieldParent, model.Ref(model.RecordID(job))),
		set(model.NoteText, model.Text(noteText(bench.Key(c.ID)))),
		set(model.NoteAudience, model.Text("field")),
	}
	return c
}

// rightNote says whether a row is this note, for somebody who sees all of it.
func rightNote(row *model.Row, want noted) bool {
	key := bench.Key(row.ID)
	at, _ := row.Find(model.NoteAt)
	return len(row.Fields) == 5 && at.Kind() == model.KindInt &&
		has(row, model.FieldParent, model.Ref(model.RecordID(want.job))) && has(row, model.NoteText, model.Text(noteText(key))) &&
		has(row, model.NoteAudience, model.Text("field")) && has(row, model.NoteAuthor, model.Ref(model.UserID(want.author)))
}

func has(row *model.Row, f model.FieldNo, want model.Value) bool {
	v, ok := row.Find(f)
	return ok && v == want
}

// customer is a customer, whose fields its id tells.
func (l *line) customer(key bench.Key) model.Change {
	s := bench.Sheet(key)
	credit, _ := strconv.ParseInt(s[5], 10, 64) // Sheet writes a number there
	return l.create(
		model.Customers, model.RecordID(key),
		set(customerName, model.Text(s[0])), set(customerPhone, model.Text(s[1])), set(customerEmail, model.Text(s[2])),
		set(customerBilling, model.Text(s[3])), set(customerRemarks, model.Text(s[7])), set(customerAccount, model.Text(s[4])),
		set(customerCredit, model.Int(credit)), set(customerStatus, model.Text(s[6])),
	)
}

// rightCustomer says whether a row is what a phone may see of a customer: neither the account, which is the office's,
// nor the credit limit, which is of those who see money.
func rightCustomer(row *model.Row) bool {
	s := bench.Sheet(bench.Key(row.ID))
	return isCustomer(row, &s)
}

// isCustomer is rightCustomer of a sheet that was looked up.
func isCustomer(row *model.Row, s *[8]string) bool {
	return len(row.Fields) == 7 && has(row, model.FieldParent, model.Null()) &&
		has(row, customerName, model.Text(s[0])) && has(row, customerPhone, model.Text(s[1])) && has(row, customerEmail, model.Text(s[2])) &&
		has(row, customerBilling, model.Text(s[3])) && has(row, customerRemarks, model.Text(s[7])) && has(row, customerStatus, model.Text(s[6]))
}

// pushOf makes one frame of changes.
func (l *line) pushOf(changes ...model.Change) (*protocol.Push, error) {
	l.push++
	push := &protocol.Push{Number: l.push}
	for i := range changes {
		body, blobs, err := protocol.EncodeChange(&changes[i])
		if err != nil {
			return nil, err
		}
		if !push.Add(protocol.PushedChange{Number: l.next, Body: body}, blobs) {
			return nil, errors.New("the changes do not fit one frame")
		}
		l.next++
	}
	return push, nil
}

// applied says whether everything in answers was taken as it was.
func applied(a *protocol.Answers) error {
	for i := range a.Answers {
		if one := &a.Answers[i]; one.Outcome != model.OutcomeApplied || one.Repeat {
			return fmt.Errorf("a change was not applied: %s, reason %d, repeat %v", one.Outcome, one.Reason, one.Repeat)
		}
	}
	return nil
}

// hand pushes changes, so many a frame, and waits for the answers of each frame; pages that come meanwhile are taken.
func (l *line) hand(changes []model.Change) error {
	const atOnce = 150 // customers fill a frame at about 300
	for len(changes) > 0 {
		n := min(atOnce, len(changes))
		push, err := l.pushOf(changes[:n]...)
		if err != nil {
			return err
		}
		if err := l.send(push); err != nil {
			return err
		}
		answers, err := l.answers()
		if err != nil {
			return err
		}
		if err := applied(answers); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

// answers waits for answers and takes the pages before them.
func (l *line) answers() (*protocol.Answers, error) {
	for {
		m, _, err := l.recv()
		if err != nil {
			return nil, err
		}
		switch m := m.(type) {
		case *protocol.Answers:
			return m, nil
		case *protocol.Page:
			if err := l.take(m); err != nil {
				return nil, err
			}
		}
	}
}
