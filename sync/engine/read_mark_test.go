package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// marks is an edit by which somebody says when they read a message; the phone knows of no other mark.
func (c *company) marks(u model.UserID, message model.RecordID, at model.Value) model.Change {
	ch := c.change(u, model.OpEdit, model.Messages, message, set(model.MessageRead, at))
	if ch.Base = c.bases[u]; u == c.amy {
		_, ch.Base = c.look(c.caller(u), message)
	}
	c.contents[ch.Body] = ch
	return ch
}

// TestC_ReadMarksClimb: the latest mark stands, in whatever order marks come, and nobody is asked about the others.
func TestC_ReadMarksClimb(t *testing.T) {
	for i, order := range [][]int64{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}} {
		if wrong := climbing(t, order); wrong != "" {
			t.Errorf("%d: %s", i, wrong)
		}
	}
}

func climbing(t *testing.T, order []int64) string {
	t.Helper()
	c := newCompany(t)
	ben := c.device(c.ben, model.Mobile)
	message := c.made(model.Messages, set(model.MessageTo, model.Ref(c.ben)), set(model.MessageText, model.Text("ring me")))
	ben.sync()
	ago := func(minutes int64) int64 { return int64(c.now) - 60_000*(10-minutes) }
	first, highest := ago(0), int64(0)
	for _, n := range order {
		want := model.OutcomeApplied
		if n < highest {
			want = model.OutcomeRecorded
		}
		highest = max(highest, n)
		if a := c.push(ben.conn, c.marks(c.ben, message, model.Int(first+n)))[0]; a.Outcome != want {
			return fmt.Sprintf("%v: mark %d is %v %d, want %v", order, n, a.Outcome, a.Reason, want)
		}
	}
	if a := c.push(ben.conn, c.marks(c.ben, message, model.Null()))[0]; a.Outcome != model.OutcomeRecorded {
		return fmt.Sprintf("that it was not read is %v %d", a.Outcome, a.Reason)
	}
	seen := c.listed(c.amy, model.Messages)
	if len(seen) != 1 || said(seen[0], model.MessageRead) != model.Int(first+3) {
		return fmt.Sprintf("%v: the office sees %+v", order, seen)
	}
	if items := c.listed(c.amy, model.ReviewItems); len(items) != 0 {
		return fmt.Sprintf("%v: somebody is asked about %+v", order, items)
	}
	return ""
}

// TestC_OnlyTheAddresseeReads: whom a message is to says that they read it; of one to the office, whoever of it is shown it. Nobody has read
// one tomorrow, whatever their clock says.
func TestC_OnlyTheAddresseeReads(t *testing.T) { found(t, addressees(t)) }

func addressees(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	ben, sue := c.device(c.ben, model.Mobile), c.device(c.sue, model.Subcontractor)
	to := c.made(model.Messages, set(model.MessageTo, model.Ref(c.ben)), set(model.MessageText, model.Text("ring me")))
	from := c.change(c.ben, model.OpCreate, model.Messages, model.RecordID{}, set(model.MessageText, model.Text("I did")))
	c.applied(ben.conn, from)
	ben.sync()
	sue.sync()
	now := func() model.Value { return model.Int(int64(c.now)) }
	for _, x := range []struct {
		what    string
		conn    model.Connection
		message model.RecordID
		want    model.Outcome
		why     model.Reason
	}{
		{"Amy marks what she sent", c.office(), to, model.OutcomeHeld, model.ReasonRight},
		{"Ben marks what he sent", ben.conn, from.Record, model.OutcomeHeld, model.ReasonRight},
		{"Sue marks Ben's", sue.conn, to, model.OutcomeHeld, model.ReasonMissing},
		{"Sue marks what never was", sue.conn, model.RecordID(newChange(t)), model.OutcomeHeld, model.ReasonMissing},
		{"Ben marks his", ben.conn, to, model.OutcomeApplied, model.ReasonNone},
		{"Amy marks what is to the office", c.office(), from.Record, model.OutcomeApplied, model.ReasonNone},
	} {
		if a := c.push(x.conn, c.marks(x.conn.User, x.message, now()))[0]; a.Outcome != x.want || a.Reason != x.why {
			return fmt.Sprintf("%s: %v %d, want %v %d", x.what, a.Outcome, a.Reason, x.want, x.why)
		}
	}
	const year = 365 * 24 * 3_600_000
	c.applied(ben.conn, c.marks(c.ben, to, model.Int(int64(c.now)+year)))
	all := c.listed(c.amy, model.Messages)
	if slices.ContainsFunc(all, func(m model.Shown) bool { return said(m, model.MessageRead).Int() > int64(c.now) }) {
		return "a message was read in the future"
	}
	return ""
}
