package races

import (
	"fmt"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Live is how many facts were answered on the live lane.
func Live(facts []Fact) (n int) {
	for _, f := range facts {
		if f.Epoch != 0 {
			n++
		}
	}
	return n
}

// Order says what is wrong with the order in which a store committed facts, of however many races and users; "" when nothing is.
// After one that came by a live session of a user there is none that came live by an older one of theirs, and each is there once.
// One whose answer was lost may have come by any session that it was sent by.
func Order(facts []Fact, committed []model.ChangeID) string {
	known, there := make(map[model.ChangeID]Fact, len(facts)), make(map[model.ChangeID]bool, len(facts))
	for _, f := range facts {
		known[f.ID] = f
	}
	newest := map[model.UserID]uint64{}
	for _, id := range committed {
		f, ok := known[id]
		switch {
		case !ok:
			continue // its answer was not heard
		case there[id]:
			return fmt.Sprintf("fact %s was committed twice", id)
		case f.Epoch != 0 && f.Epoch < newest[f.User]:
			return fmt.Sprintf("fact %s of epoch %d was committed live after one of epoch %d", id, f.Epoch, newest[f.User])
		}
		there[id] = true
		if f.Epoch != 0 {
			newest[f.User] = max(newest[f.User], f.First)
		}
	}
	if lost := len(known) - len(there); lost > 0 {
		return fmt.Sprintf("%d acknowledged facts were not committed", lost)
	}
	return ""
}
