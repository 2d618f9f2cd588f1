package web

// What the tests of this package reach inside for.
var (
	Patience = patience
	Read     = read
)
