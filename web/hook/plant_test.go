//go:build plant

package hook_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/web/hook"
)

// TestPlanted: random crashes must find every planted bug. Run it with -tags plant.
func TestPlanted(t *testing.T) {
	for _, bug := range []string{"position-before-delivery", "id-drawn-again"} {
		hook.Plant = func(b string) bool { return b == bug }
		found := false
		for seed := uint64(0); seed < seeds && !found; seed++ {
			if err := crashes(t, seed); err != nil {
				found = true
				t.Logf("%s is found by seed %d: %v", bug, seed, err)
			}
		}
		hook.Plant = nil
		if !found {
			t.Errorf("%s is not found", bug)
		}
	}
}
