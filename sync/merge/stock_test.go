package merge_test

import (
	"math/rand/v2"
	"testing"

	"github.com/fieldsync/fieldsync/sync/merge"
	"github.com/fieldsync/fieldsync/sync/model"
)

// onHand is the oracle: what a whole ledger comes to.
func onHand(list []merge.Movement) int64 {
	var last *merge.Movement
	for i := range list {
		m := &list[i]
		if m.Count && (last == nil || m.At > last.At || m.At == last.At && m.Change.Compare(last.Change) > 0) {
			last = m
		}
	}
	var sum int64
	if last != nil {
		sum = last.Quantity
	}
	for _, m := range list {
		if !m.Count && (last == nil || m.At > last.At) {
			sum += m.Quantity
		}
	}
	return sum
}

// added is what the lines come to as they come, one by one.
func added(list []merge.Movement) int64 {
	var l merge.Level
	for i, m := range list {
		l = l.Add(m, func(cut model.Instant) (sum int64) {
			for _, x := range list[:i] {
				if !x.Count && x.At > cut {
					sum += x.Quantity
				}
			}
			return sum
		})
	}
	return l.OnHand
}

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
		{[]merge.Movement{moved(1, 12, -2000), count}, 5000, "what moved after the cut-off, though the count came later"},
		{[]merge.Movement{count, {Change: change(3), At: 20, Quantity: 1000, Count: true}, moved(1, 15, -2000)}, 1000, "the last count stands"},
		{[]merge.Movement{{Change: change(3), At: 20, Quantity: 1000, Count: true}, moved(1, 25, -2000), count}, -1000, "an earlier count that comes later changes nothing"},
	} {
		if got := added(test.list); got != test.want {
			t.Errorf("%v come to %d, want %d: %s", test.list, got, test.want, test.why)
		}
	}
}

func TestC_MovementsAddUpInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		list := make([]merge.Movement, 1+r.IntN(10))
		for i := range list {
			list[i] = merge.Movement{Change: change(byte(i + 1)), At: model.Instant(r.Int64N(6)), Quantity: r.Int64N(9) - 4, Count: r.IntN(4) == 0}
		}
		r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		if got, want := added(list), onHand(list); got != want {
			t.Fatalf("on hand %d one by one, %d of the whole ledger: %v", got, want, list)
		}
	}
}
