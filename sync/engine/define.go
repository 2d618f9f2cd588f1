package engine

import (
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// A company's own field is defined by a record like any other (DESIGN §12.8). Number, type and class never change, so that what a
// device holds of it never changes meaning. Who writes it does, and so do the values that are offered; what was said by the rights of before
// still counts (domain (c), custom field rights).

// maxOptions bounds how many values a field of the company's own takes, those that are not offered any more among them.
const maxOptions = 1000

// define brings the table in line with a definition. It says whether the table takes it; one that it does not take changes nothing.
func (t *tx) define(said func(model.FieldNo) model.Value) bool {
	all, table, ok := t.tabled(said)
	if ok {
		t.tenant.Custom, t.table, t.tenanted, t.resettled = all, table, true, true
	}
	return ok
}

// tabled is the table with a definition in it, in place of what it said before.
func (t *tx) tabled(said func(model.FieldNo) model.Value) (all []model.Custom, table *model.Table, ok bool) {
	custom, ok := t.custom(said)
	if !ok {
		return nil, nil, false
	}
	all = slices.Clone(t.tenant.Custom)
	same := func(c model.Custom) bool { return c.Collection == custom.Collection && c.Field.No == custom.Field.No }
	if i := slices.IndexFunc(all, same); i >= 0 {
		custom.Field.Options = merged(custom.Field.Options, all[i].Field.Options)
		all[i] = custom
	} else {
		all = append(all, custom)
	}
	table, err := model.NewTable(model.Builtin(), all)
	return all, table, err == nil && len(custom.Field.Options) <= maxOptions
}

// custom is the field that a definition says. Who may not see a class is told nothing of the fields in it, so a field is hidden from phones
// by its class and never by its rights alone.
func (t *tx) custom(said func(model.FieldNo) model.Value) (c model.Custom, ok bool) {
	class, ok := model.ParseClass(said(model.DefinitionClass).Text())
	if !ok {
		return c, false
	}
	c = model.Custom{Collection: model.Collection(said(model.DefinitionExtends).Int()), Field: model.Field{
		No: model.FieldNo(said(model.DefinitionNumber).Int()), Name: said(model.DefinitionName).Text(), Type: model.Type(said(model.DefinitionType).Int()),
		Max: said(model.DefinitionLimit).Int(), Class: class, Source: "(c) job.custom field values", Note: said(model.DefinitionLabel).Text(),
		Policy: model.PolicyOffice, Writers: model.WriterOffice, Nature: model.Claim,
	}}
	if options := said(model.DefinitionOptions).Text(); options != "" {
		c.Field.Options = strings.Split(options, "\n")
	}
	switch said(model.DefinitionRights).Text() {
	case "hidden":
		return c, class == model.ClassInternal || class == model.ClassPay || planted("hidden-by-rights-alone")
	case "required":
		c.Field.Wanted = true
		fallthrough
	case "optional": // the worker's, while the visit is open
		c.Field.Policy, c.Field.Nature = model.PolicyField, model.Fact
		c.Field.Writers |= model.WriterAssignee
	}
	return c, true
}

// merged is the options of now, and behind them those that were offered before: somebody may have chosen one out of reach of the office.
func merged(now, before []string) []string {
	if planted("options-forgotten") {
		return now
	}
	for _, o := range before {
		if !slices.Contains(now, o) {
			now = append(now, o)
		}
	}
	return now
}

// saidBy is what a change says of a definition, on top of what is said of it already.
func saidBy(c *model.Change, have *model.Record) func(model.FieldNo) model.Value {
	return func(no model.FieldNo) model.Value {
		if i := slices.IndexFunc(c.Fields, func(x model.Assign) bool { return x.Field == no }); i >= 0 {
			return c.Fields[i].Value
		}
		if have == nil {
			return model.Null()
		}
		return have.Value(no)
	}
}

// redefines says whether the table takes what a change says of a definition that is there.
func (t *tx) redefines(c *model.Change, have *model.Record) bool {
	if c.Collection != model.FieldDefinitions {
		return true
	}
	_, _, ok := t.tabled(saidBy(c, have))
	return ok
}
