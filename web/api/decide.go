package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Decision is what somebody decides of an item of review.
type Decision struct {
	Why string `json:"why,omitempty" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]*$" doc:"Why; it stands in the item and the audit, and whose value it was reads it."`
}

// Restoring says which value is to stand again.
type Restoring struct {
	Why    string         `json:"why,omitempty" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]*$"`
	Change model.ChangeID `json:"change,omitzero" doc:"Of an item that stands for several: the change whose value it was, as the history of the record has it. Absent: the latest."`
}

// verdict is one of the things that can be decided.
type verdict struct {
	verb, done    string
	summary, more string
	body          reflect.Type
	held          bool // of work that waits
	value         bool // lets a value stand
}

var (
	verdictRestore = verdict{
		"restore", "restored", "Let a value that lost stand again, and close the item",
		"An edit of yours, under your rights, and the item: both or neither.", reflect.TypeFor[Restoring](), false, true,
	}
	verdictAdopt = verdict{
		"adopt", "adopted", "Let what was proposed stand, and close the item",
		"As restore, of the latest value. Of a job whose customer was typed, or is another one by now: links it to the customer who it may be. Of two customers: says that the one is the other (merged_into). Of held work: lets it in, with its group, as release does.", reflect.TypeFor[Decision](), true, true,
	}
	verdictDismiss = verdict{
		"dismiss", "dismissed", "Leave what stands, and close the item",
		"What lost is kept. Of held work: decides against it, with its group; hours are never dismissed.", reflect.TypeFor[Decision](), true, false,
	}
	verdictRelease = verdict{
		"release", "released", "Let held work in, with its group, and close the item",
		"It keeps its author, its time and what it stands on. Needs the level full of web.jobs.", reflect.TypeFor[Release](), true, false,
	}
	verdicts = []*verdict{&verdictRestore, &verdictAdopt, &verdictDismiss, &verdictRelease}
)

func (v *verdict) operation(h huma.API) huma.Operation {
	body := bodyOf(h.OpenAPI().Components.Schemas.Schema(v.body, true, v.body.Name()))
	body.Required = false
	return huma.Operation{
		OperationID: v.verb + "-review", Method: http.MethodPost, Path: "/v1/review/{id}/" + v.verb, Tags: []string{"review"},
		Summary: v.summary, Description: v.more + " 409 decided: somebody was faster.",
		Parameters:  []*huma.Param{inPath("id", "The item's id."), believed(), repeatable()},
		RequestBody: body,
		Responses:   map[string]*huma.Response{"200": answer("The item", inboxSchema(h), "ETag", "Idempotency-Replayed")},
	}
}

// decided is what is to be decided, and how.
type decided struct {
	*verdict
	idem idempotency
	item *model.InboxItem

	why    string
	force  bool
	values json.RawMessage
	change model.ChangeID // of a value that is to be restored; zero: the latest
}

// decide decides an item of review, and answers with it.
func (s *service) decide(c *call, v *verdict) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	d, err := c.decision(v)
	if err != nil {
		return err
	}
	if d.idem.key != [16]byte{} {
		_, done, err := s.office.Known(c, c.Caller, model.Request{Key: d.idem.key, Print: d.idem.print})
		if err != nil {
			return err
		} else if done {
			c.w.Header().Set("Idempotency-Replayed", "true")
			return c.showItem(id)
		}
	}
	if d.item, err = c.matter(id); err != nil {
		return err
	}
	_, tag, err := c.itemText(d.item)
	if err != nil {
		return err
	}
	if match := believes(strings.Join(c.r.Header.Values("If-Match"), ",")); match != nil && !match.of(model.Shown{Tag: tag}) {
		c.w.Header().Set("ETag", etag(tag))
		return problem.New("stale", "")
	}
	if err := s.settleItem(c, d); err != nil {
		return err
	}
	return c.showItem(id)
}

