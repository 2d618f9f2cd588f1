package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// review adds what is done with an item of review: one request each, so that nobody closes an item and leaves its value,
// or the other way round.
func (s *service) review(h huma.API) {
	s.serve(h, adoptOperation(), func(c *call) error { return s.decide(c, true) })
	s.serve(h, putAwayOperation(), func(c *call) error { return s.decide(c, false) })
}

// decide adopts what an item of review keeps, or puts the item away, and answers with the item.
func (s *service) decide(c *call, adopt bool) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	idem, err := c.request(nil)
	if err != nil {
		return err
	}
	items := collection{s, model.ReviewItems}
	if idem.key != [16]byte{} {
		_, done, err := s.office.Known(c, c.Caller, model.Request{Key: idem.key, Print: idem.print})
		if err != nil {
			return err
		} else if done {
			c.w.Header().Set("Idempotency-Replayed", "true")
			return items.show(c, id)
		}
	}
	item, err := items.find(c, id)
	if err != nil {
		return err
	}
	if match := believes(strings.Join(c.r.Header.Values("If-Match"), ",")); match != nil && !match.of(*item) {
		c.w.Header().Set("ETag", etag(item.Tag))
		return problem.New("stale", "")
	}
	if state, _ := item.Find(model.ReviewState); state.Text() != "open" {
		return problem.New("decided", "")
	}
	if kind, _ := item.Find(model.ReviewKind); kind.Text() == "held" {
		err = s.decideHeld(c, item, adopt)
	} else {
		err = s.decideValue(c, idem, item, adopt)
	}
	if err != nil {
		return err
	}
	return items.show(c, id)
}

// decideHeld lets the held change of an item in, or decides against it: that closes the item.
func (s *service) decideHeld(c *call, item *model.Shown, adopt bool) error {
	change, _ := item.Find(model.ReviewChange)
	id := model.ChangeID(model.RefOf(change))
	var err error
	if adopt {
		err = s.office.Release(c, c.Caller, id, false)
	} else {
		err = s.office.Dismiss(c, c.Caller, id)
	}
	if errors.Is(err, model.ErrUnknown) { // the item was open a moment ago
		return problem.New("decided", "")
	}
	return err
}

// decideValue closes an item, and before that lets the value that lost stand when it is adopted: an ordinary edit by whoever
// decides, under their own rights. Both or neither.
func (s *service) decideValue(c *call, idem idempotency, item *model.Shown, adopt bool) error {
	p := &performer{
		call: c, idem: idem, plan: plan{atomic: true}, rows: map[model.RecordID]model.Row{},
		shown: map[model.RecordID]model.Shown{}, over: map[model.RecordID][]model.ChangeID{},
	}
	subject, _ := item.Find(model.ReviewSubject)
	look, err := s.office.Look(c, c.Caller, []model.RecordID{item.ID, model.RefOf(subject)})
	if err != nil {
		return err
	}
	p.base = look.Base
	for _, r := range look.Records {
		p.shown[r.ID], p.rows[r.ID] = r, r.Row
	}
	if adopt {
		if err := p.adopt(item, model.RefOf(subject)); err != nil {
			return err
		}
	}
	// Of the item as it was found open, so that of two who decide at once the second is told.
	if err := p.edits(*item, model.Assign{Field: model.ReviewState, Value: model.Text("resolved")}); err != nil {
		return err
	}
	r := model.Request{Key: idem.key, Print: idem.print, Units: p.units(), Expect: p.expect(), Note: p.note()}
	settled, err := s.office.Submit(c, c.Caller, r, p.changes)
	if stale, ok := errors.AsType[*model.StaleError](err); ok && stale.Record == item.ID {
		return problem.New("decided", "")
	} else if err != nil {
		return err
	}
	if !settled.Repeat {
		p.settle(settled)
	}
	for _, r := range p.results {
		if r.problem != nil {
			return r.problem
		}
	}
	return nil
}

// adopt adds the edit that lets the value of an item stand.
func (p *performer) adopt(item *model.Shown, id model.RecordID) error {
	no, _ := item.Find(model.ReviewField)
	subject, there := p.shown[id]
	spec, _ := p.table.Spec(subject.Collection)
	lost, kept := lostValue(item)
	if !there || !kept || spec == nil {
		return problem.New("refused", "There is no value in this item that could be adopted; dismiss puts it away.")
	}
	x := model.Assign{Field: model.FieldNo(no.Int()), Value: lost}
	if f, known := spec.Field(x.Field); !known || !f.Check(lost) {
		return problem.New("refused", "The field does not take the value any more; dismiss puts the item away.")
	}
	if now, _ := subject.Find(x.Field); now == lost {
		return nil // it stands already
	}
	return p.edits(subject, x)
}

// edits adds an edit of one field of a record as it is shown, and as it must still be in the commit.
func (p *performer) edits(r model.Shown, x model.Assign) error {
	spec, _ := p.table.Spec(r.Collection)
	now, _ := r.Find(x.Field)
	x.Seen = now.Hash()
	op := operation{verb: verbUpdate, spec: spec, id: r.ID, match: &belief{tags: []model.Tag{r.Tag}}}
	p.shown[r.ID] = r
	p.ops = append(p.ops, op)
	p.results = append(p.results, result{id: r.ID, status: statusUpdated})
	i := len(p.ops) - 1
	if faults := p.fixed(&p.ops[i], r.Row, []model.Assign{x}); faults != nil {
		return problem.New("refused", "The field is given once and stays; dismiss puts the item away.")
	}
	if err := p.change(i, model.OpEdit, []model.Assign{x}); err != nil {
		return err
	}
	if why := p.results[i].problem; why != nil {
		return why
	}
	return nil
}

// lostValue is the value that an item keeps, as far as the caller sees it: it stands in the field of the class it lost in.
func lostValue(item *model.Shown) (model.Value, bool) {
	for f := model.ReviewLost; f <= model.ReviewLost+model.FieldNo(model.LastClass); f++ {
		if v, ok := item.Find(f); ok && !v.IsNull() {
			return v, true
		}
	}
	return model.Null(), false
}

func adoptOperation() huma.Operation {
	return reviewOperation("adopt-review", "adopt", "Let the value that lost stand, and close the item",
		"An edit of yours, under your rights, and the item: both or neither. Of a held change: lets it in, with its group.")
}

func putAwayOperation() huma.Operation {
	return reviewOperation("dismiss-review", "dismiss", "Leave what stands, and close the item",
		"What lost stays in the item. Of a held change: decides against it, with its group.")
}

func reviewOperation(id, verb, summary, more string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: "/v1/review_items/{id}/" + verb, Tags: []string{"review_items"},
		Summary: summary, Description: more + " 409 decided: somebody was faster.",
		Parameters: []*huma.Param{
			inPath("id", "The item's id."), believed(), repeatable(),
		},
		Responses: map[string]*huma.Response{
			"200": answer("The item", &huma.Schema{Ref: "#/components/schemas/ReviewItem"}, "ETag", "Idempotency-Replayed"),
		},
	}
}
