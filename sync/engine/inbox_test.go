package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// sees is what a caller is told of what needs a person.
func (c *company) sees(by model.Caller, q model.InboxQuery) model.Inbox {
	c.t.Helper()
	if q.Limit == 0 {
		q.Limit = model.MaxListing
	}
	page, err := c.e.Inbox(context.Background(), by, q, c.now)
	check(c.t, err)
	return page
}

// disputed is a company in which Ben's title lost against the office's, and the item about it.
func disputed(t *testing.T) (c *company, ben model.Connection, job model.RecordID, item model.InboxItem) {
	t.Helper()
	c, ben, job = stale(t, memstore.New(1<<32))
	c.push(ben, c.edit(c.ben, job, model.JobTitle, model.Text("by Ben")))
	items := c.sees(c.caller(c.amy), model.InboxQuery{State: "open"}).Items
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	return c, ben, job, items[0]
}

// decides is what somebody sends who lets the value of an item stand: an edit, and the item, both or neither.
func (c *company) decides(by model.UserID, item model.InboxItem, fields ...model.Assign) []model.Change {
	edit := c.change(by, model.OpEdit, item.Of, item.Subject, set(item.Field, item.Lost))
	end := c.change(by, model.OpEdit, model.ReviewItems, item.ID, append([]model.Assign{set(model.ReviewState, model.Text("resolved"))}, fields...)...)
	for _, ch := range []*model.Change{&edit, &end} {
		_, ch.Base = c.look(c.caller(by), ch.Record)
		c.contents[ch.Body] = *ch
	}
	return []model.Change{edit, end}
}

// TestR7_TheAuthorIsTold: whose value it was gets a message that says what became of it, in the commit that decides it; the audit says
// who decided what, and why.
func TestR7_TheAuthorIsTold(t *testing.T) {
	if wrong := authorTold(t); wrong != "" {
		t.Error(wrong)
	}
}

func authorTold(t *testing.T) string {
	t.Helper()
	for decision, want := range map[string]string{"restored": "stands now", "dismissed": "the other value stands"} {
		c, ben, job, item := disputed(t)
		if item.Kind != model.InboxProposal || item.Job != job || item.Lost != model.Text("by Ben") || item.Standing.Value != model.Text("by the office") || item.Standing.Author != c.amy {
			return fmt.Sprintf("the item is %+v", item)
		}
		changes := c.decides(c.amy, item, set(model.ReviewResolution, model.Text("I asked")), set(model.ReviewDecision, model.Text(decision)))
		if decision == "dismissed" {
			changes = changes[1:]
		}
		if s, err := c.submit(c.caller(c.amy), model.Request{Units: []int{len(changes)}}, changes...); err != nil || s.Dropped[0] {
			t.Fatal(s, err)
		}
		held := map[model.RecordID]map[model.FieldNo]model.Value{}
		c.sync(ben, nil, held)
		var told []string
		for _, r := range held {
			if text := r[model.MessageText].Text(); model.UserID(model.RefOf(r[model.MessageAuthor])) == c.amy && model.UserID(model.RefOf(r[model.MessageTo])) == c.ben {
				told = append(told, text)
			}
		}
		if len(told) != 1 || !strings.Contains(told[0], want) || !strings.Contains(told[0], "“by Ben”") || !strings.Contains(told[0], "I asked") {
			return fmt.Sprintf("%s: Ben was told %q", decision, told)
		}
		kind := map[string]model.AuditKind{"restored": model.AuditRestore, "dismissed": model.AuditPutAway}[decision]
		page, err := c.e.Audit(context.Background(), c.id, model.AuditQuery{Kind: kind, Limit: 10}, model.UserID{}, c.now)
		if err != nil || len(page.Lines) != 1 || page.Lines[0].Actor.User != c.amy || page.Lines[0].Subject.User != c.ben || page.Lines[0].Reason != "I asked" {
			return fmt.Sprintf("%s: the audit says %+v, %v", decision, page.Lines, err)
		}
	}
	return ""
}

