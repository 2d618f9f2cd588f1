package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF6_AResetEndsEverySession: whoever has a slot per kind is told on both devices, and the new password and the ends are
// one commit.
func TestF6_AResetEndsEverySession(t *testing.T) {
	if wrong := twoSlots(t, func(c *company) ([]model.Ended, error) {
		return c.e.SetPassword(context.Background(), c.id, c.amy, "$new", c.amy, c.now)
	}); wrong != "" {
		t.Error(wrong)
	}
}

// TestF14_AnEndTellsEveryDevice: an end that names no epoch gives all that ended.
func TestF14_AnEndTellsEveryDevice(t *testing.T) {
	if wrong := endingAll(t); wrong != "" {
		t.Error(wrong)
	}
}

func endingAll(t *testing.T) string {
	return twoSlots(t, func(c *company) ([]model.Ended, error) {
		return c.e.End(context.Background(), c.id, model.Ending{User: c.amy, Reason: model.EndOffice, By: c.amy, Note: "all out"}, c.now)
	})
}

// twoSlots ends both sessions of one person, and says what is wrong with it.
func twoSlots(t *testing.T, end func(*company) ([]model.Ended, error)) string {
	c, ctx := newCompany(t), context.Background()
	if _, err := c.e.Configure(ctx, c.id, setting(func(s *model.Settings) { s.SlotPerKind = true }), c.now); err != nil {
		t.Fatal(err)
	}
	sets := access.RoleSets(access.Admin)
	sets.Mobile = access.DefaultSets(model.Mobile).Mobile
	c.levels(c.amy, sets)
	for _, kind := range []model.UserKind{model.Desktop, model.Mobile} {
		if _, err := c.hand(c.amy, kind, kind.String()).signIn(model.DeviceID{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	before := c.e.Seq(c.id)
	ended, err := end(c)
	switch live, e := c.e.Sessions(ctx, c.id); {
	case err != nil || e != nil:
		t.Fatal(err, e)
	case len(live) > 0:
		return fmt.Sprintf("%d sessions are live after the end, want 0", len(live))
	case len(ended) != 2:
		return fmt.Sprintf("the end tells of %d sessions, want 2", len(ended))
	case ended[0].By != c.amy:
		return "the end does not say by whom"
	case c.e.Seq(c.id) != before+1:
		return "it took more than one commit"
	}
	return ""
}

// TestF14_AnEndIsKeptAsItWasAsked: choice and reason are kept with the session, told to whoever comes by, and in the audit; a
// rehearsal keeps nothing.
func TestF14_AnEndIsKeptAsItWasAsked(t *testing.T) { found(t, keptEnd(t)) }

func keptEnd(t *testing.T) string {
	store := memstore.New(1 << 32)
	c, ctx := newCompanyOn(t, store), context.Background()
	h := c.hand(c.ben, model.Mobile, "pixel")
	h.online()
	end := model.Ending{User: c.ben, Reason: model.EndOffice, By: c.amy, Choice: model.EndNow, Note: "come in", Rehearse: true}
	if would, err := c.e.End(ctx, c.id, end, c.now); err != nil || len(would) != 1 {
		return fmt.Sprintf("the rehearsal = %v, %v", would, err)
	}
	if live, err := c.e.Sessions(ctx, c.id); err != nil || len(live) != 1 {
		return fmt.Sprintf("after a rehearsal %d sessions are live, %v", len(live), err)
	}
	end.Rehearse = false
	if ended, err := c.e.End(ctx, c.id, end, c.now); err != nil || len(ended) != 1 || ended[0].Note != "come in" {
		return fmt.Sprintf("the end = %+v, %v", ended, err)
	}
	if over, ok := errors.AsType[*model.EndedError](h.helloError()); !ok || over.Ended.Note != "come in" {
		return fmt.Sprintf("later it is told %+v", over)
	}
	devices, err := c.e.Devices(ctx, c.id)
	if err != nil || len(devices) != 1 || devices[0].Choice != model.EndNow || devices[0].Note != "come in" {
		return fmt.Sprintf("the devices are %+v, %v", devices, err)
	}
	lines := audited(t, store, c.id)
	if last := lines[len(lines)-1]; last.Kind != model.AuditEnd || last.Detail != "now: come in" {
		return fmt.Sprintf("the audit says %+v", last)
	}
	return ""
}

// helloError is why a device is not let in.
func (h *hand) helloError() error {
	_, err := h.hello(false)
	return err
}
