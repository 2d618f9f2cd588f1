package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// events reads the change feed to its end, three lines at a time.
func (c *company) events(by model.Caller, cursor string) ([]model.Event, string) {
	c.t.Helper()
	var out []model.Event
	for {
		page, err := c.e.Events(context.Background(), by, cursor, nil, 3)
		if err != nil {
			c.t.Fatal(err)
		}
		out, cursor = append(out, page.Events...), page.Cursor
		if !page.More {
			return out, cursor
		}
	}
}

// told is what a back office knows that took a snapshot and followed the feed.
type told map[model.RecordID]map[model.FieldNo]model.Value

func (w told) follow(events []model.Event) {
	for _, e := range events {
		if e.Op == model.OpDelete {
			delete(w, e.Record)
			continue
		}
		if w[e.Record] == nil {
			w[e.Record] = map[model.FieldNo]model.Value{}
		}
		for _, f := range e.Fields {
			w[e.Record][f.Field] = f.After
		}
	}
}

func (c *company) snapshot(by model.Caller) (told, string) {
	c.t.Helper()
	w := told{}
	cursor, err := c.e.Snapshot(context.Background(), by, nil, func(s model.Shown) error {
		w[s.ID] = map[model.FieldNo]model.Value{}
		for _, f := range s.Fields {
			w[s.ID][f.Field] = f.Value
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return w, cursor
}

// same compares what somebody was told with what is there; a null is no value.
func (w told) same(other told) string {
	for _, both := range []told{w, other} {
		for _, fields := range both {
			maps.DeleteFunc(fields, func(_ model.FieldNo, v model.Value) bool { return v.IsNull() })
		}
	}
	for id, fields := range w {
		if !maps.Equal(fields, other[id]) {
			return fmt.Sprintf("record %s: %v against %v", id, fields, other[id])
		}
	}
	if len(w) != len(other) {
		return fmt.Sprintf("%d records against %d", len(w), len(other))
	}
	return ""
}

// busy makes all kinds of things happen.
func (c *company) busy() {
	c.t.Helper()
	cust := c.made(model.Customers, set(2, model.Text("ACME")), set(8, model.Text("K-17")), set(9, model.Int(5000)))
	job, asg := c.newJob(c.ben, 3)
	gone, _ := c.newJob(c.sue, 2)
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.push(ben,
		c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text("start")), set(model.VisitEventVisit, model.Int(1))),
		c.note(c.ben, job))
	c.sync(c.phone(c.amy, model.Desktop), nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.push(c.office(), c.edit(c.amy, job, model.JobCustomer, model.Ref(cust)), c.withdraw(job, asg))
	remove := c.change(c.amy, model.OpDelete, model.Jobs, gone)
	remove.Base = c.bases[c.amy]
	c.contents[remove.Body] = remove
	c.want(c.push(c.office(), remove)[0], model.OutcomeApplied, 0)
}

func TestF2_SnapshotAndFeedAgree(t *testing.T) {
	c := newCompany(t)
	limited := access.RoleSets(access.Admin)
	limited.Web[access.WebCustomers], limited.Web[access.WebInvoices], limited.Web[access.WebQuotes] = access.None, access.None, access.None
	dan, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: "dan", Name: "dan", Kind: model.Desktop, Levels: limited.Encode()}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]model.Caller{
		"everything": c.caller(c.amy), "no customers": c.caller(dan), "jobs alone": c.caller(c.amy, "jobs:read"),
	}
	c.busy()
	from := map[string]string{}
	have := map[string]told{}
	for who, by := range callers {
		have[who], from[who] = c.snapshot(by)
	}
	c.busy()
	for who, by := range callers {
		events, _ := c.events(by, from[who])
		have[who].follow(events)
		now, _ := c.snapshot(by)
		if diff := have[who].same(now); diff != "" {
			t.Errorf("%s: snapshot and feed are not what is there: %s", who, diff)
		}
		whole, _ := c.events(by, "")
		all := told{}
		all.follow(whole)
		if diff := all.same(now); diff != "" {
			t.Errorf("%s: the feed from its beginning is not what is there: %s", who, diff)
		}
		for _, e := range whole {
			if who != "everything" && e.Collection == model.Customers {
				t.Errorf("%s: told of a customer: %+v", who, e)
			}
			for _, f := range e.Fields {
				if who == "no customers" && e.Collection == model.Jobs && f.Field == model.JobCustomer {
					t.Errorf("%s: told of a job's customer: %+v", who, e)
				}
			}
		}
	}
}

