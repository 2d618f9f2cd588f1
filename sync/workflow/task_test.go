package workflow_test

import (
	"math/rand/v2"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// TestT14_TicksOfATask: the first completion counts, its author alone takes it back, and the order in which they arrive changes nothing.
func TestT14_TicksOfATask(t *testing.T) {
	a, b := model.UserID{1}, model.UserID{2}
	done := func(n byte, u model.UserID, at model.Instant) workflow.Tick {
		return workflow.Tick{Change: model.ChangeID{n}, Worker: u, At: at}
	}
	undone := func(n byte, u model.UserID, at model.Instant) workflow.Tick {
		return workflow.Tick{Change: model.ChangeID{n}, Undone: true, Worker: u, At: at}
	}
	for _, row := range []struct {
		name  string
		ticks []workflow.Tick
		want  workflow.Ticked
	}{
		{"nothing", nil, workflow.Ticked{}},
		{"done", []workflow.Tick{done(1, a, 10)}, workflow.Ticked{Done: true, At: 10, By: a}},
		{"by two", []workflow.Tick{done(1, a, 10), done(2, b, 9)}, workflow.Ticked{Done: true, At: 9, By: b}},
		{"taken back", []workflow.Tick{done(1, a, 10), undone(2, a, 11)}, workflow.Ticked{}},
		{"taken back by another", []workflow.Tick{done(1, a, 10), undone(2, b, 11)}, workflow.Ticked{Done: true, At: 10, By: a}},
		{"taken back, and done again", []workflow.Tick{done(1, a, 10), undone(2, a, 11), done(3, b, 12)}, workflow.Ticked{Done: true, At: 12, By: b}},
		{"taken back before it was done", []workflow.Tick{undone(1, a, 9), done(2, a, 10)}, workflow.Ticked{Done: true, At: 10, By: a}},
		{"at one instant", []workflow.Tick{done(2, b, 10), done(1, a, 10)}, workflow.Ticked{Done: true, At: 10, By: a}},
	} {
		for range 20 {
			rand.Shuffle(len(row.ticks), func(i, k int) { row.ticks[i], row.ticks[k] = row.ticks[k], row.ticks[i] })
			if got := workflow.DeriveTask(row.ticks); got != row.want {
				t.Fatalf("%s: %+v, want %+v", row.name, got, row.want)
			}
		}
	}
}
