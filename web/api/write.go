package api

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Verbs of an operation.
const (
	verbCreate = "create"
	verbUpdate = "update"
	verbUpsert = "upsert"
	verbDelete = "delete"
)

// What became of an operation.
const (
	statusCreated   = "created"
	statusUpdated   = "updated"
	statusUnchanged = "unchanged"
	statusDeleted   = "deleted"
	statusFailed    = "failed"  // by its own fault
	statusDropped   = "dropped" // for another one's of its unit
)

// operation is one thing that a request asks for.
type operation struct {
	verb     string
	spec     *model.Spec
	id       model.RecordID // of update and delete; zero: by the external id
	external string
	match    *belief
	unless   []string // If-None-Match: what must not be there, * for anything
	unit     int      // operations side by side with the same number above 0 stand or fall together
	content  []byte   // the document; of a delete none
	where    string   // the document's place in the request
	faults   []problem.Fault
}

// belief is what a caller says is there: an If-Match.
type belief struct {
	any  bool        // whatever it is
	tags []model.Tag // one of these
}

// believes reads an If-Match; nil when there is none. What is no strong tag of ours is believed of no record.
func believes(header string) *belief {
	if strings.TrimSpace(header) == "" {
		return nil
	}
	b := &belief{}
	for text := range strings.SplitSeq(header, ",") {
		if text = strings.TrimSpace(text); text == "*" {
			b.any = true
		} else if t, ok := parseTag(text); ok {
			b.tags = append(b.tags, t)
		}
	}
	return b
}

// of says whether the belief is true of a record as it is shown.
func (b *belief) of(r model.Shown) bool { return b.any || slices.Contains(b.tags, r.Tag) }

// result is what became of one.
type result struct {
	status   string
	id       model.RecordID
	external string
	outcome  model.Outcome
	problem  *problem.Problem
}

// plan is how a request is to be performed.
type plan struct {
	atomic   bool
	rehearse bool
}

// performed is what became of a request.
type performed struct {
	results []result
	repeat  bool
}

// performer performs one request.
type performer struct {
	*call
	idem    idempotency
	plan    plan
	ops     []operation
	results []result
	base    string
	shown   map[model.RecordID]model.Shown // as of the snapshot
	means   map[model.RecordID]model.RecordID
	rows    map[model.RecordID]model.Row // with what the request does itself so far
	over    map[model.RecordID][]model.ChangeID
	changes []model.Submitted
	of      []int // which operation each change is of
}

// perform does what a request asks for, in one commit. The error is of the request as a whole.
func (s *service) perform(c *call, idem idempotency, ops []operation, how plan) (performed, error) {
	p := &performer{
		call: c, idem: idem, plan: how, ops: ops, results: make([]result, len(ops)),
		rows: map[model.RecordID]model.Row{}, shown: map[model.RecordID]model.Shown{}, over: map[model.RecordID][]model.ChangeID{},
	}
	r := model.Request{Key: idem.key, Print: idem.print, Rehearse: how.rehearse}
	if idem.key != [16]byte{} {
		if done, ok, err := s.office.Known(c, c.Caller, r); err != nil {
			return performed{}, err
		} else if ok {
			return p.again(done)
		}
	}
	if err := p.draft(); err != nil {
		return performed{}, err
	}
	done := func(r result) bool { return r.problem == nil && r.status != statusDropped }
	if len(p.changes) == 0 && (idem.key == [16]byte{} || !slices.ContainsFunc(p.results, done)) {
		return performed{results: p.results}, nil // and what found nothing to do is remembered to have found nothing
	}
	r.Units, r.Expect, r.Note = p.units(), p.expect(), p.note()
	settled, err := s.office.Submit(c, c.Caller, r, p.changes)
	if err != nil {
		return performed{}, err
	}
	if settled.Repeat {
		return p.again(settled)
	}
	p.settle(settled)
	return performed{results: p.results}, nil
}

