//go:build plant

package web_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/web"
)

// TestPlantedOrigins: a page that anybody wrote and that may sign in is found.
func TestPlantedOrigins(t *testing.T) {
	web.Plant = func(name string) bool { return name == "origins-unasked" }
	defer func() { web.Plant = nil }()
	wrong := askedForOrigins(t)
	if wrong == "" {
		t.Error("origins-unasked was not found")
	}
	t.Log(wrong)
}

// TestPlantedBounds: a bound on a body that stays on the connection is found.
func TestPlantedBounds(t *testing.T) {
	web.Plant = func(name string) bool { return name == "bounds-stay" }
	defer func() { web.Plant = nil }()
	wrong := leftBound(t)
	if wrong == "" {
		t.Error("bounds-stay was not found")
	}
	t.Log(wrong)
}
