//go:build plant

package client_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/session"
)

// TestPlantedHeld: a server that does not say what the office decided while the phone was connected is found.
func TestPlantedHeld(t *testing.T) {
	session.Plant = func(name string) bool { return name == "decided-untold" }
	defer func() { session.Plant = nil }()
	if decidedEdit(t, "", false, connected) == "" {
		t.Error("decided-untold was not found")
	}
}
