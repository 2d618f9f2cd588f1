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

// TestPlantedEnd: a device that drains for whoever may not end its session is found.
func TestPlantedEnd(t *testing.T) {
	session.Plant = func(name string) bool { return name == "drained-unasked" }
	defer func() { session.Plant = nil }()
	wrong := refusedEnd(t)
	if wrong == "" {
		t.Error("drained-unasked was not found")
	}
	t.Log(wrong)
}

// TestPlantedPolicies: a takeover without a drain, and a device that is sent work while it drains, are found.
func TestPlantedPolicies(t *testing.T) {
	for bug, check := range map[string]func(*testing.T) string{"takeover-undrained": drainedUnasked, "drained-and-fed": givenMeanwhile} {
		session.Plant = func(name string) bool { return name == bug }
		wrong := check(t)
		session.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}

// TestPlantedLimits: attempts that are not counted are found.
func TestPlantedLimits(t *testing.T) {
	for bug, check := range map[string]func(*testing.T) string{"bad-tickets-unlimited": badTickets, "limits-by-address-of-2^64": countedByNetwork, "sockets-never-age": socketAges} {
		session.Plant = func(name string) bool { return name == bug }
		wrong := check(t)
		session.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}

// TestPlantedDecided: a device that is not told what the office decided of its held work is found, and one that is told without
// end, or where it only hands in.
func TestPlantedDecided(t *testing.T) {
	for bug, check := range map[string]func(*testing.T, *world) string{
		"decided-untold": saidOnce, "decided-for-ever": asksOnce, "decided-on-the-lane": saidToTheLane,
	} {
		session.Plant = func(name string) bool { return name == bug }
		var wrong string
		bubble(t, func(t *testing.T, w *world) { wrong = check(t, w) })
		session.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}

// TestPlantedWipe: a device that counts as wiped because it was told is found.
func TestPlantedWipe(t *testing.T) {
	session.Plant = func(name string) bool { return name == "told-is-wiped" }
	defer func() { session.Plant = nil }()
	wrong := confirmsWipe(t)
	if wrong == "" {
		t.Error("told-is-wiped was not found")
	}
	t.Log(wrong)
}

// TestPlantedRefusals: an audit that fills with every guess, and one that some guesses pass by, are found.
func TestPlantedRefusals(t *testing.T) {
	for bug, check := range map[string]func(*testing.T, *world) string{
		"refusals-unbounded": refused, "guesses-for-tickets-unnoted": guessedForTicket,
	} {
		session.Plant = func(name string) bool { return name == bug }
		bubble(t, func(t *testing.T, w *world) {
			wrong := check(t, w)
			if wrong == "" {
				t.Errorf("%s was not found", bug)
			}
			t.Log(wrong)
		})
		session.Plant = nil
	}
}

// TestPlantedDoor: a window without bounds, and a crowd that is told to come back all at once, are found.
func TestPlantedDoor(t *testing.T) {
	for _, bug := range []string{"hellos-unbounded", "away-all-alike"} {
		session.Plant = func(name string) bool { return name == bug }
		wrong := crowded(t)
		session.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}

// TestPlantedTakeovers: connections that clean up more than themselves, and a word before its commit, are found.
func TestPlantedTakeovers(t *testing.T) {
	for bug, check := range map[string]func(*testing.T) string{
		"clean-up-by-user":         func(*testing.T) string { return dyingConnection(false) },
		"clean-up-by-device":       func(*testing.T) string { return dyingConnection(true) },
		"notice-before-durability": toldEarly,
	} {
		session.Plant = func(name string) bool { return name == bug }
		wrong := check(t)
		session.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}
