//go:build !plant

package engine

// planted is the hook of planted bugs; it exists only under the build tag plant, which nothing that ships is built
// with. Here it is a constant, so that the compiler leaves the bugs out. What else a bug asks is asked behind it, or it would
// be asked in what ships too.
func planted(string) bool { return false }

// planting says whether bugs can be planted at all.
const planting = false