// decision reads the body of a decision, which may be empty.
func (c *call) decision(v *verdict) (*decided, error) {
	d := &decided{verdict: v}
	body, err := readBody(c.w, c.r, maxBody)
	if err != nil {
		return nil, err
	}
	if d.idem, err = c.request(body); err != nil || len(body) == 0 {
		return d, err
	}
	switch v {
	case &verdictRestore:
		var how Restoring
		err = strict(body, &how)
		d.why, d.change = how.Why, how.Change
	case &verdictRelease:
		var how Release
		err = strict(body, &how)
		d.why, d.force, d.values = how.Why, how.Force, how.Values
	default:
		var how Decision
		err = strict(body, &how)
		d.why = how.Why
	}
	if err == nil {
		err = checkWhy(d.why)
	}
	return d, err
}

// maxWhy bounds what somebody says of why they decide something, in bytes. It goes into an item, the audit and a message.
const maxWhy = 500

func checkWhy(why string) error {
	if len(why) > maxWhy || strings.ContainsFunc(why, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return problem.New("bad_request", "", problem.Fault{Location: "body.why", Message: fmt.Sprintf("want one line of at most %d bytes", maxWhy)})
	}
	return nil
}

// settleItem decides by what the item is.
func (s *service) settleItem(c *call, d *decided) error {
	held := d.item.Kind == model.InboxHeld || d.item.Kind == model.InboxRecovered
	value := d.item.Kind == model.InboxConflict || d.item.Kind == model.InboxProposal || linking(d.item)
	switch {
	case d.item.State != "open":
		return problem.New("decided", "")
	case d.item.Kind == model.InboxHours:
		return problem.New("refused", "Hours are checked where they are: correct an entry, or approve the timesheet, and the item is gone.")
	case held && d.held:
		return s.decideHeld(c, d)
	case d.verdict == &verdictRelease:
		return problem.New("refused", "Nothing waits in this item that could be let in; restore, adopt and dismiss are for values.")
	case held, d.value && !value:
		return problem.New("refused", "There is no value in this item that could stand; dismiss puts it away.")
	default:
		return s.decideValue(c, d)
	}
}

// decideHeld lets the held change of an item in, or decides against it: that closes the item.
func (s *service) decideHeld(c *call, d *decided) error {
	values, err := s.corrections(c, d.item.Held, d.values)
	if err != nil {
		return err
	}
	err = s.office.Rule(c, c.Caller, model.Request{Key: d.idem.key, Print: d.idem.print}, model.Ruling{
		Change: d.item.Change, Dismiss: d.verdict == &verdictDismiss, Force: d.force, Why: d.why, Values: values,
	})
	if errors.Is(err, model.ErrUnknown) { // it was open a moment ago
		return problem.New("decided", "")
	}
	return err
}

