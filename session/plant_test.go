//go:build plant

package session_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/session"
)

// TestPlantedSearch: an answer that is made before it can be sent is found.
func TestPlantedSearch(t *testing.T) {
	session.Plant = func(name string) bool { return name == "search-early" }
	defer func() { session.Plant = nil }()
	wrong := narrowed(t)
	if wrong == "" {
		t.Error("search-early was not found")
	}
	t.Log(wrong)
}

// TestPlantedRefusals: an audit that fills with every guess is found.
func TestPlantedRefusals(t *testing.T) {
	session.Plant = func(name string) bool { return name == "refusals-unbounded" }
	defer func() { session.Plant = nil }()
	bubble(t, func(t *testing.T, w *world) {
		wrong := refused(t, w)
		if wrong == "" {
			t.Error("refusals-unbounded was not found")
		}
		t.Log(wrong)
	})
}
