//go:build plant

package races

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlanted: the races find an epoch that is read outside the commit.
func TestPlanted(t *testing.T) {
	for _, bug := range []string{"epoch-outside-commit"} {
		engine.Plant = func(name string) bool { return name == bug }
		found := ""
		for s := uint64(1); s <= 500 && found == ""; s++ {
			if _, fails := Play(s); len(fails) > 0 {
				found = fails[0]
				t.Logf("%s: seed %d: %s", bug, s, found)
			}
		}
		engine.Plant = nil
		if found == "" {
			t.Errorf("%s was not found", bug)
		}
	}
}
