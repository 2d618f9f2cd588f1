package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// line is one of the ledger of elbows in van 7, that happened at a moment.
func (c *company) line(by model.UserID, field model.FieldNo, n int64, at model.Instant) model.Change {
	ch := c.change(by, model.OpCreate, model.PartsMovements, model.RecordID{}, set(model.MovementSKU, model.Text("elbow")),
		set(model.MovementPlace, model.Text("van 7")), set(field, model.Int(n)))
	ch.Occurred.Wall = at
	c.contents[ch.Body] = ch
	return ch
}

// listed is every record of a collection that somebody is shown.
func (c *company) listed(u model.UserID, of model.Collection) []model.Shown {
	c.t.Helper()
	l, err := c.e.List(c.t.Context(), c.caller(u), model.Query{Collection: of, Limit: model.MaxListing})
	check(c.t, err)
	return l.Records
}

// onHand is what Amy is told that is left, and that there is one line of it.
func (c *company) onHand() (int64, error) {
	c.t.Helper()
	all := c.listed(c.amy, model.Stock)
	if len(all) != 1 || said(all[0], model.StockSKU).Text() != "elbow" || said(all[0], model.StockPlace).Text() != "van 7" {
		return 0, fmt.Errorf("the stock is %+v", all)
	}
	return said(all[0], model.StockOnHand).Int(), nil
}

// TestC_NegativeStockIsFlaggedAndNotRefused: who takes more than there is by the books has taken it; the office has one item of it,
// which ends when there is enough again, and begins anew.
func TestC_NegativeStockIsFlaggedAndNotRefused(t *testing.T) {
	if wrong := negativeStock(t); wrong != "" {
		t.Error(wrong)
	}
}

func negativeStock(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	ben := c.phone(c.ben, model.Mobile)
	for _, step := range []struct {
		field        model.FieldNo
		n, at        int64
		left         int64
		open, closed int
		count        int64
		why          string
	}{
		{model.MovementQuantity, 2000, 100, 2000, 0, 0, 0, "something is there"},
		{model.MovementQuantity, -3000, 200, -1000, 1, 0, 1, "more was taken than there was"},
		{model.MovementQuantity, -500, 300, -1500, 1, 0, 2, "and more: it is one item"},
		{model.MovementQuantity, 4000, 150, 2500, 0, 1, 0, "what came before is told later"},
		{model.MovementQuantity, -3000, 400, -500, 1, 1, 1, "another item"},
		{model.MovementCounted, 0, 500, 0, 0, 2, 0, "somebody counts: there is nothing"},
		{model.MovementQuantity, -9000, 450, 0, 0, 2, 0, "that was in the count"},
		{model.MovementQuantity, -1000, 600, -1000, 1, 2, 1, "after the count"},
		{model.MovementCounted, 5000, 350, -1000, 1, 2, 1, "an older count changes nothing"},
		{model.MovementCounted, 1500, 550, 500, 0, 3, 0, "a count that is told late: what went after it went from that"},
	} {
		c.applied(ben, c.line(c.ben, step.field, step.n, model.Instant(step.at)))
		left, err := c.onHand()
		if err != nil || left != step.left {
			return fmt.Sprintf("%s: on hand %d, %v; want %d", step.why, left, err, step.left)
		}
		open, closed := c.inbox(model.InboxStock, "open"), c.inbox(model.InboxStock, "resolved")
		if len(open) != step.open || len(closed) != step.closed {
			return fmt.Sprintf("%s: %d items open and %d closed; want %d and %d", step.why, len(open), len(closed), step.open, step.closed)
		}
		if step.open > 0 && max(1, said(open[0], model.ReviewCount).Int()) != step.count {
			return fmt.Sprintf("%s: it counts %v, want %d", step.why, said(open[0], model.ReviewCount), step.count)
		}
	}
	return ""
}

