package merge_test

import (
	"math/rand/v2"
	"testing"

	"github.com/fieldsync/fieldsync/sync/merge"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestC_StockTakeRebasesEarlierMovements(t *testing.T) {
	moved := func(n byte, at, quantity int64) merge.Movement {
		return merge.Movement{Change: change(n), At: model.Instant(at), Quantity: quantity}
	}
	count := merge.Movement{Change: change(9), At: 10, Quantity: 7000, Count: true}
	for _, test := range []struct {
		list []merge.Movement
		want int64
		why  string
	}{
		{nil, 0, "nothing moved"},
		{[]merge.Movement{moved(1, 1, 5000), moved(2, 2, -8000)}, -3000, "negative is an answer"},
		{[]merge.Movement{count, moved(1, 12, -2000)}, 5000, "what moved after the cut-off counts"},
		{[]merge.Movement{count, moved(1, 5, -2000)}, 7000, "what moved before it was counted, though it came later"},
		{[]merge.Movement{count, moved(1, 10, -2000)}, 7000, "at the cut-off: counted"},
		{[]merge.Movement{count, {Change: change(3), At: 20, Quantity: 1000, Count: true}, moved(1, 15, -2000)}, 1000, "the last count stands"},
	} {
		if got := merge.OnHand(test.list); got != test.want {
			t.Errorf("OnHand(%v) = %d, want %d: %s", test.list, got, test.want, test.why)
		}
	}
}

func TestC_MovementsAddUpInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		list := make([]merge.Movement, 1+r.IntN(10))
		for i := range list {
			list[i] = merge.Movement{Change: change(byte(i)), At: model.Instant(r.Int64N(6)), Quantity: r.Int64N(9) - 4, Count: r.IntN(5) == 0}
		}
		want := merge.OnHand(list)
		r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		if got := merge.OnHand(list); got != want {
			t.Fatalf("on hand %d, and in another order %d: %v", want, got, list)
		}
	}
}
