//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedMatrix: rights that are wrong are found by the page of rights. Run it with -tags plant.
func TestPlantedMatrix(t *testing.T) {
	leaking = true
	t.Cleanup(func() { leaking = false })
	for _, bug := range []string{
		"hours-at-every-level", "hidden-forgotten", "edit-own-edits-all", // of access
		"leak-internal-notes", "leak-files", "dispatcher-assigns-anybody", // of the engine
	} {
		t.Run(bug, func(t *testing.T) {
			on := func(b string) bool { return b == bug }
			access.Plant, engine.Plant = on, on
			defer func() { access.Plant, engine.Plant = nil, nil }()
			wrong := checkMatrix(t)
			if len(wrong) == 0 {
				t.Fatal("it was not found")
			}
			t.Log(wrong[0])
		})
	}
}
