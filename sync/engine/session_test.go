package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// hand is one user's partition on an installation: what it remembers between connections.
type hand struct {
	c       *company
	user    model.UserID
	kind    model.UserKind
	key     string
	device  model.DeviceID
	session string // its token
	token   uint64 // of the connection
	next    uint64
}

func (c *company) hand(u model.UserID, kind model.UserKind, key string) *hand {
	return &hand{c: c, user: u, kind: kind, key: key, next: 1}
}

// signIn takes the slot, as a device of this id, or with the hand's own when it is zero.
func (h *hand) signIn(as model.DeviceID, over model.Epoch) (model.SignedIn, error) {
	if as.IsZero() {
		as = h.device
	}
	token := rand16(h.c.t)
	in, err := h.c.e.SignIn(context.Background(), model.SignIn{
		Tenant: h.c.id, User: h.user, Kind: h.kind, Device: as, PublicKey: []byte(h.key), Label: h.key,
		TokenHash: sha256.Sum256([]byte(token)), TakeOver: over,
	}, h.c.now)
	if err == nil {
		h.device, h.session = in.Device, token
	}
	return in, err
}

func (h *hand) hello(handIn bool) (model.Greeted, error) {
	g, err := h.c.e.Hello(context.Background(), model.Hello{
		Tenant: h.c.id, Device: h.device, TokenHash: sha256.Sum256([]byte(h.session)), Token: h.token, Next: h.next, HandIn: handIn,
	}, h.c.now)
	if err == nil {
		h.device, h.token = g.Connection.Device, g.Connection.Token
	}
	return g, err
}

// online signs in and says hello, which must go well.
func (h *hand) online() model.Greeted {
	h.c.t.Helper()
	if _, err := h.signIn(model.DeviceID{}, 0); err != nil {
		h.c.t.Fatal(err)
	}
	g, err := h.hello(false)
	if err != nil {
		h.c.t.Fatal(err)
	}
	return g
}

func rand16(t testing.TB) string {
	id := newChange(t)
	return string(id[:])
}

func (c *company) end(u model.UserID, why model.EndReason) {
	c.t.Helper()
	if ended, err := c.e.End(context.Background(), c.id, model.Ending{User: u, Reason: why, By: c.amy}, c.now); err != nil || len(ended) == 0 {
		c.t.Fatalf("End = %v, %v", ended, err)
	}
}

// shift is a fact of somebody's timesheet, which waits for nothing.
func (c *company) shift(u model.UserID) model.Change {
	return c.change(u, model.OpCreate, model.TimesheetEvents, model.RecordID{}, set(model.TimeKind, model.Text("shift_start")))
}

