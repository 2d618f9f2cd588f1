//go:build !plant

package session

// planted is the hook of planted bugs; it exists only under the build tag plant, which nothing that ships is built
// with. Here it is a constant, so that the compiler leaves the bugs out.
func planted(string) bool { return false }

// reached is the hook of tests that end the process at a point; it exists only under the build tag plant.
func reached(string) {}
