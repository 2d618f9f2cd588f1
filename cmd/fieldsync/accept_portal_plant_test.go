//go:build plant

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedPortal: what would open the portal's door to others, or show a client what is not theirs, is found. Run it with
// -tags plant.
func TestPlantedPortal(t *testing.T) {
	leaking = true
	t.Cleanup(func() { leaking = false })
	portalPlanted = true
	defer func() { portalPlanted = false }()
	worlds := func(t *testing.T) string {
		for seed := uint64(1); seed <= 60; seed++ {
			if wrong := playPortal(t, seed, 150); wrong != "" {
				return wrong
			}
		}
		return ""
	}
	for _, plant := range []struct {
		bug   string
		check func(*testing.T) string
	}{
		{"portal-opens-to-all", portalDoors},
		{"portal-by-the-field-door", portalDoors},
		{"links-go-on", portalLinks},
		{"projection-off", portalSecrets},
		{"notes-to-clients", portalSecrets},
		{"drafts-in-portal", portalMixing},
		{"any-name-in-portal", portalMixing},
		{"notes-stay-with-client", portalMixing},
		{"desk-sees-everything", portalMissing},
		{"pages-of-everything", portalPages},

		{"projection-off", worlds},
		{"links-go-on", worlds},
		{"status-in-portal", worlds},
		{"drafts-in-portal", worlds},
		{"desk-sees-everything", worlds},
		{"pages-of-everything", worlds},
		{"leak-cursor-grows", worlds},
		{"leak-page-for-nothing", worlds},
		{"notes-to-clients", worlds},
		{"leak-deletions-told", worlds},
	} {
		on := func(b string) bool { return b == plant.bug }
		engine.Plant, session.Plant = on, on
		wrong := plant.check(t)
		engine.Plant, session.Plant = nil, nil
		if wrong == "" {
			t.Errorf("%s was not found", plant.bug)
		}
		t.Logf("%s: %.300s", plant.bug, wrong)
	}
}
