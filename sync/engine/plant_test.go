//go:build plant

package engine_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedRequests: the ledger finds every planted bug of the API's requests.
func TestPlantedRequests(t *testing.T) {
	for _, bug := range []string{"stale-accepted", "print-ignored", "unit-split", "rehearsal-kept", "request-forgotten"} {
		engine.Plant = func(name string) bool { return name == bug }
		found := ""
		for seed := uint64(1); seed <= 20 && found == ""; seed++ {
			found = playRequests(t, seed)
		}
		engine.Plant = nil
		if found == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, found)
	}
}

// TestPlantedOffice: the directed tests of the office's side find theirs.
func TestPlantedOffice(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"feed-of-another-life": livesOfTheStore, "held-of-everybody": heldHours, "orphans-told": deletionTold,
		"closed-partner-enters": closedCompany, "closed-partner-stays": closedCompany, "unlinked-session-lives": unlinked,
		"view-as-wider": viewAsNoWider, "caller-unfenced": endedCallers, "end-tells-one": endingAll,
	})
}

// TestPlantedLevels: the directed tests of levels find theirs.
func TestPlantedLevels(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"disabled-stays": disabling, "widened-unasked": widening, "last-admin-lost": lastAdmin, "more-than-they-have": reaching,
		"features-without-levels": switched, "rights-regain-nothing": regained,
	})
}

// finds plants each bug, and wants its check to say what is wrong.
func finds(t *testing.T, checks map[string]func(*testing.T) string) {
	t.Helper()
	for bug, check := range checks {
		engine.Plant = func(name string) bool { return name == bug }
		wrong := check(t)
		engine.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}
