//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedInbox: the two worlds find what tells somebody of the office of what they may not see. Run it with -tags plant.
func TestPlantedInbox(t *testing.T) {
	for _, bug := range []string{"hidden-counted", "guarded-told", "desk-sees-everything"} {
		engine.Plant = func(name string) bool { return name == bug }
		wrong := ""
		for seed := uint64(1); seed <= 20 && wrong == ""; seed++ {
			wrong = playInbox(t, seed, 120)
		}
		engine.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
	}
}
