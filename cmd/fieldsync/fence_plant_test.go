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

// TestPlantedWaits: a request that goes on waiting when what it acts by is over is noticed.
func TestPlantedWaits(t *testing.T) {
	engine.Plant = func(name string) bool { return name == "caller-unfenced" }
	defer func() { engine.Plant = nil }()
	wrong := waitsOn(t, "1s")
	if wrong == "" {
		t.Error("caller-unfenced was not found")
	}
	t.Log(wrong)
}