// TestR7_TheAuthorIsToldWhatStands: of several values in one item that may be an older one; and who only says that they restored it
// has let nothing stand.
func TestR7_TheAuthorIsToldWhatStands(t *testing.T) {
	if wrong := toldWhatStands(t); wrong != "" {
		t.Error(wrong)
	}
}

func toldWhatStands(t *testing.T) string {
	t.Helper()
	for restored, want := range map[bool]string{true: "“by Ben” was taken over", false: "“later” was looked at by the office, and the other value stands"} {
		c, ben, _, item := disputed(t)
		c.push(ben, c.edit(c.ben, item.Subject, model.JobTitle, model.Text("later")))
		changes := c.decides(c.amy, item, set(model.ReviewDecision, model.Text("restored")))
		if !restored {
			changes = changes[1:]
		}
		if s, err := c.submit(c.caller(c.amy), model.Request{Units: []int{len(changes)}}, changes...); err != nil || s.Dropped[0] {
			t.Fatal(s, err)
		}
		held, told := map[model.RecordID]map[model.FieldNo]model.Value{}, ""
		c.sync(ben, nil, held)
		for _, r := range held {
			if model.UserID(model.RefOf(r[model.MessageTo])) == c.ben {
				told += r[model.MessageText].Text()
			}
		}
		if !strings.Contains(told, want) {
			return fmt.Sprintf("restored %t: Ben was told %q", restored, told)
		}
	}
	return ""
}

// TestS8_AVerdictIsForItsAuthorAlone: whoever reads the company's messages, and not its customers, learns of no dispute about one.
func TestS8_AVerdictIsForItsAuthorAlone(t *testing.T) {
	if wrong := verdictProjected(t); wrong != "" {
		t.Error(wrong)
	}
}

func verdictProjected(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	rita, dan := c.worker("rita", model.Desktop, access.RoleSets(access.Admin)), c.caller(c.without("dan", access.WebCustomers))
	customer := c.made(model.Customers, set(model.CustomerName, model.Text("ACME")), set(model.CustomerPhone, model.Text("0")))
	edit := func(u model.UserID, phone string) model.Change {
		ch := c.change(u, model.OpEdit, model.Customers, customer, set(model.CustomerPhone, model.Text(phone)))
		_, ch.Base = c.look(c.caller(u), customer)
		c.contents[ch.Body] = ch
		return ch
	}
	lost := edit(rita, "1")
	c.now += 1000
	won := edit(c.amy, "2")
	conn := c.office()
	conn.User = rita
	c.push(conn, lost)
	c.push(c.office(), won)
	items := c.inbox(model.InboxConflict, "open")
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	c.resolved(items[0].ID)
	told := func(by model.Caller) (n int) {
		l, err := c.e.List(context.Background(), by, model.Query{Collection: model.Messages, Limit: 10})
		check(t, err)
		return len(l.Records)
	}
	if a, b := told(c.caller(rita)), told(dan); a != 1 || b != 0 {
		return fmt.Sprintf("rita, whose it was, is shown %d messages, and dan, who sees no customers, %d", a, b)
	}
	return ""
}

// TestS2_WhoLostTheRecordIsToldOfNothing: what becomes of a job that was taken from somebody is not theirs to know.
func TestS2_WhoLostTheRecordIsToldOfNothing(t *testing.T) {
	c, ben, job, item := disputed(t)
	asg := model.RecordID{}
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	cursor := c.sync(ben, nil, held)
	for id, r := range held {
		if model.UserID(model.RefOf(r[model.AssignmentUser])) == c.ben && model.RefOf(r[model.FieldParent]) == job {
			asg = id
		}
	}
	c.applied(c.office(), c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{}, under(job), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg))))
	cursor = c.sync(ben, cursor, held)
	if _, err := c.submit(c.caller(c.amy), model.Request{}, c.decides(c.amy, item)[1]); err != nil {
		t.Fatal(err)
	}
	if p, err := c.e.Pull(context.Background(), model.Pull{Connection: ben, Cursor: cursor}, c.now); err != nil || p != nil {
		t.Errorf("Ben was sent %+v, %v", p, err)
	}
}

