//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/session"
)

// TestPlantedConfirmation: a checkpoint that counts as confirmed before the phone has applied it is found. Run it with -tags
// plant.
func TestPlantedConfirmation(t *testing.T) {
	session.Plant = func(b string) bool { return b == "confirmed-when-sent" }
	defer func() { session.Plant = nil }()
	wrong := confirmsWhenItHolds(t)
	if wrong == "" {
		t.Error("confirmed-when-sent was not found")
	}
	t.Log(wrong)
}