// rows counts the rows of a table whose keys are so long.
func rows(t testing.TB, store storage.Store, tenant model.TenantID, table storage.Table, length int) (n int) {
	t.Helper()
	err := store.View(context.Background(), tenant, func(r storage.Reader) error {
		for k := range r.Rows(table, "", "") {
			if len(k) == length {
				n++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestF13_TwoUsersOfOneDeviceHaveARowEach: whoever signs in names the device as the installation knows it, by the last
// user; both keep their identity through twenty turns, nobody is taken for a twin.
func TestF13_TwoUsersOfOneDeviceHaveARowEach(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	hands := []*hand{c.hand(c.ben, model.Mobile, "kiosk"), c.hand(c.sue, model.Subcontractor, "kiosk")}
	var last model.DeviceID
	for turn := range 20 {
		h := hands[turn%2]
		if _, err := h.signIn(last, 0); err != nil {
			t.Fatal(err)
		}
		g, err := h.hello(false)
		if err != nil || g.Reidentify {
			t.Fatalf("turn %d: %v, a new identity: %v", turn, err, g.Reidentify)
		}
		last = h.device
		c.push(g.Connection, c.shift(h.user))
		h.next = 2
		if turn%3 != 0 { // sometimes the other one is still signed in
			c.end(h.user, model.EndSignedOut)
		}
	}
	if n := rows(t, store, c.id, storage.TableDevices, 16); n != 2 {
		t.Errorf("%d device rows, want one for each of two users", n)
	}
}

// TestF13_AQueueIsHandedInBesideTheNextUser: Ben's queue goes out by the hand-in lane while Sue works on the same
// device, and takes neither her connection nor her identity.
func TestF13_AQueueIsHandedInBesideTheNextUser(t *testing.T) {
	c := newCompany(t)
	ben, sue := c.hand(c.ben, model.Mobile, "kiosk"), c.hand(c.sue, model.Subcontractor, "kiosk")
	ben.online()
	if _, err := sue.signIn(ben.device, 0); err != nil {
		t.Fatal(err)
	}
	live, err := sue.hello(false)
	if err != nil || sue.device == ben.device {
		t.Fatalf("Sue on the kiosk: %v, on Ben's row: %v", err, sue.device == ben.device)
	}
	c.end(c.ben, model.EndOffice)
	in, err := ben.hello(true)
	if err != nil {
		t.Fatal(err)
	}
	c.want(c.push(in.Connection, c.shift(c.ben))[0], model.OutcomeApplied, 0)
	c.want(c.push(live.Connection, c.shift(c.sue))[0], model.OutcomeApplied, 0)
	sue.next = 2
	if g, err := sue.hello(false); err != nil || g.Reidentify {
		t.Errorf("Sue again: %v, a new identity: %v", err, g.Reidentify)
	}
}

// TestF11_NoEndIsForgottenWhileItsTokenIsKnown: however often the device signed in since, what was made after the end
// is held, and what comes after the window.
func TestF11_NoEndIsForgottenWhileItsTokenIsKnown(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	old := c.hand(c.ben, model.Mobile, "k")
	old.online()
	c.end(c.ben, model.EndOffice)
	now := *old
	for range 6 {
		c.now += day
		now.online()
		c.end(c.ben, model.EndReset)
	}
	old.token = now.token // it is one phone, whose sign-ins were not heard of by its first session
	g, err := old.hello(true)
	if err != nil {
		t.Fatal(err)
	}
	if g.Ended == nil || g.Ended.Reason != model.EndOffice || g.Ended.By != c.amy {
		t.Errorf("ended = %+v, want by the office, by Amy (F5)", g.Ended)
	}
	late := c.note(c.ben, job)
	late.AfterEnd = true
	c.contents[late.Body] = late
	c.want(c.push(g.Connection, late)[0], model.OutcomeHeld, model.ReasonAfterEnd)
	c.now += 10 * day
	c.want(c.push(g.Connection, c.note(c.ben, job))[0], model.OutcomeHeld, model.ReasonWindow)
}

// TestF6_OnlyWhoMaySpeakReports: the board shows what the live device says, or what the ended one still has; a session
// that another one followed, or a stolen device, says nothing.
func TestF6_OnlyWhoMaySpeakReports(t *testing.T) {
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "k")
	first := h.online()
	note := func(conn model.Connection, unsent uint32) error {
		c.now += 1000
		return c.e.Note(t.Context(), conn, model.Note{Report: &model.Report{Unsent: unsent}}, c.now)
	}
	unsent := func() uint32 {
		t.Helper()
		known, err := c.e.Devices(t.Context(), c.id)
		if err != nil || len(known) != 1 {
			t.Fatalf("Devices = %v, %v", known, err)
		}
		return known[0].Report.Unsent
	}
	if err := note(first.Connection, 3); err != nil || unsent() != 3 {
		t.Errorf("the live session's report: %v, %d", err, unsent())
	}
	c.end(c.ben, model.EndOffice)
	if _, ok := errors.AsType[*model.EndedError](note(first.Connection, 99)); !ok || unsent() != 3 {
		t.Errorf("an ended session reports %d on the live lane", unsent())
	}
	in, err := h.hello(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := note(in.Connection, 2); err != nil || unsent() != 2 {
		t.Errorf("a hand-in's report: %v, %d", err, unsent())
	}
	h.online()
	if _, ok := errors.AsType[*model.EndedError](note(in.Connection, 99)); !ok || unsent() != 2 {
		t.Errorf("a session that another one followed reports %d", unsent())
	}
	g, err := h.hello(false)
	if err != nil {
		t.Fatal(err)
	}
	c.mark(h.device, engine.DeviceStolen)
	if err := note(g.Connection, 99); !errors.Is(err, model.ErrStolen) || unsent() != 2 {
		t.Errorf("a stolen device's report: %v, %d", err, unsent())
	}
}

// TestI13_SessionsAndDevicesAreForgotten: tokens whose end is long ago, devices without any, and the audit do not grow with time; what is live stays, and so does what is stolen.
func TestI13_SessionsAndDevicesAreForgotten(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store).patient()
	count := func(when string, tokens, devices int) {
		t.Helper()
		c.sweep()
		if n := rows(t, store, c.id, storage.TableTokens, 32); n != tokens || rows(t, store, c.id, storage.TableTokens, 17) != n {
			t.Errorf("%s: %d tokens, want %d", when, n, tokens)
		}
		if n := rows(t, store, c.id, storage.TableDevices, 16); n != devices || rows(t, store, c.id, storage.TableDevices, 49) != n {
			t.Errorf("%s: %d devices, want %d", when, n, devices)
		}
	}
	quiet := c.hand(c.sue, model.Subcontractor, "quiet")
	quiet.online() // and live for ever after
	h := c.hand(c.ben, model.Mobile, "k")
	for range 5 {
		h.online()
		c.end(c.ben, model.EndOffice)
	}
	stolen := c.hand(c.ben, model.Mobile, "stolen")
	stolen.online()
	c.mark(stolen.device, engine.DeviceStolen)
	count("at once", 7, 3) // whoever was cut off before hearing of a new token hands in by the old one
	c.now += engine.KeepStubs - day
	if _, err := h.hello(true); err != nil {
		t.Errorf("a hand-in within the time of a stub: %v", err)
	}
	count("before the time of a stub", 7, 3)
	c.now += 2 * day
	count("after it", 1, 3) // the hand-in was seen a day ago
	c.now += engine.KeepStubs
	count("much later", 1, 2)
	if _, err := quiet.hello(false); err != nil {
		t.Errorf("the quiet device: %v", err)
	}
	if n := rows(t, store, c.id, storage.TableAudit, 10); n != 0 {
		t.Errorf("%d lines of the audit are left", n)
	}
}

// TestW3_AnItemIsSafeAfterTheLifeOfAStub: nobody knows of a backup, and a device keeps what was answered as long as the
// server knows of it.
func TestW3_AnItemIsSafeAfterTheLifeOfAStub(t *testing.T) {
	c := newCompany(t).patient()
	h := c.hand(c.ben, model.Mobile, "k")
	if g := h.online(); g.Safe != 0 {
		t.Errorf("safe = %d in the first days of a store", g.Safe)
	}
	c.now += engine.KeepStubs + 5
	g, err := h.hello(false)
	if err != nil || g.Safe != c.now-engine.KeepStubs {
		t.Errorf("safe = %v, %v, want %d", g.Safe, err, c.now-engine.KeepStubs)
	}
}

// TestUniform_AnUnknownTenantIsAnUnknownToken: also when the store says it with more words.
func TestUniform_AnUnknownTenantIsAnUnknownToken(t *testing.T) {
	c := newCompany(t)
	for _, id := range []model.TenantID{{1}, c.id} {
		_, _, err := c.e.DeviceKey(t.Context(), id, model.DeviceID{1})
		_, err2 := c.e.Bearer(t.Context(), id, [32]byte{1})
		if got := fmt.Sprint(err, err2); !errors.Is(err, model.ErrToken) || !errors.Is(err2, model.ErrToken) {
			t.Errorf("%v: %s", id, got)
		}
	}
}

// TestCE24_AHelloThatIsHeardLate: a phone's connection breaks and the next one's hello overtakes its own. The answer that
// arrived is then not to the last hello, and the phone is still itself; a copy that goes on by another answer is not.
func TestCE24_AHelloThatIsHeardLate(t *testing.T) {
	c := newCompany(t)
	h := c.hand(c.ben, model.Mobile, "k")
	h.online()
	for range 3 {
		late, next := *h, *h
		if _, err := next.hello(false); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			ghost := late
			if g, err := ghost.hello(false); err != nil || g.Reidentify {
				t.Fatalf("a hello that is heard late: %v, a new identity: %v", err, g.Reidentify)
			}
			late.token = h.token
		}
		g, err := next.hello(false)
		if err != nil || g.Reidentify {
			t.Fatalf("the phone that heard one answer of four: %v, a new identity: %v", err, g.Reidentify)
		}
		h = &next
	}
	one, two := *h, *h
	for _, twin := range []*hand{&one, &two} {
		if _, err := twin.hello(false); err != nil {
			t.Fatal(err)
		}
	}
	first, err := one.hello(false)
	if err != nil || first.Reidentify {
		t.Fatalf("the first of two copies: %v, %v", err, first.Reidentify)
	}
	if second, err := two.hello(false); err != nil || !second.Reidentify {
		t.Errorf("the second of two copies: %v, want a new identity", err)
	}
}