// TestR7_RestoringWantsTheRight: who may not edit the record lets no value stand, and the item stays open. Whoever asked was let in
// by an earlier snapshot: it is asked in the commit.
func TestR7_RestoringWantsTheRight(t *testing.T) {
	if wrong := restoresByRight(t); wrong != "" {
		t.Error(wrong)
	}
}

func restoresByRight(t *testing.T) string {
	t.Helper()
	c, _, job, item := disputed(t)
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebJobs] = access.ReadOnly
	rita := c.worker("rita", model.Desktop, sets)
	s, err := c.submit(c.caller(rita), model.Request{Units: []int{2}}, c.decides(rita, item)...)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := c.look(c.caller(c.amy), job)
	if title := said(*r, model.JobTitle); !s.Dropped[0] || !s.Dropped[1] || title != model.Text("by the office") || len(c.inbox(model.InboxConflict, "open")) != 1 {
		return fmt.Sprintf("rita, who may only read jobs, restored %v: %+v", title, s)
	}
	return ""
}

// TestHeld_IsRuledByWhoMay: the level, what is seen and the key's scopes are asked in the commit; a request that is repeated is
// decided once, and who comes second finds nothing that waits.
func TestHeld_IsRuledByWhoMay(t *testing.T) {
	if wrong := ruledByLevel(t); wrong != "" {
		t.Error(wrong)
	}
}

func ruledByLevel(t *testing.T) string {
	t.Helper()
	c, ben, job := stale(t, memstore.New(1<<32))
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: access.Off})
	ch := c.edit(c.ben, job, model.JobTitle, model.Text("by Ben"))
	c.want(c.push(ben, ch)[0], model.OutcomeHeld, model.ReasonRight)
	sets := access.RoleSets(access.Admin)
	sets.Web[access.WebJobs] = access.ReadOnly
	rita := c.worker("rita", model.Desktop, sets)
	dan := c.without("dan", access.WebJobs, access.WebSchedule)
	rule := func(by model.UserID, q model.Request, scopes ...string) error {
		c.now += 1000
		return c.e.Rule(context.Background(), c.caller(by, scopes...), q, model.Ruling{Change: ch.ID, Force: true, Why: "he was there"}, by, c.now)
	}
	if err := rule(rita, model.Request{}); !errors.Is(err, model.ErrLevel) {
		return fmt.Sprintf("rita, who may only read jobs, releases: %v", err)
	}
	if err := rule(dan, model.Request{}); !errors.Is(err, model.ErrUnknown) {
		return fmt.Sprintf("dan, who sees nothing, releases: %v", err)
	}
	if err := rule(c.amy, model.Request{}, "jobs:read", "review_items:write"); !errors.Is(err, model.ErrScoped) {
		return fmt.Sprintf("a key that writes no jobs releases: %v", err)
	}
	once := model.Request{Key: key(1), Print: key(2)}
	for range 2 {
		if err := rule(c.amy, once); err != nil {
			return fmt.Sprintf("amy releases: %v", err)
		}
	}
	if err := rule(c.amy, model.Request{}); !errors.Is(err, model.ErrUnknown) {
		return fmt.Sprintf("it was decided twice: %v", err)
	}
	item := c.sees(c.caller(c.amy), model.InboxQuery{State: "resolved", Kind: "held"}).Items
	if len(item) != 1 || item[0].Decision != "released" || item[0].By != c.amy || item[0].Why != "he was there" {
		return fmt.Sprintf("the item is %+v", item)
	}
	return ""
}

// TestHeld_IsNotPutAwayUndecided: the item of a change that waits is closed by deciding that, and by nothing else.
func TestHeld_IsNotPutAwayUndecided(t *testing.T) {
	if wrong := putAway(t); wrong != "" {
		t.Error(wrong)
	}
}

