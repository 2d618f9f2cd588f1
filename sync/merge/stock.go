package merge

import "github.com/fieldsync/fieldsync/sync/model"

// Movement is one line of the ledger of one part at one place (domain (c), parts and stock take).
type Movement struct {
	Change   model.ChangeID
	At       model.Instant // estimated occurrence; of a count: its cut-off
	Quantity int64         // thousandths: what came (positive) or went; of a count: what was there
	Count    bool          // a stock take
}

// Level is what a ledger comes to: the last count, and what moved after its cut-off. Negative is an answer, never an error.
type Level struct {
	OnHand int64
	Count  model.ChangeID // zero: nobody has counted
	Cut    model.Instant  // of the count
}

// Covers says whether what moved at a moment is in the last count already, whenever it came.
func (l Level) Covers(at model.Instant) bool { return !l.Count.IsZero() && at <= l.Cut }

// Add adds a line that the ledger did not have. Lines may come in any order: a count that is newer than the last one is
// the base from then on, to which since adds what moved after its cut-off.
func (l Level) Add(m Movement, since func(cut model.Instant) int64) Level {
	switch {
	case !m.Count && !l.Covers(m.At):
		l.OnHand += m.Quantity
	case m.Count && l.before(m):
		l = Level{OnHand: m.Quantity + since(m.At), Count: m.Change, Cut: m.At}
	}
	return l
}

// before says whether a count is newer than the last one; of two of one moment the change id decides, which means nothing
// but is the same everywhere.
func (l Level) before(m Movement) bool {
	return l.Count.IsZero() || m.At > l.Cut || m.At == l.Cut && m.Change.Compare(l.Count) > 0
}
