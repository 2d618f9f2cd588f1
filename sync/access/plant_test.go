//go:build plant

package access_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
)

// TestPlantedLevels: the tables of b.3 and V17 find every planted bug of setting all and of the settings' caps.
func TestPlantedLevels(t *testing.T) {
	for bug, check := range map[string]func(*testing.T) string{
		"any-level-for-all": bulkTable, "absent-set-too": bulkTable, "read-only-keeps-boxes": bulkTable, "none-of-customers": bulkTable,
		"settings-forgotten": settingsCap, "bearing-to-dispatchers": bearingTable, "movements-edited": ledgerTable,
	} {
		access.Plant = func(name string) bool { return name == bug }
		wrong := check(t)
		access.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}
