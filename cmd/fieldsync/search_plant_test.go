//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedSearch: searches that find more than the devices hold, or say so, are found out.
func TestPlantedSearch(t *testing.T) {
	l := lookAround(t)
	for _, bug := range []string{"leak-search-hidden-field", "leak-search-unseen", "leak-search-counted"} {
		engine.Plant = func(b string) bool { return b == bug }
		wrong := l.searched()
		engine.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %.300s", bug, wrong)
	}
}
