package web

import "strconv"

// What the tests of this package reach inside for.
var (
	Patience = patience
	Read     = read
)

// Strangers says how many are admitted from one address, and from as many as there are, before the next one is refused.
func Strangers() (one, all int) {
	var a admission
	for ok := true; ok; one++ {
		_, ok = a.enter("one")
	}
	for i, full := 0, false; !full && i < 1<<16; i++ {
		_, ok := a.enter(strconv.Itoa(i))
		full = !ok
		all = i
	}
	return one - 1, all + one - 1
}