func TestF2_AnEventSaysWhoAndFromWhere(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	amy := c.caller(c.amy)
	_, from := c.events(amy, "")
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	note := c.note(c.ben, job)
	c.push(ben, note)
	events, cursor := c.events(amy, from)
	if len(events) != 1 {
		t.Fatalf("events = %+v, want the note alone", events)
	}
	if e := events[0]; e.Op != model.OpCreate || e.Record != note.Record || e.Change != note.ID || e.Author != c.ben || e.Device != ben.Device || e.Office || e.Time != c.now {
		t.Errorf("event = %+v, want ben's note from ben's phone", e)
	}
	remove := c.change(c.amy, model.OpDelete, model.Notes, note.Record)
	_, remove.Base = c.look(amy, note.Record)
	c.contents[remove.Body] = remove
	c.want(c.push(c.office(), remove)[0], model.OutcomeApplied, 0)
	events, _ = c.events(amy, cursor)
	if len(events) != 1 || events[0].Op != model.OpDelete || events[0].Author != c.amy || len(events[0].Fields) != 0 {
		t.Errorf("events = %+v, want that amy removed it, and nothing of what it said", events)
	}
}

func TestF2_AFeedThatIsTooOldIsGone(t *testing.T) {
	c := newCompany(t)
	amy := c.caller(c.amy)
	c.made(model.Customers, set(2, model.Text("old")))
	start, err := c.e.Events(context.Background(), amy, "", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.made(model.Customers, set(2, model.Text("older than the limit")))
	c.now += model.Instant(model.DefaultSettings().HistoryKeep) + 1
	c.made(model.Customers, set(2, model.Text("new")))
	c.sweep()
	if _, err := c.e.Events(context.Background(), amy, start.Cursor, nil, 1); !errors.Is(err, model.ErrGone) {
		t.Errorf("a cursor from before what is kept = %v, want ErrGone", err)
	}
	events, _ := c.events(amy, "")
	if len(events) != 1 || events[0].Fields[0].After.Text() != "new" {
		t.Errorf("from the beginning = %+v, want what is kept", events)
	}
	if _, err := c.e.Events(context.Background(), amy, "nonsense", nil, 1); !errors.Is(err, model.ErrHistory) {
		t.Errorf("nonsense = %v, want ErrHistory", err)
	}
	if _, err := c.e.Events(context.Background(), c.caller(c.amy, "read"), start.Cursor, nil, 1); !errors.Is(err, model.ErrGone) {
		t.Errorf("the cursor of wider rights = %v, want ErrGone", err)
	}
}

func TestF2_ALargeRecordsHistoryFitsTheStore(t *testing.T) {
	c := newCompanyOn(t, badger(t))
	amy := c.caller(c.amy)
	job := c.emptyJob()
	big := func(f model.FieldNo, n int, r byte) model.Assign {
		text := make([]byte, n)
		for i := range text {
			text[i] = r
		}
		return set(f, model.Text(string(text)))
	}
	for _, r := range []byte("ab") {
		edit := c.change(c.amy, model.OpEdit, model.Jobs, job, big(model.JobDescription, 16000, r), big(17, 16000, r))
		_, edit.Base = c.look(amy, job)
		c.contents[edit.Body] = edit
		c.want(c.push(c.office(), edit)[0], model.OutcomeApplied, 0)
	}
	form := c.change(c.amy, model.OpCreate, model.FormTemplates, model.RecordID(newChange(t)), set(2, model.Text("form")), set(5, model.Bytes(make([]byte, 49000))))
	c.want(c.push(c.office(), form)[0], model.OutcomeApplied, 0)
	have := told{}
	events, _ := c.events(amy, "")
	have.follow(events)
	if now, _ := c.snapshot(amy); have.same(now) != "" {
		t.Error(have.same(now))
	}
}

func TestHooks(t *testing.T) {
	c, ctx := newCompany(t), context.Background()
	c.made(model.Customers, set(2, model.Text("before")))
	h, err := c.e.AddHook(ctx, c.id, model.Hook{URL: "https://erp.example/in", Owner: c.amy, Scopes: model.Scopes{"read"}}, c.amy, c.now)
	if err != nil || len(h.Secrets) != 1 || len(h.Secrets[0]) != 32 {
		t.Fatalf("AddHook = %+v, %v, want a secret of 32 bytes", h, err)
	}
	c.made(model.Customers, set(2, model.Text("after")))
	ahead, err := c.e.Ahead(ctx, c.id, h, 10)
	if err != nil || len(ahead.Events) != 1 || ahead.More {
		t.Fatalf("Ahead = %+v, %v, want what was committed since", ahead, err)
	}
	failed := model.Delivery{Hook: h.ID, ID: model.MessageID{1}, Body: []byte("{}"), Made: c.now, Dead: c.now}
	if err := c.e.SettleHook(ctx, c.id, engine.HookRound{Hook: h.ID, From: h.Position, Position: ahead.Position, Put: []model.Delivery{failed}, Failing: c.now}, c.now); err != nil {
		t.Fatal(err)
	}
	for _, late := range []engine.HookRound{
		{Hook: h.ID, From: ahead.Position, Position: h.Position},
		{Hook: h.ID, From: h.Position, Position: model.Position{Seq: ahead.Position.Seq + 1}},
	} {
		if err := c.e.SettleHook(ctx, c.id, late, c.now); err != nil {
			t.Fatal(err)
		}
	}
	hooks, err := c.e.Hooks(ctx, c.id)
	if err != nil || len(hooks) != 1 || hooks[0].Position != ahead.Position {
		t.Fatalf("hooks = %+v, %v, want a position that does not go back, and on only from where it is", hooks, err)
	}
	if n, err := c.e.Replay(ctx, c.id, h.ID, model.MessageID{}, c.amy, c.now); err != nil || n != 1 {
		t.Errorf("Replay = %d, %v, want 1", n, err)
	}
	if d, err := c.e.Deliveries(ctx, c.id, h.ID); err != nil || len(d) != 1 || d[0].Dead != 0 || d[0].Next != c.now {
		t.Errorf("deliveries = %+v, %v, want one that is due", d, err)
	}
	if err := c.e.RemoveHook(ctx, c.id, h.ID, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	if n := c.e.RowCount(c.id, 21); n != 0 {
		t.Errorf("%d deliveries of a removed webhook are left", n)
	}
	h.Owner = c.ben
	if _, err := c.e.Ahead(ctx, c.id, h, 1); !errors.Is(err, model.ErrLevel) {
		t.Errorf("a webhook of somebody who is not of the office = %v, want ErrLevel", err)
	}
}

func TestF2_WhoHasReadEverythingMissesNothingInAQuietTime(t *testing.T) {
	c, ctx := newCompany(t), context.Background()
	h, err := c.e.AddHook(ctx, c.id, model.Hook{Owner: c.amy, Scopes: model.Scopes{"read"}}, c.amy, c.now)
	if err != nil {
		t.Fatal(err)
	}
	c.made(model.Customers, set(2, model.Text("the last for long")))
	_, cursor := c.events(c.caller(c.amy), "")
	ahead, err := c.e.Ahead(ctx, c.id, h, 10)
	if err != nil {
		t.Fatal(err)
	}
	h.Position = ahead.Position
	c.now += model.Instant(model.DefaultSettings().HistoryKeep) + 1
	c.sweep()
	if _, err := c.e.Ahead(ctx, c.id, h, 10); err != nil {
		t.Errorf("a webhook that was told everything = %v", err)
	}
	if _, err := c.e.Events(ctx, c.caller(c.amy), cursor, nil, 10); err != nil {
		t.Errorf("a cursor that has read everything = %v", err)
	}
}

func TestI10_AKeptMessageIsOfTheRightsOfNow(t *testing.T) {
	c, ctx := newCompany(t), context.Background()
	cust := c.made(model.Customers, set(2, model.Text("ACME")))
	h, err := c.e.AddHook(ctx, c.id, model.Hook{Owner: c.amy, Scopes: model.Scopes{"read"}}, c.amy, c.now)
	if err != nil {
		t.Fatal(err)
	}
	job := c.made(model.Jobs, set(model.JobTitle, model.Text("Boiler")), set(model.JobCustomer, model.Ref(cust)))
	other := c.made(model.Customers, set(2, model.Text("SECRET")))
	ahead, err := c.e.Ahead(ctx, c.id, h, 10)
	if err != nil {
		t.Fatal(err)
	}
	var places []model.Position
	for _, e := range ahead.Events {
		places = append(places, model.Position{Seq: e.Seq, Index: e.Index})
	}
	limited := access.RoleSets(access.Admin)
	limited.Web[access.WebCustomers] = access.None
	if err := c.e.SetLevels(ctx, c.id, c.amy, limited.Encode(), c.now); err != nil {
		t.Fatal(err)
	}
	again, err := c.e.Again(ctx, c.id, h, places)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range again {
		if e.Record == other {
			t.Errorf("a customer is told again after the right went: %+v", e)
		}
		for _, f := range e.Fields {
			if e.Record == job && f.Field == model.JobCustomer {
				t.Errorf("a job's customer is told again after the right went: %+v", e)
			}
		}
	}
	if len(again) == 0 {
		t.Error("the job itself is not told again")
	}
}

// crowd makes one commit of a push and of those that come while it is on its way.
type crowd struct {
	*memstore.Store
	next    []func()
	decides []storage.Decide
	head    storage.Head
	errs    []error
}

func (s *crowd) Apply(_ context.Context, t model.TenantID, _ int, decide storage.Decide) (storage.Head, error) {
	n := len(s.decides)
	s.decides = append(s.decides, decide)
	if len(s.next) > 0 {
		next := s.next[0]
		s.next = s.next[1:]
		next()
	} else {
		s.head, s.errs = s.Together(t, s.decides...)
		s.decides = nil
	}
	return s.head, s.errs[n]
}

func TestF2_TheHistoryOfACrowdedCommit(t *testing.T) { found(t, historyShared(t)) }

// historyShared says what is wrong with the history of a commit of many pushes, small and large.
func historyShared(t *testing.T) string {
	t.Helper()
	s := &crowd{Store: memstore.New(1 << 32)}
	c := newCompanyOn(t, s)
	job := c.emptyJob()
	_, from := c.events(c.caller(c.amy), "")
	rows := c.e.RowCount(c.id, storage.TableHistory)
	const pushes = 60
	want := map[model.RecordID]bool{}
	note := func(i int) func() {
		return func() {
			text := "hi"
			if i == 7 {
				text = strings.Repeat("long ", 1800)
			}
			n := c.change(c.amy, model.OpCreate, model.Notes, model.RecordID{}, set(model.FieldParent, model.Ref(job)),
				set(model.NoteText, model.Text(text)), set(model.NoteAudience, model.Text("field")))
			want[n.Record] = true
			c.want(c.push(c.office(), n)[0], model.OutcomeApplied, 0)
		}
	}
	for i := range pushes {
		s.next = append(s.next, note(i))
	}
	first := s.next[0]
	s.next = s.next[1:]
	first()
	for cursor := from; ; {
		page, err := c.e.Events(context.Background(), c.caller(c.amy), cursor, nil, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			if !want[e.Record] {
				return fmt.Sprintf("%v is told twice, or was never written", e.Record)
			}
			delete(want, e.Record)
		}
		if cursor = page.Cursor; !page.More {
			break
		}
	}
	if len(want) > 0 {
		return fmt.Sprintf("%d of %d records are not in the history", len(want), pushes)
	}
	if n := c.e.RowCount(c.id, storage.TableHistory) - rows; n > pushes/4 {
		return fmt.Sprintf("%d decisions take %d rows", pushes, n)
	}
	return ""
}
