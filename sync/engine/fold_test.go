package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// stale is a company in which Ben's phone has a job as it was before the office renamed it.
func stale(t *testing.T, store storage.Store) (c *company, ben model.Connection, job model.RecordID) {
	t.Helper()
	c = newCompanyOn(t, store)
	job, _ = c.newJob(c.ben, 0)
	ben = c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.applied(c.office(), c.rename(job, model.Jobs, model.JobTitle, "by the office"))
	return c, ben, job
}

// inbox is the items of review that Amy is shown, of a kind and a state.
func (c *company) inbox(kind, state string) (out []model.Shown) {
	c.t.Helper()
	q := model.Query{Collection: model.ReviewItems, Limit: model.MaxListing, Where: []model.Condition{
		{Field: model.ReviewKind, Op: model.CompareIs, Values: []model.Value{model.Text(kind)}},
		{Field: model.ReviewState, Op: model.CompareIs, Values: []model.Value{model.Text(state)}},
	}}
	for more := true; more; more = !q.After.IsZero() {
		l, err := c.e.List(context.Background(), c.caller(c.amy), q)
		check(c.t, err)
		out, q.After = append(out, l.Records...), l.Next
	}
	return out
}

// said is a field of an item.
func said(s model.Shown, f model.FieldNo) model.Value {
	v, _ := s.Find(f)
	return v
}

// TestI13_AFlappingDeviceCannotFillTheInbox: ten thousand conflicts of one phone are one item of few bytes, and every value that
// lost can be read; what comes after somebody has put it away is another item.
func TestI13_AFlappingDeviceCannotFillTheInbox(t *testing.T) {
	if wrong := flapping(t); wrong != "" {
		t.Error(wrong)
	}
}

const (
	flaps = 10_000
	frame = 200
)

func flapping(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c, ben, job := stale(t, store)
	loses := func(n int) (title model.Value) {
		var changes []model.Change
		for range n {
			title = model.Text(fmt.Sprint("by Ben ", len(c.contents)))
			changes = append(changes, c.edit(c.ben, job, model.JobTitle, title))
		}
		for _, a := range c.push(ben, changes...) {
			c.want(a, model.OutcomeRecorded, model.ReasonLater)
		}
		return title
	}
	var last model.Value
	for range flaps / frame {
		last = loses(frame)
	}
	items := c.inbox(model.InboxConflict, "open")
	if len(items) != 1 {
		return fmt.Sprintf("%d items of one phone, one field and one record", len(items))
	}
	one := items[0]
	if n := said(one, model.ReviewCount).Int(); n != flaps {
		return fmt.Sprintf("it counts %d conflicts of %d", n, flaps)
	}
	if got := said(one, model.ReviewLost+model.FieldNo(model.ClassWork)); got != last {
		return fmt.Sprintf("it tells of %v, not of the latest", got)
	}
	if size := c.storedIn(store, one.ID); size > 1000 {
		return fmt.Sprintf("it takes %d bytes", size)
	}
	if n := c.losers(model.Jobs, job); n != flaps {
		return fmt.Sprintf("%d of %d values that lost can be read", n, flaps)
	}
	c.resolved(one.ID)
	loses(1)
	loses(1)
	items = c.inbox(model.InboxConflict, "open")
	if len(items) != 1 || items[0].ID == one.ID || said(items[0], model.ReviewCount).Int() != 2 || len(c.inbox(model.InboxConflict, "resolved")) != 1 {
		return fmt.Sprintf("after it was put away: %+v", items)
	}
	return ""
}

// storedIn is how many bytes a record takes.
func (c *company) storedIn(store storage.Store, id model.RecordID) (n int) {
	c.t.Helper()
	check(c.t, store.View(context.Background(), c.id, func(r storage.Reader) error {
		rec, _ := r.Record(id)
		n = len(storage.AppendRecord(nil, rec))
		return nil
	}))
	return n
}

// losers is how many different values that lost the history of a record tells of.
func (c *company) losers(of model.Collection, id model.RecordID) int {
	c.t.Helper()
	lost := map[model.Value]bool{}
	for cursor, more := "", true; more; {
		page, err := c.e.RecordHistory(context.Background(), c.caller(c.amy), of, id, cursor, 1000)
		check(c.t, err)
		for _, e := range page.Events {
			if e.Lost {
				lost[e.Fields[0].Before] = true
			}
		}
		cursor, more = page.Cursor, page.More
	}
	return len(lost)
}

// resolved has Amy put an item away.
func (c *company) resolved(item model.RecordID) {
	c.t.Helper()
	ch := c.change(c.amy, model.OpEdit, model.ReviewItems, item, set(model.ReviewState, model.Text("resolved")))
	_, ch.Base = c.look(c.caller(c.amy), item)
	c.contents[ch.Body] = ch
	c.applied(c.office(), ch)
}

