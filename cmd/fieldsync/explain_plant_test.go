//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedExplain: an explanation, and a view as somebody, that disagree with what devices were sent are found. Run it
// with -tags plant.
func TestPlantedExplain(t *testing.T) {
	o := overseeDemo(t)
	explained := func() string {
		wrong, _ := o.explained()
		return wrong
	}
	for bug, find := range map[string]func() string{
		"explain-ignores-class": explained, "explain-ignores-audience": explained, "view-as-ignores-view": o.viewed,
	} {
		engine.Plant = func(b string) bool { return b == bug }
		wrong := find()
		engine.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}
