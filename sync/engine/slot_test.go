package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// policy sets what a second device meets that wants a session of a kind.
func (c *company) policy(kind model.UserKind, p model.SlotPolicy) {
	c.t.Helper()
	c.configure(func(s *model.Settings) { s.Sessions.Policies[kind-1] = p })
}

// officeOnPhones gives somebody of the office a mobile set too.
func (c *company) officeOnPhones(u model.UserID) {
	sets := access.RoleSets(access.Admin)
	sets.Mobile = access.DefaultSets(model.Mobile).Mobile
	c.levels(u, sets)
}

// in is what a sign-in comes to, in a word.
func came(s model.SignedIn, err error) string {
	active, ok := errors.AsType[*model.Active](err)
	switch {
	case ok:
		return active.Policy.String() + " " + active.Device
	case err != nil:
		return err.Error()
	}
	return fmt.Sprintf("in, %d ended", len(s.Ended))
}

// TestF2_RefusedUntilReleased: no yes lets a second device in, whatever epoch it names; the first one's end does, and so does
// the end of its time.
func TestF2_RefusedUntilReleased(t *testing.T) { found(t, refusing(t)) }

func refusing(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	c.policy(model.Mobile, model.SlotRefuse)
	a, b := c.hand(c.ben, model.Mobile, "a"), c.hand(c.ben, model.Mobile, "b")
	a.online()
	for _, over := range []model.Epoch{0, c.epochOf(c.ben)} {
		if got := came(b.signIn(model.DeviceID{}, over)); got != "refuse a" {
			return "the second device with a yes to " + fmt.Sprint(over) + ": " + got
		}
	}
	if got := came(a.signIn(model.DeviceID{}, 0)); got != "in, 0 ended" {
		return "the first device again: " + got
	}
	if _, err := c.e.End(ctx, c.id, model.Ending{User: c.ben, Reason: model.EndOffice, By: c.amy, Choice: model.EndDrain}, c.now); err != nil {
		t.Fatal(err)
	}
	if got := came(b.signIn(model.DeviceID{}, 0)); got != "in, 0 ended" {
		return "after the release: " + got
	}
	c.now += model.Instant(model.DefaultSessionRules().Idle)
	if got := came(a.signIn(model.DeviceID{}, 0)); got != "in, 0 ended" {
		return "after the other's time: " + got
	}
	return ""
}

