//go:build plant

package web

// Plant names the bug to plant; set by tests alone.
var Plant func(bug string) bool

func planted(bug string) bool { return Plant != nil && Plant(bug) }