// draft makes the changes that the operations come to, on one snapshot.
func (p *performer) draft() error {
	contents := make([]document.Content, len(p.ops))
	for i := range p.ops {
		if err := p.identify(i, &contents[i]); err != nil {
			return err
		}
	}
	var ids []model.RecordID
	for i := range p.ops {
		if p.ops[i].verb != verbCreate && p.results[i].status == "" {
			ids = append(ids, p.results[i].id)
		}
		ids = append(ids, customersIn(p.ops[i].spec, contents[i].Fields)...)
	}
	look, err := p.s.office.Look(p, p.Caller, ids)
	if err != nil {
		return err
	}
	p.base, p.means = look.Base, look.Means
	for _, r := range look.Records {
		p.shown[r.ID], p.rows[r.ID] = r, r.Row
	}
	for from, to := range p.spans() {
		if err := p.unit(from, to, contents); err != nil {
			return err
		}
	}
	return nil
}

// identify reads an operation's document and finds out which record it is about.
func (p *performer) identify(i int, content *document.Content) (err error) {
	op, r := &p.ops[i], &p.results[i]
	resolve := func(of model.Collection, external string) (model.RecordID, error) {
		return p.s.office.ExternalID(p, p.Tenant, of, external)
	}
	faults := op.faults
	if op.verb != verbDelete && len(faults) == 0 {
		purpose := map[string]document.Purpose{verbCreate: document.Create, verbUpdate: document.Patch, verbUpsert: document.Upsert}[op.verb]
		var found []document.Fault
		*content, found, err = document.Decode(p.table, op.spec, op.content, purpose, resolve)
		if err != nil {
			found = []document.Fault{{Message: err.Error()}}
		}
		for _, f := range found {
			faults = append(faults, problem.Fault{Location: location(op.where, f.Location), Message: f.Message})
		}
	}
	if faults == nil {
		faults = p.name(op, content)
	}
	r.external = op.external
	if faults != nil {
		p.fail(i, problem.New("bad_request", "", faults...))
		return nil
	}
	switch {
	case op.external != "":
		r.id, err = resolve(op.spec.No, op.external)
	case op.id.IsZero() && op.verb == verbCreate:
		label := "record"
		if op.spec.Append {
			label = "change" // the record of a fact goes by its change
		}
		var id [16]byte
		id, err = p.s.ident(p.idem, label, i)
		r.id = id
	default:
		r.id = op.id
	}
	return err
}

// name brings the external id of an operation and of its document together.
func (p *performer) name(op *operation, content *document.Content) []problem.Fault {
	switch {
	case content.External == "":
	case op.external == "" && op.verb == verbCreate, op.external == content.External:
		op.external = content.External
	default:
		return []problem.Fault{{Location: location(op.where, "external_id"), Message: "is another one than the operation is about"}}
	}
	if op.external != "" && op.verb != verbUpdate && op.verb != verbDelete && content.External == "" {
		content.External = op.external
		content.Fields = append(content.Fields, model.Assign{Field: model.FieldExternalID, Value: model.Text(op.external)})
		slices.SortFunc(content.Fields, byField)
	}
	if op.id.IsZero() && op.external == "" && op.verb != verbCreate {
		return []problem.Fault{{Location: strings.TrimSuffix(op.where, "fields") + "id", Message: "say which record: its id, or its external_id"}}
	}
	return nil
}

func byField(a, b model.Assign) int { return int(int64(a.Field) - int64(b.Field)) }

func location(whole, part string) string {
	if part == "" {
		return whole
	}
	return whole + "." + part
}

func (p *performer) fail(i int, why *problem.Problem) {
	p.results[i].status, p.results[i].problem = statusFailed, why
}

