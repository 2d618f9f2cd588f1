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
