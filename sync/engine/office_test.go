package engine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What a reader with a fresh mind broke of the office's side, and must stay mended.

// on is the same company on another store: a backup that was restored.
func (c *company) on(store storage.Store) *company {
	d := *c
	d.e = engine.New(engine.Config{Store: store, Random: rand.Reader, Decode: func(body string, _ []string) model.Change { return c.contents[body] }})
	return &d
}

// without adds a desktop user who may everything but this.
func (c *company) without(login string, off ...access.Permission) model.UserID {
	c.t.Helper()
	sets := access.RoleSets(access.Admin)
	for _, p := range off {
		sets.Web[p] = access.None
	}
	u, err := c.e.AddAccount(context.Background(), c.id, engine.NewAccount{Login: login, Name: login, Kind: model.Desktop, Levels: sets.Encode()}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

// remover is amy's deletion of a record as she sees it now.
func (c *company) remover(by model.UserID, coll model.Collection, id model.RecordID) model.Change {
	ch := c.change(by, model.OpDelete, coll, id)
	_, ch.Base = c.look(c.caller(by), id)
	c.contents[ch.Body] = ch
	return ch
}

func TestI5_AFeedKnowsTheLivesOfTheStore(t *testing.T) {
	if wrong := livesOfTheStore(t); wrong != "" {
		t.Error(wrong)
	}
}

// livesOfTheStore says what is wrong, or nothing; a planted bug must make it say something.
func livesOfTheStore(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	amy := c.caller(c.amy)
	c.made(model.Customers, set(2, model.Text("before the backup")))
	backup := store.Clone()
	_, kept := c.events(amy, "")
	c.made(model.Customers, set(2, model.Text("of the life that is lost")))
	_, cursor := c.events(amy, "")
	old, _ := c.events(amy, "")
	if err := backup.NewLife(2 << 32); err != nil {
		t.Fatal(err)
	}
	d := c.on(backup)
	d.made(model.Customers, set(2, model.Text("of the new life")))
	d.made(model.Customers, set(2, model.Text("of the new life, too")))
	if _, err := d.e.Events(context.Background(), amy, cursor, nil, 10); !errors.Is(err, model.ErrGone) {
		return fmt.Sprintf("a cursor of the life that was lost = %v, want ErrGone: it would skip what has its numbers now", err)
	}
	if news, _ := d.events(amy, kept); len(news) != 2 {
		return fmt.Sprintf("a cursor that the backup contains gives %d events, want the two of the new life", len(news))
	}
	ids := map[model.MessageID]model.RecordID{}
	for _, e := range old {
		ids[e.ID] = e.Record
	}
	now, _ := d.events(amy, "")
	for _, e := range now {
		if was, ok := ids[e.ID]; ok && was != e.Record {
			return fmt.Sprintf("event %s was of %s and is of %s: a receiver that knows it drops it", e.ID, was, e.Record)
		}
	}
	return ""
}

func TestD12_3_AKeyUsedAgainIsRememberedAnew(t *testing.T) {
	c := newCompany(t)
	amy, r := c.caller(c.amy), model.Request{Key: key(1), Print: key(2)}
	if _, err := c.submit(amy, r, c.customer("first")); err != nil {
		t.Fatal(err)
	}
	c.now += model.RequestLife + 1000
	if s, err := c.submit(amy, r, c.customer("a day later")); err != nil || s.Repeat {
		t.Fatalf("a day later = %+v, %v, want it decided", s, err)
	}
	c.sweep()
	if s, err := c.submit(amy, r, c.customer("its repeat")); err != nil || !s.Repeat {
		t.Errorf("the repeat of what was decided a moment ago = %+v, %v, want its answer", s, err)
	}
}

func TestI9_HeldWorkIsForWhoSeesSuch(t *testing.T) {
	if wrong := heldHours(t); wrong != "" {
		t.Error(wrong)
	}
}

// heldHours says what is wrong, or nothing; a planted bug must make it say something.
func heldHours(t *testing.T) string {
	t.Helper()
	c, ctx := newCompany(t), context.Background()
	dan := c.caller(c.without("dan", access.WebShifts, access.WebTimesheets, access.WebMessaging))
	ben := c.phone(c.ben, model.Mobile)
	if _, err := c.e.SetDeviceState(ctx, c.id, engine.DeviceMark{Device: ben.Device, State: engine.DeviceLost}, c.now); err != nil {
		t.Fatal(err)
	}
	ben.Lane = model.LaneHandIn
	correction := c.change(c.ben, model.OpCreate, model.TimesheetCorrections, model.RecordID{}, set(5, model.Int(30)), set(6, model.Text("was at the doctor")), set(model.CorrectionWorker, model.Ref(c.ben)))
	message := c.change(c.ben, model.OpCreate, model.Messages, model.RecordID{}, set(3, model.Text("between the two of us")), set(model.MessageTo, model.Ref(c.amy)))
	for _, a := range c.push(ben, correction, message) {
		c.want(a, model.OutcomeHeld, model.ReasonLost)
	}
	if held, err := c.e.HeldFor(ctx, dan); err != nil || len(held) != 0 {
		return fmt.Sprintf("dan, who sees no hours, and no messages but his own, reads %+v, %v", held, err)
	}
	if held, err := c.e.HeldFor(ctx, c.caller(c.amy)); err != nil || len(held) != 2 || len(held[0].Fields) == 0 {
		return fmt.Sprintf("amy, who decides it, reads %+v, %v", held, err)
	}
	return ""
}

func TestI11_HistoryKeepsNothingOutOfACommit(t *testing.T) {
	c := newCompanyOn(t, badger(t))
	full := func() (job, asg model.RecordID) {
		job, asg = c.newJob(c.sue, 0)
		for range 150 {
			if c.push(c.office(), c.form(c.amy, job, 30<<10))[0].Outcome == model.OutcomeHeld {
				break
			}
		}
		return job, asg
	}
	a, asgA := full()
	b, asgB := full()
	todo := []model.Change{c.withdraw(a, asgA), c.withdraw(b, asgB)}
	for round := 0; len(todo) > 0; round++ {
		var again []model.Change
		for i, x := range c.push(c.office(), todo...) {
			switch x.Outcome {
			case model.OutcomeRetry:
				again = append(again, todo[i])
			case model.OutcomeApplied:
			default:
				t.Fatalf("a withdrawal that fits a commit alone = %v, reason %d", x.Outcome, x.Reason)
			}
		}
		if len(again) == len(todo) {
			t.Fatal("a round took nothing")
		}
		todo = again
	}
}

func TestI11_WhatIsLargeCanBeRemoved(t *testing.T) {
	c := newCompanyOn(t, badger(t))
	cust := c.made(model.Customers, set(2, model.Text("hospital")))
	site := c.made(model.Sites, under(cust), set(2, model.Text("main")))
	for range 11 {
		var frame []model.Change
		for range 100 {
			frame = append(frame, c.change(c.amy, model.OpCreate, model.Assets, model.RecordID(newChange(t)), under(site), set(10, model.Text(strings.Repeat("x", 3900)))))
		}
		for _, a := range c.push(c.office(), frame...) {
			c.want(a, model.OutcomeApplied, 0)
		}
	}
	s, err := c.submit(c.caller(c.amy), model.Request{}, c.remover(c.amy, model.Sites, site))
	if err != nil || s.Dropped[0] {
		t.Errorf("removing a site with 1,100 assets = %+v, %v, want it gone", s, err)
	}
}

func TestI9_ADeletionIsToldToWhoSawTheRecord(t *testing.T) {
	if wrong := deletionTold(t); wrong != "" {
		t.Error(wrong)
	}
}

// deletionTold says what is wrong, or nothing; a planted bug must make it say something.
func deletionTold(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	dan := c.caller(c.without("dan", access.WebJobs, access.WebSchedule))
	job := c.emptyJob()
	price := c.made(model.JobCommercials, under(job), set(2, model.Int(5)))
	_, dans := c.events(dan, "")
	_, amys := c.events(c.caller(c.amy), "")
	if _, err := c.submit(c.caller(c.amy), model.Request{}, c.remover(c.amy, model.Jobs, job)); err != nil {
		t.Fatal(err)
	}
	told := func(by model.Caller, from string) bool {
		events, _ := c.events(by, from)
		for _, e := range events {
			if e.Record == price {
				return true
			}
		}
		return false
	}
	if told(dan, dans) {
		return "dan hears of a record that hung on what he does not see"
	}
	if !told(c.caller(c.amy), amys) {
		return "amy, who saw it, does not hear that it is gone"
	}
	return ""
}

func TestI9_WhetherThereIsMoreSaysNothingOfWhatIsHidden(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		c := newCompany(t)
		dan := c.caller(c.without("dan", access.WebCustomers))
		_, from := c.events(dan, "")
		c.emptyJob()
		if hidden {
			c.made(model.Customers, set(2, model.Text("hidden")))
		}
		page, err := c.e.Events(context.Background(), dan, from, nil, 1)
		if err != nil || len(page.Events) != 1 || page.More {
			t.Errorf("with something hidden behind it %v: %d events, more %v, %v, want one and no more", hidden, len(page.Events), page.More, err)
		}
	}
}

func TestF2_WhatFollowsFromADeletionIsItsAuthors(t *testing.T) {
	c := newCompany(t)
	c.newJob(c.ben, 1)
	bob := c.without("bob")
	job := c.emptyJob()
	note := c.made(model.Notes, under(job), set(model.NoteText, model.Text("n")))
	c.push(c.office(), c.assign(job, c.ben))
	if _, err := c.e.Configure(context.Background(), c.id, setting(func(s *model.Settings) { s.AutoAccept = true }), c.now); err != nil {
		t.Fatal(err)
	}
	_, from := c.events(c.caller(c.amy), "")
	remove := c.remover(bob, model.Notes, note)
	if _, err := c.submit(c.caller(bob), model.Request{}, remove); err != nil {
		t.Fatal(err)
	}
	events, _ := c.events(c.caller(c.amy), from)
	if len(events) < 2 {
		t.Fatalf("events = %+v, want the deletion and what it led to", events)
	}
	for _, e := range events {
		if e.Author != bob || e.Change != remove.ID {
			t.Errorf("an event of bob's deletion is told as another's: %+v", e)
		}
	}
}

func TestHooks_ALateRoundDoesNotSpeakOfAnotherAddress(t *testing.T) {
	c, ctx := newCompany(t), context.Background()
	h, err := c.e.AddHook(ctx, c.id, model.Hook{URL: "https://old.example", Owner: c.amy, Scopes: model.Scopes{"read"}}, c.amy, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.e.ChangeHook(ctx, c.id, h.ID, c.amy, func(h *model.Hook) error { h.URL = "https://new.example"; return nil }, c.now); err != nil {
		t.Fatal(err)
	}
	late := engine.HookRound{Hook: h.ID, URL: h.URL, From: h.Position, Position: h.Position, Off: "410", Failing: c.now}
	if err := c.e.SettleHook(ctx, c.id, late, c.now); err != nil {
		t.Fatal(err)
	}
	if hooks, err := c.e.Hooks(ctx, c.id); err != nil || hooks[0].State != model.HookOn || hooks[0].Failing != 0 {
		t.Errorf("hook = %+v, %v, want the new address untouched by what the old one said", hooks, err)
	}
}

func TestHooks_MuchIsReplayedAndRemoved(t *testing.T) {
	c, ctx := newCompanyOn(t, badger(t)), context.Background()
	h, err := c.e.AddHook(ctx, c.id, model.Hook{Owner: c.amy, Scopes: model.Scopes{"read"}}, c.amy, c.now)
	if err != nil {
		t.Fatal(err)
	}
	const n = 300
	for range n / 100 {
		r := engine.HookRound{Hook: h.ID}
		for range 100 {
			r.Put = append(r.Put, model.Delivery{Hook: h.ID, ID: model.MessageID(newChange(t)), Type: strings.Repeat("x", 19_000), Made: c.now, Dead: c.now})
		}
		if err := c.e.SettleHook(ctx, c.id, r, c.now); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.e.Replay(ctx, c.id, h.ID, model.MessageID{}, c.amy, c.now); err != nil || got != n {
		t.Errorf("Replay = %d, %v, want %d: it is more than a commit takes", got, err, n)
	}
	if err := c.e.RemoveHook(ctx, c.id, h.ID, c.amy, c.now); err != nil || c.e.RowCount(c.id, storage.TableDelivery) != 0 {
		t.Errorf("RemoveHook = %v, %d rows are left", err, c.e.RowCount(c.id, storage.TableDelivery))
	}
}
