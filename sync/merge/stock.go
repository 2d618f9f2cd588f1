package merge

import "github.com/fieldsync/fieldsync/sync/model"

// Movement is one line of the ledger of one part at one place (domain (c), parts and stock take).
type Movement struct {
	Change   model.ChangeID
	At       model.Instant // estimated occurrence; of a count: its cut-off
	Quantity int64         // thousandths: what came (positive) or went; of a count: what was there
	Count    bool          // a stock take
}

// OnHand adds movements up: the last count, and what moved after its cut-off. The order of the list changes nothing,
// so an earlier movement that arrives after a count is in the count already. Negative is an answer, never an error.
func OnHand(list []Movement) int64 {
	var last *Movement
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
