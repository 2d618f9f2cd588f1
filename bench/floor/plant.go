//go:build !plant

package floor

// planted is the hook of planted bugs, which only a build for tests has.
func planted(string) bool { return false }