// decideValue closes an item, and before that lets the value that lost stand when that is decided: an ordinary edit by whoever
// decides, under their own rights. Both or neither.
func (s *service) decideValue(c *call, d *decided) error {
	p := &performer{
		call: c, idem: d.idem, plan: plan{atomic: true}, rows: map[model.RecordID]model.Row{},
		shown: map[model.RecordID]model.Shown{}, over: map[model.RecordID][]model.ChangeID{},
	}
	look, err := s.office.Look(c, c.Caller, []model.RecordID{d.item.ID, d.item.Subject})
	if err != nil {
		return err
	}
	p.base = look.Base
	for _, r := range look.Records {
		p.shown[r.ID], p.rows[r.ID] = r, r.Row
	}
	item := p.shown[d.item.ID]
	if state, _ := item.Find(model.ReviewState); state.Text() != "open" {
		return problem.New("decided", "")
	}
	if latest, _ := item.Find(model.ReviewChange); model.ChangeID(model.RefOf(latest)) != d.item.Change {
		return grown()
	}
	end := []model.Assign{{Field: model.ReviewState, Value: model.Text("resolved")}}
	if d.why != "" {
		end = append(end, model.Assign{Field: model.ReviewResolution, Value: model.Text(d.why)})
	}
	end = append(end, model.Assign{Field: model.ReviewDecision, Value: model.Text(d.done)})
	steps := []func() error{
		func() error { return p.restore(d) },
		// Of the item as it was found open, so that of two who decide at once the second is told.
		func() error { return p.edits(item, end...) },
	}
	if linking(d.item) { // the link closes what is still open then, as if somebody had made it without looking here
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return p.submit(item.ID)
}

// linking says whether an item proposes whose job it is, or which other customer one is.
func linking(i *model.InboxItem) bool { return i.Kind == model.InboxDuplicate && i.Field != 0 }

// grown says that more of the same came into an item that is being decided: nobody closes what they have not seen.
func grown() error {
	return problem.New("stale", "More of the same has come into the item meanwhile: read it again.")
}

// submit sends what closes an item.
func (p *performer) submit(item model.RecordID) error {
	r := model.Request{Key: p.idem.key, Print: p.idem.print, Units: p.units(), Expect: p.expect(), Note: p.note()}
	settled, err := p.s.office.Submit(p, p.Caller, r, p.changes)
	if stale, ok := errors.AsType[*model.StaleError](err); ok && stale.Record == item {
		if now, err := p.matter(item); err == nil && now.State == "open" {
			return grown()
		}
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

// restore adds the edit that lets a value that lost stand, when that is decided.
func (p *performer) restore(d *decided) error {
	if !d.value {
		return nil
	}
	subject, there := p.shown[d.item.Subject]
	spec, _ := p.table.Spec(subject.Collection)
	lost, err := p.lostValue(d)
	if err != nil {
		return err
	}
	if !there || lost.IsNull() || spec == nil {
		return problem.New("refused", "There is no value in this item that could stand; dismiss puts it away.")
	}
	x := model.Assign{Field: d.item.Field, Value: lost}
	if f, known := spec.Field(x.Field); !known || !f.Check(lost) {
		return problem.New("refused", "The field does not take the value any more; dismiss puts the item away.")
	}
	if now, _ := subject.Find(x.Field); now == lost {
		return nil // it stands already
	}
	return p.edits(subject, x)
}

// lostValue is the value that is to stand: that of the item, or an older one that was folded into it, as the history has it.
func (p *performer) lostValue(d *decided) (model.Value, error) {
	if d.change.IsZero() || d.change == d.item.Change {
		return d.item.Lost, nil
	}
	for cursor, more := "", true; more; {
		page, err := p.s.office.History(p, p.Caller, d.item.Of, d.item.Subject, cursor, MaxEvents)
		if err != nil {
			return model.Null(), err
		}
		for i := range page.Events {
			e := &page.Events[i]
			if e.Lost && e.Change == d.change && len(e.Fields) == 1 && e.Fields[0].Field == d.item.Field && e.Author == d.item.Author {
				return e.Fields[0].Before, nil
			}
		}
		cursor, more = page.Cursor, page.More
	}
	return model.Null(), problem.New("bad_request", "", problem.Fault{Location: "body.change", Message: "no value of this change lost here, as far back as history is kept"})
}

// edits adds an edit of fields of a record as it is shown, and as it must still be in the commit.
func (p *performer) edits(r model.Shown, fields ...model.Assign) error {
	spec, _ := p.table.Spec(r.Collection)
	for i, x := range fields {
		now, _ := r.Find(x.Field)
		fields[i].Seen = now.Hash()
	}
	op := operation{verb: verbUpdate, spec: spec, id: r.ID, match: &belief{tags: []model.Tag{r.Tag}}}
	p.shown[r.ID] = r
	p.ops = append(p.ops, op)
	p.results = append(p.results, result{id: r.ID, status: statusUpdated})
	i := len(p.ops) - 1
	if faults := p.fixed(&p.ops[i], r.Row, fields); faults != nil {
		return problem.New("refused", "The field is given once and stays; dismiss puts the item away.")
	}
	if err := p.change(i, model.OpEdit, fields); err != nil {
		return err
	}
	if why := p.results[i].problem; why != nil {
		return why
	}
	return nil
}
