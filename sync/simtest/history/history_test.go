package history_test

import (
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// TestShrink: of a history that fails by two of its steps nothing but these two is left, and no run more than allowed is
// played.
func TestShrink(t *testing.T) {
	played := 0
	fails := func(at []int) (int, bool) {
		played++
		i := slices.Index(at, 17)
		return i + 1, i >= 0 && slices.Contains(at[:i], 5)
	}
	if at := history.Shrink(100, 200, fails); !slices.Equal(at, []int{5, 17}) {
		t.Errorf("shrunk to %v, want 5 and 17", at)
	}
	played = 0
	if history.Shrink(100, 7, fails); played != 7 {
		t.Errorf("played %d times, want 7", played)
	}
}

// TestOf: a seed's history is always the same, and a longer one begins with it.
func TestOf(t *testing.T) {
	long := history.Of(1, 20)
	if !slices.Equal(history.Of(1, 10), long[:10]) || slices.Equal(history.Of(2, 20), long) {
		t.Error("the seed does not determine the history")
	}
	if got := long.Only([]int{3, 7}); !slices.Equal(got, history.Steps{long[3], long[7]}) {
		t.Errorf("%v", got)
	}
}
