package session

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPagesThatTakeLongWaitForEachOther: one holds its place until it is made, however often it is asked; a page that is made
// without being asked holds none.
func TestPagesThatTakeLongWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := &long{places: make(chan struct{}, 1)}
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

// TestPagesThatTakeLongRestBesideWork: while changes are being decided such a page rests as long as it has worked, and otherwise
// not at all.
func TestPagesThatTakeLongRestBesideWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := &long{places: make(chan struct{}, 1)}
		page := turnstile{of: places}
		page.pass()
		rests := func(worked time.Duration) time.Duration {
			time.Sleep(worked)
			before := time.Now()
			page.pass()
			return time.Since(before)
		}
		if n := rests(stint); n != 0 {
			t.Errorf("it rests for %v though nobody works", n)
		}
		places.pushing.Add(1)
		if n := rests(stint / 2); n != 0 {
			t.Errorf("it rests for %v after half a stint", n)
		}
		if n := rests(stint); n != 3*stint/2 {
			t.Errorf("after one stint and a half it rests for %v", n)
		}
		page.leave()
	})
}