// epochOf is that of somebody's one live session.
func (c *company) epochOf(u model.UserID) model.Epoch {
	live, err := c.e.Sessions(context.Background(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range live {
		if s.User == u {
			return s.Epoch
		}
	}
	return 0
}

// TestF2_TakenOverUnasked, and audited like a takeover that somebody said yes to (F16).
func TestF2_TakenOverUnasked(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.policy(model.Mobile, model.SlotTakeover)
	a, b := c.hand(c.ben, model.Mobile, "a"), c.hand(c.ben, model.Mobile, "b")
	a.online()
	second, err := b.signIn(model.DeviceID{}, 0)
	if got := came(second, err); got != "in, 1 ended" || second.Ended[0].Reason != model.EndSuperseded {
		t.Fatalf("the second device: %s, %+v", got, second.Ended)
	}
	if over, ok := errors.AsType[*model.EndedError](a.helloError()); !ok || over.Ended.Reason != model.EndSuperseded {
		t.Errorf("the first device is told %+v", over)
	}
	kinds := map[model.AuditKind]int{}
	for _, line := range audited(t, store, c.id) {
		kinds[line.Kind]++
	}
	if kinds[model.AuditTakeover] != 1 || kinds[model.AuditEnd] != 1 {
		t.Errorf("the audit has %d takeovers and %d ends", kinds[model.AuditTakeover], kinds[model.AuditEnd])
	}
	if got := came(a.signIn(model.DeviceID{}, second.Epoch-1)); got != "takeover b" {
		t.Errorf("over another session than the one that was drained: %s", got)
	}
}

// TestF2_APolicyIsThatOfTheKindWanted, not of what is live, and a change of it ends nobody.
func TestF2_APolicyIsThatOfTheKindWanted(t *testing.T) {
	c := newCompany(t)
	c.officeOnPhones(c.amy)
	desk, phone := c.hand(c.amy, model.Desktop, "desk"), c.hand(c.amy, model.Mobile, "phone")
	desk.online()
	c.policy(model.Desktop, model.SlotTakeover)
	c.policy(model.Mobile, model.SlotRefuse)
	if err := desk.helloError(); err != nil {
		t.Errorf("after the policies changed: %v", err)
	}
	if got := came(phone.signIn(model.DeviceID{}, 0)); got != "refuse desk" {
		t.Errorf("the phone: %s", got)
	}
	if got := came(c.hand(c.amy, model.Desktop, "laptop").signIn(model.DeviceID{}, 0)); got != "in, 1 ended" {
		t.Errorf("another desk: %s", got)
	}
}

// TestA6_SideBySide: with a slot per kind, a person's desk and phone stand side by side, and two phones do not.
func TestA6_SideBySide(t *testing.T) { found(t, sideBySide(t)) }

func sideBySide(t *testing.T) string {
	c := newCompany(t)
	c.officeOnPhones(c.amy)
	c.configure(func(s *model.Settings) { s.SlotPerKind = true })
	desk, phone := c.hand(c.amy, model.Desktop, "desk"), c.hand(c.amy, model.Mobile, "phone")
	desk.online()
	if got := came(phone.signIn(model.DeviceID{}, 0)); got != "in, 0 ended" {
		return "the phone beside the desk: " + got
	}
	if err := desk.helloError(); err != nil {
		return "the desk beside the phone: " + err.Error()
	}
	if got := came(c.hand(c.amy, model.Mobile, "other").signIn(model.DeviceID{}, 0)); got != "confirm phone" {
		return "a second phone: " + got
	}
	return ""
}

// TestA6_AnotherRuleOfSlotsEndsNobody: who is signed in stays so. Under one slot for all kinds, the next device takes the place
// of both sessions, by the yes to the newer.
func TestA6_AnotherRuleOfSlotsEndsNobody(t *testing.T) {
	c := newCompany(t)
	c.officeOnPhones(c.amy)
	ben := c.hand(c.ben, model.Mobile, "pixel")
	ben.online()
	c.configure(func(s *model.Settings) { s.SlotPerKind = true })
	desk, phone := c.hand(c.amy, model.Desktop, "desk"), c.hand(c.amy, model.Mobile, "phone")
	desk.online()
	phone.online()
	c.configure(func(s *model.Settings) { s.SlotPerKind = false })
	for _, h := range []*hand{ben, desk, phone} {
		if err := h.helloError(); err != nil {
			t.Errorf("%s after the rule changed: %v", h.key, err)
		}
	}
	next := c.hand(c.amy, model.Mobile, "next")
	_, err := next.signIn(model.DeviceID{}, 0)
	active, ok := errors.AsType[*model.Active](err)
	if !ok || active.Device != "phone" {
		t.Fatalf("the next device: %v, want a question about the newer", err)
	}
	if got := came(next.signIn(model.DeviceID{}, active.Epoch)); got != "in, 2 ended" {
		t.Errorf("after the yes: %s", got)
	}
}

// TestV20_ADeviceHasOneSession: signed in as another kind, it leaves its slot of the first.
func TestV20_ADeviceHasOneSession(t *testing.T) {
	c := newCompany(t)
	c.officeOnPhones(c.amy)
	c.configure(func(s *model.Settings) { s.SlotPerKind = true })
	h := c.hand(c.amy, model.Desktop, "tablet")
	h.online()
	h.kind = model.Mobile
	h.online()
	live, err := c.e.Sessions(t.Context(), c.id)
	if err != nil || len(live) != 1 || live[0].Kind != model.Mobile {
		t.Errorf("live = %+v, %v", live, err)
	}
}

// TestA6_ASlotOfAnEarlierRelease is live as before, and is one slot with the one that takes its place.
func TestA6_ASlotOfAnEarlierRelease(t *testing.T) {
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	h := c.hand(c.ben, model.Mobile, "pixel")
	h.online()
	if _, err := store.Apply(t.Context(), c.id, 1, func(r storage.Reader) (*storage.WriteSet, error) {
		key := string(c.ben[:]) + string([]byte{byte(model.Mobile)})
		row, _ := r.Row(storage.TableSlots, key)
		return &storage.WriteSet{Rows: []storage.RowWrite{
			{Table: storage.TableSlots, Key: key}, {Table: storage.TableSlots, Key: string(c.ben[:]), Value: row},
		}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.helloError(); err != nil {
		t.Errorf("the device: %v", err)
	}
	if got := came(c.hand(c.ben, model.Mobile, "other").signIn(model.DeviceID{}, 0)); got != "confirm pixel" {
		t.Errorf("another one: %s", got)
	}
	was := c.epochOf(c.ben)
	if got := came(c.hand(c.ben, model.Mobile, "other").signIn(model.DeviceID{}, was)); got != "in, 1 ended" {
		t.Errorf("after the yes: %s", got)
	}
	if is := c.epochOf(c.ben); is <= was {
		t.Errorf("epoch %x after %x", is, was)
	}
}

// TestV1_AKindIsAskedFor: who has the set for it gets a session of that kind, on every road, and nobody else does.
func TestV1_AKindIsAskedFor(t *testing.T) { found(t, kindAskedFor(t)) }

func kindAskedFor(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	none := model.ErrNoKind.Error()
	if got := came(c.hand(c.amy, model.Mobile, "phone").signIn(model.DeviceID{}, 0)); got != none {
		return "the office without a mobile set: " + got
	}
	ticket := model.NewTicket{Kind: model.TicketSignIn, User: c.amy, As: model.Mobile, By: c.amy, Proven: c.now}
	if _, err := c.e.AddTicket(ctx, c.id, ticket, c.now); !errors.Is(err, model.ErrNoKind) {
		return fmt.Sprintf("a ticket for it: %v", err)
	}
	c.officeOnPhones(c.amy)
	if got := came(c.hand(c.amy, model.Mobile, "phone").signIn(model.DeviceID{}, 0)); got != "in, 0 ended" {
		return "the office with one: " + got
	}
	for _, kind := range []model.UserKind{model.Desktop, model.Subcontractor, model.Portal} {
		if got := came(c.hand(c.ben, kind, "any").signIn(model.DeviceID{}, 0)); got != none {
			return "an engineer as " + kind.String() + ": " + got
		}
	}
	return ""
}

// TestF16_TheLastAdminsSessionWantsAReason: on every road, a rehearsal included; not when somebody else may administer, when they
// stay signed in elsewhere, or when they sign out.
func TestF16_TheLastAdminsSessionWantsAReason(t *testing.T) { found(t, lastSession(t)) }

func lastSession(t *testing.T) string {
	c, ctx := newCompany(t), context.Background()
	desk := c.hand(c.amy, model.Desktop, "desk")
	desk.online()
	end := model.Ending{User: c.amy, Reason: model.EndOffice, Choice: model.EndNow}
	for _, e := range []model.Ending{
		end,
		{User: c.amy, Reason: model.EndOffice, Choice: model.EndDrain, Rehearse: true},
		{User: c.amy, Reason: model.EndOffice, By: c.amy, Note: " "},
		{User: c.amy, Reason: model.EndOffice, Epoch: c.epochOf(c.amy)},
	} {
		if _, err := c.e.End(ctx, c.id, e, c.now); !errors.Is(err, model.ErrReason) {
			return fmt.Sprintf("%+v: %v", e, err)
		}
	}
	for _, state := range []uint8{engine.DeviceLost, engine.DeviceStolen} {
		_, err := c.e.SetDeviceState(ctx, c.id, engine.DeviceMark{Device: desk.device, State: state, By: c.amy}, c.now)
		if !errors.Is(err, model.ErrReason) {
			return fmt.Sprintf("marked %s: %v", engine.StateName(state), err)
		}
	}
	if err := desk.helloError(); err != nil {
		return "after what was refused: " + err.Error()
	}
	c.officeOnPhones(c.amy)
	c.configure(func(s *model.Settings) { s.SlotPerKind = true })
	phone := c.hand(c.amy, model.Mobile, "phone")
	phone.online()
	if _, err := c.e.SetDeviceState(ctx, c.id, engine.DeviceMark{Device: phone.device, State: engine.DeviceLost}, c.now); err != nil {
		return "one of two sessions: " + err.Error()
	}
	if _, err := c.e.End(ctx, c.id, model.Ending{User: c.amy, Reason: model.EndSignedOut, By: c.amy, Rehearse: true}, c.now); err != nil {
		return "signing out: " + err.Error()
	}
	end.Note = "left for good"
	if ended, err := c.e.End(ctx, c.id, end, c.now); err != nil || len(ended) != 1 || ended[0].Note != end.Note {
		return fmt.Sprintf("with a reason: %+v, %v", ended, err)
	}
	return ""
}
