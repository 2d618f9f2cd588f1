//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestStoryFindsPlantedBugs: a story that a broken build survives is worth nothing. Run it with -tags plant.
func TestStoryFindsPlantedBugs(t *testing.T) {
	for _, bug := range []string{"projection-off", "loser-dropped", "handin-claims-applied", "mask-dropped"} {
		t.Run(bug, func(t *testing.T) {
			engine.Plant = func(b string) bool { return b == bug }
			t.Cleanup(func() { engine.Plant = nil })
			out, err := playDemo(t, shortDir(t))
			if err == nil {
				t.Fatalf("the story did not notice:\n%s", out)
			}
			t.Logf("noticed: %v", err)
		})
	}
}