// TestI13_FlagsAndClaimsFold: what one person does over and over on one job is one thing to look at.
func TestI13_FlagsAndClaimsFold(t *testing.T) {
	c, ben, job := stale(t, memstore.New(1<<32))
	event := func(kind string) model.Change {
		return c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))
	}
	c.applied(ben, event("start"), event("done"))
	c.officeEvent(job, "close")
	for range 50 {
		c.push(ben, event("pause"), event("resume"))
	}
	late := c.inbox("late_work", "open")
	if len(late) != 1 || said(late[0], model.ReviewCount).Int() != 100 {
		t.Errorf("late work is %+v, want one item of 100", late)
	}
	ben.Lane = model.LaneHandIn
	for range 50 {
		c.push(ben, event("accept"), c.edit(c.ben, job, model.JobTitle, model.Text("mine")))
	}
	claims := c.inbox(model.InboxClaim, "open")
	if len(claims) != 2 {
		t.Fatalf("%d claims, want one of acceptances and one of edits", len(claims))
	}
	for _, r := range claims {
		if said(r, model.ReviewCount).Int() != 50 {
			t.Errorf("claims %+v, want 50 of each", r)
		}
	}
}

// TestR2_EveryClaimCanBeRead: what a device that was replaced asks for is shown to the office, all of it. Only what asks for the same
// folds.
func TestR2_EveryClaimCanBeRead(t *testing.T) {
	if wrong := claimsRead(t); wrong != "" {
		t.Error(wrong)
	}
}

func claimsRead(t *testing.T) string {
	t.Helper()
	c, ben, job := stale(t, memstore.New(1<<32))
	ben.Lane = model.LaneHandIn
	task := func(title string) model.Change {
		return c.change(c.ben, model.OpCreate, model.Tasks, model.RecordID{}, under(job), set(2, model.Text(title)))
	}
	said := []model.Change{
		c.edit(c.ben, job, model.JobTitle, model.Text("one")), c.edit(c.ben, job, model.JobTitle, model.Text("two")),
		task("clean it"), task("paint it"), c.edit(c.ben, job, model.JobTitle, model.Text("two")),
	}
	c.push(ben, said...)
	read := map[model.Value]int64{}
	for _, i := range c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxClaim}).Items {
		if i.Held == nil {
			return fmt.Sprintf("a claim without content: %+v", i)
		}
		for _, x := range i.Held.Fields {
			if x.Field != model.FieldParent {
				read[x.Value] += i.Count
			}
		}
	}
	for _, ch := range said {
		if v := ch.Fields[len(ch.Fields)-1].Value; read[v] == 0 {
			return fmt.Sprintf("%v can be read nowhere: %v", v, read)
		}
	}
	if len(read) != 4 || read[model.Text("two")] != 2 {
		return fmt.Sprintf("what asks for the same is not folded: %v", read)
	}
	return ""
}

// TestR7_Grades: how it came to a conflict is data of the item, and so is who said what stands, and when.
func TestR7_Grades(t *testing.T) {
	for _, g := range []struct {
		grade string
		kind  string
		does  func(c *company, ben *model.Connection, job model.RecordID)
	}{
		{"parallel", model.InboxConflict, func(*company, *model.Connection, model.RecordID) {}},
		{"late", model.InboxConflict, func(c *company, _ *model.Connection, job model.RecordID) { c.officeEvent(job, "cancel") }},
		{"replaced_device", model.InboxClaim, func(c *company, ben *model.Connection, job model.RecordID) {
			c.officeEvent(job, "cancel")
			ben.Lane = model.LaneHandIn
		}},
	} {
		c, ben, job := stale(t, memstore.New(1<<32))
		g.does(c, &ben, job)
		c.push(ben, c.edit(c.ben, job, model.JobTitle, model.Text("by Ben")))
		items := c.inbox(g.kind, "open")
		if len(items) != 1 {
			t.Errorf("%s: %d items", g.grade, len(items))
			continue
		}
		one := items[0]
		if got := said(one, model.ReviewGrade).Text(); got != g.grade {
			t.Errorf("%s: the grade is %q", g.grade, got)
		}
		if g.kind == model.InboxClaim {
			continue // it met nothing
		}
		if model.UserID(model.RefOf(said(one, model.ReviewWinner))) != c.amy || said(one, model.ReviewWon).IsNull() || said(one, model.ReviewSaid).IsNull() {
			t.Errorf("%s: what stands is not told: %+v", g.grade, one)
		}
		if !said(one, model.ReviewProposal).Bool() {
			t.Errorf("%s: what the field says of the office's own is a proposal", g.grade)
		}
	}
}
