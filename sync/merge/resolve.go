package merge

import "github.com/fieldsync/fieldsync/sync/model"

// Side is one of the two values, and who said it.
type Side struct {
	Value    model.Value
	Change   model.ChangeID
	Occurred model.Instant // estimated occurrence, never arrival (domain R4)
	Office   bool          // said by the office
}

// Verdict is what becomes of the incoming value.
type Verdict uint8

// The verdicts.
const (
	Keep Verdict = iota // the current value stands; the incoming one is recorded
	Take                // the incoming value stands; it is merged, and the current one is the loser
)

// String is the verdict's name.
func (v Verdict) String() string {
	if v == Take {
		return "take"
	}
	return "keep"
}

// Resolve decides a conflict by the field's policy. open says whether the visit that the record hangs on is open.
func Resolve(p model.Policy, current, incoming Side, open bool) Verdict {
	if current.Change == incoming.Change {
		return Keep // a side never beats itself
	}
	switch p {
	case model.PolicyField:
		return take(fieldBeats(incoming, current, open))
	case model.PolicyOffice, model.PolicyThreeWay:
		return take(officeBeats(incoming, current))
	case model.PolicyLatest:
		return take(later(incoming, current))
	case model.PolicyMax:
		return take(greater(incoming, current))
	case model.PolicyOnce:
		return take(current.Value.IsNull() && !incoming.Value.IsNull())
	default:
		// Append and delta: the record is the fact, and a second one is another record. State: sync/workflow derives
		// the value. Compare: the base is stale. Server: nobody else writes it.
		return Keep
	}
}

// Commutes says whether the order in which conflicting values arrive cannot change which one stands.
func Commutes(p model.Policy) bool {
	switch p {
	case model.PolicyField, model.PolicyOffice, model.PolicyThreeWay, model.PolicyLatest, model.PolicyMax:
		return true
	default:
		return false
	}
}

// fieldBeats: the side that is authoritative beats the other, the field while the visit is open and the office
// after; of one side the later one stands.
func fieldBeats(a, b Side, open bool) bool {
	if a.Office != b.Office {
		return a.Office != open
	}
	return later(a, b)
}

// officeBeats: the office stands, whenever it spoke; of one side the later one stands.
func officeBeats(a, b Side) bool {
	if a.Office != b.Office {
		return a.Office
	}
	return later(a, b)
}

// greater orders by value, of which none is the least.
func greater(a, b Side) bool {
	switch {
	case a.Value == b.Value:
		return later(a, b)
	case a.Value.IsNull() || b.Value.IsNull():
		return b.Value.IsNull()
	default:
		return a.Value.Int() > b.Value.Int()
	}
}

// later orders by estimated occurrence; the office breaks ties (domain (c), job.tasks list), then the change id, which
// means nothing but is the same everywhere.
func later(a, b Side) bool {
	if a.Occurred != b.Occurred {
		return a.Occurred > b.Occurred
	}
	if a.Office != b.Office {
		return a.Office
	}
	return a.Change.Compare(b.Change) > 0
}

func take(yes bool) Verdict {
	if yes {
		return Take
	}
	return Keep
}
