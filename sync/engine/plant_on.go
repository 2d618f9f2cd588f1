//go:build plant

package engine

// Plant names the bug to plant; set by tests alone.
var Plant func(bug string) bool

// planting says whether bugs can be planted at all.
const planting = true

func planted(bug string) bool { return Plant != nil && Plant(bug) }