func putAway(t *testing.T) string {
	t.Helper()
	c, ben, job := stale(t, memstore.New(1<<32))
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: access.Off})
	ch := c.edit(c.ben, job, model.JobTitle, model.Text("by Ben"))
	c.want(c.push(ben, ch)[0], model.OutcomeHeld, model.ReasonRight)
	items := c.sees(c.caller(c.amy), model.InboxQuery{State: "open"}).Items
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	closes := func() model.Answer {
		end := c.change(c.amy, model.OpEdit, model.ReviewItems, items[0].ID, set(model.ReviewState, model.Text("resolved")))
		_, end.Base = c.look(c.caller(c.amy), items[0].ID)
		c.contents[end.Body] = end
		return c.push(c.office(), end)[0]
	}
	if a := closes(); a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonReadonly {
		return fmt.Sprintf("the item of what waits is put away: %v %d", a.Outcome, a.Reason)
	}
	if open := c.sees(c.caller(c.amy), model.InboxQuery{State: "open"}); len(open.Items) != 1 {
		return "the work waits, and nobody is shown it"
	}
	c.now += 1000
	check(t, c.e.Dismiss(context.Background(), c.id, ch.ID, c.amy, c.now))
	if open := c.sees(c.caller(c.amy), model.InboxQuery{State: "open"}); len(open.Items) != 0 {
		return "it was decided, and the item is open"
	}
	return ""
}

// TestW16_AnAlarmTellsTheSecondContent: that is what can be read nowhere else, whatever became of the first.
func TestW16_AnAlarmTellsTheSecondContent(t *testing.T) {
	if wrong := alarmed(t); wrong != "" {
		t.Error(wrong)
	}
}

func alarmed(t *testing.T) string {
	t.Helper()
	for _, first := range []model.Outcome{model.OutcomeRecorded, model.OutcomeHeld} {
		c, ben, job := stale(t, memstore.New(1<<32))
		if first == model.OutcomeHeld {
			c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileEditJob: access.Off})
		}
		ch := c.edit(c.ben, job, model.JobTitle, model.Text("first"))
		if a := c.push(ben, ch)[0]; a.Outcome != first {
			t.Fatalf("the first is %v, want %v", a.Outcome, first)
		}
		ch.Fields = []model.Assign{set(model.JobTitle, model.Text("second"))}
		ch.Body, ch.Hash = "another body", [32]byte{1}
		c.contents[ch.Body] = ch
		c.push(ben, ch)
		items := c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxAlarm}).Items
		if len(items) != 1 || items[0].Held == nil || !items[0].Held.Second || items[0].Held.Fields[0].Value != model.Text("second") {
			return fmt.Sprintf("the first is %v, and the alarm tells of %+v", first, items)
		}
	}
	return ""
}

// TestI9_TheInboxIsProjected: an item is there for whoever sees the record and the field, and so is its place in the counts.
func TestI9_TheInboxIsProjected(t *testing.T) {
	if wrong := inboxProjected(t); wrong != "" {
		t.Error(wrong)
	}
}

func inboxProjected(t *testing.T) string {
	t.Helper()
	c, ben, _, item := disputed(t)
	customer := c.made(model.Customers, set(2, model.Text("ACME")), set(4, model.Text("0")))
	_, old := c.look(c.caller(c.amy), customer)
	c.applied(c.office(), c.rename(customer, model.Customers, 4, "1"))
	ch := c.change(c.amy, model.OpEdit, model.Customers, customer, set(4, model.Text("2")))
	ch.Base = old
	c.contents[ch.Body] = ch
	c.push(c.office(), ch)
	c.applied(ben, c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text(workflow.TimeShiftEnd))))
	amys := c.sees(c.caller(c.amy), model.InboxQuery{State: "open"})
	if len(amys.Items) != 3 || amys.Counts["conflict"] != 1 || amys.Counts[model.InboxProposal] != 1 || amys.Counts[model.InboxHours] != 1 {
		return fmt.Sprintf("amy is told of %+v, %v", amys.Items, amys.Counts)
	}
	dan := c.caller(c.without("dan", access.WebCustomers, access.WebTimesheets, access.WebShifts))
	page := c.sees(dan, model.InboxQuery{State: "open"})
	if len(page.Items) != 1 || page.Items[0].ID != item.ID || len(page.Counts) != 1 || page.Counts[model.InboxProposal] != 1 || page.Next != "" {
		return fmt.Sprintf("dan, who sees neither customers nor hours, is told of %+v, %v", page.Items, page.Counts)
	}
	for _, i := range amys.Items {
		if one := c.sees(dan, model.InboxQuery{Item: i.ID}); i.ID != item.ID && (len(one.Items) > 0 || len(one.Counts) > 0) {
			return fmt.Sprintf("dan finds %+v", one)
		}
	}
	if page := c.sees(c.caller(c.amy, "review_items:read", "jobs:read"), model.InboxQuery{State: "open"}); len(page.Items) != 1 {
		return fmt.Sprintf("a key that reads no customers is told of %+v", page.Items)
	}
	return ""
}

