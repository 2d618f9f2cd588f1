package model_test

import (
	"context"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestWordsOfSessions: every word of sessions is read as what it was written for, and no other text is one of them.
func TestWordsOfSessions(t *testing.T) {
	for _, w := range []struct {
		what  string
		last  int
		word  func(int) string
		parse func(string) (int, bool)
	}{
		{"policy", int(model.SlotRefuse), func(i int) string { return model.SlotPolicy(i).String() }, func(s string) (int, bool) {
			p, ok := model.ParseSlotPolicy(s)
			return int(p), ok
		}},
		{"choice", int(model.EndRevoke), func(i int) string { return model.EndChoice(i).String() }, func(s string) (int, bool) {
			c, ok := model.ParseEndChoice(s)
			return int(c), ok
		}},
	} {
		for i := 1; i <= w.last; i++ {
			if got, ok := w.parse(w.word(i)); !ok || got != i {
				t.Errorf("%s %d is %q, which is read as %d, %v", w.what, i, w.word(i), got, ok)
			}
		}
		for _, none := range []int{0, w.last + 1, 255} {
			if _, ok := w.parse(w.word(none)); ok || w.word(none) != "" {
				t.Errorf("%s %d has the word %q", w.what, none, w.word(none))
			}
		}
	}
	for k := model.TicketSignIn; k <= model.TicketReset; k++ {
		if k.String() == "" {
			t.Errorf("ticket %d has no name", k)
		}
	}
	for r := model.EndSuperseded; r <= model.LastEnd; r++ {
		if e := (model.Ended{Reason: r}); r.String() == "" || e.Fate() == model.FateUnsaid {
			t.Errorf("reason %d is %q, and nothing is said of what is unsent: %d", r, r, e.Fate())
		}
	}
}

// TestAuditKinds: a kind is told by a name of its own, for ever.
func TestAuditKinds(t *testing.T) {
	kinds := model.AuditKinds()
	names := map[string]bool{}
	for _, k := range kinds {
		got, ok := model.ParseAuditKind(k.String())
		if !ok || got != k || names[k.String()] {
			t.Errorf("kind %d is %q, which is read as %d, %v", k, k, got, ok)
		}
		names[k.String()] = true
	}
	if _, ok := model.ParseAuditKind("nonsense"); ok || len(kinds) < 30 {
		t.Errorf("nonsense is a kind: %v; %d kinds", ok, len(kinds))
	}
}

// TestSlotPolicies: every kind of session has its policy, and a kind that is not known is asked.
func TestSlotPolicies(t *testing.T) {
	r := model.SessionRules{Policies: [4]model.SlotPolicy{model.SlotTakeover, model.SlotConfirm, model.SlotRefuse, model.SlotTakeover}}
	for kind, want := range map[model.UserKind]model.SlotPolicy{
		model.Desktop: model.SlotTakeover, model.Mobile: model.SlotConfirm, model.Portal: model.SlotRefuse,
		model.Subcontractor: model.SlotTakeover, 0: model.SlotConfirm, 5: model.SlotConfirm,
	} {
		if got := r.Policy(kind); got != want {
			t.Errorf("the policy of kind %d is %s, want %s", kind, got, want)
		}
	}
}

func TestOriginRidesInTheContext(t *testing.T) {
	o := model.Origin{Address: "192.0.2.7", Device: model.DeviceID{1}, Client: "app 2"}
	if got := model.OriginOf(model.WithOrigin(context.Background(), o)); got != o {
		t.Errorf("got %+v, want %+v", got, o)
	}
	if got := model.OriginOf(context.Background()); got != (model.Origin{}) {
		t.Errorf("without a note it is %+v", got)
	}
}
