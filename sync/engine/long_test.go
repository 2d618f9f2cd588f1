package engine_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestAPageThatLooksAtManySaysSo: a page that takes or brings hundreds of records lets others go first on the way, one with a
// single change does not.
func TestAPageThatLooksAtManySaysSo(t *testing.T) {
	c := newCompany(t)
	conn := c.lookers(1)[0].conn
	var cursor []byte
	breaths := func() (n int) {
		t.Helper()
		for {
			p, err := c.e.Pull(t.Context(), model.Pull{Connection: conn, Cursor: cursor, Long: func() { n++ }}, c.now)
			if err != nil {
				t.Fatal(err)
			}
			if p == nil {
				return n
			}
			cursor = p.Cursor
		}
	}
	breaths()
	c.customers(3 * model.PullBreath)
	if n := breaths(); n < 3 {
		t.Errorf("what comes let others go first %d times, want 3", n)
	}
	c.customers(1)
	if n := breaths(); n != 0 {
		t.Errorf("one customer let others go first %d times", n)
	}
	all := hides(conn.User)
	all.Ask = engine.Ask{Confirmed: true}
	if _, err := c.changed(all); err != nil {
		t.Fatal(err)
	}
	if n := breaths(); n < 3 {
		t.Errorf("what goes let others go first %d times, want 3", n)
	}
}
