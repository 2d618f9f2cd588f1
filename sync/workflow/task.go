package workflow

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Tick is what somebody said of a task: that it is done, or that it is not after all.
type Tick struct {
	Change model.ChangeID
	Undone bool
	Worker model.UserID
	At     model.Instant
}

// Ticked is what stands of a task.
type Ticked struct {
	Done bool
	At   model.Instant // when it was done first
	By   model.UserID
}

// DeriveTask says what stands of a task after all that was said of it, in whatever order that came: the first completion counts, and
// whoever it is of may take it back (domain (c) job.steps, T14).
func DeriveTask(ticks []Tick) (t Ticked) {
	ticks = slices.SortedFunc(slices.Values(ticks), func(a, b Tick) int {
		return cmp.Or(cmp.Compare(a.At, b.At), a.Change.Compare(b.Change))
	})
	for _, k := range ticks {
		switch {
		case !k.Undone && !t.Done:
			t = Ticked{Done: true, At: k.At, By: k.Worker}
		case k.Undone && t.By == k.Worker:
			t = Ticked{}
		}
	}
	return t
}