// spans are the runs of operations that stand or fall together.
func (p *performer) spans() func(func(from, to int) bool) {
	return func(yield func(from, to int) bool) {
		for from := 0; from < len(p.ops); {
			to := from + 1
			for to < len(p.ops) && (p.plan.atomic || p.ops[from].unit > 0 && p.ops[to].unit == p.ops[from].unit) {
				to++
			}
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}

// unit makes the changes of operations that stand or fall together; of one that cannot be, none is made.
func (p *performer) unit(from, to int, contents []document.Content) error {
	rows, over, made := maps.Clone(p.rows), maps.Clone(p.over), len(p.changes)
	for i := from; i < to; i++ {
		if p.results[i].status == "" {
			if err := p.one(i, contents[i]); err != nil {
				return err
			}
		}
	}
	failed := slices.ContainsFunc(p.results[from:to], func(r result) bool { return r.problem != nil })
	if !failed {
		return nil
	}
	p.rows, p.over, p.changes, p.of = rows, over, p.changes[:made], p.of[:made]
	for i := from; i < to; i++ {
		if p.results[i].problem == nil {
			p.results[i].status = statusDropped
		}
	}
	return nil
}

// one makes the change of an operation, on what the request has done before.
func (p *performer) one(i int, content document.Content) error {
	op, r := &p.ops[i], &p.results[i]
	row, there := p.rows[r.id]
	there = there && row.Collection == op.spec.No
	if shown, ok := p.shown[r.id]; op.match != nil && (!ok || shown.Collection != op.spec.No || !op.match.of(shown)) {
		p.fail(i, problem.New("stale", ""))
		return nil
	} else if ok && listed(op.unless, etag(shown.Tag)) {
		p.fail(i, isThere())
		return nil
	}
	switch {
	case op.verb == verbCreate, op.verb == verbUpsert && !there && op.external != "":
		r.status = statusCreated
		return p.change(i, model.OpCreate, withoutNulls(content.Fields))
	case !there:
		p.fail(i, problem.New("not_found", ""))
		return nil
	case op.verb == verbDelete:
		r.status = statusDeleted
		return p.change(i, model.OpDelete, nil)
	}
	content.Fields = p.meant(op.spec, content.Unlike(row)) // what stands by the old name stands; only what is new is put otherwise
	fields := content.Unlike(row)
	if faults := p.fixed(op, row, fields); faults != nil {
		p.fail(i, problem.New("bad_request", "", faults...))
		return nil
	}
	if len(fields) == 0 {
		r.status = statusUnchanged
		return nil
	}
	r.status = statusUpdated
	for k := range fields {
		seen, _ := row.Find(fields[k].Field)
		fields[k].Seen = seen.Hash()
	}
	return p.change(i, model.OpEdit, fields)
}

// customersIn is the customers whom fields name.
func customersIn(spec *model.Spec, fields []model.Assign) (out []model.RecordID) {
	for _, x := range fields {
		if f, ok := spec.Field(x.Field); ok && f.Ref == model.Customers && !x.Value.IsNull() {
			out = append(out, model.RefOf(x.Value))
		}
	}
	return out
}

// meant has fields name customers by the ids that they have now: whoever sends the same again by an old name says the same.
func (p *performer) meant(spec *model.Spec, fields []model.Assign) []model.Assign {
	for i, x := range fields {
		if f, known := spec.Field(x.Field); known && f.Ref == model.Customers {
			if now, ok := p.means[model.RefOf(x.Value)]; ok {
				fields[i].Value = model.Ref(now)
			}
		}
	}
	return fields
}

// fixed are the faults of an edit in fields that are given once: with the record, or as soon as they have a value.
func (p *performer) fixed(op *operation, row model.Row, fields []model.Assign) (out []problem.Fault) {
	for _, x := range fields {
		f, _ := op.spec.Field(x.Field) // it was read by it
		has, _ := row.Find(x.Field)
		born := x.Field == model.FieldParent || x.Field == model.FieldExternalID || f.Policy == model.PolicyAppend
		if born || f.Policy == model.PolicyOnce && !has.IsNull() {
			name := document.Name(p.table, op.spec, f)
			if f.No >= model.FirstCustomField {
				name = document.KeyCustom + "." + name
			}
			out = append(out, problem.Fault{Location: location(op.where, name), Message: "is given once and stays"})
		}
	}
	return out
}

// isThere is the problem of who asked by If-None-Match for a record not to be there.
func isThere() *problem.Problem {
	return problem.New("stale", "Leave If-None-Match out to change it.", problem.Fault{Location: "header.If-None-Match", Message: "it is there"})
}

func withoutNulls(fields []model.Assign) []model.Assign {
	return slices.DeleteFunc(fields, func(x model.Assign) bool { return x.Value.IsNull() })
}

// change adds the change of an operation.
func (p *performer) change(i int, op model.Op, fields []model.Assign) error {
	r, spec := &p.results[i], p.ops[i].spec
	id, err := p.s.ident(p.idem, "change", i)
	if err != nil {
		return err
	}
	if op == model.OpCreate && spec.Append {
		id = r.id
	}
	now := model.Instant(p.s.clock().UnixMilli())
	change := model.Change{
		ID: id, Author: p.User, Op: op, Collection: spec.No, Record: r.id, Fields: fields, Base: p.base,
		Over: slices.Clone(p.over[r.id]), Occurred: model.Occurrence{Wall: now, Clock: model.Clock{User: p.User, Mark: now}},
	}
	body, blobs, err := protocol.EncodeChange(&change)
	if errors.Is(err, protocol.ErrChange) { // its values are of their fields' types, so there are too many of them
		p.fail(i, problem.New("too_large", ""))
		return nil
	}
	if err != nil {
		return err
	}
	texts := make([]string, len(blobs))
	for k, b := range blobs {
		texts[k] = string(b)
	}
	p.changes = append(p.changes, model.Submitted{Change: protocol.DecodeChange(string(body), texts)})
	p.of = append(p.of, i)
	p.over[r.id] = append(p.over[r.id], change.ID)
	p.rows[r.id] = after(p.rows[r.id], r.id, spec.No, op, fields)
	return nil
}

// after is a row with what a change does to it.
func after(row model.Row, id model.RecordID, c model.Collection, op model.Op, fields []model.Assign) model.Row {
	out := model.Row{ID: id, Collection: c}
	if op == model.OpDelete {
		return model.Row{ID: id}
	}
	out.Fields = slices.Clone(row.Fields)
	for _, x := range fields {
		out.Fields = slices.DeleteFunc(out.Fields, func(f model.FieldValue) bool { return f.Field == x.Field })
		out.Fields = append(out.Fields, model.FieldValue{Field: x.Field, Value: x.Value})
	}
	slices.SortFunc(out.Fields, func(a, b model.FieldValue) int { return int(int64(a.Field) - int64(b.Field)) })
	return out
}

// units is how many changes each unit has.
func (p *performer) units() (out []int) {
	for from, to := range p.spans() {
		n := 0
		for _, i := range p.of {
			if i >= from && i < to {
				n++
			}
		}
		if n > 0 {
			out = append(out, n)
		}
	}
	return out
}

// expect is what the caller believed and what was so, to be so still inside the commit.
func (p *performer) expect() (out []model.Expectation) {
	for i := range p.ops {
		if m := p.ops[i].match; m != nil && !m.any && p.results[i].problem == nil && p.results[i].status != statusDropped {
			out = append(out, model.Expectation{Record: p.results[i].id, Tag: p.shown[p.results[i].id].Tag})
		}
	}
	return out
}

// settle tells the operations what became of their changes.
func (p *performer) settle(done model.Settlement) {
	for k, i := range p.of {
		a := done.Answers[k]
		p.results[i].outcome = a.Outcome
		switch {
		case !done.Dropped[k]:
		case a.Outcome == model.OutcomeRetry:
			p.results[i].status = statusDropped
		default:
			p.fail(i, p.refusal(i, a))
		}
	}
}
