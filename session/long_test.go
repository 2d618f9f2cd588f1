package session

import (
	"testing"
	"testing/synctest"
)

// TestPagesThatTakeLongWaitForEachOther: one holds its place until it is made, however often it is asked; a page that is made
// without being asked holds none.
func TestPagesThatTakeLongWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := make(long, 1)
		first, second, short := turnstile{of: places}, turnstile{of: places}, turnstile{of: places}
		first.pass()
		first.pass()
		passed := false
		go func() {
			second.pass()
			passed = true
		}()
		synctest.Wait()
		if passed {
			t.Error("two pages that take long are made at a time where there is one place")
		}
		short.leave()
		first.leave()
		synctest.Wait()
		if !passed {
			t.Error("the place of a page that was made is not given on")
		}
		second.leave()
	})
}
