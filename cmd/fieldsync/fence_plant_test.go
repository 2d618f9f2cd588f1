//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedFence: requests whose caller has ended are noticed when nobody asks.
func TestPlantedFence(t *testing.T) {
	engine.Plant = func(name string) bool { return name == "caller-unfenced" }
	defer func() { engine.Plant = nil }()
	wrong := doneTooLate(t)
	if wrong == "" {
		t.Error("caller-unfenced was not found")
	}
	t.Log(wrong)
}
