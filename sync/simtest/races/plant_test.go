//go:build plant

package races

import (
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedRaces: two live sessions, a clean-up that takes the new connection with the old one, and a notice before the end is
// durable are found within the races that are played before a merge.
func TestPlantedRaces(t *testing.T) {
	for _, bug := range []string{"epoch-outside-commit", "clean-up-by-user", "notice-before-durability"} {
		engine.Plant = func(name string) bool { return name == bug }
		session.Plant = engine.Plant
		var faults []string
		seed := uint64(0)
		for seed < 500 && len(faults) == 0 {
			seed++
			faults, _ = Simulate(t, seed)
		}
		engine.Plant, session.Plant = nil, nil
		if len(faults) == 0 {
			t.Errorf("%s was not found", bug)
			continue
		}
		first, _, _ := strings.Cut(faults[0], "\n")
		t.Logf("%s: seed %d: %s", bug, seed, first)
	}
}
