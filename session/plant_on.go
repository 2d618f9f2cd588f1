//go:build plant

package session

// Plant names the bug to plant; set by tests alone.
var Plant func(bug string) bool

func planted(bug string) bool { return Plant != nil && Plant(bug) }

// Reached is called at points at which a test ends the process; set by tests alone.
var Reached func(point string)

func reached(point string) {
	if Reached != nil {
		Reached(point)
	}
}