// TestE12_HoursToCheck: what somebody must look at before it is paid is one item of each worker, until it is corrected or approved.
func TestE12_HoursToCheck(t *testing.T) {
	c, ben, _ := stale(t, memstore.New(1<<32))
	for range 3 {
		c.now += 60 * 60_000
		c.applied(ben, c.change(c.ben, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text(workflow.TimeShiftEnd))))
	}
	hours := c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxHours})
	if len(hours.Items) != 1 || hours.Items[0].Author != c.ben || hours.Items[0].Count != 3 || strings.Join(hours.Items[0].Flags, " ") != workflow.FlagMissingStart {
		t.Fatalf("hours to check: %+v", hours.Items)
	}
	if got := c.sees(c.caller(c.amy), model.InboxQuery{Person: c.amy}); len(got.Items) != 0 {
		t.Errorf("of amy's there are %+v", got.Items)
	}
	c.now += 60 * 60_000
	from := model.DayOf(c.now, nil) - 1
	if _, err := c.e.MoveSheet(context.Background(), c.caller(c.amy), model.SheetMove{Worker: c.ben, From: from, To: from + 3, Verb: model.SheetApprove}, c.now); err != nil {
		t.Fatal(err)
	}
	if hours := c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxHours}); len(hours.Items) != 0 {
		t.Errorf("what was approved is still to check: %+v", hours.Items)
	}
}

// TestReview_TheIndexHasWhatIsThere: page by page, open, resolved and all, the inbox gives what a walk through all items finds.
func TestReview_TheIndexHasWhatIsThere(t *testing.T) {
	if wrong := inboxIndexed(t); wrong != "" {
		t.Error(wrong)
	}
}

func inboxIndexed(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	rnd := rand.New(rand.NewPCG(6, 8))
	for step := range 60 {
		c.made(model.Customers, set(model.CustomerName, model.Text(fmt.Sprintf("Alike %d", rnd.IntN(12)))))
		open := c.inbox(model.InboxDuplicate, "open")
		switch n := len(open); {
		case n > 0 && rnd.IntN(2) == 0:
			c.resolved(open[rnd.IntN(n)].ID)
		case rnd.IntN(4) == 0:
			if done := c.inbox(model.InboxDuplicate, "resolved"); len(done) > 0 {
				again := c.change(c.amy, model.OpEdit, model.ReviewItems, done[0].ID, set(model.ReviewState, model.Text("open")))
				_, again.Base = c.look(c.caller(c.amy), done[0].ID)
				c.contents[again.Body] = again
				c.applied(c.office(), again)
			}
		}
		for _, state := range []string{"open", "resolved", ""} {
			want := map[model.RecordID]bool{}
			for _, s := range []string{"open", "resolved"} {
				for _, r := range c.inbox(model.InboxDuplicate, s) {
					want[r.ID] = want[r.ID] || state == "" || s == state
				}
			}
			for q := (model.InboxQuery{State: state, Limit: 3}); ; {
				page := c.sees(c.caller(c.amy), q)
				for i, item := range page.Items {
					if !want[item.ID] || i > 0 && item.At > page.Items[i-1].At {
						return fmt.Sprintf("step %d, state %q: %+v is told twice, out of order, or is not so", step, state, item)
					}
					want[item.ID] = false
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			for id, left := range want {
				if left {
					return fmt.Sprintf("step %d, state %q: %v is not told", step, state, id)
				}
			}
		}
	}
	return ""
}