// TestC_StockIsTheSameInAnyOrder: whoever tells first what moved and what was counted, in one commit or in many.
func TestC_StockIsTheSameInAnyOrder(t *testing.T) {
	if wrong := stockInAnyOrder(t); wrong != "" {
		t.Error(wrong)
	}
}

func stockInAnyOrder(t *testing.T) string {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	for ledger := range uint64(30) {
		for i, arrange := range []func([]model.Change){
			func([]model.Change) {},
			func(list []model.Change) {
				r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
			},
		} {
			c := newCompany(t)
			ben := c.phone(c.ben, model.Mobile)
			var all []model.Change
			seed := rand.New(rand.NewPCG(ledger, 1))
			want := int64(0)
			for at := range 12 {
				field, n := model.MovementQuantity, seed.Int64N(9)-5
				if seed.IntN(4) == 0 {
					field, n = model.MovementCounted, seed.Int64N(9)
					want = n
				} else {
					want += n
				}
				all = append(all, c.line(c.ben, field, n, model.Instant(100*(at+1))))
			}
			arrange(all)
			for len(all) > 0 {
				n := 1 + r.IntN(len(all))
				c.applied(ben, all[:n]...)
				all = all[n:]
			}
			left, err := c.onHand()
			if err != nil || left != want {
				return fmt.Sprintf("arrangement %d: on hand %d, %v; want %d", i, left, err, want)
			}
			if open := len(c.inbox(model.InboxStock, "open")); (open == 1) != (want < 0) {
				return fmt.Sprintf("on hand %d, and %d items", want, open)
			}
		}
	}
	return ""
}

// TestC_AMovementIsPutRightByAnother: nobody rewrites what moved, so that the sum is always that of the lines.
func TestC_AMovementIsPutRightByAnother(t *testing.T) {
	c := newCompany(t)
	line := c.line(c.amy, model.MovementQuantity, 5000, 100)
	c.applied(c.office(), line)
	edit := c.change(c.amy, model.OpEdit, model.PartsMovements, line.Record, set(model.MovementQuantity, model.Int(1)))
	_, edit.Base = c.look(c.caller(c.amy), line.Record)
	c.contents[edit.Body] = edit
	c.want(c.push(c.office(), edit)[0], model.OutcomeHeld, model.ReasonRight)
	c.applied(c.office(), c.line(c.amy, model.MovementQuantity, -4999, 200))
	if left, err := c.onHand(); err != nil || left != 1 {
		t.Errorf("on hand %d, %v; want 1", left, err)
	}
}

// TestS8_StockIsForWhoSeesTheMovements: what is left, and that too much was taken, is told to whoever of the office sees equipment,
// and to no phone: not to the one whose engineer moved the part.
func TestS8_StockIsForWhoSeesTheMovements(t *testing.T) {
	if wrong := stockProjected(t); wrong != "" {
		t.Error(wrong)
	}
}

func stockProjected(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	ben := c.phone(c.ben, model.Mobile)
	c.applied(ben, c.line(c.ben, model.MovementQuantity, -1000, 100))
	if items := c.sees(c.caller(c.amy), model.InboxQuery{Kind: model.InboxStock}).Items; len(items) != 1 || items[0].Of != model.Stock {
		return fmt.Sprintf("Amy is told %+v", items)
	}
	dan := c.without("dan", access.WebEquipment)
	if page := c.sees(c.caller(dan), model.InboxQuery{}); len(page.Items) != 0 || len(page.Counts) != 0 || len(c.listed(dan, model.Stock)) != 0 {
		return fmt.Sprintf("who sees no equipment is told %+v, and %d lines of stock", page, len(c.listed(dan, model.Stock)))
	}
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	c.sync(ben, nil, held)
	stock, item := c.listed(c.amy, model.Stock)[0].ID, c.inbox(model.InboxStock, "open")[0].ID
	if held[stock] != nil || held[item] != nil {
		return fmt.Sprintf("Ben's phone has %v", held)
	}
	return ""
}
